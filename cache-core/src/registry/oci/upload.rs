//! Storing blobs: found there, mounted, or sent in one request or in chunks; resumed where the registry lost us.

use std::sync::PoisonError;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use tokio::time::Instant;

use super::auth::Access;
use super::source::Source;
use super::{OciRegistry, answer, locks};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Answer, Body, Request, encode, host_name, resolve, same_origin, shown, with_query};
use crate::model::Digest;
use crate::plan::BlobCopy;
use crate::registry::blob::open_source;
use crate::registry::{Moved, Registry};

/// The first size of chunk that is tried where one request is too large.
const FIRST_CHUNK: u64 = 64 << 20;
/// A registry that takes no chunk of this size takes none.
const LEAST_CHUNK: u64 = 64 << 10;
/// How long a registry may take to check a blob after its last byte.
const CLOSING: Duration = Duration::from_secs(300);

/// An upload that the registry keeps open.
struct Session {
    location: Uri,
    /// How many bytes the registry has.
    at: u64,
    /// The smallest chunk that it takes, the last one excepted.
    least: u64,
}

/// Why an upload stopped.
enum Setback {
    /// For good.
    Final(Error),
    /// The registry may have part of it: ask, and go on there.
    Broken(Error),
    /// The registry knows nothing of the upload any more.
    Lost(Error),
    /// The request was too large for it.
    TooLarge(Error),
}

impl OciRegistry {
    pub(super) async fn upload(&self, op: &BlobCopy, from: &dyn Registry) -> Result<Moved> {
        let _alone = locks::alone(format!("{}@{}", op.to, op.blob.digest)).await;
        if self.has(op).await? {
            return Ok(Moved::AlreadyThere);
        }
        let at = |error: Error| error.context("repository", &op.to).context("blob", &op.blob.digest);
        let mut session = match self.mount(op).await.map_err(at)? {
            Mounted::Yes => return Ok(Moved::Mounted),
            Mounted::Started(session) => session,
            Mounted::No => self.start(op).await.map_err(at)?,
        };
        let (mut setbacks, mut chunk) = (0, None);
        loop {
            let setback = match self.transfer(&mut session, op, from, chunk).await {
                Ok(()) => return Ok(Moved::Sent(op.blob.size)),
                Err(setback) => setback,
            };
            let too_large = matches!(setback, Setback::TooLarge(_));
            let (error, may_resume) = match setback {
                Setback::Final(error) => return Err(at(error)),
                Setback::Broken(error) => (error, true),
                Setback::Lost(error) | Setback::TooLarge(error) => (error, false),
            };
            if too_large {
                let smaller = chunk.unwrap_or(op.blob.size).min(2 * FIRST_CHUNK) / 2;
                if smaller < session.least.max(LEAST_CHUNK) {
                    return Err(at(error));
                }
                chunk = Some(smaller);
            } else {
                setbacks += 1;
                let Some(pause) = self.0.http.patience().pause(setbacks, &HeaderMap::new()) else {
                    return Err(at(error));
                };
                tracing::debug!(blob = %op.blob.digest, %error, ?pause, "the upload is taken up again");
                tokio::time::sleep(pause).await;
                // The answer alone may have been lost, or somebody else have sent the same blob.
                if self.has(op).await? {
                    return Ok(Moved::Sent(op.blob.size));
                }
            }
            let resumed = may_resume && self.find_place(&mut session, op).await;
            if !resumed {
                session = self.start(op).await.map_err(at)?;
            }
        }
    }

    /// Whether the registry has the blob, in the right size.
    async fn has(&self, op: &BlobCopy) -> Result<bool> {
        let path = self.path(&op.to)?;
        let request = Request::new(Method::HEAD, self.url(&format!("{path}/blobs/{}", op.blob.digest))?);
        let answer = self.call(request, &Access::push(path)).await?;
        match answer.status().as_u16() {
            200 => {
                let length = answer.header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
                Ok(length.is_none_or(|length| length == op.blob.size))
            }
            404 => Ok(false),
            _ => {
                let error = answer::refusal(answer, "the registry does not say whether it has the blob").await;
                Err(error.context("repository", &op.to).context("blob", &op.blob.digest))
            }
        }
    }

    /// Asks to link the blob from another repository of this registry. Whatever goes wrong, sending it is still possible.
    async fn mount(&self, op: &BlobCopy) -> Result<Mounted> {
        if op.from == op.to || !op.from.same_registry(&op.to) {
            return Ok(Mounted::No);
        }
        let (path, from) = (self.path(&op.to)?, op.from.path());
        let pair = (from.to_owned(), path.to_owned());
        if self.0.unmountable.lock().unwrap_or_else(PoisonError::into_inner).contains(&pair) {
            return Ok(Mounted::No);
        }
        let query = format!("mount={}&from={}", encode(op.blob.digest.as_str()), encode(from));
        let request = Request::new(Method::POST, self.url(&format!("{path}/blobs/uploads/?{query}"))?);
        let refused = match self.call(request, &Access::mount(path, from)).await {
            Ok(answer) if answer.status() == StatusCode::CREATED => return Ok(Mounted::Yes),
            // Not mounted, but the upload has begun.
            Ok(answer) if answer.status() == StatusCode::ACCEPTED => {
                return Ok(Mounted::Started(self.session(&answer)?));
            }
            Ok(answer) => answer::refusal(answer, "no mount").await,
            Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::RateLimited) => return Err(error),
            Err(error) => error,
        };
        tracing::debug!(from, to = path, %refused, "cannot mount between these repositories");
        self.0.unmountable.lock().unwrap_or_else(PoisonError::into_inner).insert(pair);
        Ok(Mounted::No)
    }

    async fn start(&self, op: &BlobCopy) -> Result<Session> {
        let path = self.path(&op.to)?;
        let request = Request::new(Method::POST, self.url(&format!("{path}/blobs/uploads/"))?);
        let answer = self.call(request, &Access::push(path)).await?;
        match answer.status() {
            StatusCode::ACCEPTED => self.session(&answer),
            _ => Err(answer::refusal(answer, "the registry does not begin an upload").await),
        }
    }

    fn session(&self, answer: &Answer) -> Result<Session> {
        let least = answer.header("oci-chunk-min-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Session { location: self.location(answer)?, at: 0, least })
    }

    /// Where the upload goes on. The address is the registry's affair, but credentials go to no other origin.
    fn location(&self, answer: &Answer) -> Result<Uri> {
        let location = answer.header(LOCATION);
        let location = location.ok_or_else(|| Error::unavailable("the registry names no place for the upload"))?;
        let url = resolve(answer.url(), location)?;
        let base = &self.0.base;
        if same_origin(&url, base) {
            return Ok(url);
        }
        // A registry behind a proxy may not know its own scheme and port.
        if host_name(&url) == host_name(base) && url.port().is_none() {
            return resolve(base, url.path_and_query().map_or("/", |p| p.as_str()));
        }
        if self.0.foreign_uploads {
            return Ok(url);
        }
        Err(Error::denied("the registry wants the blob to be sent to another host")
            .context("registry", shown(base))
            .context("place", shown(&url))
            .hint("if it is right, allow foreign uploads for this registry; no credentials are sent there"))
    }

    /// Sends what the registry lacks.
    async fn transfer(
        &self,
        session: &mut Session,
        op: &BlobCopy,
        from: &dyn Registry,
        chunk: Option<u64>,
    ) -> Result<(), Setback> {
        let stream = open_source(from, op).await.map_err(Setback::Final)?;
        let source = Source::new(stream, session.at).await.map_err(Setback::Final)?;
        let size = op.blob.size;
        if chunk.is_none() && session.at == 0 {
            let url = closing(&session.location, &op.blob.digest).map_err(Setback::Final)?;
            let answer = self.send(Method::PUT, url, None, &source, size, op).await?;
            return self.closed(answer, op).await;
        }
        while session.at < size {
            let length = chunk.unwrap_or(size).max(session.least).min(size - session.at);
            let range = format!("{}-{}", session.at, session.at + length - 1);
            let answer = self.send(Method::PATCH, session.location.clone(), Some(range), &source, length, op).await?;
            if !matches!(answer.status().as_u16(), 202 | 204 | 201) {
                return Err(setback(answer, session.at == 0).await);
            }
            session.location = self.location(&answer).map_err(Setback::Final)?;
            let before = session.at;
            session.at += length;
            // Registries count here in three ways; only one that lies within this chunk says that part of it was lost.
            if let Some(end) = reported(&answer)
                && end > before
                && end < session.at
            {
                return Err(Setback::Broken(Error::unavailable("the registry took only part of a chunk")));
            }
        }
        let url = closing(&session.location, &op.blob.digest).map_err(Setback::Final)?;
        let answer = self.send(Method::PUT, url, None, &source, 0, op).await?;
        self.closed(answer, op).await
    }

    async fn closed(&self, answer: Answer, op: &BlobCopy) -> Result<(), Setback> {
        if !matches!(answer.status().as_u16(), 200 | 201 | 204) {
            return Err(setback(answer, false).await);
        }
        answer::confirms(&answer, &op.blob.digest).map_err(Setback::Final)
    }

    /// One request with a part of the blob. It is never repeated here.
    async fn send(
        &self,
        method: Method,
        url: Uri,
        range: Option<String>,
        source: &Source,
        length: u64,
        op: &BlobCopy,
    ) -> Result<Answer, Setback> {
        let access = Access::push(self.path(&op.to).map_err(Setback::Final)?);
        let mut request = Request::new(method, url);
        let binary = HeaderValue::from_static("application/octet-stream");
        request.headers.insert(CONTENT_TYPE, binary);
        request.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        let range = range.and_then(|range| HeaderValue::try_from(range).ok());
        request.headers.extend(range.map(|range| (CONTENT_RANGE, range)));
        if same_origin(&request.url, &self.0.base) {
            let header = self.0.auth.header(&self.0.http, &access).await.map_err(Setback::Final)?;
            request.headers.extend(header.map(|value| (AUTHORIZATION, value)));
        }
        let answer = self.guarded(&request, source.part(length), source).await;
        if let Some(failure) = source.failure() {
            return Err(Setback::Final(failure));
        }
        let answer = answer.map_err(Setback::Broken)?;
        if answer.status() == StatusCode::UNAUTHORIZED && same_origin(&request.url, &self.0.base) {
            // The token ran out on the way. The next one goes on with the same upload.
            let used = request.headers.get(AUTHORIZATION);
            let again = self.0.auth.challenged(&self.0.http, &access, used, answer.headers()).await;
            again.map_err(Setback::Final)?;
            return Err(Setback::Broken(Error::unauthenticated("the token ran out during an upload")));
        }
        Ok(answer)
    }

    /// Gives up where no byte moves any more.
    async fn guarded(&self, request: &Request, body: Body, source: &Source) -> Result<Answer> {
        let patience = CLOSING.max(self.0.http.patience().idle);
        // No byte moves while we are asked to wait, and that is no fault of the registry's.
        self.0.http.wait_for_turn().await;
        let begun = Instant::now();
        let sending = self.0.http.once(request, body);
        tokio::pin!(sending);
        loop {
            let limit = source.moved_at().max(begun) + patience;
            tokio::select! {
                answer = &mut sending => return answer,
                () = tokio::time::sleep_until(limit) => {
                    if Instant::now() >= source.moved_at().max(begun) + patience {
                        return Err(Error::unavailable("the registry stopped taking the blob").context("url", shown(&request.url)));
                    }
                }
            }
        }
    }

    /// Asks how far the upload is. `false` where the registry has no idea.
    async fn find_place(&self, session: &mut Session, op: &BlobCopy) -> bool {
        let Ok(path) = self.path(&op.to) else { return false };
        let request = Request::new(Method::GET, session.location.clone());
        let Ok(answer) = self.call(request, &Access::push(path)).await else { return false };
        if !matches!(answer.status().as_u16(), 200 | 204) {
            return false;
        }
        let Some(end) = reported(&answer).filter(|end| *end <= op.blob.size) else { return false };
        if answer.header(LOCATION).is_some() {
            let Ok(location) = self.location(&answer) else { return false };
            session.location = location;
        }
        session.at = end;
        true
    }
}

enum Mounted {
    Yes,
    No,
    /// Not mounted; the registry opened an upload instead.
    Started(Session),
}

/// The number of bytes that `Range: 0-N` speaks of. `0-0` is nothing: no registry stops after one byte.
fn reported(answer: &Answer) -> Option<u64> {
    let range = answer.header(RANGE)?.trim_start_matches("bytes=");
    let end: u64 = range.strip_prefix("0-")?.parse().ok()?;
    Some(if end == 0 { 0 } else { end.checked_add(1)? })
}

fn closing(location: &Uri, digest: &Digest) -> Result<Uri> {
    with_query(location, &format!("digest={}", encode(digest.as_str())))
}

/// `first` is whether the request held the first bytes: a registry that knows nothing yet cannot have lost its place.
async fn setback(answer: Answer, first: bool) -> Setback {
    let status = answer.status().as_u16();
    let error = answer::refusal(answer, "the registry does not take the blob").await;
    match status {
        413 => Setback::TooLarge(error),
        416 if first => Setback::TooLarge(error),
        416 | 400 | 404 => Setback::Lost(error),
        408 | 429 | 500 | 502 | 503 | 504 => Setback::Broken(error),
        _ => Setback::Final(error),
    }
}
