//! The objects of an SPDX 3 document.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::bom::Finding;
use super::super::json::{List, object};
use super::super::text::{Rest, Text};

object! {
    Document { graph: List<Element<'a>> = "@graph" }
}

object! {
    /// An element; its members stay in `rest` until somebody takes them.
    Element { kind: Text<'a> = "type", id: Text<'a> = "spdxId", node: Text<'a> = "@id" }
}

object! {
    /// A hash, or another way to check integrity.
    Method { kind: Text<'a> = "type", algorithm: Text<'a> = "algorithm", value: Text<'a> = "hashValue" }
}

object! {
    Identifier { kind: Text<'a> = "type", scheme: Text<'a> = "externalIdentifierType", value: Text<'a> = "identifier" }
}

object! {
    /// Of a dictionary.
    Entry { kind: Text<'a> = "type", key: Text<'a> = "key", value: Text<'a> = "value" }
}

object! {
    /// An element of another document.
    External { id: Text<'a> = "externalSpdxId" }
}

object! {
    /// What the profile `Extension` has for the properties of CycloneDX, or another extension.
    Extension { kind: Text<'a> = "type", properties: List<Property<'a>> = "extension_cdxProperty" }
}

object! {
    Property {
        kind: Text<'a> = "type",
        name: Text<'a> = "extension_cdxPropName",
        value: Text<'a> = "extension_cdxPropValue",
    }
}

/// The type of an extension that holds properties.
pub(super) const PROPERTIES: &str = "extension_CdxPropertiesExtension";
/// As many findings as one document gives.
pub(super) const MAX_FINDINGS: usize = 1000;

impl<'a> Element<'a> {
    /// What others name it by; the nodes that are no elements have an `@id`.
    pub(super) fn name(&self) -> &Text<'a> {
        if self.id.is_empty() { &self.node } else { &self.id }
    }

    /// Takes a member out. One that is not as it should be stays, and is noted; of several of one name the last counts.
    pub(super) fn take<T: Deserialize<'a>>(&mut self, name: &'static str, findings: &mut Vec<Finding>) -> Option<T> {
        let read = self.rest.read(name);
        let (code, message) = match &read {
            Some((_, false)) => return read.map(|(value, _)| value),
            Some((_, true)) => ("repeated-member", "stands several times; the last counts"),
            None if self.rest.get(name).is_none_or(|json| json == "null") => return None,
            None => ("unreadable", "is not of the kind that it should be; it is kept as it stands"),
        };
        if findings.len() < MAX_FINDINGS {
            let position = format!("{}.{name}", self.name());
            findings.push(Finding::new(code, position, format!("{name} {message}")));
        }
        read.map(|(value, _)| value)
    }

    /// Takes text out, unless it says nothing.
    pub(super) fn text(&mut self, name: &'static str, findings: &mut Vec<Finding>) -> Option<Text<'a>> {
        self.take::<Text<'a>>(name, findings)?.stated()
    }

    /// Takes the names of other elements out.
    pub(super) fn ids(&mut self, name: &'static str, findings: &mut Vec<Finding>) -> Vec<Text<'a>> {
        self.take::<References<'a>>(name, findings).unwrap_or_default().0
    }

    /// Adds members, unless they are there.
    pub(super) fn append(&mut self, rest: Rest<'a>) {
        self.rest.append(rest.without(|name| self.rest.get(name).is_some()));
    }

    /// Adds a member that is text, where there is any.
    pub(super) fn say(&mut self, name: &'static str, text: Option<&Text<'_>>) {
        if let Some(text) = text {
            self.rest.push_text(name, text);
        }
    }
}

/// The names of elements: one or a list of them, each perhaps as the element itself.
#[derive(Debug, Default)]
pub(super) struct References<'a>(pub(super) Vec<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for References<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Names(true)).map(References)
    }
}

struct Reference<'a>(Vec<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Reference<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Names(false)).map(Reference)
    }
}

/// Whether a list is expected too.
struct Names(bool);

impl<'de> Visitor<'de> for Names {
    type Value = Vec<Text<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an element")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(vec![text.into()])
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(vec![text.to_owned().into()])
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        if !self.0 {
            return Err(A::Error::custom("a list in a list"));
        }
        let mut names = Vec::new();
        while let Some(name) = list.next_element::<Reference<'de>>()? {
            names.extend(name.0);
        }
        Ok(names)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut name = None;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            match key.as_str() {
                "spdxId" | "@id" => name = Some(map.next_value::<Text<'de>>()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let name = name.and_then(Text::stated).ok_or_else(|| A::Error::custom("an element without a name"))?;
        Ok(vec![name])
    }
}
