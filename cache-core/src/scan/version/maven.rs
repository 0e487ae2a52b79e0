//! Maven's order (`ComparableVersion`, the version order of the POM reference): tokens between points, dashes and changes from
//! letters to digits. A dash or a change begins a list within the list, so that a version is a chain of lists. Tokens that say
//! nothing are left out at the end of each.

use std::cmp::Ordering;

use super::digits;

/// A longer version is no version, and its tokens would have to be kept.
const MAX_LENGTH: usize = 1024;

/// The known words; those before the empty one are older than the release.
const WORDS: [&[u8]; 7] = [b"alpha", b"beta", b"milestone", b"rc", b"snapshot", b"", b"sp"];
const RELEASE: usize = 5;
const UNKNOWN: usize = WORDS.len();

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    if a.is_empty() || b.is_empty() || a.len() > MAX_LENGTH || b.len() > MAX_LENGTH {
        return None;
    }
    let (a, b) = (Version::of(a.as_bytes()), Version::of(b.as_bytes()));
    let mut level = 0;
    loop {
        let (x, y) = (a.list(level), b.list(level));
        // The list within each, which is its last part, and a part in the place of it decides.
        let longer = (x.len() + usize::from(a.goes_on(level))).max(y.len() + usize::from(b.goes_on(level)));
        let mut both_go_on = false;
        for at in 0..longer {
            let order = match (a.part(level, at), b.part(level, at)) {
                (Part::Token(x), Part::Token(y)) => x.compare(y),
                (Part::Token(token), Part::Nothing) => token.against_nothing(),
                (Part::Nothing, Part::Token(token)) => token.against_nothing().reverse(),
                (Part::Token(Token::Number(_)), Part::List) | (Part::List, Part::Token(Token::Word(..))) => {
                    Ordering::Greater
                }
                (Part::Token(Token::Word(..)), Part::List) | (Part::List, Part::Token(Token::Number(_))) => {
                    Ordering::Less
                }
                (Part::List, Part::Nothing) => a.rest_against_nothing(level),
                (Part::Nothing, Part::List) => b.rest_against_nothing(level).reverse(),
                (Part::List, Part::List) => {
                    both_go_on = true;
                    Ordering::Equal
                }
                (Part::Nothing, Part::Nothing) => Ordering::Equal,
            };
            if order != Ordering::Equal {
                return Some(order);
            }
        }
        if !both_go_on {
            return Some(Ordering::Equal);
        }
        level += 1;
    }
}

/// The tokens of the lists, each with how deep its list lies.
struct Version<'a> {
    tokens: Vec<(usize, Token<'a>)>,
}

/// What stands at a place of a list.
enum Part<'a> {
    Token(Token<'a>),
    List,
    Nothing,
}

impl<'a> Version<'a> {
    fn of(text: &'a [u8]) -> Self {
        let mut tokens: Vec<(usize, Token<'_>)> = Vec::with_capacity(12);
        let (mut rest, mut level) = (text, 0);
        loop {
            let digit = rest.first().is_some_and(u8::is_ascii_digit);
            let takes = |byte: &u8| !matches!(byte, b'.' | b'-') && byte.is_ascii_digit() == digit;
            let (token, after) = digits::span(rest, takes);
            let before_digit = after.first().is_some_and(u8::is_ascii_digit);
            let is_last = after.is_empty();
            // An empty token is a zero, but none at the very end.
            let token = match token {
                [] if is_last => break,
                token if digit || token.is_empty() => Token::Number(token),
                token => {
                    // A word after a point is as one after a dash, where no other point or dash follows it.
                    let begun = tokens.last().is_some_and(|(last, _)| *last == level);
                    level += usize::from(begun && (before_digit || is_last));
                    Token::word(token, before_digit)
                }
            };
            tokens.push((level, token));
            rest = match after {
                [] => break,
                [b'.', rest @ ..] => rest,
                [b'-', rest @ ..] => {
                    level += 1;
                    rest
                }
                rest => {
                    level += 1;
                    rest
                }
            };
        }
        let mut version = Version { tokens };
        version.trim();
        version
    }

    /// Takes off what says nothing at the end of each list.
    fn trim(&mut self) {
        let (mut level, mut at_end) = (usize::MAX, true);
        let mut kept: Vec<_> = Vec::with_capacity(self.tokens.len());
        for (own, token) in self.tokens.drain(..).rev() {
            at_end |= own != level;
            level = own;
            at_end &= token.against_nothing() == Ordering::Equal;
            if !at_end {
                kept.push((own, token));
            }
        }
        kept.reverse();
        self.tokens = kept;
    }

    fn list(&self, level: usize) -> &[(usize, Token<'a>)] {
        let from = self.tokens.partition_point(|(own, _)| *own < level);
        let to = self.tokens.partition_point(|(own, _)| *own <= level);
        self.tokens.get(from..to).unwrap_or_default()
    }

    fn goes_on(&self, level: usize) -> bool {
        self.tokens.last().is_some_and(|(last, _)| *last > level)
    }

    fn part(&self, level: usize, at: usize) -> Part<'a> {
        let list = self.list(level);
        match list.get(at) {
            Some((_, token)) => Part::Token(*token),
            None if at == list.len() && self.goes_on(level) => Part::List,
            None => Part::Nothing,
        }
    }

    /// The first of the deeper tokens that says something.
    fn rest_against_nothing(&self, level: usize) -> Ordering {
        let deeper = self.tokens.iter().filter(|(own, _)| *own > level);
        deeper.fold(Ordering::Equal, |order, (_, token)| order.then(token.against_nothing()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Number(&'a [u8]),
    /// The place among the known words, and the word where it is none of them.
    Word(usize, &'a [u8]),
}

impl<'a> Token<'a> {
    fn word(word: &'a [u8], before_digit: bool) -> Self {
        let is = |known: &str| word.eq_ignore_ascii_case(known.as_bytes());
        let place = match word {
            _ if before_digit && is("a") => Some(0),
            _ if before_digit && is("b") => Some(1),
            _ if before_digit && is("m") => Some(2),
            _ if is("cr") => Some(3),
            _ if is("ga") || is("final") || is("release") => Some(RELEASE),
            word => WORDS.iter().position(|known| known.eq_ignore_ascii_case(word)),
        };
        Token::Word(place.unwrap_or(UNKNOWN), word)
    }

    /// Against what a shorter version has in its place.
    fn against_nothing(self) -> Ordering {
        match self {
            Token::Number(digits) if digits::is_zero(digits) => Ordering::Equal,
            Token::Number(_) => Ordering::Greater,
            Token::Word(place, _) => place.cmp(&RELEASE),
        }
    }

    /// Words are older than numbers.
    fn compare(self, other: Token<'_>) -> Ordering {
        match (self, other) {
            (Token::Number(a), Token::Number(b)) => digits::compare(a, b),
            (Token::Number(_), Token::Word(..)) => Ordering::Greater,
            (Token::Word(..), Token::Number(_)) => Ordering::Less,
            (Token::Word(UNKNOWN, x), Token::Word(UNKNOWN, y)) => {
                x.iter().map(u8::to_ascii_lowercase).cmp(y.iter().map(u8::to_ascii_lowercase))
            }
            (Token::Word(x, _), Token::Word(y, _)) => x.cmp(&y),
        }
    }
}
