//! From a promotion unit to the evidence that the gates judge.

use crate::error::{Error, ErrorKind, Result};
use crate::gate::{Attached, Evidence, Found, Problem, Style};
use crate::model::{Descriptor, Digest, ManifestBody, Pinned, Timestamp};
use crate::plan::Role;
use crate::registry::Registry;
use crate::sign::{BUNDLE_V03, Bundle, COSIGN_SIGN_TYPE, Trust};

use super::documents::{Documents, from_statements};
use super::unit::{Node, Unit};

/// The largest signature or statement that is read.
const MAX_ATTESTATION: u64 = 128 << 20;
/// The most signatures that one manifest may hold.
const MAX_SIGNATURES: usize = 1000;
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE_ANNOTATION: &str = "dev.cosignproject.cosign/signature";

/// Reads and verifies what is attached to the image and its platforms. What cannot be used is a [`Problem`], which the gates
/// see; a registry that fails while it is asked is an error.
pub(super) async fn gather(
    source: &dyn Registry,
    image: &Pinned,
    unit: &Unit,
    trust: &Trust,
    now: Timestamp,
) -> Result<Evidence> {
    let mut evidence = Evidence {
        image: image.clone(),
        platforms: platforms(unit),
        now,
        sboms: Vec::new(),
        reports: Vec::new(),
        signatures: Vec::new(),
        statements: Vec::new(),
        problems: Vec::new(),
    };
    let mut documents = Documents::new(source, image);
    for node in &unit.nodes {
        let (Role::Referrer(about), Some(style)) = (&node.role, node.style) else { continue };
        if !evidence.is_about(about) {
            continue;
        }
        documents.read(node, about, style, &mut evidence).await?;
        let reader = Reader { source, image, trust, node, about, style };
        if let Err(error) = reader.read(&mut evidence).await {
            // A registry that fails is not a missing signature: nothing can be judged.
            if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::RateLimited | ErrorKind::Unauthenticated) {
                return Err(error);
            }
            evidence.problems.push(problem("artifact", node.manifest.digest(), &error));
        }
    }
    from_statements(&mut evidence);
    Ok(evidence)
}

fn platforms(unit: &Unit) -> Vec<(Digest, Option<crate::model::Platform>)> {
    let described = |digest: &Digest| {
        let children = unit.nodes.iter().flat_map(|node| node.manifest.children());
        children.filter(|child| child.digest == *digest).find_map(|child| child.platform.clone())
    };
    let images = unit.nodes.iter().filter(|node| {
        matches!(node.role, Role::Image | Role::Child) && matches!(node.manifest.value(), ManifestBody::Image(_))
    });
    images
        .map(|node| (node.manifest.digest().clone(), described(node.manifest.digest())))
        .filter(|(_, platform)| platform.as_ref().is_none_or(|p| p.os != "unknown"))
        .collect()
}

struct Reader<'a> {
    source: &'a dyn Registry,
    image: &'a Pinned,
    trust: &'a Trust,
    node: &'a Node,
    about: &'a Digest,
    style: Style,
}

impl Reader<'_> {
    async fn read(&self, evidence: &mut Evidence) -> Result<()> {
        let ManifestBody::Image(artifact) = self.node.manifest.value() else { return Ok(()) };
        if artifact.layers.len() > MAX_SIGNATURES {
            return Err(Error::invalid(format!("the artifact has more than {MAX_SIGNATURES} layers")));
        }
        for layer in &artifact.layers {
            let outcome = match layer.media_type.as_str() {
                BUNDLE_V03 => self.bundle(layer, evidence).await,
                SIMPLE_SIGNING => self.simple_signing(layer, evidence).await,
                _ => continue,
            };
            if let Err(error) = outcome {
                if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::RateLimited | ErrorKind::Unauthenticated)
                {
                    return Err(error);
                }
                evidence.problems.push(problem("signature", &layer.digest, &error));
            }
        }
        Ok(())
    }

    async fn bundle(&self, layer: &Descriptor, evidence: &mut Evidence) -> Result<()> {
        let bundle = Bundle::parse(&self.bytes(layer).await?)?;
        let statement = self.trust.verify_bundle(&bundle, self.about)?;
        if statement.value().predicate_type == COSIGN_SIGN_TYPE {
            let signature = statement.map(|_| self.about.clone());
            evidence.signatures.push(self.attached(layer, signature.by().clone(), signature));
        } else {
            evidence.statements.push(self.attached(layer, statement.by().clone(), statement));
        }
        Ok(())
    }

    async fn simple_signing(&self, layer: &Descriptor, evidence: &mut Evidence) -> Result<()> {
        let signature = layer.annotations.get(SIGNATURE_ANNOTATION);
        let signature = signature.ok_or_else(|| Error::invalid("the layer has no signature annotation"))?;
        let verified = self.trust.verify_simple_signing(&self.bytes(layer).await?, signature, self.about)?;
        evidence.signatures.push(self.attached(layer, verified.by().clone(), verified));
        Ok(())
    }

    async fn bytes(&self, layer: &Descriptor) -> Result<bytes::Bytes> {
        self.source.blob(&self.image.repository, layer).await?.into_bytes(MAX_ATTESTATION).await
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

fn problem(what: &str, digest: &Digest, error: &Error) -> Problem {
    Problem { what: what.to_owned(), digest: digest.clone(), kind: error.kind(), message: error.to_string() }
}
