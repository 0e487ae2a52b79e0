//! A TUF repository behind an address.

use ::http::{Method, StatusCode};
use async_trait::async_trait;

use super::TufSource;
use crate::error::Result;
use crate::http::{Http, Network, Patience, Request};
use crate::sign::services::Place;

/// Fetches the files of a TUF repository over HTTP. The place need not be trusted: what it gives counts only with the
/// signatures that the root asks for.
#[derive(Debug)]
pub struct HttpTufSource {
    place: Place,
    http: Http,
}

impl HttpTufSource {
    /// The repository at this address, which its publisher or a mirror names.
    ///
    /// # Errors
    /// `Invalid` where it is no address.
    pub fn new(url: &str) -> Result<Self> {
        Ok(HttpTufSource { place: Place::of("TUF repository", url)?, http: Http::new(Patience::default()) })
    }

    /// The same over this network.
    #[must_use]
    pub fn over(self, network: Network) -> Self {
        HttpTufSource { http: Http::over(network, None, Patience::default()), ..self }
    }
}

#[async_trait]
impl TufSource for HttpTufSource {
    async fn fetch(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>> {
        let request = Request::new(Method::GET, self.place.below(path)?);
        let answer = self.place.send(&self.http, &request).await?;
        // Stores of objects say that what is not there may not be read.
        if matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::FORBIDDEN) {
            return Ok(None);
        }
        let body = self.place.body(answer, limit as u64, None).await;
        body.map(|bytes| Some(bytes.to_vec())).map_err(|e| e.context("path", path))
    }
}
