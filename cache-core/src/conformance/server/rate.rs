//! So many requests a second.

use std::time::Instant;

/// Requests that may still come in; a second's worth of them at most.
#[derive(Default)]
pub(super) struct Bucket {
    left: f64,
    filled: Option<Instant>,
}

impl Bucket {
    /// Whether one more request may come in now.
    pub(super) fn admits(&mut self, per_second: u32) -> bool {
        let (now, full) = (Instant::now(), f64::from(per_second));
        let gained = self.filled.map_or(full, |then| (now - then).as_secs_f64() * full);
        self.filled = Some(now);
        self.left = (self.left + gained).min(full);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}
