//! SemVer 2 (§ 11), read as npm does and more: an `=` or `v` may stand before it, and missing numbers are zero, as advisories
//! leave them out.

use std::cmp::Ordering;

use super::digits;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (read(a, 3)?, read(b, 3)?);
    Some(digits::compare_lists(a.numbers.split(dot), b.numbers.split(dot)).then_with(|| pre(a.pre, b.pre, identifier)))
}

/// The parts that have an order; what follows a `+` has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Version<'a> {
    pub(super) numbers: &'a [u8],
    pub(super) pre: Option<&'a [u8]>,
}

pub(super) fn read(text: &str, most: usize) -> Option<Version<'_>> {
    let text = text.strip_prefix('=').unwrap_or(text).trim_start();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let text = text.split('+').next()?;
    let (numbers, pre) = match text.split_once('-') {
        Some((numbers, pre)) => (numbers, Some(pre.as_bytes())),
        None => (text, None),
    };
    let count = numbers.split('.').filter(|number| digits::is_number(number.as_bytes())).count();
    let whole = count <= most && count == numbers.split('.').count();
    let word = |word: &[u8]| !word.is_empty() && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let stated = pre.is_none_or(|pre| pre.split(dot).all(word));
    (whole && stated).then_some(Version { numbers: numbers.as_bytes(), pre })
}

pub(super) fn dot(byte: &u8) -> bool {
    *byte == b'.'
}

/// Two pre-releases, none being later than any; `each` orders their identifiers.
pub(super) fn pre(a: Option<&[u8]>, b: Option<&[u8]>, each: impl Fn(&[u8], &[u8]) -> Ordering) -> Ordering {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => return b.is_some().cmp(&a.is_some()),
    };
    let (mut a, mut b) = (a.split(dot), b.split(dot));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (Some(x), Some(y)) => each(x, y),
            (x, y) => x.is_some().cmp(&y.is_some()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Numbers are earlier than words.
pub(super) fn identifier(a: &[u8], b: &[u8]) -> Ordering {
    match (digits::is_number(a), digits::is_number(b)) {
        (true, true) => digits::compare(a, b),
        (false, false) => a.cmp(b),
        (a, b) => b.cmp(&a),
    }
}
