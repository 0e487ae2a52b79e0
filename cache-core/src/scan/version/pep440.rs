//! Python's order, PEP 440: `[epoch!]release[{a|b|rc}N][.postN][.devN][+local]`, in all spellings that the PEP normalises.

use std::cmp::Ordering;

use super::digits;

#[derive(Debug)]
struct Version<'a> {
    epoch: &'a [u8],
    release: &'a [u8],
    pre: Pre<'a>,
    post: Option<&'a [u8]>,
    dev: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
}

/// What comes before a release. A development release of nothing else stands before all of it.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Pre<'a> {
    Development,
    Stage(u8, &'a [u8]),
    Release,
}

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::read(a)?, Version::read(b)?);
    Some(
        digits::compare(a.epoch, b.epoch)
            .then_with(|| digits::compare_lists(a.release.split(dot), b.release.split(dot)))
            .then_with(|| a.pre.compare(b.pre))
            .then_with(|| optional(a.post, b.post))
            // Without the mark of development is the later.
            .then_with(|| match (a.dev, b.dev) {
                (Some(x), Some(y)) => digits::compare(x, y),
                (x, y) => y.is_some().cmp(&x.is_some()),
            })
            .then_with(|| match (a.local, b.local) {
                (Some(x), Some(y)) => local(x, y),
                (x, y) => x.is_some().cmp(&y.is_some()),
            }),
    )
}

fn dot(byte: &u8) -> bool {
    *byte == b'.'
}

fn separates(byte: &u8) -> bool {
    matches!(byte, b'.' | b'-' | b'_')
}

fn optional(a: Option<&[u8]>, b: Option<&[u8]>) -> Ordering {
    match (a, b) {
        (Some(x), Some(y)) => digits::compare(x, y),
        (x, y) => x.is_some().cmp(&y.is_some()),
    }
}

impl Pre<'_> {
    fn compare(self, other: Pre<'_>) -> Ordering {
        let place = |pre: Pre<'_>| match pre {
            Pre::Development => 0,
            Pre::Stage(stage, _) => 1 + stage,
            Pre::Release => u8::MAX,
        };
        match (self, other) {
            (Pre::Stage(x, n), Pre::Stage(y, m)) if x == y => digits::compare(n, m),
            _ => place(self).cmp(&place(other)),
        }
    }
}

/// Numbers are later than words, and what goes on is later than what ends.
fn local(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a.split(separates), b.split(separates));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (x @ None, y) | (x, y @ None) => x.is_some().cmp(&y.is_some()),
            (Some(x), Some(y)) => match (digits::is_number(x), digits::is_number(y)) {
                (true, true) => digits::compare(x, y),
                (false, false) => x.iter().map(u8::to_ascii_lowercase).cmp(y.iter().map(u8::to_ascii_lowercase)),
                (x, y) => x.cmp(&y),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

const STAGES: &[(&[u8], u8)] =
    &[(b"alpha", 0), (b"a", 0), (b"beta", 1), (b"b", 1), (b"preview", 2), (b"pre", 2), (b"c", 2), (b"rc", 2)];
const POSTS: &[(&[u8], u8)] = &[(b"post", 0), (b"rev", 0), (b"r", 0)];
const DEVS: &[(&[u8], u8)] = &[(b"dev", 0)];

impl<'a> Version<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut rest = text.as_bytes();
        rest = rest.strip_prefix(b"v").or(rest.strip_prefix(b"V")).unwrap_or(rest);
        let mut epoch: &[u8] = b"0";
        let (number, after) = digits::span(rest, u8::is_ascii_digit);
        if let ([_, ..], [b'!', after @ ..]) = (number, after) {
            (epoch, rest) = (number, after);
        }
        let mut length = 0;
        loop {
            let (number, _) = digits::span(rest.get(length..)?, u8::is_ascii_digit);
            match (number, rest.get(length + number.len()..)?) {
                ([], _) => return None,
                (number, [b'.', b'0'..=b'9', ..]) => length += number.len() + 1,
                (number, _) => {
                    length += number.len();
                    break;
                }
            }
        }
        let release;
        (release, rest) = rest.split_at_checked(length)?;
        let pre = marked(&mut rest, STAGES);
        let post = match rest {
            [b'-', after @ ..] if after.first().is_some_and(u8::is_ascii_digit) => {
                let number;
                (number, rest) = digits::span(after, u8::is_ascii_digit);
                Some(number)
            }
            _ => marked(&mut rest, POSTS).map(|(_, number)| number),
        };
        let dev = marked(&mut rest, DEVS).map(|(_, number)| number);
        let local = match rest {
            [] => None,
            [b'+', local @ ..] => {
                let word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_alphanumeric);
                Some(local.split(separates).all(word).then_some(local)?)
            }
            _ => return None,
        };
        let pre = match pre {
            Some((stage, number)) => Pre::Stage(stage, number),
            None if post.is_none() && dev.is_some() => Pre::Development,
            None => Pre::Release,
        };
        Some(Version { epoch, release, pre, post, dev, local })
    }
}

/// A word with a number, separators before each of them, taken off the rest where it is one of the words.
fn marked<'a>(rest: &mut &'a [u8], words: &[(&[u8], u8)]) -> Option<(u8, &'a [u8])> {
    let optional = |bytes: &'a [u8]| match bytes {
        [b'.' | b'-' | b'_', after @ ..] => after,
        bytes => bytes,
    };
    let begin = optional(rest);
    let word = digits::span(begin, u8::is_ascii_alphabetic).0;
    let (_, place) = words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word))?;
    let after = begin.get(word.len()..)?;
    let (number, end) = digits::span(optional(after), u8::is_ascii_digit);
    // A separator without a number belongs to what follows, or to the word at the end.
    *rest = if number.is_empty() && !end.is_empty() { after } else { end };
    Some((*place, number))
}
