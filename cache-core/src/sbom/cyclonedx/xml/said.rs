//! What an XML document says, to be compared.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};

/// What an element says, whatever its prefixes and its layout, in an order of its own. Empty where it says nothing.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Said>,
}

impl Said {
    pub(super) fn of(xml: &[u8]) -> Said {
        let mut reader = NsReader::from_str(std::str::from_utf8(xml).unwrap());
        let mut open = vec![Said::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => open.push(Said::started(&reader, &start)),
                Event::Empty(start) => {
                    let said = Said::started(&reader, &start);
                    open.push(said);
                    Said::ended(&mut open);
                }
                Event::End(_) => Said::ended(&mut open),
                Event::Text(text) => open.last_mut().unwrap().text.push_str(&text),
                Event::CData(text) => open.last_mut().unwrap().text.push_str(&text),
                Event::GeneralRef(name) => {
                    let known = name.resolve_char_ref().unwrap().map(String::from);
                    let known = known.or_else(|| quick_xml::escape::resolve_predefined_entity(&name).map(Into::into));
                    open.last_mut().unwrap().text.push_str(&known.unwrap());
                }
                Event::Eof => return open.pop().unwrap().children.pop().unwrap_or_default(),
                _ => {}
            }
        }
    }

    fn started(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Said {
        let full = |space: ResolveResult<'_>, local: &str| match space {
            ResolveResult::Bound(space) => format!("{{{}}}{local}", home(space.into_inner())),
            _ => local.to_owned(),
        };
        let (space, local) = reader.resolver().resolve_element(start.name());
        let name = full(space, local.into_inner());
        let mut attributes = Vec::new();
        for attribute in start.attributes().map(Result::unwrap) {
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (space, local) = reader.resolver().resolve_attribute(attribute.key);
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap().into_owned();
            attributes.push((full(space, local.into_inner()), value));
        }
        attributes.sort();
        Said { name, attributes, ..Said::default() }
    }

    fn ended(open: &mut Vec<Said>) {
        let mut said = open.pop().unwrap();
        said.text = said.text.split_whitespace().collect::<Vec<_>>().join(" ");
        said.children.sort();
        let says_something = !(said.text.is_empty() && said.attributes.is_empty() && said.children.is_empty());
        if says_something {
            open.last_mut().unwrap().children.push(said);
        }
    }
}

/// The namespaces of all versions are one.
fn home(space: &str) -> &str {
    if space.starts_with(super::SPACE) { "bom" } else { space }
}

/// Where the first difference is.
pub(super) fn first_difference(before: &Said, after: &Said) -> String {
    for (one, other) in before.children.iter().zip(&after.children) {
        if one != other {
            let same = one.name == other.name && one.attributes == other.attributes && one.text == other.text;
            return if same { first_difference(one, other) } else { format!("{one:?} became {other:?}") };
        }
    }
    let (one, other) = (before.children.get(after.children.len()), after.children.get(before.children.len()));
    format!("in {}: {one:?} is lost, {other:?} is new", before.name)
}
