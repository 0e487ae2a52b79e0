//! A document without what came with a later version than the one it is written in.

use std::borrow::Cow;

use super::bom::Finding;
use super::cyclonedx::position;
use super::grammar::{GRAMMAR, Kind, Member, Minor, Object, Side};
use super::json;
use super::value::{Members, Value};
use crate::error::{Error, Result};

/// The document, which `root` describes, and what it had to leave out. `form` is the name of the format with its major version.
pub(super) fn to_version(
    document: &[u8],
    root: &Object,
    form: &'static str,
    version: Minor,
) -> Result<(Vec<u8>, Vec<Finding>)> {
    let text = str::from_utf8(document).map_err(|e| Error::unexpected("the document is no text").caused_by(e))?;
    let mut document = Value::read(text)?;
    let mut fit = Fit { form, version, path: Vec::new(), lost: Vec::new() };
    if let Value::Object(members) = &mut document {
        fit.object(root, members);
    }
    Ok((json::write(&document)?, fit.lost))
}

struct Fit {
    form: &'static str,
    version: Minor,
    path: Vec<String>,
    lost: Vec<Finding>,
}

impl Fit {
    fn object(&mut self, object: &Object, members: &mut Members<'_>) {
        members.retain_mut(|(name, value)| {
            self.path.push(format!(".{name}"));
            let keeps = self.keeps(object, name, value);
            self.path.pop();
            keeps
        });
    }

    /// Whether the version has such a member; what it has of it.
    fn keeps(&mut self, object: &Object, name: &str, value: &mut Value<'_>) -> bool {
        let Some((_, any)) = object.named(name).next() else { return true };
        let in_version = |member: &&Member| member.is_in(self.version, Side::Json);
        let mut members = object.named(name).map(|(_, member)| member).filter(in_version).collect::<Vec<_>>();
        let is_list = matches!(value, Value::List(_));
        members.sort_by_key(|member| member.list != is_list);
        let Some(member) = members.first() else {
            let of = object.name.trim_start_matches("spdx-");
            return self.lose(format!("{} has no {} of {of}", self.name(), any.name));
        };
        match (member.list, value) {
            (true, Value::List(items)) => {
                let mut at = 0;
                items.retain_mut(|item| {
                    self.path.push(format!("[{at}]"));
                    at += 1;
                    let keeps = self.value(object, member, item);
                    self.path.pop();
                    keeps
                });
                true
            }
            (true, value) => {
                *value = Value::List(tools(value));
                true
            }
            (false, value @ Value::List(_)) => {
                let mut items = std::mem::replace(value, Value::Null);
                if let Value::List(items) = &mut items {
                    if items.len() > 1 {
                        self.lose(format!("{} has one {} at most", self.name(), member.name));
                    }
                    *value = items.drain(..).next().unwrap_or(Value::Null);
                }
                *value != Value::Null && self.value(object, member, value)
            }
            (false, value) => self.value(object, member, value),
        }
    }

    fn value(&mut self, object: &Object, member: &Member, value: &mut Value<'_>) -> bool {
        let Some(kind) = member.form_of(value).map(|form| form.kind) else { return true };
        match (kind, value) {
            (Kind::Object(at), Value::Object(members)) => {
                let inner = GRAMMAR.object(at);
                if inner.since > self.version {
                    return self.lose(format!("{} has no such {}", self.name(), member.name));
                }
                self.object(inner, members);
                true
            }
            (Kind::Words(at), Value::Text(word)) if !GRAMMAR.has_word(at, word, self.version, Side::Json) => {
                self.lose(format!("{} has no {} {word}", self.name(), member.name));
                // A component has a type in any case.
                let is_type = (object.name, member.name) == ("component", "type");
                if is_type {
                    *word = Cow::Borrowed("library");
                }
                is_type
            }
            _ => true,
        }
    }

    fn name(&self) -> String {
        format!("{}.{}", self.form, self.version)
    }

    fn lose(&mut self, message: String) -> bool {
        self.lost.push(Finding::new("not-converted", position(&self.path), message));
        false
    }
}

/// The tools of a later version, which are components and services, as the list that there was before.
fn tools<'a>(value: &mut Value<'a>) -> Vec<Value<'a>> {
    let Value::Object(lists) = std::mem::replace(value, Value::Null) else { return Vec::new() };
    let all = lists.into_iter().filter_map(|(_, list)| if let Value::List(items) = list { Some(items) } else { None });
    let known = |name: &str| matches!(name, "name" | "version" | "hashes" | "externalReferences");
    all.flatten()
        .filter_map(|tool| match tool {
            Value::Object(members) => {
                Some(Value::Object(members.into_iter().filter(|(name, _)| known(name)).collect()))
            }
            _ => None,
        })
        .collect()
}
