//! Where to sign (`SigningConfig`), and both configurations in one file (`ClientTrustConfig`).

use serde::Deserialize;

use super::{TrustedRoot, Window, Wire};
use crate::error::{Error, Result};
use crate::model::{Timestamp, null_is_empty};

const SIGNING_CONFIG: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";
const TRUST_CONFIG: &str = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";

/// The services that a keyless signature is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningConfig {
    /// Certificate authorities: Fulcio.
    pub authorities: Vec<Service>,
    /// OpenID Connect providers.
    pub identity_providers: Vec<Service>,
    /// Transparency logs: Rekor.
    pub logs: Vec<Service>,
    /// Timestamp authorities.
    pub timestamp_authorities: Vec<Service>,
    /// How many of the logs are used.
    pub log_selector: Selector,
    /// How many of the timestamp authorities are used.
    pub timestamp_selector: Selector,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Where it is: of a timestamp authority the whole address, of the others the base of it.
    pub url: String,
    /// Which version of its interface it speaks.
    pub major_api_version: u32,
    /// When it is in use.
    pub valid: Window,
    /// Who runs it.
    pub operator: String,
}

/// How many of several services are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// One of them.
    Any,
    /// All of them.
    All,
    /// So many of them.
    Exact(u32),
}

/// A trusted root with a signing configuration.
#[derive(Debug, Clone)]
pub struct TrustConfig {
    /// Whom signatures are traced back to.
    pub trusted_root: TrustedRoot,
    /// Where to sign, where it says so.
    pub signing_config: Option<SigningConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSigning {
    media_type: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    ca_urls: Vec<WireService>,
    #[serde(default, deserialize_with = "null_is_empty")]
    oidc_urls: Vec<WireService>,
    #[serde(default, deserialize_with = "null_is_empty")]
    rekor_tlog_urls: Vec<WireService>,
    #[serde(default, deserialize_with = "null_is_empty")]
    tsa_urls: Vec<WireService>,
    rekor_tlog_config: Option<WireSelector>,
    tsa_config: Option<WireSelector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireService {
    url: String,
    major_api_version: u32,
    valid_for: Option<WireWindow>,
    #[serde(default)]
    operator: String,
}

#[derive(Deserialize)]
struct WireWindow {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

#[derive(Deserialize)]
struct WireSelector {
    selector: String,
    #[serde(default)]
    count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTrust {
    media_type: String,
    trusted_root: Wire,
    signing_config: Option<WireSigning>,
}

impl SigningConfig {
    /// Reads a signing configuration, version 0.2.
    ///
    /// # Errors
    /// `Invalid` where it is none; `Unsupported` where it is of another version.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let wire: WireSigning = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("not a signing configuration: {e}")).caused_by(e))?;
        SigningConfig::from_wire(wire)
    }

    fn from_wire(wire: WireSigning) -> Result<Self> {
        if wire.media_type != SIGNING_CONFIG {
            let message = format!("signing configurations of type {:?} are not read", wire.media_type);
            return Err(Error::unsupported(message));
        }
        let services = |wire: Vec<WireService>| wire.into_iter().map(WireService::read).collect();
        Ok(SigningConfig {
            authorities: services(wire.ca_urls),
            identity_providers: services(wire.oidc_urls),
            logs: services(wire.rekor_tlog_urls),
            timestamp_authorities: services(wire.tsa_urls),
            log_selector: wire.rekor_tlog_config.map_or(Ok(Selector::Any), WireSelector::read)?,
            timestamp_selector: wire.tsa_config.map_or(Ok(Selector::Any), WireSelector::read)?,
        })
    }
}

impl TrustConfig {
    /// Reads both from one file.
    ///
    /// # Errors
    /// As [`TrustedRoot::parse`] and [`SigningConfig::parse`].
    pub fn parse(json: &[u8]) -> Result<Self> {
        let wire: WireTrust = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("not a trust configuration: {e}")).caused_by(e))?;
        if wire.media_type != TRUST_CONFIG {
            return Err(Error::unsupported(format!("trust configurations of type {:?} are not read", wire.media_type)));
        }
        Ok(TrustConfig {
            trusted_root: TrustedRoot::from_wire(wire.trusted_root)?,
            signing_config: wire.signing_config.map(SigningConfig::from_wire).transpose()?,
        })
    }
}

impl WireService {
    fn read(self) -> Service {
        let valid = self.valid_for.map_or(Window::default(), |w| Window { start: w.start, end: w.end });
        Service { url: self.url, major_api_version: self.major_api_version, valid, operator: self.operator }
    }
}

impl WireSelector {
    fn read(self) -> Result<Selector> {
        match (self.selector.as_str(), self.count) {
            ("ANY", _) => Ok(Selector::Any),
            ("ALL", _) => Ok(Selector::All),
            ("EXACT", count @ 1..) => Ok(Selector::Exact(count)),
            (other, count) => Err(Error::invalid(format!("{other:?} with count {count} selects no service"))),
        }
    }
}
