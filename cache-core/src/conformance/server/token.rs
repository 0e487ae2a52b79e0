//! The token endpoint, and the tokens that it gave out.

use std::collections::HashMap;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode, header};
use serde_json::json;

use super::auth;
use super::call::{Call, Handled};
use super::lock;
use super::options::{Auth, Bearer, Login, TokenMethods, TokenShape};
use super::query::Query;
use super::refusal::{Code, Halt, Refusal};
use super::reply::Reply;
use super::scope::Scope;

/// The longest form taken.
const FORM_LIMIT: usize = 64 << 10;

/// The tokens that were given out.
#[derive(Default)]
pub(super) struct Tokens(HashMap<String, Grant>);

struct Grant {
    scopes: Vec<Scope>,
    reach: Reach,
    expires: Instant,
}

/// What a token opens beside its scopes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Scopes,
    Reading,
    Everything,
}

impl Tokens {
    /// `None` for an unknown or expired token, otherwise whether it grants all of `needed`.
    pub(super) fn allows(&self, token: &str, needed: &[Scope]) -> Option<bool> {
        let grant = self.0.get(token).filter(|grant| grant.expires > Instant::now())?;
        let covered = |scope: &Scope| match grant.reach {
            Reach::Everything => true,
            Reach::Reading => scope.is_reading(),
            Reach::Scopes => grant.scopes.iter().any(|granted| granted.covers(scope)),
        };
        Some(needed.iter().all(covered))
    }

    pub(super) fn expire(&mut self) {
        self.0.clear();
    }
}

/// Who asks.
enum Who {
    User,
    Nobody,
}

/// Answers a token request, by GET or by POST.
pub(super) async fn issue(call: &mut Call) -> Handled {
    let options = std::sync::Arc::clone(&call.options);
    let Auth::Bearer(bearer) = &options.auth else {
        return Err(Refusal::new(Code::Unsupported, "no tokens here").status(StatusCode::NOT_FOUND).into());
    };
    let (asked, who, refresh) = match (call.method().clone(), bearer.methods) {
        (Method::GET, TokenMethods::Both | TokenMethods::Get) => {
            let who = match call.header(&header::AUTHORIZATION) {
                None => nobody(bearer)?,
                Some(header) => user(bearer, auth::basic(header).as_ref())?,
            };
            (std::mem::take(&mut call.query), who, None)
        }
        (Method::POST, TokenMethods::Both | TokenMethods::Post) => {
            let form = call.body.whole(FORM_LIMIT).await?.unwrap_or_default();
            let form = Query::parse(&String::from_utf8_lossy(&form));
            let refresh = form.get("refresh_token").map(str::to_owned);
            let who = by_grant(bearer, &form)?;
            (form, who, refresh)
        }
        _ => return Err(call.no_such_method("GET, POST")),
    };
    if asked.get("service") != Some(bearer.service.as_str()) {
        let refusal = Refusal::new(Code::Unsupported, "the service is not ours");
        return Err(refusal.status(StatusCode::BAD_REQUEST).into());
    }
    let scopes = granted(bearer, &asked, &who)?;
    let reach = match who {
        _ if bearer.exact_scopes => Reach::Scopes,
        Who::User => Reach::Everything,
        Who::Nobody => Reach::Reading,
    };
    // As with signed tokens, the text grows with what is granted.
    let listed = scopes.iter().map(Scope::to_string).collect::<Vec<_>>().join(" ");
    let token = format!("{}.{}", uuid()?, URL_SAFE_NO_PAD.encode(listed));
    lock(&call.state.tokens)
        .0
        .insert(token.clone(), Grant { scopes, reach, expires: Instant::now() + bearer.lifetime });
    Ok(answer(bearer, &token, refresh.as_deref()))
}

fn answer(bearer: &Bearer, token: &str, refresh: Option<&str>) -> Reply {
    let seconds = bearer.lifetime.as_secs();
    let mut body = match bearer.shape {
        TokenShape::TokenOnly => json!({ "token": token }),
        TokenShape::AccessToken => json!({ "access_token": token, "expires_in": seconds }),
        TokenShape::Both => {
            let now = jiff::Timestamp::now().to_string();
            json!({ "token": token, "access_token": token, "expires_in": seconds, "issued_at": now })
        }
    };
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    Reply::json(&body)
}

fn by_grant(bearer: &Bearer, form: &Query) -> Result<Who, Refusal> {
    match form.get("grant_type") {
        Some("refresh_token") => match (form.get("refresh_token"), &bearer.identity_token) {
            (Some(given), Some(right)) if given == right => Ok(Who::User),
            _ => Err(refused()),
        },
        Some("password") => {
            let login = form.get("username").zip(form.get("password")).map(|(user, word)| Login::new(user, word));
            user(bearer, login.as_ref())
        }
        _ => Err(Refusal::new(Code::Unsupported, "unknown grant_type").status(StatusCode::BAD_REQUEST)),
    }
}

fn user(bearer: &Bearer, given: Option<&Login>) -> Result<Who, Refusal> {
    if bearer.login.is_none() || given == bearer.login.as_ref() { Ok(Who::User) } else { Err(refused()) }
}

fn nobody(bearer: &Bearer) -> Result<Who, Refusal> {
    match (&bearer.login, bearer.anonymous_pull) {
        (None, _) => Ok(Who::User),
        (Some(_), true) => Ok(Who::Nobody),
        (Some(_), false) => Err(refused()),
    }
}

fn refused() -> Refusal {
    Refusal::new(Code::Unauthorized, "the credentials are refused")
}

/// The scopes of those asked for that may be had; forms of scope that are not known grant nothing.
fn granted(bearer: &Bearer, asked: &Query, who: &Who) -> Result<Vec<Scope>, Refusal> {
    let asked = asked.all("scope").flat_map(|scopes| scopes.split(' ')).filter_map(Scope::parse);
    let (denied, allowed): (Vec<Scope>, Vec<Scope>) =
        asked.partition(|scope| scope.kind == "repository" && bearer.denied.contains(&scope.name));
    match denied.first() {
        Some(scope) if bearer.deny_loudly => Err(Refusal::new(Code::Denied, format!("no access to {}", scope.name))),
        _ => Ok(match who {
            Who::User => allowed,
            Who::Nobody => allowed.into_iter().filter_map(Scope::reading).collect(),
        }),
    }
}

/// A random UUID, as text.
pub(super) fn uuid() -> Result<String, Halt> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Halt::Drop)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = crate::model::digest::to_hex(&bytes);
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}
