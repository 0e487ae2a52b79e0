//! Who made what: SPDX 3 has an element for each, the model their names as SPDX 2 writes them.

use std::collections::HashMap;

use super::super::json::List;
use super::super::text::Text;
use super::document::{Element, Identifier};

/// The people, organisations and tools of a document, by the names of their elements.
#[derive(Default)]
pub(super) struct Agents<'a>(HashMap<Text<'a>, Text<'a>>);

impl<'a> Agents<'a> {
    /// Adds an element, where it is one of them.
    pub(super) fn add(&mut self, element: &Element<'a>) {
        let Some(title) = title(&element.kind) else { return };
        let mut element = element.clone();
        let mut unread = Vec::new();
        let Some(name) = element.text("name", &mut unread) else { return };
        let identifiers = element.take::<List<Identifier<'a>>>("externalIdentifier", &mut unread).unwrap_or_default();
        let email = identifiers.into_iter().find(|identifier| identifier.scheme == "email");
        let text = match (title, email) {
            ("", None) => name,
            ("", Some(email)) => format!("{name} ({})", email.value).into(),
            (title, None) => format!("{title}: {name}").into(),
            (title, Some(email)) => format!("{title}: {name} ({})", email.value).into(),
        };
        self.0.insert(element.name().clone(), text);
    }

    /// How SPDX 2 writes one: `Person: Jane Doe (jane@example.org)`; a tool by its name alone.
    pub(super) fn of(&self, id: &str) -> Option<Text<'a>> {
        self.0.get(id).cloned()
    }

    /// The first of these elements that has this text.
    pub(super) fn among(&self, ids: &[Text<'a>], text: &str) -> Option<Text<'a>> {
        ids.iter().find(|id| self.0.get(id.as_str()).is_some_and(|known| known == text)).cloned()
    }
}

/// Whether the model has all that the element's identifiers say.
pub(super) fn has_email_only(element: &Element<'_>) -> bool {
    let identifiers = element.clone().take::<List<Identifier<'_>>>("externalIdentifier", &mut Vec::new());
    match identifiers.unwrap_or_default().0.as_slice() {
        [identifier] => identifier.scheme == "email" && identifier.rest.is_empty() && title(&element.kind).is_some(),
        _ => false,
    }
}

/// What SPDX 2 puts before the name.
fn title(kind: &str) -> Option<&'static str> {
    match kind {
        "Person" => Some("Person"),
        "Organization" => Some("Organization"),
        "SoftwareAgent" => Some("Tool"),
        "Agent" | "Tool" => Some(""),
        _ => None,
    }
}

/// The class, name and address of who is written as in SPDX 2.
pub(super) fn parts(text: &str) -> (&'static str, &str, Option<&str>) {
    let titles = [("Person:", "Person"), ("Organization:", "Organization"), ("Tool:", "SoftwareAgent")];
    let known = titles.into_iter().find_map(|(title, kind)| Some((kind, text.strip_prefix(title)?)));
    let (kind, name) = known.unwrap_or(("Agent", text));
    let name = name.trim();
    match name.strip_suffix(')').and_then(|name| name.rsplit_once('(')) {
        Some((name, "")) => (kind, name.trim(), None),
        Some((name, email)) if email.contains('@') => (kind, name.trim(), Some(email)),
        _ => (kind, name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_as_spdx_2_writes_them() {
        assert_eq!(parts("Person: Jane Doe (jane@example.org)"), ("Person", "Jane Doe", Some("jane@example.org")));
        assert_eq!(parts("Organization: ExampleCodeInspect ()"), ("Organization", "ExampleCodeInspect", None));
        assert_eq!(parts("Organization: Acme (US)"), ("Organization", "Acme (US)", None));
        assert_eq!(parts("somebody"), ("Agent", "somebody", None));
        assert_eq!(parts(""), ("Agent", "", None));
    }
}
