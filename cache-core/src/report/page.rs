//! A page for people: what blocks and what would help, how bad it is, where it is, and each vulnerability.

use super::{links, words};
use crate::gate::{Assessment, Remedy, Tally, Vulnerability};
use crate::html::{Html, Part, bar, ring};
use crate::model::{Outcome, Verdict};
use crate::scan::Severity;

/// The most of a list; a page of a hundred thousand rows opens nowhere.
const MOST_ROWS: usize = 2_000;
const MOST_LISTED: usize = 200;

pub(super) fn write(assessment: &Assessment) -> String {
    let subject = words::subject(assessment);
    Html::page(&format!("Vulnerabilities of {subject}"), |html| {
        head(html, assessment, &subject);
        blocking(html, assessment);
        html.element("div", &[("class", "cards")], |html| {
            severities(html, &assessment.tallies);
            fixable(html, &assessment.tallies);
        });
        layers(html, assessment);
        reasons(html, assessment);
        vulnerabilities(html, &assessment.vulnerabilities);
        beside(html, assessment);
    })
}

fn head(html: &mut Html, assessment: &Assessment, subject: &str) {
    html.element("div", &[("class", "head")], |html| {
        let outcome = assessment.outcome().to_string();
        html.leaf(
            "span",
            &[("class", &format!("badge {outcome}"))],
            match assessment.allows() {
                true => "May go on",
                false => "Stopped",
            },
        );
        html.leaf("h1", &[], subject);
        if let Some(digest) = assessment.digest.as_ref().filter(|digest| !subject.contains(digest.as_str())) {
            html.element("p", &[("class", "soft small")], |html| html.leaf("code", &[], digest.as_str()));
        }
        let environment = assessment.environment.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
        html.leaf("p", &[("class", "soft small")], &format!("Judged{environment} at {}", assessment.at));
        let scans = assessment.scans.iter().take(MOST_LISTED).map(|scan| {
            let version = scan.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
            let data = scan.data_as_of.map(|at| format!(", data of {at}")).unwrap_or_default();
            format!("{}{version}: {} findings{data}", scan.scanner, scan.findings)
        });
        scans.for_each(|scan| html.leaf("p", &[("class", "soft small")], &scan));
    });
}

fn blocking(html: &mut Html, assessment: &Assessment) {
    let mut blocking = assessment.blocking().peekable();
    if blocking.peek().is_none() {
        return;
    }
    html.section("What blocks", |html| {
        html.element("ul", &[("class", "none")], |html| {
            for (gate, reason) in blocking.take(MOST_LISTED) {
                html.element("li", &[], |html| {
                    html.leaf(
                        "span",
                        &[("class", &format!("chip {}", reason.outcome))],
                        &format!("{gate}: {}", reason.code),
                    );
                    html.text(" ");
                    html.text(&reason.message);
                });
            }
        });
        if !assessment.remedies.is_empty() {
            html.leaf("h3", &[], "What would unblock it");
            html.element("ol", &[], |html| {
                assessment.remedies.iter().take(MOST_LISTED).for_each(|one| remedy(html, one));
            });
            more(html, assessment.remedies.len(), MOST_LISTED);
        }
    });
}

fn remedy(html: &mut Html, one: &Remedy) {
    html.element("li", &[], |html| {
        html.text(&words::remedy(one));
        html.element("details", &[], |html| {
            html.leaf("summary", &[("class", "small")], "which");
            html.leaf("p", &[("class", "small")], &one.resolves.join(", "));
        });
    });
}

/// A bar for each severity: what counts with a fix, without one, and what does not count.
fn severities(html: &mut Html, tallies: &[Tally]) {
    let scale = tallies.iter().map(|tally| tally.found).max().unwrap_or(0);
    html.section("Severities", |html| {
        html.element("div", &[("class", "rows")], |html| {
            for tally in tallies {
                let class = class(tally.severity);
                html.element("div", &[], |html| chip(html, tally.severity));
                let without_fix = tally.counting.saturating_sub(tally.counting_with_fix);
                let parts = [
                    Part { class, amount: tally.counting_with_fix },
                    Part { class: dim(tally.severity), amount: without_fix },
                    Part { class: "gone", amount: tally.excepted.saturating_add(tally.cleared) },
                ];
                let title = format!(
                    "{}: {} count, {} of them with a fix; {} excepted, {} cleared by VEX",
                    tally.severity, tally.counting, tally.counting_with_fix, tally.excepted, tally.cleared
                );
                bar(html, &title, &parts, scale, tally.max.map(|max| max as usize));
                let max = tally.max.map(|max| format!(" / {max}")).unwrap_or_default();
                html.leaf("p", &[("class", "amount")], &format!("{}{max}", tally.counting));
            }
        });
        let legend = "Full colour: has a fix. Pale: has none. Grey: excepted or cleared. The line is the limit.";
        html.leaf("p", &[("class", "soft small")], legend);
    });
}

fn fixable(html: &mut Html, tallies: &[Tally]) {
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).fold(0, usize::saturating_add);
    let (counting, with_fix) = (sum(|tally| tally.counting), sum(|tally| tally.counting_with_fix));
    html.section("Fixes", |html| {
        html.element("div", &[("class", "beside")], |html| {
            ring(html, &format!("{with_fix} of {counting} have a fix"), "fix", with_fix, counting);
            html.element("div", &[], |html| {
                html.leaf("p", &[], &format!("{with_fix} of {counting} that count have a fix."));
                html.leaf("p", &[("class", "soft")], &format!("{} have none.", counting.saturating_sub(with_fix)));
                let (excepted, cleared) = (sum(|tally| tally.excepted), sum(|tally| tally.cleared));
                html.leaf("p", &[("class", "soft")], &format!("{excepted} are excepted, {cleared} cleared by VEX."));
            });
        });
    });
}

fn layers(html: &mut Html, assessment: &Assessment) {
    let Some(packages) = assessment.packages.as_ref().filter(|packages| !packages.layers.is_empty()) else { return };
    let scale = packages.layers.first().map_or(0, |layer| layer.packages);
    html.section("Packages by layer", |html| {
        html.leaf(
            "p",
            &[("class", "soft small")],
            &format!("{} packages; coloured: those with vulnerabilities that count.", packages.total),
        );
        html.element("div", &[("class", "rows")], |html| {
            for layer in packages.layers.iter().take(MOST_LISTED) {
                let name: String = layer.layer.trim_start_matches("sha256:").chars().take(12).collect();
                let name = if name.is_empty() { "no layer" } else { &name };
                html.leaf("code", &[("title", &layer.layer)], name);
                let affected = layer.affected.min(layer.packages);
                let parts = [
                    Part { class: "high", amount: affected },
                    Part { class: "gone", amount: layer.packages - affected },
                ];
                let title = format!("{} packages, {} of them affected", layer.packages, affected);
                bar(html, &title, &parts, scale, None);
                html.leaf("p", &[("class", "amount small")], &format!("{} / {}", affected, layer.packages));
            }
        });
        more(html, packages.layers.len(), MOST_LISTED);
    });
}

/// What else the gates say.
fn reasons(html: &mut Html, assessment: &Assessment) {
    let verdicts = || std::iter::once(&assessment.verdict).chain(&assessment.gates);
    let told = |verdict: &&Verdict| verdict.reasons.iter().any(|reason| reason.outcome.allows());
    html.section("What the gates say", |html| {
        for verdict in verdicts().filter(told) {
            html.leaf("h3", &[], &verdict.gate);
            html.element("ul", &[("class", "none small")], |html| {
                let reasons = verdict.reasons.iter().filter(|reason| reason.outcome.allows());
                for reason in reasons.take(MOST_LISTED) {
                    html.element("li", &[], |html| {
                        let class = if reason.outcome == Outcome::Pass {
                            "plain".to_owned()
                        } else {
                            reason.outcome.to_string()
                        };
                        html.leaf("span", &[("class", &format!("chip {class}"))], &reason.outcome.to_string());
                        html.text(" ");
                        html.text(&reason.message);
                    });
                }
            });
            more(html, verdict.reasons.len(), MOST_LISTED);
        }
    });
}

const COLUMNS: [&str; 5] = ["Severity", "Vulnerability", "Package", "Fixed in", "State"];

fn vulnerabilities(html: &mut Html, all: &[Vulnerability]) {
    html.section("Vulnerabilities", |html| {
        if all.is_empty() {
            return html.leaf("p", &[], "None.");
        }
        html.table(&COLUMNS, all.iter().take(MOST_ROWS), |row, one| {
            row.cell(|html| {
                chip(html, one.severity);
                if let Some(score) = one.score {
                    html.leaf("span", &[("class", "soft small")], &format!(" {score}"));
                }
            });
            row.cell(|html| {
                link(html, &one.id);
                if one.exploited {
                    html.text(" ");
                    html.leaf("span", &[("class", "chip fail")], "exploited");
                }
                details(html, one);
            });
            row.cell(|html| {
                html.leaf("strong", &[], &one.package);
                html.leaf("div", &[("class", "soft mono")], &words::versions(one));
            });
            row.text(&words::fix(one));
            row.text(&words::state(one));
        });
        more(html, all.len(), MOST_ROWS);
    });
}

/// What is behind one vulnerability; it opens on demand.
fn details(html: &mut Html, one: &Vulnerability) {
    html.element("details", &[], |html| {
        html.leaf("summary", &[("class", "small")], "more");
        let mut facts: Vec<(&str, String)> = vec![
            ("Also known as", one.aliases.join(", ")),
            ("Severity by", one.severity_by.clone()),
            ("Other ratings", ratings(one)),
            ("Reported by", one.reported_by.join(", ")),
            ("According to", one.sources.join(", ")),
            ("Package URLs", one.purls.join(" ")),
            ("Layers", one.layers.join(" ")),
        ];
        facts.extend(one.epss.map(|epss| ("Likely to be exploited (EPSS)", percent(epss.probability))));
        facts.extend(words::why_not(one).map(|why| ("Does not count", why)));
        facts.extend(one.vex.iter().map(|said| ("VEX", words::statement(said))));
        html.element("ul", &[("class", "none small")], |html| {
            for (name, fact) in facts.iter().filter(|(_, fact)| !fact.is_empty()) {
                html.element("li", &[], |html| {
                    html.leaf("span", &[("class", "soft")], &format!("{name}: "));
                    html.text(fact);
                });
            }
        });
    });
}

fn percent(share: crate::scan::Share) -> String {
    format!("{:.2} %", f64::from(share.millionths()) / 10_000.0)
}

fn ratings(one: &Vulnerability) -> String {
    let word = |rating: &crate::scan::Rating| {
        let score = rating.score.map(|score| format!(" {score}")).unwrap_or_default();
        format!("{} {}{score}", rating.source, rating.severity)
    };
    one.ratings.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Exceptions, VEX, and what was not scanned.
fn beside(html: &mut Html, assessment: &Assessment) {
    if !assessment.exceptions.is_empty() {
        html.section("Exceptions", |html| {
            html.table(&["Exception", "State", "Means"], assessment.exceptions.iter().take(MOST_LISTED), |row, one| {
                row.text(&one.exception);
                row.text(&one.state);
                row.text(&one.means.join(", "));
            });
            more(html, assessment.exceptions.len(), MOST_LISTED);
        });
    }
    if !assessment.vex.is_empty() {
        html.section("VEX documents", |html| {
            let names = ["Document", "Format", "Author", "Trusted", "Statements that match"];
            html.table(&names, assessment.vex.iter().take(MOST_LISTED), |row, vex| {
                row.cell(|html| html.leaf("code", &[], vex.document.short()));
                row.text(&vex.format.to_string());
                let author = vex.author.as_deref().unwrap_or("not named");
                row.text(
                    &vex.signed_by.as_ref().map_or_else(|| author.to_owned(), |by| format!("{author}, signed by {by}")),
                );
                row.text(if vex.trusted { "yes" } else { "no" });
                row.text(&format!("{} of {}", vex.matched, vex.statements));
            });
        });
    }
    let gaps = || assessment.notes.iter().filter(|note| !note.is_answer());
    if gaps().next().is_some() {
        html.section("Not scanned or not decided", |html| {
            html.table(&["Package", "Why", "In words"], gaps().take(MOST_LISTED), |row, note| {
                row.text(&format!("{} {}", note.package, note.version.as_deref().unwrap_or_default()));
                row.text(&note.code);
                row.text(&note.message);
            });
            more(html, gaps().count(), MOST_LISTED);
        });
    }
}

fn more(html: &mut Html, all: usize, shown: usize) {
    if all > shown {
        html.leaf(
            "p",
            &[("class", "soft")],
            &format!("{} more are not shown here; the JSON report has them.", all - shown),
        );
    }
}

fn link(html: &mut Html, id: &str) {
    match links::about(id) {
        Some(page) => html.leaf("a", &[("href", &page), ("rel", "noreferrer noopener")], id),
        None => html.text(id),
    }
}

fn chip(html: &mut Html, severity: Severity) {
    html.leaf("span", &[("class", &format!("chip {}", class(severity)))], &severity.to_string());
}

fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Negligible => "negligible",
        Severity::Unknown => "unknown",
    }
}

fn dim(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical dim",
        Severity::High => "high dim",
        Severity::Medium => "medium dim",
        Severity::Low => "low dim",
        Severity::Negligible => "negligible dim",
        Severity::Unknown => "unknown dim",
    }
}
