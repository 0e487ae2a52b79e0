mod asks;
mod callback;
mod coverage;
mod cve;
mod image_policy;
mod license;
mod provenance;
mod sbom;
mod signature;
mod smoke;
mod soak;
mod vex;

use futures_util::FutureExt as _;
use serde_json::Value;

use super::*;
use crate::model::{Digest, Pinned, Platform, Repository, Timestamp};
use crate::sbom::{Family, License, Package, Sbom};
use crate::scan::{Finding, Report, Severity};
use crate::sign::{KeySigner, Signer, Statement, Trust, Verified};

fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
}

fn platform(architecture: &str) -> Platform {
    let architecture = architecture.to_owned();
    Platform { os: "linux".into(), architecture, variant: None, os_version: None, os_features: Vec::new() }
}

/// A single image, `image`, without any evidence.
fn single() -> Evidence {
    let repository = Repository::parse("memory:dev/app").unwrap();
    let image = Pinned { repository, digest: digest("image") };
    Evidence { platforms: vec![(digest("image"), None)], ..Evidence::of(image, at(0)) }
}

/// An index, `image`, with the platforms `amd64` and `arm64`.
fn index() -> Evidence {
    let platforms = ["amd64", "arm64"].map(|name| (digest(name), Some(platform(name))));
    Evidence { platforms: platforms.into(), ..single() }
}

/// Unsigned evidence attached to the manifest `about`.
fn attached<T>(about: &str, value: T) -> Attached<T> {
    let found = Found::Attached(Style::Referrer);
    Attached { value, digest: digest("document"), about: digest(about), found, by: None }
}

/// The same, which somebody hands in.
fn given<T>(value: T) -> Attached<T> {
    Attached { found: Found::Given, ..attached("image", value) }
}

fn finding(id: &str, severity: Severity) -> Finding {
    Finding { id: id.into(), severity, package: format!("lib-of-{id}"), version: "1".into(), ..Finding::default() }
}

fn report(findings: Vec<Finding>) -> Report {
    Report { scanner: "test".into(), findings, ..Report::default() }
}

fn sbom(licenses: &[&str]) -> Sbom<'static> {
    let package = |(i, license): (usize, &&str)| Package {
        name: format!("p{i}").into(),
        licenses: (!license.is_empty()).then(|| License::expression((*license).to_owned())).into_iter().collect(),
        ..Package::default()
    };
    Sbom { packages: licenses.iter().enumerate().map(package).collect(), ..Sbom::new(Family::Cache, "1") }
}

/// A statement about the manifest `about`, signed and verified.
fn signed(about: &str, predicate_type: &str, predicate: &Value) -> Attached<Verified<Statement>> {
    let key = KeySigner::generate("ci").unwrap();
    let payload = Statement::write(&digest(about), predicate_type, predicate).unwrap();
    let permit = crate::approve::testing_permit(crate::sign::Sign {
        signer: key.identity(),
        payload_type: Some(crate::sign::IN_TOTO_PAYLOAD.into()),
        payload,
    });
    let bundle = key.sign(permit).now_or_never().unwrap().unwrap();
    let trust = Trust::in_keys(vec![key.public_key().clone()]);
    let statement = trust.verify_bundle(&bundle, &digest(about)).unwrap();
    Attached { by: Some(statement.by().clone()), ..attached(about, statement) }
}

fn judge(gate: &dyn PromotionGate, evidence: &Evidence) -> Verdict {
    gate.judge(evidence).now_or_never().unwrap().unwrap()
}

/// The outcome of the reason with this code.
#[track_caller]
fn outcome(verdict: &Verdict, code: &str) -> Outcome {
    let reason = verdict.reasons.iter().find(|reason| reason.code == code);
    reason.unwrap_or_else(|| panic!("no reason {code} in {verdict:#?}")).outcome
}

fn problem(what: &str) -> Problem {
    let kind = crate::error::ErrorKind::Invalid;
    Problem { what: what.into(), digest: digest("broken"), kind, message: "broken".into() }
}
