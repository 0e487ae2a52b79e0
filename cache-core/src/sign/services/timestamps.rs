//! Timestamps over signatures (RFC 3161, over HTTP as its section 3.4 says).

use ::http::{HeaderValue, Method, header};
use sha2::{Digest as _, Sha256};

use super::Place;
use crate::error::{Error, Result};
use crate::http::{Http, Request};
use crate::sign::verify::{MAX_TIMESTAMP, timestamp_nonce, timestamp_request};

/// Asks for a timestamp over a signature. The answer is the one to this question, since it repeats a random number; nothing
/// else of it is checked here.
pub(super) async fn ask(http: &Http, place: &Place, signature: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0u8; 16];
    getrandom::fill(&mut nonce).map_err(|e| Error::unexpected("no random numbers").caused_by(e))?;
    // A positive number, and one that is as long as it looks.
    nonce[0] = nonce[0] & 0x3f | 0x40;
    let mut request = Request::new(Method::POST, place.url().clone());
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/timestamp-query"));
    request.body = timestamp_request(&Sha256::digest(signature), &nonce).into();
    let answer = place.ask(http, &request, MAX_TIMESTAMP, None).await?;
    let repeated = timestamp_nonce(&answer).map_err(|e| place.about(e))?;
    if repeated.as_deref() != Some(&nonce[..]) {
        return Err(place.about(Error::untrusted("the timestamp is an answer to another question")));
    }
    Ok(answer.to_vec())
}
