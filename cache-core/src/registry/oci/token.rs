//! Tokens from a registry's token endpoint (distribution, "Token Authentication" and "OAuth2 Token Authentication").

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Uri};
use serde::Deserialize;
use tokio::time::Instant;

use super::answer;
use super::challenge::Realm;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Answer, Http, Request, encode, host_name, is_secure, secret_header, shown};
use crate::model::Secret;
use crate::registry::credentials::Credential;

/// A token that names no lifetime lives this long, says the specification.
const DEFAULT_LIFETIME: u64 = 60;
/// A password longer than this is no header any more: some directory tokens are.
const MAX_BASIC: usize = 4 << 10;
const MAX_ANSWER: u64 = 1 << 20;

/// A token, and until when to use it.
#[derive(Debug, Clone)]
pub(super) struct Token {
    secret: Secret,
    refresh_at: Instant,
}

impl Token {
    /// A token that lives longer than we do, as far as we know.
    pub(super) fn lasting(secret: Secret) -> Self {
        Token { secret, refresh_at: Instant::now() + Duration::from_secs(365 * 24 * 3600) }
    }

    pub(super) fn is_fresh(&self) -> bool {
        Instant::now() < self.refresh_at
    }

    pub(super) fn header(&self) -> Result<HeaderValue> {
        sensitive(&format!("Bearer {}", self.secret.reveal()))
    }
}

/// The `Authorization` that shows a credential as it is, where no token is asked for.
pub(in crate::registry) fn authorization(credential: &Credential) -> Result<Option<HeaderValue>> {
    match credential {
        Credential::Anonymous => Ok(None),
        Credential::Password { user, password } => basic(user, password).map(Some),
        Credential::IdentityToken(secret) => basic("<token>", secret).map(Some),
        Credential::Bearer(secret) => Token::lasting(secret.clone()).header().map(Some),
    }
}

/// The header of a user and a password.
pub(super) fn basic(user: &str, password: &Secret) -> Result<HeaderValue> {
    sensitive(&format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.reveal()))))
}

fn sensitive(text: &str) -> Result<HeaderValue> {
    secret_header(text).map_err(|_| Error::unauthenticated("the credential has characters that no header may have"))
}

#[derive(Deserialize)]
struct Given {
    token: Option<String>,
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<f64>,
}

/// Asks for a token with the rights in `scopes`.
pub(super) async fn fetch(http: &Http, realm: &Realm, scopes: &[String], credential: &Credential) -> Result<Token> {
    let url: Uri = realm.url.parse().map_err(|_| Error::unavailable("the registry's token realm is no address"))?;
    let asked = Instant::now();
    let answer = match credential {
        Credential::Bearer(secret) => return Ok(Token::lasting(secret.clone())),
        Credential::Anonymous => get(http, &url, realm, scopes, None).await?,
        Credential::Password { user, password } if password.reveal().len() <= MAX_BASIC => {
            let answer = get(http, &url, realm, scopes, Some(basic(user, password)?)).await?;
            match answer.status().as_u16() {
                404 | 405 => post(http, &url, realm, scopes, &by_password(user, password)).await?,
                _ => answer,
            }
        }
        Credential::Password { user, password } => {
            post(http, &url, realm, scopes, &by_password(user, password)).await?
        }
        Credential::IdentityToken(token) => {
            let grant = format!("grant_type=refresh_token&refresh_token={}", encode(token.reveal()));
            let answer = post(http, &url, realm, scopes, &grant).await?;
            match answer.status().as_u16() {
                404 | 405 => get(http, &url, realm, scopes, Some(basic("<token>", token)?)).await?,
                _ => answer,
            }
        }
    };
    if !answer.status().is_success() {
        let error = answer::refusal(answer, "no token was given").await;
        let anonymous = *credential == Credential::Anonymous;
        return Err(match error.kind() {
            ErrorKind::Unauthenticated | ErrorKind::Denied if !anonymous => {
                error.hint("the credentials for this registry were rejected: log in again, or log out to ask without")
            }
            _ => error,
        });
    }
    let given: Given = serde_json::from_slice(&answer.bytes(MAX_ANSWER).await?)
        .map_err(|_| Error::unavailable("the token endpoint's answer is not a token").context("url", shown(&url)))?;
    let secret = given.token.or(given.access_token).filter(|token| !token.is_empty());
    let secret =
        secret.ok_or_else(|| Error::unauthenticated("the answer holds no token").context("url", shown(&url)))?;
    let lifetime = given.expires_in.filter(|s| *s > 0.0).unwrap_or(DEFAULT_LIFETIME as f64).min(86400.0);
    // A fifth of its life is left for the request that carries it to arrive.
    Ok(Token { secret: Secret::new(secret), refresh_at: asked + Duration::from_secs_f64(lifetime * 0.8) })
}

fn by_password(user: &str, password: &Secret) -> String {
    format!("grant_type=password&username={}&password={}", encode(user), encode(password.reveal()))
}

async fn get(
    http: &Http,
    url: &Uri,
    realm: &Realm,
    scopes: &[String],
    authorization: Option<HeaderValue>,
) -> Result<Answer> {
    let service = realm.service.iter().map(|service| format!("service={}", encode(service)));
    let scopes = scopes.iter().map(|scope| format!("scope={}", encode(scope)));
    let query: Vec<String> = service.chain(scopes).collect();
    let url = if query.is_empty() { url.clone() } else { crate::http::with_query(url, &query.join("&"))? };
    let mut request = Request::new(Method::GET, url);
    request.headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
    http.send(&request).await
}

async fn post(http: &Http, url: &Uri, realm: &Realm, scopes: &[String], grant: &str) -> Result<Answer> {
    let mut form = format!("{grant}&client_id=cache");
    if let Some(service) = &realm.service {
        form.push_str(&format!("&service={}", encode(service)));
    }
    if !scopes.is_empty() {
        form.push_str(&format!("&scope={}", encode(&scopes.join(" "))));
    }
    let mut request = Request::new(Method::POST, url.clone());
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    request.body = form.into();
    http.send(&request).await
}

/// Refuses to send credentials where a registry might have no right to send them: any address can stand in a challenge.
///
/// A realm is trusted on the registry's own host, below it, on its parent domain and what is below that, and where
/// `trusted` names it. It must be encrypted, unless it is the very host that we speak to in the clear already.
pub(super) fn check_realm(registry: &Uri, realm: &Realm, trusted: &[String], with_secret: bool) -> Result<()> {
    let refuse = |why: &str| {
        Err(Error::denied(format!("the registry names a token realm that {why}"))
            .context("registry", shown(registry))
            .context("realm", realm.url.split(['?', '#']).next().unwrap_or_default())
            .hint("if it is right, add its host to the trusted realms of this registry"))
    };
    let Ok(url) = realm.url.parse::<Uri>() else { return refuse("is no address") };
    let (ours, theirs) = (host_name(registry), host_name(&url));
    if theirs.is_empty() || url.authority().is_none_or(|a| a.as_str().contains('@')) {
        return refuse("is no plain address");
    }
    if !is_secure(&url) && (is_secure(registry) || ours != theirs) {
        return refuse("is not encrypted");
    }
    let named = trusted.iter().any(|host| host.eq_ignore_ascii_case(&theirs));
    if !with_secret || named || ours == theirs || is_related(&ours, &theirs) {
        return Ok(());
    }
    refuse("is on another domain")
}

fn is_related(ours: &str, theirs: &str) -> bool {
    if ours.parse::<std::net::IpAddr>().is_ok() {
        return false;
    }
    let below = |domain: &str| theirs == domain || theirs.ends_with(&format!(".{domain}"));
    let Some((_, parent)) = ours.split_once('.') else { return false };
    // A parent such as `co.uk` is shared by strangers.
    let labels: Vec<&str> = parent.split('.').collect();
    let shared = labels.len() < 2 || (labels.len() == 2 && labels[0].len() <= 3 && labels[1].len() == 2);
    below(ours) || (!shared && below(parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a09_credentials_go_only_to_realms_of_the_registry() {
        let check = |registry: &str, realm: &str| {
            let realm = Realm { url: realm.to_owned(), service: None, scopes: Vec::new() };
            check_realm(&registry.parse().unwrap(), &realm, &["tokens.other.test".to_owned()], true).is_ok()
        };
        for (registry, realm) in [
            ("https://registry.corp.test", "https://registry.corp.test/token"),
            ("https://registry.corp.test", "https://auth.corp.test/token"),
            ("https://registry.corp.test", "https://corp.test/jwt/auth"),
            ("https://corp.test", "https://auth.corp.test/token"),
            ("https://registry.corp.test", "https://tokens.other.test/token"),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token"),
        ] {
            assert!(check(registry, realm), "{registry} {realm}");
        }
        for (registry, realm) in [
            ("https://registry.corp.test", "http://registry.corp.test/token"),
            ("https://registry.corp.test", "https://evil.test/token"),
            ("https://registry.corp.test", "https://evilcorp.test/token"),
            ("https://registry.corp.test", "http://169.254.169.254/latest/meta-data"),
            ("http://127.0.0.1:5000", "http://169.254.169.254/latest/meta-data"),
            ("https://a.co.uk", "https://b.co.uk/token"),
            ("https://10.0.0.1", "https://0.0.1/token"),
            ("https://registry.corp.test", "https://registry.corp.test@evil.test/token"),
            ("https://registry.corp.test", "token"),
            ("https://registry.corp.test", ""),
        ] {
            assert!(!check(registry, realm), "{registry} {realm}");
        }
    }
}
