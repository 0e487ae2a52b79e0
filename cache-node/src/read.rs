//! Plain data on its way from JavaScript.

use cache_core::{Error, connect};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::errors::raise_about;

/// Reads an argument, which is called as in `native.d.ts`. What is wrong says in which one and where, as `arguments.cjs` does.
pub(crate) fn read<T: DeserializeOwned>(argument: &str, value: Value) -> napi::Result<T> {
    let what = match argument {
        "config" | "channels" => "configuration",
        "reports" => "list of reports",
        named => named,
    };
    connect::read(what, value).map_err(|error| raise_about(place(argument, what, &error), error))
}

/// The place in the argument, which the core says before what is wrong there.
fn place(argument: &str, what: &str, error: &Error) -> String {
    let wrong = error.message().strip_prefix(&format!("the {what} is not valid: "));
    match wrong.and_then(|wrong| wrong.split_once(": ")) {
        Some((inside, _)) if inside.starts_with('[') && is_path(inside) => format!("{argument}{inside}"),
        Some((inside, _)) if is_path(inside) => format!("{argument}.{inside}"),
        _ => argument.to_owned(),
    }
}

/// Words about the whole of it may have a colon too.
fn is_path(text: &str) -> bool {
    !text.contains([' ', '`', '"'])
}
