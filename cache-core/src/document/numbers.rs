//! Whole numbers that cannot be signed as they are.
//!
//! What is signed is canonical JSON (RFC 8785), which takes every number for a double. A whole number that needs more digits than a
//! double has would be signed as another one, and nobody who reads it would know.

use crate::error::{Error, Result};

/// Where a value stands in the one around it.
enum Place<'a> {
    Name(&'a str),
    Item(usize),
}

/// Refuses JSON with such a number. It reads what is known to be JSON.
///
/// # Errors
/// `Invalid`, which names the place.
pub(crate) fn check_numbers(json: &str) -> Result<()> {
    let bytes = json.as_bytes();
    let mut places: Vec<Place<'_>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' => places.push(Place::Name("")),
            b'[' => places.push(Place::Item(0)),
            b'}' | b']' => {
                places.pop();
            }
            b',' => {
                if let Some(Place::Item(number)) = places.last_mut() {
                    *number += 1;
                }
            }
            b'"' => {
                at = end_of_text(bytes, at);
                let is_name = from(bytes, at).iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                if let (true, Some(Place::Name(name))) = (is_name, places.last_mut()) {
                    *name = json.get(start + 1..at - 1).unwrap_or_default();
                }
            }
            b'-' | b'0'..=b'9' => {
                at += from(bytes, at).iter().take_while(|byte| is_of_number(**byte)).count();
                if !is_kept(json.get(start..at).unwrap_or_default()) {
                    let message =
                        "a whole number would be signed as another one, since canonical JSON (RFC 8785) has doubles";
                    return Err(Error::invalid(message).context("at", path(&places)).hint("write it as a text"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn from(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

/// What comes after the quote that ends a text.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') | None => return at + 1,
            Some(_) => at += 1,
        }
    }
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')
}

/// Whether a number is signed as it is written. One with a point or an exponent is meant as a double.
fn is_kept(number: &str) -> bool {
    if number.contains(['.', 'e', 'E']) {
        return true;
    }
    // Whole doubles below this are written with all their digits, and as zeros those that they do not have.
    let is_same = |double: f64| double == 0.0 || (double.abs() < 1e21 && double.to_string() == number);
    number.parse().is_ok_and(is_same)
}

/// As in `runDetails.builders[0].id`.
fn path(places: &[Place<'_>]) -> String {
    let mut path = String::new();
    for place in places {
        match place {
            Place::Name(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Place::Item(number) => path.push_str(&format!("[{number}]")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::model::Raw;

    #[test]
    fn a_whole_number_that_a_double_does_not_hold_is_refused_with_its_place() {
        for number in [
            "9007199254740993",
            "-9007199254740993",
            "1152921504606846976",
            "18446744073709551615",
            "18446744073709551616",
            "1180591620717411303424",
            &"9".repeat(401),
        ] {
            for (json, place) in [
                (format!("{{\"build\": {number}}}"), "build"),
                (format!("{{\"a\": [1, {{\"b\":\"x\",\"c\" : [0,[ {number} ]]}}]}}"), "a[1].c[1][0]"),
                (format!("[\"{number}\", {{\"\\\"]\": 1, \"a:\": \"}}\"}}, {number}]"), "[2]"),
            ] {
                let error = check_numbers(&json).unwrap_err();
                assert_eq!(
                    (error.kind(), error.hint_text()),
                    (ErrorKind::Invalid, Some("write it as a text")),
                    "{json}"
                );
                assert_eq!(error.contexts(), [("at", place.to_owned())], "{json}");
            }
            assert!(check_numbers(number).is_err(), "{number}");
        }
    }

    #[test]
    fn what_is_kept_is_signed_with_the_same_digits() {
        for number in
            ["0", "7", "-1", "9007199254740991", "9007199254740992", "-9007199254740992", "100000000000000000000"]
        {
            let json = format!("{{\"a\":[{number}]}}");
            check_numbers(&json).unwrap();
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(Raw::canonical(value).unwrap().bytes(), json.as_bytes());
        }
        // Doubles, whole or not, and what only looks like a number.
        for json in
            ["1e300", "0.1", "18446744073709551616.0", "1.8446744073709552E+19", "-0", "\"9007199254740993\"", "{}"]
        {
            check_numbers(json).unwrap();
        }
    }
}
