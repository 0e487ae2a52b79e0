//! "If it doesn't have a signature, it doesn't ship."

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{Evidence, PromotionGate};
use crate::error::{ErrorKind, Result};
use crate::model::{Identity, Reason, Verdict};
use crate::sign::ImageSignature;

/// The most signatures that do not count and are told of one by one.
const MOST: usize = 20;

/// Demands signatures of the image itself by trusted signers. An attestation about the image is not a signature of it, and a
/// signed platform of an unsigned index does not sign the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureGate {
    /// How many different signers must have signed it; at least one.
    pub signers: usize,
    /// What each signature that counts must say, in the annotations that are signed with it.
    pub annotations: BTreeMap<String, String>,
}

impl Default for SignatureGate {
    fn default() -> Self {
        SignatureGate { signers: 1, annotations: BTreeMap::new() }
    }
}

#[async_trait]
impl PromotionGate for SignatureGate {
    fn name(&self) -> &str {
        "signature"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let (mut reasons, mut rejected, mut looked_at) = (Vec::new(), Vec::new(), Vec::new());
        let mut signers: Vec<&Identity> = Vec::new();
        for signature in evidence.signatures.iter().filter(|s| s.about == evidence.image.digest) {
            looked_at.push(signature.looked_at("signature"));
            let by = signature.value.by();
            if let Some(why) = self.lacks(signature.value.value()) {
                let message = format!("the signature {} by {by} does not count: {why}", signature.digest.short());
                rejected.push(Reason::fail("other-annotations", message));
                continue;
            }
            reasons.push(Reason::pass("signed", format!("signed by {by}")));
            if !signers.iter().any(|other| other.is_same_signer(by)) {
                signers.push(by);
            }
        }
        let needed = self.signers.max(1);
        if signers.len() < needed {
            // Only what seemed to be a signature explains why there is none; a broken SBOM does not.
            let problems = evidence.problems.iter().filter(|problem| problem.what == "signature");
            let mut problems: Vec<_> = problems.collect();
            problems.sort_by_key(|problem| problem.kind == ErrorKind::Untrusted);
            reasons.extend(problems.iter().take(MOST).map(|problem| {
                let message = format!("{} does not count: {}", problem.digest.short(), problem.message);
                match problem.kind {
                    ErrorKind::Untrusted => Reason::fail("untrusted-signature", message),
                    _ => Reason::error("unreadable-signature", message),
                }
            }));
            let more = problems.len().saturating_sub(MOST);
            if more > 0 {
                reasons.push(Reason::error("many-signatures", format!("{more} more signatures do not count")));
            }
            reasons.extend(rejected);
            reasons.push(match signers.len() {
                0 => Reason::fail("no-signature", "no signature of the image by a trusted signer"),
                few => Reason::fail("too-few-signers", format!("{few} of {needed} different signers signed the image")),
            });
        }
        Ok(Verdict::new(self.name(), reasons, looked_at))
    }
}

impl SignatureGate {
    fn lacks(&self, signature: &ImageSignature) -> Option<String> {
        let other = self.annotations.iter().find(|(name, wanted)| signature.annotations.get(*name) != Some(*wanted));
        other.map(|(name, wanted)| match signature.annotations.get(name) {
            Some(found) => format!("its annotation {name:?} is {found:?}, not {wanted:?}"),
            None => format!("it has no annotation {name:?}"),
        })
    }
}
