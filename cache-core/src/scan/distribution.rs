//! How SBOMs and databases spell distributions and their releases, in one spelling.

/// A distribution and its release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// `ID` of its os-release where that is one word of its own, else the spelling that most databases share: `debian`, `redhat`.
    pub(crate) id: String,
    /// Its number, or a word where it has none (`edge`, `sid`); empty where it is not stated, and of distributions without releases.
    pub(crate) release: String,
}

/// Spellings of an id, with dashes where there were spaces and points. Rebuilds without advisories of their own are named by what they are
/// made of, where their versions are its.
const ALIASES: &[(&str, &str)] = &[
    ("alma", "almalinux"),
    ("alma-linux", "almalinux"),
    ("alpine-linux", "alpine"),
    ("amazon", "amzn"),
    ("amazon-linux", "amzn"),
    ("amazon-linux-ami", "amzn"),
    ("amazonlinux", "amzn"),
    ("azure-linux", "azurelinux"),
    ("cbl-mariner", "mariner"),
    ("centos-linux", "centos"),
    ("centos-stream", "centos"),
    ("debian-gnu/linux", "debian"),
    ("opensuse", "opensuse-leap"),
    ("oracle", "ol"),
    ("oracle-linux", "ol"),
    ("oracle-linux-server", "ol"),
    ("oraclelinux", "ol"),
    ("photon-os", "photon"),
    ("raspbian", "debian"),
    ("red-hat-enterprise-linux", "redhat"),
    ("rhel", "redhat"),
    ("rocky-linux", "rocky"),
    ("rockylinux", "rocky"),
    ("scientific-linux", "scientific"),
    ("sl", "scientific"),
    ("sl-micro", "sle-micro"),
    ("sle-micro-rancher", "sle-micro"),
    ("sled", "sles"),
    ("slem", "sle-micro"),
    ("sles_sap", "sles"),
    ("suse-linux-enterprise-micro", "sle-micro"),
    ("suse-linux-enterprise-server", "sles"),
    ("vmware-photon-os", "photon"),
];

/// Distributions without releases.
const ROLLING: &[&str] = &["chainguard", "echo", "hummingbird", "minimos", "opensuse-tumbleweed", "secureos", "wolfi"];

/// Names of releases that stand for their numbers, and those that have none.
const CODENAMES: &[(&str, &str)] = &[
    ("wheezy", "7"),
    ("jessie", "8"),
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("sid", "sid"),
    ("unstable", "sid"),
    ("precise", "12.04"),
    ("trusty", "14.04"),
    ("xenial", "16.04"),
    ("bionic", "18.04"),
    ("focal", "20.04"),
    ("jammy", "22.04"),
    ("noble", "24.04"),
    ("oracular", "24.10"),
    ("plucky", "25.04"),
    ("questing", "25.10"),
    ("edge", "edge"),
];

/// Releases of postmarketOS, and those of Alpine that they add their packages to.
const POSTMARKETOS: &[(&str, &str)] = &[
    ("20.05", "3.12"),
    ("21.03", "3.13"),
    ("21.06", "3.14"),
    ("21.12", "3.15"),
    ("22.06", "3.16"),
    ("22.12", "3.17"),
    ("23.06", "3.18"),
    ("23.12", "3.19"),
    ("24.06", "3.20"),
    ("24.12", "3.21"),
    ("25.06", "3.22"),
    ("25.12", "3.23"),
    ("edge", "edge"),
];

impl Named {
    /// By an id or name, and a release in any spelling: `12`, `bookworm`, `2 (Karoo)`, `AMI release 2018.03`, `15-SP5`, `v25.06`.
    pub(crate) fn new(id: &str, release: &str) -> Named {
        let id = id.trim().to_ascii_lowercase().replace([' ', '.'], "-");
        let id = replaced(ALIASES, &id).unwrap_or(&id);
        let release = if is_rolling(id) { String::new() } else { number(release) };
        let (id, release) = match id {
            "postmarketos" => ("alpine", replaced(POSTMARKETOS, &release).unwrap_or_default()),
            // The first Amazon Linux had a date for each release.
            "amzn" if release.starts_with("201") => (id, "1"),
            // `6server`, of an old Red Hat's CPE name.
            "redhat" => (id, release.split(|letter: char| letter.is_ascii_alphabetic()).next().unwrap_or_default()),
            _ => (id, release.as_str()),
        };
        Named { id: id.to_owned(), release: release.to_owned() }
    }

    /// What the qualifier `distro` of a purl says: an id and a release (`debian-12`, `cbl-mariner-2.0`, `amazon-2 (Karoo)`, `rhel:9`), an
    /// id alone, or a release of what the purl's namespace names (`3.18.4`, `bookworm`).
    pub(crate) fn of_distro(distro: &str, namespace: &str) -> Named {
        if is_release(distro) {
            return Named::new(namespace, distro);
        }
        let mut parts = distro
            .match_indices(['-', ':', '@'])
            .filter_map(|(at, mark)| distro.get(..at).zip(distro.get(at + mark.len()..)));
        match parts.find(|(_, rest)| is_release(rest)) {
            Some((id, release)) => Named::new(id, release),
            None => Named::new(distro, ""),
        }
    }
}

/// Whether a distribution has no releases.
pub(crate) fn is_rolling(id: &str) -> bool {
    ROLLING.contains(&id)
}

fn replaced<'t>(table: &[(&str, &'t str)], text: &str) -> Option<&'t str> {
    table.iter().find(|(spelled, _)| *spelled == text).map(|(_, meant)| *meant)
}

fn is_release(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.starts_with("ami release ") || numbered(&text).is_some() || named(&text).is_some()
}

/// What begins with a digit, or with `v` and one.
fn numbered(word: &str) -> Option<&str> {
    let number = word.strip_prefix('v').unwrap_or(word);
    number.starts_with(|first: char| first.is_ascii_digit()).then_some(number)
}

/// The release of a name; of what will be the next release, Debian says `trixie/sid`.
fn named(word: &str) -> Option<&'static str> {
    replaced(CODENAMES, word.rsplit('/').next().unwrap_or_default())
}

fn number(release: &str) -> String {
    let release = release.trim().to_ascii_lowercase();
    if let Some(name) = named(&release) {
        return name.to_owned();
    }
    let Some(number) = release.split_whitespace().find_map(numbered) else { return release };
    // A channel of fixes that others do not get is no release: `9.4+eus`.
    let number = number.split('+').next().unwrap_or_default();
    let pack = release.split([' ', '-']).find_map(|word| word.strip_prefix("sp").and_then(numbered));
    match (number.split_once('-').map_or(number, |(number, _)| number), pack) {
        // SUSE's service packs, where the system says `15.5`. Others name theirs after more words: `22.03-LTS-SP1`.
        (major, Some(pack)) if !major.contains('.') => format!("{major}.{pack}"),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Releases as Trivy, Syft, Grype, osv-scanner and Docker write them in SBOMs: of a package of the operating system, by its name and version.
    #[test]
    fn releases_in_all_spellings() {
        for (id, release, meant) in [
            ("amazon", "2 (Karoo)", "amzn 2"),
            ("amazon", "AMI release 2018.03", "amzn 1"),
            ("amazon", "2022 (Amazon Linux)", "amzn 2022"),
            ("amazon", "2023.3.20240131 (Amazon Linux)", "amzn 2023.3.20240131"),
            ("Amazon Linux", "2", "amzn 2"),
            ("amzn", "2018.03", "amzn 1"),
            ("amzn", "2023", "amzn 2023"),
            ("alpine", "3.18.4", "alpine 3.18.4"),
            ("alpine", "3.19_alpha20230901", "alpine 3.19_alpha20230901"),
            ("alpine", "edge", "alpine edge"),
            ("postmarketos", "v25.06", "alpine 3.22"),
            ("postmarketos", "edge", "alpine edge"),
            ("postmarketos", "19.01", "alpine "),
            ("debian", "12.5", "debian 12.5"),
            ("debian", "trixie/sid", "debian sid"),
            ("debian", "12 (bookworm)", "debian 12"),
            ("Debian GNU/Linux", "bookworm", "debian 12"),
            ("raspbian", "11", "debian 11"),
            ("ubuntu", "22.04.3 LTS", "ubuntu 22.04.3"),
            ("ubuntu", "16.04-ESM", "ubuntu 16.04-esm"),
            ("rhel", "8.10", "redhat 8.10"),
            ("redhat", "6server", "redhat 6"),
            ("redhat", "9.4+eus", "redhat 9.4"),
            ("Red Hat Enterprise Linux", "9.4 (Plow)", "redhat 9.4"),
            ("centos-stream", "9", "centos 9"),
            ("centos", "7.6.1810", "centos 7.6.1810"),
            ("alma", "8.5", "almalinux 8.5"),
            ("Rocky Linux", "9.1", "rocky 9.1"),
            ("scientific linux", "6.10", "scientific 6.10"),
            ("oracle", "8.0", "ol 8.0"),
            ("Oracle Linux Server", "8.9", "ol 8.9"),
            ("cbl-mariner", "2.0.20240123", "mariner 2.0.20240123"),
            ("azurelinux", "3.0", "azurelinux 3.0"),
            ("photon", "5.0", "photon 5.0"),
            ("sles", "15.5", "sles 15.5"),
            ("SLES", "15-SP5", "sles 15.5"),
            ("suse linux enterprise server", "12.5", "sles 12.5"),
            ("SUSE Linux Enterprise Server", "15 SP3", "sles 15.3"),
            ("slem", "5.5", "sle-micro 5.5"),
            ("sle-micro-rancher", "5.4", "sle-micro 5.4"),
            ("sl-micro", "6.0", "sle-micro 6.0"),
            ("opensuse.leap", "15.1", "opensuse-leap 15.1"),
            ("opensuse", "42.3", "opensuse-leap 42.3"),
            ("opensuse-tumbleweed", "20240607", "opensuse-tumbleweed "),
            ("openEuler", "22.03-LTS-SP1", "openeuler 22.03-lts-sp1"),
            ("hummingbird", "20251124", "hummingbird "),
            ("wolfi", "20230201", "wolfi "),
            ("fedora", "39", "fedora 39"),
            ("other", "rolling", "other rolling"),
            ("", "", " "),
        ] {
            let named = Named::new(id, release);
            assert_eq!(format!("{} {}", named.id, named.release), meant, "{id} {release}");
        }
    }

    /// The same in the qualifier of a purl.
    #[test]
    fn what_a_purl_says_of_its_distribution() {
        for (distro, namespace, meant) in [
            ("debian-12", "debian", "debian 12"),
            ("debian-trixie/sid", "debian", "debian sid"),
            ("debian:12", "debian", "debian 12"),
            ("rhel@8.10", "redhat", "redhat 8.10"),
            ("bookworm", "debian", "debian 12"),
            ("3.18.4", "alpine", "alpine 3.18.4"),
            ("edge", "alpine", "alpine edge"),
            ("alpine-edge", "alpine", "alpine edge"),
            ("postmarketos-v25.06", "postmarketos", "alpine 3.22"),
            ("20230201", "wolfi", "wolfi "),
            ("wolfi", "wolfi", "wolfi "),
            ("amazon-2 (Karoo)", "amazon", "amzn 2"),
            ("amazon-AMI release 2018.03", "amazon", "amzn 1"),
            ("amazon-2023.3.20240131 (Amazon Linux)", "amazon", "amzn 2023.3.20240131"),
            ("amzn-2018.03", "amzn", "amzn 1"),
            ("cbl-mariner-2.0.20240123", "cbl-mariner", "mariner 2.0.20240123"),
            ("centos-stream-9", "centos-stream", "centos 9"),
            ("redhat-6server", "redhat", "redhat 6"),
            ("hummingbird-20251124", "redhat", "hummingbird "),
            ("sles-15.5", "suse", "sles 15.5"),
            ("sles-15-SP5", "suse", "sles 15.5"),
            ("suse linux enterprise server-12.5", "suse", "sles 12.5"),
            ("opensuse.leap-15.1", "opensuse.leap", "opensuse-leap 15.1"),
            ("opensuse-leap-15.5", "opensuse", "opensuse-leap 15.5"),
            ("opensuse-tumbleweed-20240607", "opensuse", "opensuse-tumbleweed "),
            ("alpine", "alpine", "alpine "),
            ("é-12", "", "é 12"),
        ] {
            let named = Named::of_distro(distro, namespace);
            assert_eq!(format!("{} {}", named.id, named.release), meant, "{distro}");
        }
    }
}
