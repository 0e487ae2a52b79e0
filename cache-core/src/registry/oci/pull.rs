//! Reading manifests and blobs.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{HeaderValue, Method, StatusCode};
use hyper::body::Incoming;

use super::auth::Access;
use super::{OciRegistry, answer};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Answer, Request, chunk};
use crate::model::manifest::MAX_MANIFEST;
use crate::model::{Descriptor, Manifest, Reference, Repository};
use crate::registry::{BlobStream, checks};

/// Every type of manifest that is read, and whatever else there is: a registry that obeys `Accept` hides what is not named.
const MANIFEST_TYPES: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.v1+prettyjws, application/vnd.docker.distribution.manifest.v1+json, \
     */*;q=0.1";
/// A download that breaks over and over is given up, even where it gets on a little each time.
const MAX_RESUMES: u32 = 100;

impl OciRegistry {
    /// The manifest that a reference names. By digest the bytes must match; by tag the digest is that of the bytes.
    pub(super) async fn named(&self, reference: &Reference) -> Result<Manifest> {
        let at = |error: Error| error.context("reference", reference);
        self.read_named(reference).await.map(|(manifest, _)| manifest).map_err(at)
    }

    /// The same, with the answer's `ETag`.
    pub(super) async fn read_named(&self, reference: &Reference) -> Result<(Manifest, Option<HeaderValue>)> {
        let path = self.path(&reference.repository)?;
        let name = match (&reference.digest, &reference.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.to_string(),
            (None, None) => return Err(checks::no_name(reference)),
        };
        let mut request = Request::new(Method::GET, self.url(&format!("{path}/manifests/{name}"))?);
        request.headers.insert(ACCEPT, HeaderValue::from_static(MANIFEST_TYPES));
        let answer = self.call(request, &Access::pull(path)).await?;
        if answer.status() != StatusCode::OK {
            return Err(answer::refusal(answer, "the manifest is not given").await);
        }
        let etag = answer.headers().get(http::header::ETAG).cloned();
        let media_type = answer.header(CONTENT_TYPE).map(str::to_owned);
        let claimed = answer::claimed_digest(&answer);
        let bytes = answer.bytes(MAX_MANIFEST).await?;
        let manifest = match &reference.digest {
            Some(digest) => Manifest::parse_expecting(bytes, digest, media_type.as_deref())?,
            // A registry may know the manifest by another algorithm than ours, if the bytes bear it out.
            None => match claimed.filter(|claimed| claimed.same_algorithm_of(&bytes) == *claimed) {
                Some(digest) => Manifest::parse_expecting(bytes, &digest, media_type.as_deref())?,
                None => Manifest::parse(bytes, media_type.as_deref())?,
            },
        };
        Ok((manifest, etag))
    }

    pub(super) async fn download(&self, repository: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        let path = self.path(repository)?.to_owned();
        let registry = self.clone();
        let mut download =
            Download { registry, path, blob: blob.clone(), at: 0, resumes: 0, stuck: 0, body: None, left_over: None };
        download.body = Some(download.open().await?);
        let pieces = futures_util::stream::try_unfold(download, |mut download| async move {
            Ok(download.next().await?.map(|piece| (piece, download)))
        });
        Ok(BlobStream::verifying(blob, pieces))
    }
}

/// A blob on its way, which goes on where it was when the connection breaks.
struct Download {
    registry: OciRegistry,
    path: String,
    blob: Descriptor,
    at: u64,
    resumes: u32,
    /// How often in a row nothing came.
    stuck: u32,
    body: Option<Incoming>,
    /// The end of a piece whose beginning was passed over.
    left_over: Option<Bytes>,
}

impl Download {
    /// Asks for the rest, always at the registry itself: the address that it redirects to may be good for one time only.
    async fn open(&mut self) -> Result<Incoming> {
        let url = self.registry.url(&format!("{}/blobs/{}", self.path, self.blob.digest))?;
        let mut request = Request::new(Method::GET, url);
        if self.at > 0 {
            let range = format!("bytes={}-", self.at);
            request.headers.extend(HeaderValue::try_from(range).ok().map(|value| (RANGE, value)));
        }
        let answer = self.registry.call(request, &Access::pull(&self.path)).await?;
        match answer.status() {
            StatusCode::OK if self.at == 0 => Ok(answer.into_body()),
            StatusCode::OK => self.skip(answer.into_body()).await,
            StatusCode::PARTIAL_CONTENT if self.at > 0 && starts_at(&answer, self.at) => Ok(answer.into_body()),
            _ => {
                let error = answer::refusal(answer, "the blob is not given").await;
                Err(error.context("repository", &self.path).context("blob", &self.blob.digest))
            }
        }
    }

    /// Passes over what was had before, where a registry sends all again.
    async fn skip(&mut self, mut body: Incoming) -> Result<Incoming> {
        let mut left = self.at;
        while left > 0 {
            let idle = self.registry.0.http.patience().idle;
            let Some(piece) = chunk(&mut body, idle).await? else { break };
            let known = left.min(piece.len() as u64);
            left -= known;
            let rest = piece.slice(usize::try_from(known).unwrap_or(piece.len())..);
            self.left_over = Some(rest).filter(|rest| !rest.is_empty());
        }
        Ok(body)
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            let broken = match &mut self.body {
                Some(body) => match chunk(body, self.registry.0.http.patience().idle).await {
                    Ok(Some(piece)) => {
                        self.at += piece.len() as u64;
                        self.stuck = 0;
                        return Ok(Some(piece));
                    }
                    Ok(None) => return Ok(None),
                    Err(error) => error,
                },
                None => Error::unavailable("the download ended"),
            };
            self.body = None;
            self.resumes += 1;
            self.stuck += 1;
            let patience = self.registry.0.http.patience();
            let pause = patience.pause(self.stuck, &http::HeaderMap::new()).filter(|_| self.resumes < MAX_RESUMES);
            let Some(pause) = pause else { return Err(broken) };
            tracing::debug!(blob = %self.blob.digest, at = self.at, %broken, "resumes the download");
            tokio::time::sleep(pause).await;
            match self.open().await {
                Ok(body) => {
                    self.body = Some(body);
                    if let Some(piece) = self.left_over.take() {
                        self.at += piece.len() as u64;
                        return Ok(Some(piece));
                    }
                }
                Err(error) if error.kind() == ErrorKind::Unavailable => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn starts_at(answer: &Answer, at: u64) -> bool {
    let range = answer.header(CONTENT_RANGE).and_then(|range| range.strip_prefix("bytes "));
    range.and_then(|range| range.split('-').next()).is_some_and(|start| start.parse() == Ok(at))
}
