//! From XML to the JSON that says the same. What JSON has no place for stands in a member of its own, [`MORE`].

use super::super::super::bom::Finding;
use super::super::super::grammar::{Form, GRAMMAR, Kind, Member, Minor, Object, Place};
use super::super::minor;
use super::element::Element;
use super::more::{MORE, More};
use super::tree;
use super::{SPACE, choose};
use crate::error::{Error, Result};

/// The JSON, and what could not be read.
pub(in crate::sbom) fn to_json(text: &str) -> Result<(String, Vec<Finding>)> {
    let document = tree::read(text)?;
    let version = document.space.strip_prefix(SPACE).filter(|_| document.root.name == "bom");
    let version = version.ok_or_else(|| {
        let (name, space) = (document.root.name, &document.space);
        Error::invalid(format!("not a CycloneDX document: it begins with {name:?} of the namespace {space:?}"))
    })?;
    let minor = minor(version).ok_or_else(|| Error::unsupported(format!("CycloneDX {version:?} is not read")))?;
    let mut reader = Reader { version: minor, out: Vec::with_capacity(text.len()), findings: document.findings };
    reader.object(GRAMMAR.bom(), &document.root, &[("bomFormat", "CycloneDX"), ("specVersion", version)]);
    let json = String::from_utf8(reader.out).map_err(|e| Error::unexpected("the JSON is no text").caused_by(e))?;
    Ok((json, reader.findings))
}

/// The element of what depends on something, and of what it depends on, which may say in it what that depends on.
const DEPENDENCY: &str = "dependency";

/// Elements one after the other, those that say on what they depend themselves after the one they stand in.
fn unfolded<'e, 'a>(elements: &'e [Element<'a>]) -> Vec<&'e Element<'a>> {
    let mut all: Vec<&Element<'_>> = elements.iter().collect();
    let mut at = 0;
    while let Some(element) = all.get(at) {
        if element.name == DEPENDENCY {
            all.extend(element.children.iter().filter(|child| !child.children.is_empty()));
        }
        at += 1;
    }
    all
}

/// Writes JSON: after each value stands a comma, until the end of what it is in.
struct Reader {
    version: Minor,
    out: Vec<u8>,
    findings: Vec<Finding>,
}

/// An element, the member that it belongs to, and the form that it has.
struct Found<'g, 'e, 'a> {
    at: usize,
    form: &'g Form,
    element: &'e Element<'a>,
}

impl Reader {
    /// Writes an object. What JSON has no place for goes to the caller where the model keeps nothing beside such an object.
    fn object(&mut self, object: &Object, element: &Element<'_>, head: &[(&str, &str)]) -> Vec<More> {
        let mut more = Vec::new();
        self.out.push(b'{');
        for (name, text) in head {
            self.name(name);
            self.text(text);
        }
        self.members(object, element, &mut more);
        if !more.is_empty() && !matches!(object.name, "hash" | "property" | "license-only") {
            self.name(MORE);
            self.json(&more);
            more.clear();
        }
        self.end(b'}');
        more
    }

    fn members(&mut self, object: &Object, element: &Element<'_>, more: &mut Vec<More>) {
        if let Some(itself) = object.members.iter().find(|member| member.place == Place::Itself) {
            self.name(itself.name);
            more.extend(itself.forms.iter().take(1).flat_map(|form| self.value(form.kind, element, &[])));
            return;
        }
        let mut known = Vec::new();
        for member in &object.members {
            if let Place::Attribute(name) = member.place
                && let Some(value) = element.attribute(name)
            {
                known.push(name);
                self.name(member.name);
                self.scalar(member.forms.first(), value);
            }
        }
        more.extend(More::of(element, &known));
        if let Some(member) = object.members.iter().find(|member| member.place == Place::Text) {
            self.name(member.name);
            self.scalar(member.forms.first(), &element.text);
        } else if !element.text.trim().is_empty() {
            self.tell(element, "text stands between elements, where none belongs; it is left out");
        }
        let mut found = Vec::with_capacity(element.children.len());
        for child in &element.children {
            let from = found.last().map_or(0, |last: &Found<'_, '_, '_>| last.at);
            match choose(object, child, from, self.version) {
                Some((at, form)) => found.push(Found { at, form, element: child }),
                None => more.push(More::element(child.to_xml())),
            }
        }
        // The elements of one member may stand apart; in JSON they are together.
        found.sort_by_key(|found| found.at);
        for same in found.chunk_by(|one, other| one.at == other.at) {
            if let Some(member) = same.first().and_then(|first| object.members.get(first.at)) {
                self.member(object, member, same, more);
            }
        }
    }

    fn member(&mut self, object: &Object, member: &Member, found: &[Found<'_, '_, '_>], more: &mut Vec<More>) {
        let Some((first, others)) = found.split_first() else { return };
        let mut known = Vec::new();
        for other in &object.members {
            if let Place::Of(child, attribute) = other.place
                && child == member.name
                && let Some(value) = first.element.attribute(attribute)
            {
                known.push(attribute);
                self.name(other.name);
                self.scalar(other.forms.first(), value);
            }
        }
        self.name(member.name);
        if !member.list {
            let inner = self.value(first.form.kind, first.element.within(first.form), &known);
            more.extend(inner.into_iter().map(|more| more.under(member.name)));
            if let Some(other) = others.first() {
                self.tell(other.element, "it stands more than once; the first counts");
            }
            return;
        }
        self.out.push(b'[');
        for (at, found) in found.iter().enumerate() {
            match member.place {
                Place::Within(name) => self.items(member, found.element, name, more),
                _ => self.item(found.form, found.element, &format!("{}[{at}]", found.element.name), more),
            }
        }
        self.end(b']');
        self.out.push(b',');
    }

    /// The items within the element that is around them.
    fn items(&mut self, member: &Member, around: &Element<'_>, name: &str, more: &mut Vec<More>) {
        more.extend(More::of(around, &[]).map(|more| more.under(name)));
        let mut counts = vec![0; member.forms.len()];
        for child in unfolded(&around.children) {
            let of_name = |form: &Form| form.element == child.name;
            match (member.forms.iter().position(of_name), member.form_for(child)) {
                (Some(at), Some(form)) => {
                    let count = counts.get(at).copied().unwrap_or_default();
                    counts.iter_mut().skip(at).take(1).for_each(|count| *count += 1);
                    self.item(form, child, &format!("{name}/{}[{count}]", child.name), more);
                }
                _ => more.push(More::element(child.to_xml()).under(name)),
            }
        }
    }

    fn item(&mut self, form: &Form, element: &Element<'_>, place: &str, more: &mut Vec<More>) {
        let inner = match form.attribute {
            Some(attribute) => {
                self.text(element.attribute(attribute).unwrap_or_default());
                let inner = element.children.iter().filter(|child| child.name != DEPENDENCY);
                let inner = inner.map(|child| More::element(child.to_xml()));
                More::of(element, &[attribute]).chain(inner).collect()
            }
            None => self.value(form.kind, element.within(form), &[]),
        };
        more.extend(inner.into_iter().map(|more| more.under(place)));
    }

    /// A value, with the attributes that are `known` to be other members; what JSON has no place for.
    fn value(&mut self, kind: Kind, element: &Element<'_>, known: &[&str]) -> Vec<More> {
        if let Kind::Object(at) = kind {
            let more = self.object(GRAMMAR.object(at), element, &[]);
            self.out.push(b',');
            return more;
        }
        self.scalar_of(kind, &element.text);
        let children = element.children.iter().map(|child| More::element(child.to_xml()));
        More::of(element, known).chain(children).collect()
    }

    fn scalar(&mut self, form: Option<&Form>, text: &str) {
        if let Some(form) = form {
            self.scalar_of(form.kind, text);
        }
    }

    /// A number or truth value as what it is, if it is one.
    fn scalar_of(&mut self, kind: Kind, text: &str) {
        let trimmed = text.trim();
        let is_as_in_json = match kind {
            Kind::Bool => matches!(trimmed, "true" | "false"),
            Kind::Int(..) | Kind::Number(..) => serde_json::from_str::<f64>(trimmed).is_ok(),
            _ => false,
        };
        match (is_as_in_json, kind) {
            (true, _) => {
                self.out.extend_from_slice(trimmed.as_bytes());
                self.out.push(b',');
            }
            (false, Kind::Bool) if matches!(trimmed, "0" | "1") => {
                self.out.extend_from_slice(if trimmed == "1" { b"true," } else { b"false," });
            }
            (false, Kind::Text(_)) => self.text(text),
            (false, _) => self.text(trimmed),
        }
    }

    fn name(&mut self, name: &str) {
        self.json(name);
        self.out.pop();
        self.out.push(b':');
    }

    fn text(&mut self, text: &str) {
        self.json(text);
    }

    fn json(&mut self, value: &(impl serde::Serialize + ?Sized)) {
        // A vector takes all that is written to it.
        if serde_json::to_writer(&mut self.out, value).is_err() {
            self.out.extend_from_slice(b"null");
        }
        self.out.push(b',');
    }

    fn end(&mut self, bracket: u8) {
        if self.out.last() == Some(&b',') {
            self.out.pop();
        }
        self.out.push(bracket);
    }

    fn tell(&mut self, element: &Element<'_>, message: &str) {
        if self.findings.len() < tree::MAX_FINDINGS {
            self.findings.push(Finding::new("unreadable", element.name, message));
        }
    }
}
