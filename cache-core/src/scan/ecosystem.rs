//! Where the name of a package means something: a registry of a language, or a release of a distribution.

use std::borrow::Cow;
use std::fmt;

use super::distribution::Named;
use super::version::Scheme;

/// An ecosystem: the purl type, and for packages of an operating system which, and its release: `npm`, `deb/debian/12`,
/// `apk/wolfi`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ecosystem(String);

/// The registries of languages: OSV's name, purl type.
const LANGUAGES: &[(&str, &str)] = &[
    ("Bitnami", "bitnami"),
    ("ConanCenter", "conan"),
    ("CRAN", "cran"),
    ("CocoaPods", "cocoapods"),
    ("GitHub Actions", "githubactions"),
    ("Go", "golang"),
    ("Hex", "hex"),
    ("Julia", "julia"),
    ("Maven", "maven"),
    ("NuGet", "nuget"),
    ("Packagist", "composer"),
    ("Pub", "pub"),
    ("PyPI", "pypi"),
    ("RubyGems", "gem"),
    ("SwiftURL", "swift"),
    ("crates.io", "cargo"),
    ("npm", "npm"),
];

/// The distributions whose name in OSV is followed by the release: OSV's name, purl type, id.
const DISTRIBUTIONS: &[(&str, &str, &str)] = &[
    ("Alpaquita", "apk", "alpaquita"),
    ("AlmaLinux", "rpm", "almalinux"),
    ("Alpine", "apk", "alpine"),
    ("Azure Linux", "rpm", "azurelinux"),
    ("Chainguard", "apk", "chainguard"),
    ("Debian", "deb", "debian"),
    ("Echo", "deb", "echo"),
    ("Mageia", "rpm", "mageia"),
    ("MinimOS", "apk", "minimos"),
    ("Photon OS", "rpm", "photon"),
    ("Rocky Linux", "rpm", "rocky"),
    ("Wolfi", "apk", "wolfi"),
    ("openEuler", "rpm", "openeuler"),
];

impl Ecosystem {
    /// The registry of a language, by its purl type.
    pub(crate) fn language(purl_type: &str) -> Option<Ecosystem> {
        LANGUAGES.iter().any(|(_, known)| *known == purl_type).then(|| Ecosystem(purl_type.to_owned()))
    }

    /// A release of a distribution, in whichever spelling; a distribution without releases has an empty one.
    pub(crate) fn release(purl_type: &str, id: &str, release: &str) -> Ecosystem {
        let Named { id, release } = Named::new(id, release);
        let slash = if release.is_empty() { "" } else { "/" };
        Ecosystem(format!("{purl_type}/{id}{slash}{release}"))
    }

    /// The ecosystem by OSV's name, such as `PyPI` or `Debian:12`; `None` where Cache does not match its packages.
    pub(crate) fn of_osv(name: &str) -> Option<Ecosystem> {
        let (family, rest) = name.split_once(':').unwrap_or((name, ""));
        if let Some((_, purl_type)) = LANGUAGES.iter().find(|(known, _)| *known == family) {
            // What follows is the address of another registry, whose packages may have the names of this one's.
            return rest.is_empty().then(|| Ecosystem((*purl_type).to_owned()));
        }
        if let Some((_, purl_type, id)) = DISTRIBUTIONS.iter().find(|(known, ..)| *known == family) {
            return Some(Ecosystem::release(purl_type, id, rest));
        }
        match family {
            "Ubuntu" => ubuntu(rest),
            "Red Hat" => red_hat(rest),
            "SUSE" | "openSUSE" => suse(rest),
            _ => None,
        }
    }

    /// Whether OSV's records of this family of ecosystems are matched: `PyPI`, `Debian`.
    pub(crate) fn is_in_osv(family: &str) -> bool {
        LANGUAGES.iter().any(|(known, _)| *known == family)
            || DISTRIBUTIONS.iter().any(|(known, ..)| *known == family)
            || matches!(family, "Ubuntu" | "Red Hat" | "SUSE" | "openSUSE")
    }

    /// The purl type of its packages.
    pub(crate) fn purl_type(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The distribution, where it is one.
    pub(crate) fn distribution(&self) -> Option<&str> {
        self.0.split('/').nth(1)
    }

    /// The order of its versions.
    pub(crate) fn scheme(&self) -> Option<Scheme> {
        Scheme::of(self.purl_type())
    }

    /// A name as all spellings of it are looked up.
    pub(crate) fn normalise<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match self.purl_type() {
            "pypi" => python_name(name),
            // Of Go, some tools write modules in lower case.
            "golang" | "nuget" | "composer" | "hex" | "swift" | "githubactions" | "deb" | "apk" => lower(name),
            _ => Cow::Borrowed(name),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

/// PEP 503: lower case, and one dash for any run of points, dashes and underscores.
fn python_name(name: &str) -> Cow<'_, str> {
    let is_mark = |byte: u8| matches!(byte, b'.' | b'-' | b'_');
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if plain && !name.contains("--") {
        return name.into();
    }
    let mut normal = String::with_capacity(name.len());
    for letter in name.chars() {
        let mark = letter.is_ascii() && is_mark(letter as u8);
        match mark {
            true if normal.ends_with('-') => {}
            true => normal.push('-'),
            false => normal.extend(letter.to_lowercase()),
        }
    }
    normal.into()
}

/// `22.04:LTS`, `23.10`; `Pro:18.04:LTS` is a channel whose fixes are in no other package than its own.
fn ubuntu(rest: &str) -> Option<Ecosystem> {
    let parts: Vec<&str> = rest.split(':').collect();
    let release = parts.iter().find(|part| part.starts_with(|first: char| first.is_ascii_digit()))?;
    let id = if parts.first()?.starts_with("Pro") { "ubuntu-pro" } else { "ubuntu" };
    Some(Ecosystem::release("deb", id, release))
}

/// `enterprise_linux:9::appstream`; other products have packages of the same names with other fixes.
fn red_hat(rest: &str) -> Option<Ecosystem> {
    let mut parts = rest.split(':');
    let (product, release) = (parts.next()?, parts.next()?);
    let id = if product == "enterprise_linux" { "redhat".to_owned() } else { format!("redhat-{product}") };
    Some(Ecosystem::release("rpm", &id, release))
}

/// `Leap 15.5`, `Tumbleweed`, `Linux Enterprise Server 15 SP5`, `Linux Enterprise Module for Basesystem 15 SP5`.
fn suse(rest: &str) -> Option<Ecosystem> {
    let words: Vec<&str> = rest.split([' ', '-', ':']).collect();
    let number = |word: &&&str| word.starts_with(|first: char| first.is_ascii_digit());
    match *words.first()? {
        "Tumbleweed" => Some(Ecosystem::release("rpm", "opensuse-tumbleweed", "")),
        "Leap" => Some(Ecosystem::release("rpm", "opensuse-leap", words.iter().find(number)?)),
        "Linux" if words.contains(&"Micro") => Some(Ecosystem::release("rpm", "sle-micro", words.iter().find(number)?)),
        "Linux" => {
            let pack = words.iter().find(|word| word.starts_with("SP")).copied().unwrap_or_default();
            Some(Ecosystem::release("rpm", "sles", &format!("{} {pack}", words.iter().find(number)?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_osv() {
        let rows = [
            ("PyPI", "pypi"),
            ("crates.io", "cargo"),
            ("Debian:12", "deb/debian/12"),
            ("Alpine:v3.18", "apk/alpine/3.18"),
            ("Ubuntu:22.04:LTS", "deb/ubuntu/22.04"),
            ("Ubuntu:Pro:18.04:LTS", "deb/ubuntu-pro/18.04"),
            ("Red Hat:enterprise_linux:9::appstream", "rpm/redhat/9"),
            ("Red Hat:rhel_eus:8.4::baseos", "rpm/redhat-rhel_eus/8.4"),
            ("Rocky Linux:9", "rpm/rocky/9"),
            ("SUSE:Linux Enterprise Server 15 SP5", "rpm/sles/15.5"),
            ("SUSE:Linux Enterprise Module for Basesystem 15 SP4", "rpm/sles/15.4"),
            ("openSUSE:Leap 15.5", "rpm/opensuse-leap/15.5"),
            ("openSUSE:Tumbleweed", "rpm/opensuse-tumbleweed"),
            ("Wolfi", "apk/wolfi"),
        ];
        for (osv, own) in rows {
            assert_eq!(Ecosystem::of_osv(osv).unwrap().as_str(), own, "{osv}");
        }
        for other in ["", "GIT", "OSS-Fuzz", "Linux", "Maven:https://repo.example/x", "Ubuntu:", "Red Hat:"] {
            assert_eq!(Ecosystem::of_osv(other), None, "{other}");
        }
    }

    #[test]
    fn spellings_of_a_name_are_one() {
        let pypi = Ecosystem::language("pypi").unwrap();
        for name in ["Zope.Interface", "zope_interface", "zope--interface", "zope-interface"] {
            assert_eq!(pypi.normalise(name), "zope-interface", "{name}");
        }
        assert_eq!(Ecosystem::language("golang").unwrap().normalise("github.com/A/b"), "github.com/a/b");
        assert_eq!(Ecosystem::language("npm").unwrap().normalise("JSONStream"), "JSONStream");
        assert_eq!(Ecosystem::release("deb", "debian", "12").scheme(), Some(Scheme::Dpkg));
    }
}
