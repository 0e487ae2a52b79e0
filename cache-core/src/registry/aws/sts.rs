//! AWS's Security Token Service: keys for a role (its answers are XML).

use std::collections::BTreeMap;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use quick_xml::events::Event;

use super::keys::{Keys, Search};
use super::signature::sign;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, Patience, Request, encode};
use crate::model::{Secret, Timestamp};
use crate::registry::vendor::expect_secure;

const MAX_ANSWER: u64 = 1 << 20;
const SESSION: &str = "cache";

/// Keys for a role, on the word of an identity provider.
pub(super) async fn assume_with_web_identity(
    search: &Search<'_>,
    role: &str,
    session: Option<&str>,
    token: &Secret,
) -> Result<Keys> {
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("RoleArn", role),
        ("RoleSessionName", session.unwrap_or(SESSION)),
        ("WebIdentityToken", token.reveal()),
    ];
    ask(search, &form, None).await.map_err(|e| e.context("role", role))
}

/// Keys for the role of a profile, by other keys.
pub(super) async fn assume(search: &Search<'_>, profile: &BTreeMap<String, Secret>, by: &Keys) -> Result<Keys> {
    let get = |key: &str| profile.get(key).map(Secret::reveal);
    let role = get("role_arn").unwrap_or_default();
    let session = get("role_session_name").unwrap_or(SESSION);
    let mut form = vec![("Action", "AssumeRole"), ("RoleArn", role), ("RoleSessionName", session)];
    form.extend(get("external_id").map(|id| ("ExternalId", id)));
    form.extend(get("duration_seconds").map(|seconds| ("DurationSeconds", seconds)));
    if get("mfa_serial").is_some() {
        return Err(Error::unsupported("the role wants a second factor, which nobody can be asked for here")
            .context("role", role)
            .hint("aws configure export-credentials --format env writes its credentials as variables"));
    }
    ask(search, &form, Some(by)).await.map_err(|e| e.context("role", role))
}

async fn ask(search: &Search<'_>, form: &[(&str, &str)], by: Option<&Keys>) -> Result<Keys> {
    let suffix = if search.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let usual = || format!("https://sts.{}.{suffix}/", search.region);
    let url = search.variables.text("AWS_ENDPOINT_URL_STS").unwrap_or_else(usual);
    let url = url.parse().map_err(|_| Error::invalid("AWS_ENDPOINT_URL_STS is no address"))?;
    expect_secure(&url)?;
    let mut request = Request::new(Method::POST, url);
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let pairs = form.iter().chain(&[("Version", "2011-06-15")]).map(|(key, value)| format!("{key}={}", encode(value)));
    request.body = pairs.collect::<Vec<_>>().join("&").into();
    if let Some(keys) = by {
        sign(&mut request, keys, search.region, "sts", search.now)?;
    }
    let answer = Http::over(search.network.clone(), None, Patience::default()).send(&request).await?;
    let status = answer.status();
    let body = answer.bytes(MAX_ANSWER).await?;
    let fields = fields(&body);
    let field = |name: &str| fields.get(name).cloned();
    if !status.is_success() {
        let kind = if status.is_server_error() { ErrorKind::Unavailable } else { ErrorKind::Unauthenticated };
        let error = Error::new(kind, "AWS gives no credentials for the role").context("status", status.as_u16());
        let said =
            field("Code").map(|code| format!("{} {}", code.reveal(), field("Message").unwrap_or_default().reveal()));
        return Err(said.into_iter().fold(error, |error, said| error.context("AWS says", said)));
    }
    let bad = || Error::unavailable("the answer holds no credentials for the role");
    let expires = field("Expiration").and_then(|time| Timestamp::parse(time.reveal()).ok());
    Ok(Keys {
        id: field("AccessKeyId").ok_or_else(bad)?.reveal().to_owned(),
        secret: field("SecretAccessKey").ok_or_else(bad)?,
        session: Some(field("SessionToken").ok_or_else(bad)?),
        expires: Some(expires.ok_or_else(bad)?),
    })
}

/// The elements that have text, by name; the first of each.
fn fields(xml: &[u8]) -> BTreeMap<String, Secret> {
    let (mut fields, mut name) = (BTreeMap::new(), None);
    let Ok(text) = std::str::from_utf8(xml) else { return fields };
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => name = Some(start.local_name().as_ref().to_owned()),
            // Keys and tokens are base64, and the messages are for people: no entity is of interest.
            Ok(Event::Text(text)) => {
                if let Some(name) = name.take() {
                    fields.entry(name).or_insert_with(|| Secret::new(&*text));
                }
            }
            Ok(Event::End(_)) => name = None,
            Ok(Event::Eof) | Err(_) => return fields,
            Ok(_) => {}
        }
    }
}
