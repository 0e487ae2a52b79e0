//! A health check over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use http::{Method, Uri};
use http_body_util::{BodyExt, Empty};

use super::{Health, HealthCheck};
use crate::error::{Error, Result};
use crate::gate::Evidence;
use crate::http::{Http, Patience, Request, shown};

/// A GET that has to answer with a 2xx status. A redirect is not followed: it says nothing of what is behind it.
#[derive(Debug, Clone)]
pub struct HttpHealth {
    uri: Uri,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How often it is tried; at least once.
    pub attempts: u32,
    /// How long to wait between two attempts.
    pub pause: Duration,
}

impl HttpHealth {
    /// A check of this URL: three attempts of ten seconds each, two seconds apart.
    ///
    /// # Errors
    /// `Invalid` where it is no `http` or `https` URL, or holds credentials.
    pub fn new(url: &str) -> Result<Self> {
        // The text is not repeated: it might hold a password.
        let bad = |why: &str| Error::invalid(format!("not the URL of a health check: {why}"));
        let uri: Uri = url.parse().map_err(|e| bad("it is no URL").caused_by(e))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
            return Err(bad("it has to begin with http:// or https:// and a host"));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(bad("it holds credentials, which would be shown in verdicts"));
        }
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str() != authority.host() && authority.port_u16().is_none())
        {
            return Err(bad("its port is no number"));
        }
        Ok(HttpHealth { uri, timeout: Duration::from_secs(10), attempts: 3, pause: Duration::from_secs(2) })
    }

    async fn attempt(&self) -> Result<u16> {
        let limit = format!("no answer in {} s", self.timeout.as_secs_f32());
        tokio::time::timeout(self.timeout, get_status(&self.uri))
            .await
            .unwrap_or_else(|_| Err(Error::unavailable(limit).context("url", shown(&self.uri))))
    }
}

#[async_trait]
impl HealthCheck for HttpHealth {
    async fn check(&self, _: &Evidence) -> Result<Health> {
        let mut last = self.attempt().await;
        for _ in 1..self.attempts {
            if matches!(last, Ok(200..=299)) {
                break;
            }
            tokio::time::sleep(self.pause).await;
            last = self.attempt().await;
        }
        let status = last?;
        let seen = format!("{} answered {status}", shown(&self.uri));
        Ok(Health { healthy: (200..=299).contains(&status), seen })
    }
}

/// The status of a GET. The body is not read.
async fn get_status(uri: &Uri) -> Result<u16> {
    let (http, request) = (Http::new(Patience::default()), Request::new(Method::GET, uri.clone()));
    let answer = http.once(&request, Empty::new().map_err(|e| match e {}).boxed_unsync()).await?;
    Ok(answer.status().as_u16())
}
