//! Points in time, to the second, in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// A point in time, to the second, written as RFC 3339 in UTC (`2026-01-31T00:00:00Z`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// What the clock says.
    pub fn now() -> Self {
        Timestamp::from_unix(jiff::Timestamp::now().as_second()).unwrap_or(Timestamp(jiff::Timestamp::UNIX_EPOCH))
    }

    /// Seconds since 1970.
    ///
    /// # Errors
    /// `Invalid` outside the years -9999 to 9999.
    pub fn from_unix(seconds: i64) -> Result<Self> {
        jiff::Timestamp::from_second(seconds)
            .map(Timestamp)
            .map_err(|e| Error::invalid(format!("{seconds} is not a time")).caused_by(e))
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0.as_second()
    }

    /// Parses RFC 3339 (any offset; fractions are cut), or a date, which means its first instant in UTC.
    ///
    /// # Errors
    /// `Invalid`, with the text.
    pub fn parse(text: &str) -> Result<Self> {
        let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        let parsed = full.parse::<jiff::Timestamp>().map_err(|e| {
            Error::invalid(format!("{text:?} is not a date"))
                .hint("write 2026-01-31 or 2026-01-31T12:00:00Z")
                .caused_by(e)
        })?;
        Timestamp::from_unix(parsed.as_second())
    }

    /// How long after `earlier` this is; zero where it is before.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_secs(u64::try_from(self.unix().saturating_sub(earlier.unix())).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Timestamp::parse(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Timestamp::parse(&text)
            .map_err(|e| serde::de::Error::custom(format!("{}; {}", e.message(), e.hint_text().unwrap_or(""))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_offsets_are_read_as_instants_in_utc() {
        assert_eq!(Timestamp::parse("2026-01-31").unwrap().to_string(), "2026-01-31T00:00:00Z");
        assert_eq!(Timestamp::parse("2026-01-31T01:30:00.9+05:30").unwrap().to_string(), "2026-01-30T20:00:00Z");
        assert_eq!(Timestamp::from_unix(0).unwrap().to_string(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "tomorrow", "2026-13-01", "2026-02-30", "2026-01-31 ", "31.01.2026", "2026-1-1"] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn since_never_goes_below_zero() {
        let (a, b) = (Timestamp::from_unix(10).unwrap(), Timestamp::from_unix(25).unwrap());
        assert_eq!((b.since(a).as_secs(), a.since(b).as_secs()), (15, 0));
    }
}
