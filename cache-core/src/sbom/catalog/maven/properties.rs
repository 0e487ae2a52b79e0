//! The properties of a project, `${name}`, within one file.

use std::cell::Cell;
use std::collections::BTreeMap;

/// No version and no name of a group is made of more.
const MAX_EXPANSIONS: usize = 256;
const MAX_LENGTH: usize = 4096;

/// So many are put in for all of a file; what is left is not resolved.
pub(super) const MAX_ALL_EXPANSIONS: usize = 200_000;

#[derive(Debug, Clone, Copy)]
pub(super) struct Properties<'a> {
    pub(super) own: &'a BTreeMap<String, String>,
    /// The elements of the project, those of its parent after `parent.`.
    pub(super) fields: &'a BTreeMap<String, String>,
    /// How many may still be put in.
    pub(super) left: &'a Cell<usize>,
}

impl Properties<'_> {
    /// The text with all properties put in; nothing where one is not known, or where they lead in a circle.
    pub(super) fn resolve(&self, text: &str) -> Option<String> {
        let mut text = text.trim().to_owned();
        // A circle does not end, and is noticed by that.
        for _ in 0..MAX_EXPANSIONS {
            let Some(start) = text.rfind("${") else { return Some(text) };
            self.left.set(self.left.get().checked_sub(1)?);
            let name = text.get(start + 2..)?.split('}').next()?;
            let end = start + 2 + name.len() + 1;
            let value = self.value(name.trim())?;
            if text.len() + value.len() > MAX_LENGTH || end > text.len() {
                return None;
            }
            text.replace_range(start..end, value.trim());
        }
        None
    }

    fn value(&self, name: &str) -> Option<&str> {
        if let Some(value) = self.own.get(name) {
            return Some(value);
        }
        let field = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")).unwrap_or(name);
        let inherited =
            || self.fields.get(&format!("parent.{field}")).filter(|_| matches!(field, "groupId" | "version"));
        self.fields.get(field).or_else(inherited).map(String::as_str)
    }
}
