//! One request to the registry: with the leave that it needs, through redirects, again after a challenge.

use http::header::AUTHORIZATION;
use http::{Method, StatusCode, Uri};

use super::OciRegistry;
use super::auth::Access;
use crate::error::{Error, Result};
use crate::http::{Answer, Request, resolve, same_origin, shown};

/// A registry may send us to a storage, and that to another; not for ever.
const MAX_REDIRECTS: usize = 5;
/// A first challenge, one for a token that ran out, and one for rights that were not foreseen.
pub(super) const MAX_CHALLENGES: usize = 3;

impl OciRegistry {
    /// `/v2/…` at this registry. Names and tags consist of characters that need no escape.
    pub(super) fn url(&self, path_and_query: &str) -> Result<Uri> {
        resolve(&self.0.base, &format!("/v2/{path_and_query}"))
    }

    /// A call to an interface that the registry has beside the protocol, under the same login: `actions` is what the token must
    /// allow for the repository, or for the catalogue where `path` is empty.
    #[cfg(feature = "acr")]
    pub(in crate::registry) async fn beside(&self, request: Request, (path, actions): (&str, &str)) -> Result<Answer> {
        let access = if path.is_empty() { Access::catalog() } else { Access::to(path, actions) };
        self.call(request, &access).await
    }

    /// Sends a request, whose answer may be of any status but 401 and 429.
    pub(super) async fn call(&self, mut request: Request, access: &Access) -> Result<Answer> {
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.authorized(&mut request, access).await?;
            let reads = matches!(request.method, Method::GET | Method::HEAD);
            match if reads { answer.redirect()? } else { None } {
                Some(url) => request.url = url,
                None => return Ok(answer),
            }
        }
        Err(Error::unavailable("the registry redirects without end").context("url", shown(&request.url)))
    }

    /// Sends a request to one address. Our credentials stay with the registry's own origin.
    async fn authorized(&self, request: &mut Request, access: &Access) -> Result<Answer> {
        request.headers.remove(AUTHORIZATION);
        if !same_origin(&request.url, &self.0.base) {
            return self.0.http.send(request).await;
        }
        request.headers.extend(self.0.auth.header(&self.0.http, access).await?.map(|value| (AUTHORIZATION, value)));
        for _ in 0..MAX_CHALLENGES {
            let answer = self.0.http.send(request).await?;
            if answer.status() != StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            let used = request.headers.get(AUTHORIZATION).cloned();
            let again = self.0.auth.challenged(&self.0.http, access, used.as_ref(), answer.headers()).await?;
            request.headers.insert(AUTHORIZATION, again);
        }
        Err(Error::unauthenticated("the registry goes on asking for another login").context("url", shown(&request.url)))
    }
}
