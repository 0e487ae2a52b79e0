//! Who signs, as text: a key of one's own, another program, a keyless identity, or somebody who is only named here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::KeyConfig;
use super::reading::part;
use super::services::ServicesConfig;
use super::text::is_text;
use super::token::TokenConfig;
use crate::error::{Error, Result};
use crate::model::{Digest, Identity, Secret};
use crate::registry::Network;
use crate::sign::{
    AbsentSigner, ExternalSigner, KeylessSigner, LoggedSigner, PublicKey, Services, Signer, TokenSource, TrustedRoot,
};

/// Who signs, and the services that confirm the signatures (`services`): a keyless signer needs them, to others they may be
/// given, so that their signatures are in a log and have a proven time.
///
/// Of a key and of a program the public key may be stated (`publicKey`). Then plans name the signer by it, and the private key is
/// not looked for before something is signed.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value")]
pub struct SignerConfig {
    /// Who signs.
    pub who: Who,
    /// The services that confirm it.
    pub services: Option<ServicesConfig>,
    /// The public key, in PEM: the text itself, or where it is.
    pub public_key: Option<String>,
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
    /// Somebody who signs elsewhere, where none of these is said.
    Absent(AbsentConfig),
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

/// Who signs elsewhere: a `name` with the signer's `publicKey` or the `fingerprint` of a key, or the `subject` and the `issuer` of a
/// keyless signer. See [`AbsentSigner`].
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AbsentConfig {
    /// What records and verdicts call the key.
    #[serde(default)]
    pub name: Option<String>,
    /// The SHA-256 of the public key (DER, SubjectPublicKeyInfo).
    #[serde(default)]
    pub fingerprint: Option<Digest>,
    /// The name that the certificate will have.
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
    /// Whom plans name, where that is stated.
    named: Option<AbsentSigner>,
    asked: Arc<OnceCell<Arc<dyn Signer>>>,
}

impl TryFrom<Value> for SignerConfig {
    type Error = String;

    fn try_from(mut value: Value) -> Result<Self, String> {
        let mut take = |name: &str| value.as_object_mut().and_then(|fields| fields.remove(name)).unwrap_or_default();
        let (services, public_key) = (take("services"), take("publicKey"));
        let (services, public_key) = (part("services", services)?, part("publicKey", public_key)?);
        let who = if value.get("program").is_some() {
            Who::Program(part("", value)?)
        } else if value.get("keyless").is_some() {
            Who::Keyless(part("", value)?)
        } else if value.is_object() && value.get("pem").or(value.get("path")).is_none() {
            Who::Absent(part("", value)?)
        } else {
            Who::Key(part("", value)?)
        };
        Ok(SignerConfig { who, services, public_key })
    }
}

impl SignerConfig {
    /// Opens what can be opened without asking anybody and without a secret that plans do not need, so that what is wrong is said
    /// at once.
    ///
    /// # Errors
    /// As [`KeyConfig::signer`]; `Invalid` where the services or the source of tokens contradict themselves, a keyless signer has no
    /// services, or nothing says who it is.
    pub fn open(self, backing: Backing) -> Result<OpenSigner> {
        let services = self.services(&backing)?;
        let named = self.named()?;
        let signer = match &self.who {
            Who::Key(key) if named.is_none() => Some(confirmed(Arc::new(key.signer()?), services)?),
            Who::Key(_) | Who::Program(_) | Who::Absent(_) => None,
            Who::Keyless(keyless) => {
                services.ok_or_else(no_services)?;
                keyless.expect_whole()?;
                match keyless.keyless.source(&backing) {
                    // Plans are made where no tokens are.
                    Err(error) if error.is_not_found() && keyless.subject.is_some() => {}
                    source => drop(source?),
                }
                None
            }
        };
        Ok(OpenSigner { config: Arc::new(self), backing, named, asked: Arc::new(OnceCell::new_with(signer)) })
    }

    /// Whom plans name, where that is stated.
    fn named(&self) -> Result<Option<AbsentSigner>> {
        let key = |name: &str| {
            let public = self.public_key.as_deref().map(|stated| public_key(name, stated)).transpose()?;
            Ok(public.map(AbsentSigner::of_key))
        };
        match &self.who {
            Who::Key(config) => key(&config.name),
            Who::Program(config) => key(&config.called()),
            Who::Keyless(_) if self.public_key.is_some() => {
                Err(Error::invalid("a keyless signer has another key for each signature")
                    .hint("leave out \"publicKey\""))
            }
            Who::Keyless(_) => Ok(None),
            Who::Absent(config) => match (&config.name, key(config.name.as_deref().unwrap_or_default())?) {
                (Some(_), Some(signer)) if config.is_only_named() => Ok(Some(signer)),
                (_, None) => Ok(Some(AbsentSigner::of(config.identity()?))),
                _ => Err(nobody()),
            },
        }
    }

    fn services(&self, backing: &Backing) -> Result<Option<Services>> {
        self.services.as_ref().map(|services| services.services(backing)).transpose()
    }

    async fn signer(&self, backing: &Backing) -> Result<Arc<dyn Signer>> {
        let services = self.services(backing)?;
        match &self.who {
            Who::Key(key) => confirmed(Arc::new(key.signer()?), services),
            Who::Program(asked) => {
                let signer = ExternalSigner::ask(asked.called(), &asked.program, asked.arguments.clone()).await?;
                confirmed(Arc::new(signer), services)
            }
            Who::Keyless(keyless) => keyless.signer(services.ok_or_else(no_services)?, backing).await,
            // It is named, and there is no more to it.
            Who::Absent(_) => Ok(Arc::new(self.named()?.ok_or_else(nobody)?)),
        }
    }
}

impl OpenSigner {
    /// The signer. A program is asked for its public key; a keyless signer who says no name is asked for a token.
    ///
    /// # Errors
    /// As [`KeyConfig::signer`], [`ExternalSigner::ask`] and [`KeylessSigner::of_token`]; `Invalid` where it is another signer than
    /// the public key says that is stated.
    pub async fn signer(&self) -> Result<Arc<dyn Signer>> {
        let signer = self.asked.get_or_try_init(|| self.config.signer(&self.backing)).await.cloned()?;
        match self.named.as_ref().map(Signer::identity) {
            Some(named) if !named.is_same_signer(&signer.identity()) => {
                let error = Error::invalid("the signer has another key than the public key that is stated");
                Err(error.context("stated", named).context("signer", signer.identity()))
            }
            _ => Ok(signer),
        }
    }

    /// The same as far as a plan needs it: where it is stated who signs, nothing secret is looked for and nobody is asked.
    ///
    /// # Errors
    /// As [`signer`](OpenSigner::signer).
    pub async fn planner(&self) -> Result<Arc<dyn Signer>> {
        match &self.named {
            Some(named) => Ok(Arc::new(named.clone())),
            None => self.signer().await,
        }
    }
}

impl ProgramConfig {
    fn called(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.program.display().to_string())
    }
}

impl AbsentConfig {
    fn is_only_named(&self) -> bool {
        self.fingerprint.is_none() && self.subject.is_none() && self.issuer.is_none()
    }

    fn identity(&self) -> Result<Identity> {
        match self.clone() {
            AbsentConfig { name: Some(name), fingerprint: Some(fingerprint), subject: None, issuer: None } => {
                Ok(Identity::Key { fingerprint, name })
            }
            AbsentConfig { name: None, fingerprint: None, subject: Some(subject), issuer: Some(issuer) } => {
                Ok(Identity::Certificate { subject, issuer: Some(issuer), claims: BTreeMap::new() })
            }
            _ => Err(nobody()),
        }
    }
}

/// A key in PEM: the text itself, or where it is.
fn public_key(name: &str, stated: &str) -> Result<PublicKey> {
    match is_text(stated) {
        true => PublicKey::from_pem(name, stated),
        false => PublicKey::load(name, stated),
    }
}

fn nobody() -> Error {
    Error::invalid("nothing says who the signer is").hint(
        "a private key has \"pem\" or \"path\"; who only plans names a key by \"name\" and either \"publicKey\" or \
         \"fingerprint\", a keyless signer by \"subject\" and \"issuer\"",
    )
}

/// A source of tokens that is looked for when a token is needed: a signer who is named is planned with where there is none.
#[derive(Debug)]
struct Late {
    config: TokenConfig,
    backing: Backing,
}

#[async_trait]
impl TokenSource for Late {
    async fn token(&self, audience: &str) -> Result<Secret> {
        self.config.source(&self.backing)?.token(audience).await
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
        Ok(Arc::new(match (&self.subject, &self.issuer) {
            (Some(subject), Some(issuer)) => {
                let tokens = Arc::new(Late { config: self.keyless.clone(), backing: backing.clone() });
                KeylessSigner::new(subject, issuer, tokens, services)
            }
            _ => KeylessSigner::of_token(self.keyless.source(backing)?, services).await?,
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
