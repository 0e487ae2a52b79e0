//! From the JSON of a document to the XML that says the same.

use std::borrow::Cow;

use super::super::super::bom::Finding;
use super::super::super::grammar::{Form, GRAMMAR, Kind, Member, Minor, Object, Place, Side};
use super::super::super::value::{Members, Value};
use super::SPACE;
use super::more::{Kept, MORE, More, What};
use super::text::Xml;
use crate::error::Result;

/// The XML, and what it cannot say. `was_xml` tells that the document was read from XML and may hold what only that can say.
pub(in crate::sbom) fn from_json(json: &str, minor: Minor, was_xml: bool) -> Result<(Vec<u8>, Vec<Finding>)> {
    let document = Value::read(json)?;
    let mut writer = Writer { minor, was_xml, xml: Xml::new(json.len()), path: Vec::new(), lost: Vec::new() };
    let space = [("xmlns", format!("{SPACE}1.{minor}").into())];
    if let Value::Object(members) = &document {
        writer.object(GRAMMAR.bom(), "bom", members, None, &space);
    }
    if writer.xml.dropped > 0 {
        writer.lose(format!("XML has no place for {} control characters", writer.xml.dropped));
    }
    Ok((writer.xml.out.into_bytes(), writer.lost))
}

/// The JSON without what only XML can say, which is named.
pub(in crate::sbom) fn without_more(json: &str) -> Result<(Vec<u8>, Vec<Finding>)> {
    fn strip(value: &mut Value<'_>, path: &mut Vec<String>, lost: &mut Vec<Finding>) {
        match value {
            Value::Object(members) => {
                if let Some(at) = members.iter().position(|(name, _)| name == MORE) {
                    let message = format!("JSON has no place for {}", names(&members.remove(at).1));
                    lost.push(Finding::new("not-converted", position(path), message));
                }
                for (name, value) in members {
                    path.push(format!(".{name}"));
                    strip(value, path, lost);
                    path.pop();
                }
            }
            Value::List(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    path.push(format!("[{at}]"));
                    strip(item, path, lost);
                    path.pop();
                }
            }
            _ => {}
        }
    }
    let (mut document, mut lost) = (Value::read(json)?, Vec::new());
    strip(&mut document, &mut Vec::new(), &mut lost);
    Ok((super::super::super::json::write(&document)?, lost))
}

pub(in crate::sbom) fn position(path: &[String]) -> String {
    let path = path.concat();
    let path = path.trim_start_matches('.');
    if path.is_empty() { "document".to_owned() } else { path.to_owned() }
}

/// What is kept of XML, by name.
fn names(more: &Value<'_>) -> String {
    let name = |more: &More| match &more.what {
        What::Attribute { name, .. } => format!("the attribute {name}"),
        What::Element(xml) => {
            let end = xml.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(xml.len());
            format!("the element {}", xml.get(1..end).unwrap_or_default())
        }
    };
    let mut names: Vec<String> = read(more).iter().map(name).collect();
    names.dedup();
    names.join(", ")
}

fn read(more: &Value<'_>) -> Vec<More> {
    serde_json::to_string(more).and_then(|json| serde_json::from_str(&json)).unwrap_or_default()
}

struct Writer {
    minor: Minor,
    was_xml: bool,
    xml: Xml,
    path: Vec<String>,
    lost: Vec<Finding>,
}

/// A member that the document states, and where it stands in the table.
type Stated<'g, 'v, 'a> = (usize, &'g Member, &'v Value<'a>);
/// Attributes that an element has beside its own.
type Beside<'s> = [(&'s str, Cow<'s, str>)];

impl Writer {
    /// An element that holds an object.
    fn object(
        &mut self,
        object: &Object,
        element: &str,
        members: &Members<'_>,
        outer: Option<&Kept>,
        beside: &Beside<'_>,
    ) {
        let mut own = Vec::new();
        let mut stated: Vec<Stated<'_, '_, '_>> = Vec::with_capacity(members.len());
        for (name, value) in members.iter().filter(|(_, value)| !value.is_nothing()) {
            match (name == MORE && self.was_xml, self.member(object, name, value)) {
                (true, _) => own.extend(read(value)),
                (false, Some((at, member))) => stated.push((at, member, value)),
                (false, None) => {}
            }
        }
        stated.sort_by_key(|(at, ..)| *at);
        let own = (!own.is_empty()).then(|| Kept::of(own));
        let kept = own.as_ref().or(outer);
        if let [(_, itself, Value::Object(members))] = stated.as_slice()
            && itself.place == Place::Itself
            && let Some(Form { kind: Kind::Object(at), .. }) = itself.forms.first()
        {
            return self.object(GRAMMAR.object(*at), element, members, kept, beside);
        }
        self.xml.open(element);
        beside.iter().for_each(|(name, value)| self.xml.attribute(name, value));
        for (_, member, value) in &stated {
            if let Place::Attribute(name) = member.place {
                let value = self.scalar(value);
                self.xml.attribute(name, &value);
            }
        }
        self.attributes(kept);
        for (_, member, value) in &stated {
            self.path.push(format!(".{}", member.name));
            match member.place {
                Place::Text => {
                    let value = self.scalar(value);
                    self.xml.text(&value);
                }
                Place::Within(name) => {
                    let kept = kept.and_then(|kept| kept.under(name));
                    self.xml.open(name);
                    self.attributes(kept);
                    self.items(member, value.items(), kept);
                    self.close(kept);
                }
                Place::Each => self.items(member, value.items(), kept),
                Place::Child => {
                    let beside = self.of_child(member, &stated);
                    let kept = kept.and_then(|kept| kept.under(member.name));
                    if let Some(form) = member.form_of(value) {
                        self.value(form, value, kept, &beside);
                    }
                }
                Place::Attribute(_) | Place::Of(..) | Place::Itself | Place::Nowhere => {}
            }
            self.path.pop();
        }
        self.close(kept);
    }

    /// The member of that name, where the version has it.
    fn member<'g>(&mut self, object: &'g Object, name: &str, value: &Value<'_>) -> Option<(usize, &'g Member)> {
        let is_list = matches!(value, Value::List(_));
        let found = object.named(name).find(|(_, member)| member.list == is_list);
        let found = found.filter(|(_, member)| member.is_in(self.minor, Side::Xml));
        let is_said_otherwise = matches!(name, "$schema" | "bomFormat" | "specVersion") || name == MORE && self.was_xml;
        if found.is_none() && !is_said_otherwise {
            self.lose(format!("CycloneDX 1.{} as XML has no place for {name}", self.minor));
        }
        found
    }

    /// What other members say in attributes of this one's element.
    fn of_child<'g, 'v>(&mut self, member: &Member, stated: &[Stated<'g, 'v, '_>]) -> Vec<(&'g str, Cow<'v, str>)> {
        let mut beside = Vec::new();
        for (_, other, value) in stated {
            if let Place::Of(child, attribute) = other.place
                && child == member.name
            {
                beside.push((attribute, self.scalar(value)));
            }
        }
        beside
    }

    fn items(&mut self, member: &Member, items: &[Value<'_>], kept: Option<&Kept>) {
        let mut counts = vec![0_usize; member.forms.len()];
        for (at, item) in items.iter().enumerate() {
            let Some(form) = member.form_of(item) else { continue };
            let same = member.forms.iter().position(|other| other.element == form.element).unwrap_or_default();
            let count = counts.get(same).copied().unwrap_or_default();
            counts.iter_mut().skip(same).take(1).for_each(|count| *count += 1);
            self.path.push(format!("[{at}]"));
            let kept = kept.and_then(|kept| kept.under(&format!("{}[{count}]", form.element)));
            self.value(form, item, kept, &[]);
            self.path.pop();
        }
    }

    /// One value in its element.
    fn value(&mut self, form: &Form, value: &Value<'_>, kept: Option<&Kept>, beside: &Beside<'_>) {
        if let Some(inner) = form.inner {
            self.xml.open(form.element);
            self.value(&Form { element: inner, inner: None, ..*form }, value, kept, beside);
            return self.xml.close();
        }
        match (form.kind, value) {
            (_, Value::Null) => {}
            (Kind::Object(at), Value::Object(members)) => match GRAMMAR.object(at) {
                object if object.since > self.minor => {
                    self.lose(format!("CycloneDX 1.{} has no {}", self.minor, form.element));
                }
                object => self.object(object, form.element, members, kept, beside),
            },
            (Kind::Object(_), _) => self.lose(format!("{} is no object", form.element)),
            (_, value) => {
                let text = self.scalar(value);
                self.xml.open(form.element);
                beside.iter().for_each(|(name, value)| self.xml.attribute(name, value));
                match form.attribute {
                    Some(attribute) => {
                        self.xml.attribute(attribute, &text);
                        self.attributes(kept);
                    }
                    None => {
                        self.attributes(kept);
                        self.xml.text(&text);
                    }
                }
                self.close(kept);
            }
        }
    }

    fn scalar<'v>(&mut self, value: &'v Value<'_>) -> Cow<'v, str> {
        match value {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Number(text) => Cow::Borrowed(*text),
            Value::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Value::Null => Cow::Borrowed(""),
            Value::List(_) | Value::Object(_) => {
                self.lose("a list or an object, where XML takes text".into());
                Cow::Borrowed("")
            }
        }
    }

    /// The attributes that were kept of this element.
    fn attributes(&mut self, kept: Option<&Kept>) {
        let all = kept.map(|kept| kept.here.as_slice()).unwrap_or_default().iter().filter_map(|what| match what {
            What::Attribute { name, space, value } => Some((name.as_str(), space.as_str(), value.as_str())),
            What::Element(_) => None,
        });
        let (foreign, own): (Vec<_>, Vec<_>) = all.partition(|(name, ..)| name.contains(':'));
        own.iter().for_each(|(name, _, value)| self.xml.attribute(name, value));
        self.xml.foreign(foreign.into_iter());
    }

    /// The elements that were kept of this one, and its end.
    fn close(&mut self, kept: Option<&Kept>) {
        for what in kept.map(|kept| kept.here.as_slice()).unwrap_or_default() {
            if let What::Element(xml) = what {
                self.xml.raw(xml);
            }
        }
        self.xml.close();
    }

    fn lose(&mut self, message: String) {
        self.lost.push(Finding::new("not-converted", position(&self.path), message));
    }
}
