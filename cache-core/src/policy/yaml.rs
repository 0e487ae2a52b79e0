//! YAML, and where in it something is wrong.

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::words::{Values, in_words};

/// A larger policy is none.
const MAX_FILE: usize = 1 << 20;

/// Reads YAML of a known shape. A key that stands twice is an error, and only `true` and `false` are truth values.
pub(super) fn read<T: DeserializeOwned>(yaml: &str) -> Result<T> {
    if yaml.len() > MAX_FILE {
        return Err(Error::invalid(format!("the policy file is larger than {MAX_FILE} bytes")));
    }
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
    };
    serde_saphyr::from_str_with_options(yaml, options).map_err(|error| {
        let text = error.without_snippet().to_string();
        let message = text.lines().next().unwrap_or("it is no YAML of a policy");
        // The place is told below, in fields.
        let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
        let message = message.split_once(", set DuplicateKeyPolicy").map_or(message, |(message, _)| message);
        let message = in_words(message, Values::Shown);
        let found = Error::invalid(format!("the policy file is wrong: {message}"));
        let Some(place) = error.location() else { return found };
        let found = match key_at(yaml, place.line(), place.column()) {
            Some(key) => found.context("key", key),
            None => found,
        };
        found.context("line", place.line()).context("column", place.column())
    })
}

/// The path of the key at this place, such as `scan_policy.promotion_to_prod.max_high`: the key of the line, and those of the
/// lines above that are indented less. For people only.
fn key_at(yaml: &str, line: u64, column: u64) -> Option<String> {
    let lines: Vec<&str> = yaml.lines().collect();
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let last = lines.get(at)?;
    let column = usize::try_from(column).ok()?;
    let mut path = Vec::new();
    // Within `{a: 1, b: 2}` it is the last key before the place that is meant.
    let before: String = last.chars().take(column).collect();
    let rest = last.get(before.len()..).unwrap_or_default();
    let word = rest.split([':', ',', '}']).next().unwrap_or_default();
    let inline = before.rfind(['{', ',']).map(|start| format!("{}{word}", &before[start + 1..]));
    if let Some(key) = inline.as_deref().and_then(key_of) {
        path.push(key);
    }
    let mut indent = usize::MAX;
    for line in lines[..=at].iter().rev() {
        let own = line.len() - line.trim_start_matches([' ', '-']).len();
        if own < indent
            && !line.trim_start_matches([' ', '-']).starts_with('{')
            && let Some(key) = key_of(line)
        {
            path.push(key);
            indent = own;
        }
    }
    path.reverse();
    (!path.is_empty()).then(|| path.join("."))
}

/// The key at the start of a line.
fn key_of(line: &str) -> Option<String> {
    let line = line.trim_start_matches([' ', '-']);
    let key = line.split(':').next()?.trim().trim_matches(['"', '\'']);
    let plain = !key.is_empty() && key.len() < 80 && key.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    (plain && (line.contains(':') || line.trim() == key)).then(|| key.to_owned())
}
