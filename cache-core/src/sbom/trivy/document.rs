//! The members of Trivy's report that speak of packages; its vulnerabilities are the business of `scan`.

use super::super::json::{List, object};
use super::super::text::Text;

object! {
    Document {
        schema: Text<'a> = "SchemaVersion",
        created: Text<'a> = "CreatedAt",
        trivy: Option<Version<'a>> = "Trivy",
        name: Text<'a> = "ArtifactName",
        kind: Text<'a> = "ArtifactType",
        metadata: Option<Metadata<'a>> = "Metadata",
        results: List<Target<'a>> = "Results",
    }
}

object! {
    Version { version: Text<'a> = "Version" }
}

object! {
    /// `ImageID` is here too: the digest of the configuration, which names no manifest.
    Metadata { system: Option<System<'a>> = "OS", digests: List<Text<'a>> = "RepoDigests" }
}

object! {
    System { family: Text<'a> = "Family", name: Text<'a> = "Name" }
}

object! {
    /// The operating system's packages, or those of one file.
    Target {
        name: Text<'a> = "Target",
        class: Text<'a> = "Class",
        kind: Text<'a> = "Type",
        packages: List<Package<'a>> = "Packages",
    }
}

object! {
    Package {
        id: Text<'a> = "ID",
        name: Text<'a> = "Name",
        identifier: Option<Identifier<'a>> = "Identifier",
        version: Text<'a> = "Version",
        release: Text<'a> = "Release",
        epoch: Text<'a> = "Epoch",
        source_name: Text<'a> = "SrcName",
        source_version: Text<'a> = "SrcVersion",
        source_release: Text<'a> = "SrcRelease",
        source_epoch: Text<'a> = "SrcEpoch",
        module: Text<'a> = "Modularitylabel",
        licenses: List<Text<'a>> = "Licenses",
        maintainer: Text<'a> = "Maintainer",
        relationship: Text<'a> = "Relationship",
        needs: List<Text<'a>> = "DependsOn",
        layer: Option<Layer<'a>> = "Layer",
        path: Text<'a> = "FilePath",
        digest: Text<'a> = "Digest",
        files: List<Text<'a>> = "InstalledFiles",
    }
}

object! {
    Identifier { purl: Text<'a> = "PURL", unique: Text<'a> = "UID", reference: Text<'a> = "BOMRef" }
}

object! {
    Layer { digest: Text<'a> = "Digest", content: Text<'a> = "DiffID" }
}
