//! What people are shown of a plan.

use serde_json::Value;

use super::*;

mod page;
mod wording;

fn plan(changes: Vec<Change>) -> Plan {
    Raw::canonical(PlanBody {
        version: PLAN_VERSION,
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        purpose: Purpose::Upkeep { what: "rotate robot".into() },
        policy: None,
        break_glass: None,
        deadlines: Deadlines::default(),
        verdicts: Vec::new(),
        changes,
        left_behind: Vec::new(),
    })
    .unwrap()
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// A change, as the file of a plan has it.
fn change(json: Value) -> Change {
    serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{error}: {json}"))
}
