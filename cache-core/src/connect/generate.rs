//! What an SBOM is to be made of, as text.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::network::{NetworkConfig, network};
use super::{RegistryConfig, open_source_of};
use crate::error::{Error, Result};
use crate::generate::{Generator, LayerCache, NativeGenerator, SyftGenerator, Target, TrivyGenerator, Watch};
use crate::model::{Pinned, Platform, Reference, Timestamp};
use crate::registry::Registry;
use crate::registry::inspect::of_platform;
use crate::sbom::Sbom;
use crate::sbom::catalog::{Catalog, Limits};

/// What an SBOM is to be made of, and by whom: an image or a folder.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenerateConfig {
    /// The image, by tag or digest; the tag `latest` where neither is said.
    #[serde(default)]
    pub image: Option<Reference>,
    /// The platform of the image, such as `linux/amd64`: it picks one of several, and an image that is there alone has to be for it.
    #[serde(default)]
    pub platform: Option<String>,
    /// A folder of sources, or the root of a file system.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// Who makes it.
    #[serde(default)]
    pub generator: GeneratorName,
    /// Where the program is, if it is one and not in `PATH`.
    #[serde(default)]
    pub program: Option<PathBuf>,
    /// The folder where Cache's own generator keeps what it finds in layers.
    #[serde(default)]
    pub layer_cache: Option<PathBuf>,
    /// What Cache's own generator passes over: paths below the folder, such as `vendor`.
    #[serde(default)]
    pub without: Vec<String>,
    /// How much Cache's own generator reads of a layer or a folder, for images that are trusted with more than is usual.
    #[serde(default)]
    pub limits: Option<Limits>,
    /// The time that Cache's own generator writes into the document, for documents that can be made again.
    #[serde(default)]
    pub clock: Option<Timestamp>,
    /// The registries that are more than the OCI protocol, or have a login of their own.
    #[serde(default)]
    pub registries: Vec<RegistryConfig>,
    /// How the image is reached over a network; without it, as the machine and its environment say.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
}

/// The generators that there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GeneratorName {
    /// Cache's own, which needs no other program.
    #[default]
    Cache,
    /// The program `syft`.
    Syft,
    /// The program `trivy`.
    Trivy,
}

impl GenerateConfig {
    /// Makes the SBOM. Only Cache's own generator tells how far it is.
    ///
    /// # Errors
    /// `Invalid` where the configuration contradicts itself, and what [`Generator::generate`] and the registry say.
    pub async fn generate(&self, watch: Option<Watch>) -> Result<Sbom<'static>> {
        let generator = self.generator(watch)?;
        generator.generate(self.subject().await?.target()).await
    }

    /// The image or the folder.
    pub(super) async fn subject(&self) -> Result<Subject> {
        match (&self.image, &self.folder) {
            (Some(_), None) if !self.without.is_empty() => Err(Error::invalid("an image has no \"without\"")),
            (Some(image), None) => self.of_image(image.clone().or_latest()).await,
            (None, Some(folder)) if self.platform.is_none() => Ok(Subject::Folder(folder.clone())),
            (None, Some(_)) => Err(Error::invalid("a folder has no \"platform\"")),
            _ => Err(Error::invalid("what is asked for is either an \"image\" or a \"folder\"")),
        }
    }

    async fn of_image(&self, image: Reference) -> Result<Subject> {
        let platform = self.platform.as_deref().map(str::parse::<Platform>).transpose()?;
        let network = network(self.network.as_ref())?;
        let registry = open_source_of(&image.repository, &self.registries, network)?;
        let found = image.repository.at(registry.resolve(&image).await?.digest);
        let image = of_platform(&*registry, &found, platform.as_ref()).await?;
        Ok(Subject::Image { registry, image })
    }

    /// Whether it says how an SBOM is to be made.
    pub(super) fn names_generator(&self) -> bool {
        self.generator != GeneratorName::Cache || self.program.is_some() || self.is_for_own()
    }

    /// Whether it says what only Cache's own generator understands.
    fn is_for_own(&self) -> bool {
        self.layer_cache.is_some() || self.clock.is_some() || self.limits.is_some() || !self.without.is_empty()
    }

    fn generator(&self, watch: Option<Watch>) -> Result<Box<dyn Generator>> {
        let own = self.generator == GeneratorName::Cache;
        if own && self.program.is_some() {
            return Err(Error::invalid("Cache's own generator needs no \"program\""));
        }
        if !own && self.is_for_own() {
            let what = "\"layerCache\", \"without\", \"limits\" and \"clock\" are for Cache's own generator";
            return Err(Error::invalid(what));
        }
        Ok(match (self.generator, &self.program) {
            (GeneratorName::Cache, _) => Box::new(self.own(watch)?),
            (GeneratorName::Syft, Some(program)) => Box::new(SyftGenerator::at(program)),
            (GeneratorName::Syft, None) => Box::new(SyftGenerator::default()),
            (GeneratorName::Trivy, Some(program)) => Box::new(TrivyGenerator::at(program)),
            (GeneratorName::Trivy, None) => Box::new(TrivyGenerator::default()),
        })
    }

    fn own(&self, watch: Option<Watch>) -> Result<NativeGenerator> {
        if let Some(path) = self.without.iter().find(|path| !is_below(path)) {
            return Err(Error::invalid("\"without\" takes paths below the folder")
                .context("path", path)
                .hint("write it as vendor or docs/examples"));
        }
        let catalog = Catalog::new(self.limits.clone().unwrap_or_default());
        let catalog = self.without.iter().fold(catalog, |catalog, path| catalog.without(path));
        let mut generator = NativeGenerator::new(catalog);
        if let Some(folder) = &self.layer_cache {
            generator = generator.keeping(LayerCache::at(folder));
        }
        if let Some(now) = self.clock {
            generator = generator.at(now);
        }
        Ok(match watch {
            Some(watch) => generator.watched(watch),
            None => generator,
        })
    }
}

/// Whether a path leads from a folder to something in it, whatever lies there.
fn is_below(path: &str) -> bool {
    let parts: Vec<Component<'_>> = Path::new(path).components().filter(|part| *part != Component::CurDir).collect();
    !parts.is_empty() && parts.iter().all(|part| matches!(part, Component::Normal(_)))
}

/// What was found under the name of an image, or a folder.
pub(super) enum Subject {
    Image { registry: Arc<dyn Registry>, image: Pinned },
    Folder(PathBuf),
}

impl Subject {
    pub(super) fn target(&self) -> Target<'_> {
        match self {
            Subject::Image { registry, image } => Target::Image { registry: &**registry, image },
            Subject::Folder(folder) => Target::Folder(folder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[tokio::test]
    async fn what_is_passed_over_lies_below_the_folder_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("vendor")).unwrap();
        for (path, name) in [("package-lock.json", "own"), ("vendor/package-lock.json", "foreign")] {
            let lock = format!(r#"{{"dependencies": {{"{name}": {{"version": "1"}}}}}}"#);
            std::fs::write(folder.path().join(path), lock).unwrap();
        }
        let generate = async |without: &str| {
            let without = if without.is_empty() { Vec::new() } else { vec![without.to_owned()] };
            let config =
                GenerateConfig { folder: Some(folder.path().to_owned()), without, ..GenerateConfig::default() };
            let sbom = config.generate(None).await?;
            let names = sbom.packages.iter().map(|package| package.name.to_string());
            Ok::<_, Error>(names.filter(|name| ["own", "foreign"].contains(&&name[..])).collect::<Vec<_>>())
        };
        assert_eq!(generate("").await.unwrap().len(), 2);
        for without in ["vendor", "vendor/", "./vendor", "vendor//./package-lock.json"] {
            assert_eq!(generate(without).await.unwrap(), ["own"], "{without}");
        }
        for without in ["/vendor", "..", "vendor/../vendor", ".", "./"] {
            let error = generate(without).await.unwrap_err();
            assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains(without), "{error}");
        }
    }
}
