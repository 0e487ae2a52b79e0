//! Whom keyless signatures are traced back to: certificate authorities, logs and timestamp authorities, from a trusted root
//! (`sigstore_trustroot.proto`), and where to sign, from a signing configuration.

mod config;
mod window;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
pub use config::{Selector, Service, SigningConfig, TrustConfig};
use serde::Deserialize;
pub use window::Window;

use super::public_key::PublicKey;
use super::verify::Authority;
use crate::error::{Error, Result};
use crate::model::null_is_empty;

/// The media types that are read.
const READ: [&str; 4] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];
/// No trusted root is larger.
const MAX_ROOT: usize = 4 << 20;
/// The most logs, or authorities, of one sort.
const MAX_INSTANCES: usize = 128;

/// The authorities and logs that are trusted. It comes from somewhere trustworthy: a file of one's own, or TUF.
#[derive(Debug, Clone)]
pub struct TrustedRoot {
    pub(super) logs: Vec<Log>,
    pub(super) certificate_logs: Vec<Log>,
    pub(super) authorities: Vec<Authority>,
    pub(super) timestamp_authorities: Vec<Authority>,
}

/// A transparency log.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) url: String,
    pub(super) id: Vec<u8>,
    /// `None` where it is of a kind that cannot be checked: then nothing of this log counts.
    pub(super) key: Option<PublicKey>,
    pub(super) valid: Window,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    media_type: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    tlogs: Vec<WireLog>,
    #[serde(default, deserialize_with = "null_is_empty")]
    ctlogs: Vec<WireLog>,
    #[serde(default, deserialize_with = "null_is_empty")]
    certificate_authorities: Vec<WireAuthority>,
    #[serde(default, deserialize_with = "null_is_empty")]
    timestamp_authorities: Vec<WireAuthority>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLog {
    #[serde(default)]
    base_url: String,
    public_key: WireKey,
    log_id: Option<WireId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireId {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireKey {
    raw_bytes: String,
    valid_for: Option<WireWindow>,
}

#[derive(Deserialize)]
struct WireWindow {
    start: Option<crate::model::Timestamp>,
    end: Option<crate::model::Timestamp>,
}

/// A certificate authority, for certificates or for timestamps.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAuthority {
    #[serde(default)]
    uri: String,
    cert_chain: WireChain,
    valid_for: Option<WireWindow>,
}

#[derive(Deserialize)]
struct WireChain {
    #[serde(default, deserialize_with = "null_is_empty")]
    certificates: Vec<WireCertificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCertificate {
    raw_bytes: String,
}

impl TrustedRoot {
    /// Reads a trusted root, version 0.1 or 0.2.
    ///
    /// # Errors
    /// `Invalid` where it is none, a log has no id or no first day of validity, or the certificates of an authority are not a
    /// chain up to a root; `Unsupported` where it is of another version.
    pub fn parse(json: &[u8]) -> Result<Self> {
        if json.len() > MAX_ROOT {
            return Err(Error::invalid("the trusted root is too large"));
        }
        let wire: Wire = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("not a trusted root: {e}")).caused_by(e))?;
        TrustedRoot::from_wire(wire)
    }

    fn from_wire(wire: Wire) -> Result<Self> {
        if !READ.contains(&wire.media_type.as_str()) {
            return Err(Error::unsupported(format!("trusted roots of type {:?} are not read", wire.media_type)));
        }
        let counts =
            [wire.tlogs.len(), wire.ctlogs.len(), wire.certificate_authorities.len(), wire.timestamp_authorities.len()];
        if counts.into_iter().any(|count| count > MAX_INSTANCES) {
            return Err(Error::invalid(format!("the trusted root has more than {MAX_INSTANCES} logs or authorities")));
        }
        Ok(TrustedRoot {
            logs: logs(wire.tlogs)?,
            certificate_logs: logs(wire.ctlogs)?,
            authorities: authorities(wire.certificate_authorities)?,
            timestamp_authorities: authorities(wire.timestamp_authorities)?,
        })
    }

    /// Reads one authority, as a trusted root has it in its lists, and says whether it is one.
    ///
    /// # Errors
    /// `Invalid` where it is none, or its certificates are not a chain up to a root.
    pub fn check_authority(json: &[u8]) -> Result<()> {
        let wire: WireAuthority = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("not a certificate authority: {e}")).caused_by(e))?;
        authorities(vec![wire]).map(|_| ())
    }
}

fn logs(wire: Vec<WireLog>) -> Result<Vec<Log>> {
    let mut logs: Vec<Log> = Vec::with_capacity(wire.len());
    for log in wire {
        let wrong =
            |what: &str| Error::invalid(format!("a log of the trusted root {what}")).context("log", &log.base_url);
        let id = log.log_id.as_ref().ok_or_else(|| wrong("has no id"))?;
        let id = STANDARD.decode(&id.key_id).ok().filter(|id| !id.is_empty()).ok_or_else(|| wrong("has no id"))?;
        let window = log.public_key.valid_for.as_ref();
        let start = window.and_then(|w| w.start).ok_or_else(|| wrong("does not say from when on its key is valid"))?;
        let valid = Window { start: Some(start), end: window.and_then(|w| w.end) };
        let spki = STANDARD.decode(&log.public_key.raw_bytes).map_err(|_| wrong("has a malformed key"))?;
        let key = match PublicKey::from_spki(log.base_url.clone(), spki) {
            Ok(key) => Some(key),
            Err(error) if error.kind() == crate::ErrorKind::Unsupported => None,
            Err(error) => return Err(error.context("log", &log.base_url)),
        };
        if logs.iter().any(|other| other.id == id && other.valid == valid) {
            return Err(wrong("is there twice"));
        }
        logs.push(Log { url: log.base_url, id, key, valid });
    }
    Ok(logs)
}

fn authorities(wire: Vec<WireAuthority>) -> Result<Vec<Authority>> {
    let authority = |authority: WireAuthority| {
        let window = authority.valid_for.map_or(Window::default(), |w| Window { start: w.start, end: w.end });
        let der = |certificate: &WireCertificate| {
            STANDARD.decode(&certificate.raw_bytes).map_err(|e| Error::invalid("not base64").caused_by(e))
        };
        let chain = authority.cert_chain.certificates.iter().map(der).collect::<Result<Vec<_>>>();
        chain.and_then(|chain| Authority::new(&chain, window)).map_err(|e| e.context("authority", &authority.uri))
    };
    wire.into_iter().map(authority).collect()
}
