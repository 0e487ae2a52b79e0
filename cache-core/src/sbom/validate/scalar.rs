//! Texts that are to have a certain form.

use std::sync::LazyLock;

use regex::Regex;

use super::super::grammar::{GRAMMAR, Kind, Minor, Shape, Side};
use crate::model::Timestamp;

/// CPE names, bound as a URI or as a formatted string (NISTIR 7695, 6.1 and 6.2).
static CPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let value = r"(?:[*-]|(?:\?*|\*?)(?:[A-Za-z0-9._-]|\\[^A-Za-z0-9\s])+(?:\?*|\*?))";
    let language = r"(?:[*-]|[A-Za-z]{2,3}(?:-(?:[A-Za-z]{2}|[0-9]{3}))?)";
    let uri = r"(?i:cpe):/[AHOaho]?(?::[A-Za-z0-9._~%-]*){0,6}";
    Regex::new(&format!(r"^(?:{uri}|cpe:2\.3:[aho*-](?::{value}){{5}}:{language}(?::{value}){{4}})$")).ok()
});

/// What is wrong with a text.
pub(super) fn wrong(kind: Kind, text: &str, version: Minor, side: Side) -> Option<String> {
    let is_right = match kind {
        Kind::Object(_) => true,
        Kind::Words(at) => GRAMMAR.has_word(at, text, version, side),
        Kind::Bool => matches!(text.trim(), "true" | "false" | "0" | "1"),
        Kind::Int(low, high) => integer(text.trim()).is_some_and(|value| is_within(value, low, high, version)),
        Kind::Number(low, high) => decimal(text.trim()).is_some_and(|value| is_within(value, low, high, version)),
        Kind::Text(shape) => has_shape(shape, text, version, side),
    };
    let what = match kind {
        Kind::Words(_) => "is no word of the specification here".to_owned(),
        Kind::Bool => "is no truth value".to_owned(),
        Kind::Int(..) => "is no whole number in the range".to_owned(),
        Kind::Number(..) => "is no number in the range".to_owned(),
        Kind::Text(shape) => format!("is no {}", shape.name()),
        Kind::Object(_) => return None,
    };
    let shown: String = text.chars().take(60).collect();
    (!is_right).then(|| format!("{shown:?} {what}"))
}

/// The range of a number counts since 1.4.
pub(super) fn is_within(value: f64, low: f64, high: f64, version: Minor) -> bool {
    version < 4 || (low..=high).contains(&value)
}

fn integer(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_one = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_one)
}

fn decimal(text: &str) -> Option<f64> {
    let is_one = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
    text.parse().ok().filter(|_| is_one)
}

fn has_shape(shape: Shape, text: &str, version: Minor, side: Side) -> bool {
    let is_xml = side == Side::Xml;
    // Where XML collapses white space.
    let token = if is_xml { text.trim() } else { text };
    match shape {
        Shape::Any => true,
        Shape::Time => is_time(token, is_xml),
        Shape::Date => is_digits(token, "0000-00-00") && Timestamp::parse(&format!("{token}T00:00:00Z")).is_ok(),
        Shape::Uri => is_xml || !text.contains(|c: char| c <= ' ' || "<>\"{}|\\^`".contains(c)),
        Shape::Email => is_xml || text.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty()),
        Shape::Ref => version < 4 || !text.is_empty(),
        Shape::Version => match version {
            ..4 => true,
            4 | 5 if is_xml => true,
            4 | 5 => (1..=1024).contains(&text.chars().count()),
            _ => text.chars().count() <= 1024,
        },
        Shape::VersionRange => is_xml && version < 6 || (1..=4096).contains(&text.chars().count()),
        Shape::Uuid => {
            let bare = token.strip_prefix("urn:uuid:").is_some_and(is_uuid);
            bare || is_xml && token.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(is_uuid)
        }
        Shape::Mime => token.split_once('/').is_some_and(|(kind, sort)| is_mime(kind) && is_mime(sort)),
        Shape::Digest => matches!(token.len(), 32 | 40 | 64 | 96 | 128) && token.bytes().all(|b| b.is_ascii_hexdigit()),
        Shape::Cpe => !is_xml || CPE.as_ref().is_none_or(|cpe| cpe.is_match(text)),
        Shape::Cre => {
            let parts = text.strip_prefix("CRE:").and_then(|numbers| numbers.split_once('-'));
            let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            parts.is_some_and(|(one, other)| is_number(one) && is_number(other))
        }
        Shape::PatentNumber => {
            let is_inner = |c: char| c.is_ascii_alphanumeric() || "-/.()".contains(c) || c.is_whitespace();
            let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            let has_ends = ends(text.chars().next()) && ends(text.chars().next_back());
            (2..=30).contains(&text.len()) && text.chars().all(is_inner) && has_ends
        }
        Shape::Jurisdiction => text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()),
        Shape::Locale => {
            let (language, country) = text.split_once('-').unwrap_or((text, "XX"));
            let is_lower = language.bytes().all(|b| b.is_ascii_lowercase());
            language.len() == 2 && is_lower && country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase())
        }
        Shape::License => {
            spdx::license_id(text).is_some_and(|id| id.name == text) || spdx::exception_id(text).is_some()
        }
    }
}

/// With an offset from UTC, which XML may leave out.
fn is_time(text: &str, is_xml: bool) -> bool {
    let (date, rest) = text.split_at_checked(19).unwrap_or((text, ""));
    let has_digits = is_digits(&date.replace('t', "T"), "0000-00-00T00:00:00");
    let has_offset = rest.ends_with(['Z', 'z']) || rest.contains(['+', '-']);
    let whole = if has_offset { text.to_owned() } else { format!("{text}Z") };
    has_digits && (has_offset || is_xml) && Timestamp::parse(&whole).is_ok()
}

/// Whether digits stand where the pattern has zeros, and all else is as there.
fn is_digits(text: &str, pattern: &str) -> bool {
    let fits = |(c, p): (u8, u8)| if p == b'0' { c.is_ascii_digit() } else { c == p };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(fits)
}

fn is_uuid(text: &str) -> bool {
    let fits = |(at, b): (usize, u8)| match at {
        8 | 13 | 18 | 23 => b == b'-',
        _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

fn is_mime(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'-' | b'+' | b'.' | b'a'..=b'z' | b'0'..=b'9'))
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Shape::Any => "text",
            Shape::Time => "time with an offset from UTC",
            Shape::Date => "date",
            Shape::Uri => "URI",
            Shape::Email => "e-mail address",
            Shape::Ref => "reference: it is empty",
            Shape::Version => "version: it is empty or too long",
            Shape::VersionRange => "range of versions: it is empty or too long",
            Shape::Uuid => "urn:uuid: with a UUID in lower case",
            Shape::Mime => "media type",
            Shape::Digest => "digest in hexadecimal",
            Shape::Cpe => "CPE name",
            Shape::Cre => "CRE reference",
            Shape::PatentNumber => "number of a patent",
            Shape::Jurisdiction => "country of two letters",
            Shape::Locale => "locale",
            Shape::License => "SPDX identifier of a licence",
        }
    }
}
