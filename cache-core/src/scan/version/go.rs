//! Go's orders: of modules (golang.org/x/mod/semver), whose versions begin with a `v`, and of releases of Go itself
//! (`go1.21rc2`). Advisories leave the `v` out, and write releases as modules (`1.21.0-rc.2`).

use std::cmp::Ordering;

use super::digits;
use super::semver::{dot, identifier};

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::read(a)?, Version::read(b)?);
    Some(digits::compare_lists(a.numbers.split(dot), b.numbers.split(dot)).then_with(|| pre(a, b)))
}

struct Version<'a> {
    numbers: &'a [u8],
    /// The identifiers of the pre-release; of `rc2` the word and the number.
    pre: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Version<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let bytes = bytes.strip_prefix(b"go").or(bytes.strip_prefix(b"v")).unwrap_or(bytes);
        let (numbers, rest) = digits::span(bytes, |byte| byte.is_ascii_digit() || *byte == b'.');
        if numbers.split(dot).count() > 3 || !numbers.split(dot).all(digits::is_number) {
            return None;
        }
        let pre = match rest {
            // What follows says how it was built: `X:aliastypeparams`, `(Red Hat 1.21.3-1)`, `+incompatible`.
            [] | [b' ' | b'+', ..] | [b'-', b'X', b':', ..] => None,
            [b'-', rest @ ..] => {
                let pre = rest.split(|byte| *byte == b'+').next()?;
                let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
                let whole = pre.split(dot).all(|part| !part.is_empty() && part.iter().all(word));
                Some(whole.then_some((pre, &b""[..]))?)
            }
            rest => {
                let (word, number) = digits::span(rest, u8::is_ascii_lowercase);
                let (number, rest) = digits::span(number, u8::is_ascii_digit);
                let ends = matches!(rest, [] | [b' ' | b'+' | b'-', ..]);
                (!number.is_empty() && matches!(word, b"rc" | b"beta" | b"alpha") && ends).then_some(())?;
                Some((word, number))
            }
        };
        Some(Version { numbers, pre })
    }
}

fn pre(a: Version<'_>, b: Version<'_>) -> Ordering {
    let (a, b) = match (a.pre, b.pre) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => return b.is_some().cmp(&a.is_some()),
    };
    fn parts<'a>((word, number): (&'a [u8], &'a [u8])) -> impl Iterator<Item = &'a [u8]> {
        word.split(dot).chain(Some(number).filter(|number| !number.is_empty()))
    }
    let (mut a, mut b) = (parts(a), parts(b));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (Some(x), Some(y)) => identifier(x, y),
            (x, y) => x.is_some().cmp(&y.is_some()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// What stands in for a version that a module or program does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pseudo {
    /// `(devel)`: built from a folder.
    Devel,
    /// `v0.0.0-20230102150405-0123456789ab`: a commit that no tag comes before, as far as the tool knew.
    ZeroBase,
}

impl Pseudo {
    /// Whether it is one of these; `None` for a version, also for a commit after a tag.
    pub(crate) fn of(version: &str) -> Option<Pseudo> {
        let version = version.strip_prefix('v').unwrap_or(version);
        if matches!(version, "(devel)" | "devel" | "(unknown)" | "unknown") {
            return Some(Pseudo::Devel);
        }
        let (date, commit) = version.strip_prefix("0.0.0-")?.split_once('-')?;
        (date.len() == 14 && digits::is_number(date.as_bytes()) && !commit.is_empty()).then_some(Pseudo::ZeroBase)
    }
}
