//! The environment of the process, which tests put in their own words.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Result;
use crate::files::read_text;
use crate::model::Secret;

/// A file of credentials is small.
const MAX_FILE: u64 = 4 << 20;

/// Variables by name.
#[derive(Clone, Debug, Default)]
pub(crate) enum Variables {
    /// Those of this process.
    #[default]
    Process,
    /// These, and no other.
    #[cfg_attr(not(test), allow(dead_code))]
    Given(Arc<BTreeMap<String, Secret>>),
}

impl Variables {
    #[cfg(test)]
    pub(crate) fn given(variables: &[(&str, &str)]) -> Self {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value)));
        Variables::Given(Arc::new(owned.collect()))
    }

    /// A variable that has a text.
    pub(crate) fn secret(&self, name: &str) -> Option<Secret> {
        let value = match self {
            Variables::Process => std::env::var(name).ok().map(Secret::new),
            Variables::Given(given) => given.get(name).cloned(),
        };
        value.filter(|value| !value.reveal().is_empty())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.secret(name).map(|value| value.reveal().to_owned())
    }

    /// A path in a variable, or below the home folder.
    pub(in crate::registry) fn path(&self, name: &str, below_home: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from).or_else(|| Some(PathBuf::from(self.text("HOME")?).join(below_home)))
    }
}

/// A file with a secret, without the line's end.
pub(in crate::registry) fn secret_file(path: &std::path::Path) -> Result<Secret> {
    read_text(path, MAX_FILE, |text| Secret::new(text.trim_end_matches(['\r', '\n'])))
}
