//! An element of an XML document.

use std::borrow::Cow;

use super::super::super::grammar::Form;
use super::text::escape;

/// Attributes and their values, by the names that are written.
pub(super) type Attributes<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// An element of the document's own namespace.
#[derive(Debug, Default)]
pub(in crate::sbom) struct Element<'a> {
    pub(in crate::sbom) name: &'a str,
    /// Those without a prefix.
    pub(in crate::sbom) attributes: Attributes<'a>,
    /// Those with one.
    pub(in crate::sbom) foreign: Vec<Foreign<'a>>,
    pub(in crate::sbom) children: Vec<Element<'a>>,
    /// Elements of other namespaces, each as XML that can stand elsewhere.
    pub(in crate::sbom) others: Vec<String>,
    /// All text directly within.
    pub(in crate::sbom) text: Cow<'a, str>,
    /// How many namespaces it declares.
    pub(super) declares: usize,
    /// Up to where the text is no layout.
    pub(super) written: usize,
}

/// An attribute with a prefix.
#[derive(Debug)]
pub(in crate::sbom) struct Foreign<'a> {
    pub(in crate::sbom) name: &'a str,
    pub(in crate::sbom) space: Cow<'a, str>,
    pub(in crate::sbom) value: Cow<'a, str>,
}

impl Element<'_> {
    pub(in crate::sbom) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
    }
}

impl<'a> Element<'a> {
    /// The element that holds the value of this form.
    pub(in crate::sbom) fn within(&self, form: &Form) -> &Element<'a> {
        form.inner.and_then(|_| self.children.first()).unwrap_or(self)
    }

    /// Takes the layout off the end of the text.
    pub(super) fn end(&mut self) {
        let end = self.text.trim_end().len().max(self.written);
        if self.text.get(end..).is_some_and(|space| space.contains('\n')) {
            match &mut self.text {
                Cow::Borrowed(text) => *text = text.get(..end).unwrap_or_default(),
                Cow::Owned(text) => text.truncate(end),
            }
        }
    }

    /// As XML that can stand in a document of the same namespace.
    pub(super) fn to_xml(&self) -> String {
        let mut xml = String::new();
        self.write(&mut xml);
        xml
    }

    fn write(&self, xml: &mut String) {
        xml.push('<');
        xml.push_str(self.name);
        for (name, value) in &self.attributes {
            attribute(xml, name, value);
        }
        foreign(xml, self.foreign.iter().map(|it| (it.name, &*it.space, &*it.value)));
        xml.push('>');
        escape(xml, &self.text, true);
        self.children.iter().for_each(|child| child.write(xml));
        self.others.iter().for_each(|other| xml.push_str(other));
        xml.push_str("</");
        xml.push_str(self.name);
        xml.push('>');
    }
}

pub(super) fn attribute(xml: &mut String, name: &str, value: &str) {
    xml.push(' ');
    xml.push_str(name);
    xml.push_str("=\"");
    escape(xml, value, true);
    xml.push('"');
}

/// Attributes of other namespaces, by name, namespace and value, with the declarations of their prefixes.
pub(super) fn foreign<'f>(xml: &mut String, all: impl Iterator<Item = (&'f str, &'f str, &'f str)>) {
    let mut declared = vec!["xml"];
    for (name, space, value) in all {
        let prefix = prefix(name);
        if !declared.contains(&prefix) {
            declared.push(prefix);
            attribute(xml, &format!("xmlns:{prefix}"), space);
        }
        attribute(xml, name, value);
    }
}

/// What follows the prefix of a name.
pub(super) fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// The prefix of a name, empty where it has none.
pub(super) fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}
