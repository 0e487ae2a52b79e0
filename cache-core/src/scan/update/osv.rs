//! OSV's archives (<https://google.github.io/osv.dev/data>): one for each ecosystem.

use std::collections::BTreeSet;

use super::download::{Downloader, address_of};
use super::place::Place;
use super::{Fetched, Input};
use crate::error::{Error, Result};
use crate::http::encode;
use crate::scan::ecosystem::Ecosystem;

/// The largest list of ecosystems; it has 2 KiB.
const MAX_LIST: u64 = 1 << 20;

pub(super) async fn fetch(
    address: &str,
    ecosystems: &[String],
    downloader: &Downloader,
    place: &Place,
    fetched: &mut Fetched,
) -> Result<()> {
    let address = address.trim_end_matches('/');
    let names = match ecosystems {
        [] => listed(address, downloader).await?,
        names => names.iter().cloned().collect(),
    };
    let folder = place.folder("osv")?;
    let mut archives = Vec::new();
    for name in names {
        if !is_name(&name) {
            return Err(Error::invalid("this is no name of an ecosystem").context("ecosystem", name));
        }
        let folder = folder.join(&name);
        std::fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, e))?;
        let archive = folder.join("all.zip");
        let url = address_of(&format!("{address}/{}/all.zip", encode(&name)))?;
        let digest = downloader.fetch(&url, &archive, None).await?;
        fetched.marks.insert(format!("osv/{name}"), digest.to_string());
        archives.push(archive);
    }
    fetched.files.push(Input::Osv(archives));
    Ok(())
}

/// The ecosystems that the server has and Cache matches. Releases of a distribution are in the archive of the distribution.
async fn listed(address: &str, downloader: &Downloader) -> Result<BTreeSet<String>> {
    let url = address_of(&format!("{address}/ecosystems.txt"))?;
    let list = downloader.small(&url, MAX_LIST).await?;
    let list = String::from_utf8_lossy(&list).into_owned();
    let families = list.lines().map(|line| line.trim().split(':').next().unwrap_or_default());
    let names: BTreeSet<String> =
        families.filter(|name| is_name(name) && Ecosystem::is_in_osv(name)).map(str::to_owned).collect();
    if names.is_empty() {
        return Err(Error::invalid("the list of ecosystems names none that Cache can match").context("url", url));
    }
    Ok(names)
}

/// Names become folders.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_');
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && !name.ends_with(['.', ' ']) && name.chars().all(is_plain)
}
