//! Looking at registries, as text: what people ask crane and skopeo for, each in one call.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::Deserialize;

use super::entries::check;
use super::network::{NetworkConfig, network};
use super::registry::any_of;
use super::{RegistryConfig, open_source_of, registry_report};
use crate::error::{Error, Result};
use crate::model::{Descriptor, Digest, Platform, Reference, Repository, Tag, Transport};
use crate::registry::credentials::{Credential, DockerCredentials, write_docker_login};
use crate::registry::inspect::{self, Inspection};
use crate::registry::{Network, Registry};
use crate::scan::Report;

/// A larger blob is a layer, which nobody wants whole in memory.
const MAX_BLOB: u64 = 256 << 20;

/// How registries are reached.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistriesConfig {
    /// The registries that are more than the OCI protocol, or have a login of their own.
    #[serde(default)]
    pub registries: Vec<RegistryConfig>,
    /// How they are reached; without it, as the machine and its environment say.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
}

impl RegistriesConfig {
    /// Nothing is opened yet.
    ///
    /// # Errors
    /// `Invalid` where the network or an entry is not as it should be; as [`open_source_of`].
    pub fn open(self) -> Result<Registries> {
        check(&self.registries)?;
        let network = network(self.network.as_ref())?;
        Ok(Registries { registries: self.registries, network, opened: Mutex::default() })
    }
}

/// Registries and other places of images, to be looked at. Nothing is changed in any of them. What is opened stays open.
///
/// Images are references (`host/path:tag`, `host/path@sha256:…`, `oci:folder:tag`); without a tag and a digest, `latest` is meant.
/// A platform is `os/architecture` or `os/architecture/variant`.
pub struct Registries {
    registries: Vec<RegistryConfig>,
    network: Network,
    opened: Mutex<HashMap<String, Arc<dyn Registry>>>,
}

impl fmt::Debug for Registries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registries").field("registries", &self.registries).finish_non_exhaustive()
    }
}

impl Registries {
    /// Every tag of a repository, sorted.
    ///
    /// # Errors
    /// `NotFound` where there is no such repository; what the registry says.
    pub async fn tags(&self, repository: &str) -> Result<Vec<Tag>> {
        let repository: Repository = repository.parse()?;
        self.of(&repository)?.tags(&repository).await
    }

    /// The digest of what a reference names; with a platform, of its image for it.
    ///
    /// # Errors
    /// `NotFound` where there is no such image, or none for the platform; what the registry says.
    pub async fn digest(&self, image: &str, platform: Option<&str>) -> Result<Digest> {
        let (image, platform) = asked(image, platform)?;
        let registry = self.of(&image.repository)?;
        match platform {
            None => Ok(registry.resolve(&image).await?.digest),
            Some(_) => Ok(inspect::manifest(&*registry, &image, platform.as_ref()).await?.digest().clone()),
        }
    }

    /// A manifest, byte for byte. See [`inspect::manifest`].
    ///
    /// # Errors
    /// As there.
    pub async fn manifest(&self, image: &str, platform: Option<&str>) -> Result<Bytes> {
        let (image, platform) = asked(image, platform)?;
        let registry = self.of(&image.repository)?;
        Ok(inspect::manifest(&*registry, &image, platform.as_ref()).await?.bytes().clone())
    }

    /// The configuration of an image, byte for byte. See [`inspect::config`].
    ///
    /// # Errors
    /// As there.
    pub async fn config(&self, image: &str, platform: Option<&str>) -> Result<Bytes> {
        let (image, platform) = asked(image, platform)?;
        inspect::config(&*self.of(&image.repository)?, &image, platform.as_ref()).await
    }

    /// What an image is, as `skopeo inspect` tells it. See [`inspect::inspect`].
    ///
    /// # Errors
    /// As there.
    pub async fn inspect(&self, image: &str, platform: Option<&str>) -> Result<Inspection> {
        let (image, platform) = asked(image, platform)?;
        inspect::inspect(&*self.of(&image.repository)?, &image, platform.as_ref()).await
    }

    /// What is attached to an image, by the referrers API or the fallback tag.
    ///
    /// # Errors
    /// `NotFound` where there is no such image; what the registry says.
    pub async fn referrers(&self, image: &str) -> Result<Vec<Descriptor>> {
        let (image, _) = asked(image, None)?;
        let registry = self.of(&image.repository)?;
        let image = image.repository.at(registry.resolve(&image).await?.digest);
        registry.referrers(&image).await
    }

    /// A blob that a manifest of the repository names, whole: a document that is attached, or a small layer.
    ///
    /// # Errors
    /// `NotFound` where there is no such blob; `Invalid` where it has more than 256 MiB; `Untrusted` where it is another than
    /// the descriptor says; what the registry says.
    pub async fn blob(&self, repository: &str, blob: &Descriptor) -> Result<Bytes> {
        let repository: Repository = repository.parse()?;
        self.of(&repository)?.blob(&repository, blob).await?.into_bytes(MAX_BLOB).await
    }

    /// What the registry's own scanner found in an image; with a platform, in its image for it. See
    /// [`registry_report`].
    ///
    /// # Errors
    /// As there and [`digest`](Registries::digest).
    pub async fn findings(&self, image: &str, platform: Option<&str>) -> Result<Report> {
        let (named, _) = asked(image, None)?;
        let image = named.repository.at(self.digest(image, platform).await?);
        registry_report(&*self.of(&image.repository)?, &image).await
    }

    /// Every repository of a registry that may be seen, sorted.
    ///
    /// # Errors
    /// `Unsupported` where it lists none; what the registry says.
    pub async fn repositories(&self, host: &str) -> Result<Vec<Repository>> {
        let registry = self.of_host(host)?;
        let nothing = || Error::unsupported("this registry lists no repositories").context("registry", host);
        registry.abilities().catalog.ok_or_else(nothing)?.repositories().await
    }

    /// The login that a registry is shown now, to be handed on, as to `docker login --password-stdin`: that of its entry, of
    /// docker's files, or what its system gives (ECR's lasts twelve hours). `None` where there is none.
    ///
    /// # Errors
    /// `Unsupported` where it is a bearer token, which no login takes; what the source of the login says.
    pub async fn login(&self, host: &str) -> Result<Option<Credential>> {
        let registry = self.of_host(host)?;
        let nothing = || Error::unsupported("this place has no login").context("registry", host);
        let login = registry.abilities().login.ok_or_else(nothing)?.login().await?;
        Ok(login.reveal()?.is_some().then_some(login))
    }

    /// Writes that login into docker's file, or the one that is given. See [`write_docker_login`].
    ///
    /// # Errors
    /// As [`login`](Registries::login) and there; `NotFound` where there is no login.
    pub async fn save_login(&self, host: &str, path: Option<&Path>) -> Result<()> {
        let nothing = || Error::not_found("there is no login to save").context("registry", host);
        let login = self.login(host).await?.ok_or_else(nothing)?;
        match path {
            Some(path) => write_docker_login(path, host, &login),
            None => write_docker_login(&DockerCredentials::file_of_docker()?, host, &login),
        }
    }

    fn of_host(&self, host: &str) -> Result<Arc<dyn Registry>> {
        self.of(&any_of(host)?)
    }

    fn of(&self, repository: &Repository) -> Result<Arc<dyn Registry>> {
        let open = || open_source_of(repository, &self.registries, self.network.clone());
        if repository.transport() != Transport::Registry {
            return open();
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registry) = opened.get(repository.host()) {
            return Ok(registry.clone());
        }
        let registry = open()?;
        opened.insert(repository.host().to_owned(), registry.clone());
        Ok(registry)
    }
}

fn asked(image: &str, platform: Option<&str>) -> Result<(Reference, Option<Platform>)> {
    let image: Reference = image.parse::<Reference>()?.or_latest();
    Ok((image, platform.map(str::parse).transpose()?))
}

#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::server::{Options, Server};
    use crate::error::ErrorKind;
    use crate::model::manifest::media_type;

    fn registries(config: serde_json::Value) -> Registries {
        serde_json::from_value::<RegistriesConfig>(config).unwrap().open().unwrap()
    }

    #[tokio::test]
    async fn each_question_is_one_call() {
        let server = Server::start(Options::default()).await.unwrap();
        let config = r#"{"os": "linux", "architecture": "amd64"}"#;
        server.put_blob("dev/app", config);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "layers": [],
            "config": Descriptor::of(media_type::OCI_CONFIG, config.as_bytes()),
        });
        let image = server.put_manifest("dev/app", Some("latest"), manifest.to_string(), media_type::OCI_MANIFEST);
        let artifact = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": "application/vnd.test",
            "config": Descriptor::of(media_type::OCI_EMPTY, b"{}"), "layers": [],
            "subject": Descriptor::new(media_type::OCI_MANIFEST, image.clone(), manifest.to_string().len() as u64),
        });
        server.put_blob("dev/app", "{}");
        let attached = server.put_manifest("dev/app", None, artifact.to_string(), media_type::OCI_MANIFEST);

        let registries = registries(json!({}));
        let (host, name) = (server.host(), format!("{}/dev/app", server.host()));
        assert_eq!(registries.tags(&name).await.unwrap().iter().map(Tag::as_str).collect::<Vec<_>>(), ["latest"]);
        assert_eq!(registries.digest(&name, None).await.unwrap(), image);
        assert_eq!(registries.digest(&name, Some("linux/amd64")).await.unwrap(), image);
        assert!(registries.digest(&name, Some("linux/arm64")).await.unwrap_err().is_not_found());
        let attached_there = format!("{name}@{attached}");
        assert!(registries.digest(&attached_there, Some("linux/amd64")).await.unwrap_err().is_not_found());
        assert_eq!(registries.manifest(&name, None).await.unwrap(), manifest.to_string());
        assert_eq!(registries.config(&name, None).await.unwrap(), config);
        let asked = || (server.count("GET", "/manifests/"), server.count("GET", "/blobs/"));
        let before = asked();
        assert_eq!(registries.config(&name, Some("linux/amd64")).await.unwrap(), config);
        // The tag, the manifest, and once the configuration, which says the platform and is what is wanted.
        assert_eq!(asked(), (before.0 + 2, before.1 + 1));
        let seen = registries.inspect(&name, None).await.unwrap();
        assert_eq!((seen.name.as_deref(), seen.os.as_str()), (Some(name.as_str()), "linux"));
        let referrers = registries.referrers(&name).await.unwrap();
        assert_eq!(referrers.iter().map(|referrer| &referrer.digest).collect::<Vec<_>>(), [&attached]);
        let blob = Descriptor::of(media_type::OCI_CONFIG, config.as_bytes());
        assert_eq!(registries.blob(&name, &blob).await.unwrap(), config);
        let large = Descriptor { size: MAX_BLOB + 1, ..blob };
        assert!(registries.blob(&name, &large).await.is_err());
        // A registry without a scanner.
        assert_eq!(registries.findings(&name, None).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(registries.repositories(host).await.unwrap(), [name.parse().unwrap()]);
        for bad in ["UPPER", "r.test/a b", ""] {
            assert_eq!(registries.digest(bad, None).await.unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
        }
        assert_eq!(registries.digest(&name, Some("linux")).await.unwrap_err().kind(), ErrorKind::Invalid);
        for bad in ["r.test/dev", "name", ""] {
            assert_eq!(registries.repositories(bad).await.unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
        }
        assert!(registries.of_host("index.docker.io").unwrap().abilities().catalog.is_some());
    }

    #[tokio::test]
    async fn a_login_is_handed_on_and_saved() {
        let entry = |host: &str, login| json!({"host": host, "login": login});
        let registries = registries(json!({"registries": [
            entry("r.test", json!({"user": "u", "password": "hunter2"})), entry("t.test", json!({"token": "hunter2"})),
        ]}));
        let login = registries.login("r.test").await.unwrap().unwrap();
        assert_eq!(login.reveal().unwrap(), Some(("u", "hunter2")));
        let error = registries.login("t.test").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(!format!("{error:?} {registries:?} {login:?}").contains("hunter2"));

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        registries.save_login("r.test", Some(&file)).await.unwrap();
        let saved = DockerCredentials::from_file(&file).unwrap();
        use crate::registry::credentials::Credentials;
        assert_eq!(saved.get("r.test", "any").await.unwrap().reveal().unwrap(), Some(("u", "hunter2")));
    }
}
