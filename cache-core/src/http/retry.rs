//! How long to wait, and how often to ask again.

use std::time::{Duration, SystemTime};

use ::http::{HeaderMap, StatusCode, header};

use super::Answer;
use crate::error::{Error, Result};

/// How patient a client is with a server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Patience {
    /// How often a request is tried in all.
    pub attempts: u32,
    /// The first pause between two tries; each further one is twice as long, with some chance in it. A server that names a
    /// shorter pause (`Retry-After`) is given this one.
    pub first_pause: Duration,
    /// The longest pause. A server that names a longer one is not waited for: the error says what it asked.
    pub longest_pause: Duration,
    /// How long a connection may take to open.
    pub connect: Duration,
    /// How long the answer to a small request may take to begin.
    pub answer: Duration,
    /// How long a stream may stand still.
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            attempts: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            idle: Duration::from_secs(60),
        }
    }
}

impl Patience {
    /// The pause before the next try, or `None` where this was the last.
    pub(crate) fn pause(&self, attempt: u32, headers: &HeaderMap) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        if let Some(asked) = retry_after(headers) {
            return (asked <= self.longest_pause).then(|| asked.max(self.first_pause));
        }
        let doubled = self.first_pause.saturating_mul(1 << (attempt - 1).min(16)).min(self.longest_pause);
        // Clients that failed together must not come back together.
        let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.subsec_nanos());
        Some(doubled + doubled.mul_f64(f64::from(nanos % 1000) / 2000.0))
    }
}

/// Whether trying again may help.
pub(super) fn passes(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

/// Seconds, a fraction of one, or a date (RFC 9110, 10.2.3); registries send all three.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(until.duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

/// The answer that was still a refusal after the last try. 5xx is left to the caller, who knows how to say it.
pub(super) fn end_of_patience(answer: Answer) -> Result<Answer> {
    if answer.status() != StatusCode::TOO_MANY_REQUESTS {
        return Ok(answer);
    }
    let mut error = Error::rate_limited("the server asks to slow down").context("url", super::shown(answer.url()));
    if let Some(asked) = retry_after(answer.headers()) {
        error = error.hint(format!("it asks to wait for {} seconds", asked.as_secs_f64().ceil()));
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Option<Duration> {
        retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]))
    }

    #[test]
    fn t01_retry_after_is_read_in_its_three_forms() {
        assert_eq!(after("3"), Some(Duration::from_secs(3)));
        assert_eq!(after("0.0007"), Some(Duration::from_micros(700)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert!(after("Fri, 06 Nov 2099 08:49:37 GMT").unwrap() > Duration::from_secs(1 << 30));
        for odd in ["soon", "-5", "1e300", "NaN", ""] {
            assert!(after(odd).is_none_or(|d| d == Duration::ZERO), "{odd}");
        }
    }

    #[test]
    fn t03_a_tiny_pause_is_raised_and_a_huge_one_ends_the_tries() {
        let patience = Patience::default();
        let headers = |text: &str| HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]);
        assert_eq!(patience.pause(1, &headers("0.0007")), Some(patience.first_pause));
        assert_eq!(patience.pause(1, &headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(patience.pause(1, &headers("3600")), None);
        assert_eq!(patience.pause(5, &headers("1")), None);
    }

    #[test]
    fn pauses_double_with_some_chance_up_to_the_longest() {
        let patience = Patience { attempts: 100, ..Patience::default() };
        for (attempt, least) in [(1, 1), (2, 2), (3, 4), (7, 60), (99, 60)] {
            let pause = patience.pause(attempt, &HeaderMap::new()).unwrap();
            let least = Duration::from_secs(least);
            assert!(pause >= least && pause <= least.mul_f64(1.5), "{attempt}: {pause:?}");
        }
    }
}
