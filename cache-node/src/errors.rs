//! Errors on their way to JavaScript. The bridge of napi carries only a text, so the text is JSON, and `errors.cjs` makes one
//! of its classes of it.

use cache_core::{Error, ErrorKind};
use napi_derive::napi;
use serde_json::json;

/// The error that JavaScript gets.
pub(crate) fn raise(error: Error) -> napi::Error {
    let message = error.to_string();
    send(&message, &error)
}

/// The same, where an argument is wrong. The message names the place in it already.
pub(crate) fn raise_about(argument: String, error: Error) -> napi::Error {
    let message = error.to_string();
    send(&message, &error.context("argument", argument))
}

fn send(message: &str, error: &Error) -> napi::Error {
    let causes: Vec<String> = error.causes().map(ToString::to_string).collect();
    let text = json!({
        "code": error.kind().code(),
        "message": message,
        "hint": error.hint_text(),
        "context": error.contexts(),
        "causes": causes,
    });
    napi::Error::from_reason(text.to_string())
}

/// Every kind of error, by its code.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi]
pub fn error_kinds() -> Vec<&'static str> {
    ErrorKind::ALL.iter().map(|kind| kind.code()).collect()
}
