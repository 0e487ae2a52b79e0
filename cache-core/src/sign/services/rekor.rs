//! Entries for transparency logs (Rekor), in both versions of the interface.

use ::http::{HeaderValue, Method, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Place;
use crate::error::{Error, Result};
use crate::http::{Answer, Http, Request, resolve, same_origin};
use crate::model::digest::to_hex;
use crate::sign::PublicKey;
use crate::sign::bundle::Bundle;
use crate::sign::public_key::to_pem;
use crate::sign::scheme::Scheme;
use crate::sign::verify::{Entry, Signer};

/// No answer is larger: entries hold digests, and proofs are short.
const MAX_ANSWER: u64 = 1 << 20;
/// The path of entries in version 1.
const ENTRIES: &str = "api/v1/log/entries";

/// A signature that is to be entered.
pub(super) struct Signature<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) bytes: &'a [u8],
    pub(super) message: &'a [u8],
    pub(super) signer: Signer<'a>,
}

impl Signature<'_> {
    fn key(&self) -> Result<PublicKey> {
        match self.signer {
            Signer::Key(key) => Ok(key.clone()),
            Signer::Certificate(certificate) => certificate.key(),
        }
    }

    fn pem(&self) -> String {
        match self.signer {
            Signer::Key(key) => key.to_pem(),
            Signer::Certificate(certificate) => to_pem("CERTIFICATE", certificate.der()),
        }
    }

    /// The key, where the signature is over a hash: logs that keep hashes can check no other.
    fn hashing_key(&self) -> Result<PublicKey> {
        let key = self.key()?;
        if key.scheme() != Scheme::Ed25519 || key.verify_prehashed(self.message, self.bytes).is_some() {
            return Ok(key);
        }
        Err(Error::unsupported("the log takes no signature that is over a message itself")
            .hint("let the Ed25519 key sign hashes: KeySigner::prehashed"))
    }

    /// What version 1 is proposed.
    fn proposal_1(&self) -> Result<Value> {
        let verifier = STANDARD.encode(self.pem());
        let (kind, spec) = match self.bundle.envelope() {
            Some(envelope) => {
                let json = String::from_utf8(envelope.to_json()?)
                    .map_err(|e| Error::unexpected("the envelope has no JSON form").caused_by(e))?;
                ("dsse", json!({"proposedContent": {"envelope": json, "verifiers": [verifier]}}))
            }
            None => {
                let hash = self.hashing_key()?.scheme().natural_hash();
                let digest = json!({"algorithm": hash.name(), "value": to_hex(&hash.of(self.message))});
                let signature = json!({"content": STANDARD.encode(self.bytes), "publicKey": {"content": verifier}});
                ("hashedrekord", json!({"data": {"hash": digest}, "signature": signature}))
            }
        };
        Ok(json!({"apiVersion": "0.0.1", "kind": kind, "spec": spec}))
    }

    /// What version 2 is sent: the hash of the message, of an envelope that of its encoding.
    fn request_2(&self) -> Result<Value> {
        let key = self.hashing_key()?;
        let details = key.scheme().details(key.spki());
        let details = details.ok_or_else(|| Error::unsupported("the log takes no RSA key of this size"))?;
        let mut verifier = match self.signer {
            Signer::Key(key) => json!({"publicKey": {"rawBytes": STANDARD.encode(key.spki())}}),
            Signer::Certificate(it) => json!({"x509Certificate": {"rawBytes": STANDARD.encode(it.der())}}),
        };
        verifier["keyDetails"] = json!(details);
        Ok(json!({"hashedRekordRequestV002": {
            "digest": STANDARD.encode(key.scheme().natural_hash().of(self.message)),
            "signature": {"content": STANDARD.encode(self.bytes), "verifier": verifier},
        }}))
    }
}

/// Enters a signature in a log and gives the log's answer, of which nothing is checked here.
pub(super) async fn enter(http: &Http, place: &Place, version: u32, signature: &Signature<'_>) -> Result<Entry> {
    if version == 2 {
        let body = post(http, place, "api/v2/log/entries", signature.request_2()?).await?;
        let body = place.body(body, MAX_ANSWER, None).await?;
        let wire = serde_json::from_slice(&body).map_err(|_| place.malformed())?;
        return Entry::from_wire(wire).map_err(|e| place.malformed().caused_by(e));
    }
    let answer = post(http, place, ENTRIES, signature.proposal_1()?).await?;
    let body = match known_entry(place, &answer)? {
        // The very same signature was entered before.
        Some(url) => place.ask(http, &Request::new(Method::GET, url), MAX_ANSWER, None).await?,
        None => place.body(answer, MAX_ANSWER, None).await?,
    };
    Entry::from_rekor(&body).map_err(|e| place.malformed().caused_by(e))
}

async fn post(http: &Http, place: &Place, path: &str, body: Value) -> Result<Answer> {
    let mut request = Request::new(Method::POST, place.below(path)?);
    for name in [header::CONTENT_TYPE, header::ACCEPT] {
        request.headers.insert(name, HeaderValue::from_static("application/json"));
    }
    request.body = body.to_string().into();
    place.send(http, &request).await
}

/// Where the entry is that the log says it has already: one of its own, named by hexadecimal digits.
fn known_entry(place: &Place, answer: &Answer) -> Result<Option<::http::Uri>> {
    if answer.status() != StatusCode::CONFLICT {
        return Ok(None);
    }
    let wrong = || place.about(Error::unexpected("the log has the entry already, and does not say where"));
    let location = answer.header(header::LOCATION).ok_or_else(wrong)?;
    let there = resolve(answer.url(), location).map_err(|_| wrong())?;
    let name = there.path().rsplit('/').next().unwrap_or_default();
    if !same_origin(&there, place.url()) || name.is_empty() || !name.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    place.below(&format!("{ENTRIES}/{name}")).map(Some)
}
