//! The members of an SPDX 2 document that the model knows (SPDX specification 2.3, `schemas/spdx-schema.json`).

use super::super::bom;
use super::super::json::{Gathered, List, object};
use super::super::package;
use super::super::text::Text;

object! {
    /// As it is read, or as it is written.
    Document<P, F, R> {
        version: Text<'a> = "spdxVersion",
        id: Text<'a> = "SPDXID",
        name: Text<'a> = "name",
        namespace: Text<'a> = "documentNamespace",
        creation: Option<Creation<'a>> = "creationInfo",
        describes: List<Text<'a>> = "documentDescribes",
        packages: P = "packages",
        files: F = "files",
        relationships: R = "relationships",
        license_texts: List<LicenseText<'a>> = "hasExtractedLicensingInfos",
    }
}

/// A document with its elements as it has them; their checksums are `C`.
pub(in crate::sbom) type Listed<'a, C> = Document<'a, List<Package<'a, C>>, List<File<'a, C>>, List<Relationship<'a>>>;

/// A document to be written.
pub(super) type Written<'a> = Listed<'a, List<Checksum<'a>>>;

/// A document that has been read: its elements are those of the model.
pub(in crate::sbom) type Read<'a> = Document<
    'a,
    Gathered<Package<'a, Sums<'a>>, Vec<package::Package<'a>>>,
    Gathered<File<'a, Sums<'a>>, Vec<bom::File<'a>>>,
    Gathered<Relationship<'a>, Vec<bom::Relationship<'a>>>,
>;

/// Checksums that have been read.
pub(in crate::sbom) type Sums<'a> = Gathered<Checksum<'a>, Checksums<'a>>;

/// Checksums as the model has them, and what more is said of others.
#[derive(Debug, Clone, Default)]
pub(in crate::sbom) struct Checksums<'a> {
    pub(super) plain: Vec<package::Hash<'a>>,
    pub(super) others: Vec<Checksum<'a>>,
}

impl<'a> From<Listed<'a, Sums<'a>>> for Read<'a> {
    fn from(document: Listed<'a, Sums<'a>>) -> Self {
        Document {
            version: document.version,
            id: document.id,
            name: document.name,
            namespace: document.namespace,
            creation: document.creation,
            describes: document.describes,
            packages: document.packages.into(),
            files: document.files.into(),
            relationships: document.relationships.into(),
            license_texts: document.license_texts,
            rest: document.rest,
        }
    }
}

object! {
    Creation { created: Text<'a> = "created", creators: List<Text<'a>> = "creators" }
}

object! {
    Package<C> {
        id: Text<'a> = "SPDXID",
        name: Text<'a> = "name",
        version: Text<'a> = "versionInfo",
        purpose: Text<'a> = "primaryPackagePurpose",
        supplier: Text<'a> = "supplier",
        originator: Text<'a> = "originator",
        download: Text<'a> = "downloadLocation",
        homepage: Text<'a> = "homepage",
        concluded: Text<'a> = "licenseConcluded",
        declared: Text<'a> = "licenseDeclared",
        copyright: Text<'a> = "copyrightText",
        description: Text<'a> = "description",
        checksums: C = "checksums",
        references: List<Reference<'a>> = "externalRefs",
    }
}

object! {
    File<C> {
        id: Text<'a> = "SPDXID",
        name: Text<'a> = "fileName",
        checksums: C = "checksums",
        concluded: Text<'a> = "licenseConcluded",
    }
}

object! {
    Checksum { algorithm: Text<'a> = "algorithm", value: Text<'a> = "checksumValue" }
}

object! {
    Reference {
        category: Text<'a> = "referenceCategory",
        kind: Text<'a> = "referenceType",
        locator: Text<'a> = "referenceLocator",
    }
}

object! {
    Relationship {
        from: Text<'a> = "spdxElementId",
        kind: Text<'a> = "relationshipType",
        to: Text<'a> = "relatedSpdxElement",
    }
}

object! {
    LicenseText { id: Text<'a> = "licenseId", text: Text<'a> = "extractedText", name: Text<'a> = "name" }
}

/// What nobody asserts.
pub(super) const NOASSERTION: &str = "NOASSERTION";
/// What is asserted not to be there.
pub(super) const NONE: &str = "NONE";
/// A relationship of another kind, which its comment names.
pub(super) const OTHER: &str = "OTHER";
/// The mark of a relationship that the document states in its list of what it describes.
pub(in crate::sbom) const DESCRIBES: &str = "@documentDescribes";

/// The purposes of packages, and what the model calls them.
pub(super) const PURPOSES: &[(&str, super::super::Kind)] = {
    use super::super::Kind;
    &[
        ("LIBRARY", Kind::Library),
        ("APPLICATION", Kind::Application),
        ("FRAMEWORK", Kind::Framework),
        ("CONTAINER", Kind::Container),
        ("OPERATING-SYSTEM", Kind::OperatingSystem),
        ("DEVICE", Kind::Device),
        ("FIRMWARE", Kind::Firmware),
        ("SOURCE", Kind::Source),
        ("ARCHIVE", Kind::Archive),
        ("FILE", Kind::File),
        ("INSTALL", Kind::Install),
        ("OTHER", Kind::Other),
    ]
};
