//! NuGet's order: SemVer 2 with up to four numbers, where the case of letters says nothing.

use std::cmp::Ordering;

use super::digits;
use super::semver::{dot, identifier, pre, read};

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (read(a, 4)?, read(b, 4)?);
    Some(digits::compare_lists(a.numbers.split(dot), b.numbers.split(dot)).then_with(|| pre(a.pre, b.pre, caseless)))
}

fn caseless(a: &[u8], b: &[u8]) -> Ordering {
    match (digits::is_number(a), digits::is_number(b)) {
        (false, false) => a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase)),
        _ => identifier(a, b),
    }
}
