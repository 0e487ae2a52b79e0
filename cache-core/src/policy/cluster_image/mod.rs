//! Sigstore's `ClusterImagePolicy` documents (policy-controller, `policy.sigstore.dev/v1alpha1` and `v1beta1`).
//!
//! What is read is checked as its own controller checks it. What cannot be decided here (keys in a cluster or a key
//! management service, CUE and Rego) is read too, and never satisfied.

mod wire;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::gate::{ImageAuthority, ImagePolicy};
use crate::model::Digest;
use crate::sign::{Demands, IdentityRule, PublicKey, Trusted, TrustedRoot};

/// A policy for some images: whose signatures and attestations they need.
#[derive(Debug, Clone)]
pub struct ClusterImagePolicy {
    digest: Digest,
    policy: ImagePolicy,
    signers: Vec<Signer>,
}

/// Somebody whom an authority of a policy trusts, before it is known by which root.
#[derive(Debug, Clone)]
struct Signer {
    name: String,
    who: Who,
    /// Nothing for a key that needs no log and no timestamp.
    demands: Option<Demands>,
    root: Option<String>,
}

#[derive(Debug, Clone)]
enum Who {
    Key(PublicKey),
    Identities(Vec<IdentityRule>),
}

impl ClusterImagePolicy {
    /// Reads one document.
    ///
    /// # Errors
    /// `Invalid`, with the line and the key, where it is none, has a key that is not known, or a value that cannot be.
    pub fn parse(yaml: &str) -> Result<Self> {
        let document: wire::Document = super::yaml::read(yaml)?;
        let (policy, signers) = document.read()?;
        Ok(ClusterImagePolicy { digest: Digest::of(yaml.as_bytes()), policy, signers })
    }

    /// The digest of the document's bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What it demands, for the [`ImagePolicyGate`](crate::gate::ImagePolicyGate).
    pub fn policy(&self) -> &ImagePolicy {
        &self.policy
    }

    /// Its authorities.
    pub fn authorities(&self) -> &[ImageAuthority] {
        &self.policy.authorities
    }

    /// Whom it trusts, to be added to the [`Trust`](crate::sign::Trust) that the evidence is verified with. `root` gives the
    /// trusted root of a name (`trustRootRef`), or the one that holds where the policy names none.
    ///
    /// # Errors
    /// `Invalid` where there is no such root.
    pub fn trusted(&self, root: impl Fn(Option<&str>) -> Option<Arc<TrustedRoot>>) -> Result<Vec<Trusted>> {
        let trusted = |signer: &Signer| {
            let root = || {
                root(signer.root.as_deref()).ok_or_else(|| {
                    let named = signer.root.as_deref().unwrap_or("the default");
                    Error::invalid("the policy needs a trusted root that is not there")
                        .context("policy", &self.policy.name)
                        .context("root", named)
                })
            };
            let trusted = match &signer.who {
                Who::Key(key) => Trusted::key(key.clone()),
                Who::Identities(rules) => Trusted::identities(&signer.name, rules.clone(), root()?),
            };
            let trusted = trusted.named(&signer.name);
            match &signer.demands {
                Some(demands) => Ok(trusted.demanding(demands.clone(), root()?)),
                None => Ok(trusted),
            }
        };
        self.signers.iter().map(trusted).collect()
    }
}
