//! What people are told, whatever the channel.

use serde::{Deserialize, Serialize};

use super::Listed;
use crate::model::{Digest, Pinned};
use crate::plan::{Change, Plan, Purpose};
use crate::scan::{Report, Severity};

/// How soon somebody has to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// When there is time.
    #[default]
    Normal,
    /// Soon.
    High,
    /// Now.
    Critical,
}

/// A message: a title, facts, lists, and the plan that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line.
    pub title: String,
    /// Names and values, the most important first.
    pub facts: Vec<(String, String)>,
    /// What is longer than a fact: what a plan changes and leaves behind.
    pub lists: Vec<Listed>,
    /// How soon somebody has to look.
    pub urgency: Urgency,
    /// The plan that is to be approved or denied; `None` where nothing is asked.
    pub plan: Option<Digest>,
}

impl Message {
    /// Asks for an answer to this plan. The facts are the plan's: its kind, what goes where, what the gates said, its deadlines, its
    /// digest; and its changes in the words of the plan, the gravest first.
    pub fn of_plan(plan: &Plan, urgency: Urgency) -> Self {
        let mut facts = Vec::new();
        let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
        match &plan.purpose {
            Purpose::Promotion { from, image, to } => {
                fact("Image", image.digest.to_string());
                fact("Source", from.to_string());
                fact("Target", to.to_string());
            }
            Purpose::Rollback { to, image } => {
                fact("Image", image.digest.to_string());
                fact("Tag", to.to_string());
            }
            Purpose::Attaching { to, image } => {
                fact("Image", image.digest.to_string());
                fact("Reference", to.to_string());
            }
            Purpose::Upkeep { what } | Purpose::Retention { what, .. } | Purpose::Restoring { what, .. } => {
                fact("What", what.clone());
            }
        }
        let title = plan.title();
        let title = if plan.break_glass.is_some() { format!("BREAK-GLASS: {title}") } else { title };
        if let Some(glass) = &plan.break_glass {
            fact("Justification", glass.justification.clone());
            fact("Not executed after", glass.expires.to_string());
        }
        for verdict in &plan.verdicts {
            let worst = verdict.reasons.first().map(|reason| format!(": {}", reason.message)).unwrap_or_default();
            fact(&format!("Gate {}", verdict.gate), format!("{}{worst}", verdict.outcome));
        }
        fact("Requester", plan.requester.clone());
        if let Some(reason) = &plan.reason {
            fact("Reason", reason.clone());
        }
        if let Some(by) = plan.deadlines.approve_by {
            fact("Approve by", by.to_string());
        }
        if let Some(by) = plan.deadlines.execute_by {
            fact("Execute by", by.to_string());
        }
        let deletions = plan.changes.iter().filter(|change| matches!(change, Change::Delete(_))).count();
        let deleted = if deletions > 0 { format!(", {deletions} of them DELETE") } else { String::new() };
        fact("Changes", format!("{}{deleted}", plan.changes.len()));
        fact("Plan", plan.digest().to_string());
        let changes = Listed::first(MAX_CHANGES, "What will change", &plan.by_weight());
        let left_behind = Listed::first(MAX_LEFT_BEHIND, "What is left behind", &plan.left_behind);
        let lists = changes.into_iter().chain(left_behind).collect();
        Message { title, facts, lists, urgency, plan: Some(plan.digest().clone()) }
    }

    /// Tells what a scan of an image found. Nothing is asked.
    pub fn of_report(image: &Pinned, report: &Report) -> Self {
        let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
        let (critical, high) = (count(Severity::Critical), count(Severity::High));
        let urgency = match (critical, high) {
            (0, 0) => Urgency::Normal,
            (0, _) => Urgency::High,
            _ => Urgency::Critical,
        };
        let mut worst: Vec<_> = report.findings.iter().collect();
        worst.sort_by(|a, b| (b.severity, &a.id).cmp(&(a.severity, &b.id)));
        let mut facts = vec![
            ("Image".to_owned(), image.to_string()),
            ("Scanner".to_owned(), report.scanner.clone()),
            ("Found".to_owned(), format!("{critical} critical, {high} high, {} in all", report.findings.len())),
        ];
        facts.extend(worst.into_iter().take(MAX_TOLD).map(|finding| {
            let fixed = finding.fixed_in.as_ref().map_or("no fix".to_owned(), |version| format!("fixed in {version}"));
            (finding.id.clone(), format!("{} {} {}, {fixed}", finding.severity, finding.package, finding.version))
        }));
        let title = format!("Vulnerabilities in {}", image.repository);
        Message { title, facts, lists: Vec::new(), urgency, plan: None }
    }

    /// All of it as plain text.
    pub(super) fn text(&self) -> String {
        let facts = self.facts.iter().map(|(name, value)| format!("{name}: {value}"));
        let lists = self.lists.iter().flat_map(|list| std::iter::once(list.heading()).chain(list.whole()));
        std::iter::once(self.title.clone()).chain(facts).chain(lists).collect::<Vec<_>>().join("\n")
    }
}

/// The most findings that a message names, the most changes, and the most of what is left behind.
const MAX_TOLD: usize = 5;
const MAX_CHANGES: usize = 20;
const MAX_LEFT_BEHIND: usize = 10;
