//! Markdown for the summary of a job. GitHub refuses more than 1 MiB as a whole, so it is cut before, and says so.

use super::{links, words};
use crate::gate::{Assessment, Vulnerability};
use crate::model::Outcome;
use crate::visible;

/// The most bytes, with room for what the job itself adds.
const MOST: usize = 1_000_000;
/// Of other lists than that of the vulnerabilities.
const MOST_LISTED: usize = 200;

pub(super) fn write(assessment: &Assessment) -> String {
    let mut out = format!("## {} {}\n\n", visible::markdown(&words::subject(assessment)), words::verdict(assessment));
    let environment =
        assessment.environment.as_ref().map(|name| format!(" for {}", visible::markdown(name))).unwrap_or_default();
    out.push_str(&format!("Judged{environment} at {}.\n\n", assessment.at));
    let mut others = Vec::new();
    for verdict in std::iter::once(&assessment.verdict).chain(&assessment.gates) {
        for reason in verdict.reasons.iter().filter(|reason| reason.outcome != Outcome::Pass) {
            others.push(format!(
                "**{}** {}: {}",
                reason.outcome,
                visible::markdown(&verdict.gate),
                visible::markdown(&reason.message)
            ));
        }
    }
    list(&mut out, None, others.into_iter());
    list(
        &mut out,
        Some("What would unblock it"),
        assessment.remedies.iter().map(|remedy| visible::markdown(&words::remedy(remedy))),
    );
    tallies(&mut out, assessment);
    let after = after(assessment);
    vulnerabilities(&mut out, &assessment.vulnerabilities, MOST.saturating_sub(after.len()));
    out.push_str(&after);
    out
}

fn tallies(out: &mut String, assessment: &Assessment) {
    out.push_str(
        "| severity | counts | with a fix | excepted | cleared by VEX | allowed |\n|---|--:|--:|--:|--:|--:|\n",
    );
    for tally in &assessment.tallies {
        let max = tally.max.map_or_else(|| "any".to_owned(), |max| max.to_string());
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {max} |\n",
            tally.severity, tally.counting, tally.counting_with_fix, tally.excepted, tally.cleared
        ));
    }
    out.push('\n');
}

/// As many as there is room for, the worst first.
fn vulnerabilities(out: &mut String, all: &[Vulnerability], most: usize) {
    if all.is_empty() {
        return;
    }
    out.push_str("### Vulnerabilities\n\n| severity | id | package | installed | fixed in | state |\n|---|---|---|---|---|---|\n");
    // Room for the sentence below.
    let most = most.saturating_sub(200);
    for (shown, one) in all.iter().enumerate() {
        let id = match links::about(&one.id) {
            Some(page) => format!("[{}]({page})", visible::markdown(&one.id)),
            None => visible::markdown(&one.id),
        };
        let exploited = if one.exploited { " (exploited)" } else { "" };
        let row = format!(
            "| {}{exploited} | {id} | {} | {} | {} | {} |\n",
            one.severity,
            visible::markdown(&one.package),
            visible::markdown(&words::versions(one)),
            visible::markdown(&words::fix(one)),
            visible::markdown(&words::state(one))
        );
        if out.len() + row.len() > most {
            let left = all.len() - shown;
            out.push_str(&format!("\n**{left} more are not shown**: the summary would be larger than 1 MiB.\n"));
            break;
        }
        out.push_str(&row);
    }
    out.push('\n');
}

/// What stands below the vulnerabilities.
fn after(assessment: &Assessment) -> String {
    let mut out = String::new();
    let exceptions = assessment.exceptions.iter();
    list(
        &mut out,
        Some("Exceptions"),
        exceptions.map(|it| format!("{}: {}", visible::markdown(&it.state), visible::markdown(&it.exception))),
    );
    let vex = assessment.vex.iter().map(|vex| {
        let author = vex.signed_by.as_ref().or(vex.author.as_ref()).map_or("nobody who is named", String::as_str);
        let trusted = if vex.trusted { "" } else { ", not trusted" };
        format!(
            "{} by {}{trusted}: {} of {} statements match",
            vex.format,
            visible::markdown(author),
            vex.matched,
            vex.statements
        )
    });
    list(&mut out, Some("VEX"), vex);
    let notes = assessment.notes.iter().filter(|note| !note.is_answer());
    let notes = notes.map(|note| {
        format!(
            "{} ({}): {}",
            visible::markdown(&note.package),
            visible::markdown(&note.code),
            visible::markdown(&note.message)
        )
    });
    list(&mut out, Some("Not scanned"), notes);
    let scans = assessment.scans.iter().map(|scan| {
        let version =
            scan.version.as_ref().map(|version| format!(" {}", visible::markdown(version))).unwrap_or_default();
        let at = scan.scanned_at.map(|at| format!(", scanned at {at}")).unwrap_or_default();
        let data = scan.data_as_of.map(|at| format!(", data of {at}")).unwrap_or_default();
        format!("{}{version}: {} findings{at}{data}", visible::markdown(&scan.scanner), scan.findings)
    });
    list(&mut out, Some("Scans"), scans);
    out
}

/// A list, cut where it is long.
fn list(out: &mut String, heading: Option<&str>, items: impl Iterator<Item = String>) {
    let mut count = 0;
    for item in items {
        if count == 0
            && let Some(heading) = heading
        {
            out.push_str(&format!("### {heading}\n\n"));
        }
        count += 1;
        if count <= MOST_LISTED {
            out.push_str(&format!("- {item}\n"));
        }
    }
    if count > MOST_LISTED {
        out.push_str(&format!("- and {} more, which are not shown\n", count - MOST_LISTED));
    }
    if count > 0 {
        out.push('\n');
    }
}
