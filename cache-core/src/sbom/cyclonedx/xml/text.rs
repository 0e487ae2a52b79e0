//! XML as text: elements, each on a line of its own.

use std::borrow::Cow;

use super::element;

#[derive(Default)]
pub(super) struct Xml {
    pub(super) out: String,
    open: Vec<Open>,
    /// How many characters there were that XML cannot have.
    pub(super) dropped: usize,
}

struct Open {
    name: String,
    /// Its tag is not ended yet.
    in_tag: bool,
    has_elements: bool,
}

impl Xml {
    pub(super) fn new(capacity: usize) -> Xml {
        let mut out = String::with_capacity(capacity);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        Xml { out, ..Xml::default() }
    }

    pub(super) fn open(&mut self, name: &str) {
        self.element();
        self.out.push('<');
        self.out.push_str(name);
        self.open.push(Open { name: name.to_owned(), in_tag: true, has_elements: false });
    }

    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        let value = self.allowed(value);
        element::attribute(&mut self.out, name, &value);
    }

    /// Attributes of other namespaces, by name, namespace and value.
    pub(super) fn foreign<'f>(&mut self, all: impl Iterator<Item = (&'f str, &'f str, &'f str)>) {
        element::foreign(&mut self.out, all);
    }

    pub(super) fn text(&mut self, text: &str) {
        let text = self.allowed(text);
        self.end_tag();
        // White space at the ends would be taken for that of the layout.
        let inner = text.trim();
        let from = text.len() - text.trim_start().len();
        let (before, after) = (text.get(..from), text.get(from + inner.len()..));
        escape(&mut self.out, before.unwrap_or_default(), true);
        escape(&mut self.out, inner, false);
        escape(&mut self.out, after.unwrap_or_default(), true);
    }

    /// An element as it stands.
    pub(super) fn raw(&mut self, xml: &str) {
        self.element();
        self.out.push_str(xml);
    }

    pub(super) fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if open.in_tag {
            self.out.push_str("/>");
        } else {
            if open.has_elements {
                self.line();
            }
            self.out.push_str("</");
            self.out.push_str(&open.name);
            self.out.push('>');
        }
        if self.open.is_empty() {
            self.out.push('\n');
        }
    }

    /// Makes room for an element within the one that is open.
    fn element(&mut self) {
        self.end_tag();
        self.line();
        if let Some(outer) = self.open.last_mut() {
            outer.has_elements = true;
        }
    }

    fn end_tag(&mut self) {
        if let Some(open) = self.open.last_mut().filter(|open| open.in_tag) {
            open.in_tag = false;
            self.out.push('>');
        }
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.open.iter().for_each(|_| self.out.push_str("  "));
    }

    /// Without the characters that XML 1.0 cannot have.
    fn allowed<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let is_allowed = |c: char| c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\t' | '\n' | '\r');
        if text.chars().all(is_allowed) {
            return Cow::Borrowed(text);
        }
        self.dropped += text.chars().filter(|c| !is_allowed(*c)).count();
        Cow::Owned(text.chars().filter(|c| is_allowed(*c)).collect())
    }
}

/// With references in the place of what has a meaning, and of what a reader would take for layout.
pub(super) fn escape(out: &mut String, text: &str, with_space: bool) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' if with_space => out.push_str("&#10;"),
            '\t' if with_space => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
}
