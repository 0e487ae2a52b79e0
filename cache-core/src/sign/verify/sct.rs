//! The proof that a certificate is in a certificate transparency log: a signed certificate timestamp in it (RFC 6962, 3.2).

use sha2::{Digest as _, Sha256};

use super::certificate::Certificate;
use super::der::malformed;
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::sign::root::Log;

/// The most timestamps in a certificate.
const MAX_TIMESTAMPS: usize = 32;
/// The signature is over a certificate that was issued with these timestamps in it.
const PRECERTIFICATE: [u8; 2] = [0, 1];

struct Stamp<'a> {
    log: &'a [u8],
    milliseconds: u64,
    extensions: &'a [u8],
    signature: &'a [u8],
}

/// Checks that at least one known log promised to hold the certificate.
pub(super) fn verify(certificate: &Certificate, issuer: &[u8], logs: &[Log]) -> Result<()> {
    let list = certificate.sct_list();
    let list = list.ok_or_else(|| Error::untrusted("the certificate has no timestamp of a certificate log"))?;
    let stamps =
        read(list?).map_err(|e| Error::invalid("the timestamps in the certificate do not parse").caused_by(e))?;
    let counts = |stamp: &Stamp<'_>| {
        let seconds = i64::try_from(stamp.milliseconds / 1000).unwrap_or(i64::MAX);
        let Ok(time) = Timestamp::from_unix(seconds) else { return false };
        let signed = signed(stamp, certificate, issuer);
        let mut known = logs.iter().filter(|log| log.id == stamp.log && log.valid.contains(time));
        known.any(|log| log.key.as_ref().is_some_and(|key| key.verify(&signed, stamp.signature).is_ok()))
    };
    if stamps.iter().any(counts) {
        return Ok(());
    }
    Err(Error::untrusted("no timestamp in the certificate is by a trusted certificate log"))
}

fn signed(stamp: &Stamp<'_>, certificate: &Certificate, issuer: &[u8]) -> Vec<u8> {
    let body = &certificate.precertificate;
    // Version 1, and a timestamp of a certificate.
    let mut bytes = vec![0, 0];
    bytes.extend_from_slice(&stamp.milliseconds.to_be_bytes());
    bytes.extend_from_slice(&PRECERTIFICATE);
    bytes.extend_from_slice(&Sha256::digest(issuer));
    bytes.extend(body.len().to_be_bytes().iter().skip(5));
    bytes.extend_from_slice(body);
    bytes.extend(stamp.extensions.len().to_be_bytes().iter().skip(6));
    bytes.extend_from_slice(stamp.extensions);
    bytes
}

fn read(list: &[u8]) -> Result<Vec<Stamp<'_>>> {
    let mut outer = list;
    let mut stamps = Vec::new();
    let mut all = prefixed(&mut outer)?;
    while !all.is_empty() {
        let mut one = prefixed(&mut all)?;
        let version = take(&mut one, 1)?;
        let log = take(&mut one, 32)?;
        let milliseconds = take(&mut one, 8)?.try_into().map(u64::from_be_bytes).map_err(|_| malformed())?;
        let extensions = prefixed(&mut one)?;
        // The hash and the signature algorithm: the key of the log decides.
        take(&mut one, 2)?;
        let signature = prefixed(&mut one)?;
        if !one.is_empty() || stamps.len() == MAX_TIMESTAMPS {
            return Err(malformed());
        }
        if version == [0] {
            stamps.push(Stamp { log, milliseconds, extensions, signature });
        }
    }
    if outer.is_empty() { Ok(stamps) } else { Err(malformed()) }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or_else(malformed)?;
    *bytes = rest;
    Ok(taken)
}

/// A field with its length before it, in two bytes.
fn prefixed<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = take(bytes, 2)?.try_into().map(u16::from_be_bytes).map_err(|_| malformed())?;
    take(bytes, usize::from(length))
}
