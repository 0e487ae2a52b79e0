//! Which scanner, and what its database is made of, as text.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use super::generate::GenerateConfig;
use super::network::{NetworkConfig, network};
use super::{RegistryConfig, open_source_of};
use crate::Watch;
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::generate;
use crate::model::{Reference, Timestamp};
use crate::sbom::Sbom;
use crate::scan::{
    DataSource, Database, DatabaseBuilder, DatabaseInfo, DatabaseUpdate, EmbeddedScanner, GrypeScanner, Report,
    ScanTarget, Scanner, ScannerInfo, TrivyScanner, UpdateProgress, Updated,
};

/// Which scanner.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScannerConfig {
    /// Who scans.
    #[serde(default)]
    pub scanner: ScannerName,
    /// The database of Cache's own scanner.
    #[serde(default)]
    pub database: Option<PathBuf>,
    /// Where the program is, if it is one and not in `PATH`.
    #[serde(default)]
    pub program: Option<PathBuf>,
}

/// The scanners that there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ScannerName {
    /// Cache's own, which needs no other program.
    #[default]
    Cache,
    /// The program `grype`.
    Grype,
    /// The program `trivy`.
    Trivy,
}

/// A scanner that was opened. Cache's own keeps its database open.
#[derive(Debug)]
pub struct OpenScanner(Opened);

#[derive(Debug)]
enum Opened {
    Own(EmbeddedScanner),
    Program(Box<dyn Scanner>),
}

impl ScannerConfig {
    /// Opens it.
    ///
    /// # Errors
    /// `Invalid` where the configuration contradicts itself; what [`Database::open`] says.
    pub fn open(&self) -> Result<OpenScanner> {
        let opened = match (self.scanner, &self.database, &self.program) {
            (ScannerName::Cache, Some(database), None) => {
                Opened::Own(EmbeddedScanner::new(Arc::new(Database::open(database)?)))
            }
            (ScannerName::Cache, None, _) => return Err(Error::invalid("Cache's own scanner needs a \"database\"")),
            (ScannerName::Cache, ..) => return Err(Error::invalid("Cache's own scanner needs no \"program\"")),
            (_, Some(_), _) => return Err(Error::invalid("a \"database\" is for Cache's own scanner")),
            (ScannerName::Grype, None, Some(program)) => Opened::Program(Box::new(GrypeScanner::at(program))),
            (ScannerName::Grype, None, None) => Opened::Program(Box::new(GrypeScanner::default())),
            (ScannerName::Trivy, None, Some(program)) => Opened::Program(Box::new(TrivyScanner::at(program))),
            (ScannerName::Trivy, None, None) => Opened::Program(Box::new(TrivyScanner::default())),
        };
        Ok(OpenScanner(opened))
    }
}

impl OpenScanner {
    /// Which one it is.
    pub fn info(&self) -> ScannerInfo {
        match &self.0 {
            Opened::Own(scanner) => scanner.info(),
            Opened::Program(scanner) => scanner.info(),
        }
    }

    /// Scans an image or a folder. Cache's own scanner makes an SBOM first, as the request says and telling how far that is;
    /// the programs look for themselves.
    ///
    /// # Errors
    /// `Invalid` where the request contradicts itself, or says how to make an SBOM to a program; what [`Scanner::scan`] says.
    pub async fn scan(&self, request: &GenerateConfig, watch: Option<generate::Watch>) -> Result<Report> {
        match &self.0 {
            Opened::Own(scanner) => {
                let sbom = request.generate(watch).await?;
                scanner.scan_sbom(&sbom, request.clock.unwrap_or_else(Timestamp::now))
            }
            Opened::Program(_) if request.names_generator() => {
                Err(Error::invalid("programs make no SBOM first: how to make one is for Cache's own scanner"))
            }
            Opened::Program(scanner) => scanner.scan(ScanTarget::Of(request.subject().await?.target())).await,
        }
    }

    /// Scans the packages of an SBOM.
    ///
    /// # Errors
    /// What [`Scanner::scan`] says.
    pub async fn scan_sbom(&self, sbom: &Sbom<'_>) -> Result<Report> {
        match &self.0 {
            Opened::Own(scanner) => scanner.scan_sbom(sbom, Timestamp::now()),
            Opened::Program(scanner) => scanner.scan(ScanTarget::Sbom(sbom)).await,
        }
    }
}

/// A database that is to be made of what is on this machine.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildConfig {
    /// Where it shall be.
    pub path: PathBuf,
    /// Folders of OSV's archives.
    #[serde(default)]
    pub osv: Vec<PathBuf>,
    /// Grype's databases: `vulnerability.db`.
    #[serde(default)]
    pub grype: Vec<PathBuf>,
    /// Trivy's databases: `trivy.db`.
    #[serde(default)]
    pub trivy: Vec<PathBuf>,
}

impl BuildConfig {
    /// Makes it. Dropped, it leaves what is there.
    ///
    /// # Errors
    /// What [`DatabaseBuilder`] says.
    pub async fn build(self) -> Result<DatabaseInfo> {
        let path = self.path.clone();
        let made = blocking(move || {
            let mut builder = DatabaseBuilder::new();
            self.osv.iter().try_for_each(|folder| builder.add_osv(folder))?;
            self.grype.iter().try_for_each(|file| builder.add_grype(file))?;
            self.trivy.iter().try_for_each(|file| builder.add_trivy(file))?;
            builder.unplaced(&self.path)
        });
        made.await?.put(&path)
    }
}

/// A database that is to be brought up to date with what is published.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateConfig {
    /// Where it is, or shall be.
    pub path: PathBuf,
    /// OSV's archives.
    #[serde(default)]
    pub osv: Option<OsvConfig>,
    /// Grype's database.
    #[serde(default)]
    pub grype: Option<GrypeConfig>,
    /// Trivy's database.
    #[serde(default)]
    pub trivy: Option<TrivyConfig>,
    /// The folder where what is fetched is kept; without it, `<path>.sources`.
    #[serde(default)]
    pub downloads: Option<PathBuf>,
    /// The registries that are more than the OCI protocol, or have a login of their own.
    #[serde(default)]
    pub registries: Vec<RegistryConfig>,
    /// How the servers are reached; without it, as the machine and its environment say.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
}

/// OSV's archives.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OsvConfig {
    /// Where they are; without it, where OSV publishes.
    #[serde(default)]
    pub address: Option<String>,
    /// Which, by OSV's names; without any, all that Cache can match.
    #[serde(default)]
    pub ecosystems: Vec<String>,
}

/// Grype's database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrypeConfig {
    /// The listing; without it, Grype's own.
    #[serde(default)]
    pub listing: Option<String>,
}

/// Trivy's database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrivyConfig {
    /// The artifact; without it, Trivy's own.
    #[serde(default)]
    pub image: Option<Reference>,
}

impl UpdateConfig {
    /// Brings it up to date.
    ///
    /// # Errors
    /// What [`DatabaseUpdate::run`] says.
    pub async fn update(&self, watch: Option<Watch<UpdateProgress>>) -> Result<Updated> {
        let network = network(self.network.as_ref())?;
        let mut update = DatabaseUpdate::new(&self.path).over(network.clone());
        if let Some(osv) = &self.osv {
            let address = osv.address.clone().unwrap_or_else(|| DataSource::OSV.to_owned());
            update = update.source(DataSource::Osv { address, ecosystems: osv.ecosystems.clone() });
        }
        if let Some(grype) = &self.grype {
            let listing = grype.listing.clone().unwrap_or_else(|| DataSource::GRYPE.to_owned());
            update = update.source(DataSource::Grype { listing });
        }
        if let Some(trivy) = &self.trivy {
            let image = match &trivy.image {
                Some(image) => image.clone(),
                None => DataSource::TRIVY.parse()?,
            };
            let registry = open_source_of(&image.repository, &self.registries, network)?;
            update = update.source(DataSource::Trivy { registry, image });
        }
        if let Some(folder) = &self.downloads {
            update = update.downloads(folder);
        }
        match watch {
            Some(watch) => update.watched(watch),
            None => update,
        }
        .run()
        .await
    }
}
