//! The story as a page that stands alone, with a line of time.

use super::events::{Event, EventKind, Standing};
use super::{Story, Unusable};
use crate::html::{Html, Point, timeline};

/// The most of a list; a page of a hundred thousand events opens nowhere.
const MOST: usize = 2_000;

impl Story {
    /// The story as one page of HTML: no script, nothing that is fetched, light or dark as the reader's machine is. Text from
    /// outside is escaped.
    pub fn html(&self) -> String {
        let subject = self.reference.to_string();
        Html::page(&format!("The story of {subject}"), |html| {
            html.element("div", &[("class", "head")], |html| {
                html.leaf("h1", &[], &subject);
                html.element("p", &[("class", "soft small")], |html| {
                    html.leaf("code", &[], self.image.digest.as_str())
                });
                let platforms: Vec<&str> = self.platforms.iter().filter_map(|p| p.platform.as_deref()).collect();
                let platforms =
                    if platforms.is_empty() { String::new() } else { format!("{}; ", platforms.join(", ")) };
                html.leaf("p", &[("class", "soft small")], &format!("{platforms}told at {}", self.told_at));
                self.line_of_time(html);
            });
            html.section("What happened", |html| {
                if self.events.is_empty() {
                    html.leaf("p", &[], "Nothing is known.");
                }
                html.element("ul", &[("class", "life")], |html| {
                    self.events.iter().take(MOST).for_each(|event| tell(html, event));
                });
                more(html, self.events.len());
            });
            if !self.problems.is_empty() {
                html.section("What could not be used", |html| {
                    let shown = self.problems.iter().take(MOST);
                    html.table(&["What", "Digest", "Why"], shown, |row, Unusable { what, digest, why }| {
                        row.text(what);
                        row.cell(|html| html.leaf("code", &[], digest.short()));
                        row.text(why);
                    });
                    more(html, self.problems.len());
                });
            }
        })
    }

    /// A point for each event that has a date, from the first to when the story was told.
    fn line_of_time(&self, html: &mut Html) {
        let dated = || self.events.iter().filter_map(|event| Some((event.at?, event)));
        let Some(first) = dated().map(|(at, _)| at).min() else { return };
        let last = dated().map(|(at, _)| at).max().unwrap_or(first).max(self.told_at);
        let whole = last.since(first).as_secs().max(1) as f64;
        let points: Vec<Point> = dated()
            .take(MOST)
            .map(|(at, event)| Point {
                class: point(event),
                at: at.since(first).as_secs() as f64 / whole,
                title: format!("{at}: {}", event.title),
            })
            .collect();
        timeline(html, "What happened when", &points);
        html.element("p", &[("class", "soft small ends")], |html| {
            html.leaf("span", &[], &first.to_string());
            html.leaf("span", &[], &last.to_string());
        });
        html.leaf("p", &[("class", "soft small")], "Full: signed by somebody who is trusted. Hollow: only claimed.");
    }
}

fn point(event: &Event) -> &'static str {
    match (&event.standing, event.kind) {
        (Standing::Verified { .. }, EventKind::Promoted) if is_loud(event) => "point loud",
        (Standing::Verified { .. }, EventKind::Promoted) => "point promoted",
        (Standing::Verified { .. }, _) => "point",
        (Standing::Claimed, _) => "point claimed",
    }
}

/// Whether a gate was overruled.
fn is_loud(event: &Event) -> bool {
    event.facts.iter().any(|fact| fact.name == "justification")
}

fn tell(html: &mut Html, event: &Event) {
    html.element("li", &[("class", if is_loud(event) { "loud" } else { "" })], |html| {
        let at = event.at.map_or("no date".to_owned(), |at| at.to_string());
        html.leaf("p", &[("class", "soft small")], &at);
        html.element("h3", &[], |html| {
            html.text(&event.title);
            html.text(" ");
            match &event.standing {
                Standing::Verified { .. } => html.leaf("span", &[("class", "chip pass")], "verified"),
                Standing::Claimed => html.leaf("span", &[("class", "chip plain")], "only claimed"),
            }
        });
        if let (Standing::Verified { by }, true) = (&event.standing, event.kind != EventKind::Signed) {
            html.leaf("p", &[("class", "small")], &format!("Signed by {by}"));
        }
        if !event.facts.is_empty() {
            html.element("dl", &[("class", "small")], |html| {
                for fact in &event.facts {
                    html.leaf("dt", &[], &fact.name);
                    html.leaf("dd", &[], &fact.value);
                }
            });
        }
        html.element("p", &[("class", "soft small")], |html| {
            html.text(&event.found);
            html.text(" ");
            html.leaf("code", &[], event.digest.short());
        });
    });
}

fn more(html: &mut Html, all: usize) {
    if all > MOST {
        html.leaf("p", &[("class", "soft small")], &format!("{} more are not shown.", all - MOST));
    }
}
