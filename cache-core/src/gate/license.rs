//! No licence that the rules refuse.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;

use super::coverage::listed;
use super::sbom::sort;
use super::{Evidence, PromotionGate, exception};
use crate::error::Result;
use crate::model::{Outcome, Reason, Timestamp, Verdict};
use crate::sbom::license::{Assessment, LicenseRules, Standing};
use crate::sbom::{Package, license};
use crate::scan::{Exception, Treatment};

/// Assesses the licence of every package in the SBOMs of the image. Without an SBOM it fails.
#[derive(Debug, Clone, Default)]
pub struct LicenseGate {
    /// Which licences are wanted.
    pub rules: LicenseRules,
    /// What a licence that is absent or cannot be understood amounts to.
    pub unknown: Treatment,
    /// Packages in which a denied licence does not count. The id is a pattern of the licence's id.
    pub exceptions: Vec<Exception>,
    /// Whether only signed SBOMs count.
    pub require_signed: bool,
}

#[async_trait]
impl PromotionGate for LicenseGate {
    fn name(&self) -> &str {
        "license"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let sorted = sort(evidence, self.require_signed);
        let mut reasons = sorted.reasons;
        if !sorted.counted.is_empty() {
            let mut found = Findings::default();
            for sbom in sorted.counted {
                let here = |exception: &&Exception| {
                    let digests = [&evidence.image.digest, &sbom.about];
                    exception.digest.as_ref().is_none_or(|digest| digests.contains(&digest))
                };
                let exceptions: Vec<&Exception> = self.exceptions.iter().filter(here).collect();
                for package in sbom.value.listed() {
                    found.add(&self.rules, &exceptions, evidence.now, package);
                }
            }
            reasons.extend(self.exceptions.iter().map(|exception| found.exception(exception, evidence)));
            reasons.extend(found.reasons(self.unknown));
        }
        Ok(Verdict::new(self.name(), reasons, evidence.sboms.iter().map(|s| s.looked_at("sbom")).collect()))
    }
}

/// What was found, each line once however many SBOMs say it.
#[derive(Default)]
struct Findings<'a> {
    assessed: HashMap<&'a str, Assessment>,
    standing: BTreeMap<String, Standing>,
    denied: BTreeSet<String>,
    unknown: BTreeSet<String>,
    chosen: BTreeSet<String>,
    /// What each exception meant, by the exception in words.
    excepted: HashMap<String, BTreeSet<String>>,
}

impl<'a> Findings<'a> {
    fn add(&mut self, rules: &LicenseRules, exceptions: &[&Exception], now: Timestamp, package: &'a Package<'_>) {
        let name = format!("{} {}", package.name, package.version.as_deref().unwrap_or("")).trim().to_owned();
        let mut stated = package.effective_licenses().map(|license| license.text.as_str()).peekable();
        if stated.peek().is_none() {
            self.unknown.insert(format!("{name}: no licence is stated"));
            self.note(name.clone(), Standing::Unknown);
        }
        for text in stated {
            let assessment = self.assessed.entry(text).or_insert_with(|| rules.assess(text));
            let stated = shortened(text);
            let line = || format!("{name}: {stated}: {}", assessment.because.join(", "));
            let means = |exception: &&&Exception| {
                exception.is_for_package(&package.name, package.purl.as_deref())
                    && assessment.denied.iter().all(|id| license::excepts(&exception.id, id))
            };
            let mut excepted = false;
            for exception in exceptions.iter().filter(means).filter(|_| assessment.standing == Standing::Denied) {
                self.excepted.entry(exception.to_string()).or_default().insert(line());
                excepted |= !exception.is_expired(now);
            }
            // What is unknown beside the denied licence is not excepted with it.
            let unknown_too = assessment.because.len() > assessment.denied.len();
            let standing = match assessment.standing {
                Standing::Denied if excepted && unknown_too => Standing::Unknown,
                Standing::Denied if excepted => Standing::Allowed,
                standing => standing,
            };
            match standing {
                Standing::Denied => drop(self.denied.insert(line())),
                Standing::Unknown => drop(self.unknown.insert(line())),
                Standing::Allowed if assessment.choice => {
                    let why = match &assessment.against_others[..] {
                        [] => String::new(),
                        against => format!(", as {}", against.join(", ")),
                    };
                    self.chosen.insert(format!("{name}: {} of {stated}{why}", assessment.chosen));
                }
                Standing::Allowed => {}
            }
            self.note(name.clone(), standing);
        }
    }

    fn note(&mut self, name: String, standing: Standing) {
        let worst = self.standing.entry(name).or_insert(standing);
        *worst = standing.max(*worst);
    }

    fn exception(&self, exception: &Exception, evidence: &Evidence) -> Reason {
        let meant: Vec<String> = self.excepted.get(&exception.to_string()).into_iter().flatten().cloned().collect();
        if exception.is_expired(evidence.now) {
            exception::expired(exception, &meant)
        } else if meant.is_empty() {
            exception::unused(exception, evidence, Outcome::Warn)
        } else {
            exception::covers(exception, &meant, Outcome::Fail)
        }
    }

    fn reasons(self, unknown: Treatment) -> Vec<Reason> {
        let count = |standing| self.standing.values().filter(|s| **s == standing).count();
        let text = |what: &str, standing, lines: &BTreeSet<String>| {
            let lines: Vec<String> = lines.iter().cloned().collect();
            format!("{} packages {what}: {}", count(standing), listed(&lines))
        };
        let allowed = format!("{} packages have an allowed licence", count(Standing::Allowed));
        let mut reasons = vec![Reason::pass("allowed-licenses", allowed)];
        if !self.denied.is_empty() {
            let message = text("have a denied licence", Standing::Denied, &self.denied);
            reasons.push(Reason::fail("denied-license", message));
        }
        if !self.unknown.is_empty() {
            let message = text("have a licence that is not known", Standing::Unknown, &self.unknown);
            reasons.push(Reason::of(unknown.outcome(), "unknown-license", message));
        }
        if !self.chosen.is_empty() {
            let lines: Vec<String> = self.chosen.iter().cloned().collect();
            reasons.push(Reason::pass("chosen-licenses", format!("chosen: {}", listed(&lines))));
        }
        reasons
    }
}

/// A whole licence text in the place of its name is not worth showing.
fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    let one_line: String = text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MOST).is_some() { format!("{one_line}…") } else { one_line }
}
