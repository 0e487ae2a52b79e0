//! Text that is never shown.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A password or token: neither `Debug` nor an error shows it, and its memory is cleared when it is dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text, which may be empty.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text, for the place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret::new(text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    // The usual message shows what is there instead of a text, such as a password of digits only.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Secret::new).map_err(|_| D::Error::custom("a secret has to be a text"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
