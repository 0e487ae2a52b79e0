//! What looks for vulnerabilities.

use async_trait::async_trait;
use serde::Serialize;

use super::Report;
use crate::error::Result;
use crate::generate::Target;
use crate::model::Timestamp;
use crate::sbom::Sbom;

/// What is to be scanned.
#[derive(Debug, Clone, Copy)]
pub enum ScanTarget<'a> {
    /// The packages of an SBOM.
    Sbom(&'a Sbom<'a>),
    /// What an SBOM could be made of: an image or a folder.
    Of(Target<'a>),
}

/// Which scanner it is, as its reports say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScannerInfo {
    /// Its name, such as `cache`, `grype`, `trivy`.
    pub name: String,
    /// Its version, where that is known before it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How old its data is, where that is known before it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_as_of: Option<Timestamp>,
}

/// Looks for vulnerabilities.
#[async_trait]
pub trait Scanner: std::fmt::Debug + Send + Sync {
    /// Which one it is.
    fn info(&self) -> ScannerInfo;

    /// What it finds, complete or an error: "nothing found" is a report without findings.
    ///
    /// # Errors
    /// `NotFound` where its program or its database is not there; `Unsupported` where it cannot scan such a target; `Untrusted`
    /// where the database is damaged; `Unavailable` where it takes too long; what the registry says.
    async fn scan(&self, target: ScanTarget<'_>) -> Result<Report>;
}
