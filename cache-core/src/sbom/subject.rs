//! What an SPDX document is about, and which images that names.

use std::collections::HashSet;

use super::bom::{DOCUMENT, Relation, Relationship, Sbom};
use super::package::{Kind, Package};
use super::text::Text;
use crate::document::digest_in;
use crate::model::Digest;

/// The note of what the document calls a package that was found to be an image.
pub(super) const INFERRED: &str = "@inferred";

/// Notes the subject of a document that has been read, and the digests of the images among what it describes.
pub(super) fn find(sbom: &mut Sbom<'_>) {
    let Sbom { relationships, packages, describes, metadata, .. } = sbom;
    let subjects: HashSet<&str> = relationships.iter().filter_map(described).collect();
    for package in packages.iter_mut().filter(|package| subjects.contains(package.id.as_str()) && is_image(package)) {
        if package.kind != Kind::Container {
            package.rest.push_json(INFERRED, &package.kind);
            package.kind = Kind::Container;
        }
        // A checksum of an image is the digest of its manifest.
        describes.extend(digests(package));
    }
    describes.sort();
    describes.dedup();
    metadata.subject = relationships.iter().find_map(described).map(|id| Text::from(id.to_owned()));
}

/// What a relationship says the document describes.
fn described<'r>(relationship: &'r Relationship<'_>) -> Option<&'r str> {
    match &relationship.relation {
        Relation::Describes if relationship.from == DOCUMENT => Some(&relationship.to),
        Relation::Other(word) if word == "DESCRIBED_BY" && relationship.to == DOCUMENT => Some(&relationship.from),
        _ => None,
    }
}

/// Whether it stands for a container image.
fn is_image(package: &Package<'_>) -> bool {
    let purl = |kind| package.purl.as_deref().is_some_and(|purl| purl.starts_with(kind));
    package.kind == Kind::Container
        || purl("pkg:oci/")
        || purl("pkg:docker/")
        || [Some(&package.name), package.version.as_ref()].into_iter().flatten().any(|name| digest_in(name).is_some())
}

fn digests(package: &Package<'_>) -> impl Iterator<Item = Digest> {
    let named = [Some(&package.name), package.version.as_ref(), package.purl.as_ref()].into_iter().flatten();
    let sums = package
        .hashes
        .iter()
        .filter_map(|hash| Digest::parse(&format!("{}:{}", hash.algorithm, hash.value.to_ascii_lowercase())).ok());
    named.filter_map(|text| digest_in(text)).chain(sums)
}
