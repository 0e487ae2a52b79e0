//! Everything that is known about an image when the gates judge it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::model::{Digest, Identity, LookedAt, Pinned, Platform, Timestamp};
use crate::sbom::Sbom;
use crate::scan::{Report, Vex};
use crate::sign::{ImageSignature, Statement, Verified};

/// What was gathered about one image.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The image.
    pub image: Pinned,
    /// The platform images of it: the image itself, or the children of the index at any depth, without attestation children.
    pub platforms: Vec<(Digest, Option<Platform>)>,
    /// The configurations of the platform images, each by the digest of its manifest. Tools call theirs the id of an image.
    pub configs: BTreeMap<Digest, Digest>,
    /// The instant at which the gates judge.
    pub now: Timestamp,
    /// SBOMs about the image or one of its platforms.
    pub sboms: Vec<Attached<Sbom<'static>>>,
    /// Scan reports about the image or one of its platforms.
    pub reports: Vec<Attached<Report>>,
    /// VEX documents about the image or one of its platforms. Whether they count is the policy's to say.
    pub vex: Vec<Attached<Vex>>,
    /// Signatures of the image, verified.
    pub signatures: Vec<Attached<Verified<ImageSignature>>>,
    /// Signed statements about the image or one of its platforms, verified.
    pub statements: Vec<Attached<Verified<Statement>>>,
    /// What looked like evidence and could not be used, and why.
    pub problems: Vec<Problem>,
}

impl Evidence {
    /// An image of which nothing is known yet.
    pub fn of(image: Pinned, now: Timestamp) -> Self {
        Evidence {
            image,
            platforms: Vec::new(),
            configs: BTreeMap::new(),
            now,
            sboms: Vec::new(),
            reports: Vec::new(),
            vex: Vec::new(),
            signatures: Vec::new(),
            statements: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Every piece, by the digest of its bytes.
    pub(crate) fn digests(&self) -> BTreeSet<Digest> {
        let mut all: BTreeSet<&Digest> = self.sboms.iter().map(|it| &it.digest).collect();
        all.extend(self.reports.iter().map(|it| &it.digest));
        all.extend(self.vex.iter().map(|it| &it.digest));
        all.extend(self.signatures.iter().map(|it| &it.digest));
        all.extend(self.statements.iter().map(|it| &it.digest));
        all.extend(self.problems.iter().map(|it| &it.digest));
        all.into_iter().cloned().collect()
    }

    /// Leaves out all pieces but these.
    pub(crate) fn keep(&mut self, named: &BTreeSet<Digest>) {
        self.sboms.retain(|it| named.contains(&it.digest));
        self.reports.retain(|it| named.contains(&it.digest));
        self.vex.retain(|it| named.contains(&it.digest));
        self.signatures.retain(|it| named.contains(&it.digest));
        self.statements.retain(|it| named.contains(&it.digest));
        self.problems.retain(|it| named.contains(&it.digest));
    }

    /// Puts all pieces in one order, in whatever order a registry lists them: the same evidence gives the same verdicts.
    pub(crate) fn settle(&mut self) {
        fn sort<T>(pieces: &mut [Attached<T>]) {
            pieces.sort_by(|a, b| (&a.digest, &a.about).cmp(&(&b.digest, &b.about)));
        }
        sort(&mut self.sboms);
        sort(&mut self.reports);
        sort(&mut self.vex);
        sort(&mut self.signatures);
        sort(&mut self.statements);
        self.problems.sort_by(|a, b| (&a.digest, &a.what).cmp(&(&b.digest, &b.what)));
    }

    /// Whether `digest` is the image or one of its platforms.
    pub fn is_about(&self, digest: &Digest) -> bool {
        *digest == self.image.digest || self.platforms.iter().any(|(platform, _)| platform == digest)
    }
}

/// A piece of evidence, and how it came to be one.
#[derive(Debug, Clone)]
pub struct Attached<T> {
    /// What it says.
    pub value: T,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The manifest that it is about.
    pub about: Digest,
    /// Where it was found.
    pub found: Found,
    /// Who signed it, where a signature verified. Whoever can push can attach unsigned evidence.
    pub by: Option<Identity>,
}

impl<T> Attached<T> {
    /// The entry of this evidence in a verdict.
    pub fn looked_at(&self, what: &str) -> LookedAt {
        let signed = self.by.as_ref().map_or("unsigned".to_owned(), |by| format!("signed by {by}"));
        LookedAt {
            what: what.to_owned(),
            digest: self.digest.clone(),
            about: self.about.clone(),
            source: format!("{}, {signed}", self.found),
        }
    }
}

/// Where evidence was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Found {
    /// Attached to the image in the registry.
    Attached(Style),
    /// Handed in by the caller, for this image.
    Given,
}

/// The ways in which an artifact is attached to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// Listed by the referrers API or the fallback tag: it has a subject.
    Referrer,
    /// A tag that cosign derives from the digest: `.sig`, `.att` or `.sbom`.
    CosignTag,
    /// A child of the index, as buildkit writes its attestations.
    IndexChild,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Found::Attached(Style::Referrer) => "referrer",
            Found::Attached(Style::CosignTag) => "cosign tag",
            Found::Attached(Style::IndexChild) => "child of the index",
            Found::Given => "given",
        })
    }
}

/// Something that looked like evidence and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it seemed to be: `signature`, `sbom`, `report`, `vex`, `statement` or `artifact`.
    pub what: String,
    /// The digest of it.
    pub digest: Digest,
    /// What sort of failure. `Untrusted` means that a signature did not verify.
    pub kind: ErrorKind,
    /// Why, in words.
    pub message: String,
}

impl Problem {
    /// What `error` says of something with this digest.
    pub(crate) fn new(what: &str, digest: &Digest, error: &Error) -> Self {
        Problem { what: what.to_owned(), digest: digest.clone(), kind: error.kind(), message: error.to_string() }
    }
}
