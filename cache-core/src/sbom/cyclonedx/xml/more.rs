//! What a CycloneDX document says in XML that JSON has no place for: attributes and elements of other namespaces, and what a
//! newer version may have.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::element::Element;

/// The member that holds it, of the object that it stands in or under. No document has such a member.
pub(in crate::sbom) const MORE: &str = "xml:more";

/// One such thing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::sbom) struct More {
    /// The elements from that of the object down to the one that it is in: `hashes/hash[1]`.
    pub(super) place: String,
    pub(super) what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum What {
    Attribute {
        name: String,
        space: String,
        value: String,
    },
    /// As it can stand anywhere.
    Element(String),
}

impl More {
    pub(super) fn element(xml: String) -> More {
        More { place: String::new(), what: What::Element(xml) }
    }

    /// The attributes of an element that are not `known`, and the elements of other namespaces in it.
    pub(super) fn of<'e>(element: &'e Element<'_>, known: &'e [&str]) -> impl Iterator<Item = More> + 'e {
        let own = element.attributes.iter().filter(|(name, _)| !known.contains(name));
        let own = own.map(|(name, value)| ((*name).to_owned(), String::new(), value.to_string()));
        let foreign = element.foreign.iter();
        let foreign = foreign.map(|it| (it.name.to_owned(), it.space.to_string(), it.value.to_string()));
        let attributes = own.chain(foreign).map(|(name, space, value)| What::Attribute { name, space, value });
        let elements = element.others.iter().map(|xml| What::Element(xml.clone()));
        attributes.chain(elements).map(|what| More { place: String::new(), what })
    }

    pub(super) fn under(mut self, step: &str) -> More {
        if self.place.is_empty() {
            step.clone_into(&mut self.place);
        } else {
            self.place = format!("{step}/{}", self.place);
        }
        self
    }
}

/// What there is of it in an element and in those within.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) here: Vec<What>,
    under: HashMap<String, Kept>,
}

impl Kept {
    pub(super) fn of(all: Vec<More>) -> Kept {
        let mut kept = Kept::default();
        for more in all {
            let mut at = &mut kept;
            for step in more.place.split('/').filter(|step| !step.is_empty()) {
                at = at.under.entry(step.to_owned()).or_default();
            }
            at.here.push(more.what);
        }
        kept
    }

    pub(super) fn under(&self, step: &str) -> Option<&Kept> {
        self.under.get(step)
    }
}
