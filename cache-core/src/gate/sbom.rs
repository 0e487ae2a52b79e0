//! "If it has no SBOM, it doesn't exist."

use async_trait::async_trait;

use super::coverage::{Coverage, Rejected, problems, unverified};
use super::{Attached, Evidence, PromotionGate};
use crate::document::digest_in;
use crate::error::Result;
use crate::model::{Digest, Reason, Verdict};
use crate::sbom::Sbom;

/// Demands an SBOM of the image, or of each of its platforms, that lists at least one package.
#[derive(Debug, Clone, Copy, Default)]
pub struct SbomGate {
    /// Whether only signed SBOMs count.
    pub require_signed: bool,
}

#[async_trait]
impl PromotionGate for SbomGate {
    fn name(&self) -> &str {
        "sbom"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let mut sorted = sort(evidence, self.require_signed);
        for sbom in &sorted.counted {
            let (format, packages) = (&sbom.value.format, sbom.value.listed().count());
            let message = format!("{} is {format} with {packages} packages", sbom.digest.short());
            sorted.reasons.push(Reason::pass("sbom", message));
        }
        Ok(Verdict::new(self.name(), sorted.reasons, evidence.sboms.iter().map(|s| s.looked_at("sbom")).collect()))
    }
}

/// The SBOMs that count, and what else there is to say of the rest.
pub(super) struct Sorted<'a> {
    pub(super) counted: Vec<&'a Attached<Sbom<'static>>>,
    pub(super) reasons: Vec<Reason>,
}

/// Sorts out the SBOMs that are about this image and are not empty. What is missing is among the reasons.
pub(super) fn sort(evidence: &Evidence, require_signed: bool) -> Sorted<'_> {
    let mut coverage = Coverage::of(evidence);
    let (mut counted, mut rejected) = (Vec::new(), Vec::new());
    for sbom in &evidence.sboms {
        let mut reject = |code, why: &str| rejected.push(Rejected::new("SBOM", sbom, code, why));
        match scope(&coverage, sbom) {
            Err((code, why)) => reject(code, &why),
            Ok(_) if require_signed && sbom.by.is_none() => reject("unsigned-sbom", "is not signed by a trusted key"),
            Ok(_) if sbom.value.listed().next().is_none() => reject("empty-sbom", "lists no package"),
            Ok(targets) => {
                coverage.cover(&targets);
                counted.push(sbom);
            }
        }
    }
    let complete = coverage.is_complete();
    let mut reasons = Vec::new();
    if !complete {
        reasons.push(Reason::fail("no-sbom", format!("no SBOM of {} counts", coverage.missing())));
    }
    reasons.extend(problems(evidence, "sbom", complete));
    reasons.extend(unverified(evidence, complete));
    reasons.extend(rejected.into_iter().map(|r| r.reason(complete)));
    Sorted { counted, reasons }
}

/// The platforms that an SBOM speaks for; else the code of the reason, and why.
pub(super) fn scope(
    coverage: &Coverage<'_>,
    sbom: &Attached<Sbom<'static>>,
) -> Result<Vec<usize>, (&'static str, String)> {
    let scope = coverage.scope_of(sbom, &sbom.value.describes, &image_ids(&sbom.value), None);
    scope.map_err(|unfit| unfit.coded("sbom-of-another-image", "unbound-sbom"))
}

/// What Trivy notes of an image that has no digest in a registry, such as one in an archive.
fn image_ids(sbom: &Sbom<'_>) -> Vec<Digest> {
    let is_subject = |id: &str| sbom.metadata.subject.as_ref().is_some_and(|subject| subject.as_str() == id);
    let subjects = sbom.packages.iter().filter(|package| is_subject(package.id.as_str()));
    let properties = subjects.flat_map(|package| &package.properties);
    properties.filter(|(name, _)| name.ends_with(":ImageID")).filter_map(|(_, id)| digest_in(id)).collect()
}
