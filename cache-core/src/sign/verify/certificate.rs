//! X.509 certificates (RFC 5280), as far as a signature needs them. Chains are checked in `chain`.

use super::der::{self, Reader, malformed};
use super::fulcio;
use crate::error::{Error, Result};
use crate::model::{Identity, Timestamp};
use crate::sign::PublicKey;

/// No certificate of a chain is this large.
const MAX_CERTIFICATE: usize = 64 << 10;

/// No certificate has as many extensions.
const MAX_EXTENSIONS: usize = 64;

const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// 1.3.6.1.4.1.11129.2.4.2, the embedded list of signed certificate timestamps (RFC 6962).
const SCT_LIST: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];

/// A certificate that was taken apart. Nothing of it is verified.
#[derive(Debug, Clone)]
pub(in crate::sign) struct Certificate {
    pub(super) der: Vec<u8>,
    pub(super) serial: Vec<u8>,
    /// The names in DER.
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    /// DER, SubjectPublicKeyInfo.
    pub(super) spki: Vec<u8>,
    extensions: Vec<Extension>,
    /// What certificate transparency logs sign: the part that the authority signs, without the list of their signatures.
    pub(super) precertificate: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Extension {
    oid: Vec<u8>,
    critical: bool,
    value: Vec<u8>,
}

impl Certificate {
    /// The certificate in DER.
    pub(in crate::sign) fn der(&self) -> &[u8] {
        &self.der
    }

    /// The key that it is for, SubjectPublicKeyInfo in DER.
    pub(in crate::sign) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Who issued it, in DER.
    #[cfg(any(test, feature = "conformance"))]
    pub(in crate::sign) fn issuer_name(&self) -> &[u8] {
        &self.issuer
    }

    /// What certificate logs sign of it.
    #[cfg(any(test, feature = "conformance"))]
    pub(in crate::sign) fn precertificate(&self) -> &[u8] {
        &self.precertificate
    }

    /// From when on it is valid.
    pub(in crate::sign) fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Reads a certificate in DER.
    pub(in crate::sign) fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_CERTIFICATE {
            return Err(Error::invalid("the certificate is too large"));
        }
        read(bytes).map_err(|e| Error::invalid("the certificate does not parse").caused_by(e))
    }

    /// Reads the certificates of a PEM text, in their order.
    pub(in crate::sign) fn parse_pem(text: &str) -> Result<Vec<Self>> {
        let blocks = pem::parse_many(text).map_err(|e| Error::invalid("not a certificate in PEM").caused_by(e))?;
        if blocks.is_empty() {
            return Err(Error::invalid("not a certificate in PEM"));
        }
        blocks
            .iter()
            .map(|block| match block.tag() {
                "CERTIFICATE" => Certificate::parse(block.contents()),
                other => Err(Error::invalid(format!("the PEM block is {other:?}, not \"CERTIFICATE\""))),
            })
            .collect()
    }

    fn extension(&self, oid: &[u8]) -> Option<&[u8]> {
        self.extensions.iter().find(|extension| extension.oid == oid).map(|extension| &extension.value[..])
    }

    /// The content of the list of certificate timestamps.
    pub(super) fn sct_list(&self) -> Option<Result<&[u8]>> {
        let value = self.extension(SCT_LIST)?;
        Some(Reader::only(value, der::OCTET_STRING).map(|inner| inner.content))
    }

    pub(super) fn key_id(&self) -> Option<&[u8]> {
        let value = self.extension(SUBJECT_KEY_ID)?;
        Reader::only(value, der::OCTET_STRING).ok().map(|inner| inner.content)
    }

    /// Whether it may be used for this purpose. One that does not say is for none.
    pub(super) fn is_for(&self, purpose: &[u8]) -> bool {
        let purposes = self.extension(EXTENDED_KEY_USAGE).and_then(|value| Reader::only(value, der::SEQUENCE).ok());
        let Some(purposes) = purposes else { return false };
        let mut purposes = purposes.inner();
        while let Ok(next) = purposes.any() {
            if next.tag == der::OID && next.content == purpose {
                return true;
            }
        }
        false
    }

    /// Whether it may be used for this purpose and no other, as who uses it must know: it says so in an extension that is
    /// critical.
    pub(super) fn is_only_for(&self, purpose: &[u8]) -> bool {
        let Some(extension) = self.extensions.iter().find(|extension| extension.oid == EXTENDED_KEY_USAGE) else {
            return false;
        };
        extension.critical && extension.value == der::element(der::SEQUENCE, &der::element(der::OID, purpose))
    }

    /// Whether it is the certificate of an authority.
    pub(super) fn is_authority(&self) -> bool {
        let constraints = self.extension(BASIC_CONSTRAINTS).and_then(|value| Reader::only(value, der::SEQUENCE).ok());
        constraints.and_then(|c| c.inner().optional(der::BOOLEAN).ok().flatten()).is_some_and(|ca| ca.content == [0xff])
    }

    pub(in crate::sign) fn is_valid_at(&self, time: Timestamp) -> bool {
        self.not_before <= time && time <= self.not_after
    }

    /// The key that it is for.
    pub(in crate::sign) fn key(&self) -> Result<PublicKey> {
        PublicKey::from_spki("certificate", self.spki.clone())
    }

    /// Whom the authority says it is for.
    pub(in crate::sign) fn identity(&self) -> Result<Identity> {
        let names = self.extension(SUBJECT_ALTERNATIVE_NAME).unwrap_or_default();
        let subject = fulcio::subject(names)?;
        let (issuer, claims) = fulcio::claims(self.extensions.iter().map(|e| (&e.oid[..], &e.value[..])))?;
        Ok(Identity::Certificate { subject, issuer, claims })
    }
}

fn read(bytes: &[u8]) -> Result<Certificate> {
    let mut outer = Reader::only(bytes, der::SEQUENCE)?.inner();
    let signed = outer.expect(der::SEQUENCE)?;
    outer.expect(der::SEQUENCE)?;
    outer.any()?;
    outer.end()?;
    let mut fields = signed.inner();
    let mut precertificate = Vec::new();
    if let Some(version) = fields.optional(der::context(0))? {
        precertificate.extend_from_slice(version.whole);
    }
    let serial = fields.expect(der::INTEGER)?;
    let algorithm = fields.expect(der::SEQUENCE)?;
    let issuer = fields.expect(der::SEQUENCE)?;
    let validity = fields.expect(der::SEQUENCE)?;
    let subject = fields.expect(der::SEQUENCE)?;
    let spki = fields.expect(der::SEQUENCE)?;
    for field in [serial, algorithm, issuer, validity, subject, spki] {
        precertificate.extend_from_slice(field.whole);
    }
    let mut extensions: Vec<Extension> = Vec::new();
    let mut kept = Vec::new();
    while !fields.is_empty() {
        let field = fields.any()?;
        if field.tag != der::context(3) {
            precertificate.extend_from_slice(field.whole);
            continue;
        }
        let mut list = Reader::only(field.content, der::SEQUENCE)?.inner();
        while !list.is_empty() {
            let extension = list.expect(der::SEQUENCE)?;
            let mut parts = extension.inner();
            let oid = parts.expect(der::OID)?.content;
            let critical = parts.optional(der::BOOLEAN)?.is_some_and(|flag| flag.content == [0xff]);
            let value = parts.expect(der::OCTET_STRING)?.content;
            parts.end()?;
            // Of two, nobody knows which one others read.
            if extensions.len() == MAX_EXTENSIONS || extensions.iter().any(|other| other.oid == oid) {
                return Err(malformed());
            }
            if oid != SCT_LIST {
                kept.extend_from_slice(extension.whole);
            }
            extensions.push(Extension { oid: oid.to_vec(), critical, value: value.to_vec() });
        }
        precertificate.extend_from_slice(&der::element(der::context(3), &der::element(der::SEQUENCE, &kept)));
    }
    let mut period = validity.inner();
    let (not_before, not_after) = (period.any()?.time()?, period.any()?.time()?);
    Ok(Certificate {
        der: bytes.to_vec(),
        serial: serial.content.to_vec(),
        issuer: issuer.whole.to_vec(),
        subject: subject.whole.to_vec(),
        not_before,
        not_after,
        spki: spki.whole.to_vec(),
        extensions,
        precertificate: der::element(der::SEQUENCE, &precertificate),
    })
}
