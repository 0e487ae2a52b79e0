//! Licences as expressions: what is none gets a name that the document defines.

use std::collections::{BTreeMap, HashSet};

use super::super::bom::Sbom;
use super::super::license::canonical;
use super::super::text::{Text, plain_word};
use super::document::{NOASSERTION, NONE};
use crate::model::Digest;

/// As long as a name is that is made of a licence's own words.
const MAX_NAME: usize = 60;
/// What the names begin with.
const LICENSE_REF: &str = "LicenseRef-";

pub(super) struct Expressions {
    /// Whether all are written as they are.
    own: bool,
    /// What the document defines already.
    defined: HashSet<String>,
    /// The texts that are to be defined, by their names.
    pub(super) made: BTreeMap<String, String>,
}

impl Expressions {
    pub(super) fn of(sbom: &Sbom<'_>, own: bool) -> Expressions {
        let defined = sbom.license_texts.iter().map(|text| text.id.to_string()).collect();
        Expressions { own, defined, made: BTreeMap::new() }
    }

    /// The licence as an expression.
    pub(super) fn expression<'s>(&mut self, license: &'s str) -> Text<'s> {
        let license = license.trim();
        if self.own || license.is_empty() || [NOASSERTION, NONE].contains(&license) {
            return license.into();
        }
        if spdx::Expression::parse(license).is_err() {
            // What people write for a licence that has an identifier is that one.
            let canonical = canonical(license).filter(|text| spdx::Expression::parse(text).is_ok());
            return canonical.filter(|text| !text.contains(LICENSE_REF)).unwrap_or_else(|| self.name(license)).into();
        }
        let words = license.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
        for word in words.filter(|word| word.starts_with(LICENSE_REF) && !self.defined.contains(*word)) {
            self.made.entry(word.to_owned()).or_insert_with(|| NOASSERTION.to_owned());
        }
        license.into()
    }

    fn name(&mut self, license: &str) -> String {
        let digest = Digest::of(license.as_bytes());
        let mark = digest.hex().get(..12).unwrap_or_default();
        let plain = match license.len() {
            ..=MAX_NAME => format!("{LICENSE_REF}{}", plain_word(license)),
            _ => format!("{LICENSE_REF}{mark}"),
        };
        let is_other = self.made.get(&plain).is_some_and(|text| text != license) || self.defined.contains(&plain);
        let name = if is_other { format!("{plain}-{mark}") } else { plain };
        self.made.insert(name.clone(), license.to_owned());
        name
    }
}
