//! Refreshing a trusted root by TUF, from a root that is trusted already.
//!
//! Whoever calls says where the files come from ([`TufSource`]). What is fetched counts only with the signatures that the root
//! asks for, so the place need not be trusted.

mod canonical;
mod http;
mod metadata;

use async_trait::async_trait;
#[cfg(any(test, feature = "conformance"))]
pub(super) use canonical::canonical;
pub use http::HttpTufSource;
use serde::{Deserialize, Serialize};

use self::metadata::{Current, Document, Index, Meta, Root, Targets};
use super::TrustedRoot;
use crate::error::{Error, Result};
use crate::model::Timestamp;

/// The file that is wanted.
const TARGET: &str = "trusted_root.json";
/// No metadata is larger.
const MAX_METADATA: usize = 1 << 20;
/// The largest trusted root.
const MAX_TARGET: usize = 4 << 20;
/// The most roots that are walked at once.
const MAX_ROOTS: u64 = 256;

/// Where the files of a TUF repository come from.
#[async_trait]
pub trait TufSource: std::fmt::Debug + Send + Sync {
    /// The file at this path below the repository, such as `timestamp.json` or `targets/….json`; `None` where there is none.
    /// A file larger than `limit` bytes is an error. The path is made of known names, numbers and hexadecimal digits.
    async fn fetch(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>>;
}

/// The versions that were seen. Nothing older is accepted later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TufVersions {
    /// Of `timestamp`.
    pub timestamp: u64,
    /// Of `snapshot`.
    pub snapshot: u64,
    /// Of `targets`.
    pub targets: u64,
}

/// A TUF root whose signatures are checked.
#[derive(Debug, Clone)]
pub struct TufRoot {
    root: Root,
    json: Vec<u8>,
}

/// What a refresh gives.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The newest root, from which the next refresh goes on.
    pub root: TufRoot,
    /// The versions that were seen.
    pub versions: TufVersions,
    /// The trusted root.
    pub trusted_root: TrustedRoot,
    /// Its bytes.
    pub json: Vec<u8>,
}

impl TufRoot {
    /// Reads a root that is trusted because of where it comes from. It must be signed as it asks itself.
    ///
    /// # Errors
    /// `Invalid` where it is none; `Untrusted` where it is not signed so.
    pub fn trusted(json: &[u8]) -> Result<Self> {
        let document = Document::parse(bounded(json)?)?;
        let root: Root = document.read("root")?;
        document.signed_by(&root, "root")?;
        Ok(TufRoot { root, json: json.to_vec() })
    }

    /// The next version of it, which must be signed as this one asks, and as it asks itself.
    ///
    /// # Errors
    /// As [`trusted`](TufRoot::trusted), and `Untrusted` where it is another version than the next.
    pub fn next(&self, json: &[u8]) -> Result<Self> {
        let document = Document::parse(bounded(json)?)?;
        document.signed_by(&self.root, "root")?;
        let next = TufRoot::trusted(json)?;
        if Some(next.root.version) != self.root.version.checked_add(1) {
            return Err(Error::untrusted("the TUF root is not the next version")
                .context("known", self.root.version)
                .context("found", next.root.version));
        }
        Ok(next)
    }

    /// Its version.
    pub fn version(&self) -> u64 {
        self.root.version
    }

    /// Until when it is good.
    pub fn expires(&self) -> Timestamp {
        self.root.expires
    }

    /// Its bytes, to be kept for the next time.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// Fetches the newest root and with it the trusted root. `seen` are the versions of the last time.
    ///
    /// # Errors
    /// `Untrusted` where something is not signed as it must be, has expired, or is older than what was seen; what the source
    /// says.
    pub async fn refresh(self, source: &dyn TufSource, seen: TufVersions, now: Timestamp) -> Result<Refreshed> {
        let mut root = self;
        for _ in 0..MAX_ROOTS {
            let path = format!("{}.root.json", root.version().saturating_add(1));
            // Roots in between may have expired; the last one may not.
            match source.fetch(&path, MAX_METADATA).await? {
                Some(json) => root = root.next(&json)?,
                None => break,
            }
        }
        fresh(root.root.expires, now, "root")?;
        let (timestamp, _): (Index, _) = root.role(source, "timestamp", "timestamp.json").await?;
        fresh(timestamp.expires, now, "timestamp")?;
        not_older(timestamp.version, seen.timestamp, "timestamp")?;
        let snapshot: Index = root.listed(source, &timestamp, "snapshot", seen.snapshot, now).await?;
        let targets: Targets = root.listed(source, &snapshot, "targets", seen.targets, now).await?;
        let target = targets.targets.get(TARGET).ok_or_else(|| Error::untrusted("TUF lists no trusted root"))?;
        let path = match target.hashes.get("sha256").filter(|_| root.root.consistent_snapshot) {
            // The digest becomes part of a path.
            Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => format!("targets/{hex}.{TARGET}"),
            Some(_) => return Err(Error::invalid("the digest of the trusted root is not hexadecimal")),
            None => format!("targets/{TARGET}"),
        };
        let json = fetched(source, &path, MAX_TARGET).await?;
        target.check(&json)?;
        let trusted_root = TrustedRoot::parse(&json)?;
        let versions =
            TufVersions { timestamp: timestamp.version, snapshot: snapshot.version, targets: targets.version };
        Ok(Refreshed { root, versions, trusted_root, json })
    }

    /// What `index` lists, current and no older than what was seen.
    async fn listed<T: Current>(
        &self,
        source: &dyn TufSource,
        index: &Index,
        role: &'static str,
        seen: u64,
        now: Timestamp,
    ) -> Result<T> {
        let name = format!("{role}.json");
        let meta = index.meta.get(&name);
        let meta = meta.ok_or_else(|| Error::untrusted("TUF does not list a document").context("document", &name))?;
        let (document, bytes): (T, _) = self.role(source, role, &self.path(meta, &name)).await?;
        meta.check(&bytes)?;
        same(document.version(), meta.version, role)?;
        fresh(document.expires(), now, role)?;
        not_older(document.version(), seen, role)?;
        Ok(document)
    }

    async fn role<T: serde::de::DeserializeOwned>(
        &self,
        source: &dyn TufSource,
        role: &str,
        path: &str,
    ) -> Result<(T, Vec<u8>)> {
        let bytes = fetched(source, path, MAX_METADATA).await?;
        let document = Document::parse(&bytes)?;
        document.signed_by(&self.root, role)?;
        Ok((document.read(role)?, bytes))
    }

    fn path(&self, meta: &Meta, name: &str) -> String {
        if self.root.consistent_snapshot { format!("{}.{name}", meta.version) } else { name.to_owned() }
    }
}

fn bounded(json: &[u8]) -> Result<&[u8]> {
    if json.len() > MAX_METADATA { Err(Error::invalid("the TUF metadata is too large")) } else { Ok(json) }
}

async fn fetched(source: &dyn TufSource, path: &str, limit: usize) -> Result<Vec<u8>> {
    let bytes = source.fetch(path, limit).await?;
    let bytes = bytes.ok_or_else(|| Error::not_found("the TUF repository lacks a file").context("path", path))?;
    if bytes.len() > limit {
        return Err(Error::invalid("a file of the TUF repository is too large").context("path", path));
    }
    Ok(bytes)
}

fn fresh(expires: Timestamp, now: Timestamp, role: &'static str) -> Result<()> {
    if expires > now {
        return Ok(());
    }
    Err(Error::untrusted("TUF metadata has expired").context("role", role).context("expired", expires))
}

fn not_older(version: u64, seen: u64, role: &'static str) -> Result<()> {
    if version >= seen {
        return Ok(());
    }
    Err(Error::untrusted("TUF metadata is older than what was seen").context("role", role).context("seen", seen))
}

fn same(version: u64, listed: u64, role: &'static str) -> Result<()> {
    if version == listed {
        return Ok(());
    }
    Err(Error::untrusted("TUF metadata is of another version than listed").context("role", role))
}

#[cfg(test)]
mod tests;
