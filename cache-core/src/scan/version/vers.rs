//! Ranges of versions as `vers:npm/>=1.0|<2.0` (package-url/vers-spec).

use std::cmp::Ordering;
use std::fmt;

use super::Scheme;
use crate::error::{Error, Result};
use crate::model::purl;

/// A longer range is none.
const MAX_LENGTH: usize = 1 << 16;

/// A range of versions, which names its own order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vers {
    text: String,
    /// None of all versions: `vers:npm/*`.
    limits: Option<(Scheme, Vec<Limit>)>,
}

/// `>=1.0`
#[derive(Debug, Clone, PartialEq, Eq)]
struct Limit {
    sign: Sign,
    version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Is,
    IsNot,
    Below,
    UpTo,
    Above,
    From,
}

/// As they are written, those that begin with another after it.
const SIGNS: &[(&str, Sign)] = &[
    ("!=", Sign::IsNot),
    ("<=", Sign::UpTo),
    (">=", Sign::From),
    ("<", Sign::Below),
    (">", Sign::Above),
    ("=", Sign::Is),
    ("", Sign::Is),
];

impl Sign {
    fn is_lower(self) -> bool {
        matches!(self, Sign::Above | Sign::From)
    }

    fn is_upper(self) -> bool {
        matches!(self, Sign::Below | Sign::UpTo)
    }
}

impl Vers {
    /// Reads a range.
    ///
    /// # Errors
    /// `Invalid` where it is none, names versions that its order cannot read, or says them in no order; `Unsupported` where its order is not known.
    pub fn parse(text: &str) -> Result<Vers> {
        let plain: String = text.chars().take(MAX_LENGTH + 1).filter(|letter| !letter.is_whitespace()).collect();
        if plain.len() > MAX_LENGTH {
            return Err(Error::invalid(format!("longer than {MAX_LENGTH} bytes")));
        }
        let parts = plain.strip_prefix("vers:").and_then(|rest| rest.split_once('/'));
        let Some((name, limits)) = parts.filter(|(name, _)| !name.is_empty()) else {
            return Err(Error::invalid("it is not written `vers:<order>/<versions>`"));
        };
        if limits == "*" {
            return Ok(Vers { text: text.to_owned(), limits: None });
        }
        let scheme = scheme(name).ok_or_else(|| Error::unsupported(format!("the order {name:?} is not known")))?;
        let limits: Vec<Limit> = limits.trim_matches('|').split('|').map(Limit::read).collect::<Result<_>>()?;
        check(scheme, &limits)?;
        Ok(Vers { text: text.to_owned(), limits: Some((scheme, limits)) })
    }

    /// Whether a version is in it; `None` where the order cannot read the version.
    pub fn contains(&self, version: &str) -> Option<bool> {
        let Some((scheme, limits)) = &self.limits else { return Some(true) };
        let (mut before, mut after) = (None, None);
        for Limit { sign, version: limit } in limits {
            match scheme.compare(limit, version)? {
                Ordering::Equal => return Some(matches!(sign, Sign::Is | Sign::UpTo | Sign::From)),
                _ if !sign.is_lower() && !sign.is_upper() => {}
                Ordering::Less => before = Some(*sign),
                Ordering::Greater => after = after.or(Some(*sign)),
            }
        }
        Some(match (before, after) {
            (Some(sign), _) => sign.is_lower(),
            (None, Some(sign)) => sign.is_upper(),
            (None, None) => false,
        })
    }

    /// Whether it has no end, so that versions to come are in it.
    pub fn is_open(&self) -> bool {
        let Some((_, limits)) = &self.limits else { return true };
        limits
            .iter()
            .rev()
            .find(|limit| limit.sign.is_lower() || limit.sign.is_upper())
            .is_some_and(|last| last.sign.is_lower())
    }
}

impl fmt::Display for Vers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Limit {
    fn read(text: &str) -> Result<Limit> {
        let read = SIGNS.iter().find_map(|(written, sign)| Some((*sign, text.strip_prefix(written)?)));
        let (sign, version) = read.unwrap_or((Sign::Is, text));
        let version = purl::decoded(version).filter(|version| !version.is_empty());
        let version = version.ok_or_else(|| Error::invalid(format!("{text:?} names no version")))?;
        Ok(Limit { sign, version: version.into_owned() })
    }
}

/// Orders are named like types of purls, and some that are not of one type.
fn scheme(name: &str) -> Option<Scheme> {
    match name {
        "semver" => Some(Scheme::Semver),
        "alpine" => Some(Scheme::Apk),
        // Numbers between points, which RubyGems compares as this does.
        "intdot" => Some(Scheme::Gem),
        name => Scheme::of(name),
    }
}

/// Versions rise, no two of them the same. What they begin and end takes turns, and nothing is named alone in what an end covers.
fn check(scheme: Scheme, limits: &[Limit]) -> Result<()> {
    let unreadable = limits.iter().find(|limit| !scheme.reads(&limit.version));
    if let Some(Limit { version, .. }) = unreadable {
        return Err(Error::invalid(format!("{version:?} is no version of that order")));
    }
    let mut versions = limits.iter().zip(limits.iter().skip(1));
    if let Some((one, two)) = versions.find(|(a, b)| scheme.compare(&a.version, &b.version) != Some(Ordering::Less)) {
        return Err(Error::invalid(format!("{:?} stands before {:?}", one.version, two.version)));
    }
    let mut last: Option<&Limit> = None;
    for limit in limits.iter().filter(|limit| limit.sign != Sign::IsNot) {
        let clash = last.filter(|last| match last.sign {
            Sign::Is => limit.sign.is_upper(),
            sign if sign.is_lower() => limit.sign.is_lower(),
            _ => limit.sign.is_upper(),
        });
        if let Some(last) = clash {
            return Err(Error::invalid(format!(
                "what is said of {:?} and {:?} does not go together",
                last.version, limit.version
            )));
        }
        if limit.sign != Sign::Is || last.is_none_or(|last| last.sign == Sign::Is) {
            last = Some(limit);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn versions_in_ranges_and_outside() {
        for (range, inside, outside) in [
            ("vers:npm/>=1.0.0|<2.0.0", &["1.0.0", "1.9.9"][..], &["0.9.0", "2.0.0", "3.0.0", "1.0.0-rc.1"][..]),
            ("vers:npm/1.2.3|>=2.0.0|<5.0.0", &["1.2.3", "2.0.0", "4.9.9"], &["1.2.4", "1.0.0", "5.0.0"]),
            ("vers:gem/>=2.2.0|!=2.2.1|<2.3.0", &["2.2.0", "2.2.2"], &["2.2.1", "2.3.0", "1.0"]),
            ("vers:semver/<1.5.0|>=7.0.0", &["1.0.0", "7.0.0", "8.0.0"], &["1.5.0", "6.9.9"]),
            ("vers:semver/<=1.5.0|>7.0.0|<=8.0.0", &["1.5.0", "7.0.1", "8.0.0"], &["7.0.0", "8.0.1"]),
            ("vers:pypi/0.0.1|1.0|2.0rc1", &["0.0.1", "1.0.0", "2.0c1"], &["0.0.2", "2.0"]),
            ("vers:deb/<1:2.0-1%2Bdeb12u1", &["3.0-1", "1:2.0-1"], &["1:2.0-1+deb12u1", "2:0"]),
            ("vers:intdot/>2.1.0|<=4.2", &["2.1.1", "4.2.0"], &["2.1", "4.2.1"]),
            ("vers:golang/>=v1.2.0|<v1.3.0", &["v1.2.5", "1.2.5"], &["v1.3.0", "v1.3.0+incompatible"]),
            ("vers:alpine/<1.2.3-r4", &["1.2.3-r3"], &["1.2.3-r4"]),
            ("vers:npm/!=1.0.0", &[], &["1.0.0", "1.0.1"]),
            ("vers:maven/*", &["anything"], &[]),
            (" vers:npm/ >= 2.2.0 | < 2.3.0 | ", &["2.2.0"], &["2.3.0"]),
        ] {
            let range = Vers::parse(range).unwrap();
            inside.iter().for_each(|version| assert_eq!(range.contains(version), Some(true), "{range} {version}"));
            outside.iter().for_each(|version| assert_eq!(range.contains(version), Some(false), "{range} {version}"));
        }
        assert_eq!(Vers::parse("vers:npm/<2.0.0").unwrap().contains("two"), None);
    }

    #[test]
    fn ranges_without_an_end_hold_for_versions_to_come() {
        for (range, open) in [
            ("vers:npm/*", true),
            ("vers:npm/>=1.0.0", true),
            ("vers:npm/>=1.0.0|!=2.0.0|3.0.0", true),
            ("vers:npm/<1.0.0|>2.0.0", true),
            ("vers:npm/>=1.0.0|<2.0.0", false),
            ("vers:npm/1.0.0", false),
        ] {
            assert_eq!(Vers::parse(range).unwrap().is_open(), open, "{range}");
        }
    }

    #[test]
    fn what_is_no_range_is_an_error() {
        for (range, kind) in [
            ("", ErrorKind::Invalid),
            ("<=2024.04", ErrorKind::Invalid),
            ("vers:/all", ErrorKind::Invalid),
            ("vers:npm", ErrorKind::Invalid),
            ("vers:npm/", ErrorKind::Invalid),
            ("vers:npm/>=1.0.0||<2.0.0", ErrorKind::Invalid),
            ("vers:npm/>=1.0.0|<%zz", ErrorKind::Invalid),
            ("vers:npm/*|<2.0.0", ErrorKind::Invalid),
            ("vers:npm/<>3.2.0", ErrorKind::Invalid),
            ("vers:semver/<7.0.0|>=1.5.0", ErrorKind::Invalid),
            ("vers:npm/1.0.0|1.0.0", ErrorKind::Invalid),
            ("vers:semver/2.7.0|<2.8.11", ErrorKind::Invalid),
            ("vers:semver/>1.0.0|>=2.0.0", ErrorKind::Invalid),
            ("vers:semver/<1.0.0|!=1.5.0|<2.0.0", ErrorKind::Invalid),
            ("vers:semver/>1.0.0|1.5.0|>2.0.0", ErrorKind::Invalid),
            ("vers:generic/>=2.9|<=4.1", ErrorKind::Unsupported),
            ("vers:tomee/>=1.0", ErrorKind::Unsupported),
        ] {
            assert_eq!(Vers::parse(range).unwrap_err().kind(), kind, "{range}");
        }
        assert!(Vers::parse(&format!("vers:npm/{}", "1|".repeat(MAX_LENGTH))).is_err());
    }
}
