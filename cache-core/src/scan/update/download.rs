//! Fetching a file so that a download that broke goes on where it was, and that what did not change is not fetched again.
//!
//! Beside a file `x` stands `x.json`: where it came from, what the server calls this version of it (`ETag`, `Last-Modified`),
//! and its digest. While it is fetched it is `x.part`, with `x.part.json`. A part is continued only where the server still has
//! that very version, by a strong `ETag`.

use std::path::{Path, PathBuf};

use http::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;

use super::checksum::{Sums, stated};
use super::progress::UpdateProgress;
use super::{note, note_of_files, noted};
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::http::{Answer, Http, Request, chunk, kind, shown};
use crate::model::Digest;
use crate::registry::{Network, Patience};
use crate::watch::Watch;

/// A server may send us to a storage, and that to another; not for ever.
const MAX_REDIRECTS: usize = 5;
/// A download that breaks over and over is given up, even where it gets on a little each time.
const MAX_RESUMES: u32 = 100;
/// The largest file; all of OSV is below.
const MAX_FILE: u64 = 4 << 30;

pub(super) struct Downloader {
    http: Http,
    watch: Option<Watch<UpdateProgress>>,
}

/// A version of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Version {
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    /// The checksum that the server states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crc32c: Option<u32>,
}

/// A file that was fetched.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    #[serde(flatten)]
    version: Version,
    length: u64,
    digest: Digest,
}

/// How a try ended.
enum Tried {
    /// The file at the server is the one that is known.
    Unchanged,
    /// All of it is in the part.
    Whole(Version),
    /// The part is of another version, so that nothing of it can be used.
    Stale,
    /// The connection broke; the part has what came before.
    Broken(Error),
}

pub(super) fn address_of(text: &str) -> Result<Uri> {
    let wrong = || {
        Error::invalid("this is not the address of a server")
            .context("address", text.split('?').next().unwrap_or_default())
    };
    let url: Uri = text.parse().map_err(|_| wrong())?;
    let known = matches!(url.scheme_str(), Some("http" | "https"));
    let plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if known && plain { Ok(url) } else { Err(wrong()) }
}

impl Downloader {
    pub(super) fn new(network: Network, patience: Patience, watch: Option<Watch<UpdateProgress>>) -> Self {
        Downloader { http: Http::over(network, None, patience), watch }
    }

    pub(super) fn tell(&self, progress: impl FnOnce() -> UpdateProgress) {
        if let Some(watch) = &self.watch {
            watch.tell(&progress());
        }
    }

    /// A small file, whole.
    pub(super) async fn small(&self, url: &Uri, limit: u64) -> Result<bytes::Bytes> {
        let answer = self.ask(Request::new(Method::GET, url.clone())).await?;
        match answer.status() {
            StatusCode::OK => answer.bytes(limit).await,
            _ => Err(refusal(&answer, url)),
        }
    }

    /// Brings the file at `to` to what the server has, and gives its digest. Where `expected` says which content it has to be,
    /// a file that is so is not asked for.
    pub(super) async fn fetch(&self, url: &Uri, to: &Path, expected: Option<&Digest>) -> Result<Digest> {
        let known = known(to).filter(|known| known.version.url == shown(url));
        if let Some(known) = known.as_ref().filter(|known| Some(&known.digest) == expected) {
            self.tell(|| UpdateProgress::Unchanged { what: shown(url) });
            return Ok(known.digest.clone());
        }
        let (mut resumes, mut stuck) = (0, 0);
        let version = loop {
            let before = length(&part(to));
            // What is wanted is another content than what is known, so the known version is no answer.
            let tried = self.attempt(url, to, known.as_ref().filter(|_| expected.is_none())).await?;
            match tried {
                Tried::Whole(version) => break version,
                Tried::Unchanged => {
                    self.tell(|| UpdateProgress::Unchanged { what: shown(url) });
                    return known.map(|known| known.digest).ok_or_else(|| refused(url, StatusCode::NOT_MODIFIED));
                }
                // Without a part it is not asked for the rest of one.
                Tried::Stale => discard(to)?,
                Tried::Broken(error) => {
                    resumes += 1;
                    stuck = if length(&part(to)) > before { 1 } else { stuck + 1 };
                    let pause = self.http.patience().pause(stuck, &http::HeaderMap::new());
                    let Some(pause) = pause.filter(|_| resumes < MAX_RESUMES) else {
                        return Err(error.context("url", shown(url)));
                    };
                    tracing::debug!(url = %shown(url), %error, "resumes the download");
                    tokio::time::sleep(pause).await;
                }
            }
        };
        self.settle(url, to, version, expected).await
    }

    /// Asks for the file, or for the rest of it, and takes what comes.
    async fn attempt(&self, url: &Uri, to: &Path, known: Option<&Known>) -> Result<Tried> {
        let begun = begun(to).filter(|begun| begun.url == shown(url) && begun.strong().is_some());
        let at = if begun.is_some() { length(&part(to)) } else { 0 };
        let mut request = Request::new(Method::GET, url.clone());
        let mut say = |name: HeaderName, value: &str| {
            request.headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
        };
        match (&begun, known) {
            (Some(begun), _) if at > 0 => {
                say(RANGE, &format!("bytes={at}-"));
                say(IF_RANGE, begun.strong().unwrap_or_default());
            }
            (_, Some(Known { version, .. })) => {
                version.etag.iter().for_each(|etag| say(IF_NONE_MATCH, etag));
                version.modified.iter().for_each(|modified| say(IF_MODIFIED_SINCE, modified));
            }
            _ => {}
        }
        let answer = self.ask(request).await?;
        let version = Version::of(&answer, url);
        match answer.status() {
            StatusCode::OK => self.take(answer, url, to, 0, version).await,
            StatusCode::PARTIAL_CONTENT if at > 0 => {
                // A server that knows no `If-Range` gives the rest of another version.
                let same = begun.is_some_and(|begun| begun.etag == version.etag);
                match same && starts_at(&answer, at) {
                    true => self.take(answer, url, to, at, version).await,
                    false => Ok(Tried::Stale),
                }
            }
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PRECONDITION_FAILED if at > 0 => Ok(Tried::Stale),
            StatusCode::NOT_MODIFIED if known.is_some() && at == 0 => Ok(Tried::Unchanged),
            _ => Err(refusal(&answer, url)),
        }
    }

    /// Writes what comes into the part, from this place on.
    async fn take(&self, answer: Answer, url: &Uri, to: &Path, at: u64, version: Version) -> Result<Tried> {
        let what = || shown(url);
        let rest = answer.header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        let size = rest.map(|rest| rest.saturating_add(at));
        let too_large = || Error::invalid(format!("the file has more than {MAX_FILE} bytes")).context("url", what());
        if size.is_some_and(|size| size > MAX_FILE) {
            return Err(too_large());
        }
        let path = part(to);
        let failed = |e| Error::io(&path, e);
        let mut file = if at == 0 {
            discard(to)?;
            let json = serde_json::to_vec(&version).map_err(|e| Error::unexpected("no JSON").caused_by(e))?;
            let file = File::create(&path).await.map_err(failed)?;
            note(&beside(&path), &json)?;
            file
        } else {
            OpenOptions::new().append(true).open(&path).await.map_err(failed)?
        };
        self.tell(|| UpdateProgress::Download { what: what(), already: at, size });
        let idle = self.http.patience().idle;
        let mut body = answer.into_body();
        let mut written = at;
        let ended = loop {
            let piece = match chunk(&mut body, idle).await {
                Ok(Some(piece)) => piece,
                Ok(None) => break Tried::Whole(version),
                Err(error) => break Tried::Broken(error),
            };
            written += piece.len() as u64;
            if written > MAX_FILE {
                return Err(too_large());
            }
            file.write_all(&piece).await.map_err(failed)?;
            self.tell(|| UpdateProgress::Bytes { what: what(), read: piece.len() as u64 });
        };
        // `sync_all` alone keeps to itself what went wrong with the last piece.
        file.flush().await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        Ok(ended)
    }

    /// Checks what was fetched, and gives it its name.
    async fn settle(&self, url: &Uri, to: &Path, version: Version, expected: Option<&Digest>) -> Result<Digest> {
        let path = part(to);
        let sums = blocking(move || Sums::of(&path)).await?;
        let is_other = expected.is_some_and(|expected| *expected != sums.digest);
        if is_other || version.crc32c.is_some_and(|stated| stated != sums.crc32c) {
            discard(to)?;
            return Err(Error::untrusted("what came has another checksum than is stated")
                .context("url", shown(url))
                .context("came", &sums.digest));
        }
        let failed = |e| Error::io(to, e);
        // In this order no word of the old file ever stands beside the new one.
        remove(&beside(to))?;
        std::fs::rename(part(to), to).map_err(failed)?;
        remove(&beside(&part(to)))?;
        let known = Known { version, length: length(to), digest: sums.digest.clone() };
        let json = serde_json::to_vec(&known).map_err(|e| Error::unexpected("no JSON").caused_by(e))?;
        note_of_files(&beside(to), &json).await?;
        Ok(sums.digest)
    }

    async fn ask(&self, mut request: Request) -> Result<Answer> {
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.http.send(&request).await?;
            match answer.redirect()? {
                Some(url) => request.url = url,
                None => return Ok(answer),
            }
        }
        Err(Error::unavailable("the server redirects without end").context("url", shown(&request.url)))
    }
}

impl Version {
    fn of(answer: &Answer, url: &Uri) -> Version {
        let header = |name: HeaderName| answer.header(name).map(str::to_owned);
        let crc32c = answer.headers().get_all("x-goog-hash").iter().filter_map(|value| value.to_str().ok());
        let crc32c = crc32c.filter_map(stated).next();
        Version { url: shown(url), etag: header(ETAG), modified: header(LAST_MODIFIED), crc32c }
    }

    /// What names exactly these bytes, if anything does.
    fn strong(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| etag.starts_with('"'))
    }
}

fn refusal(answer: &Answer, url: &Uri) -> Error {
    refused(url, answer.status())
}

fn refused(url: &Uri, status: StatusCode) -> Error {
    Error::new(kind(status), "the file is not given").context("url", shown(url)).context("status", status.as_u16())
}

fn starts_at(answer: &Answer, at: u64) -> bool {
    let range = answer.header(CONTENT_RANGE).and_then(|range| range.strip_prefix("bytes "));
    range.and_then(|range| range.split('-').next()).is_some_and(|start| start.parse() == Ok(at))
}

/// What is known of the file at `to`, where it is still the one that this was written of.
fn known(to: &Path) -> Option<Known> {
    let known: Known = serde_json::from_slice(&noted(&beside(to))?).ok()?;
    (std::fs::metadata(to).ok()?.len() == known.length).then_some(known)
}

fn begun(to: &Path) -> Option<Version> {
    serde_json::from_slice(&noted(&beside(&part(to)))?).ok()
}

/// Zero where there is none.
fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn part(to: &Path) -> PathBuf {
    with_end(to, ".part")
}

fn beside(path: &Path) -> PathBuf {
    with_end(path, ".json")
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Forgets what came of another version.
fn discard(to: &Path) -> Result<()> {
    remove(&beside(&part(to)))?;
    remove(&part(to))
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, e)),
        _ => Ok(()),
    }
}
