//! What a stated licence amounts to under a set of rules: SPDX expressions (SPDX specification, annex D), and the names that
//! people write instead.

mod assess;
pub(super) mod debian;
mod gnu;
mod meaning;
pub(super) mod names;
mod pattern;
pub(super) mod texts;
mod words;

pub use assess::{Assessment, Standing};
pub use meaning::{canonical, identifiers};
pub(crate) use pattern::{excepts, refuses, searched};

/// Which licences are wanted. Patterns are SPDX ids; a `*` at the end stands for any rest, and case does not matter. An id of older
/// lists means what took its place: `GPL-3.0` means `GPL-3.0-only`, and where it is refused `GPL-3.0-or-later` too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseRules {
    /// Licences that are refused.
    pub deny: Vec<String>,
    /// Licences that a person has to look at: they count as unknown.
    pub review: Vec<String>,
    /// Exceptions (`WITH …`) that lift the refusal of a licence, because they allow what the refusal is about: linking.
    pub lifted_by: Vec<String>,
}

impl Default for LicenseRules {
    /// No strong copyleft: the GPL and the AGPL are refused, but for their linking exceptions; the LGPL is not. Licences that
    /// restrict the use, and the EUPL with its list of compatible licences, are to be looked at.
    fn default() -> Self {
        let list = |patterns: &[&str]| patterns.iter().map(|&p| p.to_owned()).collect();
        LicenseRules {
            deny: list(&["GPL-*", "AGPL-*"]),
            review: list(&["SSPL-*", "BUSL-*", "EUPL-*", "Elastic-*", "CC-BY-NC-*", "PolyForm-*"]),
            lifted_by: list(&[
                "Autoconf-exception-*",
                "Bison-exception-*",
                "Classpath-exception-*",
                "Font-exception-*",
                "GCC-exception-*",
                "GNAT-exception",
                "GNU-compiler-exception",
                "GPL-3.0-linking-*",
                "Independent-modules-exception",
                "Libtool-exception",
                "Linux-syscall-note",
                "OpenJDK-assembly-exception-*",
                "Texinfo-exception",
                "eCos-exception-*",
                "freertos-exception-*",
            ]),
        }
    }
}

impl LicenseRules {
    /// Whether this pattern means a licence of today's SPDX list. One that means only a licence with an exception, such as
    /// `GPL-2.0-with-classpath-exception`, does not: rules are about the licence.
    pub fn is_pattern(pattern: &str) -> bool {
        let patterns = [pattern.to_owned()];
        names::current().any(|id| refuses(&patterns, id))
    }
}

#[cfg(test)]
mod tests;
