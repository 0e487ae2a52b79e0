//! Numbers of any length, as the digits that they are written with.

use std::cmp::Ordering;

/// The order of two numbers; no digits at all are zero.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (significant(a), significant(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

pub(super) fn is_zero(digits: &[u8]) -> bool {
    significant(digits).is_empty()
}

/// Whether there are digits and nothing else.
pub(super) fn is_number(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}

/// The bytes from the beginning for which `takes` holds, and the rest.
pub(super) fn span(bytes: &[u8], takes: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.iter().take_while(|byte| takes(byte)).count())
}

/// Two lists of numbers, a missing number being zero.
pub(super) fn compare_lists<'a>(
    a: impl IntoIterator<Item = &'a [u8]>,
    b: impl IntoIterator<Item = &'a [u8]>,
) -> Ordering {
    let (mut a, mut b) = (a.into_iter(), b.into_iter());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (x, y) => match compare(x.unwrap_or_default(), y.unwrap_or_default()) {
                Ordering::Equal => {}
                order => return order,
            },
        }
    }
}
