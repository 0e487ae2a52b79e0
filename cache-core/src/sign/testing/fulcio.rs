//! A certificate authority as Fulcio is one, and the certificate log that it uses.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SanType, SerialNumber, SignatureAlgorithm,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Call;
use crate::sign::verify::{Certificate, element};
use crate::sign::{KeySigner, PublicKey};

/// 1.3.6.1.4.1.57264.1.8, the issuer of the token.
const ISSUER: [u64; 9] = [1, 3, 6, 1, 4, 1, 57264, 1, 8];
/// What else is written into a certificate where the token says it: the name there, and the last number of 1.3.6.1.4.1.57264.1.
const CLAIMS: [(&str, u64); 2] = [("repository", 12), ("ref", 14)];
/// 1.3.6.1.4.1.11129.2.4.2, the list of certificate timestamps.
const SCT_LIST: [u64; 10] = [1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];

/// What the authority does otherwise than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sign) enum Fault {
    /// A certificate for a key of its own.
    OtherKey,
    /// A certificate for somebody else.
    OtherSubject,
    /// A certificate that names another issuer.
    OtherIssuer,
    /// A certificate signed by an authority that nobody trusts.
    OtherAuthority,
    /// A certificate for servers.
    OtherPurpose,
    /// A certificate that has expired.
    Expired,
    /// A certificate without the word of a certificate log.
    NoLog,
    /// The word of a log that nobody trusts.
    OtherLog,
    /// The word of a log beside the certificate.
    Detached,
}

pub(in crate::sign) struct Fulcio {
    key: KeyPair,
    params: CertificateParams,
    stranger: KeyPair,
    log: KeySigner,
    other_log: KeySigner,
    pub(in crate::sign) fault: Mutex<Option<Fault>>,
    /// The tokens that were shown, and how often.
    pub(in crate::sign) asked: Mutex<Vec<String>>,
}

/// A P-256 key that somebody else has.
struct Theirs(Vec<u8>);

impl PublicKeyData for Theirs {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl Fulcio {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Fulcio {
            key: KeyPair::generate().unwrap(),
            params,
            stranger: KeyPair::generate().unwrap(),
            log: KeySigner::generate("ct").unwrap(),
            other_log: KeySigner::generate("other ct").unwrap(),
            fault: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// The authority's own certificate.
    pub(super) fn chain(&self) -> Vec<Vec<u8>> {
        vec![self.params.self_signed(&self.key).unwrap().der().to_vec()]
    }

    pub(super) fn log_in_root(&self) -> Value {
        json!({
            "baseUrl": "https://ct.test", "hashAlgorithm": "SHA2_256",
            "publicKey": {"rawBytes": STANDARD.encode(self.log.public_key().spki()), "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": {"start": "2020-01-01T00:00:00Z"}},
            "logId": {"keyId": STANDARD.encode(Sha256::digest(self.log.public_key().spki()))},
        })
    }

    pub(super) fn answer(&self, call: &Call) -> (u16, Vec<u8>) {
        match self.certify(call) {
            Ok(answer) => (200, answer.to_string().into_bytes()),
            Err((status, why)) => (status, json!({"code": 3, "message": why}).to_string().into_bytes()),
        }
    }

    /// Refuses everything that is not exactly as it should be.
    fn certify(&self, call: &Call) -> Result<Value, (u16, String)> {
        let bad = |why: &str| -> (u16, String) { (400, why.to_owned()) };
        let stranger = |why: &str| -> (u16, String) { (401, why.to_owned()) };
        if call.method != "POST" || call.target != "/api/v2/signingCert" {
            return Err((404, "there is nothing here".into()));
        }
        if call.header("content-type") != Some("application/json") {
            return Err(bad("no JSON"));
        }
        let token = call.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let token = token.ok_or_else(|| stranger("no token"))?;
        self.asked.lock().unwrap().push(token.to_owned());
        let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Value =
            claims.and_then(|json| serde_json::from_slice(&json).ok()).ok_or_else(|| stranger("bad token"))?;
        if claims["iss"] != super::ISSUER || claims["aud"] != "sigstore" {
            return Err(stranger(&format!("the token {token} is by nobody we know")));
        }
        let subject = claims["sub"].as_str().unwrap_or_default();
        let request: Value = serde_json::from_slice(&call.body).map_err(|_| bad("no JSON"))?;
        let asked = &request["publicKeyRequest"];
        if asked["publicKey"]["algorithm"] != "ECDSA" {
            return Err(bad("algorithm"));
        }
        let key = PublicKey::from_pem("asked", asked["publicKey"]["content"].as_str().unwrap_or_default())
            .map_err(|_| bad("no key"))?;
        let proof =
            STANDARD.decode(asked["proofOfPossession"].as_str().unwrap_or_default()).map_err(|_| bad("proof"))?;
        key.verify(subject.as_bytes(), &proof).map_err(|_| bad("the proof of possession is wrong"))?;
        let certificate = self.issue(&key, subject, &claims);
        let chain =
            json!({"chain": {"certificates": [certificate, self.params.self_signed(&self.key).unwrap().pem()]}});
        Ok(match *self.fault.lock().unwrap() {
            Some(Fault::Detached) => json!({"signedCertificateDetachedSct": chain}),
            _ => json!({"signedCertificateEmbeddedSct": chain}),
        })
    }

    /// A certificate in PEM. What the log signs is the certificate without the log's word in it.
    fn issue(&self, key: &PublicKey, subject: &str, claims: &Value) -> String {
        let fault = *self.fault.lock().unwrap();
        let is = |wanted: Fault| fault == Some(wanted);
        let own = KeySigner::generate("own").unwrap();
        let key = if is(Fault::OtherKey) { own.public_key() } else { key };
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.serial_number = Some(SerialNumber::from_slice(&[1, 2, 3]));
        let now = SystemTime::now();
        let (from, until) = match is(Fault::Expired) {
            true => (now - Duration::from_secs(1200), now - Duration::from_secs(600)),
            false => (now - Duration::from_secs(1), now + Duration::from_secs(600)),
        };
        (params.not_before, params.not_after) = (from.into(), until.into());
        let subject = if is(Fault::OtherSubject) { "https://evil.example.test/" } else { subject };
        params.subject_alt_names = vec![SanType::URI(subject.try_into().unwrap())];
        params.extended_key_usages = vec![match is(Fault::OtherPurpose) {
            true => ExtendedKeyUsagePurpose::ServerAuth,
            false => ExtendedKeyUsagePurpose::CodeSigning,
        }];
        let issuer = if is(Fault::OtherIssuer) { "https://id.evil.test" } else { super::ISSUER };
        let text = |oid: &[u64], text: &str| CustomExtension::from_oid_content(oid, element(0x0c, text.as_bytes()));
        params.custom_extensions = vec![text(&ISSUER, issuer)];
        for (name, number) in CLAIMS {
            let said = claims[name].as_str();
            params.custom_extensions.extend(said.map(|said| text(&[1, 3, 6, 1, 4, 1, 57264, 1, number], said)));
        }
        let theirs = Theirs(key.spki()[26..].to_vec());
        let signing = if is(Fault::OtherAuthority) { &self.stranger } else { &self.key };
        let issuer = Issuer::from_params(&self.params, signing);
        if !is(Fault::NoLog) {
            let bare = params.signed_by(&theirs, &issuer).unwrap();
            let bare = Certificate::parse(bare.der()).unwrap();
            let log = if is(Fault::OtherLog) { &self.other_log } else { &self.log };
            let list = timestamps(log, bare.precertificate(), &signing.subject_public_key_info(), now);
            params.custom_extensions.push(CustomExtension::from_oid_content(&SCT_LIST, list));
        }
        params.signed_by(&theirs, &issuer).unwrap().pem()
    }
}

/// The list of one timestamp (RFC 6962, 3.2 and 3.3), as an octet string.
fn timestamps(log: &KeySigner, precertificate: &[u8], issuer: &[u8], now: SystemTime) -> Vec<u8> {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let milliseconds = u64::try_from(since.as_millis()).unwrap().to_be_bytes();
    let length = u32::try_from(precertificate.len()).unwrap().to_be_bytes();
    let signed = [&[0, 0][..], &milliseconds, &[0, 1], &Sha256::digest(issuer), &length[1..], precertificate, &[0, 0]];
    let signature = prefixed(&log.sign_bytes(&signed.concat()).unwrap());
    let id = Sha256::digest(log.public_key().spki());
    let stamp = [&[0][..], &id, &milliseconds, &[0, 0], &[4, 3], &signature].concat();
    let list = prefixed(&prefixed(&stamp));
    element(0x04, &list)
}

fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}
