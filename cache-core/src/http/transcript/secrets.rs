//! What lets somebody in, learned from what is sent and received.

use std::collections::BTreeSet;

use ::http::HeaderMap;
use ::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::{Regex, RegexBuilder};
use serde_json::{Value, json};

use super::shown::{FIELDS, PARAMETERS, kept_or_length};
use crate::address::names_a_secret;
use crate::http::{decode, encode};

/// Of a body more is not kept.
const MAX_BODY: usize = 256 << 10;
/// Shorter texts are too common to be taken out.
const LEAST_SECRET: usize = 4;

/// Texts that stand nowhere in the end. `Debug` shows none of them.
#[derive(Default)]
pub(super) struct Secrets(BTreeSet<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl Secrets {
    pub(super) fn learn(&mut self, text: &str) {
        // What is harmless in itself, such as a number, may stand in a signed address.
        if text.len() >= LEAST_SECRET && !text.bytes().all(|b| b.is_ascii_digit()) {
            self.0.insert(text.to_owned());
            self.0.insert(encode(text));
        }
    }

    pub(super) fn of_headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            let Ok(text) = value.to_str() else { continue };
            let login = [AUTHORIZATION, PROXY_AUTHORIZATION].contains(name);
            if let Some(given) = text.strip_prefix("Basic ").filter(|_| login) {
                let decoded = STANDARD.decode(given).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let decoded = decoded.unwrap_or_default();
                self.learn(given);
                self.learn(&decoded);
                self.learn(decoded.split_once(':').map_or("", |(_, password)| password));
            } else if let Some((_, signature)) = text.split_once("Signature=").filter(|_| login) {
                self.learn(signature);
            } else if login {
                self.learn(text.split_once(' ').map_or(text, |(_, given)| given));
            } else if [COOKIE, SET_COOKIE].contains(name) {
                let values = text.split(';').filter_map(|pair| pair.split_once('='));
                values.for_each(|(_, value)| self.learn(value.trim()));
            } else if ["token", "secret", "password", "api-key", "signature"]
                .iter()
                .any(|word| name.as_str().contains(word))
            {
                self.learn(text);
            }
        }
    }

    /// A body of JSON or of a form, field by field; of others the length.
    pub(super) fn body(&mut self, headers: &HeaderMap, body: &[u8], is_login: bool) -> Value {
        if body.is_empty() {
            return Value::Null;
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let text = std::str::from_utf8(body).unwrap_or_default();
        if kind.contains("x-www-form-urlencoded") {
            let pair = |pair: &str| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let value = String::from_utf8_lossy(&decode(&value.replace('+', " "))).into_owned();
                let is_known = PARAMETERS.contains(&name) || ["Action", "Version"].contains(&name);
                if !is_known {
                    self.learn(&value);
                }
                (kept_or_length(name, true), Value::String(kept_or_length(&value, is_known)))
            };
            return Value::Object(text.split('&').map(pair).collect());
        }
        match serde_json::from_str::<Value>(text) {
            Ok(document) if body.len() <= MAX_BODY => self.document(&document, "", is_login, 0),
            _ => json!(format!("({} bytes)", body.len())),
        }
    }

    fn document(&mut self, value: &Value, field: &str, is_login: bool, depth: usize) -> Value {
        match value {
            Value::String(text) => {
                if is_login {
                    self.learn(text);
                }
                Value::String(kept_or_length(text, !is_login && FIELDS.contains(&field)))
            }
            Value::Array(items) if depth < 64 => {
                items.iter().map(|item| self.document(item, field, is_login, depth + 1)).collect()
            }
            Value::Object(fields) if depth < 64 => {
                let fields = fields.iter().map(|(name, value)| {
                    let said = self.document(value, name, is_login || names_a_secret(name), depth + 1);
                    (kept_or_length(name, true), said)
                });
                Value::Object(fields.collect())
            }
            Value::Array(_) | Value::Object(_) => json!("(deeper)"),
            other => other.clone(),
        }
    }

    /// What finds any of them. The longest come first: one may begin as another does.
    pub(super) fn finder(&self) -> Finder {
        let mut all: Vec<&String> = self.0.iter().collect();
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let pattern = all.into_iter().map(|secret| regex::escape(secret)).collect::<Vec<_>>().join("|");
        Finder((!pattern.is_empty()).then(|| RegexBuilder::new(&pattern).size_limit(usize::MAX).build().ok()))
    }
}

/// Takes secrets out of documents.
pub(super) struct Finder(Option<Option<Regex>>);

impl Finder {
    /// The same document without any secret.
    pub(super) fn taken_out(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.clean(text)),
            Value::Array(items) => items.iter().map(|item| self.taken_out(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (self.clean(name), self.taken_out(value))).collect()
            }
            other => other.clone(),
        }
    }

    fn clean(&self, text: &str) -> String {
        match &self.0 {
            None => text.to_owned(),
            Some(Some(finder)) => finder.replace_all(text, "***").into_owned(),
            // So many that nothing can find them: then nothing is shown.
            Some(None) => "***".to_owned(),
        }
    }
}
