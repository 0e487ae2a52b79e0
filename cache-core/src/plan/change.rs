//! The closed list of what Cache can do to a registry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Administer;
use crate::model::{Descriptor, Digest, Identity, Manifest, Repository, Tag};

/// One planned change. A plan may have hundreds of thousands of deletions, so what is large and rare is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Change {
    /// Copies one manifest with its blobs.
    Copy(CopyManifest),
    /// Makes an artifact and attaches it to an image.
    Attach(Box<Attach>),
    /// Adds layers to what a tag of cosign's names.
    AddLayers(AddLayers),
    /// Points a tag at a manifest.
    SetTag(SetTag),
    /// Deletes a tag or a manifest.
    Delete(Delete),
    /// Changes what a registry keeps beside images.
    Administer(Box<Administer>),
}

/// Copies a manifest, byte for byte, and the blobs that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopyManifest {
    /// Where it is.
    pub from: Repository,
    /// Where it goes.
    pub to: Repository,
    /// The digest of the manifest.
    pub digest: Digest,
    /// The media type of the manifest.
    pub media_type: String,
    /// The size of the manifest in bytes.
    pub size: u64,
    /// What the manifest is to the image.
    pub role: Role,
    /// Its blobs. One that an earlier change of the plan brings along is not listed again.
    pub blobs: Vec<Descriptor>,
}

/// What a manifest is to the image that is promoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The image itself, or the index.
    Image,
    /// Listed by an index of the image.
    Child,
    /// An artifact about this manifest.
    Referrer(Digest),
}

impl Role {
    /// The manifest that it is about.
    pub(crate) fn subject(&self) -> Option<&Digest> {
        match self {
            Role::Referrer(subject) => Some(subject),
            Role::Image | Role::Child => None,
        }
    }
}

/// One blob of a [`CopyManifest`]; what a permit to write a blob is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobCopy {
    /// Where it is.
    pub from: Repository,
    /// Where it goes.
    pub to: Repository,
    /// What it is.
    pub blob: Descriptor,
}

/// One manifest to be written; what a permit to write a manifest is about.
#[derive(Debug, Clone)]
pub struct PutManifest {
    /// Where it goes.
    pub repository: Repository,
    /// The manifest with its bytes.
    pub manifest: Manifest,
}

/// Makes an artifact whose subject is an image, and stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attach {
    /// Where the image is and the artifact goes.
    pub repository: Repository,
    /// The image.
    pub subject: Descriptor,
    /// What is attached.
    pub content: Content,
}

/// What is attached to an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Content {
    /// A document as it is, such as an SBOM.
    Document {
        /// Its media type, which is the artifact's type too.
        media_type: String,
        /// Its digest.
        digest: Digest,
        /// Its size in bytes.
        size: u64,
    },
    /// An in-toto statement about the image, signed.
    Statement {
        /// The type of the predicate.
        predicate_type: String,
        /// The predicate, as canonical JSON; absent for the promotion record and its summary, which are written when the rest is done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        predicate: Option<Descriptor>,
        /// What the signer adds to the image's name in it, such as `env: prod`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        annotations: BTreeMap<String, String>,
        /// How it is kept.
        #[serde(default, skip_serializing_if = "Form::is_bundle")]
        form: Form,
        /// Who signs it.
        signer: Identity,
    },
}

/// How something signed is kept beside its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A Sigstore bundle, as a referrer of the image: what cosign writes since version 3.
    #[default]
    Bundle,
    /// Cosign's older format: a layer of what the tag `sha256-….sig` or `sha256-….att` names. A signature of the image is a
    /// "simple signing" payload there, and no statement.
    CosignTag,
}

impl Form {
    /// Whether it is the usual one.
    pub fn is_bundle(&self) -> bool {
        *self == Form::Bundle
    }
}

/// Adds signatures to those that a tag of cosign's (`sha256-….sig`, `sha256-….att`) lists. Each is a layer of one manifest, with the
/// signature in its annotations. What is there stays, whatever that is by then, so nothing is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddLayers {
    /// Where the layers are.
    pub from: Repository,
    /// Where the tag is.
    pub to: Repository,
    /// The tag.
    pub tag: Tag,
    /// The layers, with their annotations.
    pub layers: Vec<Descriptor>,
}

/// Points a tag at a manifest of the same repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetTag {
    /// The repository.
    pub repository: Repository,
    /// The tag.
    pub tag: Tag,
    /// What it will name.
    pub to: Digest,
    /// What it names now.
    pub expected: Expected,
}

/// What must be there right before a change. There is no "whatever is there".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// Nothing.
    Absent,
    /// This digest.
    At(Digest),
}

impl Expected {
    /// Whether `found` is what was expected.
    pub fn is_met_by(&self, found: Option<&Digest>) -> bool {
        match (self, found) {
            (Expected::Absent, None) => true,
            (Expected::At(digest), Some(found)) => digest == found,
            _ => false,
        }
    }
}

impl From<Option<Digest>> for Expected {
    fn from(found: Option<Digest>) -> Self {
        found.map_or(Expected::Absent, Expected::At)
    }
}

/// Deletes a tag, or a manifest with all its tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delete {
    /// The repository.
    pub repository: Repository,
    /// What to delete.
    pub target: DeleteTarget,
    /// What the tag names, or the manifest itself: it must still be so.
    pub expected: Digest,
    /// The tags that go with a manifest. It is not deleted where another one names it by then, as far as the registry says
    /// which tags name a manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// What a [`Delete`] removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeleteTarget {
    /// Only this tag; the manifest stays.
    Tag(Tag),
    /// The manifest named by `expected`, and with it every tag that points at it.
    Manifest,
}
