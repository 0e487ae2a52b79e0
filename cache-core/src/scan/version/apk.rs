//! Alpine's order (apk-tools, apk-package(5)): `digits{.digits}[letter]{_suffix[number]}[~hash][-rN]`. A number after the
//! first that begins with a zero is compared as text. Two versions are read only as far as they are alike.

use std::cmp::Ordering;

use super::digits;

/// What a part is; the later ones end a version sooner, so that what ends is older than what goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    First(&'a [u8]),
    Number(&'a [u8]),
    Letter(u8),
    /// The place of the suffix in the order, [`PLAIN`] being no suffix.
    Suffix(usize),
    SuffixNumber(&'a [u8]),
    Hash(&'a [u8]),
    Revision(&'a [u8]),
    End,
}

/// The suffixes in their order; those before the empty one are of versions that are not out yet.
const SUFFIXES: [&[u8]; 10] = [b"alpha", b"beta", b"pre", b"rc", b"", b"cvs", b"svn", b"git", b"hg", b"p"];
const PLAIN: usize = 4;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (mut a, mut b) = (Parts::of(a), Parts::of(b));
    loop {
        let (x, y) = (a.next()?, b.next()?);
        let order = match (x, y) {
            (Part::End, Part::End) => return Some(Ordering::Equal),
            (Part::First(x), Part::First(y))
            | (Part::SuffixNumber(x), Part::SuffixNumber(y))
            | (Part::Revision(x), Part::Revision(y)) => digits::compare(x, y),
            (Part::Number(x), Part::Number(y)) if !x.starts_with(b"0") && !y.starts_with(b"0") => digits::compare(x, y),
            (Part::Number(x), Part::Number(y)) | (Part::Hash(x), Part::Hash(y)) => x.cmp(y),
            (Part::Letter(x), Part::Letter(y)) => x.cmp(&y),
            (Part::Suffix(x), Part::Suffix(y)) => x.cmp(&y),
            (Part::Suffix(x), _) if x < PLAIN => Ordering::Less,
            (_, Part::Suffix(y)) if y < PLAIN => Ordering::Greater,
            // Parts of two sorts: the one of the later sort belongs to the shorter version.
            (x, y) => y.cmp(&x),
        };
        if order != Ordering::Equal {
            return Some(order);
        }
    }
}

struct Parts<'a> {
    rest: &'a [u8],
    last: Option<Part<'a>>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        Parts { rest: text.as_bytes(), last: None }
    }

    /// The next part; `None` where what stands there may not.
    fn next(&mut self) -> Option<Part<'a>> {
        use Part::{End, First, Hash, Letter, Number, Revision, Suffix, SuffixNumber};
        let (part, rest) = match (self.last, self.rest) {
            (None, rest) => number(rest, First)?,
            (_, []) => (End, self.rest),
            (Some(First(_) | Number(_)), [b'.', rest @ ..]) => number(rest, Number)?,
            (Some(First(_) | Number(_)), [letter @ b'a'..=b'z', rest @ ..]) => (Letter(*letter), rest),
            (Some(Suffix(_)), [b'0'..=b'9', ..]) => number(self.rest, SuffixNumber)?,
            (Some(First(_) | Number(_) | Letter(_) | Suffix(_) | SuffixNumber(_)), [b'_', rest @ ..]) => {
                let (word, rest) = digits::span(rest, u8::is_ascii_lowercase);
                let place = SUFFIXES.iter().position(|suffix| *suffix == word && !word.is_empty())?;
                (Suffix(place), rest)
            }
            (Some(First(_) | Number(_) | Letter(_) | Suffix(_) | SuffixNumber(_)), [b'~', rest @ ..]) => {
                let (hash, rest) = digits::span(rest, u8::is_ascii_hexdigit);
                ((!hash.is_empty()).then_some(Hash(hash))?, rest)
            }
            (Some(Revision(_) | End), _) => return None,
            (_, [b'-', b'r', rest @ ..]) => number(rest, Revision)?,
            _ => return None,
        };
        (self.last, self.rest) = (Some(part), rest);
        Some(part)
    }
}

fn number<'a>(bytes: &'a [u8], part: impl Fn(&'a [u8]) -> Part<'a>) -> Option<(Part<'a>, &'a [u8])> {
    let (number, rest) = digits::span(bytes, u8::is_ascii_digit);
    (!number.is_empty()).then(|| (part(number), rest))
}
