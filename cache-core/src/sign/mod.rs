//! Signing, and what a signature is worth.
//!
//! [`Signer`] makes signatures, under a permit. [`Trust`] checks them, offline, and is the only maker of [`Verified`].

mod bundle;
mod cosign;
mod dsse;
mod encrypted;
mod key;
mod public_key;
mod root;
mod rule;
mod signers;
mod statement;
mod trust;
mod trusted;
mod tuf;
mod verify;

use async_trait::async_trait;
pub use bundle::{BUNDLE_V03, Bundle, COSIGN_SIGN_TYPE};
use bytes::Bytes;
pub(crate) use cosign::SBOM_TAG_SUFFIX;
pub use cosign::{Proof, SignedLayer, TAG_SUFFIXES};
pub use dsse::Envelope;
pub use encrypted::decrypt_cosign_key;
pub use key::KeySigner;
pub use public_key::PublicKey;
pub use root::{Selector, Service, SigningConfig, TrustConfig, TrustedRoot, Window};
pub use rule::{IdentityConfig, IdentityRule, Wanted};
pub use signers::{KeyDemands, SignersConfig};
pub use statement::{IN_TOTO_PAYLOAD, ResourceDescriptor, STATEMENT_V01, STATEMENT_V1, Statement};
pub use trust::{ImageSignature, Trust, Verified};
pub use trusted::Trusted;
pub use tuf::{Refreshed, TufRoot, TufSource, TufVersions};
pub use verify::{Demands, Shown};

use crate::approve::Permit;
use crate::error::Result;
use crate::model::Identity;

/// What is to be signed; what a permit to sign is about.
#[derive(Debug, Clone)]
pub struct Sign {
    /// Who is to sign.
    pub signer: Identity,
    /// The DSSE payload type.
    pub payload_type: String,
    /// The bytes to sign.
    pub payload: Bytes,
}

/// Something that signs: a key in a file, a key management service, a keyless identity.
///
/// Signing is a change like any other (a keyless signature ends up in a public log for ever), so it takes a permit. An
/// adapter must sign exactly `op.payload` as a DSSE envelope with `op.payload_type`, and refuse with `Unapproved` where
/// `op.signer` is not its own identity.
#[async_trait]
pub trait Signer: std::fmt::Debug + Send + Sync + 'static {
    /// Who signs; shown in the plan before anything is signed.
    fn identity(&self) -> Identity;

    /// Signs.
    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle>;
}
