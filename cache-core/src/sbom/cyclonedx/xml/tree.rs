//! An XML document as elements that borrow from it. Nothing is expanded: what a document type declares counts for nothing.

use std::borrow::Cow;

use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::super::super::bom::Finding;
use super::element::{Attributes, Element, Foreign, local, prefix};
use crate::error::{Error, Result};

/// As deep as elements may lie in each other.
const MAX_DEPTH: usize = 100;
/// As many attributes as an element may have, and as many namespaces as may be in scope.
const MAX_NAMES: usize = 64;
/// As long as a namespace may be: each attribute of it repeats it.
const MAX_SPACE: usize = 2048;
/// As many findings as are told of one document.
pub(super) const MAX_FINDINGS: usize = 100;

/// The outermost element, its namespace, and what could not be read.
pub(in crate::sbom) struct Document<'a> {
    pub(in crate::sbom) root: Element<'a>,
    pub(in crate::sbom) space: Cow<'a, str>,
    pub(in crate::sbom) findings: Vec<Finding>,
}

/// # Errors
/// `Invalid` where it is no XML or lies too deep.
pub(in crate::sbom) fn read(text: &str) -> Result<Document<'_>> {
    let mut builder = Builder { text, ..Builder::default() };
    let mut reader = Reader::from_str(text);
    loop {
        let from = at(&reader);
        match reader.read_event().map_err(|e| invalid(e.to_string()).caused_by(e))? {
            Event::Start(start) => builder.open(&start, from)?,
            Event::Empty(start) => {
                builder.open(&start, from)?;
                builder.close(at(&reader));
            }
            Event::End(_) => builder.close(at(&reader)),
            Event::Text(text) => builder.add(text.xml10_content(), false),
            Event::CData(text) => builder.add(text.xml10_content(), true),
            Event::GeneralRef(name) => builder.refer(&name),
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    let unended = !builder.open.is_empty() || builder.outside.is_some();
    let (root, space) = builder.root.filter(|_| !unended).ok_or_else(|| invalid("it ends within an element"))?;
    Ok(Document { root, space, findings: builder.findings })
}

fn at(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn invalid(why: impl Into<String>) -> Error {
    Error::invalid(format!("not the XML it should be: {}", why.into()))
}

#[derive(Default)]
struct Builder<'a> {
    text: &'a str,
    open: Vec<Element<'a>>,
    /// The prefixes in scope and their namespaces, the innermost last.
    spaces: Vec<(&'a str, Cow<'a, str>)>,
    outside: Option<Outside<'a>>,
    root: Option<(Element<'a>, Cow<'a, str>)>,
    /// The namespace of the outermost element.
    own: Option<Cow<'a, str>>,
    findings: Vec<Finding>,
}

/// An element of another namespace, while it is passed by.
struct Outside<'a> {
    from: usize,
    depth: usize,
    prefixes: Vec<&'a str>,
    /// The prefixes that it declares itself.
    declares: Vec<&'a str>,
    /// It refers to what only its document type declares.
    broken: bool,
}

impl<'a> Builder<'a> {
    fn open(&mut self, start: &BytesStart<'_>, from: usize) -> Result<()> {
        let depth = self.open.len() + self.outside.as_ref().map_or(0, |outside| outside.depth);
        if depth >= MAX_DEPTH {
            return Err(invalid(format!("elements lie deeper than {MAX_DEPTH} in each other")));
        }
        if self.root.is_some() {
            return Err(invalid("something stands after its end"));
        }
        let full = self.within(start.name().into_inner());
        let (attributes, broken) = self.attributes(start)?;
        if let Some(outside) = &mut self.outside {
            outside.depth += 1;
            outside.broken |= broken;
            outside.note(full, &attributes);
            return Ok(());
        }
        let mut element = Element { name: local(full), ..Element::default() };
        for (name, value) in &attributes {
            if let Some(prefix) = declared(name) {
                if value.len() > MAX_SPACE {
                    return Err(invalid(format!("a namespace is longer than {MAX_SPACE} bytes")));
                }
                self.spaces.push((prefix, value.clone()));
                element.declares += 1;
            }
        }
        if self.spaces.len() > MAX_NAMES {
            return Err(invalid(format!("more than {MAX_NAMES} namespaces are declared")));
        }
        let space = self.space(prefix(full));
        if space != *self.own.get_or_insert_with(|| space.clone()) {
            self.spaces.truncate(self.spaces.len() - element.declares);
            let declares = attributes.iter().filter_map(|(name, _)| declared(name)).collect();
            let mut outside = Outside { from, depth: 1, prefixes: Vec::new(), declares, broken };
            outside.note(full, &attributes);
            self.outside = Some(outside);
            return Ok(());
        }
        for (name, value) in attributes.into_iter().filter(|(name, _)| declared(name).is_none()) {
            match prefix(name) {
                "" => element.attributes.push((name, value)),
                prefix => element.foreign.push(Foreign { name, space: self.space(prefix), value }),
            }
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self, to: usize) {
        if let Some(outside) = &mut self.outside {
            outside.depth -= 1;
            if outside.depth > 0 {
                return;
            }
            if let Some(outside) = self.outside.take() {
                self.keep(&outside, to);
            }
            return;
        }
        let Some(mut element) = self.open.pop() else { return };
        element.end();
        self.spaces.truncate(self.spaces.len().saturating_sub(element.declares));
        match self.open.last_mut() {
            Some(outer) => outer.children.push(element),
            None => self.root = Some((element, self.own.clone().unwrap_or_default())),
        }
    }

    /// Keeps an element of another namespace, with the namespaces that it takes from where it stands.
    fn keep(&mut self, outside: &Outside<'a>, to: usize) {
        let raw = self.text.get(outside.from..to).unwrap_or_default();
        if outside.broken {
            return self.tell("unreadable", "an element refers to what is not defined; it is left out");
        }
        let end = raw.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(raw.len());
        let (head, tail) = raw.split_at_checked(end).unwrap_or((raw, ""));
        let mut kept = head.to_owned();
        for prefix in outside.prefixes.iter().filter(|prefix| !outside.declares.contains(prefix)) {
            let space = self.space(prefix);
            match *prefix {
                "" if self.own.as_ref() == Some(&space) => {}
                "" => kept.push_str(&format!(" xmlns=\"{}\"", escape(&*space))),
                prefix if space.is_empty() || prefix == "xml" => {}
                prefix => kept.push_str(&format!(" xmlns:{prefix}=\"{}\"", escape(&*space))),
            }
        }
        kept.push_str(tail);
        if let Some(outer) = self.open.last_mut() {
            outer.others.push(kept);
        }
    }

    /// Adds text to the open element; white space with a line break at the ends of it is layout, unless it is `written` as a
    /// reference or in CDATA.
    fn add(&mut self, text: Cow<'a, str>, written: bool) {
        let Some(element) = self.open.last_mut().filter(|_| self.outside.is_none()) else { return };
        if element.text.is_empty() {
            element.text = if written { text } else { without_layout(text) };
        } else {
            element.text.to_mut().push_str(&text);
        }
        if written {
            element.written = element.text.len();
        }
    }

    /// `&amp;` or `&#233;`; there are no others.
    fn refer(&mut self, name: &BytesRef<'_>) {
        let known = match name.resolve_char_ref() {
            Ok(Some(character)) => Some(Cow::Owned(character.to_string())),
            _ => resolve_predefined_entity(name).map(Cow::Borrowed),
        };
        match (known, &mut self.outside) {
            (Some(text), None) => self.add(text, true),
            (Some(_), Some(_)) => {}
            (None, Some(outside)) => outside.broken = true,
            (None, None) => {
                self.tell("unreadable", "a reference to what is not defined stands as U+FFFD");
                self.add("\u{fffd}".into(), true);
            }
        }
    }

    /// The attributes, and whether one refers to what is not defined.
    fn attributes(&mut self, start: &BytesStart<'_>) -> Result<(Attributes<'a>, bool)> {
        let (mut all, mut broken) = (Attributes::new(), false);
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|e| invalid(e.to_string()).caused_by(e))?;
            let name = self.within(attribute.key.into_inner());
            if all.len() >= MAX_NAMES {
                return Err(invalid(format!("an element has more than {MAX_NAMES} attributes")));
            }
            if all.iter().any(|(known, _)| *known == name) {
                return Err(invalid(format!("an element has the attribute {name} twice")));
            }
            let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
                Ok(Cow::Borrowed(value)) => Cow::Borrowed(self.within(value)),
                Ok(Cow::Owned(value)) => Cow::Owned(value),
                Err(_) => {
                    broken = true;
                    self.tell("unreadable", "an attribute refers to what is not defined; it stands as it is written");
                    Cow::Owned(attribute.value.into_owned())
                }
            };
            all.push((name, value));
        }
        Ok((all, broken))
    }

    /// The namespace of a prefix; empty where there is none.
    fn space(&self, prefix: &str) -> Cow<'a, str> {
        let known = self.spaces.iter().rev().find(|(known, _)| *known == prefix);
        known.map(|(_, space)| space.clone()).unwrap_or_default()
    }

    /// A piece of the document, for as long as that lives: the reader gives it for as long as its event.
    fn within(&self, part: &str) -> &'a str {
        let at = part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        at.checked_add(part.len()).and_then(|end| self.text.get(at..end)).unwrap_or_default()
    }

    fn tell(&mut self, code: &'static str, message: &str) {
        if self.findings.len() < MAX_FINDINGS {
            let place: Vec<&str> = self.open.iter().map(|element| element.name).collect();
            self.findings.push(Finding::new(code, place.join("/"), message));
        }
    }
}

impl<'a> Outside<'a> {
    fn note(&mut self, full: &'a str, attributes: &[(&'a str, Cow<'a, str>)]) {
        let prefixed = attributes.iter().map(|(name, _)| *name).filter(|name| declared(name).is_none());
        for prefix in std::iter::once(full).chain(prefixed.filter(|name| name.contains(':'))).map(prefix) {
            if !self.prefixes.contains(&prefix) && self.prefixes.len() < MAX_NAMES {
                self.prefixes.push(prefix);
            }
        }
    }
}

/// Without the white space before the first line.
fn without_layout(text: Cow<'_, str>) -> Cow<'_, str> {
    let space = text.len() - text.trim_start().len();
    if !text.get(..space).is_some_and(|space| space.contains('\n')) {
        return text;
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start()),
        Cow::Owned(text) => Cow::Owned(text.trim_start().to_owned()),
    }
}

/// The prefix that an attribute declares.
fn declared(name: &str) -> Option<&str> {
    if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") }
}
