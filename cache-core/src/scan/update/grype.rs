//! Grype's database (anchore/grype, `grype/db/v6/distribution`): a listing names the newest archive and its checksum.

use std::fs::File;

use http::Uri;
use serde::Deserialize;

use super::download::{Downloader, address_of};
use super::place::Place;
use super::unpack::unpack;
use super::{Fetched, Input, note_of_files, noted};
use crate::document;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{resolve, shown};
use crate::model::Digest;

/// The largest listing; it has under 1 KiB.
const MAX_LISTING: u64 = 1 << 20;
const FILE: &str = "vulnerability.db";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    #[serde(default)]
    status: String,
    schema_version: String,
    path: String,
    checksum: String,
}

pub(super) async fn fetch(listing: &str, downloader: &Downloader, place: &Place, fetched: &mut Fetched) -> Result<()> {
    let url = address_of(listing)?;
    let folder = place.folder("grype")?;
    let (archive, unpacked, file) = (folder.join("archive"), folder.join("unpacked"), folder.join(FILE));
    let mut newest = announced(&url, downloader).await?;
    if let Err(error) = downloader.fetch(&newest.0, &archive, Some(&newest.1)).await {
        // It may have been replaced between the two requests.
        let again = announced(&url, downloader).await?;
        if error.kind() != ErrorKind::Untrusted && !error.is_not_found() || again == newest {
            return Err(error);
        }
        newest = again;
        downloader.fetch(&newest.0, &archive, Some(&newest.1)).await?;
    }
    let digest = newest.1.to_string();
    let is_unpacked = file.exists() && noted(&unpacked).is_some_and(|of| of == digest.as_bytes());
    if !is_unpacked {
        let source = File::open(&archive).map_err(|e| Error::io(&archive, e))?;
        unpack(source, &[FILE], &folder).await.map_err(|e| e.context("url", shown(&newest.0)))?;
        note_of_files(&unpacked, digest.as_bytes()).await?;
    }
    fetched.marks.insert("grype".to_owned(), digest);
    fetched.files.push(Input::Grype(file));
    Ok(())
}

/// Where the newest archive is, and its checksum.
async fn announced(url: &Uri, downloader: &Downloader) -> Result<(Uri, Digest)> {
    let bytes = downloader.small(url, MAX_LISTING).await?;
    let read = || {
        let listing: Listing = document::json("a listing of Grype's database", document::text(&bytes)?.as_ref())?;
        // A version without its `v` is the same one.
        let version = listing.schema_version.trim_start_matches('v');
        if version.split('.').next() != Some("6") {
            return Err(Error::unsupported("Grype's databases of schema 6 are read").context("schema", version));
        }
        if listing.status == "eol" {
            return Err(Error::unsupported("databases of this schema are no longer published"));
        }
        Ok((resolve(url, &listing.path)?, Digest::parse(&listing.checksum)?))
    };
    read().map_err(|e| e.context("url", shown(url)))
}
