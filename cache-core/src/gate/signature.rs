//! "If it doesn't have a signature, it doesn't ship."

use async_trait::async_trait;

use super::{Evidence, PromotionGate};
use crate::error::{ErrorKind, Result};
use crate::model::{Reason, Verdict};

/// Demands a signature of the image itself by a trusted key. An attestation about the image is not a signature of it, and a
/// signed platform of an unsigned index does not sign the index.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignatureGate;

#[async_trait]
impl PromotionGate for SignatureGate {
    fn name(&self) -> &str {
        "signature"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let signatures: Vec<_> = evidence.signatures.iter().filter(|s| s.about == evidence.image.digest).collect();
        let mut reasons: Vec<Reason> =
            signatures.iter().map(|s| Reason::pass("signed", format!("signed by {}", s.value.by()))).collect();
        if signatures.is_empty() {
            // Only what seemed to be a signature explains why there is none; a broken SBOM does not.
            let problems = evidence.problems.iter().filter(|problem| problem.what == "signature");
            reasons.extend(problems.map(|problem| {
                let message = format!("{} does not count: {}", problem.digest.short(), problem.message);
                match problem.kind {
                    ErrorKind::Untrusted => Reason::fail("untrusted-signature", message),
                    _ => Reason::error("unreadable-signature", message),
                }
            }));
            reasons.push(Reason::fail("no-signature", "no signature of the image by a trusted key"));
        }
        Ok(Verdict::new(self.name(), reasons, signatures.iter().map(|s| s.looked_at("signature")).collect()))
    }
}
