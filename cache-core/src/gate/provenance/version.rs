//! Which branch or tag a build is from.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A branch or tag that is wanted. Written `branch:main`, `tag:v1.2.3` or `version:v1.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedRef {
    /// This branch.
    Branch(String),
    /// This tag.
    Tag(String),
    /// A tag that is a version with these first numbers: `v1.2` is satisfied by `v1.2.9` and not by `v1.3`. Versions with a
    /// suffix such as `-rc1` satisfy only themselves.
    Version(String),
}

impl WantedRef {
    /// Whether this full name of a reference, such as `refs/heads/main`, is wanted.
    pub fn matches(&self, reference: &str) -> bool {
        match self {
            WantedRef::Branch(name) => reference.strip_prefix("refs/heads/") == Some(name),
            WantedRef::Tag(name) => reference.strip_prefix("refs/tags/") == Some(name),
            WantedRef::Version(wanted) => {
                let tag = reference.strip_prefix("refs/tags/").and_then(Version::parse);
                let wanted = Version::parse(wanted);
                tag.zip(wanted).is_some_and(|(tag, wanted)| tag.satisfies(&wanted))
            }
        }
    }
}

impl FromStr for WantedRef {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(format!("{text:?} names no branch, tag or version"))
                .hint("write branch:main, tag:v1.2.3 or version:v1")
        };
        let (kind, name) = text.split_once(':').filter(|(_, name)| !name.is_empty()).ok_or_else(wrong)?;
        match kind {
            "branch" => Ok(WantedRef::Branch(name.to_owned())),
            "tag" => Ok(WantedRef::Tag(name.to_owned())),
            "version" if Version::parse(name).is_some() => Ok(WantedRef::Version(name.to_owned())),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for WantedRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WantedRef::Branch(name) => write!(f, "branch:{name}"),
            WantedRef::Tag(name) => write!(f, "tag:{name}"),
            WantedRef::Version(name) => write!(f, "version:{name}"),
        }
    }
}

/// One to three numbers after a `v`, and perhaps a suffix.
struct Version<'a> {
    numbers: Vec<u64>,
    suffix: Option<&'a str>,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v')?;
        // What follows a plus says nothing of the order of versions.
        let text = text.split('+').next().unwrap_or_default();
        let (numbers, suffix) = match text.split_once('-') {
            Some((numbers, suffix)) => (numbers, Some(suffix)),
            None => (text, None),
        };
        let number = |part: &str| part.parse::<u64>().ok().filter(|number| number.to_string() == part);
        let numbers: Vec<u64> = numbers.split('.').map(number).collect::<Option<_>>()?;
        (1..=3).contains(&numbers.len()).then_some(Version { numbers, suffix })
    }

    fn satisfies(&self, wanted: &Version<'_>) -> bool {
        let own = self.numbers.iter().copied().chain(std::iter::repeat(0));
        let same = wanted.numbers.iter().copied().zip(own).all(|(wanted, own)| wanted == own);
        let whole = self.suffix.is_none() || wanted.numbers.len() == 3;
        same && self.suffix == wanted.suffix && whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_satisfied_by_what_begins_with_it() {
        let rows = [
            ("v14", "v14.2", true),
            ("v14.0", "v14", true),
            ("v14.2", "v14.2.0", true),
            ("v14.1", "v14", false),
            ("v14.2.1", "v14.2", false),
            ("v14.2", "v14.20", false),
            ("v1", "v14", false),
            ("v1", "v1.0.0-rc1", false),
            ("v1.0.0-rc1", "v1.0.0-rc1", true),
            ("v1", "v01", false),
            ("v1", "1.0.0", false),
        ];
        for (wanted, tag, matches) in rows {
            let wanted: WantedRef = format!("version:{wanted}").parse().unwrap();
            assert_eq!(wanted.matches(&format!("refs/tags/{tag}")), matches, "{wanted} {tag}");
            assert!(!wanted.matches(&format!("refs/heads/{tag}")));
        }
    }

    #[test]
    fn branches_and_tags_are_exact() {
        let main: WantedRef = "branch:main".parse().unwrap();
        assert!(main.matches("refs/heads/main"));
        for other in ["refs/tags/main", "main", "refs/heads/main2", ""] {
            assert!(!main.matches(other), "{other}");
        }
        for wrong in ["main", "branch:", "version:1.0", "version:v1.2.3.4", "ref:x"] {
            assert!(wrong.parse::<WantedRef>().is_err(), "{wrong}");
        }
    }
}
