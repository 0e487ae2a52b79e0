//! Why a check did not pass.

use crate::error::{Error, ErrorKind, Result};

/// What a check found.
pub(super) type Check = Result<(), Flaw>;

/// Why a check did not pass.
#[derive(Debug)]
pub(super) enum Flaw {
    /// The registry did what it must not do, or not what it must.
    Broken(String),
    /// It answered with an error where none was due.
    Failed(Error),
    /// It cannot do this, says so, and may.
    Lacking(String),
}

impl From<Error> for Flaw {
    fn from(error: Error) -> Self {
        Flaw::Failed(error)
    }
}

/// Passes where `holds`; otherwise `what` should have been so.
pub(super) fn expect(holds: bool, what: &str) -> Check {
    if holds { Ok(()) } else { Err(Flaw::Broken(format!("expected: {what}"))) }
}

/// Passes where the result is an error of one of these kinds.
pub(super) fn expect_error<T: std::fmt::Debug>(result: Result<T>, kinds: &[ErrorKind], what: &str) -> Check {
    match result {
        Err(error) if kinds.contains(&error.kind()) => Ok(()),
        Err(error) => Err(Flaw::Broken(format!("{what}: expected {kinds:?}, got {error:?}"))),
        Ok(value) => Err(Flaw::Broken(format!("{what}: expected {kinds:?}, got {value:?}"))),
    }
}

/// An ability that a registry may lack: there it says `Unsupported`.
pub(super) fn optional<T>(result: Result<T>) -> Result<T, Flaw> {
    result.map_err(|error| match error.kind() {
        ErrorKind::Unsupported => Flaw::Lacking(error.to_string()),
        _ => Flaw::Failed(error),
    })
}

/// Content that a registry may refuse: the distribution specification asks for one algorithm of digests only. What is no
/// answer of the registry, or says that bytes were false, is a failure here too.
pub(super) fn refusable<T>(result: Result<T>) -> Result<T, Flaw> {
    result.map_err(|error| match error.kind() {
        ErrorKind::Unsupported | ErrorKind::Invalid | ErrorKind::Unexpected => Flaw::Lacking(error.to_string()),
        _ => Flaw::Failed(error),
    })
}
