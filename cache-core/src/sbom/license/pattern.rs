//! What a pattern of licences means. Stated licences are read as ids of today's list, so the patterns are too: `GPL-3.0` is an id of
//! older lists, and is found nowhere as it stands.

use super::{meaning, names};

/// Whether a rule that refuses means `id` by one of its patterns. An id of older lists means what took its place, and where that
/// is `-only`, the same `-or-later` too: who refuses the GPL-3.0 did not mean to let it through under another name.
pub(crate) fn refuses(patterns: &[String], id: &str) -> bool {
    patterns.iter().any(|pattern| {
        excepts(pattern, id) || names::in_place_of(pattern).and_then(or_later).is_some_and(|later| later == id)
    })
}

/// Whether an exception means `id` by its pattern. An id of older lists means what took its place and no more: an exception is as
/// narrow as it reads.
pub(crate) fn excepts(pattern: &str, id: &str) -> bool {
    is_like(pattern, id) || names::in_place_of(pattern).is_some_and(|new| new == id)
}

/// Whether `id` is like the pattern, letter by letter.
pub(super) fn is_like(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => id.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start)),
        None => pattern.eq_ignore_ascii_case(id),
    }
}

/// What somebody means who searches for a licence: the pattern as it stands, and what a licence that is stated so is read as. It
/// finds what a rule would refuse.
pub(crate) fn searched(text: &str) -> Vec<String> {
    let mut all = vec![text.to_owned()];
    if !text.contains('*') {
        all.extend(meaning::canonical(text));
        all.extend(names::in_place_of(text).and_then(or_later));
    }
    all
}

fn or_later(id: &str) -> Option<String> {
    id.strip_suffix("-only").map(|base| format!("{base}-or-later"))
}
