//! What functions of the application promise.

use cache_core::Error;

/// All that napi says of a promise that was collected as garbage before it was settled.
const COLLECTED: &str = "oneshot canceled";

/// The error where a promise of the application came to nothing. Why one was rejected `answers.cjs` says in a whole sentence; one
/// that is collected has nothing left that could settle it.
pub(crate) fn broken(whose: &str, error: &napi::Error) -> Error {
    match error.reason.as_str() {
        COLLECTED => Error::unexpected(format!("the promise of {whose} was never settled"))
            .hint("resolve or reject it in every case: nothing is left that could"),
        sentence => Error::unexpected(sentence),
    }
}
