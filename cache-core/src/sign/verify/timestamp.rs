//! Timestamps by a timestamp authority (RFC 3161, in CMS: RFC 5652).

use super::certificate::Certificate;
use super::chain::{Authority, TIME_STAMPING};
use super::der::{self, Element, Reader, malformed};
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::sign::PublicKey;
use crate::sign::scheme::Hash;

/// No answer of a timestamp authority is larger.
pub(in crate::sign) const MAX_TOKEN: u64 = 256 << 10;
/// The most certificates in one.
const MAX_CERTIFICATES: usize = 10;

/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4
const TIMESTAMP_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// 1.2.840.113549.1.9.3
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
/// 1.2.840.113549.1.9.4
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// 2.16.840.1.101.3.4.2.1, as a request names it.
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// 2.16.840.1.101.3.4.2, whose next number says which SHA-2.
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];

/// What a token says, and what it takes to believe it.
struct Token<'a> {
    /// The signed information, in DER.
    info: &'a [u8],
    imprint_hash: Hash,
    imprint: &'a [u8],
    time: Timestamp,
    nonce: Option<&'a [u8]>,
    certificates: Vec<Certificate>,
    signer: Signer<'a>,
}

struct Signer<'a> {
    /// The issuer and serial number of the certificate, or its key's id.
    id: Element<'a>,
    hash: Hash,
    attributes: &'a [u8],
    signature: &'a [u8],
}

/// Checks that one of the authorities confirms one of these messages, and gives the instant and which authority it was.
pub(super) fn verify(token: &[u8], messages: &[&[u8]], authorities: &[Authority]) -> Result<(Timestamp, usize)> {
    let token = parse(token)?;
    if !messages.iter().any(|message| token.imprint_hash.of(message) == token.imprint) {
        return Err(Error::untrusted("the timestamp is of another signature"));
    }
    let mut failure = Error::untrusted("the timestamp is by no trusted timestamp authority");
    for (number, authority) in authorities.iter().enumerate() {
        let own = authority.certificates.iter().chain(&token.certificates);
        for certificate in own.filter(|certificate| token.signer.is(certificate)) {
            let checked = only_for_timestamps(certificate)
                .and_then(|()| token.signer.check(token.info, certificate))
                .and_then(|()| authority.issued(certificate, &token.certificates, TIME_STAMPING, token.time));
            match checked {
                Ok(_) => return Ok((token.time, number)),
                Err(error) => failure = Error::untrusted("the timestamp does not count").caused_by(error),
            }
        }
    }
    Err(failure)
}

/// RFC 3161, 2.3: the key signs nothing but timestamps, and its certificate says so in a critical extension. Otherwise whoever
/// gets other things signed with it could have timestamps signed.
fn only_for_timestamps(certificate: &Certificate) -> Result<()> {
    if certificate.is_only_for(TIME_STAMPING) {
        return Ok(());
    }
    Err(Error::untrusted("the certificate is not for timestamps alone")
        .hint("RFC 3161 wants time stamping as its only extended key usage, and critical"))
}

/// A request for a timestamp over a message with this SHA-256, with the authority's certificates. The nonce is a positive
/// number without leading zeros.
pub(in crate::sign) fn request(sha256: &[u8], nonce: &[u8]) -> Vec<u8> {
    let algorithm = der::element(der::SEQUENCE, &[der::element(der::OID, SHA256), vec![0x05, 0]].concat());
    let imprint = [algorithm, der::element(der::OCTET_STRING, sha256)].concat();
    let fields = [
        der::element(der::INTEGER, &[1]),
        der::element(der::SEQUENCE, &imprint),
        der::element(der::INTEGER, nonce),
        der::element(der::BOOLEAN, &[0xff]),
    ];
    der::element(der::SEQUENCE, &fields.concat())
}

/// The number of the request that a token answers.
pub(in crate::sign) fn nonce(token: &[u8]) -> Result<Option<Vec<u8>>> {
    Ok(parse(token)?.nonce.map(<[u8]>::to_vec))
}

fn parse(token: &[u8]) -> Result<Token<'_>> {
    if token.len() as u64 > MAX_TOKEN {
        return Err(Error::invalid("the timestamp is too large"));
    }
    read(token).map_err(|e| match e.kind() {
        crate::ErrorKind::Invalid => Error::invalid("the timestamp does not parse").caused_by(e),
        _ => e,
    })
}

fn read(bytes: &[u8]) -> Result<Token<'_>> {
    let mut answer = Reader::only(bytes, der::SEQUENCE)?.inner();
    let status = answer.expect(der::SEQUENCE)?.inner().expect(der::INTEGER)?;
    // Granted, or granted with modifications.
    if !matches!(status.content, [0 | 1]) {
        return Err(Error::untrusted("the timestamp authority refused"));
    }
    let mut content = answer.expect(der::SEQUENCE)?.inner();
    is(content.expect(der::OID)?, SIGNED_DATA)?;
    let mut data = Reader::only(content.expect(der::context(0))?.content, der::SEQUENCE)?.inner();
    data.expect(der::INTEGER)?;
    data.expect(der::SET)?;
    let mut encapsulated = data.expect(der::SEQUENCE)?.inner();
    is(encapsulated.expect(der::OID)?, TIMESTAMP_INFO)?;
    let info = Reader::only(encapsulated.expect(der::context(0))?.content, der::OCTET_STRING)?.content;
    let mut certificates = Vec::new();
    if let Some(list) = data.optional(der::context(0))? {
        let mut list = list.inner();
        while !list.is_empty() {
            if certificates.len() == MAX_CERTIFICATES {
                return Err(malformed());
            }
            certificates.push(Certificate::parse(list.expect(der::SEQUENCE)?.whole)?);
        }
    }
    data.optional(der::context(1))?;
    let mut signers = data.expect(der::SET)?.inner();
    let signer = Signer::read(signers.expect(der::SEQUENCE)?)?;
    signers.end()?;
    let mut fields = Reader::only(info, der::SEQUENCE)?.inner();
    fields.expect(der::INTEGER)?;
    fields.expect(der::OID)?;
    let mut imprint = fields.expect(der::SEQUENCE)?.inner();
    let imprint_hash = hash(imprint.expect(der::SEQUENCE)?)?;
    let imprint = imprint.expect(der::OCTET_STRING)?.content;
    fields.expect(der::INTEGER)?;
    let time = fields.any()?.time()?;
    // The accuracy and whether tokens are in order.
    fields.optional(der::SEQUENCE)?;
    fields.optional(der::BOOLEAN)?;
    let nonce = fields.optional(der::INTEGER)?.map(|nonce| nonce.content);
    Ok(Token { info, imprint_hash, imprint, time, nonce, certificates, signer })
}

impl<'a> Signer<'a> {
    fn read(element: Element<'a>) -> Result<Self> {
        let mut fields = element.inner();
        fields.expect(der::INTEGER)?;
        let id = fields.any()?;
        let hash = hash(fields.expect(der::SEQUENCE)?)?;
        let attributes = fields.expect(der::context(0))?.content;
        fields.expect(der::SEQUENCE)?;
        let signature = fields.expect(der::OCTET_STRING)?.content;
        Ok(Signer { id, hash, attributes, signature })
    }

    /// Whether the token says that this is its signer's certificate.
    fn is(&self, certificate: &Certificate) -> bool {
        if self.id.tag == 0x80 {
            return certificate.key_id() == Some(self.id.content);
        }
        let mut parts = self.id.inner();
        let named = parts.expect(der::SEQUENCE).is_ok_and(|issuer| issuer.whole == certificate.issuer);
        named && parts.expect(der::INTEGER).is_ok_and(|serial| serial.content == certificate.serial)
    }

    /// Checks the signature: it is over attributes, which hold the digest of the information.
    fn check(&self, info: &[u8], certificate: &Certificate) -> Result<()> {
        let wrong = || Error::untrusted("the signature of the timestamp is wrong");
        let (mut kind, mut found) = (None, None);
        let mut attributes = Reader(self.attributes);
        while !attributes.is_empty() {
            let mut attribute = attributes.expect(der::SEQUENCE)?.inner();
            let name = attribute.expect(der::OID)?.content;
            let slot = match name {
                CONTENT_TYPE => &mut kind,
                MESSAGE_DIGEST => &mut found,
                _ => continue,
            };
            let mut values = attribute.expect(der::SET)?.inner();
            if slot.replace(values.any()?.content).is_some() || !values.is_empty() {
                return Err(malformed());
            }
        }
        if kind != Some(TIMESTAMP_INFO) || found != Some(&self.hash.of(info)[..]) {
            return Err(wrong());
        }
        let key = PublicKey::from_spki("timestamp authority", certificate.spki.clone())?;
        let signed = der::element(der::SET, self.attributes);
        key.verify_with(self.hash, &signed, self.signature).map_err(|_| wrong())
    }
}

fn is(found: Element<'_>, wanted: &[u8]) -> Result<()> {
    if found.content == wanted { Ok(()) } else { Err(malformed()) }
}

fn hash(algorithm: Element<'_>) -> Result<Hash> {
    match algorithm.inner().expect(der::OID)?.content.strip_prefix(SHA2) {
        Some([1]) => Ok(Hash::Sha256),
        Some([2]) => Ok(Hash::Sha384),
        Some([3]) => Ok(Hash::Sha512),
        _ => Err(Error::unsupported("the timestamp uses an unknown hash")),
    }
}
