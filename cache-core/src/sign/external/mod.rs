//! Signing by another program: the seam for key management services, hardware tokens and agents that hold a key.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::bundle::Bundle;
use super::public_key::PublicKey;
use super::scheme::Scheme;
use super::{Sign, Signer};
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::model::{Digest, Identity};
use crate::program::Program;

/// The version of the questions.
const VERSION: u32 = 1;
/// No answer is larger.
const MAX_ANSWER: u64 = 64 << 10;

/// A signer whose private key another program holds.
///
/// The program is run once for each question, with the question as one JSON object on its input, and gives the answer as one
/// JSON object on its output. It ends with 0; where it fails, it says why on its error output. Bytes are in base64.
///
/// | Question | Answer |
/// |---|---|
/// | `{"version":1,"operation":"public-key"}` | `{"publicKey":"-----BEGIN PUBLIC KEY-----…"}` |
/// | `{"version":1,"operation":"sign","key":"sha256:…","message":"…","hash":"sha256","digest":"…"}` | `{"signature":"…"}` |
///
/// `key` is the SHA-256 of the public key in DER. The signature is over `message`, with `hash`; `digest` is that hash of it, for
/// services that take no more. ECDSA signatures are ASN.1, RSA signatures PKCS #1 v1.5. For an Ed25519 key `hash` and `digest`
/// are absent: the message itself is signed.
#[derive(Debug, Clone)]
pub struct ExternalSigner {
    program: Program,
    arguments: Vec<String>,
    public: PublicKey,
}

#[derive(Serialize)]
#[serde(tag = "operation", rename_all = "kebab-case")]
enum Question<'a> {
    PublicKey {
        version: u32,
    },
    Sign {
        version: u32,
        key: &'a Digest,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        hash: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyAnswer {
    public_key: String,
}

#[derive(Deserialize)]
struct SignatureAnswer {
    signature: String,
}

impl ExternalSigner {
    /// The signer behind this program (its path, or its name in `PATH`), which is run with these arguments. It is asked for
    /// the public key, under whose name it signs.
    ///
    /// # Errors
    /// `NotFound` where there is no such program; `Unavailable` where it takes longer than a minute; `Unexpected` where it
    /// fails, with what it says, or does not answer as it should; what [`PublicKey::from_pem`] says.
    pub async fn ask(
        name: impl Into<String>,
        program: impl Into<PathBuf>,
        arguments: Vec<String>,
    ) -> Result<ExternalSigner> {
        let program = Program { path: program.into(), patience: Duration::from_secs(60), limit: MAX_ANSWER };
        let question = Question::PublicKey { version: VERSION };
        let answer: KeyAnswer = answer(&program, &arguments, &question).await?;
        let public =
            PublicKey::from_pem(name, &answer.public_key).map_err(|e| e.context("program", program.path.display()))?;
        Ok(ExternalSigner { program, arguments, public })
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }
}

#[async_trait]
impl Signer for ExternalSigner {
    fn identity(&self) -> Identity {
        self.public.identity()
    }

    fn key(&self) -> Option<&PublicKey> {
        Some(&self.public)
    }

    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle> {
        op.expect_signer(&self.identity())?;
        let (message, key) = (op.message(), self.public.fingerprint());
        let scheme = self.public.scheme();
        let hash = (scheme != Scheme::Ed25519).then(|| scheme.natural_hash());
        let question = Question::Sign {
            version: VERSION,
            key: &key,
            message: STANDARD.encode(&message),
            hash: hash.map(|hash| hash.name()),
            digest: hash.map(|hash| STANDARD.encode(hash.of(&message))),
        };
        let answer: SignatureAnswer = answer(&self.program, &self.arguments, &question).await?;
        let signature = STANDARD.decode(answer.signature.trim()).map_err(|_| {
            Error::unexpected("the signature that the program gives is not base64")
                .context("program", self.program.path.display())
        })?;
        op.bundle_by_key(&self.public, signature).map_err(|e| e.context("program", self.program.path.display()))
    }
}

async fn answer<T: DeserializeOwned>(program: &Program, arguments: &[String], question: &Question<'_>) -> Result<T> {
    let question =
        serde_json::to_vec(question).map_err(|e| Error::unexpected("the question has no JSON form").caused_by(e))?;
    let said = program.answer(arguments, &[], &question).await?;
    serde_json::from_slice(&said).map_err(|e| {
        Error::unexpected("the program does not answer as a signer does")
            .context("program", program.path.display())
            .caused_by(e)
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
