//! One vulnerability in one package, however many reports tell of it and under whichever of its names.

use std::collections::{BTreeSet, HashMap};

use super::{Finding, Severity};

/// What several reports say of one vulnerability in one package.
#[derive(Debug)]
pub(crate) struct Merged<'a> {
    /// The worst of the severities.
    pub(crate) severity: Severity,
    /// The findings, by their place in the input.
    pub(crate) findings: Vec<usize>,
    /// Its name: a CVE id where one of the findings has it.
    pub(crate) id: &'a str,
    /// The package's name.
    pub(crate) package: &'a str,
    versions: BTreeSet<&'a str>,
}

impl std::fmt::Display for Merged<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let versions: Vec<&str> = self.versions.iter().copied().take(5).collect();
        write!(f, "{} in {} {}", self.id, self.package, versions.join(", "))
    }
}

/// The names under which one thing about a vulnerability is the same as another: its id, and its aliases unless several of them
/// are CVEs. Such an advisory is about several vulnerabilities, and is none of them.
pub(crate) fn identities<'n>(
    id: &'n str,
    aliases: impl Iterator<Item = &'n str> + Clone,
) -> impl Iterator<Item = &'n str> {
    let cves = aliases.clone().chain([id]).filter(|id| is_cve(id)).collect::<BTreeSet<_>>().len();
    std::iter::once(id).chain(aliases.filter(move |alias| cves < 2 || !is_cve(alias)))
}

/// The [`identities`] of a finding.
pub(crate) fn identities_of(finding: &Finding) -> impl Iterator<Item = &str> {
    identities(&finding.id, finding.aliases.iter().map(String::as_str))
}

fn is_cve(id: &str) -> bool {
    id.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("CVE-"))
}

/// Merges findings; the result is sorted, worst first, and does not depend on the order of the reports.
pub(crate) fn merge<'a>(findings: &[&'a Finding]) -> Vec<Merged<'a>> {
    let mut groups = Groups::of(findings.len());
    let mut by_package: HashMap<(String, String), usize> = HashMap::new();
    let mut by_name: HashMap<(String, String), usize> = HashMap::new();
    let (with_purl, without): (Vec<usize>, Vec<usize>) = (0..findings.len()).partition(|&i| findings[i].purl.is_some());
    for &i in with_purl.iter().chain(&without) {
        let finding = findings[i];
        let name = finding.package.to_ascii_lowercase();
        for id in identities_of(finding).map(str::to_ascii_lowercase) {
            // Two packages of one name may be of two ecosystems; a finding without a purl joins the first.
            let other = match &finding.purl {
                Some(purl) => *by_package.entry((id.clone(), package_of(purl))).or_insert(i),
                None => *by_name.entry((id.clone(), name.clone())).or_insert(i),
            };
            groups.join(i, other);
            by_name.entry((id, name.clone())).or_insert(i);
        }
    }
    let mut merged: HashMap<usize, Merged<'a>> = HashMap::new();
    for (i, &finding) in findings.iter().enumerate() {
        let best = || identities_of(finding).find(|id| is_cve(id)).unwrap_or(&finding.id);
        let group = merged.entry(groups.root(i)).or_insert_with(|| Merged {
            severity: finding.severity,
            findings: Vec::new(),
            id: best(),
            package: &finding.package,
            versions: BTreeSet::new(),
        });
        group.severity = group.severity.max(finding.severity);
        group.findings.push(i);
        group.versions.insert(&finding.version);
        let id = best();
        group.id = if (is_cve(id), group.id) > (is_cve(group.id), id) { id } else { group.id };
        group.package = group.package.min(&finding.package);
    }
    let mut merged: Vec<_> = merged.into_values().collect();
    merged.sort_by(|a, b| (b.severity, a.id, a.package, &a.versions).cmp(&(a.severity, b.id, b.package, &b.versions)));
    merged
}

/// Type, namespace and name of a purl.
pub(super) fn package_of(purl: &str) -> String {
    let bare = purl.split(['?', '#']).next().unwrap_or_default();
    bare.rsplit_once('@').map_or(bare, |(name, _)| name).to_ascii_lowercase()
}

/// Which of some things belong together, however many steps are between them.
#[derive(Debug)]
pub(crate) struct Groups {
    parent: Vec<usize>,
}

impl Groups {
    /// So many things, each alone.
    pub(crate) fn of(count: usize) -> Self {
        Groups { parent: (0..count).collect() }
    }

    /// The first of the things that belong with this one.
    pub(crate) fn root(&mut self, mut i: usize) -> usize {
        while self.parent[i] != i {
            self.parent[i] = self.parent[self.parent[i]];
            i = self.parent[i];
        }
        i
    }

    /// Says that two belong together.
    pub(crate) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(id: &str, aliases: &[&str], severity: Severity, purl: &str) -> Finding {
        Finding {
            id: id.into(),
            aliases: aliases.iter().map(|&a| a.to_owned()).collect(),
            severity,
            package: "lib".into(),
            version: "1".into(),
            purl: Some(purl.to_owned()).filter(|p| !p.is_empty()),
            ..Finding::default()
        }
    }

    #[test]
    fn aliases_are_followed_from_report_to_report_and_the_worst_severity_counts() {
        let all = [
            finding("CVE-1", &[], Severity::Low, "pkg:npm/lib@1?x=y"),
            finding("PYSEC-1", &["GHSA-1"], Severity::Critical, "pkg:npm/lib@2"),
            finding("GHSA-1", &["CVE-1"], Severity::High, "pkg:npm/LIB@1"),
            finding("cve-1", &[], Severity::Unknown, ""),
        ];
        let merged = merge(&all.iter().collect::<Vec<_>>());
        assert_eq!((merged.len(), merged[0].severity, merged[0].findings.len()), (1, Severity::Critical, 4));
        assert!(merged[0].id.eq_ignore_ascii_case("CVE-1"));
    }

    #[test]
    fn another_package_or_ecosystem_is_another_vulnerability() {
        let all = [
            finding("CVE-1", &[], Severity::Low, "pkg:npm/lib@1"),
            finding("CVE-1", &[], Severity::Low, "pkg:deb/debian/lib@1"),
            finding("CVE-2", &[], Severity::Low, "pkg:npm/lib@1"),
        ];
        assert_eq!(merge(&all.iter().collect::<Vec<_>>()).len(), 3);
    }

    #[test]
    fn an_advisory_for_several_vulnerabilities_swallows_none_of_them() {
        let all = [
            finding("ADV-1", &["CVE-1", "CVE-2"], Severity::High, "pkg:rpm/r/lib@1"),
            finding("CVE-1", &[], Severity::High, "pkg:rpm/r/lib@1"),
            finding("CVE-2", &[], Severity::High, "pkg:rpm/r/lib@1"),
        ];
        assert_eq!(merge(&all.iter().collect::<Vec<_>>()).len(), 3);
    }

    #[test]
    fn the_order_of_the_reports_does_not_matter() {
        let all = [
            finding("CVE-1", &[], Severity::Low, ""),
            finding("GHSA-1", &["CVE-1"], Severity::High, "pkg:npm/lib@1"),
            finding("CVE-3", &[], Severity::High, "pkg:npm/lib@1"),
        ];
        let text = |order: [usize; 3]| {
            let findings: Vec<_> = order.iter().map(|&i| &all[i]).collect();
            merge(&findings).iter().map(|m| format!("{m} {}", m.severity)).collect::<Vec<_>>()
        };
        assert_eq!(text([0, 1, 2]), ["CVE-1 in lib 1 high", "CVE-3 in lib 1 high"]);
        assert_eq!(text([0, 1, 2]), text([2, 1, 0]));
        assert_eq!(text([0, 1, 2]), text([1, 0, 2]));
    }
}
