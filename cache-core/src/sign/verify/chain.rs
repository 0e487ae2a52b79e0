//! From a certificate to an authority of the trusted root, at an instant (RFC 5280, 6; by `webpki`).

use std::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, KeyUsage, aws_lc_rs as algorithms};

use super::certificate::Certificate;
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::sign::root::Window;

/// 1.3.6.1.5.5.7.3.3
pub(super) const CODE_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];
/// 1.3.6.1.5.5.7.3.8
pub(super) const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
/// The most certificates of a chain.
const MAX_CHAIN: usize = 10;

const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ECDSA_P521_SHA256,
    algorithms::ECDSA_P521_SHA384,
    algorithms::ECDSA_P521_SHA512,
    algorithms::ED25519,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
];

/// An authority that issues certificates: its own certificates, the root last.
#[derive(Debug, Clone)]
pub(in crate::sign) struct Authority {
    pub(super) certificates: Vec<Certificate>,
    pub(super) valid: Window,
}

impl Authority {
    /// The authority with these certificates in DER, the issuing one first and the root last.
    pub(in crate::sign) fn new(chain: &[Vec<u8>], valid: Window) -> Result<Self> {
        if chain.len() > MAX_CHAIN {
            return Err(Error::invalid(format!("an authority has more than {MAX_CHAIN} certificates")));
        }
        let certificates = chain.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>>>()?;
        let Some(root) = certificates.last() else {
            return Err(Error::invalid("an authority has no certificate"));
        };
        if root.issuer != root.subject || !root.is_authority() {
            return Err(Error::invalid("the last certificate of an authority is not that of a root"));
        }
        webpki::anchor_from_trusted_cert(&CertificateDer::from(&root.der[..]))
            .map_err(|e| Error::invalid("the root certificate cannot be used").caused_by(e))?;
        let linked = certificates.windows(2).all(|pair| matches!(pair, [one, next] if one.issuer == next.subject));
        if !linked {
            return Err(Error::invalid("the certificates of an authority are not a chain"));
        }
        Ok(Authority { certificates, valid })
    }

    /// Checks that the authority issued the certificate, for this purpose, and that all of the chain is valid at this
    /// instant. `others` are certificates that may be on the way. Gives the key of the issuer.
    pub(super) fn issued(
        &self,
        leaf: &Certificate,
        others: &[Certificate],
        purpose: &'static [u8],
        time: Timestamp,
    ) -> Result<Vec<u8>> {
        let untrusted = |why: &str| Error::untrusted(why).context("time", time);
        if !self.valid.contains(time) {
            return Err(untrusted("the authority is not valid at the time of the signature"));
        }
        let root = self.certificates.last().ok_or_else(|| untrusted("the authority has no certificate"))?;
        if !leaf.is_valid_at(time) {
            return Err(untrusted("the certificate is not valid at the time of the signature")
                .context("from", leaf.not_before)
                .context("until", leaf.not_after));
        }
        if !root.is_valid_at(time) {
            return Err(untrusted("the root certificate is not valid at the time of the signature"));
        }
        if !leaf.is_for(purpose) {
            return Err(untrusted("the certificate is not for this purpose"));
        }
        let failed = |e: webpki::Error| untrusted("the certificate is not issued by the authority").caused_by(e);
        let root = CertificateDer::from(&root.der[..]);
        let anchors = [webpki::anchor_from_trusted_cert(&root).map_err(failed)?];
        let ours = self.certificates.iter().rev().skip(1).chain(others.iter().take(MAX_CHAIN));
        let ours: Vec<_> = ours.map(|certificate| CertificateDer::from(&certificate.der[..])).collect();
        let seconds = u64::try_from(time.unix()).map_err(|_| untrusted("the time is before 1970"))?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let leaf = CertificateDer::from(&leaf.der[..]);
        let leaf = EndEntityCert::try_from(&leaf).map_err(failed)?;
        let path = leaf
            .verify_for_usage(ALGORITHMS, &anchors, &ours, at, KeyUsage::required_if_present(purpose), None, None)
            .map_err(failed)?;
        Ok(path.issuer_spki().to_vec())
    }
}
