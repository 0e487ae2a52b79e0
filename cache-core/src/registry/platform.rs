//! Which image is meant where a platform is asked for.

use bytes::Bytes;

use super::Registry;
use super::config::{config_of, read};
use crate::error::{Error, Result};
use crate::model::{Descriptor, ImageIndex, ImageManifest, Manifest, ManifestBody, Pinned, Platform};

/// The image for a platform: out of an index, or the image itself, where its configuration says that platform. Without a platform,
/// the only image that there is. Children that hold attestations are no platforms.
///
/// A variant that is named has to be that one; an image that says none is of the usual one: `v1` of `amd64`, `v7` of `arm`, `v8`
/// of `arm64`. Whoever names none gets the usual one and, where it is not there, the only other.
///
/// # Errors
/// `NotFound` where there is none for the platform, or nothing says which platform it is for, as of an artifact; `Invalid` where
/// there are several and it is not said which; what the registry says.
pub async fn of_platform(registry: &dyn Registry, image: &Pinned, platform: Option<&Platform>) -> Result<Pinned> {
    Ok(choose(registry, image, platform).await?.image)
}

/// The manifest of that image, and its configuration where that was read to know what the image is for.
pub(super) async fn manifest_of_platform(
    registry: &dyn Registry,
    image: &Pinned,
    platform: Option<&Platform>,
) -> Result<(Manifest, Option<Bytes>)> {
    let chosen = choose(registry, image, platform).await?;
    let manifest = match chosen.manifest {
        Some(manifest) => manifest,
        None => registry.manifest(&chosen.image).await?,
    };
    Ok((manifest, chosen.config))
}

/// An image, and what of it was read to choose it.
struct Chosen {
    image: Pinned,
    manifest: Option<Manifest>,
    config: Option<Bytes>,
}

async fn choose(registry: &dyn Registry, image: &Pinned, platform: Option<&Platform>) -> Result<Chosen> {
    let manifest = registry.manifest(image).await?;
    match manifest.value() {
        ManifestBody::Index(index) => {
            let image = image.repository.at(child(index, platform)?.digest.clone());
            Ok(Chosen { image, manifest: None, config: None })
        }
        ManifestBody::Image(body) => {
            let config = own_config(registry, image, body, platform).await?;
            Ok(Chosen { image: image.clone(), manifest: Some(manifest), config })
        }
    }
}

fn child<'a>(index: &'a ImageIndex, platform: Option<&Platform>) -> Result<&'a Descriptor> {
    let children: Vec<&Descriptor> = index.manifests.iter().filter(|child| child.may_run()).collect();
    let named: Vec<(&Platform, &Descriptor)> =
        children.iter().filter_map(|child| Some((child.platform.as_ref()?, *child))).collect();
    let names = || named.iter().map(|(platform, _)| platform.to_string()).collect::<Vec<_>>().join(", ");
    let several =
        |what: &str| Error::invalid(format!("the index has images for several {what}")).context("platforms", names());
    match (platform, children.as_slice()) {
        (Some(wanted), _) => match fitting(wanted, &named) {
            Fitting::One(child) => Ok(child),
            Fitting::None => Err(no_image(names())),
            Fitting::Several => Err(several("variants").hint("name the variant, as in linux/arm/v6")),
        },
        (None, [one]) => Ok(one),
        (None, []) => Err(no_image(names())),
        (None, _) => Err(several("platforms").hint("say which platform is meant")),
    }
}

/// What is there for a platform.
enum Fitting<T> {
    None,
    One(T),
    Several,
}

/// Which of several platforms, each with what is for it, is the one that is wanted.
fn fitting<T: Copy>(wanted: &Platform, offered: &[(&Platform, T)]) -> Fitting<T> {
    let same = |(own, _): &&(&Platform, T)| (&own.os, &own.architecture) == (&wanted.os, &wanted.architecture);
    let same: Vec<_> = offered.iter().filter(same).collect();
    let is_named = wanted.variant.as_deref().is_some_and(|variant| !variant.is_empty());
    match (same.iter().find(|(own, _)| variant(own) == variant(wanted)), same.as_slice()) {
        (Some((_, found)), _) => Fitting::One(*found),
        (None, [(_, only)]) if !is_named => Fitting::One(*only),
        (None, [_, _, ..]) if !is_named => Fitting::Several,
        _ => Fitting::None,
    }
}

/// The variant, or the usual one of the processor, which many an image leaves out.
fn variant(platform: &Platform) -> &str {
    match (platform.architecture.as_str(), platform.variant.as_deref().unwrap_or_default()) {
        ("amd64", "") => "v1",
        ("arm", "") => "v7",
        ("arm64", "") => "v8",
        (_, named) => named,
    }
}

/// The configuration of an image that is no part of an index, where a platform is asked for: it has to say that one.
async fn own_config(
    registry: &dyn Registry,
    image: &Pinned,
    body: &ImageManifest,
    platform: Option<&Platform>,
) -> Result<Option<Bytes>> {
    let Some(wanted) = platform else { return Ok(None) };
    let config = config_of(registry, &image.repository, body).await.map_err(|e| e.context("image", image))?;
    match said(&config) {
        Some(own) if matches!(fitting(wanted, &[(&own, ())]), Fitting::One(())) => Ok(Some(config)),
        Some(own) => Err(no_image(own.to_string()).context("image", image)),
        None => Err(Error::not_found("the image does not say which platform it is for; an artifact is for none")
            .context("image", image)
            .hint("ask for it without a platform")),
    }
}

/// The platform that a configuration says.
fn said(config: &[u8]) -> Option<Platform> {
    let own: Platform = read(config).ok()?;
    (!own.os.is_empty() && !own.architecture.is_empty()).then_some(own)
}

fn no_image(offered: String) -> Error {
    Error::not_found("there is no image for the platform").context("platforms", offered)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ErrorKind;
    use crate::model::Repository;
    use crate::model::manifest::{MAX_CONFIG, media_type};
    use crate::registry::MemoryRegistry;

    struct World {
        registry: MemoryRegistry,
        repository: Repository,
    }

    impl World {
        fn new() -> Self {
            World { registry: MemoryRegistry::new(), repository: "memory:app".parse().unwrap() }
        }

        fn put(&self, config: &Descriptor) -> Pinned {
            let manifest = json!({
                "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": [],
            });
            let put = self.registry.insert_manifest(&self.repository, None, manifest.to_string()).unwrap();
            self.repository.at(put.digest)
        }

        fn image(&self, config: &str) -> Pinned {
            let config = self.registry.insert_blob(config.to_owned());
            self.put(&Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size))
        }

        /// An index of images, each for one of these platforms: `os/architecture`, with a variant or none.
        fn index(&self, platforms: &[&str]) -> (Pinned, Vec<Pinned>) {
            let images: Vec<Pinned> = (0..platforms.len()).map(|at| self.image(&at.to_string())).collect();
            let child = |(platform, image): (&&str, &Pinned)| {
                let platform: Platform = platform.parse().unwrap();
                json!({"mediaType": media_type::OCI_MANIFEST, "digest": image.digest, "size": 1, "platform": platform})
            };
            let children: Vec<_> = platforms.iter().zip(&images).map(child).collect();
            let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children});
            let put = self.registry.insert_manifest(&self.repository, None, index.to_string()).unwrap();
            (self.repository.at(put.digest), images)
        }

        async fn of(&self, image: &Pinned, platform: &str) -> Result<Pinned> {
            of_platform(&self.registry, image, Some(&platform.parse().unwrap())).await
        }
    }

    #[tokio::test]
    async fn an_image_that_is_there_alone_is_for_the_platform_that_it_says() {
        let world = World::new();
        for (config, fitting, others) in [
            (json!({"os": "linux", "architecture": "amd64"}), "linux/amd64", ["linux/arm64", "windows/amd64"]),
            (
                json!({"os": "linux", "architecture": "arm", "variant": "v7", "os.features": null}),
                "linux/arm/v7",
                ["linux/arm/v6", "linux/arm64"],
            ),
            (json!({"os": "linux", "architecture": "arm", "variant": "v7"}), "linux/arm", ["linux/amd64", "x/arm"]),
            (json!({"os": "linux", "architecture": "arm64"}), "linux/arm64/v8", ["linux/amd64/v8", "linux/arm/v8"]),
            (
                json!({"os": "linux", "architecture": "arm64", "variant": ""}),
                "linux/arm64/v8",
                ["linux/arm", "linux/amd64"],
            ),
        ] {
            let image = world.image(&config.to_string());
            assert_eq!(world.of(&image, fitting).await.unwrap(), image, "{fitting}");
            for other in others {
                let error = world.of(&image, other).await.unwrap_err();
                assert!(error.is_not_found(), "{other}: {error}");
                let named = error.contexts().iter().find(|(key, _)| *key == "platforms").unwrap();
                assert!(named.1.starts_with("linux/a"), "{error}");
            }
            assert_eq!(of_platform(&world.registry, &image, None).await.unwrap(), image);
        }
    }

    #[tokio::test]
    async fn a_variant_that_is_not_said_is_the_usual_one() {
        let world = World::new();
        const NONE: Result<usize, ErrorKind> = Err(ErrorKind::NotFound);
        let cases: [(&[&str], &str, Result<usize, ErrorKind>); 18] = [
            (&["linux/arm64"], "linux/arm64/v8", Ok(0)),
            (&["linux/arm64/v8"], "linux/arm64", Ok(0)),
            (&["linux/arm64"], "linux/arm64/v9", NONE),
            (&["linux/arm"], "linux/arm/v7", Ok(0)),
            (&["linux/arm"], "linux/arm/v6", NONE),
            (&["linux/arm/v6", "linux/arm/v7"], "linux/arm", Ok(1)),
            (&["linux/arm/v6", "linux/arm"], "linux/arm", Ok(1)),
            (&["linux/arm/v6", "linux/arm64"], "linux/arm", Ok(0)),
            (&["linux/arm/v6"], "linux/arm/v7", NONE),
            (&["linux/arm/v5", "linux/arm/v6"], "linux/arm", Err(ErrorKind::Invalid)),
            (&["linux/arm/v5", "linux/arm/v6"], "linux/arm/v6", Ok(1)),
            (&["linux/amd64/v3", "linux/amd64"], "linux/amd64", Ok(1)),
            (&["linux/amd64/v3", "linux/amd64"], "linux/amd64/v3", Ok(0)),
            (&["linux/amd64/v3", "linux/amd64"], "linux/amd64/v2", NONE),
            (&["linux/amd64", "linux/amd64"], "linux/amd64/v1", Ok(0)),
            (&["linux/riscv64"], "linux/riscv64/rva23", NONE),
            (&["linux/ppc64le/power9"], "linux/ppc64le", Ok(0)),
            (&["windows/amd64"], "linux/amd64", NONE),
        ];
        for (offered, wanted, expected) in cases {
            let (index, images) = world.index(offered);
            let found = world.of(&index, wanted).await.map_err(|error| error.kind());
            assert_eq!(found, expected.map(|at| images[at].clone()), "{wanted} of {offered:?}");
            if let [one] = offered {
                let platform: Platform = one.parse().unwrap();
                let alone = world.image(&serde_json::to_string(&platform).unwrap());
                let found = world.of(&alone, wanted).await.map_err(|error| error.kind());
                assert_eq!(found, expected.map(|_| alone.clone()), "{wanted} of {one} alone");
            }
        }
    }

    #[tokio::test]
    async fn what_says_no_platform_is_for_none() {
        let world = World::new();
        for config in
            ["{}", "", "[\"linux\", \"amd64\"]", r#"{"os": "linux"}"#, r#"{"os": "", "architecture": "amd64"}"#]
        {
            let image = world.image(config);
            let error = world.of(&image, "linux/amd64").await.unwrap_err();
            assert!(error.is_not_found() && error.message().contains("does not say"), "{config}: {error}");
            assert_eq!(of_platform(&world.registry, &image, None).await.unwrap(), image);
        }
    }

    #[tokio::test]
    async fn a_configuration_that_is_not_there_or_too_large_is_told() {
        let world = World::new();
        let config = |size| Descriptor::new(media_type::OCI_CONFIG, crate::model::Digest::of(b"x"), size);
        for (size, kind) in [(1, ErrorKind::NotFound), (MAX_CONFIG + 1, ErrorKind::Invalid)] {
            let image = world.put(&config(size));
            let error = world.of(&image, "linux/amd64").await.unwrap_err();
            assert!(error.kind() == kind && error.to_string().contains(image.digest.as_str()), "{error}");
            assert_eq!(of_platform(&world.registry, &image, None).await.unwrap(), image);
        }
    }
}
