//! Elements that are made for what the model has in the place of an element.

use std::collections::{BTreeMap, HashMap};

use super::super::text::{Rest, Text};
use super::agents::{Agents, parts};
use super::document::{Element, Entry, Identifier};
use super::licenses::Licenses;
use crate::model::Digest;

/// The elements of a document that are there already, and those that are made.
pub(super) struct Made<'s> {
    /// What stands before the names of new elements.
    base: String,
    /// The creation information of the document, by its name.
    pub(super) creation: Text<'s>,
    pub(super) agents: Agents<'s>,
    pub(super) licenses: Licenses<'s>,
    /// The names of the texts of licences, by what expressions call them.
    texts: BTreeMap<&'s str, Text<'s>>,
    /// By their names, which come from what they say.
    made: BTreeMap<String, Element<'s>>,
    edges: Vec<Edge<'s>>,
    edge_at: HashMap<String, usize>,
}

/// A relationship with all its ends.
struct Edge<'s> {
    id: Text<'s>,
    word: Text<'s>,
    scope: &'static str,
    from: Text<'s>,
    to: Vec<Text<'s>>,
    rest: Rest<'s>,
}

/// One end of a relationship.
pub(super) struct End<'s> {
    /// The name of the relationship, where it has one, and whether this is not its first end.
    pub(super) id: Option<(Text<'s>, bool)>,
    pub(super) from: Text<'s>,
    pub(super) word: Text<'s>,
    pub(super) scope: &'static str,
    pub(super) to: Text<'s>,
    pub(super) rest: Rest<'s>,
}

impl<'s> Made<'s> {
    pub(super) fn of(base: String, kept: &[Element<'s>], creation: Option<Text<'s>>) -> Made<'s> {
        let mut made = Made {
            base,
            creation: creation.unwrap_or("_:creationinfo".into()),
            agents: Agents::default(),
            licenses: Licenses::default(),
            texts: BTreeMap::new(),
            made: BTreeMap::new(),
            edges: Vec::new(),
            edge_at: HashMap::new(),
        };
        for element in kept {
            made.agents.add(element);
            made.licenses.add(element);
        }
        made
    }

    /// The name of a new element.
    pub(super) fn id(&self, end: &str) -> String {
        format!("{}#{end}", self.base)
    }

    /// An element without anything but who made it and when.
    pub(super) fn element(&self, kind: Text<'s>, id: Text<'s>, rest: &mut Rest<'s>) -> Element<'s> {
        let mut element = Element { kind, id, ..Element::default() };
        let other = rest.read::<Text<'s>>(super::read::CREATION).map(|(name, _)| name);
        // One that stands in the place of its name is kept where it stood.
        if rest.get("creationInfo").is_none() {
            element.rest.push_text("creationInfo", other.as_ref().unwrap_or(&self.creation));
        }
        element
    }

    fn new_element(&mut self, kind: &'static str, what: &str, says: &str) -> (Text<'s>, Option<&mut Element<'s>>) {
        let digest = Digest::of(format!("{kind} {says}").as_bytes());
        let id = self.id(&format!("SPDXRef-{what}-{}", digest.hex().get(..16).unwrap_or_default()));
        if self.made.contains_key(&id) {
            return (id.into(), None);
        }
        let element = self.element(kind.into(), id.clone().into(), &mut Rest::default());
        (id.clone().into(), Some(self.made.entry(id).or_insert(element)))
    }

    /// The element of who is written as in SPDX 2: one of `known`, or a new one.
    pub(super) fn agent(&mut self, text: &str, known: &[Text<'s>]) -> Text<'s> {
        if let Some(id) = self.agents.among(known, text) {
            return id;
        }
        // Who is named by an element of another document.
        if let Some(id) = known.iter().find(|id| *id == text) {
            return id.clone();
        }
        let (kind, name, email) = parts(text);
        let (id, element) = self.new_element(kind, "Agent", text);
        if let Some(element) = element {
            element.rest.push_text("name", name);
            if let Some(email) = email {
                let (kind, scheme) = ("ExternalIdentifier".into(), "email".into());
                let email = Identifier { kind, scheme, value: email.into(), rest: Rest::default() };
                element.rest.push_json("externalIdentifier", &[email]);
            }
        }
        id
    }

    /// The element of a tool: one of `known`, or a new one.
    pub(super) fn tool(&mut self, name: &str, known: &[Text<'s>]) -> Text<'s> {
        if let Some(id) = self.agents.among(known, name).or_else(|| known.iter().find(|id| *id == name).cloned()) {
            return id;
        }
        let (id, element) = self.new_element("Tool", "Tool", name);
        if let Some(element) = element {
            element.rest.push_text("name", name);
        }
        id
    }

    /// Adds the text of a licence that has no SPDX identifier.
    pub(super) fn text(&mut self, name: &'s str, id: Text<'s>) {
        self.licenses.call(id.clone(), name.into());
        self.texts.insert(name, id);
    }

    /// The element of an expression.
    pub(super) fn expression(&mut self, text: &str) -> Text<'s> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
        let mut names: Vec<&str> = text.split(|c| !is_name(c)).filter(|name| self.texts.contains_key(name)).collect();
        names.sort_unstable();
        names.dedup();
        let entry = |name: &&str| Entry {
            kind: "DictionaryEntry".into(),
            key: (*name).to_owned().into(),
            value: self.texts.get(name).cloned().unwrap_or_default(),
            rest: Rest::default(),
        };
        let entries: Vec<Entry<'s>> = names.iter().map(entry).collect();
        let (id, element) = self.new_element("simplelicensing_LicenseExpression", "License", text);
        if let Some(element) = element {
            element.rest.push_text("simplelicensing_licenseExpression", text);
            if !entries.is_empty() {
                element.rest.push_json("simplelicensing_customIdToUri", &entries);
            }
        }
        id
    }

    /// Adds one end to a relationship: to the one that had this name, or the one that says the same of the same element.
    pub(super) fn end(&mut self, end: End<'s>) {
        let End { id, from, word, scope, to, rest } = end;
        let (same, may_join) = match &id {
            Some((id, is_more)) => (format!("{id} {from} {word}"), *is_more),
            None => (format!("{from} {word} {scope}"), rest.is_empty()),
        };
        if may_join && let Some(edge) = self.edge_at.get(&same).and_then(|at| self.edges.get_mut(*at)) {
            edge.to.push(to);
            edge.rest.append(rest);
            return;
        }
        let id = id.map(|(id, _)| id).unwrap_or_else(|| {
            let says = if may_join { same.clone() } else { format!("{same} {to}") };
            let digest = Digest::of(says.as_bytes());
            self.id(&format!("SPDXRef-Relationship-{}", digest.hex().get(..16).unwrap_or_default())).into()
        });
        self.edge_at.insert(same, self.edges.len());
        self.edges.push(Edge { id, word, scope, from, to: vec![to], rest });
    }

    /// All that was made.
    pub(super) fn into_elements(mut self) -> Vec<Element<'s>> {
        let edges = std::mem::take(&mut self.edges);
        let mut elements: Vec<_> = edges.into_iter().map(|edge| self.relationship(edge)).collect();
        elements.extend(self.made.into_values());
        elements
    }

    fn relationship(&self, edge: Edge<'s>) -> Element<'s> {
        let Edge { id, word, scope, from, mut to, mut rest } = edge;
        let usual = if scope.is_empty() { "Relationship" } else { "LifecycleScopedRelationship" };
        let kind = rest.read::<Text<'s>>("type").map_or(usual.into(), |(kind, _)| kind);
        let mut element = self.element(kind, id, &mut rest);
        to.extend(rest.read::<Vec<Text<'s>>>("to").map(|(more, _)| more).unwrap_or_default());
        element.rest.push_text("from", &from);
        element.rest.push_text("relationshipType", &word);
        element.rest.push_json("to", &to);
        if !scope.is_empty() && rest.get("scope").is_none() {
            element.rest.push_text("scope", scope);
        }
        element.append(rest);
        element
    }
}
