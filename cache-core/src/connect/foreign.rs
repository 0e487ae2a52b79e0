//! Gates that are written in another language: evidence goes out as plain data, a judgement comes back.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::gate::{Attached, CallbackGate, Evidence};
use crate::model::{LookedAt, Outcome, Reason, Verdict};
use crate::scan::Vex;

/// The other language's half of a gate.
#[async_trait]
pub trait Judge: Send + Sync + 'static {
    /// Judges the evidence, as [`evidence_json`] writes it. The answer is a verdict, or its reasons alone. An error, an
    /// exception included, stops the image.
    async fn judge(&self, evidence: Value) -> Result<Value>;
}

/// A gate whose judgement is made elsewhere.
///
/// # Errors
/// `Invalid` where the name is empty.
pub fn foreign_gate(name: impl Into<String>, judge: impl Judge) -> Result<CallbackGate> {
    let (name, judge) = (name.into(), Arc::new(judge));
    CallbackGate::new(name.clone(), move |evidence| {
        let (name, judge) = (name.clone(), Arc::clone(&judge));
        Box::pin(async move {
            let answer = judge.judge(evidence_json(evidence)?).await?;
            let judgement: Judgement = super::read("verdict of the gate", answer)?;
            let mut verdict = Verdict::new(&name, judgement.reasons, judgement.looked_at);
            // A stated outcome may be stricter than the reasons, never milder.
            verdict.outcome = judgement.outcome.map_or(verdict.outcome, |stated| stated.max(verdict.outcome));
            Ok(verdict)
        })
    })
}

/// A verdict as another language gives it: only the reasons are needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Judgement {
    /// Ignored: a gate speaks in its own name.
    #[serde(default, rename = "gate")]
    _gate: Option<String>,
    #[serde(default)]
    outcome: Option<Outcome>,
    reasons: Vec<Reason>,
    #[serde(default)]
    looked_at: Vec<LookedAt>,
}

/// The evidence as plain data. Its shape is documented in the type stubs of the bindings.
///
/// # Errors
/// `Invalid` where a signed predicate is not JSON.
pub fn evidence_json(evidence: &Evidence) -> Result<Value> {
    let platforms = evidence.platforms.iter().map(|(digest, platform)| json!({"digest": digest, "platform": platform}));
    let sboms = evidence.sboms.iter().map(|sbom| {
        let packages = sbom.value.listed().map(|package| {
            let licenses: Vec<&str> = package.effective_licenses().map(|license| license.text.as_str()).collect();
            json!({"name": package.name, "version": package.version, "purl": package.purl, "licenses": licenses})
        });
        let value = json!({
            "format": sbom.value.format.to_string(), "describes": sbom.value.describes, "packages": packages.collect::<Vec<_>>(),
        });
        attached(sbom, value)
    });
    Ok(json!({
        "image": evidence.image,
        "platforms": platforms.collect::<Vec<_>>(),
        "now": evidence.now,
        "sboms": sboms.collect::<Vec<_>>(),
        "reports": evidence.reports.iter().map(|report| attached(report, json!(report.value))).collect::<Vec<_>>(),
        "vex": evidence.vex.iter().map(|vex| attached(vex, vex_json(&vex.value))).collect::<Vec<_>>(),
        "signatures": evidence.signatures.iter().map(|s| attached(s, json!(s.value.value().digest))).collect::<Vec<_>>(),
        "statements": statements_json(evidence)?,
        "problems": problems_json(evidence),
    }))
}

fn vex_json(vex: &Vex) -> Value {
    let statements = vex.statements.iter().map(|statement| {
        let products = statement.products.iter().map(|product| {
            json!({"product": product.product.text, "component": product.component.as_ref().map(|it| &it.text)})
        });
        json!({
            "position": statement.position, "vulnerabilities": &*statement.vulnerabilities, "status": statement.status,
            "products": products.collect::<Vec<_>>(), "justification": statement.justification,
            "explanation": statement.explanation, "at": statement.at,
        })
    });
    json!({
        "format": vex.format.to_string(), "id": vex.id, "author": vex.author,
        "statements": statements.collect::<Vec<_>>(), "problems": vex.problems,
    })
}

pub(super) fn statements_json(evidence: &Evidence) -> Result<Vec<Value>> {
    let statements = evidence.statements.iter().map(|statement| {
        let said = statement.value.value();
        let value = json!({"predicateType": said.predicate_type, "predicate": said.predicate::<Value>()?});
        Ok(attached(statement, value))
    });
    statements.collect()
}

pub(super) fn problems_json(evidence: &Evidence) -> Vec<Value> {
    let problems = evidence.problems.iter().map(|problem| {
        json!({
            "what": problem.what, "digest": problem.digest, "kind": problem.kind.code(), "message": problem.message,
        })
    });
    problems.collect()
}

pub(super) fn attached<T>(piece: &Attached<T>, value: Value) -> Value {
    json!({
        "value": value,
        "digest": piece.digest,
        "about": piece.about,
        "found": piece.found.to_string(),
        "by": piece.by,
    })
}
