//! How what scanners found changed from one report to the next.

use std::collections::{BTreeMap, BTreeSet};

use super::events::{Event, EventKind};
use crate::gate::Evidence;
use crate::model::Digest;
use crate::scan::Report;

/// The most identifiers that are listed.
const MAX_LISTED: usize = 20;

/// Adds to each scan what is new and what is gone since the scan before it of the same manifest by the same scanner. Two
/// scanners that disagree are no change of the image.
pub(super) fn note(events: &mut [Event], evidence: &Evidence) {
    let reports: BTreeMap<&Digest, &Report> = evidence.reports.iter().map(|r| (&r.digest, &r.value)).collect();
    let mut before: BTreeMap<(Digest, String), BTreeSet<&str>> = BTreeMap::new();
    for event in events.iter_mut().filter(|event| event.kind == EventKind::Scanned && event.at.is_some()) {
        let Some(report) = reports.get(&event.digest) else { continue };
        let found: BTreeSet<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
        let scanner = (event.about.clone(), report.scanner.clone());
        if let Some(before) = before.get(&scanner) {
            for (name, ids) in [("new", found.difference(before)), ("gone", before.difference(&found))] {
                let ids: Vec<&str> = ids.copied().collect();
                if !ids.is_empty() {
                    let rest = ids.len().saturating_sub(MAX_LISTED);
                    let listed = ids.iter().take(MAX_LISTED).copied().collect::<Vec<_>>().join(", ");
                    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
                    *event = event.clone().fact(name, format!("{}: {listed}{more}", ids.len()));
                }
            }
        }
        before.insert(scanner, found);
    }
}
