//! Packages by name, purl, type and licence.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::model::Purl;
use crate::sbom::license;
use crate::sbom::{Package, Sbom};

/// Which packages are wanted: all that is given has to hold. In JSON `{"name": "libssl*", "purl": "pkg:deb/debian/bash",
/// "type": "deb", "license": "GPL-*"}`, each part optional.
///
/// A `*` in a pattern stands for any text, and case does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Query {
    /// A pattern of the name, with or without the group before the slash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A purl, of which the package's may say more but nothing else (`pkg:deb/debian/bash` is found in any version), or a
    /// pattern of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// The type of the purl, such as `deb`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A pattern of an SPDX identifier in the licence, whatever way it is written, or of the licence's whole text. Without a `*` it
    /// is read as a stated licence is, and an id of older lists as where it is denied: `GPL-3.0` finds `GPL-3.0-only` and
    /// `GPL-3.0-or-later`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
}

/// A package in short. In JSON `{"id": "SPDXRef-a", "name": "lodash", "version": "4.17.21", "purl": "pkg:npm/lodash@4.17.21",
/// "licenses": ["MIT"]}`; `version` and `purl` only where they are stated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The name.
    pub name: String,
    /// The version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The purl.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// The licences that apply, as they are stated.
    pub licenses: Vec<String>,
    /// What the document calls it.
    pub id: String,
}

impl From<&Package<'_>> for Listed {
    fn from(package: &Package<'_>) -> Self {
        Listed {
            name: package.name.to_string(),
            version: package.version.as_ref().map(ToString::to_string),
            purl: package.purl.as_ref().map(ToString::to_string),
            licenses: package.effective_licenses().map(|license| license.text.to_string()).collect(),
            id: package.id.to_string(),
        }
    }
}

impl<'a> Sbom<'a> {
    /// The packages that a query means, in the order of the document. It looks at all that [`Sbom::packages`] has, also at what
    /// [`Sbom::count`] leaves out: the image itself and the operating system.
    pub fn find(&self, query: &Query) -> Vec<&Package<'a>> {
        let mut matcher = Matcher::new(query);
        self.packages.iter().filter(|package| matcher.matches(package)).collect()
    }

    /// The packages of this name; a `*` stands for any text.
    pub fn named(&self, name: &str) -> Vec<&Package<'a>> {
        self.find(&Query { name: Some(name.to_owned()), ..Query::default() })
    }

    /// The packages of this purl, see [`Query::purl`].
    pub fn with_purl(&self, purl: &str) -> Vec<&Package<'a>> {
        self.find(&Query { purl: Some(purl.to_owned()), ..Query::default() })
    }

    /// The packages whose purl is of this type.
    pub fn of_type(&self, kind: &str) -> Vec<&Package<'a>> {
        self.find(&Query { kind: Some(kind.to_owned()), ..Query::default() })
    }

    /// The packages with a licence like this, see [`Query::license`].
    pub fn with_license(&self, license: &str) -> Vec<&Package<'a>> {
        self.find(&Query { license: Some(license.to_owned()), ..Query::default() })
    }

    /// The packages that a word means, by their place: the one of that id, or those of that purl, or of that name.
    pub(super) fn meant_by(&self, what: &str) -> Vec<usize> {
        let numbered = || self.packages.iter().enumerate();
        let by_id: Vec<_> = numbered().filter(|(_, package)| package.id == what).map(|(at, _)| at).collect();
        if !by_id.is_empty() {
            return by_id;
        }
        let is_purl = what.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("pkg:"));
        let query = match is_purl {
            true => Query { purl: Some(what.to_owned()), ..Query::default() },
            false => Query { name: Some(what.to_owned()), ..Query::default() },
        };
        let mut matcher = Matcher::new(&query);
        numbered().filter(|(_, package)| matcher.matches(package)).map(|(at, _)| at).collect()
    }
}

struct Matcher<'s> {
    name: Option<String>,
    purl: Option<Pattern>,
    kind: Option<String>,
    license: Option<Vec<String>>,
    /// Which licences have been looked at, and whether they are meant.
    licenses: HashMap<&'s str, bool>,
}

enum Pattern {
    Purl(Box<Purl>),
    Text(String),
}

impl<'s> Matcher<'s> {
    fn new(query: &Query) -> Self {
        let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
        let purl = query.purl.as_ref().map(|text| match Purl::read(text) {
            Ok(purl) if !text.contains('*') => Pattern::Purl(Box::new(purl)),
            _ => Pattern::Text(text.to_lowercase()),
        });
        let (name, kind) = (lower(&query.name), lower(&query.kind));
        let meant = |text: &String| license::searched(text).into_iter().map(|text| text.to_lowercase()).collect();
        let license = query.license.as_ref().map(meant);
        Matcher { name, purl, kind, license, licenses: HashMap::new() }
    }

    fn matches(&mut self, package: &'s Package<'_>) -> bool {
        self.name.as_ref().is_none_or(|pattern| is_named(package, pattern))
            && self.kind.as_ref().is_none_or(|kind| kind_of(package).is_some_and(|k| k.eq_ignore_ascii_case(kind)))
            && self.purl.as_ref().is_none_or(|pattern| package.purl.as_ref().is_some_and(|purl| pattern.matches(purl)))
            && self.license.as_ref().is_none_or(|patterns| {
                package.effective_licenses().any(|stated| {
                    *self.licenses.entry(&stated.text).or_insert_with(|| is_licensed(&stated.text, patterns))
                })
            })
    }
}

impl Pattern {
    fn matches(&self, purl: &str) -> bool {
        match self {
            Pattern::Text(pattern) => {
                glob(pattern, &purl.to_lowercase())
                    || Purl::read(purl).is_ok_and(|purl| glob(pattern, &purl.to_string().to_lowercase()))
            }
            Pattern::Purl(wanted) => Purl::read(purl).is_ok_and(|purl| {
                (purl.kind(), purl.namespace(), purl.name()) == (wanted.kind(), wanted.namespace(), wanted.name())
                    && (wanted.version().is_none() || wanted.version() == purl.version())
                    && (wanted.subpath().is_none() || wanted.subpath() == purl.subpath())
                    && wanted.qualifiers().all(|(key, value)| purl.qualifier(key) == Some(value))
            }),
        }
    }
}

fn is_named(package: &Package<'_>, pattern: &str) -> bool {
    let name = package.name.to_lowercase();
    glob(pattern, &name) || name.rsplit_once('/').is_some_and(|(_, bare)| glob(pattern, bare))
}

fn is_licensed(stated: &str, patterns: &[String]) -> bool {
    let is_wanted = |text: &str| {
        let text = text.to_lowercase();
        patterns.iter().any(|pattern| glob(pattern, &text))
    };
    is_wanted(stated) || license::identifiers(stated).iter().any(|id| is_wanted(id))
}

/// The type of a package's purl, as it is written.
pub(super) fn kind_of<'a>(package: &'a Package<'_>) -> Option<&'a str> {
    let rest = package.purl.as_deref()?.trim().get(4..)?.trim_start_matches('/');
    Some(rest.split_once('/')?.0)
}

/// Whether `text` is of the pattern, in which a `*` stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|start| text.strip_prefix(start)) else { return false };
    let Some(end) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [("a", "a"), ("a*", "a"), ("*", ""), ("*b*", "abc"), ("a*c*e", "abcde"), ("**", "x")] {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a", "ab"), ("a*a", "a"), ("*b", "abc"), ("a*c*e", "aec")] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }
}
