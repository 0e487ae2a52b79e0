//! From what an SBOM says of the operating system to the ecosystems in which its packages are looked up.

use crate::model::Purl;
use crate::scan::distribution::{Named, is_rolling};
use crate::scan::ecosystem::Ecosystem;

/// A distribution and its release, as the SBOM has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Distribution(Named);

/// Rebuilds of another distribution, whose advisories hold where they have none of their own.
const REBUILDS: &[(&str, &str)] =
    &[("almalinux", "redhat"), ("centos", "redhat"), ("rocky", "redhat"), ("scientific", "redhat")];

/// Distributions whose advisories are about a major release as a whole.
const BY_MAJOR: &[&str] = &[
    "almalinux",
    "amzn",
    "azurelinux",
    "centos",
    "debian",
    "mariner",
    "ol",
    "photon",
    "redhat",
    "rocky",
    "scientific",
];

/// Why packages of an operating system cannot be looked up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// Nothing says which release it is. It is never taken for the newest.
    Release(String),
    /// The database has none of these.
    Data(Vec<Ecosystem>),
}

impl Distribution {
    /// By `ID` and `VERSION_ID`, or what stands for them.
    pub(super) fn new(id: &str, release: &str) -> Distribution {
        Distribution(Named::new(id, release))
    }

    /// What a purl says in `distro`, or as Docker's SBOMs do in `os_name` and `os_version`; else only the namespace.
    pub(super) fn of_purl(purl: &Purl) -> Distribution {
        let namespace = purl.namespace().unwrap_or_default();
        let system = || {
            Named::new(purl.qualifier("os_name").unwrap_or(namespace), purl.qualifier("os_version").unwrap_or_default())
        };
        Distribution(purl.qualifier("distro").map_or_else(system, |distro| Named::of_distro(distro, namespace)))
    }

    pub(super) fn is_complete(&self) -> bool {
        !self.0.release.is_empty() || is_rolling(&self.0.id)
    }

    /// The first of the ecosystems that stand for it which the database knows: its own release, exact and then by what its
    /// advisories are about, then the one that it is a rebuild of.
    pub(super) fn ecosystem(&self, purl_type: &str, knows: impl Fn(&Ecosystem) -> bool) -> Result<Ecosystem, Unknown> {
        if !self.is_complete() {
            return Err(Unknown::Release(self.0.id.clone()));
        }
        let base = REBUILDS.iter().find(|(rebuild, _)| *rebuild == self.0.id).map(|(_, base)| *base);
        let ids = std::iter::once(self.0.id.as_str()).chain(base);
        let candidates: Vec<_> = ids
            .flat_map(|id| {
                self.releases(id).into_iter().map(move |release| Ecosystem::release(purl_type, id, &release))
            })
            .collect();
        match candidates.iter().find(|ecosystem| knows(ecosystem)) {
            Some(ecosystem) => Ok(ecosystem.clone()),
            None => Err(Unknown::Data(candidates)),
        }
    }

    /// Whether an ecosystem is of this distribution itself.
    pub(super) fn owns(&self, ecosystem: &Ecosystem) -> bool {
        ecosystem.distribution() == Some(&self.0.id)
    }

    /// The releases under which a database may have it, from the exact one to what advisories are about.
    fn releases(&self, id: &str) -> Vec<String> {
        let release = self.0.release.as_str();
        let numbers = || release.split('.');
        let first = |count: usize| numbers().take(count).collect::<Vec<_>>().join(".");
        match id {
            id if is_rolling(id) => vec![String::new()],
            // A snapshot of what will be the next release.
            "alpine" if release.contains("_alpha") || release.contains("_git") => vec!["edge".to_owned()],
            "alpine" => vec![first(2)],
            id => {
                let least = if BY_MAJOR.contains(&id) { 1 } else { 2 };
                let mut releases = vec![release.to_owned()];
                releases.extend((least..numbers().count()).rev().map(first));
                releases
            }
        }
    }
}

impl std::fmt::Display for Distribution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.id, self.0.release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_up(purl: &str, known: &[&str]) -> String {
        let purl = Purl::read(purl).unwrap();
        match Distribution::of_purl(&purl).ecosystem(purl.kind(), |e| known.contains(&e.as_str())) {
            Ok(ecosystem) => ecosystem.to_string(),
            Err(unknown) => format!("{unknown:?}"),
        }
    }

    #[test]
    fn releases_are_exact_or_by_what_advisories_are_about() {
        for (purl, known, right) in [
            ("pkg:deb/debian/a@1?distro=debian-12", "deb/debian/12", true),
            ("pkg:deb/debian/a@1?distro=debian-12.5", "deb/debian/12", true),
            ("pkg:deb/debian/a@1?distro=bookworm", "deb/debian/12", true),
            ("pkg:deb/raspbian/a@1?distro=raspbian-12", "deb/debian/12", true),
            ("pkg:deb/ubuntu/a@1?distro=ubuntu-22.04", "deb/ubuntu/22.04", true),
            ("pkg:deb/ubuntu/a@1?distro=ubuntu-22.04", "deb/ubuntu/22", false),
            ("pkg:apk/alpine/a@1?distro=alpine-3.18.4", "apk/alpine/3.18", true),
            ("pkg:apk/alpine/a@1?distro=3.18.4", "apk/alpine/3.18", true),
            ("pkg:apk/alpine/a@1?distro=alpine-3.19_alpha20230901", "apk/alpine/edge", true),
            ("pkg:apk/wolfi/a@1?distro=wolfi-20230201", "apk/wolfi", true),
            ("pkg:apk/chainguard/a@1", "apk/chainguard", true),
            ("pkg:rpm/redhat/a@1?distro=rhel-8.10", "rpm/redhat/8", true),
            ("pkg:rpm/redhat/a@1?distro=redhat-8.10", "rpm/redhat/8", true),
            ("pkg:rpm/amzn/a@1?distro=amzn-2018.03", "rpm/amzn/1", true),
            ("pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5", "rpm/opensuse-leap/15.5", true),
            ("pkg:rpm/amazon/a@1?distro=amazon-2%20%28Karoo%29", "rpm/amzn/2", true),
            ("pkg:rpm/amazon/a@1?distro=amazon-AMI%20release%202018.03", "rpm/amzn/1", true),
            ("pkg:rpm/amazon/a@1?distro=amazon-2023.3.20240131%20%28Amazon%20Linux%29", "rpm/amzn/2023", true),
            ("pkg:rpm/cbl-mariner/a@1?distro=cbl-mariner-2.0.20240123", "rpm/mariner/2.0", true),
            ("pkg:rpm/azurelinux/a@1?distro=azurelinux-3.0.20250101", "rpm/azurelinux/3.0", true),
            ("pkg:rpm/suse/a@1?distro=sles-15.5", "rpm/sles/15.5", true),
            ("pkg:rpm/suse/a@1?distro=sles-15.5", "rpm/sles/15", false),
            ("pkg:rpm/centos/a@1?distro=centos-stream-9", "rpm/redhat/9", true),
            ("pkg:rpm/redhat/a@1?distro=hummingbird-20251124", "rpm/hummingbird", true),
            ("pkg:deb/ubuntu/a@1?distro=ubuntu-22.04.3", "deb/ubuntu/22.04", true),
            ("pkg:deb/debian/a@1?distro=debian-trixie%2Fsid", "deb/debian/sid", true),
            ("pkg:deb/debian/a@1?os_distro=bullseye&os_name=debian&os_version=11", "deb/debian/11", true),
            ("pkg:apk/postmarketos/a@1?distro=postmarketos-v25.06", "apk/alpine/3.22", true),
            ("pkg:apk/alpine/a@1?distro=edge", "apk/alpine/edge", true),
        ] {
            assert_eq!(looked_up(purl, &[known]) == known, right, "{purl}: {}", looked_up(purl, &[known]));
        }
    }

    /// A rebuild has its own advisories, and where it has none, those of what it rebuilds.
    #[test]
    fn a_rebuild_falls_back() {
        let purl = "pkg:rpm/rocky/bash@5.1.8-6.el9?distro=rocky-9.1";
        assert_eq!(looked_up(purl, &["rpm/rocky/9", "rpm/redhat/9"]), "rpm/rocky/9");
        assert_eq!(looked_up(purl, &["rpm/redhat/9"]), "rpm/redhat/9");
    }

    /// 81
    #[test]
    fn an_unknown_release_is_never_edge() {
        let all = ["apk/alpine/edge", "apk/alpine", "apk/alpine/"];
        assert_eq!(looked_up("pkg:apk/alpine/openssl@3?distro=alpine", &all), "Release(\"alpine\")");
        assert_eq!(looked_up("pkg:apk/alpine/openssl@3", &all), "Release(\"alpine\")");
        assert_eq!(
            looked_up("pkg:deb/debian/a@1?distro=debian-13-x", &["deb/debian/12"]),
            "Data([Ecosystem(\"deb/debian/13-x\")])"
        );
    }
}
