//! What is wrong with JSON, in words for whoever handed it over.

use serde::Deserialize;
use serde_json::Error;

use crate::words::{self, Values};

/// What serde finds wrong, with its place in the text where it says one.
pub(crate) fn in_words(error: &Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let (message, place) = match message.strip_suffix(&place) {
        Some(message) => (message, place.as_str()),
        None => (message.as_str(), ""),
    };
    if error.is_eof() {
        return format!("the JSON ends too early{place}");
    }
    if error.is_syntax() {
        return format!("it is no JSON that can be read: {message}{place}");
    }
    format!("{}{place}", words::in_words(message, Values::Shown))
}

/// The same of a document, with the member that is wrong.
pub(super) fn of_document<'a, T: Deserialize<'a>>(error: &Error, text: &'a str) -> String {
    if text.trim().is_empty() {
        return "the document is empty".to_owned();
    }
    let wrong = in_words(error);
    match member::<T>(error, text) {
        Some(member) => format!("{member}: {wrong}"),
        None => wrong,
    }
}

/// It is read a second time, as nobody notes the way to what is right.
fn member<'a, T: Deserialize<'a>>(error: &Error, text: &'a str) -> Option<String> {
    if !error.is_data() {
        return None;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let again = serde_path_to_error::deserialize::<_, T>(&mut reader).err()?;
    let is_same = again.inner().to_string() == error.to_string();
    (is_same && again.path().iter().next().is_some()).then(|| again.path().to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::json;
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Document {
        name: Option<String>,
        #[serde(default)]
        list: Vec<Document>,
        map: Option<BTreeMap<String, u64>>,
    }

    #[test]
    fn what_is_wrong_with_a_document_is_said_without_words_of_rust() {
        for (text, told) in [
            ("", "the document is empty"),
            (" \n", "the document is empty"),
            ("null", "expected an object, not null"),
            ("5", "expected an object, not `5`"),
            ("\"x\"", "expected an object, not \"x\""),
            ("[]", "it is a list"),
            ("hello", "it is no JSON that can be read: expected value"),
            ("{\"name\":", "the JSON ends too early"),
            ("{\"nmae\": 1}", "nmae: unknown field `nmae`, expected one of `name`, `list`, `map`"),
        ] {
            let error = json::<Document>("a test", text).unwrap_err();
            assert!(error.to_string().starts_with(&format!("not a test: {told}")), "{text}: {error}");
        }
        let deep = json::<Document>("a test", r#"{"list": [{}, {"map": {"a": "x"}}]}"#).unwrap_err().to_string();
        let told = "not a test: list[1].map.a: expected a whole number that is not negative, not \"x\" at line 1 ";
        assert!(deep.starts_with(told), "{deep}");
    }
}
