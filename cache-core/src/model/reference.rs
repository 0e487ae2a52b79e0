//! Names of images: repository, tag, digest; and the places that are not network registries.
//!
//! The grammar of `host/path:tag@digest` is the one of the distribution project (`reference.go`) with Docker's defaults:
//! no host means `docker.io`, one path component on `docker.io` means `library/…`. A prefix names another transport, with
//! the words that skopeo uses: `oci:dir:tag`, `oci-archive:file:tag`, `docker-archive:file:tag`; `docker://` may stand
//! before a network reference. `memory:name:tag` is a registry in this process.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::Digest;
use crate::error::{Error, Result};

/// The longest repository name, host included, that registries take.
const MAX_NAME: usize = 255;
const DOCKER_HUB: &str = "docker.io";

/// How an image is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A registry that speaks the OCI distribution protocol.
    Registry,
    /// An OCI image layout: a directory.
    Layout,
    /// An OCI image layout in a tar file; read only.
    OciArchive,
    /// What `docker save` writes; read only.
    DockerArchive,
    /// A registry in this process, for tests and for content that is about to be attached.
    Memory,
}

impl Transport {
    const PREFIXES: [(&'static str, Transport); 4] = [
        ("oci:", Transport::Layout),
        ("oci-archive:", Transport::OciArchive),
        ("docker-archive:", Transport::DockerArchive),
        ("memory:", Transport::Memory),
    ];

    fn prefix(self) -> &'static str {
        Self::PREFIXES.iter().find(|(_, t)| *t == self).map_or("", |(p, _)| p)
    }
}

/// A repository: a name under which manifests, blobs and tags are kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    transport: Transport,
    host: Arc<str>,
    path: Arc<str>,
}

impl Repository {
    /// Parses a repository without tag and digest: `host/path` or `oci:dir`.
    ///
    /// # Errors
    /// `Invalid` where the name breaks the grammar, or has a tag or a digest.
    pub fn parse(text: &str) -> Result<Self> {
        let reference = Reference::parse(text)?;
        match (reference.tag, reference.digest) {
            (None, None) => Ok(reference.repository),
            _ => Err(Error::invalid(format!("{text:?} names an image where a repository is wanted"))
                .hint("leave out the tag and the digest")),
        }
    }

    /// How this repository is reached.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// `host` or `host:port` of a network registry; empty elsewhere.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The name below the host; for a layout or archive, the path in the file system.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether both are kept by one registry, so that blobs can be mounted from one to the other.
    pub fn same_registry(&self, other: &Repository) -> bool {
        self.transport == Transport::Registry && self.transport == other.transport && self.host == other.host
    }

    /// The image of this digest in this repository.
    pub fn at(&self, digest: Digest) -> Pinned {
        Pinned { repository: self.clone(), digest }
    }

    /// The image that a tag of this repository names.
    pub fn tagged(&self, tag: Tag) -> Reference {
        Reference { repository: self.clone(), tag: Some(tag), digest: None }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transport {
            Transport::Registry => write!(f, "{}/{}", self.host, self.path),
            other => write!(f, "{}{}", other.prefix(), self.path),
        }
    }
}

/// A tag: at most 128 characters of `[A-Za-z0-9_.-]`, not starting with a dot or a dash. Always text, even where it looks
/// like a number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// Parses a tag.
    ///
    /// # Errors
    /// `Invalid` where it breaks the grammar.
    pub fn parse(text: &str) -> Result<Self> {
        let first_ok = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
        let rest_ok = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if first_ok && rest_ok && text.len() <= 128 {
            return Ok(Tag(text.into()));
        }
        Err(Error::invalid(format!("{text:?} is not a tag"))
            .hint("a tag is 1 to 128 of A-Z a-z 0-9 _ . - and starts with none of . -"))
    }

    /// The tag under which clients of registries without the referrers API keep the list of referrers of `digest`
    /// (distribution specification, "Referrers Tag Schema"), with an optional suffix as cosign writes it (`.sig`).
    pub fn of_digest(digest: &Digest, suffix: &str) -> Self {
        // Both parts of a digest and the suffixes are within the grammar; a sha512 hash is cut as the specification says.
        let hex: String = digest.hex().chars().take(64).collect();
        Tag(format!("{}-{hex}{suffix}", digest.algorithm().name()).into())
    }

    /// The algorithm, the hash as far as a tag has it, and the suffix of what [`of_digest`](Tag::of_digest) makes; `None` where it is
    /// no such name. It says what belongs to an image, and nobody pulls it.
    pub(crate) fn digest_name(&self) -> Option<(&str, &str, &str)> {
        let (algorithm, rest) = self.0.split_once('-')?;
        let (hex, suffix) = rest.split_at_checked(64)?;
        let is_hex = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let is_name =
            matches!(algorithm, "sha256" | "sha512") && is_hex && (suffix.is_empty() || suffix.starts_with('.'));
        is_name.then_some((algorithm, hex, suffix))
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person writes: a repository, and a tag, a digest, both or none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Where the image is.
    pub repository: Repository,
    /// The tag, if one was written.
    pub tag: Option<Tag>,
    /// The digest, if one was written. It decides where both stand.
    pub digest: Option<Digest>,
}

impl Reference {
    /// Parses a reference. No tag is made up: [`Reference::or_latest`] does that.
    ///
    /// # Errors
    /// `Invalid`, saying which part is wrong and what is allowed there.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |error: Error| error.context("reference", format!("{text:?}"));
        if text.trim() != text || text.is_empty() {
            return Err(bad(Error::invalid("a reference is neither empty nor surrounded by spaces")));
        }
        for (prefix, transport) in Transport::PREFIXES {
            if let Some(rest) = text.strip_prefix(prefix) {
                return local(transport, rest).map_err(bad);
            }
        }
        let name = text.strip_prefix("docker://").unwrap_or(text);
        if name.contains("://") {
            return Err(bad(Error::invalid("a reference is no address")
                .hint("leave out what stands before the host; docker:// may")));
        }
        // Before anything is quoted. What follows the `@` of a digest has a colon and no slash.
        if name.rsplit_once('@').is_some_and(|(_, after)| after.contains('/') || !after.contains(':')) {
            return Err(
                Error::invalid("a reference has no login in it").hint("log in beside it, as with `docker login`")
            );
        }
        if is_path(name) {
            return Err(bad(Error::invalid("a path names no image").hint(
                "write oci:PATH:TAG for an OCI layout, oci-archive:PATH or docker-archive:PATH for an archive",
            )));
        }
        network(name).map_err(bad)
    }

    /// The same reference with the tag `latest` where it has neither tag nor digest, as Docker reads it.
    #[must_use]
    pub fn or_latest(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some(Tag("latest".into()));
        }
        self
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// An image named by digest: the only name that counts once a tag was resolved.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pinned {
    /// Where the image is.
    pub repository: Repository,
    /// Which one it is.
    pub digest: Digest,
}

impl From<Pinned> for Reference {
    fn from(pinned: Pinned) -> Self {
        Reference { repository: pinned.repository, tag: None, digest: Some(pinned.digest) }
    }
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest)
    }
}

/// Whether it was meant as a path of the file system, which needs the word for what is there.
fn is_path(name: &str) -> bool {
    let has_drive = matches!(name.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
    let is_relative = matches!(name, "." | "..") || name.starts_with("./") || name.starts_with("../");
    has_drive || is_relative || name.starts_with(['/', '~']) || name.contains('\\')
}

/// Takes `@digest` off the end.
fn split_digest(text: &str) -> Result<(&str, Option<Digest>)> {
    match text.rsplit_once('@') {
        Some((rest, digest)) if digest.contains(':') => Ok((rest, Some(Digest::parse(digest)?))),
        _ => Ok((text, None)),
    }
}

fn local(transport: Transport, text: &str) -> Result<Reference> {
    let (rest, digest) = split_digest(text)?;
    // The tag starts after the last colon that is not part of a Windows drive or of the path.
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains(['/', '\\']) => (path, Some(Tag::parse(tag)?)),
        _ => (rest, None),
    };
    if path.is_empty() || path.contains('\0') {
        return Err(Error::invalid("the path is empty").hint(format!("write {}PATH:TAG", transport.prefix())));
    }
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    Ok(Reference { repository: Repository { transport, host: "".into(), path: path.into() }, tag, digest })
}

fn network(text: &str) -> Result<Reference> {
    let (rest, digest) = split_digest(text)?;
    // A colon after the last slash starts the tag; a colon before it belongs to a port or an IPv6 address.
    let name_start = rest.rfind('/').map_or(0, |i| i + 1);
    let (name, tag) = match rest[name_start..].rfind(':') {
        Some(at) => (&rest[..name_start + at], Some(Tag::parse(&rest[name_start + at + 1..])?)),
        None => (rest, None),
    };
    let (host, path) = match name.split_once('/') {
        Some((first, path)) if is_host(first) => (canonical_host(first)?, path.to_owned()),
        _ => (DOCKER_HUB.to_owned(), name.to_owned()),
    };
    let path = if host == DOCKER_HUB && !path.contains('/') { format!("library/{path}") } else { path };
    check_path(&path)?;
    if host.len() + 1 + path.len() > MAX_NAME {
        return Err(Error::invalid(format!("the repository name is longer than {MAX_NAME} characters")));
    }
    let repository = Repository { transport: Transport::Registry, host: host.into(), path: path.into() };
    Ok(Reference { repository, tag, digest })
}

/// Whether the first component of a name is a host: it has a dot or a port, is `localhost`, or an IPv6 address. Docker also
/// takes a component with upper-case letters for a host; here that is an error, since it is nearly always a mistyped path.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.starts_with('[')
}

fn canonical_host(host: &str) -> Result<String> {
    let bad = |why: &str| Error::invalid(format!("{host:?} is not a host: {why}"));
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']').ok_or_else(|| bad("no closing bracket"))?;
            address.parse::<std::net::Ipv6Addr>().map_err(|_| bad("not an IPv6 address"))?;
            match after.strip_prefix(':') {
                Some(port) => (format!("[{address}]"), Some(port)),
                None if after.is_empty() => (format!("[{address}]"), None),
                None => return Err(bad("text after the bracket")),
            }
        }
        None => match host.split_once(':') {
            Some((name, port)) => (name.to_owned(), Some(port)),
            None => (host.to_owned(), None),
        },
    };
    if let Some(port) = port {
        let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        if !digits || port.parse::<u16>().is_err() {
            return Err(bad("the port is not a number below 65536"));
        }
    }
    if !name.starts_with('[') {
        let label_ok = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if !name.split('.').all(label_ok) {
            return Err(bad("a label is empty or has a character other than letters, digits and inner dashes"));
        }
    }
    let name = name.to_ascii_lowercase();
    // The Hub answers to several names; credentials and mounts must see one.
    if port.is_none() && (name == "index.docker.io" || name == "registry-1.docker.io") {
        return Ok(DOCKER_HUB.to_owned());
    }
    Ok(port.map_or_else(|| name.clone(), |port| format!("{name}:{port}")))
}

/// Path components are lower-case letters and digits, joined inside by `.`, `_`, `__` or any number of dashes.
fn check_path(path: &str) -> Result<()> {
    for component in path.split('/') {
        let pieces = component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).collect::<Vec<_>>();
        let inner_ok = pieces.iter().all(|p| matches!(*p, "" | "." | "_" | "__") || p.bytes().all(|b| b == b'-'));
        let ends_ok = pieces.len() > 1 && pieces.first() == Some(&"") && pieces.last() == Some(&"");
        if !inner_ok || !ends_ok {
            let mut error = Error::invalid(format!("{component:?} is not a component of a repository name"))
                .hint("use lower-case letters and digits, joined by one dot, one or two underscores, or dashes");
            if component.bytes().any(|b| b.is_ascii_uppercase()) {
                error = error.context("upper case", "not allowed");
            }
            return Err(error);
        }
    }
    Ok(())
}

macro_rules! as_text {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                $name::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                // Of an error serde keeps the text alone, so the hint goes into that.
                $name::parse(&text).map_err(|error| match error.hint_text() {
                    Some(hint) => serde::de::Error::custom(format!("{error}; {hint}")),
                    None => serde::de::Error::custom(&error),
                })
            }
        }
    )+};
}
as_text!(Repository, Tag, Reference);

impl fmt::Debug for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
