//! Which endpoint a request is for.

use http::Method;

use super::name;
use super::query::{Query, decode};
use super::refusal::{Code, Refusal};
use crate::model::Digest;

/// The kinds of endpoint, for choosing where a [`Fault`](super::Fault) happens and for reading the log.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/v2/`
    Ping,
    /// `/token`
    Token,
    /// `/v2/_catalog`
    Catalog,
    /// `/v2/<name>/tags/list`
    Tags,
    /// `/v2/<name>/referrers/<digest>`
    Referrers,
    /// `/v2/<name>/manifests/<reference>`
    Manifest,
    /// `/v2/<name>/blobs/<digest>`
    Blob,
    /// POST to `/v2/<name>/blobs/uploads/`
    UploadStart,
    /// The same with `mount=`
    Mount,
    /// An upload that was started: status, chunks, close and cancel
    Upload,
    /// Anything else
    Unknown,
}

/// A request's target, taken apart.
#[derive(Debug)]
pub(super) enum Route {
    Ping,
    Token,
    Catalog,
    Tags { name: String },
    Referrers { name: String, digest: Digest },
    Manifest { name: String, reference: Reference },
    Blob { name: String, digest: Digest },
    UploadStart { name: String },
    Upload { name: String, id: String },
}

/// A tag or a digest.
#[derive(Debug)]
pub(super) enum Reference {
    Tag(String),
    Digest(Digest),
}

impl Route {
    /// The repository, where there is one.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Route::Ping | Route::Token | Route::Catalog => None,
            Route::Tags { name }
            | Route::Referrers { name, .. }
            | Route::Manifest { name, .. }
            | Route::Blob { name, .. }
            | Route::UploadStart { name }
            | Route::Upload { name, .. } => Some(name),
        }
    }
}

/// The endpoint by the shape of the path, and the route unless a part is malformed.
pub(super) fn parse(method: &Method, path: &str, query: &Query) -> (Endpoint, Result<Route, Refusal>) {
    let unknown = || {
        (
            Endpoint::Unknown,
            Err(Refusal::new(Code::Unsupported, "no such endpoint").status(http::StatusCode::NOT_FOUND)),
        )
    };
    match path {
        "/v2/" | "/v2" => return (Endpoint::Ping, Ok(Route::Ping)),
        "/token" => return (Endpoint::Token, Ok(Route::Token)),
        "/v2/_catalog" => return (Endpoint::Catalog, Ok(Route::Catalog)),
        _ => {}
    }
    let Some(rest) = path.strip_prefix("/v2/") else { return unknown() };
    // Names have slashes too, so the path is read from its end.
    let segments: Vec<&str> = rest.split('/').collect();
    match segments.as_slice() {
        [name @ .., "blobs", "uploads", ""] => {
            let endpoint = if query.get("mount").is_some() { Endpoint::Mount } else { Endpoint::UploadStart };
            (endpoint, repository(name).map(|name| Route::UploadStart { name }))
        }
        [name @ .., "blobs", "uploads", id] => {
            (Endpoint::Upload, repository(name).map(|name| Route::Upload { name, id: decode(id) }))
        }
        [name @ .., "tags", "list"] => (Endpoint::Tags, repository(name).map(|name| Route::Tags { name })),
        [name @ .., "blobs", digest] => {
            let route =
                repository(name).and_then(|name| Ok(Route::Blob { name, digest: parse_digest(&decode(digest))? }));
            (Endpoint::Blob, route)
        }
        [name @ .., "referrers", digest] => {
            let route =
                repository(name).and_then(|name| Ok(Route::Referrers { name, digest: parse_digest(&decode(digest))? }));
            (Endpoint::Referrers, route)
        }
        [name @ .., "manifests", text] => {
            let route = repository(name)
                .and_then(|name| Ok(Route::Manifest { name, reference: reference(method, &decode(text))? }));
            (Endpoint::Manifest, route)
        }
        _ => unknown(),
    }
}

fn repository(segments: &[&str]) -> Result<String, Refusal> {
    let decoded: Vec<String> = segments.iter().map(|segment| decode(segment)).collect();
    let name = decoded.join("/");
    // An encoded slash is not a separator.
    let whole = decoded.iter().all(|segment| !segment.contains('/'));
    if whole && name::is_repository(&name) {
        Ok(name)
    } else {
        Err(Refusal::new(Code::NameInvalid, "no valid repository name"))
    }
}

/// A digest that we can check.
pub(super) fn parse_digest(text: &str) -> Result<Digest, Refusal> {
    Digest::parse(text).map_err(|error| Refusal::new(Code::DigestInvalid, error))
}

fn reference(method: &Method, text: &str) -> Result<Reference, Refusal> {
    if text.contains(':') {
        return parse_digest(text).map(Reference::Digest);
    }
    if name::is_tag(text) {
        return Ok(Reference::Tag(text.to_owned()));
    }
    let reading = method == Method::GET || method == Method::HEAD;
    Err(Refusal::new(if reading { Code::ManifestUnknown } else { Code::ManifestInvalid }, "no valid tag"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(method: &str, path: &str, query: &str) -> (Endpoint, bool) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let (endpoint, route) = parse(&method, path, &Query::parse(query));
        (endpoint, route.is_ok())
    }

    #[test]
    fn names_may_contain_the_words_of_the_grammar() {
        let digest = format!("sha256:{}", "0".repeat(64));
        assert_eq!(endpoint("GET", "/v2/blobs/uploads/tags/list", ""), (Endpoint::Tags, true));
        assert_eq!(endpoint("GET", &format!("/v2/a/manifests/blobs/{digest}"), ""), (Endpoint::Blob, true));
        assert_eq!(endpoint("GET", &format!("/v2/a/blobs/{}", digest.replace(':', "%3A")), ""), (Endpoint::Blob, true));
    }

    #[test]
    fn malformed_parts_keep_their_endpoint_and_are_refused() {
        assert_eq!(endpoint("GET", "/v2/A/tags/list", ""), (Endpoint::Tags, false));
        assert_eq!(endpoint("GET", "/v2/a%2Fb/tags/list", ""), (Endpoint::Tags, false));
        assert_eq!(endpoint("GET", "/v2/a/blobs/sha256:12", ""), (Endpoint::Blob, false));
        assert_eq!(endpoint("PUT", "/v2/a/manifests/.x", ""), (Endpoint::Manifest, false));
        assert_eq!(endpoint("GET", "/v1/a", ""), (Endpoint::Unknown, false));
    }

    #[test]
    fn a_mount_is_told_from_an_upload() {
        assert_eq!(endpoint("POST", "/v2/a/blobs/uploads/", ""), (Endpoint::UploadStart, true));
        assert_eq!(endpoint("POST", "/v2/a/blobs/uploads/", "mount=x"), (Endpoint::Mount, true));
        assert_eq!(endpoint("PATCH", "/v2/a/blobs/uploads/id", ""), (Endpoint::Upload, true));
    }
}
