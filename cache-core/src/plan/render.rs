//! What a person reads before approving.

use std::fmt;

use super::{Change, Content, DeleteTarget, Expected, Form, Plan, Purpose, Role};
use crate::model::Tag;
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

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Copy(op) => {
                // The sizes are what a manifest says: no sum of them may turn into a small one.
                let bytes = op.blobs.iter().fold(op.size, |bytes, blob| bytes.saturating_add(blob.size));
                let role = match &op.role {
                    Role::Image => "image".to_owned(),
                    Role::Child => "child".to_owned(),
                    Role::Referrer(subject) => format!("referrer of {}", subject.short()),
                };
                write!(f, "copy {role} {} to {} ({} blobs, {bytes} bytes)", op.digest, op.to, op.blobs.len())
            }
            Change::Attach(op) => match &op.content {
                Content::Document { media_type, digest, .. } => {
                    write!(f, "attach {media_type} {digest} to {}", op.subject.digest)
                }
                Content::Statement { predicate_type, annotations, form, signer, .. } => {
                    write!(f, "attach {predicate_type} to {}, signed by {signer}", op.subject.digest)?;
                    for (name, value) in annotations {
                        write!(f, ", {name}={value}")?;
                    }
                    if *form == Form::CosignTag { write!(f, ", under cosign's tag") } else { Ok(()) }
                }
            },
            Change::AddLayers(op) => {
                let layers: Vec<_> = op.layers.iter().map(|layer| layer.digest.short().to_string()).collect();
                write!(f, "add {} to what {}:{} lists: {}", op.layers.len(), op.to, op.tag, layers.join(", "))
            }
            Change::SetTag(op) => match &op.expected {
                Expected::Absent => write!(f, "new tag {}:{} -> {}", op.repository, op.tag, op.to),
                Expected::At(old) => write!(f, "MOVE tag {}:{} from {old} -> {}", op.repository, op.tag, op.to),
            },
            Change::Delete(op) => match &op.target {
                DeleteTarget::Tag(tag) => write!(f, "DELETE tag {}:{tag} ({})", op.repository, op.expected),
                DeleteTarget::Manifest => {
                    let tags: Vec<&str> = op.tags.iter().map(Tag::as_str).collect();
                    let tags = if tags.is_empty() { String::new() } else { format!(": {}", tags.join(", ")) };
                    write!(f, "DELETE manifest {}@{} with its tags{tags}", op.repository, op.expected)
                }
            },
            Change::Administer(op) => write!(f, "{op}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Descriptor, Digest, Repository};
    use crate::plan::CopyManifest;

    #[test]
    fn blobs_of_impossible_sizes_are_not_shown_as_small_ones() {
        let repository = Repository::parse("registry.example/app").unwrap();
        let blob = Descriptor::new("layer", Digest::of(b"layer"), 1 << 63);
        let change = Change::Copy(CopyManifest {
            from: repository.clone(),
            to: repository,
            digest: Digest::of(b"manifest"),
            media_type: String::new(),
            size: 1,
            role: Role::Image,
            blobs: vec![blob.clone(), blob],
        });
        assert!(change.to_string().contains(&format!("{} bytes", u64::MAX)), "{change}");
    }
}
