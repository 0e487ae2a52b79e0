//! What a file says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What one file says. Facts are kept by the digest of a layer, so they say nothing that depends on other layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fact {
    /// A package is installed.
    Package(Box<Found>),
    /// Which operating system this is.
    Release(Release),
    /// Files belong to the packages that name this file among their [`Found::file_lists`]. Paths without a slash before them.
    Files(Vec<String>),
    /// Licences of the packages that name this file among their [`Found::license_files`].
    Licenses(Vec<String>),
    /// Purl qualifiers of the packages that name this file as their [`Found::origin_file`]: where they were fetched from.
    Origin(BTreeMap<String, String>),
    /// The file should say something and could not be understood; the reason.
    Unreadable(String),
}

/// A package that a file is evidence of. What is empty is not stated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Found {
    /// The purl type: `deb`, `apk`, `rpm`, `npm`, `pypi`, `golang`, `cargo`, `maven`, `gem`, `composer`, `nuget`, `generic`.
    pub kind: String,
    /// The purl namespace. Left empty for packages of the operating system, whose namespace is the release's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The version as the ecosystem compares it, with release and epoch where it has them (`1:2.0-3`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The architecture, for packages of the operating system.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub arch: String,
    /// The source package, where it has another name or version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// More purl qualifiers, such as `type` of a Maven package. `arch`, `distro`, `epoch` and `upstream` are made elsewhere.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub qualifiers: BTreeMap<String, String>,
    /// The purl subpath.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subpath: String,
    /// Whether it has no purl: nobody publishes a local package under its name.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub local: bool,
    /// Where in the file: the path within a nested archive, `outer.jar` being the file itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub inside: String,
    /// The licences as the package states them, all of which apply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
    /// Files in which its licences are to be looked up, in the order of preference; the first that is there counts. Links
    /// on the way are followed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub license_files: Vec<String>,
    /// Files that list the files it owns; the first that is there counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub file_lists: Vec<String>,
    /// The files it owns, where the same file says so. Paths without a slash before them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// A file that says where it was fetched from, where that is not its ecosystem's registry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub origin_file: String,
    /// The names of the packages of the same kind that it needs, with their namespace before a slash where they have one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// What it offers to [`Found::needs`] of others under other names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provides: Vec<String>,
    /// CPE names that the package states itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<String>,
    /// Digests of the package's archive, as `algorithm:hex`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<String>,
    /// Who maintains or distributes it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub supplier: String,
    /// Who wrote it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// What it is for, in a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its home page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub homepage: String,
    /// What else is worth keeping, such as the module of an rpm, by name. `scope` is `dev` where a lock file says that only
    /// development needs the package.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// The source package that a package was built from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name; for rpm the whole file name of the source package.
    pub name: String,
    /// Its version, where it differs from the package's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// An operating system, from `os-release` or what stands for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    /// `ID`: `debian`.
    pub id: String,
    /// `ID_LIKE`, split.
    pub like: Vec<String>,
    /// `VERSION_ID`: `12`; empty where the release does not say.
    pub version: String,
    /// `NAME` or `PRETTY_NAME`.
    pub name: String,
    /// `CPE_NAME`.
    pub cpe: String,
}
