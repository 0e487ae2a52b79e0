//! Cache's own scanner: the packages of an SBOM against a [`Database`], in this process and without a network.
//!
//! Which version scheme counts is the advisory's to say. A package is looked up by its purl: type, namespace and name, for
//! packages of an operating system in their release, and also under the source package's name and version. Nothing is guessed from CPE
//! names. What cannot be decided is a [`Note`] of the report, never silence.

mod distribution;
mod groups;
mod installed;
mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;

use self::distribution::{Distribution, Unknown};
use self::groups::{Judged, Outcome, outcome};
use self::installed::Installed;
use self::judge::{Answer, Query, judge};
use super::database::{Database, Names};
use super::ecosystem::Ecosystem;
use super::{Finding, Note, Report, ScanTarget, Scanner, ScannerInfo};
use crate::error::Result;
use crate::generate::{Generator, NativeGenerator};
use crate::model::Timestamp;
use crate::sbom::catalog::OWNER;
use crate::sbom::{Kind, Sbom};

/// The scanner that needs no other program.
#[derive(Debug, Clone)]
pub struct EmbeddedScanner {
    database: Arc<Database>,
}

impl EmbeddedScanner {
    /// With this database.
    pub fn new(database: Arc<Database>) -> Self {
        EmbeddedScanner { database }
    }

    /// What the database says of the packages of an SBOM. The same SBOM and database give the same report; only `now` is written
    /// into it.
    ///
    /// # Errors
    /// `Untrusted` where the database turns out to be damaged.
    pub fn scan_sbom(&self, sbom: &Sbom<'_>, now: Timestamp) -> Result<Report> {
        let mut scan =
            Scan { database: &self.database, system: system(sbom), report: self.report(sbom, now), own: Vec::new() };
        let mut cleared: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for package in sbom.listed() {
            match Installed::of(package) {
                Ok(installed) => {
                    let is_of_system = installed.is_of_system();
                    let outcome = scan.package(&installed)?;
                    if is_of_system {
                        cleared.insert(package.id.as_str(), outcome.cleared);
                    }
                    let owner = package.properties.iter().find(|(name, _)| name == OWNER).map(|(_, id)| id.as_str());
                    scan.own.extend(outcome.findings.into_iter().map(|finding| (finding, owner)));
                    scan.report.notes.extend(outcome.notes);
                }
                Err(note) => scan.report.notes.push(*note),
            }
        }
        Ok(scan.finish(&cleared))
    }

    fn report(&self, sbom: &Sbom<'_>, now: Timestamp) -> Report {
        let info = self.info();
        Report {
            scanner: info.name,
            scanner_version: info.version,
            scanned_at: Some(now),
            data_as_of: info.data_as_of,
            subjects: sbom.describes.clone(),
            packages: Some(sbom.listed().count() as u64),
            ..Report::default()
        }
    }
}

#[async_trait]
impl Scanner for EmbeddedScanner {
    fn info(&self) -> ScannerInfo {
        ScannerInfo {
            name: "cache".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            data_as_of: self.database.info().data_as_of,
        }
    }

    async fn scan(&self, target: ScanTarget<'_>) -> Result<Report> {
        let target = match target {
            ScanTarget::Sbom(sbom) => return self.scan_sbom(sbom, Timestamp::now()),
            ScanTarget::Of(target) => target,
        };
        let sbom = NativeGenerator::default().generate(target).await?;
        self.scan_sbom(&sbom, Timestamp::now())
    }
}

/// The operating system, where the SBOM has it as a package of its own.
fn system(sbom: &Sbom<'_>) -> Option<Distribution> {
    let system = sbom.packages.iter().find(|package| package.kind == Kind::OperatingSystem)?;
    Some(Distribution::new(&system.name, system.version.as_deref().unwrap_or_default()))
}

impl Installed<'_> {
    /// Whether a distribution made it.
    fn is_of_system(&self) -> bool {
        matches!(self.purl.kind(), "deb" | "apk" | "rpm")
    }
}

struct Scan<'s> {
    database: &'s Database,
    system: Option<Distribution>,
    report: Report,
    /// The findings, each with the package of the system that owns the files of its package.
    own: Vec<(Finding, Option<&'s str>)>,
}

impl Scan<'_> {
    fn package(&mut self, installed: &Installed<'_>) -> Result<Outcome> {
        let alone = |note: Box<Note>| Outcome { notes: vec![*note], ..Outcome::default() };
        if matches!(installed.version.as_str(), "(devel)" | "(unknown)") {
            return Ok(alone(installed.note("no-version", "it was built from a folder and has no version")));
        }
        if installed.is_kernel_headers() {
            let message = "headers carry none of the kernel's code: the kernel's advisories are not applied to them";
            return Ok(alone(installed.note("kernel-headers", message)));
        }
        let (ecosystem, borrowed) = match self.ecosystem(installed) {
            Ok(found) => found,
            Err(note) => return Ok(alone(note)),
        };
        let Some(scheme) = ecosystem.scheme() else { return Ok(Outcome::default()) };
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let queries = queries(installed);
        let mut records = Vec::new();
        for (query, buffer) in queries.into_iter().zip([&mut first, &mut second]) {
            let found = self.database.advisories(&ecosystem, &ecosystem.normalise(query.name), buffer)?;
            records.extend(found.into_iter().map(|record| (query, record)));
        }
        let judged = records.iter().map(|(query, record)| Judged {
            record,
            answer: judge(record, installed, *query, scheme),
            by_source: query.role == Names::Source,
        });
        let judged: Vec<_> = judged.filter(|judged| judged.answer != Answer::Elsewhere).collect();
        let mut outcome = outcome(installed, &judged, scheme);
        outcome.notes.extend(borrowed.map(|note| *note));
        Ok(outcome)
    }

    /// Where the package is looked up, with a note where that is another distribution's.
    fn ecosystem(&self, installed: &Installed<'_>) -> Result<(Ecosystem, Option<Box<Note>>), Box<Note>> {
        let purl_type = installed.purl.kind();
        if !installed.is_of_system() {
            let Some(ecosystem) = Ecosystem::language(purl_type) else {
                return Err(
                    installed.note("other-ecosystem", format!("packages of type {purl_type:?} are in no database"))
                );
            };
            return match self.database.knows(&ecosystem) {
                true => Ok((ecosystem, None)),
                false => Err(installed.note("no-data", format!("the database knows nothing of {ecosystem}"))),
            };
        }
        let mut distribution = Distribution::of_purl(&installed.purl);
        if let (false, Some(system)) = (distribution.is_complete(), &self.system) {
            distribution = system.clone();
        }
        match distribution.ecosystem(purl_type, |ecosystem| self.database.knows(ecosystem)) {
            Ok(ecosystem) if distribution.owns(&ecosystem) => Ok((ecosystem, None)),
            Ok(ecosystem) => {
                let message = format!(
                    "the database knows nothing of {distribution}: it was judged by {ecosystem}, which that rebuilds"
                );
                Ok((ecosystem, Some(installed.note("other-distribution", message))))
            }
            Err(Unknown::Release(id)) => {
                let what = if id.is_empty() {
                    "nothing says of which distribution it is".to_owned()
                } else {
                    format!("nothing says of which release of {id} it is")
                };
                Err(installed.note("unknown-release", what))
            }
            Err(Unknown::Data(candidates)) => {
                let names: Vec<_> = candidates.iter().map(Ecosystem::as_str).collect();
                Err(installed.note("no-data", format!("the database knows nothing of {}", names.join(" or "))))
            }
        }
    }
}

/// The names and versions to look for: of what is installed, and of what that was built from.
fn queries<'q>(installed: &'q Installed<'_>) -> Vec<Query<'q>> {
    let own = Query { name: &installed.name, version: &installed.version, role: Names::Binary, has_epoch: true };
    let both = vec![Query { role: Names::Both, ..own }];
    let Some(source) = &installed.source else { return both };
    // The file name of a source rpm of the same name says less than the package.
    if source.name == installed.name && (source.version == installed.version || !source.has_epoch) {
        return both;
    }
    let built =
        Query { name: &source.name, version: &source.version, role: Names::Source, has_epoch: source.has_epoch };
    vec![own, built]
}

impl Scan<'_> {
    /// Leaves out what a distribution has settled for files that it owns, and puts the rest in order.
    fn finish(mut self, cleared: &BTreeMap<&str, BTreeSet<String>>) -> Report {
        for (finding, owner) in std::mem::take(&mut self.own) {
            let names = || std::iter::once(&finding.id).chain(&finding.aliases);
            let settled =
                owner.and_then(|owner| cleared.get(owner)).is_some_and(|by| names().any(|name| by.contains(name)));
            match (settled, owner) {
                (true, Some(owner)) => self.report.notes.push(Note {
                    code: "fixed-by-distribution".to_owned(),
                    message: format!("its files belong to {owner}, and the distribution's advisory says that this version of it is not affected"),
                    package: finding.package,
                    version: Some(finding.version),
                    purl: finding.purl,
                    advisories: vec![finding.id],
                }),
                _ => self.report.findings.push(finding),
            }
        }
        let order = |finding: &Finding| {
            (finding.package.clone(), finding.version.clone(), finding.purl.clone(), finding.id.clone())
        };
        self.report.findings.sort_by_cached_key(order);
        self.report.findings.dedup();
        self.report.notes.sort();
        self.report.notes.dedup();
        self.report
    }
}

#[cfg(test)]
mod tests;
