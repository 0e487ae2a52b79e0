//! One of those whose signatures count.

use std::sync::Arc;

use super::public_key::PublicKey;
use super::root::{TrustedRoot, Window};
use super::rule::IdentityRule;
use super::verify::{Demands, Signed, Signer, certified, proven_times};
use crate::error::{Error, Result};
use crate::model::{Identity, Timestamp};

/// A signer, or several of which each is as good as another, with what has to come with their signatures.
#[derive(Debug, Clone)]
pub struct Trusted {
    name: String,
    who: Who,
    root: Option<Arc<TrustedRoot>>,
    demands: Demands,
}

#[derive(Debug, Clone)]
enum Who {
    /// A key, and when it is valid.
    Key(PublicKey, Window),
    /// Keyless signers.
    Identities(Vec<IdentityRule>),
}

/// Under this the error of a refusal says as whose signature it does not count.
pub(super) const SIGNER: &str = "signer";

/// Why a signature does not count for somebody who is trusted.
pub(super) enum Refusal {
    /// It is not by this signer.
    Stranger,
    /// It may be by this signer: more of what it is over would have to be known.
    Undecided(Error),
    /// It says that it is by this signer, and this is wrong with it.
    Broken(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Broken(error)
    }
}

impl Trusted {
    /// A key, under the name of the key. Nothing has to come with its signatures.
    pub fn key(key: PublicKey) -> Self {
        let name = key.name().to_owned();
        Trusted { name, who: Who::Key(key, Window::default()), root: None, demands: Demands::nothing() }
    }

    /// Keyless signers, traced back to this root. Their signatures need what [`Demands::of_keyless`] says.
    pub fn identities(name: impl Into<String>, rules: Vec<IdentityRule>, root: Arc<TrustedRoot>) -> Self {
        let demands = Demands::of_keyless();
        Trusted { name: name.into(), who: Who::Identities(rules), root: Some(root), demands }
    }

    /// The same under another name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Trusted { name: name.into(), ..self }
    }

    /// The same where the key is valid only for a time. Then each signature must prove when it was made, against `root`.
    /// Of keyless signers the certificates say it.
    #[must_use]
    pub fn valid(mut self, window: Window, root: Arc<TrustedRoot>) -> Self {
        if let Who::Key(_, valid) = &mut self.who {
            *valid = window;
        }
        Trusted { root: Some(root), ..self }
    }

    /// The same where this has to come with each signature, and is traced back to `root`.
    #[must_use]
    pub fn demanding(self, demands: Demands, root: Arc<TrustedRoot>) -> Self {
        Trusted { demands, root: Some(root), ..self }
    }

    /// What it is called, in the configuration and in verdicts.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_keyless(&self) -> bool {
        matches!(self.who, Who::Identities(_))
    }

    pub(super) fn as_key(&self) -> Option<&PublicKey> {
        match &self.who {
            Who::Key(key, _) => Some(key),
            Who::Identities(_) => None,
        }
    }

    /// Checks a signature, cheap things first. Gives who made it, and the instants at which it is proven to have existed.
    pub(super) fn accept(&self, signed: &Signed<'_>) -> Result<(Identity, Vec<Timestamp>), Refusal> {
        match &self.who {
            Who::Key(key, window) => self.accept_key(signed, key, window),
            Who::Identities(rules) => self.accept_identity(signed, rules),
        }
        .map_err(|refusal| match refusal {
            Refusal::Broken(error) => Refusal::Broken(error.context(SIGNER, &self.name)),
            Refusal::Undecided(error) => Refusal::Undecided(error.context(SIGNER, &self.name)),
            Refusal::Stranger => Refusal::Stranger,
        })
    }

    fn accept_key(
        &self,
        signed: &Signed<'_>,
        key: &PublicKey,
        window: &Window,
    ) -> Result<(Identity, Vec<Timestamp>), Refusal> {
        let signature = signed.by(key).map_err(Refusal::Undecided)?.ok_or(Refusal::Stranger)?;
        let demands = &self.demands;
        if window.is_open() && demands.logs == 0 && demands.timestamps == 0 {
            return Ok((key.identity(), Vec::new()));
        }
        let times = proven_times(signed, signature, Signer::Key(key), self.root()?, demands)?;
        if window.is_open() {
            return Ok((key.identity(), times));
        }
        if times.is_empty() {
            return Err(Error::untrusted(
                "nothing proves when the signature was made, and the key is valid only for a time",
            )
            .hint("such a signature needs a timestamp, or a log entry with a signed time")
            .into());
        }
        match times.iter().find(|time| !window.contains(**time)) {
            Some(time) => {
                Err(Error::untrusted("the key is not valid at the time of the signature").context("time", time).into())
            }
            None => Ok((key.identity(), times)),
        }
    }

    fn accept_identity(
        &self,
        signed: &Signed<'_>,
        rules: &[IdentityRule],
    ) -> Result<(Identity, Vec<Timestamp>), Refusal> {
        let certificate = signed.material.certificates.first().ok_or(Refusal::Stranger)?;
        let identity = certificate.identity()?;
        if !rules.iter().any(|rule| rule.matches(&identity)) {
            return Err(Refusal::Stranger);
        }
        let key = certificate.key()?;
        let wrong = || Error::untrusted("the signature is not by the key of its certificate");
        let signature = signed.by(&key).map_err(Refusal::Undecided)?.ok_or_else(wrong)?;
        let root = self.root()?;
        let times = proven_times(signed, signature, Signer::Certificate(certificate), root, &self.demands)?;
        certified(signed.material, &times, root, &self.demands)?;
        Ok((identity, times))
    }

    fn root(&self) -> Result<&TrustedRoot> {
        self.root.as_deref().ok_or_else(|| Error::invalid("logs and timestamps need a trusted root"))
    }
}
