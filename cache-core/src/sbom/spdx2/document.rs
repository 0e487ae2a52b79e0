//! The members of an SPDX 2 document that the model knows (SPDX specification 2.3, `schemas/spdx-schema.json`).

use super::super::json::{List, object};
use super::super::text::Text;

object! {
    Document {
        version: Text<'a> = "spdxVersion",
        id: Text<'a> = "SPDXID",
        name: Text<'a> = "name",
        namespace: Text<'a> = "documentNamespace",
        creation: Option<Creation<'a>> = "creationInfo",
        describes: List<Text<'a>> = "documentDescribes",
        packages: List<Package<'a>> = "packages",
        files: List<File<'a>> = "files",
        relationships: List<Relationship<'a>> = "relationships",
        license_texts: List<LicenseText<'a>> = "hasExtractedLicensingInfos",
    }
}

object! {
    Creation { created: Text<'a> = "created", creators: List<Text<'a>> = "creators" }
}

object! {
    Package {
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
        checksums: List<Checksum<'a>> = "checksums",
        references: List<Reference<'a>> = "externalRefs",
    }
}

object! {
    File {
        id: Text<'a> = "SPDXID",
        name: Text<'a> = "fileName",
        checksums: List<Checksum<'a>> = "checksums",
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
