//! The newest trusted root, by TUF, as text.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::network::{NetworkConfig, network};
use super::text::text_or_file;
use crate::error::{Absent, Error, Result};
use crate::files;
use crate::model::Timestamp;
use crate::sign::{HttpTufSource, Refreshed, TufRoot, TufVersions};

/// What is kept in the folder.
const ROOT: &str = "root.json";
const VERSIONS: &str = "versions.json";
const TRUSTED_ROOT: &str = "trusted_root.json";
/// No TUF root is larger, and the versions are a line.
const MAX_KEPT: u64 = 1 << 20;

/// A TUF repository that gives a trusted root, and what is trusted to begin with.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TufConfig {
    /// Where the repository is. It need not be trusted.
    pub url: String,
    /// The TUF root that is trusted: its JSON, or the path of a file with it.
    pub root: String,
    /// The folder that remembers what was seen, so that nothing older is accepted later, and that keeps the trusted root in
    /// `trusted_root.json`. Without one, a repository that hides what is new is not found out.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// How it is reached; without it, as the machine and its environment say.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
    /// A clock that stands still, for tests.
    #[serde(default)]
    pub clock: Option<Timestamp>,
}

impl TufConfig {
    /// Fetches the newest trusted root and gives its JSON. See [`TufRoot::refresh`].
    ///
    /// # Errors
    /// As there; what the file system says.
    pub async fn refresh(&self) -> Result<String> {
        let source = HttpTufSource::new(&self.url)?.over(network(self.network.as_ref())?);
        let mut root = text_or_file("TUF root", &self.root, |json| TufRoot::trusted(json.as_bytes()))?;
        let mut seen = TufVersions::default();
        if let Some(folder) = &self.folder {
            if let Some(json) = kept(&folder.join(ROOT))? {
                let known = TufRoot::trusted(&json).map_err(|e| e.context("folder", folder.display()))?;
                root = if known.version() > root.version() { known } else { root };
            }
            if let Some(json) = kept(&folder.join(VERSIONS))? {
                seen = serde_json::from_slice(&json).map_err(|e| {
                    let error = Error::invalid("what TUF saw cannot be read").context("folder", folder.display());
                    error.caused_by(e)
                })?;
            }
        }
        let now = self.clock.unwrap_or_else(Timestamp::now);
        let refreshed = root.refresh(&source, seen, now).await?;
        if let Some(folder) = &self.folder {
            keep(folder, &refreshed)?;
        }
        String::from_utf8(refreshed.json).map_err(|e| Error::invalid("the trusted root is not text").caused_by(e))
    }
}

/// The versions come last: what was seen is there then.
fn keep(folder: &Path, refreshed: &Refreshed) -> Result<()> {
    let versions = serde_json::to_vec(&refreshed.versions);
    let versions = versions.map_err(|e| Error::unexpected("the versions have no JSON form").caused_by(e))?;
    let put = |name: &str, bytes: &[u8]| files::keep(&folder.join(name), |out| out.write_all(bytes));
    put(ROOT, refreshed.root.json())?;
    put(TRUSTED_ROOT, &refreshed.json)?;
    put(VERSIONS, &versions)
}

fn kept(path: &Path) -> Result<Option<Vec<u8>>> {
    files::read_limited(path, MAX_KEPT).absent_is_none()
}
