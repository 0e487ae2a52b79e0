//! Who signed something.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::digest::Digest;

/// The identity behind a signature. It says who could have signed, never that a signature verified: that is
/// [`Verified`](crate::sign::Verified).
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Identity {
    /// A key, by the SHA-256 digest of its public half (DER, SubjectPublicKeyInfo), with the name that the user gave it.
    Key {
        /// The digest of the public key.
        fingerprint: Digest,
        /// The name of the key in the configuration.
        name: String,
    },
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::Key { fingerprint, name } => write!(f, "key {name} ({})", fingerprint.short()),
        }
    }
}
