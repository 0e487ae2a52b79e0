//! The elements of a document, each on its own.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::super::bom::Finding;
use super::super::text::Text;
use super::document::{Document, Element};

/// As deep as elements may lie within each other.
const MAX_DEPTH: usize = 16;

/// Members in which an element may stand in the place of its name.
const PLACES: &[&str] = &[
    "from",
    "to",
    "creationInfo",
    "createdBy",
    "createdUsing",
    "suppliedBy",
    "originatedBy",
    "element",
    "rootElement",
    "dataLicense",
    "subject",
    "software_snippetFromFile",
    "expandedlicensing_member",
    "expandedlicensing_subjectLicense",
    "expandedlicensing_subjectExtendableLicense",
    "expandedlicensing_subjectAddition",
];

/// All elements, also those that stand within another one, which then names them, and nowhere else. A document without a
/// graph is its one element.
pub(super) fn elements<'a>(document: &mut Document<'a>, findings: &mut Vec<Finding>) -> Vec<Element<'a>> {
    let mut elements = std::mem::take(&mut document.graph).0;
    if elements.is_empty() && document.rest.get("type").is_some() {
        elements.push(alone(document));
    }
    let mut names: Option<HashSet<Text<'a>>> = None;
    let (mut at, mut depths) = (0, vec![0; elements.len()]);
    while let Some((element, depth)) = elements.get(at).zip(depths.get(at).copied()) {
        let inner = within(element);
        if depth == MAX_DEPTH && !inner.is_empty() {
            let message = format!("what lies deeper than {MAX_DEPTH} elements within each other is kept as it stands");
            findings.push(Finding::new("unreadable", element.name().to_string(), message));
        } else if !inner.is_empty() {
            let names = names.get_or_insert_with(|| elements.iter().map(|element| element.name().clone()).collect());
            elements.extend(inner.into_iter().filter(|inner| names.insert(inner.name().clone())));
            depths.resize(elements.len(), depth + 1);
        }
        at += 1;
    }
    elements
}

fn alone<'a>(document: &mut Document<'a>) -> Element<'a> {
    let mut element = Element { rest: std::mem::take(&mut document.rest), ..Element::default() };
    if let Some(context) = element.rest.take("@context") {
        document.rest.push("@context".into(), context);
    }
    let mut text = |name| element.rest.read::<Text<'a>>(name).map(|(text, _)| text).unwrap_or_default();
    let (kind, id, node) = (text("type"), text("spdxId"), text("@id"));
    Element { kind, id, node, ..element }
}

fn within<'a>(element: &Element<'a>) -> Vec<Element<'a>> {
    // An object, or a list that may hold one.
    let may_hold = |json: &str| json.starts_with('{') || json.starts_with('[') && json.contains('{');
    let places = element.rest.iter().filter(|(_, json)| may_hold(json)).map(|(name, _)| name);
    let read = |name| element.rest.clone().read::<Inner<'a>>(name).map(|(inner, _)| inner.0);
    let inner = places.filter(|name| PLACES.contains(name)).filter_map(read).flatten();
    inner.filter(|inner| !inner.name().is_empty()).collect()
}

/// The elements that stand in the place of their names; names themselves are none.
struct Inner<'a>(Vec<Element<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Inner<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Within).map(Inner)
    }
}

struct Within;

impl<'de> Visitor<'de> for Within {
    type Value = Vec<Element<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("elements or their names")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Inner(inner)) = list.next_element()? {
            all.extend(inner);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Element::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(|element| vec![element])
    }
}
