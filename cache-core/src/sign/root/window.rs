//! When a key or an authority is valid.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// A period of time. Both ends belong to it (`TimeRange` of Sigstore's `sigstore_common.proto`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Window {
    /// The first instant; without one, there is none before which it does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// The last instant; without one, it does not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
}

impl Window {
    /// Whether it has no ends.
    pub fn is_open(&self) -> bool {
        self.start.is_none() && self.end.is_none()
    }

    /// Whether the instant is in it.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= time) && self.end.is_none_or(|end| time <= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_it() {
        let at = |seconds| Timestamp::from_unix(seconds).unwrap();
        let window = Window { start: Some(at(10)), end: Some(at(20)) };
        let inside: Vec<i64> = (8..23).filter(|s| window.contains(at(*s))).collect();
        assert_eq!(inside, (10..21).collect::<Vec<_>>());
        assert!(Window::default().contains(at(0)) && Window::default().is_open());
    }
}
