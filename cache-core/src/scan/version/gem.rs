//! RubyGems' order (`Gem::Version`): numbers and words in turn, words being pre-releases and so older than numbers; `-` stands
//! for `.pre.`.

use std::cmp::Ordering;

use super::digits;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (canonical(a)?, canonical(b)?);
    let (mut a, mut b) = (a, b);
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Some(Ordering::Equal),
            (x, y) => segment(x.unwrap_or(b"0"), y.unwrap_or(b"0")),
        };
        if order != Ordering::Equal {
            return Some(order);
        }
    }
}

fn segment(a: &[u8], b: &[u8]) -> Ordering {
    match (digits::is_number(a), digits::is_number(b)) {
        (true, true) => digits::compare(a, b),
        (false, false) => a.cmp(b),
        (a, b) => a.cmp(&b),
    }
}

/// The segments without the zeros at the end, neither at the end of the numbers before the first word.
fn canonical(text: &str) -> Option<impl Iterator<Item = &[u8]>> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let begins = text.is_empty() || text.starts_with(|first: char| first.is_ascii_digit());
    (begins && text.bytes().all(allowed) && !text.contains("..") && !text.ends_with('.')).then_some(())?;
    let word = |segment: &&[u8]| !digits::is_number(segment);
    let numbers = segments(text).take_while(|segment| !word(segment));
    let count = numbers.clone().count();
    let kept = numbers.enumerate().filter(|(_, number)| !digits::is_zero(number)).last().map_or(0, |(at, _)| at + 1);
    let rest = segments(text).skip(count);
    let length =
        rest.clone().enumerate().filter(|(_, s)| word(s) || !digits::is_zero(s)).last().map_or(0, |(at, _)| at + 1);
    Some(segments(text).take(kept).chain(rest.take(length)))
}

fn segments(text: &str) -> impl Iterator<Item = &[u8]> + Clone {
    Segments { rest: text.as_bytes() }
}

#[derive(Clone)]
struct Segments<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Segments<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if let [b'.', rest @ ..] = self.rest {
            self.rest = rest;
        }
        if let [b'-', rest @ ..] = self.rest {
            self.rest = rest;
            return Some(b"pre");
        }
        let number = self.rest.first()?.is_ascii_digit();
        let takes = |byte: &u8| if number { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
        let (segment, rest) = digits::span(self.rest, takes);
        // A point that stands where no segment may begin would stop the walk for ever.
        if segment.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(segment)
    }
}
