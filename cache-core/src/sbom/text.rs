//! Text that is borrowed from its document where it can be.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Text of a document: a piece of it, or a copy where it was written with escapes. It behaves as a `&str`.
///
/// serde never borrows into a `Cow` inside of an `Option` or a `Vec`; a type of its own does, and reads twice as fast.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    /// The same text, independent of the document.
    pub fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }

    /// The same text, borrowed from this.
    pub fn borrowed(&self) -> Text<'_> {
        Text(Cow::Borrowed(&self.0))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// None where it is empty or blank.
    pub fn stated(self) -> Option<Text<'a>> {
        (!self.trimmed().is_empty()).then_some(self)
    }

    /// The text without white space around it. Most texts have none, which their first and last byte show.
    pub(crate) fn trimmed(&self) -> &str {
        match self.as_bytes() {
            [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => self,
            _ => self.trim(),
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Text(text)
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into_owned()
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.0, f)
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Borrowing)
    }
}

/// `null` is read as no text, and a number or a truth value as it is written: other tools write such versions.
struct Borrowing;

impl<'de> Visitor<'de> for Borrowing {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text)))
    }

    fn visit_unit<E: Error>(self) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Text<'de>, E> {
        Ok(value.to_string().into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Text<'de>, E> {
        Ok(value.to_string().into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Text<'de>, E> {
        Ok(value.to_string().into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Text<'de>, E> {
        Ok(value.to_string().into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Text<'de>, A::Error> {
        Err(A::Error::custom("a list where text is expected"))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Text<'de>, A::Error> {
        Err(A::Error::custom("an object where text is expected"))
    }
}

/// A word for identifiers: letters, digits and points as they are, a dash for all else.
pub(super) fn plain_word(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect()
}

/// The members of an object that the model does not know, as they stand in the document. A writer of the same format puts
/// them back.
#[derive(Clone, Default)]
pub struct Rest<'a>(Vec<(Text<'a>, Cow<'a, RawValue>)>);

impl<'a> Rest<'a> {
    /// Adds a member.
    pub(crate) fn push(&mut self, name: Text<'a>, value: Cow<'a, RawValue>) {
        self.0.push((name, value));
    }

    /// Adds a member that is text.
    pub(crate) fn push_text(&mut self, name: &'static str, text: &str) {
        self.push_json(name, &text);
    }

    /// Adds a member.
    pub(crate) fn push_json(&mut self, name: &'static str, value: &impl Serialize) {
        if let Ok(value) = serde_json::value::to_raw_value(value) {
            self.push(name.into(), Cow::Owned(value));
        }
    }

    /// Adds a mark for the writer of the same format.
    pub(crate) fn mark(&mut self, name: &'static str) {
        self.push_json(name, &true);
    }

    /// Adds other members.
    pub(crate) fn append(&mut self, mut others: Rest<'a>) {
        self.0.append(&mut others.0);
    }

    /// The members but those of some names.
    pub(crate) fn without(mut self, is_out: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|(name, _)| !is_out(name));
        self
    }

    /// Adds the members of an inner object, which is no part of the model on its own.
    pub(crate) fn extend_under(&mut self, name: &'static str, inner: Rest<'a>) {
        self.0.extend(inner.0.into_iter().map(|(member, value)| (Text::from(format!("{name}/{member}")), value)));
    }

    /// Takes the members of an inner object out.
    pub(crate) fn take_under(&mut self, name: &str) -> Rest<'a> {
        let inner = |member: &str| member.strip_prefix(name)?.strip_prefix('/').map(str::to_owned);
        let (under, others) = std::mem::take(&mut self.0).into_iter().partition(|(member, _)| inner(member).is_some());
        self.0 = others;
        let under: Vec<_> = under;
        Rest(under.into_iter().filter_map(|(member, value)| Some((inner(&member)?.into(), value))).collect())
    }

    /// Takes a member out and reads it, where it is as it should be.
    pub(crate) fn take_json<T: Deserialize<'a>>(&mut self, name: &str) -> Option<T> {
        match self.take(name)? {
            Cow::Borrowed(value) => serde_json::from_str(value.get()).ok(),
            Cow::Owned(_) => None,
        }
    }

    /// Takes all members of a name out and reads the last, and says whether there were several. What is not as it should be
    /// stays.
    pub(crate) fn read<T: Deserialize<'a>>(&mut self, name: &str) -> Option<(T, bool)> {
        let value = self.0.iter().rfind(|(known, _)| known == name).and_then(|(_, value)| match value {
            Cow::Borrowed(value) => Some(*value),
            Cow::Owned(_) => None,
        });
        let read = serde_json::from_str(value?.get()).ok()?;
        let before = self.0.len();
        self.0.retain(|(known, _)| known != name);
        Some((read, before - self.0.len() > 1))
    }

    /// Takes all members out whose names fit, and reads them.
    pub(crate) fn read_all<T: Deserialize<'a>>(&mut self, fits: impl Fn(&str) -> bool) -> Vec<T> {
        let mut all = Vec::new();
        self.0.retain(|(name, value)| {
            if let (true, Cow::Borrowed(value)) = (fits(name), value) {
                all.extend(serde_json::from_str::<T>(value.get()).ok());
                return false;
            }
            true
        });
        all
    }

    /// The same members, borrowed from this.
    pub(crate) fn borrowed(&self) -> Rest<'_> {
        Rest(self.0.iter().map(|(name, value)| (name.borrowed(), Cow::Borrowed(&**value))).collect())
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Cow<'a, RawValue>> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// The JSON of a member.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.get())
    }

    /// The names of the members and their JSON, in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// The members as values that serialise as they were.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same members, independent of the document.
    pub fn into_owned(self) -> Rest<'static> {
        Rest(self.0.into_iter().map(|(name, value)| (name.into_owned(), Cow::Owned(value.into_owned()))).collect())
    }
}

impl PartialEq for Rest<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Rest<'_> {}

impl fmt::Debug for Rest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
