//! Reading DER (X.690), as far as certificates and timestamps need it: one element after the other, never recursive, so that
//! no nesting of hostile bytes costs stack or memory.

use crate::error::{Error, Result};
use crate::model::Timestamp;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The tag of a constructed, context-specific element.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// Tag, length and content.
    pub(super) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements in it.
    pub(super) fn inner(self) -> Reader<'a> {
        Reader(self.content)
    }

    /// `UTCTime` or `GeneralizedTime`; fractions are cut.
    pub(super) fn time(self) -> Result<Timestamp> {
        let text = std::str::from_utf8(self.content).map_err(|_| malformed())?;
        let full = match self.tag {
            // RFC 5280: years from 50 on are of the 20th century.
            UTC_TIME if text.get(..2) >= Some("50") => format!("19{text}"),
            UTC_TIME => format!("20{text}"),
            GENERALIZED_TIME => text.to_owned(),
            _ => return Err(malformed()),
        };
        let (digits, rest) = full.split_at_checked(14).ok_or_else(malformed)?;
        let fraction = rest.strip_suffix('Z').ok_or_else(malformed)?;
        let plain = fraction.is_empty() || fraction.strip_prefix('.').is_some_and(all_digits);
        if !plain || !all_digits(digits) {
            return Err(malformed());
        }
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        let (date, time) =
            ([part(0, 4), part(4, 6), part(6, 8)].join("-"), [part(8, 10), part(10, 12), part(12, 14)].join(":"));
        Timestamp::parse(&format!("{date}T{time}Z")).map_err(|_| malformed())
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The only element of `bytes`, with this tag.
    pub(super) fn only(bytes: &'a [u8], tag: u8) -> Result<Element<'a>> {
        let mut reader = Reader(bytes);
        let element = reader.expect(tag)?;
        reader.end()?;
        Ok(element)
    }

    pub(super) fn any(&mut self) -> Result<Element<'a>> {
        let (header, length) = match self.0 {
            // Tags of several bytes are in none of the formats.
            [tag, ..] if tag & 0x1f == 0x1f => return Err(malformed()),
            [_, short, ..] if *short < 0x80 => (2, usize::from(*short)),
            [_, 0x81, a, ..] if *a >= 0x80 => (3, usize::from(*a)),
            [_, 0x82, a, b, ..] if *a > 0 => (4, usize::from(*a) << 8 | usize::from(*b)),
            [_, 0x83, a, b, c, ..] if *a > 0 => (5, usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)),
            _ => return Err(malformed()),
        };
        let (whole, rest) = self.0.split_at_checked(header + length).ok_or_else(malformed)?;
        let (start, content) = whole.split_at_checked(header).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(Element { tag: *start.first().ok_or_else(malformed)?, content, whole })
    }

    pub(super) fn expect(&mut self, tag: u8) -> Result<Element<'a>> {
        let element = self.any()?;
        if element.tag == tag { Ok(element) } else { Err(malformed()) }
    }

    /// The next element where it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>> {
        if self.0.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn end(&self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(malformed()) }
    }
}

/// Writes an element.
pub(in crate::sign) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let used = length.iter().position(|&b| b != 0).map_or(&[][..], |at| length.get(at..).unwrap_or_default());
    let mut bytes = vec![tag];
    match content.len() {
        0..0x80 => bytes.push(used.first().copied().unwrap_or(0)),
        _ => {
            bytes.push(0x80 | u8::try_from(used.len()).unwrap_or(0));
            bytes.extend_from_slice(used);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

pub(super) fn malformed() -> Error {
    Error::invalid("malformed DER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let bytes = element(OCTET_STRING, &vec![7; length]);
            let read = Reader::only(&bytes, OCTET_STRING).unwrap();
            assert_eq!((read.content.len(), read.whole.len()), (length, bytes.len()));
        }
    }

    #[test]
    fn other_bytes_are_malformed() {
        let refused: [&[u8]; 8] = [
            b"",
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80],
            &[0x30, 0x81, 0x01, 0],
            &[0x1f, 0x81, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0, 0],
        ];
        for bytes in refused {
            assert!(Reader::only(bytes, SEQUENCE).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn times_are_read_in_both_forms() {
        let time =
            |tag, text: &str| Reader(&element(tag, text.as_bytes())).any().unwrap().time().map(|t| t.to_string());
        assert_eq!(time(UTC_TIME, "260131235959Z").unwrap(), "2026-01-31T23:59:59Z");
        assert_eq!(time(UTC_TIME, "990131000000Z").unwrap(), "1999-01-31T00:00:00Z");
        assert_eq!(time(GENERALIZED_TIME, "20260131000000.9Z").unwrap(), "2026-01-31T00:00:00Z");
        for text in ["", "2601312359Z", "20260131000000", "20260131000000+0100", "2026013100000xZ", "20261331000000Z"] {
            assert!(time(GENERALIZED_TIME, text).is_err(), "{text}");
        }
    }
}
