//! From a promotion unit to the evidence that the gates judge.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};

use crate::error::{Error, Result};
use crate::gate::{Attached, Evidence, Found, Problem, Style};
use crate::model::{Descriptor, Digest, ManifestBody, Pinned, Platform, Reference, Tag, Timestamp};
use crate::plan::Role;
use crate::registry::Registry;
use crate::sign::{Proof, SignedLayer, Trust};

use super::AT_ONCE;
use super::ahead::Ahead;
use super::documents::{Documents, from_statements};
use super::unit::{Node, Unit};

/// The largest signature or statement that is read.
pub(super) const MAX_ATTESTATION: u64 = 128 << 20;
/// The most signatures that one manifest may hold, and the most that are tried for one image.
pub(super) const MAX_SIGNATURES: usize = 1000;
/// The most of them that may be broken: those cost the most to find out.
const MAX_BROKEN: usize = 100;

/// Layers up to this size are fetched several at once.
pub(super) const SMALL: u64 = 1 << 20;
const SMALL_AT_ONCE: usize = 4;

/// How many signatures were tried for the image.
#[derive(Default)]
pub(super) struct Tried {
    all: usize,
    broken: usize,
}

impl Tried {
    /// Counts the next one, unless it would be one too many.
    pub(super) fn one_more(&mut self) -> Result<()> {
        self.all += 1;
        if self.all > MAX_SIGNATURES || self.broken > MAX_BROKEN {
            let message = format!(
                "more than {MAX_SIGNATURES} signatures, or {MAX_BROKEN} broken ones, are attached to the image"
            );
            return Err(Error::invalid(message).hint("remove those that nobody needs; no more are looked at"));
        }
        Ok(())
    }

    /// Counts what did not verify as broken, unless it is only somebody else's.
    pub(super) fn failed(&mut self, error: &Error) {
        self.broken += usize::from(!SignedLayer::is_by_stranger(error));
    }
}

/// What is attached to an image, verified: its signatures, the statements about it and its platforms, SBOMs and reports, and
/// what of it cannot be used and why. Gates judge this; here it is for who wants to look at it without promoting anything.
///
/// # Errors
/// What the registry says; a registry that fails is an error, never an image without signatures.
pub async fn evidence_of(
    registry: &dyn Registry,
    image: &Reference,
    trust: &Trust,
    now: Timestamp,
) -> Result<Evidence> {
    let (image, unit) = unit_of(registry, image).await?;
    gather(registry, &image, &unit, trust, now).await
}

/// The same for who asks only what is signed: the signatures and the statements, without the documents. No SBOM and no report is
/// read, which takes longer than verifying it.
///
/// # Errors
/// As [`evidence_of`].
pub async fn signed_evidence_of(
    registry: &dyn Registry,
    image: &Reference,
    trust: &Trust,
    now: Timestamp,
) -> Result<Evidence> {
    let (image, unit) = unit_of(registry, image).await?;
    read(registry, &image, &unit, trust, now, None).await
}

async fn unit_of(registry: &dyn Registry, image: &Reference) -> Result<(Pinned, Unit)> {
    let digest = match (&image.tag, &image.digest) {
        // The unit begins with reading it.
        (None, Some(digest)) => digest.clone(),
        _ => registry.resolve(image).await?.digest,
    };
    let image = image.repository.at(digest);
    let unit = Unit::about(registry, &image).await?;
    Ok((image, unit))
}

/// Reads and verifies what is attached to the image and its platforms. What cannot be used is a [`Problem`], which the gates
/// see; a registry that fails while it is asked is an error.
pub(super) async fn gather(
    source: &dyn Registry,
    image: &Pinned,
    unit: &Unit,
    trust: &Trust,
    now: Timestamp,
) -> Result<Evidence> {
    let mut evidence = read(source, image, unit, trust, now, Some(Documents::default())).await?;
    from_statements(&mut evidence);
    evidence.settle();
    Ok(evidence)
}

async fn read(
    source: &dyn Registry,
    image: &Pinned,
    unit: &Unit,
    trust: &Trust,
    now: Timestamp,
    mut documents: Option<Documents>,
) -> Result<Evidence> {
    let mut evidence =
        Evidence { platforms: platforms(unit), configs: configs(unit), ..Evidence::of(image.clone(), now) };
    let mut tried = Tried::default();
    let referrers = unit.nodes.iter().filter_map(|node| match (&node.role, node.style) {
        (Role::Referrer(about), Some(style)) if evidence.is_about(about) => Some((node, about, style)),
        _ => None,
    });
    let with_documents = documents.is_some();
    let mut room = Ahead::MOST;
    // Collected, because a stream over the closure is too general for the compiler to see that it can be sent.
    let fetching: Vec<BoxFuture<'_, _>> = referrers
        .map(|(node, about, style)| {
            let layers = Ahead::choose(node, with_documents, &mut room);
            async move { (node, about, style, Ahead::fetch(source, image, layers).await) }.boxed()
        })
        .collect();
    let mut fetching = stream::iter(fetching).buffered(AT_ONCE);
    while let Some((node, about, style, ahead)) = fetching.next().await {
        if let Some(documents) = &mut documents {
            documents.read(node, about, style, &ahead, &mut evidence).await?;
        }
        let promised = |(tag, to): &(Tag, Digest)| to == node.manifest.digest() && SignedLayer::is_promised_by_tag(tag);
        let promised = unit.tags.iter().any(promised);
        let reader = Reader { trust, node, about, style, ahead, promised };
        if let Err(error) = reader.read(&mut evidence, &mut tried).await {
            // A registry that fails is not a missing signature: nothing can be judged.
            if error.is_outage() {
                return Err(error);
            }
            let what = if reader.is_promised() { "signature" } else { "artifact" };
            evidence.problems.push(Problem::new(what, node.manifest.digest(), &error));
        }
    }
    Ok(evidence)
}

/// The images that somebody may run, which is what counts as such where one is chosen by platform. An index may name one manifest
/// several times, and a client takes the entry that fits.
fn platforms(unit: &Unit) -> Vec<(Digest, Option<Platform>)> {
    let runs = |digest: &Digest| {
        let named = unit.nodes.iter().flat_map(|node| node.manifest.children());
        let mut named = named.filter(|child| child.digest == *digest).peekable();
        if named.peek().is_none() {
            return Some(None);
        }
        named.find(|child| child.may_run()).map(|child| child.platform.clone())
    };
    let images = unit.nodes.iter().filter(|node| {
        matches!(node.role, Role::Image | Role::Child) && matches!(node.manifest.value(), ManifestBody::Image(_))
    });
    images.filter_map(|node| Some((node.manifest.digest().clone(), runs(node.manifest.digest())?))).collect()
}

/// What each platform image is configured by.
fn configs(unit: &Unit) -> BTreeMap<Digest, Digest> {
    let images = unit.nodes.iter().filter(|node| matches!(node.role, Role::Image | Role::Child));
    let config = |node: &Node| match node.manifest.value() {
        ManifestBody::Image(image) => Some((node.manifest.digest().clone(), image.config.digest.clone())),
        ManifestBody::Index(_) => None,
    };
    images.filter_map(config).collect()
}

struct Reader<'a> {
    trust: &'a Trust,
    node: &'a Node,
    about: &'a Digest,
    style: Style,
    ahead: Ahead<'a>,
    /// Whether a tag says that a signature is here.
    promised: bool,
}

impl Reader<'_> {
    /// Whether the artifact says that it holds a signature.
    fn is_promised(&self) -> bool {
        self.promised || self.node.manifest.artifact_type().is_some_and(SignedLayer::is_promised_by)
    }

    async fn read(&self, evidence: &mut Evidence, tried: &mut Tried) -> Result<()> {
        let promised = self.is_promised();
        let empty = || Error::invalid("the artifact says that it holds a signature, and does not");
        let ManifestBody::Image(artifact) = self.node.manifest.value() else {
            return if promised { Err(empty()) } else { Ok(()) };
        };
        if artifact.layers.len() > MAX_SIGNATURES {
            return Err(Error::invalid(format!("the artifact has more than {MAX_SIGNATURES} layers")));
        }
        if promised && !artifact.layers.iter().any(|layer| SignedLayer::of(layer).is_some()) {
            return Err(empty());
        }
        // Signatures by several signers have the same payload, one after the other: it is fetched once.
        let runs = artifact.layers.chunk_by(|one, next| one.digest == next.digest && one.size == next.size);
        let runs = runs.filter(|run| run.iter().any(|layer| SignedLayer::of(layer).is_some()));
        let at_once = if artifact.layers.iter().all(|layer| layer.size <= SMALL) { SMALL_AT_ONCE } else { 1 };
        // Collected, because a stream over the closure is too general for the compiler to see that it can be sent.
        let fetched: Vec<_> = runs.map(|run| self.fetched(run)).collect();
        let mut fetched = stream::iter(fetched).buffered(at_once);
        while let Some((run, bytes)) = fetched.next().await {
            if let Err(error) = &bytes
                && error.is_outage()
            {
                return bytes.map(drop);
            }
            for layer in run {
                self.verify(layer, &bytes, evidence, tried)?;
            }
        }
        Ok(())
    }

    /// The bytes of layers that have the same.
    async fn fetched<'l>(&self, run: &'l [Descriptor]) -> (&'l [Descriptor], Result<bytes::Bytes>) {
        match run.first() {
            Some(layer) => (run, self.ahead.bytes(layer, MAX_ATTESTATION).await),
            None => (run, Ok(bytes::Bytes::new())),
        }
    }

    fn verify(
        &self,
        layer: &Descriptor,
        bytes: &Result<bytes::Bytes>,
        evidence: &mut Evidence,
        tried: &mut Tried,
    ) -> Result<()> {
        let Some(held) = SignedLayer::of(layer) else { return Ok(()) };
        tried.one_more()?;
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                evidence.problems.push(Problem::new("signature", &layer.digest, error));
                return Ok(());
            }
        };
        match held.verify(layer, bytes, self.about, self.trust) {
            Ok(Proof::Signature(it)) => evidence.signatures.push(self.attached(layer, it.by().clone(), it)),
            Ok(Proof::Statement(it)) => evidence.statements.push(self.attached(layer, it.by().clone(), it)),
            Err(error) => {
                tried.failed(&error);
                evidence.problems.push(Problem::new(held.seems(bytes), &layer.digest, &error));
            }
        }
        Ok(())
    }

    fn attached<T>(&self, layer: &Descriptor, by: crate::model::Identity, value: T) -> Attached<T> {
        Attached {
            value,
            digest: layer.digest.clone(),
            about: self.about.clone(),
            found: Found::Attached(self.style),
            by: Some(by),
        }
    }
}
