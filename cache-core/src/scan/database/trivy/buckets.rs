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
    let release = bucket.strip_prefix(start)?.trim();
    // SUSE writes its service packs `15-SP3`, where the system says `15.3`.
    let release = release.replace("-SP", ".");
    Some(About::System { ecosystem: Ecosystem::release(purl_type, id, &release), names: *names })
}

/// The release of one of Red Hat's products: `cpe:/o:redhat:enterprise_linux:7::server`.
pub(super) fn red_hat(cpe: &str) -> Option<Ecosystem> {
    let mut parts = cpe.split(':').skip_while(|part| *part != "redhat").skip(1);
    let (product, release) = (parts.next()?, parts.next()?);
    let id = if product == "enterprise_linux" { "redhat".to_owned() } else { format!("redhat-{product}") };
    (!release.is_empty()).then(|| Ecosystem::release("rpm", &id, release))
}

impl About {
    pub(super) fn is_rpm(&self) -> bool {
        match self {
            About::System { ecosystem, .. } => ecosystem.purl_type() == "rpm",
            About::RedHat => true,
            About::Language(_) => false,
        }
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
