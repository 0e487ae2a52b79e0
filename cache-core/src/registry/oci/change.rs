//! A change of what others change too, such as a tag, with the leave that it needs.

use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};

use super::OciRegistry;
use super::auth::Access;
use super::call::MAX_CHALLENGES;
use crate::error::{Error, Result};
use crate::http::{Answer, Request, Tries, shown};

/// The tries of one change. Before each, its sender prepares it and then looks whether what is there is as expected: between
/// that look and the request nothing is waited for, neither a token nor another try.
pub(super) struct Change<'a> {
    registry: &'a OciRegistry,
    access: Access,
    tries: Tries<'a>,
    leave: Option<HeaderValue>,
    /// Whether the leave is one that was just given, and that no try has shown yet.
    unused: bool,
    challenges: usize,
}

impl<'a> Change<'a> {
    pub(super) fn new(registry: &'a OciRegistry, access: Access) -> Self {
        let tries = Tries::new(&registry.0.http);
        Change { registry, access, tries, leave: None, unused: false, challenges: 0 }
    }

    /// Gets the leave for the next try, as far as it is known what that takes.
    pub(super) async fn prepare(&mut self) -> Result<()> {
        if !self.unused {
            self.leave = self.registry.0.auth.header(&self.registry.0.http, &self.access).await?;
        }
        Ok(())
    }

    /// Sends the request once. `None` where time went by since the look, and where it is not known what became of it: then
    /// prepare, look, and call this again if the change is still wanted.
    pub(super) async fn attempt(&mut self, request: &Request) -> Result<Option<Answer>> {
        if self.leave.is_none() {
            // The look may have been the first to be asked who we are.
            self.prepare().await?;
            if self.leave.is_some() {
                self.unused = true;
                return Ok(None);
            }
        }
        self.unused = false;
        let mut request = request.clone();
        request.headers.extend(self.leave.clone().map(|value| (AUTHORIZATION, value)));
        let Some(answer) = self.tries.send(&request).await? else { return Ok(None) };
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(Some(answer));
        }
        self.challenges += 1;
        if self.challenges == MAX_CHALLENGES {
            return Err(Error::unauthenticated("the registry goes on asking for another login")
                .context("url", shown(&request.url)));
        }
        let inner = &self.registry.0;
        let again = inner.auth.challenged(&inner.http, &self.access, self.leave.as_ref(), answer.headers()).await?;
        self.leave = Some(again);
        self.unused = true;
        Ok(None)
    }
}
