//! Composer's order (composer/semver, `VersionParser` and PHP's `version_compare`): numbers, then how stable it is. Branches such
//! as `dev-main` have no order.

use std::cmp::Ordering;

use super::digits;

struct Version<'a> {
    numbers: &'a [u8],
    /// The place among [`STAGES`].
    stage: usize,
    stage_numbers: &'a [u8],
    dev: bool,
}

/// The words of each stage, the least stable first.
const STAGES: [&[&[u8]]; 5] =
    [&[b"alpha", b"a"], &[b"beta", b"b"], &[b"rc"], &[b"stable", b""], &[b"patch", b"pl", b"p"]];
const STABLE: usize = 3;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::read(a)?, Version::read(b)?);
    let numbers = digits::compare_lists(a.numbers.split(separates), b.numbers.split(separates));
    let stage = || a.stage.cmp(&b.stage);
    let stage_numbers = || digits::compare_lists(a.stage_numbers.split(separates), b.stage_numbers.split(separates));
    Some(numbers.then_with(stage).then_with(stage_numbers).then_with(|| b.dev.cmp(&a.dev)))
}

fn separates(byte: &u8) -> bool {
    matches!(byte, b'.' | b'-' | b':')
}

impl<'a> Version<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.split(['+', '@', ' ']).next()?;
        let bytes = text.strip_prefix(['v', 'V']).unwrap_or(text).as_bytes();
        let year = digits::span(bytes, u8::is_ascii_digit).0.len() == 4;
        // Only a date has other separators than points.
        let (numbers, rest) = list(bytes, |byte| *byte == b'.' || year && separates(byte));
        if numbers.is_empty() {
            return None;
        }
        let (word, after) = word(rest);
        let (stage, stage_numbers, rest) =
            match STAGES.iter().position(|words| words.iter().any(|w| w.eq_ignore_ascii_case(word))) {
                Some(stage) if !word.is_empty() => {
                    let after = after
                        .strip_prefix(b".")
                        .or(after.strip_prefix(b"-"))
                        .filter(|rest| starts_with_digit(rest))
                        .unwrap_or(after);
                    let (numbers, rest) = list(after, separates);
                    (stage, numbers, rest)
                }
                _ => (STABLE, &b""[..], rest),
            };
        let dev = match self::word(rest) {
            (word, []) if word.eq_ignore_ascii_case(b"dev") => true,
            _ if rest.is_empty() => false,
            _ => return None,
        };
        Some(Version { numbers, stage, stage_numbers, dev })
    }
}

fn starts_with_digit(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_digit)
}

/// Numbers with separators between them, and the rest.
fn list(bytes: &[u8], separates: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let mut length = digits::span(bytes, u8::is_ascii_digit).0.len();
    while let Some([separator, rest @ ..]) = bytes.get(length..)
        && length > 0
        && separates(separator)
        && starts_with_digit(rest)
    {
        length += 1 + digits::span(rest, u8::is_ascii_digit).0.len();
    }
    bytes.split_at(length)
}

/// A word that a separator may stand before, and the rest.
fn word(bytes: &[u8]) -> (&[u8], &[u8]) {
    let bytes = match bytes {
        [b'.' | b'-' | b'_', rest @ ..] => rest,
        bytes => bytes,
    };
    digits::span(bytes, u8::is_ascii_alphabetic)
}
