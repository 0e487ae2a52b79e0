//! What somebody decided to live with.

use std::fmt;

use super::Finding;
use crate::model::{Digest, Timestamp};

/// A vulnerability or a denied licence that does not count, where, who says so, why and until when.
///
/// Only the id has to be there; a verdict says which of the rest is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The id of the vulnerability, or an alias of it; for a licence, a pattern of its id.
    pub id: String,
    /// The package: its name, or a purl with or without its version, or the beginning of a purl and `*`. Absent means any.
    pub package: Option<String>,
    /// The image or platform image. Absent means any.
    pub digest: Option<Digest>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it is acceptable.
    pub reason: Option<String>,
    /// The first instant at which it does not apply any more.
    pub expires: Option<Timestamp>,
    /// Where it is tracked.
    pub ticket: Option<String>,
}

impl Exception {
    /// An exception for this id, in any package of any image, for ever.
    pub fn of(id: impl Into<String>) -> Self {
        let id = id.into();
        Exception { id, package: None, digest: None, owner: None, reason: None, expires: None, ticket: None }
    }

    /// Whether it has run out.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }

    /// Whether it means this finding. Wherever that is in doubt, it does not.
    pub fn means(&self, finding: &Finding) -> bool {
        let named = super::merge::identities_of(finding).any(|id| id.eq_ignore_ascii_case(&self.id));
        named && self.is_for_package(&finding.package, finding.purl.as_deref())
    }

    /// Whether it is for this package, or for any. A purl may end in `*`, which stands for any rest.
    pub(crate) fn is_for_package(&self, name: &str, purl: Option<&str>) -> bool {
        self.package.as_deref().is_none_or(|package| is_package(package, name, purl))
    }

    /// What is missing of it, in words.
    pub fn missing(&self) -> Option<String> {
        let owner = self.owner.is_none().then_some("no owner");
        let expiry = self.expires.is_none().then_some("no expiry");
        let missing: Vec<&str> = owner.into_iter().chain(expiry).collect();
        (!missing.is_empty()).then(|| missing.join(" and "))
    }
}

fn is_package(package: &str, name: &str, purl: Option<&str>) -> bool {
    if !package.starts_with("pkg:") {
        return package.eq_ignore_ascii_case(name);
    }
    let Some(found) = purl else { return false };
    let bare = |purl: &str| purl.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let (wanted, found) = (bare(package), bare(found));
    match wanted.strip_suffix('*') {
        Some(start) => found.starts_with(start),
        None => wanted == found || found.rsplit_once('@').is_some_and(|(name, _)| name == wanted),
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        if let Some(package) = &self.package {
            write!(f, " in {package}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, " of {}", digest.short())?;
        }
        let mut details = Vec::new();
        details.extend(self.owner.as_ref().map(|owner| format!("owner {owner}")));
        details.extend(self.reason.as_ref().map(|reason| format!("reason: {reason}")));
        details.extend(self.expires.map(|expires| format!("until {expires}")));
        details.extend(self.ticket.as_ref().map(|ticket| format!("ticket {ticket}")));
        details.extend(self.missing());
        write!(f, " ({})", details.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Severity;

    fn finding(purl: Option<&str>) -> Finding {
        Finding {
            id: "GHSA-1".into(),
            aliases: vec!["CVE-1".into()],
            severity: Severity::High,
            package: "lib".into(),
            version: "1.1".into(),
            purl: purl.map(str::to_owned),
            ..Finding::default()
        }
    }

    #[test]
    fn an_id_or_an_alias_names_the_finding() {
        assert!(Exception::of("cve-1").means(&finding(None)) && Exception::of("GHSA-1").means(&finding(None)));
        assert!(!Exception::of("CVE-11").means(&finding(None)) && !Exception::of("").means(&finding(None)));
    }

    #[test]
    fn an_advisory_for_several_vulnerabilities_is_not_excepted_by_one_of_them() {
        let advisory = Finding { aliases: vec!["CVE-1".into(), "CVE-2".into()], ..finding(None) };
        assert!(!Exception::of("CVE-1").means(&advisory) && Exception::of("GHSA-1").means(&advisory));
    }

    #[test]
    fn a_package_is_named_by_name_or_purl() {
        let of = |package: &str| Exception { package: Some(package.into()), ..Exception::of("CVE-1") };
        let found = finding(Some("pkg:npm/lib@1.1?arch=x"));
        for package in ["lib", "LIB", "pkg:npm/lib", "pkg:npm/lib@1.1", "pkg:npm/*"] {
            assert!(of(package).means(&found), "{package}");
        }
        for package in ["li", "pkg:npm/lib@1.2", "pkg:pypi/lib", "pkg:npm/li", "pkg:npm/x*", ""] {
            assert!(!of(package).means(&found), "{package}");
        }
        assert!(!of("pkg:npm/lib").means(&finding(None)));
    }

    #[test]
    fn it_applies_until_the_second_before_it_expires() {
        let at = |t| Timestamp::from_unix(t).unwrap();
        let exception = Exception { expires: Some(at(100)), ..Exception::of("CVE-1") };
        assert!(!exception.is_expired(at(99)) && exception.is_expired(at(100)));
        assert!(!Exception::of("CVE-1").is_expired(at(100)));
    }
}
