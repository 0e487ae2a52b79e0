//! Who signed something.

use std::collections::BTreeMap;
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
    /// Somebody to whom a certificate authority issued a short-lived certificate ("keyless").
    Certificate {
        /// The name in the certificate: the address of a person, or the URI of a workflow.
        subject: String,
        /// Who authenticated the subject: an OpenID Connect provider. Some authorities name none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
        /// What else the authority wrote about the signer, such as `sourceRepositoryURI`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        claims: BTreeMap<String, String>,
    },
}

impl Identity {
    /// What the certificate says under this name, where it is one and says it.
    pub fn claim(&self, name: &str) -> Option<&str> {
        match self {
            Identity::Key { .. } => None,
            Identity::Certificate { claims, .. } => claims.get(name).map(String::as_str),
        }
    }

    /// Whether both are the same signer: the same key, or the same subject of the same issuer.
    pub fn is_same_signer(&self, other: &Identity) -> bool {
        match (self, other) {
            (Identity::Key { fingerprint: one, .. }, Identity::Key { fingerprint: two, .. }) => one == two,
            (
                Identity::Certificate { subject, issuer, .. },
                Identity::Certificate { subject: other, issuer: other_issuer, .. },
            ) => subject == other && issuer == other_issuer,
            _ => false,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::Key { fingerprint, name } => write!(f, "key {name} ({})", fingerprint.short()),
            Identity::Certificate { subject, issuer: Some(issuer), .. } => {
                write!(f, "{subject} (keyless, authenticated by {issuer})")
            }
            Identity::Certificate { subject, issuer: None, .. } => write!(f, "{subject} (keyless)"),
        }
    }
}
