//! Who we are to one registry: the challenge that it answers with, and the tokens that it gave.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Uri};
use tokio::sync::Mutex;

use super::challenge::{self, Challenge, Realm};
use super::token::{self, Token};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, shown};
use crate::registry::credentials::{Credential, Credentials};

/// More tokens than this are not kept: each is for one repository, and a listing may touch thousands.
const MAX_TOKENS: usize = 512;

/// What a request needs leave for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Access {
    /// The repository that the credentials are looked up for; empty for the registry as a whole.
    pub(super) path: String,
    scopes: Vec<String>,
}

impl Access {
    pub(super) fn pull(path: &str) -> Self {
        Access::to(path, "pull")
    }

    pub(super) fn push(path: &str) -> Self {
        Access::to(path, "pull,push")
    }

    pub(super) fn delete(path: &str) -> Self {
        Access::to(path, "delete,pull,push")
    }

    /// To push to one repository and mount from another, by one token.
    pub(super) fn mount(path: &str, from: &str) -> Self {
        let mut access = Access::push(path);
        access.scopes.push(format!("repository:{from}:pull"));
        access
    }

    pub(super) fn catalog() -> Self {
        Access { path: String::new(), scopes: vec!["registry:catalog:*".to_owned()] }
    }

    pub(super) fn to(path: &str, actions: &str) -> Self {
        Access { path: path.to_owned(), scopes: vec![format!("repository:{path}:{actions}")] }
    }

    fn only_reads(&self) -> bool {
        self.scopes.iter().all(|scope| scope.ends_with(":pull"))
    }
}

/// The state of our standing with one registry. Whoever asks for a token holds the lock, so that many requests at once ask
/// for one token once.
#[derive(Debug)]
pub(super) struct Auth {
    host: String,
    base: Uri,
    credentials: Arc<dyn Credentials>,
    trusted_realms: Vec<String>,
    anonymous_reads: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    challenge: Option<Challenge>,
    tokens: HashMap<Access, Token>,
}

impl Auth {
    pub(super) fn new(
        host: &str,
        base: Uri,
        credentials: Arc<dyn Credentials>,
        trusted_realms: Vec<String>,
        anonymous_reads: bool,
    ) -> Self {
        let host = host.to_owned();
        Auth { host, base, credentials, trusted_realms, anonymous_reads, state: Mutex::default() }
    }

    pub(super) async fn credential(&self) -> Result<Credential> {
        self.credentials.get(&self.host, "").await
    }

    /// The `Authorization` that a request needs, as far as is known.
    pub(super) async fn header(&self, http: &Http, access: &Access) -> Result<Option<HeaderValue>> {
        let mut state = self.state.lock().await;
        match state.challenge.clone() {
            None => Ok(None),
            Some(Challenge::Basic) => self.basic(access).await,
            Some(Challenge::Bearer(realm)) => self.bearer(http, &mut state, &realm, access).await.map(Some),
        }
    }

    /// What to answer to a 401: another `Authorization` than `used`, or an error.
    pub(super) async fn challenged(
        &self,
        http: &Http,
        access: &Access,
        used: Option<&HeaderValue>,
        headers: &HeaderMap,
    ) -> Result<HeaderValue> {
        let mut state = self.state.lock().await;
        let challenge = challenge::best(headers).ok_or_else(|| {
            self.rejected("the registry wants a login in a way that is not known here")
                .context("wants", offers(headers))
        })?;
        // What this request needs more says nothing about the next.
        state.challenge = Some(match &challenge {
            Challenge::Bearer(realm) => Challenge::Bearer(Realm { scopes: Vec::new(), ..realm.clone() }),
            Challenge::Basic => Challenge::Basic,
        });
        let again = match challenge {
            Challenge::Basic => {
                self.basic(access).await?.ok_or_else(|| self.rejected("the registry wants a login; none is known"))?
            }
            Challenge::Bearer(realm) => {
                let stale = state.tokens.get(access).is_some_and(|t| t.header().ok().as_ref() == used);
                if stale {
                    state.tokens.remove(access);
                }
                self.bearer(http, &mut state, &realm, access).await?
            }
        };
        if used == Some(&again) {
            return Err(self.rejected("the registry rejects the credentials"));
        }
        Ok(again)
    }

    async fn basic(&self, access: &Access) -> Result<Option<HeaderValue>> {
        token::authorization(&self.credentials.get(&self.host, &access.path).await?)
    }

    async fn bearer(&self, http: &Http, state: &mut State, realm: &Realm, access: &Access) -> Result<HeaderValue> {
        if let Some(token) = state.tokens.get(access).filter(|token| token.is_fresh()) {
            return token.header();
        }
        let credential = self.credentials.get(&self.host, &access.path).await?;
        let anonymous = credential == Credential::Anonymous;
        token::check_realm(&self.base, realm, &self.trusted_realms, !anonymous)?;
        let scopes = wanted(access, realm);
        let given = token::fetch(http, realm, &scopes, &credential).await;
        let token = match given {
            Err(error)
                if self.anonymous_reads
                    && !anonymous
                    && access.only_reads()
                    && matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::Denied) =>
            {
                tracing::warn!(registry = %self.host, "the credentials were rejected; reading without");
                token::fetch(http, realm, &scopes, &Credential::Anonymous).await?
            }
            given => given.map_err(|e| e.context("registry", &self.host))?,
        };
        if state.tokens.len() >= MAX_TOKENS {
            state.tokens.clear();
        }
        let header = token.header();
        state.tokens.insert(access.clone(), token);
        header
    }

    fn rejected(&self, what: &str) -> Error {
        Error::unauthenticated(what)
            .context("registry", shown(&self.base))
            .hint("log in to the registry, or check which login the configuration finds for it")
    }
}

/// Our own scopes, each with the actions that this challenge names beside ours: a registry may know that more is needed.
/// A scope for something else is none of this request's business.
fn wanted(access: &Access, challenge: &Realm) -> Vec<String> {
    let widened = |scope: &String| {
        let (subject, actions) = scope.rsplit_once(':').unwrap_or((scope, ""));
        let mut actions: Vec<&str> = actions.split(',').collect();
        let named = challenge.scopes.iter().filter_map(|named| named.rsplit_once(':'));
        for action in named.filter(|(about, _)| *about == subject).flat_map(|(_, more)| more.split(',')) {
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
        format!("{subject}:{}", actions.join(","))
    };
    access.scopes.iter().map(widened).collect()
}

/// The schemes that were offered, without their parameters.
fn offers(headers: &HeaderMap) -> String {
    let values = headers.get_all(http::header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let schemes: Vec<&str> = values.filter_map(|value| value.split([' ', ',']).next()).collect();
    if schemes.is_empty() { "nothing".to_owned() } else { schemes.join(", ") }
}
