//! What is to be assessed, as text: reports, what is said of their findings, and the rules.

use serde::Deserialize;

use super::config::read_policy;
use crate::error::{Error, Result};
use crate::gate::{Assessment, CveGate, Evidence};
use crate::model::{Digest, Reference, Repository, Timestamp, Verdict};
use crate::policy::Promotion;
use crate::promote::Given;
use crate::scan::ScanPolicy;

/// By which rules reports are assessed, and what they are about.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssessConfig {
    /// The image. Without a digest, the one that the reports name.
    #[serde(default)]
    pub image: Option<Reference>,
    /// The policy, as YAML or as the path of a file; without one, the default of the environment.
    #[serde(default)]
    pub policy: Option<String>,
    /// The environment whose rules apply; without one, `prod`.
    #[serde(default)]
    pub environment: Option<String>,
    /// A clock that stands still, for tests and for reproducing a verdict.
    #[serde(default)]
    pub clock: Option<Timestamp>,
    /// Verdicts of other gates, to stand in the same report.
    #[serde(default)]
    pub gates: Vec<Verdict>,
}

impl AssessConfig {
    /// Assesses the documents as the gate `cve` would: the same evaluator, with the same answer.
    ///
    /// # Errors
    /// `Invalid` where a document cannot be read, or the policy is none.
    pub fn assess(self, documents: &[Given]) -> Result<Assessment> {
        let (policy, digest, environment) = self.rules()?;
        let now = self.clock.unwrap_or_else(Timestamp::now);
        let mut evidence = Evidence::of(Repository::parse("memory:image")?.at(Digest::of(b"")), now);
        for document in documents {
            document.add_to(&mut evidence)?;
        }
        let known = self.name_image(&mut evidence);
        let mut assessment = CveGate::new(policy).assess(&evidence);
        assessment.image = self.image.map(|image| image.to_string());
        assessment.digest = known.then_some(evidence.image.digest);
        assessment.policy = digest;
        assessment.environment = Some(environment);
        assessment.gates = self.gates;
        Ok(assessment)
    }

    fn rules(&self) -> Result<(ScanPolicy, Option<Digest>, String)> {
        let environment = self.environment.clone().unwrap_or_else(|| "prod".to_owned());
        let policy = self.policy.as_deref().map(read_policy).transpose()?;
        let promotion = match &policy {
            Some(policy) => policy.promotion(&environment),
            None => Promotion::default_for(&environment),
        };
        let scan = promotion.scan.ok_or_else(|| {
            Error::invalid(format!("the policy asks for no scan in {environment}, so there is nothing to assess by"))
        })?;
        Ok((scan, policy.map(|policy| policy.digest().clone()), environment))
    }

    /// Says which image it is about: the one that is named, or those that the reports name. Whether its digest is known.
    fn name_image(&self, evidence: &mut Evidence) -> bool {
        let mut platforms = Vec::new();
        let stated = self.image.as_ref().and_then(|image| image.digest.clone());
        let is_stated = stated.is_some();
        if !is_stated {
            for report in evidence.reports.iter().map(|report| &report.value) {
                if let Some(first) = report.subjects.first()
                    && !platforms.iter().any(|(digest, _)| digest == first)
                {
                    platforms.push((first.clone(), report.platform.clone()));
                }
            }
        }
        // Several platforms make an image whose digest nobody said. What no report names is known by the first report: each is
        // about something, and nothing else is the same.
        let several = platforms.len() > 1;
        let known = stated.or_else(|| platforms.first().filter(|_| !several).map(|(digest, _)| digest.clone()));
        let is_known = known.is_some();
        let stand_in = || {
            let parts = platforms.iter().map(|(digest, _)| digest.as_str()).collect::<String>();
            let first = evidence.reports.first().map(|report| report.digest.clone());
            if several { Digest::of(parts.as_bytes()) } else { first.unwrap_or_else(|| Digest::of(b"")) }
        };
        evidence.image.digest = known.unwrap_or_else(stand_in);
        if let Some(image) = &self.image {
            evidence.image.repository = image.repository.clone();
        }
        evidence.platforms = if several { platforms } else { Vec::new() };
        let about = evidence.image.digest.clone();
        if !is_stated {
            take_for(&about, evidence);
        }
        let all = evidence.reports.iter_mut().map(|it| &mut it.about);
        let all = all.chain(evidence.vex.iter_mut().map(|it| &mut it.about));
        all.chain(evidence.sboms.iter_mut().map(|it| &mut it.about)).for_each(|own| *own = about.clone());
        is_known
    }
}

/// Where nobody says which image it is, documents that name none are about the one that is assessed: there is no other.
fn take_for(image: &Digest, evidence: &mut Evidence) {
    for report in &mut evidence.reports {
        report.value.target = None;
        if report.value.subjects.is_empty() {
            report.value.subjects.push(image.clone());
        }
    }
    for sbom in evidence.sboms.iter_mut().filter(|sbom| sbom.value.describes.is_empty()) {
        sbom.value.describes.push(image.clone());
    }
}
