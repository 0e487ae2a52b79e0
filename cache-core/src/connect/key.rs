//! Keys as text: those that sign, and making new ones.

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::model::Secret;
use crate::sign::{KeySigner, PublicKey, variable};

/// A key in PEM: the text itself, or where it is. A private one may be encrypted, as cosign writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyConfig {
    /// What records and verdicts call it.
    pub name: String,
    /// The PEM.
    #[serde(default)]
    pub pem: Option<Secret>,
    /// Where the PEM is: the path of a file, or `env://NAME` for a variable of the environment.
    #[serde(default)]
    pub path: Option<String>,
    /// The password of an encrypted key, which may be empty.
    #[serde(default)]
    pub password: Option<Secret>,
    /// The variable of the environment that holds the password.
    #[serde(default)]
    pub password_env: Option<String>,
    /// Whether an Ed25519 key signs hashes (Ed25519ph), as transparency logs that keep hashes want it. Other keys do anyway.
    #[serde(default)]
    pub prehashed: bool,
}

/// A new key, as text.
#[derive(Clone)]
pub struct NewKey {
    /// The private key in PEM. It is cleared when it is dropped.
    pub private: Zeroizing<String>,
    /// The public key in PEM.
    pub public: String,
}

/// Makes a key of this kind (`p256` where none is said; see [`KeyKind`](crate::sign::KeyKind)). With a password, which may be
/// empty, it is encrypted as cosign's own. A large RSA key takes seconds.
///
/// # Errors
/// `Invalid` where the kind is not known; as [`KeySigner::generate_kind`].
pub fn generate_key(kind: Option<&str>, password: Option<&Secret>) -> Result<NewKey> {
    let kind = kind.map(str::parse).transpose()?.unwrap_or_default();
    let signer = KeySigner::generate_kind("key", kind)?;
    let private = match password {
        Some(password) => signer.to_encrypted_pem(password)?.into(),
        None => signer.to_pem()?,
    };
    Ok(NewKey { private, public: signer.public_key().to_pem() })
}

impl KeyConfig {
    /// The public key.
    ///
    /// # Errors
    /// `Invalid` where it is neither text nor a path, or both; what [`PublicKey::load`] says.
    pub fn public(&self) -> Result<PublicKey> {
        self.check()?;
        match (&self.pem, &self.path) {
            (Some(pem), None) => PublicKey::from_pem(&self.name, pem.reveal()),
            (None, Some(path)) => PublicKey::load(&self.name, path),
            _ => Err(self.neither("\"pem\" or \"path\"")),
        }
    }

    /// A signer with the private key.
    ///
    /// # Errors
    /// `Invalid` where it is neither text nor a path, or both; `Denied` where the password is not that of the key; what
    /// [`KeySigner::load`] says.
    pub fn signer(&self) -> Result<KeySigner> {
        self.check()?;
        let password = self.password()?;
        let signer = match (&self.pem, &self.path, &password) {
            (Some(pem), None, None) => KeySigner::from_pem(&self.name, pem.reveal()),
            (Some(pem), None, Some(password)) => KeySigner::from_encrypted_pem(&self.name, pem.reveal(), password),
            (None, Some(path), password) => KeySigner::load(&self.name, path, password.as_ref()),
            _ => Err(self.neither("\"pem\" or \"path\"")),
        }?;
        Ok(if self.prehashed { signer.prehashed() } else { signer })
    }

    fn check(&self) -> Result<()> {
        match self.path.as_deref().is_some_and(|path| path.trim().is_empty()) {
            true => Err(Error::invalid("the path of a key is empty").context("key", &self.name)),
            false => Ok(()),
        }
    }

    fn password(&self) -> Result<Option<Secret>> {
        match (&self.password, &self.password_env) {
            (password, None) => Ok(password.clone()),
            (None, Some(name)) => variable(name).map(Some).map_err(|e| e.context("key", &self.name)),
            (Some(_), Some(_)) => Err(self.neither("\"password\" or \"passwordEnv\"")),
        }
    }

    fn neither(&self, of: &str) -> Error {
        Error::invalid(format!("a key has either {of}")).context("key", &self.name)
    }
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("public", &self.public).finish_non_exhaustive()
    }
}
