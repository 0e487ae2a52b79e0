//! How bad a vulnerability is, and how likely, by those who say so.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Severity;

/// What one source says of how bad a vulnerability is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rating {
    /// Who says so: `ghsa`, `nvd`, `debian`.
    pub source: String,
    /// The word, the source's own or the one that its score stands for.
    pub severity: Severity,
    /// The CVSS base score, where there is a vector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// The CVSS vector, of version 2 without a prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
}

impl Rating {
    /// What a source says in a word.
    pub(crate) fn word(source: &str, word: &str) -> Option<Rating> {
        let severity = Severity::of(word);
        let known = severity != Severity::Unknown;
        known.then(|| Rating { source: source.to_owned(), severity, score: None, vector: None })
    }

    /// What a source says in a CVSS vector of version 2, 3 or 4; `None` where it is none.
    pub(crate) fn vector(source: &str, vector: &str) -> Option<Rating> {
        let vector = vector.trim().trim_matches(['(', ')']);
        let required = match vector.get(..6) {
            Some("CVSS:4") => "AV AC AT PR UI VC VI VA SC SI SA",
            Some("CVSS:3") => "AV AC PR UI S C I A",
            _ => "AV AC Au C I A",
        };
        let stated = |metric: &str| vector.split('/').any(|part| part.split(':').next() == Some(metric));
        // The crate takes what is missing for harmless, and what is beyond the base for a part of the score.
        if !required.split(' ').all(stated) {
            return None;
        }
        let is_base = |part: &&str| {
            part.starts_with("CVSS:") || required.split(' ').any(|metric| part.split(':').next() == Some(metric))
        };
        let base: Vec<&str> = vector.split('/').filter(is_base).collect();
        let cvss: cvss::Cvss = base.join("/").parse().ok()?;
        let score = Score::of(cvss.score())?;
        let severity = match (score.0, vector.starts_with("CVSS:")) {
            (0, _) => Severity::Negligible,
            (1..=39, _) => Severity::Low,
            (40..=69, _) => Severity::Medium,
            // Version 2 has no word above high.
            (70.., false) | (70..=89, true) => Severity::High,
            (90.., true) => Severity::Critical,
        };
        Some(Rating { source: source.to_owned(), severity, score: Some(score), vector: Some(vector.to_owned()) })
    }
}

/// A CVSS score from 0.0 to 10.0, in tenths. In JSON a number such as `9.8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u8);

impl Score {
    /// A score; `None` where it is none.
    pub fn of(score: f64) -> Option<Score> {
        let tenths = (score * 10.0).round();
        (0.0..=100.0).contains(&tenths).then_some(Score(tenths as u8))
    }

    /// The score in tenths, 0 to 100.
    pub fn tenths(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 10.0)
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Score::of(f64::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("a score is from 0 to 10"))
    }
}

/// How likely it is that a vulnerability will be exploited within thirty days (first.org/epss).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Epss {
    /// The probability.
    pub probability: Share,
    /// The share of all vulnerabilities that are at most as likely.
    pub percentile: Share,
}

/// A number from 0 to 1, in millionths. In JSON a number such as `0.97`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

impl Share {
    /// A share; `None` where it is none.
    pub fn of(share: f64) -> Option<Share> {
        let millionths = (share * 1e6).round();
        (0.0..=1e6).contains(&millionths).then_some(Share(millionths as u32))
    }

    /// The share in millionths.
    pub fn millionths(self) -> u32 {
        self.0
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 1e6)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Share::of(f64::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("a share is from 0 to 1"))
    }
}

/// What its source says of the fix of a vulnerability.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixState {
    /// Nothing.
    #[default]
    Unknown,
    /// There is a version that has it.
    Fixed,
    /// There is none yet.
    NotFixed,
    /// There will be none.
    WontFix,
}

impl FixState {
    pub(crate) fn is_unknown(&self) -> bool {
        *self == FixState::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(vector: &str) -> String {
        let rating = Rating::vector("x", vector).unwrap();
        format!("{} {}", rating.score.unwrap(), rating.severity)
    }

    #[test]
    fn vectors_are_scored_in_all_versions() {
        assert_eq!(scored("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), "9.8 critical");
        assert_eq!(scored("CVSS:3.0/AV:L/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N"), "5.1 medium");
        assert_eq!(scored("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"), "6.1 medium");
        assert_eq!(scored("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"), "0.0 negligible");
        assert_eq!(scored("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"), "9.3 critical");
        assert_eq!(scored("AV:N/AC:L/Au:N/C:P/I:P/A:P"), "7.5 high");
        assert_eq!(scored("AV:N/AC:L/Au:N/C:C/I:C/A:C"), "10.0 high");
        // Only the base counts.
        assert_eq!(scored("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U"), "9.8 critical");
        assert_eq!(scored("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U"), "9.3 critical");
        assert_eq!(scored("(AV:L/AC:L/Au:N/C:N/I:N/A:P)"), "2.1 low");
    }

    #[test]
    fn what_is_no_vector_rates_nothing() {
        for text in [
            "",
            "CVSS:9.9/AV:N",
            "CVSS:3.1/",
            "CVSS:3.1/AV:N",
            "7.5",
            "AV:N/AC",
            "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        ] {
            assert_eq!(Rating::vector("x", text), None, "{text}");
        }
        assert_eq!(Rating::word("x", "not yet assigned"), None);
        assert_eq!(Rating::word("x", "MODERATE").unwrap().severity, Severity::Medium);
    }

    #[test]
    fn numbers_survive_json_and_wrong_ones_are_refused() {
        assert_eq!(serde_json::to_string(&Score::of(9.8).unwrap()).unwrap(), "9.8");
        assert_eq!(serde_json::to_string(&Share::of(0.00043).unwrap()).unwrap(), "0.00043");
        assert_eq!(serde_json::from_str::<Score>("10").unwrap().tenths(), 100);
        assert!(serde_json::from_str::<Score>("10.1").is_err() && serde_json::from_str::<Share>("-0.1").is_err());
        assert!(Score::of(f64::NAN).is_none() && Share::of(f64::INFINITY).is_none());
    }
}
