//! rpm's order (`rpmvercmp`, rpm-version(7)): runs of letters and of digits in turn, digits newer than letters; `~` is older
//! than the end, `^` newer than the end and older than anything else. Whatever separates runs says nothing.

use std::cmp::Ordering;

use super::digits;

/// A missing epoch is zero. A missing release says nothing, as rpm has it for dependencies.
pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::read(a)?, Version::read(b)?);
    let release =
        || if a.release.is_empty() || b.release.is_empty() { Ordering::Equal } else { part(a.release, b.release) };
    Some(digits::compare(a.epoch, b.epoch).then_with(|| part(a.version, b.version)).then_with(release))
}

struct Version<'a> {
    epoch: &'a [u8],
    version: &'a [u8],
    release: &'a [u8],
}

impl<'a> Version<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if digits::is_number(epoch.as_bytes()) => (epoch, rest),
            Some(_) => return None,
            None => ("", text),
        };
        let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
        let whole = !version.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic());
        whole.then_some(Version { epoch: epoch.as_bytes(), version: version.as_bytes(), release: release.as_bytes() })
    }
}

fn part(a: &[u8], b: &[u8]) -> Ordering {
    let separates = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'~' | b'^');
    let (mut a, mut b) = (a, b);
    loop {
        (_, a) = digits::span(a, separates);
        (_, b) = digits::span(b, separates);
        match (a, b) {
            ([b'~', x @ ..], [b'~', y @ ..]) | ([b'^', x @ ..], [b'^', y @ ..]) => {
                (a, b) = (x, y);
                continue;
            }
            ([b'~', ..], _) => return Ordering::Less,
            (_, [b'~', ..]) => return Ordering::Greater,
            ([b'^', ..], []) => return Ordering::Greater,
            ([], [b'^', ..]) => return Ordering::Less,
            ([b'^', ..], _) => return Ordering::Less,
            (_, [b'^', ..]) => return Ordering::Greater,
            ([], []) => return Ordering::Equal,
            ([], _) => return Ordering::Less,
            (_, []) => return Ordering::Greater,
            _ => {}
        }
        let number = a.first().is_some_and(u8::is_ascii_digit);
        let takes = |byte: &u8| if number { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
        let (x, y);
        (x, a) = digits::span(a, takes);
        (y, b) = digits::span(b, takes);
        let order = match (number, y.is_empty()) {
            (true, true) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (true, false) => digits::compare(x, y),
            (false, false) => x.cmp(y),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
