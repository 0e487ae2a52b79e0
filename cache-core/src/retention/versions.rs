//! Tags that are semantic versions (SemVer 2), and their precedence.

use std::cmp::Ordering;

use super::rules::{LastVersions, Per};
use crate::model::Tag;

/// A tag read as a semantic version: three numbers, perhaps a `v` before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    /// Major, minor and patch, without leading zeros, of any length.
    numbers: [Box<str>; 3],
    /// The identifiers of a pre-release; none for a release.
    pre: Vec<Box<str>>,
}

impl Version {
    /// `None` where the tag is no semantic version: `1.2`, `01.2.3` and `latest` are none.
    pub(super) fn of(tag: &Tag, underscore_is_plus: bool) -> Option<Self> {
        let text = tag.as_str();
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = match text.split_once('_') {
            Some((version, build)) if underscore_is_plus && build.split('.').all(is_identifier) => version,
            Some(_) => return None,
            None => text,
        };
        let (numbers, pre) = match text.split_once('-') {
            Some((numbers, pre)) => (numbers, pre.split('.').map(Box::from).collect()),
            None => (text, Vec::new()),
        };
        let mut parts = numbers.split('.');
        let mut next = || parts.next().filter(|part| is_number(part)).map(Box::from);
        let numbers = [next()?, next()?, next()?];
        let identified = |id: &str| is_identifier(id) && (!id.bytes().all(|b| b.is_ascii_digit()) || is_number(id));
        (parts.next().is_none() && pre.iter().map(AsRef::as_ref).all(identified)).then_some(Version { numbers, pre })
    }

    /// Whether it comes before a release.
    pub(super) fn is_prerelease(&self) -> bool {
        !self.pre.is_empty()
    }

    /// What is the same in all versions that are counted together.
    pub(super) fn group(&self, per: Per) -> Vec<&str> {
        let parts = match per {
            Per::Repository => 0,
            Per::Major => 1,
            Per::Minor => 2,
        };
        self.numbers.iter().take(parts).map(AsRef::as_ref).collect()
    }

    /// Whether this rule counts it.
    pub(super) fn counts(&self, rule: &LastVersions) -> bool {
        rule.prereleases || !self.is_prerelease()
    }

    /// An identifier in which letters and digits are mixed, such as `rc10`: it sorts as text, before `rc9`.
    pub(super) fn mixed_identifier(&self) -> Option<&str> {
        let is_mixed = |id: &&str| {
            let digits = id.trim_end_matches(|c: char| c.is_ascii_digit());
            !digits.is_empty() && id.len() > digits.len() + 1 && digits.bytes().all(|b| b.is_ascii_alphabetic())
        };
        self.pre.iter().map(AsRef::as_ref).find(is_mixed)
    }
}

/// SemVer 2, § 9: letters, digits and dashes.
fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// SemVer 2, § 2: no leading zeros.
fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() && (text == "0" || !text.starts_with('0'))
}

/// Of numbers without leading zeros the longer is the greater.
fn numbers(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.numbers.iter().zip(&other.numbers);
        let by_number = pairs.fold(Ordering::Equal, |order, (a, b)| order.then_with(|| numbers(a, b)));
        // SemVer 2, § 11: a pre-release is before its release; numbers are before words, and the shorter list before the longer.
        let identifier = |a: &str, b: &str| match (is_number(a), is_number(b)) {
            (true, true) => numbers(a, b),
            (false, false) => a.cmp(b),
            (a, b) => b.cmp(&a),
        };
        by_number.then_with(|| self.pre.is_empty().cmp(&other.pre.is_empty())).then_with(|| {
            let pairs = self.pre.iter().zip(&other.pre);
            let by_identifier = pairs.fold(Ordering::Equal, |order, (a, b)| order.then_with(|| identifier(a, b)));
            by_identifier.then(self.pre.len().cmp(&other.pre.len()))
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Option<Version> {
        Version::of(&Tag::parse(text).unwrap(), false)
    }

    /// B2 69: precedence of pre-releases, the prefix `v`, and what is no version.
    #[test]
    fn b69_versions_have_the_precedence_of_semver() {
        let ordered = [
            "0.9.9",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc10",
            "1.0.0-rc9",
            "v1.0.0",
            "1.0.1",
            "v1.2.0",
            "1.10.0",
            "2.0.0",
            "10.0.0",
            "18446744073709551616.0.0",
        ];
        for pair in ordered.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
        assert_eq!(version("v1.2.3"), version("1.2.3"));
    }

    #[test]
    fn b69_what_is_no_version_is_none() {
        for text in ["latest", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.03", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "vv1.2.3"]
        {
            assert_eq!(version(text), None, "{text}");
        }
        for text in ["1.2.3_5", "V1.2.3", "1.2.3-a_b", "2023-01-01", "sha-0a1b2c3", "1.2.x"] {
            assert_eq!(version(text), None, "{text}");
        }
    }

    #[test]
    fn b69_an_underscore_is_a_plus_only_where_said() {
        let tag = |text: &str| Tag::parse(text).unwrap();
        assert_eq!(Version::of(&tag("1.2.3_build.7"), true), version("1.2.3"));
        assert_eq!(Version::of(&tag("1.2.3-rc.1_7"), true), version("1.2.3-rc.1"));
        assert_eq!(Version::of(&tag("1.2.3_"), true), None);
        assert_eq!(Version::of(&tag("1.2.3_a_b"), true), None);
    }

    #[test]
    fn b69_rc10_is_told_to_be_before_rc9() {
        assert_eq!(version("1.0.0-rc10").unwrap().mixed_identifier(), Some("rc10"));
        for plain in ["1.0.0-rc9", "1.0.0-rc.10", "1.0.0-alpha", "1.0.0"] {
            assert_eq!(version(plain).unwrap().mixed_identifier(), None, "{plain}");
        }
    }
}
