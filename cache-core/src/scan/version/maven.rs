//! Maven's order (the version order specification of the POM reference, `ComparableVersion`): tokens between points, dashes and
//! changes from letters to digits. Tokens that say nothing are left out at the end and before each dash.

use std::cmp::Ordering;

use super::digits;

/// A longer version is no version, and its tokens would have to be kept.
const MAX_LENGTH: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// After a dash or a change, or after a point.
    Number { dash: bool, digits: &'a [u8] },
    /// The place among the known words, and the word where it is none of them.
    Word(usize, &'a [u8]),
}

/// The known words; those before the empty one are older than the release.
const WORDS: [&[u8]; 7] = [b"alpha", b"beta", b"milestone", b"rc", b"snapshot", b"", b"sp"];
const RELEASE: usize = 5;
const UNKNOWN: usize = WORDS.len();

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    if a.is_empty() || b.is_empty() || a.len() > MAX_LENGTH || b.len() > MAX_LENGTH {
        return None;
    }
    let (a, b) = (tokens(a.as_bytes()), tokens(b.as_bytes()));
    let longer = a.len().max(b.len());
    let orders = (0..longer).map(|at| match (a.get(at), b.get(at)) {
        (Some(x), Some(y)) => x.compare(*y),
        (Some(x), None) => x.compare(x.nothing()),
        (None, Some(y)) => y.nothing().compare(*y),
        (None, None) => Ordering::Equal,
    });
    Some(orders.fold(Ordering::Equal, Ordering::then))
}

fn tokens(text: &[u8]) -> Vec<Token<'_>> {
    let mut tokens = Vec::with_capacity(12);
    let (mut rest, mut dash) = (text, true);
    loop {
        let digit = rest.first().is_some_and(u8::is_ascii_digit);
        let takes = |byte: &u8| !matches!(byte, b'.' | b'-') && byte.is_ascii_digit() == digit;
        let (token, after) = digits::span(rest, takes);
        // An empty token is a zero.
        let token = if digit || token.is_empty() {
            Token::Number { dash, digits: token }
        } else {
            Token::word(token, after.first().is_some_and(u8::is_ascii_digit))
        };
        if !matches!(token, Token::Number { dash: false, .. }) {
            trim(&mut tokens);
        }
        tokens.push(token);
        (rest, dash) = match after {
            [] => break,
            [b'.', rest @ ..] => (rest, false),
            [b'-', rest @ ..] => (rest, true),
            rest => (rest, true),
        };
    }
    trim(&mut tokens);
    tokens
}

/// Takes off what says nothing at the end.
fn trim(tokens: &mut Vec<Token<'_>>) {
    while tokens.last().is_some_and(|token| token.says_nothing()) {
        tokens.pop();
    }
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

    fn says_nothing(self) -> bool {
        match self {
            Token::Number { digits, .. } => digits::is_zero(digits),
            Token::Word(place, _) => place == RELEASE,
        }
    }

    /// What a shorter version has in the place of this.
    fn nothing(self) -> Token<'static> {
        match self {
            Token::Number { dash: false, .. } => Token::Number { dash: false, digits: b"" },
            _ => Token::Word(RELEASE, b""),
        }
    }

    /// Words are older than numbers after a dash, these older than numbers after a point.
    fn compare(self, other: Token<'_>) -> Ordering {
        match (self, other) {
            (Token::Number { dash: x, digits: a }, Token::Number { dash: y, digits: b }) => {
                y.cmp(&x).then_with(|| digits::compare(a, b))
            }
            (Token::Number { .. }, Token::Word(..)) => Ordering::Greater,
            (Token::Word(..), Token::Number { .. }) => Ordering::Less,
            (Token::Word(UNKNOWN, x), Token::Word(UNKNOWN, y)) => {
                x.iter().map(u8::to_ascii_lowercase).cmp(y.iter().map(u8::to_ascii_lowercase))
            }
            (Token::Word(x, _), Token::Word(y, _)) => x.cmp(&y),
        }
    }
}
