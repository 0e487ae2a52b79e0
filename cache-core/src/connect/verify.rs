//! What is to be verified, as text, and what came of it, as plain data.

use serde::Deserialize;
use serde_json::{Value, json};

use super::foreign::{attached, problems_json, statements_json};
use super::network::{NetworkConfig, network};
use super::trust::{TrustedKeyConfig, trust_in};
use super::{RegistryConfig, open_source_of};
use crate::error::{Error, Result};
use crate::execute::Journal;
use crate::gate::Evidence;
use crate::model::{Reference, Timestamp};
use crate::promote::{Attestation, PromotionRecord, signed_evidence_of};
use crate::sign::SignersConfig;

/// The most problems that an error tells.
const MAX_TOLD: usize = 10;

/// An image, and whose signatures count.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyConfig {
    /// The image, by tag or digest.
    pub image: Reference,
    /// The public keys whose signatures count.
    #[serde(default)]
    pub trusted_keys: Vec<TrustedKeyConfig>,
    /// The keyless signers whose signatures count.
    #[serde(default)]
    pub trusted_signers: Vec<SignersConfig>,
    /// The trusted root: its JSON, or the path of a file with it.
    #[serde(default)]
    pub trusted_root: Option<String>,
    /// The attestation that is asked for, by a name (`spdx`, `slsaprovenance1`) or a URI; without one, a signature is.
    #[serde(default)]
    pub attestation: Option<String>,
    /// The registries that are more than the OCI protocol, or have a login of their own.
    #[serde(default)]
    pub registries: Vec<RegistryConfig>,
    /// How the image is reached over a network; without it, as the machine and its environment say.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
}

impl VerifyConfig {
    /// Verifies what is attached to the image, and says what that is: `image`, `signatures`, `statements` (only those of the
    /// type where an attestation is asked for) and `problems`, what does not verify. What is about a platform of the image is
    /// listed as well, and is no signature of the image.
    ///
    /// # Errors
    /// `Untrusted` where no signature of the image, or no such attestation about it, verifies; `Invalid` where nobody is
    /// trusted; what the registry says.
    pub async fn verify(&self) -> Result<Value> {
        let wanted = self.attestation.as_deref().map(Attestation::predicate_type_of).transpose()?;
        let mut seen = self.seen().await?;
        if let Some(wanted) = wanted {
            seen.statements.retain(|statement| statement.value.value().predicate_type == wanted);
        }
        let image = &seen.image.digest;
        let holds = match wanted {
            Some(_) => seen.statements.iter().any(|statement| statement.about == *image),
            None => seen.signatures.iter().any(|signature| signature.about == *image),
        };
        if holds { verified_json(&seen) } else { Err(nothing(&seen, wanted)) }
    }

    /// Holds the journal of a plan to the record that was signed when the plan was executed and is attached to the image. Says
    /// which `record` it is, the digest of its `statement`, who signed it (`by`), how many `lines` of the journal the record
    /// holds, and all `entries`. See [`PromotionRecord::expect_journal`].
    ///
    /// # Errors
    /// As there and [`Journal::of`]; `NotFound` where no trusted record about the image is of the journal's plan; `Invalid`
    /// where nobody is trusted; what the registry says.
    pub async fn verify_journal(&self, journal: &[u8]) -> Result<Value> {
        if self.attestation.is_some() {
            return Err(Error::invalid("a journal is held to the record, and to no other attestation"));
        }
        let journal = Journal::of(journal)?;
        let seen = self.seen().await?;
        let records = seen.statements.iter().filter_map(|it| Some((PromotionRecord::read(it.value.value())?, it)));
        let newest = records.filter(|(record, _)| record.plan == *journal.plan()).max_by_key(|(record, _)| record.at);
        let (record, statement) = newest.ok_or_else(|| {
            let error = Error::not_found("no trusted record about the image is of the journal's plan");
            told(error.context("plan", journal.plan()), &seen)
        })?;
        let lines = record.expect_journal(&journal)?.len();
        Ok(json!({
            "image": seen.image,
            "record": record,
            "statement": statement.digest,
            "by": statement.by,
            "lines": lines,
            "entries": journal.entries(),
        }))
    }

    /// What is attached to the image and signed.
    async fn seen(&self) -> Result<Evidence> {
        let trust = trust_in(&self.trusted_keys, &self.trusted_signers, self.trusted_root.as_deref())?;
        let network = network(self.network.as_ref())?;
        let registry = open_source_of(&self.image.repository, &self.registries, network)?;
        signed_evidence_of(&*registry, &self.image, &trust, Timestamp::now()).await
    }
}

fn verified_json(seen: &Evidence) -> Result<Value> {
    let signature = |annotations| json!({ "annotations": annotations });
    let signatures = seen.signatures.iter().map(|s| attached(s, signature(&s.value.value().annotations)));
    Ok(json!({
        "image": seen.image,
        "signatures": signatures.collect::<Vec<_>>(),
        "statements": statements_json(seen)?,
        "problems": problems_json(seen),
    }))
}

fn nothing(seen: &Evidence, wanted: Option<&str>) -> Error {
    let error = match wanted {
        Some(wanted) => Error::untrusted("no such attestation about the image verifies").context("type", wanted),
        None => Error::untrusted("no signature of the image verifies"),
    };
    told(error, seen)
}

/// The error with the image, and with what was there and did not verify.
fn told(error: Error, seen: &Evidence) -> Error {
    let told = seen.problems.iter().take(MAX_TOLD);
    told.fold(error.context("image", &seen.image), |error, problem| {
        error.context("problem", format!("{} {}: {}", problem.what, problem.digest, problem.message))
    })
}
