//! Whether a request is what its sender signed, and of now.

use aws_lc_rs::hmac;

use crate::error::{Error, Result};
use crate::model::Timestamp;

/// How old a request may be, in seconds, and how far in the future; Slack's own limit.
pub(super) const MAX_AGE: i64 = 5 * 60;

/// Whether this is the HMAC-SHA256 of the message, compared in constant time.
pub(super) fn hmac_is(key: &[u8], message: &[u8], tag: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), message, tag).is_ok()
}

/// # Errors
/// `Denied` where the request is older than five minutes: it may be a recording.
pub(super) fn of_now(at: Timestamp, now: Timestamp) -> Result<()> {
    match (now.unix() - at.unix()).abs() <= MAX_AGE {
        true => Ok(()),
        false => Err(Error::denied("the request is not of now").context("sent", at)),
    }
}
