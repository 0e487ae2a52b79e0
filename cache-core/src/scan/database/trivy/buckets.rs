//! What the names of buckets mean: `debian 12`, `npm::GitHub Security Advisory Npm`.

use crate::scan::database::Names;
use crate::scan::ecosystem::Ecosystem;

/// What the packages of a bucket are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum About {
    /// Of a release of a distribution.
    System { ecosystem: Ecosystem, names: Names },
    /// Of Red Hat, whose advisories each name the releases.
    RedHat,
    /// Of a language.
    Language(Ecosystem),
}

/// The beginning of a bucket's name, the purl type, the distribution's id, and what its packages are named by.
const SYSTEMS: &[(&str, &str, &str, Names)] = &[
    ("Azure Linux ", "rpm", "azurelinux", Names::Source),
    ("CBL-Mariner ", "rpm", "mariner", Names::Source),
    ("Oracle Linux ", "rpm", "ol", Names::Binary),
    ("Photon OS ", "rpm", "photon", Names::Source),
    ("SUSE Linux Enterprise Micro ", "rpm", "sle-micro", Names::Binary),
    ("SUSE Linux Enterprise ", "rpm", "sles", Names::Binary),
    ("alma ", "rpm", "almalinux", Names::Binary),
    ("alpine ", "apk", "alpine", Names::Source),
    ("amazon linux ", "rpm", "amzn", Names::Binary),
    ("chainguard", "apk", "chainguard", Names::Source),
    ("debian ", "deb", "debian", Names::Source),
    ("echo", "deb", "echo", Names::Source),
    ("minimos", "apk", "minimos", Names::Source),
    ("openSUSE Leap Micro ", "rpm", "opensuse-leap-micro", Names::Binary),
    ("openSUSE Leap ", "rpm", "opensuse-leap", Names::Binary),
    ("openSUSE Tumbleweed", "rpm", "opensuse-tumbleweed", Names::Binary),
    ("openSUSE.Leap ", "rpm", "opensuse-leap", Names::Binary),
    ("rocky ", "rpm", "rocky", Names::Binary),
    ("ubuntu ", "deb", "ubuntu", Names::Source),
    ("wolfi", "apk", "wolfi", Names::Source),
];

const LANGUAGES: &[(&str, &str)] = &[
    ("bitnami", "bitnami"),
    ("cargo", "cargo"),
    ("cocoapods", "cocoapods"),
    ("composer", "composer"),
    ("conan", "conan"),
    ("erlang", "hex"),
    ("go", "golang"),
    ("julia", "julia"),
    ("maven", "maven"),
    ("npm", "npm"),
    ("nuget", "nuget"),
    ("pip", "pypi"),
    ("pub", "pub"),
    ("rubygems", "gem"),
    ("swift", "swift"),
];

/// What a bucket is about; `None` where Cache does not match its packages.
pub(super) fn about(bucket: &str) -> Option<About> {
    if bucket == "Red Hat" {
        return Some(About::RedHat);
    }
    if let Some((language, _)) = bucket.split_once("::") {
        let purl_type = LANGUAGES.iter().find(|(known, _)| *known == language)?.1;
        return Ecosystem::language(purl_type).map(About::Language);
    }
    let (start, purl_type, id, names) = SYSTEMS.iter().find(|(start, ..)| bucket.starts_with(start))?;
    let release = bucket.strip_prefix(start)?;
    Some(About::System { ecosystem: Ecosystem::release(purl_type, id, release), names: *names })
}

/// The release of one of Red Hat's products: `cpe:/o:redhat:enterprise_linux:7::server`.
pub(super) fn red_hat(cpe: &str) -> Option<Ecosystem> {
    let mut parts = cpe.split(':').skip_while(|part| *part != "redhat").skip(1);
    let (product, release) = (parts.next()?, parts.next()?);
    let id = if product == "enterprise_linux" { "redhat".to_owned() } else { format!("redhat-{product}") };
    (!release.is_empty()).then(|| Ecosystem::release("rpm", &id, release))
}

impl About {
    /// The module and the name of a package, which of a module is written `nodejs:12::npm`.
    pub(super) fn module<'p>(&self, package: &'p str) -> (&'p str, &'p str) {
        let is_rpm = match self {
            About::System { ecosystem, .. } => ecosystem.purl_type() == "rpm",
            About::RedHat => true,
            About::Language(_) => false,
        };
        package.rsplit_once("::").filter(|_| is_rpm).unwrap_or(("", package))
    }

    /// The name of the source where the database does not name it.
    pub(super) fn family(&self) -> &str {
        match self {
            About::System { ecosystem, .. } => ecosystem.distribution().unwrap_or_default(),
            About::RedHat => "redhat",
            About::Language(ecosystem) => ecosystem.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(bucket: &str) -> String {
        match about(bucket) {
            Some(About::System { ecosystem, names }) => format!("{ecosystem} {names:?}"),
            Some(About::Language(ecosystem)) => ecosystem.to_string(),
            Some(About::RedHat) => "Red Hat".to_owned(),
            None => "-".to_owned(),
        }
    }

    #[test]
    fn buckets_by_their_names() {
        for (bucket, right) in [
            ("debian 12", "deb/debian/12 Source"),
            ("alpine 3.18", "apk/alpine/3.18 Source"),
            ("wolfi", "apk/wolfi Source"),
            ("amazon linux 2", "rpm/amzn/2 Binary"),
            ("Oracle Linux 8", "rpm/ol/8 Binary"),
            ("Azure Linux 3.0", "rpm/azurelinux/3.0 Source"),
            ("SUSE Linux Enterprise 15-SP3", "rpm/sles/15.3 Binary"),
            ("SUSE Linux Enterprise Micro 5.3", "rpm/sle-micro/5.3 Binary"),
            ("openSUSE Tumbleweed", "rpm/opensuse-tumbleweed Binary"),
            ("Red Hat", "Red Hat"),
            ("pip::Open Source Vulnerability", "pypi"),
            ("erlang::GitHub Security Advisory Erlang", "hex"),
            ("k8s::Official Kubernetes CVE Feed", "-"),
            ("trivy", "-"),
        ] {
            assert_eq!(named(bucket), right, "{bucket}");
        }
    }

    #[test]
    fn products_of_red_hat_and_modules() {
        let release = |cpe: &str| red_hat(cpe).map(|ecosystem| ecosystem.to_string());
        assert_eq!(release("cpe:/o:redhat:enterprise_linux:8::baseos").as_deref(), Some("rpm/redhat/8"));
        assert_eq!(release("cpe:/o:redhat:rhel_eus:8.4").as_deref(), Some("rpm/redhat-rhel_eus/8.4"));
        assert_eq!((release("cpe:/o:other:x:8"), release("cpe:/o:redhat:x"), release("")), (None, None, None));
        assert_eq!(About::RedHat.module("nodejs:12::npm"), ("nodejs:12", "npm"));
        assert_eq!(About::RedHat.module("bash"), ("", "bash"));
        let swift = About::Language(Ecosystem::language("swift").unwrap());
        assert_eq!(swift.module("a::b"), ("", "a::b"));
    }
}
