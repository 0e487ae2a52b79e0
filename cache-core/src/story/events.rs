//! From evidence to events: one function for each kind of thing that can be known about an image.

use serde::Serialize;
use serde_json::Value;

use super::Deployment;
use crate::gate::{Attached, Build, Evidence, SLSA_V1, SLSA_V02, TEST_RESULT_TYPE};
use crate::model::{Digest, Identity, Timestamp};
use crate::promote::{ApprovalRecord, BREAK_GLASS_TYPE, PROMOTION_TYPE, PromotionRecord, VSA_TYPE};
use crate::sbom::Sbom;
use crate::scan::{Report, Severity};
use crate::sign::{COSIGN_SIGN_TYPE, ImageSignature, Statement, Verified};

/// One thing that happened to an image, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// When, where that is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What kind of thing it is.
    pub kind: EventKind,
    /// What happened, in a line.
    pub title: String,
    /// Details, in the order in which they are worth reading.
    pub facts: Vec<Fact>,
    /// How much it can be relied on.
    pub standing: Standing,
    /// The digest of what says so.
    pub digest: Digest,
    /// The manifest that it is about: the image, or a platform of it.
    pub about: Digest,
    /// Where it was found, such as `referrer`.
    pub found: String,
}

/// What kinds of things happen to images, in the order of a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// It was built.
    Built,
    /// What is in it was written down.
    Described,
    /// It was searched for vulnerabilities.
    Scanned,
    /// It was tried out.
    Tested,
    /// Somebody vouched for it.
    Signed,
    /// Something else was said about it.
    Stated,
    /// A policy was applied to it.
    Judged,
    /// It was promoted.
    Promoted,
    /// It runs somewhere.
    Deployed,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is, such as `builder`.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}

/// How much an event can be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Standing {
    /// Somebody who is trusted signed it.
    Verified {
        /// Who.
        by: Identity,
    },
    /// Whoever could push could write it.
    Claimed,
}

impl Event {
    fn of<T>(piece: &Attached<T>, kind: EventKind, title: impl Into<String>) -> Self {
        Event {
            at: None,
            kind,
            title: title.into(),
            facts: Vec::new(),
            standing: piece.by.clone().map_or(Standing::Claimed, |by| Standing::Verified { by }),
            digest: piece.digest.clone(),
            about: piece.about.clone(),
            found: piece.found.to_string(),
        }
    }

    /// The same at this time.
    pub(super) fn at(self, at: Option<Timestamp>) -> Self {
        Event { at, ..self }
    }

    /// The same with one more fact.
    pub(super) fn fact(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.push(Fact { name: name.to_owned(), value: value.to_string() });
        self
    }

    /// The same with a fact for each value.
    fn facts<V: ToString>(self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        values.into_iter().fold(self, |event, value| event.fact(name, value))
    }

    /// What an inventory says.
    pub(super) fn deployed(deployment: &Deployment) -> Self {
        Event {
            at: deployment.since,
            kind: EventKind::Deployed,
            title: format!("Runs in {}", deployment.place),
            facts: Vec::new(),
            standing: Standing::Claimed,
            digest: deployment.digest.clone(),
            about: deployment.digest.clone(),
            found: "inventory".to_owned(),
        }
    }
}

/// What the evidence tells. An SBOM or a report that a statement holds is told as such, and not again as a statement.
pub(super) fn of(evidence: &Evidence) -> Vec<Event> {
    let mut events: Vec<Event> = evidence.sboms.iter().map(described).collect();
    events.extend(evidence.reports.iter().map(scanned));
    events.extend(evidence.signatures.iter().map(signed));
    let told: Vec<Digest> = events.iter().map(|event| event.digest.clone()).collect();
    events.extend(evidence.statements.iter().filter(|s| !told.contains(&s.digest)).map(stated));
    events
}

fn described(sbom: &Attached<Sbom<'static>>) -> Event {
    let (value, created) = (&sbom.value, sbom.value.metadata.created.as_ref());
    Event::of(sbom, EventKind::Described, format!("{} packages written down", value.listed().count()))
        .at(created.and_then(|text| Timestamp::parse(text).ok()))
        .fact("format", &value.format)
        .facts("tool", value.metadata.tools.iter().map(|tool| tool.to_string()))
}

fn scanned(report: &Attached<Report>) -> Event {
    let found = &report.value;
    let counted = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Negligible]
        .into_iter()
        .chain([Severity::Unknown])
        .map(|severity| (severity, found.findings.iter().filter(|f| f.severity == severity).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect::<Vec<_>>();
    let title = match counted.is_empty() {
        true => "Scanned: nothing found".to_owned(),
        false => format!("Scanned: {}", counted.join(", ")),
    };
    let version = found.scanner_version.as_deref().unwrap_or_default();
    let event = Event::of(report, EventKind::Scanned, title)
        .at(found.scanned_at)
        .fact("scanner", format!("{} {version}", found.scanner).trim())
        .facts("data as of", found.data_as_of);
    match found.notes.len() {
        0 => event,
        undecided => event.fact("not decided", undecided),
    }
}

fn signed(signature: &Attached<Verified<ImageSignature>>) -> Event {
    let by = signature.value.by();
    let annotations = signature.value.value().annotations.iter().map(|(name, value)| format!("{name}={value}"));
    Event::of(signature, EventKind::Signed, format!("Signed by {by}")).facts("annotation", annotations)
}

fn stated(statement: &Attached<Verified<Statement>>) -> Event {
    let value = statement.value.value();
    let told = match value.predicate_type.as_str() {
        SLSA_V1 | SLSA_V02 => built(statement),
        TEST_RESULT_TYPE => tested(statement),
        PROMOTION_TYPE | BREAK_GLASS_TYPE => promoted(statement),
        VSA_TYPE => judged(statement),
        COSIGN_SIGN_TYPE => {
            Some(Event::of(statement, EventKind::Signed, format!("Signed by {}", statement.value.by())))
        }
        _ => None,
    };
    told.unwrap_or_else(|| {
        Event::of(statement, EventKind::Stated, "Something was stated").fact("type", &value.predicate_type)
    })
}

fn built(statement: &Attached<Verified<Statement>>) -> Option<Event> {
    let value = statement.value.value();
    let build = Build::of(value, statement.value.by()).ok()?;
    let predicate = value.predicate::<Value>().ok()?;
    let ended = ["/runDetails/metadata/finishedOn", "/metadata/buildFinishedOn", "/runDetails/metadata/startedOn"];
    let run = ["/runDetails/metadata/invocationId", "/metadata/buildInvocationId", "/metadata/buildInvocationID"];
    let event = Event::of(statement, EventKind::Built, format!("Built by {}", build.builder))
        .at(ended.iter().find_map(|at| time(predicate.pointer(at)?)))
        .facts("source", distinct(build.sources))
        .facts("ref", distinct(build.refs))
        .fact("build type", build.build_type);
    Some(event.facts("run", run.iter().find_map(|at| predicate.pointer(at)?.as_str().map(str::to_owned))))
}

fn distinct(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.dedup();
    texts
}

fn tested(statement: &Attached<Verified<Statement>>) -> Option<Event> {
    let predicate = statement.value.value().predicate::<Value>().ok()?;
    let result = predicate["result"].as_str()?;
    let count = |name: &str| predicate[name].as_array().map(Vec::len).filter(|count| *count > 0);
    let event = Event::of(statement, EventKind::Tested, format!("Tested: {result}"));
    Some(event.facts("passed", count("passedTests")).facts("failed", count("failedTests")))
}

fn promoted(statement: &Attached<Verified<Statement>>) -> Option<Event> {
    let record = PromotionRecord::read(statement.value.value())?;
    let how = match (&record.break_glass, record.rollback) {
        (Some(_), _) => "PROMOTED BY BREAK-GLASS",
        (None, true) => "Put back",
        (None, false) => "Promoted",
    };
    let event = Event::of(statement, EventKind::Promoted, format!("{how} to {}", record.environment))
        .at(Some(record.at))
        .facts("justification", record.break_glass.as_ref().map(|glass| &glass.justification))
        .facts("expires", record.break_glass.as_ref().map(|glass| glass.expires));
    let event = record
        .approvals
        .iter()
        .fold(event, approved)
        .fact("requested by", &record.requester)
        .fact("from", &record.from)
        .fact("to", &record.to)
        .facts("in the place of", record.replaced)
        .facts("gate", record.verdicts.iter().map(|verdict| format!("{}: {}", verdict.gate, verdict.outcome)))
        .fact("plan", &record.plan);
    Some(event.facts("policy", record.policy))
}

/// An approval, and the words that came with it. Of an approval that nobody signed they are what somebody is said to have said.
fn approved(event: Event, approval: &ApprovalRecord) -> Event {
    let ApprovalRecord { approver, kind, at, comment, expires, reference, .. } = approval;
    let until = expires.map(|by| format!(", until {by}")).unwrap_or_default();
    let words = if kind.is_signed() { "comment, signed" } else { "said" };
    let comment = comment.as_ref().map(|comment| format!("{approver}: {comment}"));
    event
        .fact("approved by", format!("{approver}, by {}, {at}{until}", kind.as_str()))
        .facts(words, comment)
        .facts("known by", reference)
}

fn judged(statement: &Attached<Verified<Statement>>) -> Option<Event> {
    let predicate = statement.value.value().predicate::<Value>().ok()?;
    let text = |at: &str| predicate.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let result = text("/verificationResult")?;
    let event = Event::of(statement, EventKind::Judged, format!("Policy applied: {result}"))
        .at(time(&predicate["timeVerified"]))
        .facts("verifier", text("/verifier/id"))
        .facts("resource", text("/resourceUri"))
        .facts("policy", text("/policy/uri").or_else(|| text("/policy/digest/sha256")));
    Some(event)
}

fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?).ok()
}
