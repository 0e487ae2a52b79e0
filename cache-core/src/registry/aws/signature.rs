//! Signature version 4 of AWS (Amazon, "Signature Version 4 signing process").

use aws_lc_rs::{digest, hmac};

use super::keys::Keys;
use crate::error::{Error, Result};
use crate::http::{Request, with_port};
use crate::model::Timestamp;

/// Signs a request for a service in a region: sets `host`, `x-amz-date` and, where there is a session, its token, and signs every
/// header.
pub(super) fn sign(request: &mut Request, keys: &Keys, region: &str, service: &str, now: Timestamp) -> Result<()> {
    let time: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let date = time.split('T').next().unwrap_or_default();
    set(request, "host", &with_port(&request.url))?;
    set(request, "x-amz-date", &time)?;
    if let Some(session) = &keys.session {
        set(request, "x-amz-security-token", session.reveal())?;
    }
    let mut headers: Vec<(&str, &str)> = Vec::new();
    for (name, value) in &request.headers {
        let value = value.to_str().map_err(|_| Error::unexpected("a header that is to be signed is no text"))?;
        headers.push((name.as_str(), value.trim()));
    }
    headers.sort_unstable();
    let signed = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{signed}\n{}",
        request.method,
        request.url.path(),
        request.url.query().unwrap_or_default(),
        hex(digest::digest(&digest::SHA256, &request.body).as_ref()),
    );
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let hash = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
    let first = format!("AWS4{}", keys.secret.reveal()).into_bytes();
    let key = [date, region, service, "aws4_request"].iter().fold(first, |key, part| mac(&key, part.as_bytes()));
    let signature = hex(&mac(&key, to_sign.as_bytes()));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}", keys.id);
    set(request, "authorization", &authorization)
}

fn set(request: &mut Request, name: &'static str, value: &str) -> Result<()> {
    let mut value = http::HeaderValue::try_from(value)
        .map_err(|_| Error::unauthenticated("the credential has characters that no header may have"))?;
    value.set_sensitive(name == "authorization" || name == "x-amz-security-token");
    request.headers.insert(name, value);
    Ok(())
}

fn mac(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::model::Secret;

    fn keys(session: Option<&str>) -> Keys {
        Keys {
            id: "AKIDEXAMPLE".into(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: session.map(Secret::new),
            expires: None,
        }
    }

    fn signature(method: Method, session: Option<&str>) -> String {
        let mut request = Request::new(method, "https://example.amazonaws.com/".parse().unwrap());
        let now = Timestamp::parse("2015-08-30T12:36:00Z").unwrap();
        sign(&mut request, &keys(session), "us-east-1", "service", now).unwrap();
        let text = request.headers["authorization"].to_str().unwrap().to_owned();
        text.rsplit_once("Signature=").unwrap().1.to_owned()
    }

    /// `get-vanilla` and `post-vanilla` of the published test suite.
    #[test]
    fn the_published_examples_are_signed_as_published() {
        let get = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
        let post = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        assert_eq!(signature(Method::GET, None), get);
        assert_eq!(signature(Method::POST, None), post);
        assert_ne!(signature(Method::POST, Some("session")), post);
    }

    /// The example of getting an object (Amazon, "Authenticating Requests: Using the Authorization Header").
    #[test]
    fn an_object_is_asked_for_as_published() {
        let mut request = Request::new(Method::GET, "https://examplebucket.s3.amazonaws.com/test.txt".parse().unwrap());
        request.headers.insert("range", http::HeaderValue::from_static("bytes=0-9"));
        let empty = http::HeaderValue::try_from(hex(digest::digest(&digest::SHA256, b"").as_ref())).unwrap();
        request.headers.insert("x-amz-content-sha256", empty);
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let keys = Keys { id: "AKIAIOSFODNN7EXAMPLE".into(), secret, session: None, expires: None };
        let now = Timestamp::parse("2013-05-24T00:00:00Z").unwrap();
        sign(&mut request, &keys, "us-east-1", "s3", now).unwrap();
        let text = request.headers["authorization"].to_str().unwrap();
        assert!(text.ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"), "{text}");
    }

    #[test]
    fn no_secret_is_shown() {
        let mut request = Request::new(Method::GET, "https://example.amazonaws.com/".parse().unwrap());
        sign(&mut request, &keys(Some("s3cret")), "us-east-1", "ecr", Timestamp::now()).unwrap();
        let shown = format!("{request:?} {:?}", keys(Some("s3cret")));
        assert!(!shown.contains("s3cret") && !shown.contains("wJalr") && !shown.contains("Signature="), "{shown}");
    }
}
