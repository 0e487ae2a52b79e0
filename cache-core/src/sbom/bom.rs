//! What an SBOM says as a whole.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use super::package::{Hash, Kind, License, Package, owned};
use super::text::{Rest, Text};
use crate::model::Digest;

/// What an SBOM says, whatever its format. It borrows from the document; [`Sbom::into_owned`] cuts it loose.
///
/// It serialises to plain data for other languages, which is no format of SBOMs and is never read back: `{"format": "SPDX-2.3",
/// "metadata": {"name": …, "authors": […]}, "describes": ["sha256:…"], "packages": [{"id": …, "kind": "library", "name": …,
/// "version": …, "purl": …, "licenses": [{"text": …, "form": "expression", "stage": "declared"}], "hashes": [{"algorithm":
/// "sha256", "value": …}], "properties": [{"name": …, "value": …}]}], "files": […], "relationships": [{"from": …, "relation":
/// "DEPENDS_ON", "to": …}], "licenseTexts": […], "findings": [{"code": …, "position": …, "message": …}]}`. What is not stated
/// is left out, and so is what the model does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sbom<'a> {
    /// The format and its version.
    pub format: Format,
    /// What the document says of itself.
    pub metadata: Metadata<'a>,
    /// The digests of images that the document says it describes; empty where it names none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub describes: Vec<Digest>,
    /// The packages, nested ones after the one that contains them. The image that the document is about and the operating system
    /// are among them; [`Sbom::listed`] leaves those out.
    pub packages: Vec<Package<'a>>,
    /// The files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File<'a>>,
    /// How packages, files and the document belong together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relationships: Vec<Relationship<'a>>,
    /// The texts of licences that have no SPDX identifier.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub license_texts: Vec<LicenseText<'a>>,
    /// What is wrong with the document, though it could be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What the model does not know of the document as a whole, in the words of its format.
    #[serde(skip)]
    pub rest: Rest<'a>,
}

/// The format of an SBOM.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Format {
    /// Which format.
    pub family: Family,
    /// Its version, as the document states it: `2.3`, `1.6`.
    pub version: String,
    /// How it is written down.
    pub encoding: Encoding,
}

/// The ways to write a document down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// JSON.
    #[default]
    Json,
    /// XML.
    Xml,
}

/// The formats that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Family {
    /// SPDX, 2 and 3.
    Spdx,
    /// CycloneDX.
    CycloneDx,
    /// Syft's own JSON.
    Syft,
    /// Trivy's own JSON.
    Trivy,
    /// No document: made by Cache itself.
    Cache,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::Spdx => "SPDX",
            Family::CycloneDx => "CycloneDX",
            Family::Syft => "Syft",
            Family::Trivy => "Trivy",
            Family::Cache => "Cache",
        })
    }
}

/// `SPDX-2.3`, `CycloneDX-1.6`, `CycloneDX-1.6-xml`: the encoding where it is not JSON.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.family, self.version)?;
        match self.encoding {
            Encoding::Json => Ok(()),
            Encoding::Xml => f.write_str("-xml"),
        }
    }
}

/// As it is displayed.
impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a document says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata<'a> {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a>>,
    /// What tells it from all other documents: SPDX's namespace, CycloneDX's serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    /// When it was made, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Text<'a>>,
    /// The people and organisations that made it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Text<'a>>,
    /// The tools that made it, each with its version after a dash or a space where one is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Text<'a>>,
    /// The package that the document is about, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Text<'a>>,
}

/// One file of an SBOM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct File<'a> {
    /// What its document calls it.
    pub id: Text<'a>,
    /// Its path.
    pub path: Text<'a>,
    /// Its digests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<Hash<'a>>,
    /// The licences that were found in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<License<'a>>,
    /// What the model does not know.
    #[serde(skip)]
    pub rest: Rest<'a>,
}

/// What a document is called among its elements, as SPDX has it.
pub(super) const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// How two elements belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Relationship<'a> {
    /// The id of the one.
    pub from: Text<'a>,
    /// What it has to do with the other.
    pub relation: Relation<'a>,
    /// The id of the other; `NONE` and `NOASSERTION` are no ids.
    pub to: Text<'a>,
    /// What the model does not know.
    #[serde(skip)]
    pub rest: Rest<'a>,
}

/// Kinds of relationship, read from left to right; the inverse forms of SPDX are turned around by nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation<'a> {
    /// The document describes the package.
    Describes,
    /// The package or document contains the element.
    Contains,
    /// The package needs the other.
    DependsOn,
    /// Another word of SPDX 2, in upper case: `GENERATED_FROM`; or of SPDX 3 in its manner: `HAS_TEST_CASE`.
    Other(Text<'a>),
}

impl Relation<'_> {
    /// The word of SPDX 2: `DEPENDS_ON`.
    pub fn word(&self) -> &str {
        match self {
            Relation::Describes => "DESCRIBES",
            Relation::Contains => "CONTAINS",
            Relation::DependsOn => "DEPENDS_ON",
            Relation::Other(word) => word,
        }
    }
}

/// As the word of SPDX 2.
impl Serialize for Relation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// The text of a licence that has no SPDX identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseText<'a> {
    /// How expressions name it: `LicenseRef-…`.
    pub id: Text<'a>,
    /// The text.
    pub text: Text<'a>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a>>,
    /// What the model does not know.
    #[serde(skip)]
    pub rest: Rest<'a>,
}

/// Something that is wrong with a document, and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What kind: `repeated-id`, `dangling-reference`, `newer-version`, `invalid-utf8`, `missing-name`, …
    pub code: Cow<'static, str>,
    /// Where: a path into the document, such as `packages[3].name`, or an id.
    pub position: String,
    /// What is wrong and what was made of it, in a sentence.
    pub message: String,
}

impl Finding {
    /// A finding.
    pub(crate) fn new(code: &'static str, position: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding { code: code.into(), position: position.into(), message: message.into() }
    }
}

impl<'a> Sbom<'a> {
    /// An SBOM that says nothing.
    pub fn new(family: Family, version: impl Into<String>) -> Sbom<'a> {
        Sbom {
            format: Format { family, version: version.into(), encoding: Encoding::Json },
            metadata: Metadata::default(),
            describes: Vec::new(),
            packages: Vec::new(),
            files: Vec::new(),
            relationships: Vec::new(),
            license_texts: Vec::new(),
            findings: Vec::new(),
            rest: Rest::default(),
        }
    }

    /// What counts as a package: neither files, data and the operating system as a whole, nor the image that the document
    /// is about.
    pub fn listed(&self) -> impl Iterator<Item = &Package<'a>> {
        let root = |package: &Package<'_>| {
            let names_subject = matches!(self.format.family, Family::CycloneDx | Family::Trivy);
            let about_itself = package.kind == Kind::Container || names_subject;
            about_itself && self.metadata.subject.as_ref() == Some(&package.id)
        };
        self.packages.iter().filter(move |package| package.kind.is_package() && !root(package))
    }

    /// The same SBOM, independent of the document.
    pub fn into_owned(self) -> Sbom<'static> {
        Sbom {
            format: self.format,
            metadata: self.metadata.into_owned(),
            describes: self.describes,
            packages: self.packages.into_iter().map(Package::into_owned).collect(),
            files: self.files.into_iter().map(File::into_owned).collect(),
            relationships: self.relationships.into_iter().map(Relationship::into_owned).collect(),
            license_texts: self.license_texts.into_iter().map(LicenseText::into_owned).collect(),
            findings: self.findings,
            rest: self.rest.into_owned(),
        }
    }
}

impl Metadata<'_> {
    fn into_owned(self) -> Metadata<'static> {
        Metadata {
            name: owned(self.name),
            id: owned(self.id),
            created: owned(self.created),
            authors: self.authors.into_iter().map(Text::into_owned).collect(),
            tools: self.tools.into_iter().map(Text::into_owned).collect(),
            subject: owned(self.subject),
        }
    }
}

impl File<'_> {
    fn into_owned(self) -> File<'static> {
        File {
            id: self.id.into_owned(),
            path: self.path.into_owned(),
            hashes: self.hashes.into_iter().map(Hash::into_owned).collect(),
            licenses: self.licenses.into_iter().map(License::into_owned).collect(),
            rest: self.rest.into_owned(),
        }
    }
}

impl Relationship<'_> {
    fn into_owned(self) -> Relationship<'static> {
        let relation = match self.relation {
            Relation::Describes => Relation::Describes,
            Relation::Contains => Relation::Contains,
            Relation::DependsOn => Relation::DependsOn,
            Relation::Other(word) => Relation::Other(word.into_owned()),
        };
        let (from, to) = (self.from.into_owned(), self.to.into_owned());
        Relationship { from, relation, to, rest: self.rest.into_owned() }
    }
}

impl LicenseText<'_> {
    fn into_owned(self) -> LicenseText<'static> {
        LicenseText {
            id: self.id.into_owned(),
            text: self.text.into_owned(),
            name: owned(self.name),
            rest: self.rest.into_owned(),
        }
    }
}
