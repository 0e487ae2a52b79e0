//! JSON as serde takes it, read faster than serde_json reads it: SBOMs are long lists of short texts, and the end of a text
//! is found many bytes at a time.
//!
//! What is rare goes to serde_json: numbers and texts with escapes. So does every document that is refused here, for it says
//! what is wrong and where.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use wide::u8x16;

use super::MAX_DEPTH;

/// Reads a document. It takes nothing that serde_json does not take, and gives the same.
pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Refused> {
    let mut scan = Scan { text, at: 0, depth: 0 };
    let read = T::deserialize(&mut scan)?;
    match scan.ahead() {
        Some(_) => Err(Refused),
        None => Ok(read),
    }
}

/// Not read here. Why is for serde_json to say.
#[derive(Debug)]
pub(super) struct Refused;

impl de::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Refused
    }
}

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

struct Scan<'de> {
    text: &'de str,
    at: usize,
    depth: usize,
}

impl<'de> Scan<'de> {
    /// The next byte that is no white space; None at the end.
    #[inline]
    fn ahead(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(*byte),
            }
        }
        None
    }

    /// Takes one byte that must come next.
    fn take(&mut self, wanted: u8) -> Result<(), Refused> {
        if self.ahead() != Some(wanted) {
            return Err(Refused);
        }
        self.at += 1;
        Ok(())
    }

    /// Takes a word that must come next.
    fn word(&mut self, word: &str) -> Result<(), Refused> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(Refused);
        }
        self.at += word.len();
        Ok(())
    }

    /// Takes the text whose quotation mark is next: what stands between its marks, or all of it where it has escapes.
    #[inline]
    fn string(&mut self) -> Result<Quoted<'de>, Refused> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let end = start + special(bytes.get(start..).ok_or(Refused)?);
        match bytes.get(end) {
            Some(b'"') => {
                self.at = end + 1;
                Ok(Quoted::Plain(&self.text[start..end]))
            }
            Some(b'\\') => self.escaped(end),
            // A control character, or the end.
            _ => Err(Refused),
        }
    }

    /// Takes the text that is next, which has its first escape at `escape`.
    #[cold]
    fn escaped(&mut self, escape: usize) -> Result<Quoted<'de>, Refused> {
        let (bytes, first, mut at) = (self.text.as_bytes(), self.at, escape);
        while bytes.get(at) == Some(&b'\\') {
            let next = at + 2;
            at = next + special(bytes.get(next..).ok_or(Refused)?);
        }
        self.at = at + 1;
        match bytes.get(at) {
            Some(b'"') => Ok(Quoted::Escaped(&self.text[first..self.at])),
            _ => Err(Refused),
        }
    }

    /// Takes the number that is next, if it is one.
    fn number(&mut self) -> &'de str {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        let number = &rest[..length.unwrap_or(rest.len())];
        self.at += number.len();
        number
    }

    /// Takes the value that comes next, as it stands.
    fn value(&mut self) -> Result<&'de str, Refused> {
        self.ahead();
        let start = self.at;
        IgnoredAny::deserialize(&mut *self)?;
        Ok(&self.text[start..self.at])
    }

    /// What stands between two brackets.
    fn nested<T>(&mut self, end: u8, read: impl FnOnce(Members<'_, 'de>) -> Result<T, Refused>) -> Result<T, Refused> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refused);
        }
        self.at += 1;
        let read = read(Members { scan: self, end, is_first: true })?;
        self.take(end)?;
        self.depth -= 1;
        Ok(read)
    }
}

/// A text between its quotation marks; one with escapes as it stands.
enum Quoted<'de> {
    Plain(&'de str),
    Escaped(&'de str),
}

/// How many bytes there are before a quotation mark, a backslash or a control character, or before the end.
#[inline]
fn special(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some((chunk, _)) = bytes[at..].split_first_chunk::<WIDTH>() {
        match first_special(chunk) {
            Some(first) => return at + first,
            None => at += WIDTH,
        }
    }
    let rest = &bytes[at..];
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' ')).unwrap_or(rest.len())
}

/// As many bytes as every x86-64 and every 64-bit ARM compares in one step.
const WIDTH: usize = 16;

#[inline]
fn first_special(chunk: &[u8; WIDTH]) -> Option<usize> {
    let chunk = u8x16::new(*chunk);
    let is_control = chunk.min(u8x16::splat(b' ' - 1)).simd_eq(chunk);
    let found = chunk.simd_eq(u8x16::splat(b'"')) | chunk.simd_eq(u8x16::splat(b'\\')) | is_control;
    let found = found.to_bitmask();
    (found != 0).then(|| found.trailing_zeros() as usize)
}

fn by_serde_json<'de, T>(
    text: &'de str,
    read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'de>>) -> serde_json::Result<T>,
) -> Result<T, Refused> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = read(&mut json).map_err(|_| Refused)?;
    json.end().map_err(|_| Refused)?;
    Ok(read)
}

impl<'de> Deserializer<'de> for &mut Scan<'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.ahead().ok_or(Refused)? {
            b'"' => match self.string()? {
                Quoted::Plain(text) => visitor.visit_borrowed_str(text),
                Quoted::Escaped(text) => by_serde_json(text, |json| json.deserialize_any(visitor)),
            },
            b'{' => self.nested(b'}', |members| visitor.visit_map(members)),
            b'[' => self.nested(b']', |members| visitor.visit_seq(members)),
            b'n' => self.word("null").and_then(|()| visitor.visit_unit()),
            b't' => self.word("true").and_then(|()| visitor.visit_bool(true)),
            b'f' => self.word("false").and_then(|()| visitor.visit_bool(false)),
            _ => by_serde_json(self.number(), |json| json.deserialize_any(visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.ahead() {
            Some(b'n') => self.word("null").and_then(|()| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    /// serde_json's values that are kept as they stand have a name that no type has. They are made of a map from it to the text.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Refused> {
        if !name.starts_with('$') {
            return visitor.visit_newtype_struct(self);
        }
        let kept = (BorrowedStrDeserializer::new(name), BorrowedStrDeserializer::new(self.value()?));
        visitor.visit_map(MapDeserializer::new(std::iter::once(kept)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        by_serde_json(self.value()?, |json| json.deserialize_enum(name, variants, visitor))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// The members of an object, or the items of a list.
struct Members<'scan, 'de> {
    scan: &'scan mut Scan<'de>,
    end: u8,
    is_first: bool,
}

impl Members<'_, '_> {
    /// Whether there is another one, which is next then.
    fn more(&mut self) -> Result<bool, Refused> {
        let is_first = std::mem::replace(&mut self.is_first, false);
        match self.scan.ahead() {
            Some(byte) if byte == self.end => Ok(false),
            _ if is_first => Ok(true),
            _ => self.scan.take(b',').map(|()| true),
        }
    }
}

impl<'de> SeqAccess<'de> for Members<'_, 'de> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        match self.more()? {
            true => seed.deserialize(&mut *self.scan).map(Some),
            false => Ok(None),
        }
    }
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        if !self.more()? {
            return Ok(None);
        }
        if self.scan.ahead() != Some(b'"') {
            return Err(Refused);
        }
        match self.scan.string()? {
            Quoted::Plain(name) => seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some),
            Quoted::Escaped(name) => by_serde_json(name, |json| seed.deserialize(json)).map(Some),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        self.scan.take(b':')?;
        seed.deserialize(&mut *self.scan)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;
    use serde_json::Value;
    use serde_json::value::RawValue;

    use super::*;
    use crate::sbom::json::{List, object};
    use crate::sbom::text::Text;

    object! {
        Node { name: Text<'a> = "name", inner: Option<Box<Node<'a>>> = "inner", list: List<Node<'a>> = "list" }
    }

    /// What is read here is what serde_json reads; says whether it was.
    fn agrees(text: &str) -> bool {
        let (own, theirs) = (read::<Value>(text), serde_json::from_str::<Value>(text));
        if let Ok(own) = &own {
            assert_eq!(Some(own), theirs.as_ref().ok(), "{text:?}");
        }
        let node = read::<Node<'_>>(text).map(|node| serde_json::to_string(&node).unwrap());
        let by_serde_json = serde_json::from_str::<Node<'_>>(text).map(|node| serde_json::to_string(&node).unwrap());
        if let Ok(node) = node {
            assert_eq!(Some(node), by_serde_json.ok(), "{text:?}");
        }
        let raw = read::<&RawValue>(text).map(RawValue::get);
        if let Ok(raw) = raw {
            assert_eq!(Some(raw), serde_json::from_str::<&RawValue>(text).ok().map(RawValue::get), "{text:?}");
        }
        own.is_ok() && raw.is_ok()
    }

    fn json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![".{0,40}", "[a-z]{0,80}", "[\"\\\\/\u{0}-\u{20}]{1,8}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, move |inner| {
            let names = prop_oneof![Just("name".to_owned()), Just("inner".into()), Just("list".into()), text.clone()];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((names, inner), 0..6).prop_map(|all| Value::Object(all.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn all_json_is_read(value in json()) {
            prop_assert!(agrees(&value.to_string()));
            let spread = format!(" {value:#}\r\n\t");
            prop_assert!(agrees(&spread));
        }

        #[test]
        fn broken_json_is_no_more_read_than_by_serde_json(value in json(), at: prop::sample::Index, with in "[\"{}\\[\\],:\\\\ntf0.\u{1} ]?") {
            let text = value.to_string();
            let at = (0..=at.index(text.len() + 1)).rfind(|at| text.is_char_boundary(*at)).unwrap_or_default();
            agrees(&text[..at]);
            agrees(&format!("{}{with}{}", &text[..at], &text[at..]));
            let after = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            agrees(&format!("{}{with}{}", &text[..at], &text[after..]));
        }

        #[test]
        fn what_is_hardly_json_is_no_more_read_than_by_serde_json(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"name\":", "\"list\":[", "\\", "\\\"", "\\u00e9", "\\ud800",
                    "null", "nul", "true", "false", "-", "0", "01", "1.5", "1e400", ".5", " ", "\n", "\u{1}", "é", "\u{2028}",
                ]),
                0..24,
            ),
        ) {
            agrees(&words.concat());
        }
    }

    #[test]
    fn edges() {
        for good in
            ["{}", "[]", "\"\"", "0", "-0.5e-3", "null", " [ 1 , \"\\\"\" ] ", "{\"a\\u0000b\":[{},[]]}", "\"\\\\\""]
        {
            assert!(agrees(good), "{good}");
        }
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(agrees(&deep(MAX_DEPTH)));
        assert!(read::<Value>(&deep(MAX_DEPTH + 1)).is_err());
        for bad in [
            "",
            " ",
            "[1,]",
            "[,1]",
            "{\"a\":1,}",
            "{1:1}",
            "{\"a\" 1}",
            "[1 2]",
            "\"\\",
            "\"\\\"",
            "tru",
            "nulll",
            "1 1",
            "[}",
            "{]",
        ] {
            assert!(!agrees(bad), "{bad}");
        }
    }

    #[test]
    fn plain_text_is_borrowed() {
        let text = "{\"name\":\"plain\",\"list\":[{\"name\":\"with \\\"quotes\\\"\"}],\"more\":[1]}";
        let node = read::<Node<'_>>(text).unwrap();
        assert!(text.as_bytes().as_ptr_range().contains(&node.name.as_ptr()));
        assert_eq!(node.list.0[0].name, "with \"quotes\"");
        assert!(
            matches!(node.rest.raw().next(), Some(("more", raw)) if text.as_bytes().as_ptr_range().contains(&raw.get().as_ptr()))
        );
        assert_eq!(read::<Cow<'_, str>>("\"a\"").unwrap(), "a");
    }
}
