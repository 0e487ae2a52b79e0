//! Signing, and what a signature is worth.
//!
//! [`Signer`] makes signatures, under a permit. [`Trust`] checks them, offline, and is the only maker of [`Verified`].

mod absent;
mod bundle;
mod cosign;
mod dsse;
mod encrypted;
mod external;
mod hashes;
mod key;
mod keyless;
mod logged;
mod public_key;
mod root;
mod rule;
mod scheme;
mod services;
mod signer;
mod signers;
mod simple_signing;
mod source;
mod statement;
mod token;
mod trust;
mod trusted;
mod tuf;
mod verify;

#[cfg(any(test, feature = "conformance"))]
#[allow(clippy::unwrap_used, reason = "it serves tests")]
#[cfg_attr(not(test), allow(dead_code, unused_imports, reason = "tests use all of it"))]
pub(crate) mod testing;

pub use absent::AbsentSigner;
pub use bundle::{BUNDLE_V03, Bundle, COSIGN_SIGN_TYPE};
pub use cosign::{Proof, SignedLayer, TAG_SUFFIXES};
pub(crate) use cosign::{SBOM_TAG_SUFFIX, signature_layer, tag_suffix};
pub use dsse::Envelope;
pub use encrypted::decrypt_cosign_key;
pub use external::ExternalSigner;
pub use key::{KeyKind, KeySigner};
pub use keyless::KeylessSigner;
pub use logged::LoggedSigner;
pub use public_key::PublicKey;
pub use root::{Selector, Service, SigningConfig, TrustConfig, TrustedRoot, Window};
pub use rule::{IdentityConfig, IdentityRule, Wanted};
pub use services::Services;
pub use signer::{Sign, Signer};
pub use signers::{KeyDemands, SignersConfig};
pub(crate) use simple_signing::SimpleSigning;
pub(crate) use source::variable;
pub use statement::{IN_TOTO_PAYLOAD, ResourceDescriptor, STATEMENT_V01, STATEMENT_V1, Statement};
pub use token::{
    CallbackToken, EnvironmentToken, FileToken, GitHubActionsToken, GivenToken, IdentityToken, SIGSTORE_AUDIENCE,
    TokenSource, ambient_token,
};
pub use trust::{ImageSignature, Trust, Verified};
pub use trusted::Trusted;
pub use tuf::{HttpTufSource, Refreshed, TufRoot, TufSource, TufVersions};
pub use verify::{Demands, Shown};
