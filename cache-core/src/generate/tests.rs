use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::error::ErrorKind;
use crate::model::{Descriptor, Digest, Reference, Timestamp};
use crate::registry::testing::OtherBlobs;
use crate::registry::{BlobStream, MemoryRegistry};
use crate::sbom::catalog::{Catalog, Cataloger, Fact, FileInfo, Found, LAYER, Limits};

/// Reads files of the name `package`: one line, a name and a version.
#[derive(Debug)]
struct Named;

impl Cataloger for Named {
    fn name(&self) -> &'static str {
        "named"
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        file.file_name() == "package"
    }

    fn read(&self, _: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let mut text = String::new();
        content.read_to_string(&mut text).unwrap();
        let (name, version) = text.split_once(' ').unwrap();
        let found = Found { kind: "npm".into(), name: name.into(), version: version.into(), ..Found::default() };
        Ok(vec![Fact::Package(Box::new(found))])
    }
}

fn generator() -> NativeGenerator {
    let catalog = Catalog::of(vec![Box::new(Named)], Limits::default());
    NativeGenerator::new(catalog).at(Timestamp::from_unix(1_700_000_000).unwrap())
}

fn layer(path: &str, content: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    archive.append_data(&mut header, path, content.as_bytes()).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&archive.into_inner().unwrap()).unwrap();
    packed.finish().unwrap()
}

struct World {
    registry: MemoryRegistry,
    image: Pinned,
    layers: Vec<Digest>,
}

fn image(layers: &[Vec<u8>]) -> World {
    let registry = MemoryRegistry::new();
    let reference: Reference = "memory:dev/app:v1".parse().unwrap();
    let config = registry.insert_blob("{}");
    let blobs: Vec<Descriptor> = layers.iter().map(|layer| registry.insert_blob(layer.clone())).collect();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": Descriptor::new("application/vnd.oci.image.config.v1+json", config.digest, config.size),
        "layers": blobs.iter().map(|b| Descriptor::new("application/vnd.oci.image.layer.v1.tar+gzip", b.digest.clone(), b.size)).collect::<Vec<_>>(),
    });
    let digest =
        registry.insert_manifest(&reference.repository, reference.tag.clone(), manifest.to_string()).unwrap().digest;
    let image = reference.repository.at(digest);
    World { registry, image, layers: blobs.into_iter().map(|b| b.digest).collect() }
}

impl World {
    async fn sbom(&self, generator: &dyn Generator) -> Result<Sbom<'static>> {
        generator.generate(Target::Image { registry: &self.registry, image: &self.image }).await
    }
}

fn found(sbom: &Sbom<'_>) -> Vec<String> {
    sbom.packages.iter().filter_map(|p| p.purl.as_ref()).map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_is_read_layer_by_layer() {
    let world = image(&[layer("a/package", "x 1"), layer("b/package", "y 2"), layer("a/package", "x 3")]);
    let sbom = world.sbom(&generator()).await.unwrap();
    assert_eq!(sbom.describes, std::slice::from_ref(&world.image.digest));
    let purls = found(&sbom);
    assert!(purls[0].starts_with("pkg:oci/app@sha256"), "{purls:?}");
    assert_eq!(purls[1..], ["pkg:npm/x@3", "pkg:npm/y@2"]);
    let (_, digest) = sbom.packages[1].properties.iter().find(|(name, _)| name == LAYER).unwrap();
    assert_eq!(&**digest, world.layers[2].as_str());
    assert_eq!(sbom.metadata.created.as_deref(), Some("2023-11-14T22:13:20Z"));
    assert_eq!(world.sbom(&generator()).await.unwrap(), sbom, "the same image gives the same document");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_that_is_known_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let steps: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let seen = Arc::clone(&steps);
    let generator = generator()
        .keeping(LayerCache::at(folder.path()))
        .watched(Watch::new(move |step| seen.lock().unwrap().push(step.clone())));
    let base = layer("a/package", "x 1");
    let first = image(&[base.clone(), layer("b/package", "y 2")]);
    let sbom = first.sbom(&generator).await.unwrap();
    assert_eq!(first.sbom(&generator).await.unwrap(), sbom);
    steps.lock().unwrap().clear();
    let second = image(&[base, layer("c/package", "z 3")]);
    assert_eq!(found(&second.sbom(&generator).await.unwrap())[1..], ["pkg:npm/x@1", "pkg:npm/z@3"]);
    let steps = steps.lock().unwrap();
    let known = |digest: &Digest| {
        let layers = steps.iter().filter_map(|step| match step {
            Progress::Layer { digest: own, known, .. } if own == digest => Some(*known),
            _ => None,
        });
        layers.collect::<Vec<_>>()
    };
    assert_eq!((known(&second.layers[0]), known(&second.layers[1])), (vec![true], vec![false]));
    let bytes =
        |digest: &Digest| steps.iter().any(|s| matches!(s, Progress::Bytes { digest: own, .. } if own == digest));
    assert!(!bytes(&second.layers[0]) && bytes(&second.layers[1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_and_cannot_be_read_is_read_from_the_layer() {
    let folder = tempfile::tempdir().unwrap();
    let generator = generator().keeping(LayerCache::at(folder.path()));
    let world = image(&[layer("a/package", "x 1")]);
    let sbom = world.sbom(&generator).await.unwrap();
    let kept: Vec<_> = walk(folder.path());
    assert_eq!(kept.len(), 1);
    std::fs::write(&kept[0], "{\"nodes\": [{\"p\"").unwrap();
    assert_eq!(world.sbom(&generator).await.unwrap(), sbom);
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_whose_bytes_are_others_gives_no_sbom_and_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let generator = generator().keeping(LayerCache::at(folder.path()));
    let world = image(&[layer("a/package", "x 1")]);
    let other = layer("a/package", "x 2");
    let registry = OtherBlobs::of(Arc::new(world.registry.clone()), move |blob| {
        Some(BlobStream::of_bytes(blob, other.clone().into()))
    });
    let error = generator.generate(Target::Image { registry: &registry, image: &world.image }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
    assert_eq!(walk(folder.path()).len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_that_is_no_archive_is_named() {
    let world = image(&[layer("a/package", "x 1"), b"junk".to_vec()]);
    let error = world.sbom(&generator()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains(world.layers[1].as_str()), "{error}");
}

#[tokio::test]
async fn an_index_is_refused() {
    let world = image(&[layer("a/package", "x 1")]);
    let index = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []});
    let digest = world.registry.insert_manifest(&world.image.repository, None, index.to_string()).unwrap().digest;
    let index = world.image.repository.at(digest);
    let error = generator().generate(Target::Image { registry: &world.registry, image: &index }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

/// A program that prints what it was called with, and the index of the layout it was given.
#[cfg(unix)]
#[tokio::test]
async fn another_program_sees_the_image_as_a_layout_that_is_removed_again() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("syft");
    let script = format!(
        r#"#!/bin/sh
dir=${{2#oci-dir:}}
echo "$dir" > {0}/seen
test -f "$dir/oci-layout" && test "$(ls "$dir"/blobs/sha256 | wc -l)" = 3 || exit 1
echo '{{"artifacts":[{{"name":"x","version":"1","purl":"pkg:npm/x@1"}}],"source":{{}},"descriptor":{{"name":"syft"}}}}'"#,
        folder.path().display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let world = image(&[layer("a/package", "x 1")]);
    let sbom = world.sbom(&SyftGenerator::at(&program)).await.unwrap();
    assert_eq!(
        (sbom.describes.clone(), found(&sbom)),
        (vec![world.image.digest.clone()], vec!["pkg:npm/x@1".to_owned()])
    );
    let seen = std::fs::read_to_string(folder.path().join("seen")).unwrap();
    assert!(!Path::new(seen.trim()).exists(), "{seen}");
    let missing = world.sbom(&TrivyGenerator::at(folder.path().join("none"))).await.unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
}
