//! How long a registry is waited for, as text.

use std::time::Duration;

use serde::Deserialize;

use crate::registry::Patience;

/// What differs from the usual [`Patience`].
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatienceConfig {
    /// How often a request is tried in all.
    #[serde(default)]
    pub attempts: Option<u32>,
    /// The first pause between two tries; each further one is twice as long.
    #[serde(default)]
    pub first_pause_seconds: Option<u32>,
    /// The longest pause. A registry that asks for a longer one is not waited for.
    #[serde(default)]
    pub longest_pause_seconds: Option<u32>,
    /// How long a connection may take to open.
    #[serde(default)]
    pub connect_seconds: Option<u32>,
    /// How long the answer to a small request may take to begin.
    #[serde(default)]
    pub answer_seconds: Option<u32>,
    /// How long a stream may stand still.
    #[serde(default)]
    pub idle_seconds: Option<u32>,
}

impl PatienceConfig {
    pub(super) fn patience(self) -> Patience {
        let usual = Patience::default();
        let or = |said: Option<u32>, usual| said.map_or(usual, |seconds| Duration::from_secs(seconds.into()));
        Patience {
            attempts: self.attempts.unwrap_or(usual.attempts),
            first_pause: or(self.first_pause_seconds, usual.first_pause),
            longest_pause: or(self.longest_pause_seconds, usual.longest_pause),
            connect: or(self.connect_seconds, usual.connect),
            answer: or(self.answer_seconds, usual.answer),
            idle: or(self.idle_seconds, usual.idle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_usual() {
        let said = serde_json::json!({"attempts": 9, "longestPauseSeconds": 300});
        let patience = serde_json::from_value::<PatienceConfig>(said).unwrap().patience();
        assert_eq!((patience.attempts, patience.longest_pause), (9, Duration::from_secs(300)));
        assert_eq!(patience.idle, Patience::default().idle);
        assert!(serde_json::from_value::<PatienceConfig>(serde_json::json!({"attempts": -1})).is_err());
    }
}
