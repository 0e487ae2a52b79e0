//! The plan as a page, for whoever has to approve it.

use super::{Plan, Purpose, Stays};
use crate::html::Html;
use crate::model::Verdict;

/// The most of a list; a page of a hundred thousand changes opens nowhere. What is cut off is counted.
const MOST: usize = 2_000;

impl Plan {
    /// The plan as one page of HTML, made of its bytes alone: no script, nothing that is fetched, light or dark as the reader's
    /// machine is. Text from outside is escaped.
    pub fn html(&self) -> String {
        let title = self.title();
        Html::page(&title, |html| {
            self.head(html, &title);
            if let Some(glass) = &self.break_glass {
                html.element("section", &[("class", "alarm")], |html| {
                    html.leaf("h2", &[], "BREAK-GLASS: the gates are overruled");
                    html.leaf("p", &[], &glass.justification);
                    html.leaf("p", &[("class", "small")], &format!("Not executed after {}", glass.expires));
                });
            }
            html.section("What the gates said", |html| {
                if self.verdicts.is_empty() {
                    html.leaf("p", &[], "No gate was asked.");
                }
                self.verdicts.iter().for_each(|verdict| judged(html, verdict));
            });
            html.section(&format!("What will change ({})", self.changes.len()), |html| self.changed(html));
            if !self.left_behind.is_empty() {
                html.section("What is left behind", |html| {
                    html.element("ul", &[], |html| self.left_behind.iter().for_each(|what| html.leaf("li", &[], what)));
                });
            }
        })
    }

    /// What kind of plan it is, and for which environment.
    pub(crate) fn title(&self) -> String {
        match &self.purpose {
            Purpose::Promotion { .. } => format!("Promotion to {}", self.environment),
            Purpose::Rollback { .. } => format!("Rollback in {}", self.environment),
            Purpose::Attaching { .. } => format!("Attaching in {}", self.environment),
            Purpose::Upkeep { .. } => format!("Upkeep of {}", self.environment),
            Purpose::Retention { .. } => format!("Cleaning up {}", self.environment),
            Purpose::Restoring { .. } => format!("Restoring in {}", self.environment),
        }
    }

    fn changed(&self, html: &mut Html) {
        let hidden = self.changes.len().saturating_sub(MOST);
        // Numbers say in which order the changes are made, and stand only where all of them are shown.
        let (list, changes) = if hidden > 0 { ("ul", self.by_weight()) } else { ("ol", self.changes.iter().collect()) };
        if hidden > 0 {
            let told = "What is deleted, moved or signed stands first.";
            let more = format!("{hidden} more changes are not shown here; the plan's file has them. {told}");
            html.leaf("p", &[], &more);
        }
        html.element(list, &[], |html| {
            for change in changes.into_iter().take(MOST) {
                let name = if change.takes_away() { "strong" } else { "span" };
                html.element("li", &[], |html| html.leaf(name, &[], &change.to_string()));
            }
        });
    }

    fn head(&self, html: &mut Html, title: &str) {
        let mut facts = match &self.purpose {
            Purpose::Promotion { from, image, to } => {
                vec![("From", from.to_string()), ("Image", image.digest.to_string()), ("To", to.to_string())]
            }
            Purpose::Rollback { to, image } | Purpose::Attaching { to, image } => {
                vec![("Reference", to.to_string()), ("Image", image.digest.to_string())]
            }
            Purpose::Upkeep { what } => vec![("What", what.clone())],
            Purpose::Retention { what, stays } => {
                let stay = |stays: &Stays| {
                    let (tags, untagged) = (stays.tags.len(), stays.untagged.len());
                    ("Stays", format!("{}: {tags} tags, {untagged} images without a tag", stays.repository))
                };
                std::iter::once(("What", what.clone())).chain(stays.iter().map(stay)).collect()
            }
            Purpose::Restoring { what, file } => vec![("What", what.clone()), ("File", file.to_string())],
        };
        facts.push(("Requester", self.requester.clone()));
        facts.extend(self.reason.iter().map(|reason| ("Reason", reason.clone())));
        facts.extend(self.policy.iter().map(|policy| ("Policy", policy.to_string())));
        facts.extend(self.deadlines.approve_by.iter().map(|by| ("Approve by", by.to_string())));
        facts.extend(self.deadlines.execute_by.iter().map(|by| ("Execute by", by.to_string())));
        html.element("div", &[("class", "head")], |html| {
            html.leaf("h1", &[], title);
            html.element("dl", &[], |html| {
                for (name, value) in &facts {
                    html.leaf("dt", &[], name);
                    html.leaf("dd", &[], value);
                }
            });
            html.leaf("p", &[("class", "soft small")], "What is approved is this digest:");
            html.element("p", &[], |html| html.leaf("code", &[], self.digest().as_str()));
        });
    }
}

fn judged(html: &mut Html, verdict: &Verdict) {
    html.element("h3", &[], |html| {
        html.leaf("span", &[("class", &format!("chip {}", verdict.outcome))], &verdict.outcome.to_string());
        html.text(" ");
        html.text(&verdict.gate);
    });
    html.element("ul", &[], |html| {
        for reason in verdict.reasons.iter().take(MOST) {
            html.leaf("li", &[], &format!("{}: {}", reason.outcome, reason.message));
        }
    });
    if !verdict.looked_at.is_empty() {
        html.element("details", &[], |html| {
            html.leaf("summary", &[("class", "small")], &format!("looked at {}", verdict.looked_at.len()));
            html.element("ul", &[("class", "small")], |html| {
                for seen in verdict.looked_at.iter().take(MOST) {
                    html.leaf("li", &[], &format!("{} {}, {}", seen.what, seen.digest.short(), seen.source));
                }
            });
        });
    }
}
