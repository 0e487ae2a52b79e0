//! What a person reads before approving.

use super::{Plan, Purpose};
use crate::visible;

impl Plan {
    /// The plan in words, made of its bytes alone: what is approved is what is shown.
    pub fn render(&self) -> String {
        let mut lines = vec![format!("Plan {}", self.digest())];
        lines.extend(match &self.purpose {
            Purpose::Promotion { from, image, to } => vec![
                format!("  Promote to {}: {from}", self.environment),
                format!("  Image      {image}"),
                format!("  Target     {to}"),
            ],
            Purpose::Rollback { to, image } => {
                vec![format!("  PUT BACK in {}: {to}", self.environment), format!("  Image      {image}")]
            }
            Purpose::Attaching { to, image } => {
                vec![format!("  Attach in {}: {to}", self.environment), format!("  Image      {image}")]
            }
            Purpose::Upkeep { what } => vec![format!("  Upkeep of {}: {what}", self.environment)],
            Purpose::Retention { what, stays } => {
                let mut lines = vec![format!("  Clean up {}: {what}", self.environment), "  What stays".to_owned()];
                lines.extend(stays.iter().map(|stays| {
                    let (tags, untagged) = (stays.tags.len(), stays.untagged.len());
                    format!("    {}: {tags} tags, {untagged} images without a tag", stays.repository)
                }));
                lines
            }
            Purpose::Restoring { what, file } => {
                vec![format!("  Restore in {}: {what}", self.environment), format!("  File       {file}")]
            }
        });
        lines.push(format!("  Requester  {}", self.requester));
        lines.extend(self.reason.iter().map(|reason| format!("  Reason     {reason}")));
        lines.extend(self.policy.iter().map(|policy| format!("  Policy     {policy}")));
        lines.extend(self.break_glass.iter().flat_map(|glass| {
            [
                "  BREAK-GLASS: THE GATES ARE OVERRULED".to_owned(),
                format!("    Justification  {}", glass.justification),
                format!("    Expires        {}", glass.expires),
            ]
        }));
        lines.extend(self.deadlines.approve_by.iter().map(|by| format!("  Approve by {by}")));
        lines.extend(self.deadlines.execute_by.iter().map(|by| format!("  Execute by {by}")));
        lines.push("  Gates".to_owned());
        if self.verdicts.is_empty() {
            lines.push("    none".to_owned());
        }
        for verdict in &self.verdicts {
            lines.push(format!("    {}: {}", verdict.gate, verdict.outcome));
            lines.extend(verdict.reasons.iter().map(|reason| format!("      {}: {}", reason.outcome, reason.message)));
        }
        lines.push(format!("  Changes ({})", self.changes.len()));
        lines.extend(self.changes.iter().map(|change| format!("    {change}")));
        if !self.left_behind.is_empty() {
            lines.push("  Left behind".to_owned());
            lines.extend(self.left_behind.iter().map(|what| format!("    {what}")));
        }
        lines.iter().map(|line| visible::line(line)).collect::<Vec<_>>().join("\n")
    }
}
