//! Regular expressions that have to match a text as a whole.

use regex::{Error, Regex, RegexBuilder};

/// Compiles an expression for the whole of a text, to no more than `limit` bytes.
///
/// # Errors
/// Where it is none, or too large.
pub(crate) fn whole(expression: &str, limit: usize) -> Result<Regex, Error> {
    let compile = |text: &str| RegexBuilder::new(text).size_limit(limit).dfa_size_limit(limit).build();
    // Alone first, so that a bracket too many does not close ours.
    compile(expression)?;
    compile(&format!(r"\A(?:{expression})\z"))
}
