//! Debian's order (deb-version(7), dpkg's `verrevcmp`): parts without digits and numbers in turn; `~` is older than the end,
//! the end older than letters, letters older than all else.

use std::cmp::Ordering;

use super::digits;

struct Version<'a> {
    epoch: &'a [u8],
    upstream: &'a [u8],
    revision: &'a [u8],
}

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::read(a)?, Version::read(b)?);
    let epochs = digits::compare(a.epoch, b.epoch);
    Some(epochs.then_with(|| part(a.upstream, b.upstream)).then_with(|| part(a.revision, b.revision)))
}

impl<'a> Version<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".+-~:_".contains(&byte);
        let whole = digits::is_number(epoch.as_bytes()) && !upstream.is_empty() && rest.bytes().all(allowed);
        whole.then_some(Version {
            epoch: epoch.as_bytes(),
            upstream: upstream.as_bytes(),
            revision: revision.as_bytes(),
        })
    }
}

fn part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !(a.is_empty() && b.is_empty()) {
        while weight(a) != 0 || weight(b) != 0 {
            match weight(a).cmp(&weight(b)) {
                Ordering::Equal => (a, b) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default()),
                order => return order,
            }
        }
        let (x, y);
        (x, a) = digits::span(a, u8::is_ascii_digit);
        (y, b) = digits::span(b, u8::is_ascii_digit);
        match digits::compare(x, y) {
            Ordering::Equal => {}
            order => return order,
        }
    }
    Ordering::Equal
}

/// What the next byte weighs; the end and digits weigh nothing.
fn weight(bytes: &[u8]) -> i32 {
    match bytes.first() {
        None | Some(b'0'..=b'9') => 0,
        Some(b'~') => -1,
        Some(letter) if letter.is_ascii_alphabetic() => i32::from(*letter),
        Some(other) => i32::from(*other) + 256,
    }
}
