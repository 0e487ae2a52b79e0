//! The story as Markdown, for a page of a project or the summary of a job.

use std::fmt::Write;

use super::events::{Event, Standing};
use super::{Story, Unusable};
use crate::visible::markdown;

impl Story {
    /// The story as Markdown (CommonMark with tables). Text from outside is escaped: it can neither make markup nor break a
    /// line.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "# The story of {}\n", markdown(&self.reference.to_string()))?;
        writeln!(out, "Image {}, told at {}.\n", code(&self.image.to_string()), self.told_at)?;
        for platform in &self.platforms {
            let name = platform.platform.as_deref().unwrap_or("no platform stated");
            writeln!(out, "- {}: {}", markdown(name), code(platform.digest.as_str()))?;
        }
        writeln!(out, "\n## What happened\n")?;
        if self.events.is_empty() {
            writeln!(out, "Nothing is known.")?;
        }
        for event in &self.events {
            write_event(out, event)?;
        }
        if !self.problems.is_empty() {
            writeln!(out, "\n## What could not be used\n")?;
            for Unusable { what, digest, why } in &self.problems {
                writeln!(out, "- {} {}: {}", markdown(what), code(digest.short()), markdown(why))?;
            }
        }
        Ok(())
    }
}

fn write_event(out: &mut String, event: &Event) -> std::fmt::Result {
    let at = event.at.map_or("no date".to_owned(), |at| at.to_string());
    writeln!(out, "### {}\n", markdown(&event.title))?;
    let standing = match &event.standing {
        Standing::Verified { by } => format!("**verified**, signed by {}", markdown(&by.to_string())),
        Standing::Claimed => "only claimed".to_owned(),
    };
    writeln!(out, "{at}, {standing}; {} {}\n", markdown(&event.found), code(event.digest.short()))?;
    for fact in &event.facts {
        writeln!(out, "- {}: {}", markdown(&fact.name), markdown(&fact.value))?;
    }
    if !event.facts.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// Text as code. Our own digests and references hold no backtick; a reference is checked when it is parsed.
fn code(text: &str) -> String {
    format!("`{text}`")
}
