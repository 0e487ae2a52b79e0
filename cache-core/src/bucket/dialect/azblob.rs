//! Azure Blob Storage (Microsoft, "Put Blob", "Get Blob", "Authorize with Shared Key").

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::{Condition, Dialect, Meaning, on_condition, request};
use crate::bucket::url::Address;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Network, Request, decode, kind, secret_header, with_query};
use crate::model::{Secret, Timestamp};
use crate::registry::{AzureCredentials, Variables, bearer, expect_secure};

const VERSION: &str = "2023-11-03";
const AUDIENCE: &str = "https://storage.azure.com";

#[derive(Debug)]
pub(in crate::bucket) struct AzBlob {
    account: String,
    /// The address of the folder, without a slash at its end.
    folder: String,
    login: Login,
}

/// How we say who we are.
#[derive(Debug)]
enum Login {
    /// With the key of the account, in base64.
    Key(Secret),
    /// With a shared access signature, a query.
    Signature(Secret),
    Directory(AzureCredentials),
}

impl AzBlob {
    /// `az://ACCOUNT/CONTAINER/PREFIX?endpoint=…`.
    pub(in crate::bucket) fn at(address: &Address<'_>, variables: &Variables, network: &Network) -> Result<Self> {
        let parts = address.path.split_once('/');
        let (account, path) = parts.ok_or_else(|| address.wrong("it is az://ACCOUNT/CONTAINER"))?;
        if !account.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            return Err(address.wrong("an account has small letters and digits"));
        }
        let service = address.endpoint()?.unwrap_or_else(|| format!("https://{account}.blob.core.windows.net"));
        let login = match (variables.secret("AZURE_STORAGE_KEY"), variables.secret("AZURE_STORAGE_SAS_TOKEN")) {
            (Some(key), _) => Login::Key(key),
            (None, Some(signature)) => Login::Signature(signature),
            (None, None) => Login::Directory(AzureCredentials::from(variables.clone(), network.clone())),
        };
        Ok(AzBlob { account: account.to_owned(), folder: format!("{service}/{path}"), login })
    }
}

#[async_trait]
impl Dialect for AzBlob {
    fn read(&self, key: &str) -> Result<Request> {
        request(Method::GET, format!("{}/{key}", self.folder))
    }

    fn write(&self, key: &str, when: Condition<'_>) -> Result<Request> {
        let mut request = on_condition(request(Method::PUT, format!("{}/{key}", self.folder))?, when)?;
        request.headers.insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
        Ok(request)
    }

    async fn sign(&self, request: &mut Request) -> Result<()> {
        expect_secure(&request.url)?;
        request.headers.insert("x-ms-version", HeaderValue::from_static(VERSION));
        match &self.login {
            Login::Key(key) => sign(request, &self.account, key, Timestamp::now()),
            Login::Signature(signature) => {
                // What is wrong with it would be said together with it.
                let signed = with_query(&request.url, signature.reveal().trim_start_matches('?'));
                request.url = signed.map_err(|_| Error::unauthenticated("AZURE_STORAGE_SAS_TOKEN is no query"))?;
                Ok(())
            }
            Login::Directory(credentials) => {
                request.headers.insert(AUTHORIZATION, bearer(&credentials.token(AUDIENCE).await?)?);
                Ok(())
            }
        }
    }

    fn meaning(&self, status: StatusCode, code: &str) -> Meaning {
        match (status.as_u16(), code) {
            (404, "BlobNotFound" | "") => Meaning::Absent,
            (404, _) => Meaning::Wrong(ErrorKind::Invalid),
            (409, "BlobAlreadyExists") | (412, "ConditionNotMet" | "") => Meaning::Unmet,
            (403, "AuthenticationFailed") => Meaning::Wrong(ErrorKind::Unauthenticated),
            (503, "ServerBusy") => Meaning::Wrong(ErrorKind::RateLimited),
            _ => Meaning::Wrong(kind(status)),
        }
    }
}

/// Signs a request with the key of an account: its date, its conditions, all headers of Azure's, and the address.
pub(in crate::bucket) fn sign(request: &mut Request, account: &str, key: &Secret, now: Timestamp) -> Result<()> {
    let no_key = || Error::unauthenticated("AZURE_STORAGE_KEY is no base64, or has characters that no header may have");
    let key = zeroize::Zeroizing::new(STANDARD.decode(key.reveal()).map_err(|_| no_key())?);
    let date = HeaderValue::try_from(date(now)?).map_err(|_| Error::unexpected("a date is no header"))?;
    request.headers.insert("x-ms-date", date);
    let text = to_sign(request, account);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes());
    let value = format!("SharedKey {account}:{}", STANDARD.encode(signature));
    request.headers.insert(AUTHORIZATION, secret_header(&value).map_err(|_| no_key())?);
    Ok(())
}

/// What is signed. The usual headers stand for themselves, each on a line of its own; a length of 0 is not said.
fn to_sign(request: &Request, account: &str) -> String {
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let length = if request.body.is_empty() { String::new() } else { request.body.len().to_string() };
    let mut lines = vec![request.method.as_str(), header("content-encoding"), header("content-language"), &length];
    lines.extend(USUAL.map(header));
    let mut own: Vec<&HeaderName> = request.headers.keys().filter(|name| name.as_str().starts_with("x-ms-")).collect();
    own.sort_unstable_by_key(|name| name.as_str());
    let own = own.into_iter().map(|name| format!("{name}:{}\n", header(name.as_str()).trim()));
    let mut query: Vec<(String, String)> =
        request.url.query().into_iter().flat_map(|query| query.split('&')).map(pair).collect();
    query.sort_unstable();
    let query = query.into_iter().map(|(name, value)| format!("\n{name}:{value}"));
    format!(
        "{}\n{}/{account}{}{}",
        lines.join("\n"),
        own.collect::<String>(),
        request.url.path(),
        query.collect::<String>()
    )
}

/// In this order, after the length. A date in `x-ms-date` leaves `date` empty.
const USUAL: [&str; 8] = [
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let decoded = |text| String::from_utf8_lossy(&decode(text)).into_owned();
    (decoded(name).to_ascii_lowercase(), decoded(value))
}

fn date(now: Timestamp) -> Result<String> {
    let time = jiff::Timestamp::from_second(now.unix()).map_err(|_| Error::unexpected("the clock has no date"))?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time);
    text.map_err(|_| Error::unexpected("the clock has no date"))
}
