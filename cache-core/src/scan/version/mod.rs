//! The orders of versions, one file per scheme.
//!
//! Which scheme counts is the advisory's to say, by its ecosystem; it is never guessed from the look of a version. What a
//! scheme cannot read has no order: the answer is `None`, which means "unknown" and never "not affected".

mod apk;
mod composer;
mod digits;
mod dpkg;
mod gem;
mod go;
mod maven;
mod nuget;
mod pep440;
mod rpm;
mod semver;
mod vers;

use std::cmp::Ordering;

pub(crate) use go::Pseudo;
pub use vers::Vers;

/// An order of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Debian's: `[epoch:]upstream[-revision]`.
    Dpkg,
    /// rpm's: `[epoch:]version[-release]`, with `~` and `^`.
    Rpm,
    /// Alpine's: `1.2.3a_rc1~hash-r4`.
    Apk,
    /// Python's, PEP 440.
    Pep440,
    /// SemVer 2, as npm, Cargo and most others have it. A `v` before it and missing numbers are tolerated.
    Semver,
    /// Maven's.
    Maven,
    /// RubyGems'.
    Gem,
    /// Go's modules (SemVer with a `v`) and releases (`go1.21rc2`).
    Go,
    /// NuGet's: SemVer 2 with up to four numbers, in any case.
    Nuget,
    /// Composer's.
    Composer,
}

impl Scheme {
    /// The scheme of a purl type; `None` where packages of that type have no versions that Cache can order.
    pub fn of(purl_type: &str) -> Option<Scheme> {
        Some(match purl_type {
            "deb" => Scheme::Dpkg,
            "rpm" => Scheme::Rpm,
            "apk" => Scheme::Apk,
            "pypi" => Scheme::Pep440,
            "maven" => Scheme::Maven,
            "gem" | "cocoapods" => Scheme::Gem,
            "golang" => Scheme::Go,
            "nuget" => Scheme::Nuget,
            "composer" => Scheme::Composer,
            "npm" | "cargo" | "hex" | "pub" | "swift" | "cran" | "bitnami" | "conan" | "julia" | "githubactions" => {
                Scheme::Semver
            }
            _ => return None,
        })
    }

    /// The order of two versions, or `None` where one of them cannot be read as far as the order asks for.
    pub fn compare(self, a: &str, b: &str) -> Option<Ordering> {
        let (a, b) = (a.trim(), b.trim());
        match self {
            Scheme::Dpkg => dpkg::compare(a, b),
            Scheme::Rpm => rpm::compare(a, b),
            Scheme::Apk => apk::compare(a, b),
            Scheme::Pep440 => pep440::compare(a, b),
            Scheme::Semver => semver::compare(a, b),
            Scheme::Maven => maven::compare(a, b),
            Scheme::Gem => gem::compare(a, b),
            Scheme::Go => go::compare(a, b),
            Scheme::Nuget => nuget::compare(a, b),
            Scheme::Composer => composer::compare(a, b),
        }
    }

    /// Whether this is a version of the scheme.
    pub fn reads(self, version: &str) -> bool {
        self.compare(version, version).is_some()
    }
}

#[cfg(test)]
mod tests;
