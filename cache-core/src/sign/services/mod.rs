//! The services that confirm a signature: a certificate authority, transparency logs, timestamp authorities.
//!
//! What any of them answers counts only when it verifies against the trusted root, and is checked before the next is asked.

mod choose;
mod fulcio;
mod place;
mod rekor;
mod timestamps;

use std::sync::Arc;

pub(super) use choose::Chosen;
pub(super) use place::Place;

use self::rekor::Signature;
use super::KeySigner;
use super::bundle::Bundle;
use super::root::{SigningConfig, TrustedRoot};
use super::token::IdentityToken;
use super::verify::{Certificate, Demands, Material, Shown, Signed, Signer, certified, proven_times};
use crate::error::{Error, Result};
use crate::http::{Http, Network, Patience};
use crate::model::{Identity, Timestamp};

const AUTHORITY: &str = "certificate authority (Fulcio)";
const LOG: &str = "transparency log (Rekor)";
const TIMESTAMPS: &str = "timestamp authority";

/// A certificate may begin to be good so many seconds after what our clock says.
const CLOCK_SKEW: i64 = 60;

/// The services of a signing configuration, and the trusted root that their answers are checked against.
#[derive(Debug)]
pub struct Services {
    config: SigningConfig,
    root: Arc<TrustedRoot>,
    network: Network,
    patience: Patience,
    http: Http,
    certificate_log: bool,
}

impl Services {
    /// These services, reached as the environment says.
    pub fn new(config: SigningConfig, root: Arc<TrustedRoot>) -> Self {
        let (network, patience) = (Network::default(), Patience::default());
        let http = Http::over(network.clone(), None, patience.clone());
        Services { config, root, network, patience, http, certificate_log: true }
    }

    /// The same over this network.
    #[must_use]
    pub fn over(self, network: Network) -> Self {
        let http = Http::over(network.clone(), None, self.patience.clone());
        Services { network, http, ..self }
    }

    /// The same with this patience. A transparency log takes half a minute where it waits for its witnesses.
    #[must_use]
    pub fn patient(self, patience: Patience) -> Self {
        let http = Http::over(self.network.clone(), None, patience.clone());
        Services { patience, http, ..self }
    }

    /// The same for a certificate authority of one's own that enters its certificates in no certificate log. Those who verify
    /// have to know (`Demands::certificate_log`).
    #[must_use]
    pub fn without_certificate_log(self) -> Self {
        Services { certificate_log: false, ..self }
    }

    pub(super) fn root(&self) -> &Arc<TrustedRoot> {
        &self.root
    }

    /// What has to come with a keyless signature that was made with these services, at any time.
    pub(super) fn usual_demands(&self) -> Demands {
        let (logs, timestamps) = (usize::from(!self.config.logs.is_empty()), 0);
        Demands { logs, timestamps, certificate_log: self.certificate_log, shown: Shown::default() }
    }

    /// Those that are used for a signature that is made now.
    pub(super) fn choose(&self, now: Timestamp) -> Result<Chosen> {
        Chosen::of(&self.config, now)
    }

    /// What has to come with a signature that was confirmed by these.
    pub(super) fn demands(&self, chosen: &Chosen) -> Demands {
        Demands {
            logs: chosen.logs.len(),
            timestamps: chosen.timestamp_authorities.len(),
            certificate_log: self.certificate_log,
            shown: Shown::ByProof,
        }
    }

    /// Where certificates come from, once it is sure that a signature with one could be verified later.
    pub(super) fn authority(&self, chosen: &Chosen) -> Result<Place> {
        let authority = chosen.authority.as_ref();
        let authority = authority.ok_or_else(|| {
            Error::invalid("the signing configuration has no certificate authority that can be used now")
        })?;
        if !chosen.proves_time() {
            return Err(Error::invalid("nothing would prove when the signature was made")
                .hint("the signing configuration needs a timestamp authority, or a transparency log of version 1"));
        }
        Place::for_secrets(AUTHORITY, &authority.url)
    }

    /// A certificate for the key that names this signer, from the authority, checked against the trusted root.
    pub(super) async fn certificate(
        &self,
        place: &Place,
        token: &IdentityToken,
        key: &KeySigner,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Certificate> {
        let certificate = fulcio::certificate(&self.http, place, token, key, self.certificate_log).await?;
        self.check(&certificate, identity, now).map_err(|e| place.about(e))?;
        Ok(certificate)
    }

    fn check(&self, certificate: &Certificate, identity: &Identity, now: Timestamp) -> Result<()> {
        let named = certificate.identity()?;
        if !named.is_same_signer(identity) {
            return Err(Error::untrusted("the certificate names another signer than the plan")
                .context("planned", identity)
                .context("named", named));
        }
        let soon = Timestamp::from_unix(now.unix().saturating_add(CLOCK_SKEW))?;
        let from = certificate.not_before();
        let at = if from > now && from <= soon { from } else { now };
        let material = Material { certificates: vec![certificate.clone()], ..Material::default() };
        certified(&material, &[at], &self.root, &self.usual_demands())
    }

    /// Has a signature confirmed: by the timestamp authorities first, since what is in a log stays there for ever.
    pub(super) async fn confirm(
        &self,
        chosen: &Chosen,
        mut bundle: Bundle,
        message: &[u8],
        signer: Signer<'_>,
    ) -> Result<Bundle> {
        let signature = bundle.signatures().first().cloned();
        let signature = signature.ok_or_else(|| Error::unexpected("the bundle has no signature"))?;
        for authority in &chosen.timestamp_authorities {
            let place = Place::of(TIMESTAMPS, &authority.url)?;
            let timestamp = timestamps::ask(&self.http, &place, &signature).await?;
            let alone = Material { timestamps: vec![timestamp.clone()], ..Material::default() };
            let demands = Demands { timestamps: 1, ..Demands::nothing() };
            self.proves(&alone, &bundle, message, signer, &demands).map_err(|e| place.about(e))?;
            bundle.material_mut().timestamps.push(timestamp);
        }
        for log in &chosen.logs {
            let place = Place::of(LOG, &log.url)?;
            let entry = {
                let asked = Signature { bundle: &bundle, bytes: &signature, message, signer };
                rekor::enter(&self.http, &place, log.major_api_version, &asked).await?
            };
            let alone = Material { entries: vec![entry.clone()], ..Material::default() };
            let demands = Demands { logs: 1, shown: Shown::ByProof, ..Demands::nothing() };
            self.proves(&alone, &bundle, message, signer, &demands).map_err(|e| place.about(e))?;
            bundle.material_mut().entries.push(entry);
        }
        Ok(bundle)
    }

    /// Checks one piece of evidence for a signature by itself.
    fn proves(
        &self,
        material: &Material,
        bundle: &Bundle,
        message: &[u8],
        signer: Signer<'_>,
        demands: &Demands,
    ) -> Result<()> {
        let signature = bundle.signatures().first().map(Vec::as_slice).unwrap_or_default();
        let signed = Signed { material, ..bundle.signed(message) };
        let times = proven_times(&signed, signature, signer, &self.root, demands)?;
        let Signer::Certificate(certificate) = signer else { return Ok(()) };
        match times.into_iter().find(|time| !certificate.is_valid_at(*time)) {
            Some(time) => {
                Err(Error::untrusted("the certificate is not valid at the time that is confirmed")
                    .context("time", time))
            }
            None => Ok(()),
        }
    }
}
