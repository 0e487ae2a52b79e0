//! Syft and Trivy as generators: the programs of those names, on a copy of the image that Cache verified.

use std::path::PathBuf;

use async_trait::async_trait;

use super::export::Exported;
use super::{Generator, Target};
use crate::error::Result;
use crate::program::Program;
use crate::sbom::Sbom;

/// Asks `syft`, in its own JSON, which says the most.
#[derive(Debug, Clone)]
pub struct SyftGenerator {
    program: Program,
}

/// Asks `trivy`, as CycloneDX. It reads no jar without a database of its own.
#[derive(Debug, Clone)]
pub struct TrivyGenerator {
    program: Program,
}

impl Default for SyftGenerator {
    fn default() -> Self {
        SyftGenerator { program: Program::named("syft") }
    }
}

impl Default for TrivyGenerator {
    fn default() -> Self {
        TrivyGenerator { program: Program::named("trivy") }
    }
}

impl SyftGenerator {
    /// With the program at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        SyftGenerator { program: Program { path: path.into(), ..Program::named("syft") } }
    }
}

impl TrivyGenerator {
    /// With the program at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        TrivyGenerator { program: Program { path: path.into(), ..Program::named("trivy") } }
    }
}

#[async_trait]
impl Generator for SyftGenerator {
    fn tool(&self) -> String {
        "syft".into()
    }

    async fn generate(&self, target: Target<'_>) -> Result<Sbom<'static>> {
        let (source, copy) = match target {
            Target::Image { registry, image } => {
                let copy = Exported::of(registry, image).await?;
                (format!("oci-dir:{}", copy.path().display()), Some(copy))
            }
            Target::Folder(folder) => (format!("dir:{}", folder.display()), None),
        };
        // It would ask the network for its latest version.
        let arguments = ["scan", &source, "-o", "syft-json", "-q"];
        let said = self.program.run(&arguments, &[("SYFT_CHECK_FOR_APP_UPDATE", "false".as_ref())]).await?;
        named(Sbom::parse(&said)?.into_owned(), &target, copy)
    }
}

#[async_trait]
impl Generator for TrivyGenerator {
    fn tool(&self) -> String {
        "trivy".into()
    }

    async fn generate(&self, target: Target<'_>) -> Result<Sbom<'static>> {
        let (words, copy) = match target {
            Target::Image { registry, image } => {
                let copy = Exported::of(registry, image).await?;
                (vec!["image".into(), "--input".into(), copy.path().as_os_str().to_owned()], Some(copy))
            }
            Target::Folder(folder) => (vec!["filesystem".into(), folder.as_os_str().to_owned()], None),
        };
        let options = ["--format", "cyclonedx", "--quiet", "--offline-scan", "--skip-version-check"];
        let arguments: Vec<_> = words.into_iter().chain(options.map(Into::into)).collect();
        let said = self.program.run(&arguments, &[]).await?;
        named(Sbom::parse(&said)?.into_owned(), &target, copy)
    }
}

/// The program saw a copy at a path of no meaning; what it is about is known here.
fn named(mut sbom: Sbom<'static>, target: &Target<'_>, copy: Option<Exported>) -> Result<Sbom<'static>> {
    if let Target::Image { image, .. } = target {
        sbom.describes = vec![image.digest.clone()];
    }
    copy.map(Exported::remove).transpose()?;
    Ok(sbom)
}
