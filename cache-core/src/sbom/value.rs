//! JSON as it is written: members in their order, numbers to the last digit, names that stand twice.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::document::in_words;
use crate::error::{Error, Result};

/// As deep as values may lie in each other.
const MAX_DEPTH: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    Object(Members<'a>),
}

pub(super) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

impl<'a> Value<'a> {
    /// # Errors
    /// `Invalid` where it is no JSON or lies too deep.
    pub(super) fn read(text: &'a str) -> Result<Value<'a>> {
        let wrong = |e: serde_json::Error| Error::invalid(format!("not JSON: {}", in_words(&e))).caused_by(e);
        serde_json::from_str::<IgnoredAny>(text).map_err(wrong)?;
        let mut walk = Walk { text, at: 0 };
        walk.value(0).ok_or_else(|| Error::invalid(format!("values lie deeper than {MAX_DEPTH} in each other")))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn members(&self) -> &[(Cow<'a, str>, Value<'a>)] {
        match self {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Value<'a>] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a member; of two the last counts.
    pub(super) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.members().iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Null, or an empty list or object.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Value::Null => true,
            Value::List(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(text) => {
                let number: &RawValue = serde_json::from_str(text).map_err(serde::ser::Error::custom)?;
                number.serialize(serializer)
            }
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items),
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// Goes over text that is known to be JSON.
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        Some(match self.peek()? {
            b'{' => Value::Object(self.all(b'}', |walk| {
                let name = walk.string()?;
                walk.peek()?;
                walk.at += 1;
                Some((name, walk.value(depth + 1)?))
            })?),
            b'[' => Value::List(self.all(b']', |walk| walk.value(depth + 1))?),
            b'"' => Value::Text(self.string()?),
            _ => match self.word()? {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                number => Value::Number(number),
            },
        })
    }

    /// What stands between brackets, separated by commas.
    fn all<T>(&mut self, end: u8, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut all = Vec::new();
        self.at += 1;
        while self.peek()? != end {
            all.push(one(self)?);
            if self.peek()? == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        Some(all)
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.peek()?;
        let start = self.at;
        let mut has_escapes = false;
        loop {
            self.at += 1;
            match self.text.as_bytes().get(self.at)? {
                b'"' => break,
                b'\\' => (has_escapes, self.at) = (true, self.at + 1),
                _ => {}
            }
        }
        self.at += 1;
        let written = self.text.get(start..self.at)?;
        match has_escapes {
            true => serde_json::from_str(written).ok().map(Cow::Owned),
            false => written.get(1..written.len() - 1).map(Cow::Borrowed),
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let end = rest.find(|c: char| matches!(c, ',' | ']' | '}') || c.is_ascii_whitespace()).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_it_is_written() {
        for text in [
            "null",
            "[]",
            "{}",
            r#"{"b":1.50,"a":[true,false,null,-1e5],"a":"x\"\\y","é\n":{"":""}}"#,
            r#"["a","\u0000","😀"]"#,
        ] {
            let value = Value::read(text).unwrap();
            assert_eq!(serde_json::to_string(&value).unwrap(), text);
            let spaced = text.replace(':', " : ").replace(',', " ,\n\t");
            assert_eq!(Value::read(&format!(" {spaced} ")).unwrap(), value);
        }
    }

    #[test]
    fn what_is_no_json_or_lies_too_deep_is_an_error() {
        for text in ["", "{", "[1,]", "{\"a\" 1}", "\"", "nul", "1 2", &"[".repeat(1_000_000)] {
            assert!(Value::read(text).is_err());
        }
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(Value::read(&deep(MAX_DEPTH)).is_ok() && Value::read(&deep(100_000)).is_err());
    }
}
