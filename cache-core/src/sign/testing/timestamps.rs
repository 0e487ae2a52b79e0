//! A timestamp authority (RFC 3161).

use std::sync::Mutex;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
    SigningKey,
};
use sha2::{Digest as _, Sha256};

use super::Call;
use crate::model::Timestamp;
use crate::sign::verify::{Certificate, element};

const SHA256_ALGORITHM: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];
/// ecdsa-with-SHA256
const ECDSA: [u8; 12] = [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const TIMESTAMP_INFO: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
const CONTENT_TYPE: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const TIME_STAMPING: [u8; 8] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
const CODE_SIGNING: [u8; 8] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// What the authority does otherwise than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sign) enum Fault {
    /// A timestamp over something else.
    OtherMessage,
    /// A timestamp that answers another question.
    OtherNonce,
    /// A timestamp without the number of the question.
    NoNonce,
    /// A timestamp signed by somebody else.
    OtherKey,
    /// A timestamp of last year.
    OtherTime,
    /// A refusal, in the form of an answer.
    Refusal,
    /// A certificate whose purpose is not critical.
    NotCritical,
    /// A certificate that is for code signing too.
    OtherPurposeToo,
    /// A certificate that is for code signing alone.
    OtherPurpose,
    /// A certificate that does not say what it is for.
    NoPurpose,
}

pub(in crate::sign) struct Authority {
    key: KeyPair,
    params: CertificateParams,
    leaf_key: KeyPair,
    stranger: KeyPair,
    pub(in crate::sign) fault: Mutex<Option<Fault>>,
}

impl Authority {
    pub(super) fn new() -> Self {
        let (key, leaf_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "test timestamps");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Authority { key, params, leaf_key, stranger: KeyPair::generate().unwrap(), fault: Mutex::default() }
    }

    /// The certificate of the key that signs. RFC 3161 wants its purpose to be the only one, and critical.
    fn leaf(&self) -> Vec<u8> {
        let fault = *self.fault.lock().unwrap();
        let purposes: &[&[u8]] = match fault {
            Some(Fault::OtherPurposeToo) => &[&TIME_STAMPING, &CODE_SIGNING],
            Some(Fault::OtherPurpose) => &[&CODE_SIGNING],
            _ => &[&TIME_STAMPING],
        };
        let purposes: Vec<_> = purposes.iter().map(|purpose| element(0x06, purpose)).collect();
        let mut purpose = CustomExtension::from_oid_content(&[2, 5, 29, 37], element(SEQUENCE, &purposes.concat()));
        purpose.set_criticality(fault != Some(Fault::NotCritical));
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name.push(DnType::CommonName, "test timestamps, leaf");
        leaf.custom_extensions = if fault == Some(Fault::NoPurpose) { Vec::new() } else { vec![purpose] };
        leaf.serial_number = Some(SerialNumber::from_slice(&[7]));
        leaf.signed_by(&self.leaf_key, &Issuer::from_params(&self.params, &self.key)).unwrap().der().to_vec()
    }

    /// The authority's own certificates, without that of the key that signs: it comes with each timestamp.
    pub(super) fn chain(&self) -> Vec<Vec<u8>> {
        vec![self.params.self_signed(&self.key).unwrap().der().to_vec()]
    }

    pub(super) fn answer(&self, call: &Call) -> (u16, Vec<u8>) {
        let asked = call.method == "POST"
            && call.target == "/api/v1/timestamp"
            && call.header("content-type") == Some("application/timestamp-query");
        // Version, imprint (algorithm and digest), nonce, whether the certificate is wanted: always of this length.
        let body = &call.body;
        let good = asked
            && body.starts_with(&[0x30, 0x4b, 0x02, 0x01, 0x01, 0x30, 0x31])
            && body.get(7..22) == Some(&SHA256_ALGORITHM)
            && body.get(22..24) == Some(&[0x04, 0x20])
            && body.get(56..58) == Some(&[0x02, 0x10])
            && body.get(74..) == Some(&[0x01, 0x01, 0xff]);
        if !good {
            return (400, format!("this is no request: {body:02x?}").into_bytes());
        }
        (200, self.token(&body[24..56], &body[58..74]))
    }

    fn token(&self, imprint: &[u8], nonce: &[u8]) -> Vec<u8> {
        let fault = *self.fault.lock().unwrap();
        let is = |wanted: Fault| fault == Some(wanted);
        let sequence = |parts: &[&[u8]]| element(SEQUENCE, &parts.concat());
        if is(Fault::Refusal) {
            return sequence(&[&sequence(&[&[0x02, 0x01, 0x02]])]);
        }
        let imprint = if is(Fault::OtherMessage) { Sha256::digest(b"other").to_vec() } else { imprint.to_vec() };
        let nonce = match fault {
            Some(Fault::OtherNonce) => element(0x02, &[1, 2, 3]),
            Some(Fault::NoNonce) => Vec::new(),
            _ => element(0x02, nonce),
        };
        let now = Timestamp::now().unix() - if is(Fault::OtherTime) { 365 * 86400 } else { 0 };
        let time: String =
            Timestamp::from_unix(now).unwrap().to_string().chars().filter(|c| !"-:T".contains(*c)).collect();
        let info = sequence(&[
            &[0x02, 0x01, 0x01],
            &element(0x06, &[0x2a, 0x03]),
            &sequence(&[&SHA256_ALGORITHM, &element(0x04, &imprint)]),
            &[0x02, 0x01, 0x09],
            &element(0x18, time.as_bytes()),
            // An accuracy of a second.
            &sequence(&[&[0x02, 0x01, 0x01]]),
            &nonce,
        ]);
        let attribute = |name: &[u8], value: &[u8]| sequence(&[&element(0x06, name), &element(SET, value)]);
        let attributes = [
            attribute(&CONTENT_TYPE, &element(0x06, &TIMESTAMP_INFO)),
            attribute(&MESSAGE_DIGEST, &element(0x04, &Sha256::digest(&info))),
        ]
        .concat();
        let key = if is(Fault::OtherKey) { &self.stranger } else { &self.leaf_key };
        let signature = key.sign(&element(SET, &attributes)).unwrap();
        let leaf = self.leaf();
        let certificate = Certificate::parse(&leaf).unwrap();
        let signer = sequence(&[
            &[0x02, 0x01, 0x01],
            &sequence(&[certificate.issuer_name(), &element(0x02, &[7])]),
            &SHA256_ALGORITHM,
            &element(0xa0, &attributes),
            &ECDSA,
            &element(0x04, &signature),
        ]);
        let data = sequence(&[
            &[0x02, 0x01, 0x03],
            &element(SET, &SHA256_ALGORITHM),
            &sequence(&[&element(0x06, &TIMESTAMP_INFO), &element(0xa0, &element(0x04, &info))]),
            &element(0xa0, &leaf),
            &element(SET, &signer),
        ]);
        let content = sequence(&[&element(0x06, &SIGNED_DATA), &element(0xa0, &data)]);
        sequence(&[&sequence(&[&[0x02, 0x01, 0x00]]), &content])
    }
}
