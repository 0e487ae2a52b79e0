//! What is told of an exception, whichever rule it is an exception from.

use super::Evidence;
use super::coverage::listed;
use crate::model::{Outcome, Reason};
use crate::scan::Exception;

/// It has run out.
pub(super) fn expired(exception: &Exception, meant: &[String]) -> Reason {
    let what = if meant.is_empty() { "nothing here".to_owned() } else { listed(meant) };
    Reason::warn("exception-expired", format!("the exception for {exception} has expired; it meant {what}"))
}

/// Nothing here needs it; one for another image has no business here.
pub(super) fn unused(exception: &Exception, evidence: &Evidence, otherwise: Outcome) -> Reason {
    let elsewhere = exception.digest.as_ref().is_some_and(|digest| !evidence.is_about(digest));
    let outcome = if elsewhere { Outcome::Pass } else { otherwise };
    Reason::of(outcome, "exception-unused", format!("the exception for {exception} matches nothing"))
}

/// It covers these, which would be `would_be` without it.
pub(super) fn covers(exception: &Exception, covered: &[String], would_be: Outcome) -> Reason {
    let code = if exception.missing().is_some() { "excepted-without-owner-or-expiry" } else { "excepted" };
    Reason::excepted(code, format!("the exception for {exception} covers {}", listed(covered)), would_be)
}
