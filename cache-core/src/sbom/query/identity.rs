//! When two packages of different documents are the same.

use std::borrow::Cow;

use crate::model::Purl;
use crate::sbom::{Package, Sbom};

/// Qualifiers that tell variants of one version apart; all others say where it comes from.
const VARIANT: &[&str] = &["arch", "classifier", "platform", "type", "os"];

/// A package beside its purl.
pub(super) struct Known<'s, 'a> {
    pub(super) package: &'s Package<'a>,
    purl: Option<Purl>,
}

impl<'s, 'a> Known<'s, 'a> {
    pub(super) fn new(package: &'s Package<'a>) -> Self {
        Known { package, purl: package.purl.as_deref().and_then(|purl| Purl::read(purl).ok()) }
    }

    /// The packages of an SBOM that count.
    pub(super) fn all(sbom: &'s Sbom<'a>) -> impl Iterator<Item = Self> {
        sbom.packages.iter().filter(|package| package.kind.is_package()).map(Known::new)
    }

    /// The package in whatever version: its purl without version, or its name where it has none.
    pub(super) fn base(&self) -> String {
        match &self.purl {
            Some(purl) => purl.without_version().to_string(),
            None => self.package.name.to_string(),
        }
    }

    /// The version as it is stated, or as the purl has it.
    pub(super) fn version(&self) -> Option<&str> {
        let stated = self.package.version.as_deref().filter(|version| !version.is_empty());
        stated.or_else(|| self.purl.as_ref().and_then(Purl::version))
    }

    /// What tells variants of the version apart.
    pub(super) fn variant(&self) -> String {
        let of = |key: &&str| Some(format!("{key}={}", self.purl.as_ref()?.qualifier(key)?));
        VARIANT.iter().filter_map(of).collect::<Vec<_>>().join("&")
    }

    /// What makes it this very package: the whole purl, or kind, name, version and digests.
    pub(super) fn whole(&self) -> String {
        let version = self.version().unwrap_or("");
        if let Some(purl) = &self.purl {
            return if purl.version().is_some() { purl.to_string() } else { format!("{purl}\n{version}") };
        }
        let mut hashes: Vec<_> = self.package.hashes.iter().map(|h| format!("{}:{}", h.algorithm, h.value)).collect();
        hashes.sort_unstable();
        let name: Cow<'_, str> = Cow::Borrowed(&self.package.name);
        format!("{:?}\n{name}\n{version}\n{}", self.package.kind, hashes.join("\n"))
    }
}
