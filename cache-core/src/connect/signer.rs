//! Who signs, as text: a key of one's own, another program, or a keyless identity.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::KeyConfig;
use super::services::ServicesConfig;
use super::token::TokenConfig;
use crate::error::{Error, Result};
use crate::registry::Network;
use crate::sign::{ExternalSigner, KeylessSigner, LoggedSigner, Services, Signer, TokenSource, TrustedRoot};

/// Who signs, and the services that confirm the signatures (`services`): a keyless signer needs them, to others they may be
/// given, so that their signatures are in a log and have a proven time.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value")]
pub struct SignerConfig {
    /// Who signs.
    pub who: Who,
    /// The services that confirm it.
    pub services: Option<ServicesConfig>,
}

/// Who signs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Who {
    /// A key of one's own.
    Key(KeyConfig),
    /// Another program, where a `program` is named.
    Program(ProgramConfig),
    /// Somebody whom a provider of identities knows, where `keyless` says where tokens come from.
    Keyless(KeylessConfig),
}

/// A program that signs. See [`ExternalSigner`].
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProgramConfig {
    /// What records and verdicts call its key; without one, the program's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The program: its path, or its name in `PATH`.
    pub program: PathBuf,
    /// What it is run with.
    #[serde(default)]
    pub arguments: Vec<String>,
}

/// A keyless signer. See [`KeylessSigner`].
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeylessConfig {
    /// Where identity tokens come from.
    pub keyless: TokenConfig,
    /// The name that the certificate will have. Without it and the issuer, it is the one whom the token is for, where that is
    /// known beforehand.
    #[serde(default)]
    pub subject: Option<String>,
    /// Who authenticates it.
    #[serde(default)]
    pub issuer: Option<String>,
}

/// What a signer takes from where its configuration stands.
#[derive(Debug, Clone, Default)]
pub struct Backing {
    /// The trusted root, where the services name no other.
    pub root: Option<Arc<TrustedRoot>>,
    /// How services are reached, where they say nothing else.
    pub network: Network,
    /// The application, which gives identity tokens.
    pub tokens: Option<Arc<dyn TokenSource>>,
}

/// A signer that may still have to be asked who it is: a program and a provider of identities take time.
#[derive(Debug, Clone)]
pub struct OpenSigner {
    config: Arc<SignerConfig>,
    backing: Backing,
    asked: Arc<OnceCell<Arc<dyn Signer>>>,
}

impl TryFrom<Value> for SignerConfig {
    type Error = serde_json::Error;

    fn try_from(mut value: Value) -> Result<Self, serde_json::Error> {
        let services = value.as_object_mut().and_then(|fields| fields.remove("services"));
        let services = services.map(serde_json::from_value).transpose()?;
        let who = if value.get("program").is_some() {
            Who::Program(serde_json::from_value(value)?)
        } else if value.get("keyless").is_some() {
            Who::Keyless(serde_json::from_value(value)?)
        } else {
            Who::Key(serde_json::from_value(value)?)
        };
        Ok(SignerConfig { who, services })
    }
}

impl SignerConfig {
    /// Opens what can be opened without asking anybody, so that what is wrong is said at once.
    ///
    /// # Errors
    /// As [`KeyConfig::signer`]; `Invalid` where the services or the source of tokens contradict themselves, or a keyless
    /// signer has no services.
    pub fn open(self, backing: Backing) -> Result<OpenSigner> {
        let services = self.services(&backing)?;
        let signer = match &self.who {
            Who::Key(key) => Some(confirmed(Arc::new(key.signer()?), services)?),
            Who::Program(_) => None,
            Who::Keyless(keyless) => {
                services.ok_or_else(no_services)?;
                keyless.expect_whole()?;
                keyless.keyless.source(&backing)?;
                None
            }
        };
        Ok(OpenSigner { config: Arc::new(self), backing, asked: Arc::new(OnceCell::new_with(signer)) })
    }

    fn services(&self, backing: &Backing) -> Result<Option<Services>> {
        self.services.as_ref().map(|services| services.services(backing)).transpose()
    }

    async fn signer(&self, backing: &Backing) -> Result<Arc<dyn Signer>> {
        let services = self.services(backing)?;
        match &self.who {
            Who::Key(key) => confirmed(Arc::new(key.signer()?), services),
            Who::Program(asked) => {
                let name = asked.name.clone().unwrap_or_else(|| asked.program.display().to_string());
                let signer = ExternalSigner::ask(name, &asked.program, asked.arguments.clone()).await?;
                confirmed(Arc::new(signer), services)
            }
            Who::Keyless(keyless) => keyless.signer(services.ok_or_else(no_services)?, backing).await,
        }
    }
}

impl OpenSigner {
    /// The signer. A program is asked for its public key; a keyless signer who says no name is asked for a token.
    ///
    /// # Errors
    /// As [`ExternalSigner::ask`] and [`KeylessSigner::of_token`].
    pub async fn signer(&self) -> Result<Arc<dyn Signer>> {
        self.asked.get_or_try_init(|| self.config.signer(&self.backing)).await.cloned()
    }
}

impl KeylessConfig {
    fn expect_whole(&self) -> Result<()> {
        match self.subject.is_some() == self.issuer.is_some() {
            true => Ok(()),
            false => Err(Error::invalid("a keyless signer says both its \"subject\" and its \"issuer\", or neither")),
        }
    }

    async fn signer(&self, services: Services, backing: &Backing) -> Result<Arc<dyn Signer>> {
        self.expect_whole()?;
        let tokens = self.keyless.source(backing)?;
        Ok(Arc::new(match (&self.subject, &self.issuer) {
            (Some(subject), Some(issuer)) => KeylessSigner::new(subject, issuer, tokens, services),
            _ => KeylessSigner::of_token(tokens, services).await?,
        }))
    }
}

/// The signer, whose signatures are confirmed where there are services.
fn confirmed(signer: Arc<dyn Signer>, services: Option<Services>) -> Result<Arc<dyn Signer>> {
    match services {
        Some(services) => Ok(Arc::new(LoggedSigner::new(signer, services)?)),
        None => Ok(signer),
    }
}

fn no_services() -> Error {
    Error::invalid("a keyless signer needs \"services\"")
        .hint("a certificate authority and what proves the time: a signing configuration, or addresses")
}
