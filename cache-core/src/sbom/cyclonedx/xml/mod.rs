//! CycloneDX as XML: translated to JSON and back by the table of the specification, so that one reader and one writer serve
//! both (CycloneDX specification, `bom-1.7.xsd`).

mod element;
mod more;
mod read;
mod text;
mod tree;
mod write;

#[cfg(test)]
mod said;
#[cfg(test)]
mod tests;

pub(in crate::sbom) use element::Element;
pub(in crate::sbom) use more::MORE;
pub(in crate::sbom) use read::to_json;
pub(in crate::sbom) use tree::read as read_tree;
pub(in crate::sbom) use write::{from_json, position, without_more};

use super::super::grammar::{Form, Member, Minor, Object, Place, Side};

/// The namespaces of CycloneDX; the version follows.
pub(in crate::sbom) const SPACE: &str = "http://cyclonedx.org/schema/bom/";

/// The member that a child belongs to, and the form it has; most stand in the order of the table, so the search begins where
/// the last was found.
pub(in crate::sbom) fn choose<'g>(
    object: &'g Object,
    child: &Element<'_>,
    from: usize,
    version: Minor,
) -> Option<(usize, &'g Form)> {
    let mut named = None;
    for at in (from..object.members.len()).chain(0..from) {
        let Some(member) = object.members.get(at) else { continue };
        let form = match member.place {
            Place::Within(name) if name == child.name => {
                let first = child.children.first().map(|first| first.name);
                let suits = first.is_none_or(|first| member.forms.iter().any(|form| form.element == first));
                named = named.or_else(|| Some((at, member.forms.first()?)));
                member.forms.first().filter(|_| suits)
            }
            Place::Child | Place::Each => {
                let of_name = |form: &&Form| form.element == child.name;
                named = named.or_else(|| Some((at, member.forms.iter().find(of_name)?)));
                member.form_for(child)
            }
            _ => continue,
        };
        if let Some(form) = form.filter(|_| member.is_in(version, Side::Xml)) {
            return Some((at, form));
        }
    }
    named
}

impl Member {
    /// How this element is written: of forms of one name, an object has elements in it.
    pub(in crate::sbom) fn form_for(&self, element: &Element<'_>) -> Option<&Form> {
        let mut named = self.forms.iter().filter(|form| form.element == element.name);
        let first = named.next()?;
        let suits = |form: &&Form| match form.inner {
            Some(inner) => element.children.first().is_some_and(|child| child.name == inner),
            None => matches!(form.kind, super::super::grammar::Kind::Object(_)) != element.children.is_empty(),
        };
        Some(std::iter::once(first).chain(named).find(suits).unwrap_or(first))
    }
}
