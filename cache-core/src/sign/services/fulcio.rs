//! Certificates for keys of a moment (Fulcio, `/api/v2/signingCert`).

use ::http::{HeaderValue, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::Place;
use crate::error::{Error, Result};
use crate::http::{Http, Request};
use crate::sign::verify::Certificate;
use crate::sign::{IdentityToken, KeySigner};

/// No answer is larger.
const MAX_ANSWER: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    signed_certificate_embedded_sct: Option<Signed>,
    signed_certificate_detached_sct: Option<Signed>,
}

#[derive(Deserialize)]
struct Signed {
    chain: Chain,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<String>,
}

/// Asks for a certificate for the key, on the word of the token. Nothing of it is checked here but that it is one for the key.
///
/// Whoever asks proves to have the key: the token's subject is signed with it. Of the chain only the first certificate is
/// read: what leads to a root is in the trusted root. An authority without a certificate log answers in the form that has the
/// log's word beside the certificate, and with none; where that word is needed (`logged`), it has to be in the certificate.
pub(super) async fn certificate(
    http: &Http,
    place: &Place,
    token: &IdentityToken,
    key: &KeySigner,
    logged: bool,
) -> Result<Certificate> {
    let proof = key.sign_bytes(token.subject().as_bytes())?;
    let body = json!({"publicKeyRequest": {
        "publicKey": {"algorithm": "ECDSA", "content": key.public_key().to_pem()},
        "proofOfPossession": STANDARD.encode(proof),
    }});
    let mut request = Request::new(Method::POST, place.below("api/v2/signingCert")?);
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    place.authorize(&mut request, token.secret())?;
    request.body = body.to_string().into();
    let answer = place.ask(http, &request, MAX_ANSWER, Some(token.secret())).await?;
    let answer: Answer = serde_json::from_slice(&answer).map_err(|_| place.malformed())?;
    let signed = match (answer.signed_certificate_embedded_sct, answer.signed_certificate_detached_sct) {
        (Some(signed), None) => signed,
        (None, Some(signed)) if !logged => signed,
        (None, Some(_)) => {
            let error = Error::unsupported("the certificate comes without the word of a certificate log in it");
            return Err(place.about(error.hint("the authority has to put it into the certificate")));
        }
        _ => return Err(place.malformed()),
    };
    let first = signed.chain.certificates.first().ok_or_else(|| place.malformed())?;
    let certificate = Certificate::parse_pem(first).ok().and_then(|mut all| (all.len() == 1).then(|| all.remove(0)));
    let certificate = certificate.ok_or_else(|| place.malformed())?;
    if certificate.spki() != key.public_key().spki() {
        return Err(place.about(Error::untrusted("the certificate is for another key")));
    }
    Ok(certificate)
}
