//! Looking at an image where it is: what people ask crane and skopeo for, each in one call.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Registry;
use crate::error::{Absent, Error, Result};
use crate::model::manifest::MAX_CONFIG;
use crate::model::{
    Descriptor, Digest, ImageManifest, Manifest, ManifestBody, Pinned, Platform, Reference, Repository, Tag, Transport,
    null_is_empty,
};

/// What `skopeo inspect` tells of an image, under the same names when it is serialised (`Digest`, `RepoTags`, `Env`, …), so that what
/// reads the one reads the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Inspection {
    /// The repository of a registry, without the tag: `host/path`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The digest of what the reference names: of the index, where it is one.
    pub digest: Digest,
    /// Every tag of the repository, sorted. Empty where the place lists none.
    pub repo_tags: Vec<Tag>,
    /// When it says that it was made, as it says it.
    pub created: Option<String>,
    /// The version of docker that made it; mostly empty.
    pub docker_version: String,
    /// Its labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// The processor that it is for, such as `amd64`.
    pub architecture: String,
    /// The operating system that it is for, such as `linux`.
    pub os: String,
    /// The digests of its layers, the lowest first.
    pub layers: Vec<Digest>,
    /// More of each layer.
    pub layers_data: Vec<Layer>,
    /// The environment of its processes: `NAME=value`.
    pub env: Option<Vec<String>>,
}

/// One layer of an [`Inspection`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Layer {
    /// Its media type.
    #[serde(rename = "MIMEType")]
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes, compressed.
    pub size: u64,
    /// Its annotations.
    pub annotations: Option<BTreeMap<String, String>>,
}

/// What is looked at of a configuration (OCI image specification, `config.md`). Anything else is passed over.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    created: Option<String>,
    #[serde(deserialize_with = "null_is_empty")]
    docker_version: String,
    #[serde(deserialize_with = "null_is_empty")]
    architecture: String,
    #[serde(deserialize_with = "null_is_empty")]
    os: String,
    #[serde(deserialize_with = "null_is_empty")]
    config: Run,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Run {
    labels: Option<BTreeMap<String, String>>,
    env: Option<Vec<String>>,
}

/// Looks at an image, as `skopeo inspect` does. An index is looked at for one platform.
///
/// # Errors
/// `NotFound` where there is no such image; `Invalid` where an index has several platforms and none is asked for, or the
/// configuration is none; `Unsupported` where it is no container image; what the registry says.
pub async fn inspect(registry: &dyn Registry, image: &Reference, platform: Option<&Platform>) -> Result<Inspection> {
    let repository = &image.repository;
    let named = repository.at(registry.resolve(image).await?.digest);
    let (manifest, config) = configured(registry, &named, platform).await?;
    let config = read(&config).map_err(|e| e.context("image", image))?;
    let layers: Vec<Layer> = manifest.layers.iter().map(Layer::of).collect();
    Ok(Inspection {
        name: (repository.transport() == Transport::Registry).then(|| repository.to_string()),
        digest: named.digest,
        // Whoever may read an image may not always list its neighbours; a place without tags has none.
        repo_tags: registry.tags(repository).await.absent_is_none()?.unwrap_or_default(),
        created: config.created,
        docker_version: config.docker_version,
        labels: config.config.labels,
        architecture: config.architecture,
        os: config.os,
        layers: layers.iter().map(|layer| layer.digest.clone()).collect(),
        layers_data: layers,
        env: config.config.env,
    })
}

fn read(config: &[u8]) -> Result<Config> {
    // What is read by names may be read by places too, which nobody writes on purpose.
    if !config.trim_ascii_start().starts_with(b"{") {
        return Err(Error::invalid("the configuration is none of an image: no object"));
    }
    let invalid = |e: serde_json::Error| Error::invalid(format!("the configuration is none of an image: {e}"));
    serde_json::from_slice(config).map_err(invalid)
}

/// The manifest that a reference names, byte for byte; with a platform, that of its image out of an index. What `crane manifest` and
/// `skopeo inspect --raw` print.
///
/// # Errors
/// `NotFound` where there is no such image, or none for the platform; what the registry says.
pub async fn manifest(registry: &dyn Registry, image: &Reference, platform: Option<&Platform>) -> Result<Manifest> {
    let mut named = image.repository.at(registry.resolve(image).await?.digest);
    if platform.is_some() {
        named = of_platform(registry, &named, platform).await?;
    }
    registry.manifest(&named).await
}

/// The configuration of an image, byte for byte. What `crane config` and `skopeo inspect --config --raw` print.
///
/// # Errors
/// As [`inspect`]; whatever the configuration is, it is given.
pub async fn config(registry: &dyn Registry, image: &Reference, platform: Option<&Platform>) -> Result<Bytes> {
    let named = image.repository.at(registry.resolve(image).await?.digest);
    Ok(configured(registry, &named, platform).await?.1)
}

/// The configuration that a manifest names.
///
/// # Errors
/// `Invalid` where it is larger than 8 MiB; what the registry says.
pub async fn config_of(registry: &dyn Registry, repository: &Repository, image: &ImageManifest) -> Result<Bytes> {
    if image.config.size > MAX_CONFIG {
        let message = format!("a configuration of {} bytes; {MAX_CONFIG} are allowed", image.config.size);
        return Err(Error::invalid(message).context("digest", &image.config.digest));
    }
    registry.blob(repository, &image.config).await?.into_bytes(MAX_CONFIG).await
}

async fn configured(
    registry: &dyn Registry,
    image: &Pinned,
    platform: Option<&Platform>,
) -> Result<(ImageManifest, Bytes)> {
    let image = of_platform(registry, image, platform).await?;
    let manifest = registry.manifest(&image).await?;
    let ManifestBody::Image(body) = manifest.value() else {
        return Err(Error::unsupported("an index within an index has no configuration").context("image", image));
    };
    let bytes = config_of(registry, &image.repository, body).await.map_err(|e| e.context("image", &image))?;
    Ok((body.clone(), bytes))
}

/// The image for a platform, out of an index, or the image itself where there is but one. Children that hold attestations are
/// no platforms.
///
/// # Errors
/// `NotFound` where there is none for the platform; `Invalid` where there are several and no platform is asked for.
pub async fn of_platform(registry: &dyn Registry, image: &Pinned, platform: Option<&Platform>) -> Result<Pinned> {
    let manifest = registry.manifest(image).await?;
    let ManifestBody::Index(index) = manifest.value() else { return Ok(image.clone()) };
    let runs = |child: &&Descriptor| child.platform.as_ref().is_none_or(|platform| platform.os != "unknown");
    let children: Vec<&Descriptor> = index.manifests.iter().filter(runs).collect();
    let names = || {
        let named = children.iter().filter_map(|child| child.platform.as_ref()).map(Platform::to_string);
        named.collect::<Vec<_>>().join(", ")
    };
    let fits = |child: &&&Descriptor| match (platform, &child.platform) {
        (Some(wanted), Some(offered)) => {
            let same = (&wanted.os, &wanted.architecture) == (&offered.os, &offered.architecture);
            same && (wanted.variant.is_none() || wanted.variant == offered.variant)
        }
        (Some(_), None) => false,
        (None, _) => true,
    };
    match (children.iter().filter(fits).collect::<Vec<_>>().as_slice(), platform) {
        ([one], _) => Ok(image.repository.at(one.digest.clone())),
        ([first, ..], Some(_)) => Ok(image.repository.at(first.digest.clone())),
        ([], _) => Err(Error::not_found("the index has no image for the platform").context("platforms", names())),
        _ => Err(Error::invalid("the index has images for several platforms")
            .context("platforms", names())
            .hint("say which platform is meant")),
    }
}

impl Layer {
    fn of(layer: &Descriptor) -> Layer {
        Layer {
            media_type: layer.media_type.clone(),
            digest: layer.digest.clone(),
            size: layer.size,
            annotations: Some(layer.annotations.clone()).filter(|annotations| !annotations.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::ErrorKind;
    use crate::model::manifest::media_type;
    use crate::registry::MemoryRegistry;

    const CONFIG: &str = r#"{"created": "2026-01-02T03:04:05Z", "architecture": "amd64", "os": "linux", "docker_version": null,
        "config": {"Labels": {"a": "b"}, "Env": ["PATH=/bin"]}, "rootfs": {"type": "layers", "diff_ids": []}}"#;

    struct World {
        registry: MemoryRegistry,
        repository: Repository,
    }

    impl World {
        fn new() -> Self {
            World { registry: MemoryRegistry::new(), repository: "memory:app".parse().unwrap() }
        }

        fn put(&self, tag: Option<&str>, document: &Value) -> Reference {
            let tag = tag.map(|tag| tag.parse().unwrap());
            let put = self.registry.insert_manifest(&self.repository, tag, document.to_string()).unwrap();
            self.repository.at(put.digest).into()
        }

        fn image(&self, tag: Option<&str>, config: &str) -> Reference {
            let layer = Descriptor::new(media_type::OCI_LAYER_GZIP, Digest::of(b"layer"), 5);
            let annotated = Descriptor { annotations: [("k".to_owned(), "v".to_owned())].into(), ..layer.clone() };
            let config = self.registry.insert_blob(config.to_owned());
            let config = Descriptor { media_type: media_type::OCI_CONFIG.into(), ..config };
            self.put(
                tag,
                &json!({
                    "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config,
                    "layers": [layer, annotated],
                }),
            )
        }

        fn index(&self, children: &[(&str, &str, &Reference)]) -> Reference {
            let child = |(os, arch, image): &(&str, &str, &Reference)| {
                json!({
                    "mediaType": media_type::OCI_MANIFEST, "digest": image.digest, "size": 1,
                    "platform": {"os": os, "architecture": arch},
                })
            };
            let manifests: Vec<Value> = children.iter().map(child).collect();
            let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests});
            self.put(Some("index"), &index)
        }
    }

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn an_image_is_told_under_the_names_that_skopeo_gives() {
        let world = World::new();
        let image = world.image(Some("v1"), CONFIG);
        let tagged: Reference = "memory:app:v1".parse().unwrap();
        let seen = serde_json::to_value(inspect(&world.registry, &tagged, None).await.unwrap()).unwrap();
        let layer = Digest::of(b"layer");
        let told = |annotations: Value| json!({"MIMEType": media_type::OCI_LAYER_GZIP, "Digest": layer, "Size": 5, "Annotations": annotations});
        let expected = json!({
            "Digest": image.digest, "RepoTags": ["v1"], "Created": "2026-01-02T03:04:05Z", "DockerVersion": "",
            "Labels": {"a": "b"}, "Architecture": "amd64", "Os": "linux", "Layers": [layer, layer],
            "LayersData": [told(Value::Null), told(json!({"k": "v"}))], "Env": ["PATH=/bin"],
        });
        assert_eq!(seen, expected);
        assert_eq!(config(&world.registry, &tagged, None).await.unwrap(), CONFIG);
        assert_eq!(manifest(&world.registry, &tagged, None).await.unwrap().digest(), image.digest.as_ref().unwrap());
    }

    #[tokio::test]
    async fn the_image_for_a_platform_is_picked_out_of_an_index() {
        let world = World::new();
        let (amd, arm) = (world.image(None, CONFIG), world.image(None, &CONFIG.replace("amd64", "arm64")));
        let one = world.index(&[("linux", "amd64", &amd), ("unknown", "unknown", &arm)]);
        let seen = inspect(&world.registry, &one, None).await.unwrap();
        assert_eq!((seen.architecture.as_str(), Some(&seen.digest)), ("amd64", one.digest.as_ref()));

        let two = world.index(&[("linux", "amd64", &amd), ("linux", "arm64", &arm)]);
        let error = config(&world.registry, &two, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("linux/amd64, linux/arm64"), "{error}");
        let of = |wanted: &str| {
            let wanted = platform(wanted);
            let (registry, two) = (&world.registry, &two);
            async move { manifest(registry, two, Some(&wanted)).await.map(|manifest| Some(manifest.digest().clone())) }
        };
        assert_eq!(of("linux/arm64").await.unwrap(), arm.digest);
        assert!(of("linux/s390x").await.unwrap_err().is_not_found());
        // Without a platform the index itself is meant.
        assert_eq!(manifest(&world.registry, &two, None).await.unwrap().digest(), two.digest.as_ref().unwrap());
    }

    #[tokio::test]
    async fn what_is_no_configuration_of_an_image_is_an_error() {
        let world = World::new();
        for config in ["[]", "", r#"{"config": 7}"#] {
            let image = world.image(None, config);
            let error = inspect(&world.registry, &image, None).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{config}");
            assert_eq!(super::config(&world.registry, &image, None).await.unwrap(), config);
        }
        let large = Descriptor::new(media_type::OCI_CONFIG, Digest::of(b"x"), MAX_CONFIG + 1);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": large, "layers": [],
        });
        let image = world.put(None, &manifest);
        assert_eq!(inspect(&world.registry, &image, None).await.unwrap_err().kind(), ErrorKind::Invalid);
        let inner = world.index(&[]);
        let outer = world.index(&[("linux", "amd64", &inner)]);
        assert_eq!(inspect(&world.registry, &outer, None).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(inspect(&world.registry, &"memory:app:gone".parse().unwrap(), None).await.unwrap_err().is_not_found());
    }
}
