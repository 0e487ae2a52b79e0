//! An identity of somebody else, such as a CI system or a cluster, that Google trusts (Google, "Workload Identity Federation";
//! RFC 8693).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use http::header::AUTHORIZATION;
use http::{HeaderName, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::SCOPE;
use crate::error::{Error, Result};
use crate::http::{Http, Network, Patience, Request, host_name, secret_header};
use crate::model::{Secret, Timestamp};
use crate::registry::answer;
use crate::registry::vendor::{Token, bearer, expect_secure, grant, json as read, parse, secret_file, with_json};

const MAX_TOKEN: u64 = 1 << 20;

/// A file of type `external_account`.
#[derive(Deserialize)]
pub(super) struct Federated {
    audience: String,
    subject_token_type: String,
    token_url: String,
    service_account_impersonation_url: Option<String>,
    credential_source: Source,
}

/// Where the other's token is.
#[derive(Deserialize)]
struct Source {
    file: Option<String>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Secret>,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
struct Format {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    subject_token_field_name: String,
}

impl Federated {
    pub(super) async fn token(&self, network: &Network) -> Result<Token> {
        let subject = self.credential_source.token(network).await?;
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("audience", &self.audience),
            ("scope", self.service_account_impersonation_url.as_ref().map_or(SCOPE, |_| IMPERSONATING)),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("subject_token_type", &self.subject_token_type),
            ("subject_token", subject.reveal()),
        ];
        let token = grant(network, &self.token_url, &form, "Google gives no token for the federated identity").await?;
        match &self.service_account_impersonation_url {
            None => Ok(token),
            Some(url) => impersonate(network, url, &token.secret).await,
        }
    }
}

/// What it takes to act as a service account.
const IMPERSONATING: &str = "https://www.googleapis.com/auth/cloud-platform";

impl Source {
    async fn token(&self, network: &Network) -> Result<Secret> {
        let given = match (&self.file, &self.url) {
            (Some(file), _) => secret_file(file.as_ref())?,
            (None, Some(url)) => self.ask(network, url).await?,
            (None, None) => {
                return Err(Error::unsupported("the federated identity comes from neither a file nor an address"));
            }
        };
        if self.format.kind != "json" {
            return Ok(given);
        }
        let fields: BTreeMap<String, Value> = parse(given.reveal().as_bytes())
            .map_err(|_| Error::unauthenticated("the federated token is not in the JSON that it should be in"))?;
        match fields.get(&self.format.subject_token_field_name) {
            Some(Value::String(token)) => Ok(Secret::new(token)),
            _ => Err(Error::unauthenticated("the federated token is not in the field that it should be in")),
        }
    }

    async fn ask(&self, network: &Network, url: &str) -> Result<Secret> {
        let mut request = request(Method::GET, url)?;
        if !is_metadata(&host_name(&request.url)) {
            expect_secure(&request.url)?;
        }
        for (name, value) in &self.headers {
            let header = HeaderName::try_from(name).ok().zip(secret_header(value.reveal()).ok());
            let (name, value) = header.ok_or_else(|| Error::invalid("the federated identity has no such header"))?;
            request.headers.insert(name, value);
        }
        let answer = Http::over(network.clone(), None, Patience::default()).send(&request).await?;
        if !answer.status().is_success() {
            return Err(answer::refusal(answer, "there is no token of the federated identity").await);
        }
        let token = answer.bytes(MAX_TOKEN).await?;
        Ok(Secret::new(String::from_utf8_lossy(&token)))
    }
}

/// Whether this is the metadata of a machine, which has no certificate: an address that no router passes on, and no name.
fn is_metadata(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_link_local())
}

async fn impersonate(network: &Network, url: &str, token: &Secret) -> Result<Token> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Given {
        access_token: Secret,
        expire_time: Timestamp,
    }
    let mut request = request(Method::POST, url)?;
    expect_secure(&request.url)?;
    request = with_json(request, &json!({"scope": [SCOPE]}))?;
    request.headers.insert(AUTHORIZATION, bearer(token)?);
    let answer = Http::over(network.clone(), None, Patience::default()).send(&request).await?;
    if !answer.status().is_success() {
        return Err(answer::refusal(answer, "Google gives no token of the service account").await);
    }
    let given: Given = read(answer).await?;
    Ok(Token { secret: given.access_token, end: Some(given.expire_time) })
}

fn request(method: Method, url: &str) -> Result<Request> {
    let url = url.parse().map_err(|_| Error::invalid("the file of credentials names an address that is none"))?;
    Ok(Request::new(method, url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_the_metadata_is_asked_in_the_clear() {
        assert!(is_metadata("169.254.169.254"));
        for other in ["169.254.evil.example", "169.254.169.254.evil.example", "10.0.0.1", "fe80::1", "localhost", ""] {
            assert!(!is_metadata(other), "{other}");
        }
    }
}
