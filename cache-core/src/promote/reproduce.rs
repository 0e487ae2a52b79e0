//! A verdict is reproduced, long after: by the record, the evidence that it names, and the instant at which the gates judged.

use super::documents::Given;
use super::gather::gather;
use super::judge::expect_recorded;
use super::record::{Judged, PromotionRecord};
use super::unit::Unit;
use super::{Promoter, signed_evidence_of};
use crate::error::{Error, Result};
use crate::gate::{Attached, judge_all};
use crate::model::{Digest, Identity, Reference, Verdict};
use crate::sign::{Statement, Verified};

/// A record whose verdicts were reproduced, byte for byte.
#[derive(Debug, Clone)]
pub struct Reproduction {
    /// The record.
    pub record: PromotionRecord,
    /// The digest of the bytes that hold it, signed.
    pub statement: Digest,
    /// Who signed it.
    pub by: Option<Identity>,
    /// What the gates say now as they did then.
    pub verdicts: Vec<Verdict>,
}

impl Promoter {
    /// Takes the newest record that a trusted signer signed about this image, as it entered this environment under this name,
    /// and has the gates of this promoter judge the evidence that it names, as of the instant that it names. Reads only, and only
    /// the target. Evidence that was handed in when the plan was made has to be handed in again.
    ///
    /// The result says that the policy, the evidence, and what the gates made of it were what the record says. It does not say
    /// that people approved it; the record names their approvals by digest.
    ///
    /// # Errors
    /// `NotFound` where there is no such record, or a piece of the evidence is gone (`differs: evidence`); `Conflict` where the
    /// policy or the gates are others (`differs: policy`, `differs: gates`); `Untrusted` where a gate says something else
    /// (`differs: verdict`), even in a single byte; `Unsupported` where the record does not say when the gates judged.
    pub async fn reproduce(&self, image: &Reference, environment: &str, given: &[Given]) -> Result<Reproduction> {
        let target = self.target.as_registry();
        let records = signed_evidence_of(target, image, &self.recognised(), self.now()).await?;
        let pinned = records.image.clone();
        let (record, statement) = newest(&records.statements, image, &pinned.digest, environment).ok_or_else(|| {
            Error::not_found("no trusted record says that the image entered this environment")
                .context("image", image)
                .context("environment", environment)
        })?;
        let at = |error: Error| error.context("record", &statement.digest);
        let judged = self.expect_comparable(&record).map_err(at)?;
        let unit = Unit::about(target, &pinned).await?;
        let mut evidence = gather(target, &pinned, &unit, &self.trust, judged.at).await?;
        for document in given {
            document.add_to(&mut evidence)?;
        }
        evidence.keep(&judged.evidence);
        let found = evidence.digests();
        let gone: Vec<&Digest> = judged.evidence.iter().filter(|digest| !found.contains(digest)).collect();
        if !gone.is_empty() {
            let error =
                at(Error::not_found("evidence is gone by which the gates judged")).context("differs", "evidence");
            let error = gone.into_iter().fold(error, |error, digest| error.context("gone", digest));
            return Err(error.hint("what was handed in for the plan has to be handed in again"));
        }
        // The record is about what was promoted: its gates saw the image where it came from.
        evidence.image = record.from.clone();
        let verdicts = judge_all(&self.gates, &evidence).await;
        expect_recorded(&record.verdicts, &verdicts).map_err(at)?;
        let (statement, by) = (statement.digest.clone(), statement.by.clone());
        Ok(Reproduction { statement, by, verdicts, record })
    }

    /// Whether the gates here are those of the record.
    fn expect_comparable<'r>(&self, record: &'r PromotionRecord) -> Result<&'r Judged> {
        let named = |digest: &Option<Digest>| digest.as_ref().map_or("none".to_owned(), Digest::to_string);
        if record.policy != self.policy {
            return Err(Error::conflict("the record was made by another policy")
                .context("differs", "policy")
                .context("recorded", named(&record.policy))
                .context("given", named(&self.policy))
                .hint("open the promoter with the policy of then, byte for byte"));
        }
        let judged = record.judged.as_ref().ok_or_else(|| {
            Error::unsupported("the record does not say when the gates judged, and of what")
                .hint("there were no gates, or one of them said something else when it was asked again")
        })?;
        let then: Vec<&str> = record.verdicts.iter().map(|verdict| verdict.gate.as_str()).collect();
        let now: Vec<&str> = self.gates.iter().map(|gate| gate.name()).collect();
        if then != now {
            return Err(Error::conflict("the record was made by other gates")
                .context("differs", "gates")
                .context("recorded", then.join(", "))
                .context("given", now.join(", ")));
        }
        Ok(judged)
    }
}

/// The newest record of this environment; of a tag, where one is named.
fn newest<'s>(
    statements: &'s [Attached<Verified<Statement>>],
    image: &Reference,
    digest: &Digest,
    environment: &str,
) -> Option<(PromotionRecord, &'s Attached<Verified<Statement>>)> {
    let about = statements.iter().filter(|statement| statement.about == *digest);
    let records = about.filter_map(|it| Some((PromotionRecord::read(it.value.value())?, it)));
    let named = |record: &PromotionRecord| image.tag.is_none() || image.tag == record.to.tag;
    let meant = records.filter(|(record, _)| record.environment == environment && named(record));
    meant.max_by_key(|(record, _)| record.at)
}
