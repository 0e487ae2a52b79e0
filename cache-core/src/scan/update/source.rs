//! Where data is fetched from.

use std::sync::Arc;

use super::download::Downloader;
use super::place::Place;
use super::{Fetched, grype, osv, trivy};
use crate::error::Result;
use crate::model::Reference;
use crate::registry::Registry;

/// Something that a database is made of, and where it is published.
#[derive(Debug, Clone)]
pub enum DataSource {
    /// OSV's archives: `<address>/<ecosystem>/all.zip`.
    Osv {
        /// Where the folders of the ecosystems are.
        address: String,
        /// The ecosystems by OSV's names, such as `PyPI` and `Debian`. Where there are none, those of the server's list
        /// (`<address>/ecosystems.txt`) that Cache can match.
        ecosystems: Vec<String>,
    },
    /// Grype's database, by the listing that names it: `…/v6/latest.json`.
    Grype {
        /// Where the listing is.
        listing: String,
    },
    /// Trivy's database, which is an artifact in a registry.
    Trivy {
        /// The registry.
        registry: Arc<dyn Registry>,
        /// Which artifact.
        image: Reference,
    },
}

impl DataSource {
    /// Where OSV publishes.
    pub const OSV: &str = "https://osv-vulnerabilities.storage.googleapis.com";
    /// Where Grype's database is announced.
    pub const GRYPE: &str = "https://grype.anchore.io/databases/v6/latest.json";
    /// Where Trivy's database is.
    pub const TRIVY: &str = "ghcr.io/aquasecurity/trivy-db:2";

    pub(super) async fn fetch(&self, downloader: &Downloader, place: &Place, fetched: &mut Fetched) -> Result<()> {
        match self {
            DataSource::Osv { address, ecosystems } => {
                osv::fetch(address, ecosystems, downloader, place, fetched).await
            }
            DataSource::Grype { listing } => grype::fetch(listing, downloader, place, fetched).await,
            DataSource::Trivy { registry, image } => trivy::fetch(&**registry, image, downloader, place, fetched).await,
        }
    }
}
