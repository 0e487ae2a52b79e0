use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::ErrorKind;
use crate::approve::testing_permit;
use crate::error::Result;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, ManifestBody, Reference, Repository, Tag};
use crate::plan::{BlobCopy, Expected, PutManifest, SetTag};
use crate::registry::{Layout, MemoryRegistry, Registry, RegistryWriter};

/// A tar file under construction.
struct Tar {
    folder: tempfile::TempDir,
    builder: tar::Builder<Vec<u8>>,
}

impl Tar {
    fn new() -> Self {
        Tar { folder: tempfile::tempdir().unwrap(), builder: tar::Builder::new(Vec::new()) }
    }

    fn file(mut self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.as_ref().len() as u64);
        self.builder.append_data(&mut header, name, bytes.as_ref()).unwrap();
        self
    }

    fn link(mut self, name: &str, target: &str) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        self.builder.append_link(&mut header, name, target).unwrap();
        self
    }

    fn write(self, kind: &str) -> Written {
        let path = self.folder.path().join("image.tar");
        std::fs::write(&path, self.builder.into_inner().unwrap()).unwrap();
        let repository = Repository::parse(&format!("{kind}-archive:{}", path.display())).unwrap();
        Written { _folder: self.folder, repository }
    }

    fn docker(self) -> Written {
        self.write("docker")
    }
}

struct Written {
    _folder: tempfile::TempDir,
    repository: Repository,
}

impl Written {
    fn path(&self) -> &Path {
        Path::new(self.repository.path())
    }

    fn tag(&self, tag: &str) -> Reference {
        self.repository.tagged(Tag::parse(tag).unwrap())
    }

    fn untagged(&self) -> Reference {
        Reference { repository: self.repository.clone(), tag: None, digest: None }
    }

    fn open(&self) -> DockerArchive {
        DockerArchive::open(&self.repository).unwrap()
    }

    async fn refusal(&self) -> crate::Error {
        self.open().resolve(&self.untagged()).await.unwrap_err()
    }
}

fn config(layers: &[&[u8]]) -> String {
    let ids: Vec<Digest> = layers.iter().map(|l| Digest::of(l)).collect();
    json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": ids } }).to_string()
}

fn saved(config: &str, tags: &[&str], layers: &[&str]) -> Value {
    json!({ "Config": config, "RepoTags": tags, "Layers": layers })
}

async fn read(registry: &impl Registry, at: &Repository, blob: &Descriptor) -> Result<bytes::Bytes> {
    registry.blob(at, blob).await?.into_bytes(1 << 20).await
}

/// What Docker wrote until version 24: a folder for each layer, and links where a layer occurs again.
#[tokio::test]
async fn a_docker_archive_gets_the_manifest_that_its_content_means() {
    let (lower, upper): (&[u8], &[u8]) = (b"lower layer", b"upper layer");
    let config = config(&[lower, upper, lower]);
    let list = json!([saved(
        "abc.json",
        &["localhost:5000/team/app:1", "app:latest"],
        &["1/layer.tar", "2/layer.tar", "3/layer.tar"]
    )]);
    let archive = Tar::new()
        .file("1/layer.tar", lower)
        .file("2/layer.tar", upper)
        .link("3/layer.tar", "../1/layer.tar")
        .file("abc.json", &config)
        .file("manifest.json", list.to_string())
        .docker();
    let registry = archive.open();
    let tags: Vec<String> =
        registry.tags(&archive.repository).await.unwrap().iter().map(|t| t.as_str().to_owned()).collect();
    assert_eq!(tags, ["1", "latest"]);
    let image = registry.resolve(&archive.tag("1")).await.unwrap();
    assert_eq!(image.media_type, media_type::DOCKER_MANIFEST);
    assert_eq!(registry.resolve(&archive.untagged()).await.unwrap(), image);
    assert_eq!(archive.open().resolve(&archive.tag("latest")).await.unwrap(), image, "the same bytes each time");
    let manifest = registry.manifest(&archive.repository.at(image.digest.clone())).await.unwrap();
    let ManifestBody::Image(body) = &*manifest else { panic!("{manifest:?}") };
    assert_eq!(read(&registry, &archive.repository, &body.config).await.unwrap(), config);
    let plain = "application/vnd.docker.image.rootfs.diff.tar";
    assert_eq!(body.layers, [lower, upper, lower].map(|l| Descriptor::of(plain, l)));
    assert_eq!(read(&registry, &archive.repository, &body.layers[1]).await.unwrap(), upper);
    assert!(registry.referrers(&archive.repository.at(image.digest)).await.unwrap().is_empty());
    let absent = registry.resolve(&archive.tag("2")).await.unwrap_err();
    assert_eq!((absent.kind(), absent.hint_text()), (ErrorKind::NotFound, Some("the layout has the names 1, latest")));
}

#[tokio::test]
async fn compressed_layers_are_named_by_what_they_are() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let layer = gzip(b"layer");
    let archive = Tar::new()
        .file("sha256:abc", config(&[b"layer"]))
        .file("0.tar.gz", &layer)
        .file("manifest.json", json!([saved("sha256:abc", &[], &["0.tar.gz"])]).to_string())
        .docker();
    let registry = archive.open();
    let image = registry.resolve(&archive.untagged()).await.unwrap();
    let manifest = registry.manifest(&archive.repository.at(image.digest)).await.unwrap();
    let ManifestBody::Image(body) = &*manifest else { panic!("{manifest:?}") };
    assert_eq!(body.layers, [Descriptor::of("application/vnd.docker.image.rootfs.diff.tar.gzip", &layer)]);
}

#[tokio::test]
async fn several_images_need_a_tag_and_one_that_only_one_of_them_has() {
    let (one, two) = (config(&[b"1"]), config(&[b"2"]));
    let list = json!([
        saved("1.json", &["a:same", "a:1"], &["1.tar"]),
        saved("2.json", &["b:same", "b:2"], &["2.tar"]),
        saved("2.json", &["c:2"], &["2.tar"]),
    ]);
    let archive = Tar::new()
        .file("1.json", one)
        .file("2.json", two)
        .file("1.tar", b"1")
        .file("2.tar", b"2")
        .file("manifest.json", list.to_string())
        .docker();
    let registry = archive.open();
    assert_ne!(registry.resolve(&archive.tag("1")).await.unwrap(), registry.resolve(&archive.tag("2")).await.unwrap());
    for reference in [archive.tag("same"), archive.untagged()] {
        assert_eq!(registry.resolve(&reference).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
}

#[tokio::test]
async fn malformed_docker_archives_are_refused_with_a_reason() {
    let layer: &[u8] = b"layer";
    let config = config(&[layer]);
    let whole =
        |list: Value| Tar::new().file("c.json", &config).file("l.tar", layer).file("manifest.json", list.to_string());
    for (archive, word) in [
        (Tar::new().file("c.json", &config), "no manifest.json"),
        (Tar::new().file("manifest.json", "{"), "malformed"),
        (Tar::new().file("manifest.json", vec![b' '; (4 << 20) + 1]), "at most"),
        (whole(json!([])), "lists no image"),
        (whole(json!([saved("absent.json", &[], &["l.tar"])])), "not in the archive"),
        (whole(json!([saved("c.json", &[], &["absent.tar"])])), "not in the archive"),
        (whole(json!([saved("c.json", &[], &["../../l.tar"])])), "outside of itself"),
        (whole(json!([saved("/etc/passwd", &[], &["l.tar"])])), "outside of itself"),
        (whole(json!([saved("c.json", &[], &[])])), "number of layers"),
        (whole(json!([saved("l.tar", &[], &["l.tar"])])), "configuration is malformed"),
        (whole(json!([saved("c.json", &[], &["up"])])).link("up", "../../layer"), "neither a regular file"),
        (whole(json!([saved("c.json", &[], &["a"])])).link("a", "b").link("b", "a"), "circle"),
        (whole(json!([saved("c.json", &[], &["a"])])).link("a", "nothing"), "leads to nothing"),
        (whole(json!([saved("c.json", &[], &["l.tar"])])).file("l.tar", "other"), "two of this name"),
        (whole(json!([saved("c.json", &[], &vec!["l.tar"; 1001])])), "more than 1000"),
    ] {
        let error = archive.docker().refusal().await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains(word), "{word}: {error}");
    }
    let wrong = Tar::new()
        .file("c.json", &config)
        .file("l.tar", "another layer")
        .file("manifest.json", json!([saved("c.json", &[], &["l.tar"])]).to_string());
    assert_eq!(wrong.docker().refusal().await.kind(), ErrorKind::Untrusted);
}

/// A layout in a folder, with an image under a tag and a referrer.
async fn layout() -> (tempfile::TempDir, Layout, Descriptor) {
    let folder = tempfile::tempdir().unwrap();
    let to = Repository::parse(&format!("oci:{}", folder.path().join("layout").display())).unwrap();
    let (layout, source) = (Layout::open(&to).unwrap(), MemoryRegistry::new());
    let from = Repository::parse("memory:from").unwrap();
    let (config, layer) = (source.insert_blob("{}"), source.insert_blob("layer"));
    for blob in [&config, &layer] {
        let op = BlobCopy { from: from.clone(), to: to.clone(), blob: blob.clone() };
        layout.put_blob(testing_permit(op), &source).await.unwrap();
    }
    let mut image = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor { media_type: media_type::OCI_CONFIG.into(), ..config }, "layers": [layer],
    });
    let mut made = None;
    for _ in 0..2 {
        let manifest = crate::model::Manifest::parse(image.to_string(), None).unwrap();
        let put = PutManifest { repository: to.clone(), manifest: manifest.clone() };
        layout.put_manifest(testing_permit(put)).await.unwrap();
        image["subject"] = json!(manifest.descriptor());
        made.get_or_insert(manifest.descriptor());
    }
    let made = made.unwrap();
    let tag = Tag::parse("v1").unwrap();
    let set = SetTag { repository: to.clone(), tag, to: made.digest.clone(), expected: Expected::Absent };
    layout.set_tag(testing_permit(set)).await.unwrap();
    (folder, layout, made)
}

/// Packs a folder as tar does, every name beginning with `./`.
fn pack(folder: &Path) -> Tar {
    let mut tar = Tar::new();
    tar.builder.append_dir_all(".", folder).unwrap();
    tar
}

#[tokio::test]
async fn an_oci_archive_reads_as_the_layout_that_it_was_made_of() {
    let (_folder, layout, image) = layout().await;
    let archive = pack(Path::new(layout.repository().path())).write("oci");
    let registry = OciArchive::open(&archive.repository).unwrap();
    assert_eq!(registry.resolve(&archive.tag("v1")).await.unwrap(), image);
    let (here, there) = (archive.repository.at(image.digest.clone()), layout.repository().at(image.digest));
    assert_eq!(registry.tags(&archive.repository).await.unwrap(), layout.tags(layout.repository()).await.unwrap());
    let referrers = registry.referrers(&here).await.unwrap();
    assert_eq!((referrers.len(), &referrers), (1, &layout.referrers(&there).await.unwrap()));
    let manifest = registry.manifest(&here).await.unwrap();
    for blob in manifest.blobs() {
        let bytes = read(&registry, &archive.repository, blob).await.unwrap();
        assert_eq!(bytes, read(&layout, layout.repository(), blob).await.unwrap());
    }
    let absent = Descriptor::of("x", b"absent");
    assert!(registry.blob(&archive.repository, &absent).await.unwrap_err().is_not_found());
    assert!(registry.tags(layout.repository()).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_changed_blob_of_an_oci_archive_is_untrusted() {
    let (_folder, layout, image) = layout().await;
    let archive = pack(Path::new(layout.repository().path())).write("oci");
    let bytes = std::fs::read(archive.path()).unwrap();
    let at = bytes.chunks(512).position(|block| block.starts_with(b"layer\0")).unwrap() * 512;
    let mut changed = bytes;
    changed[at] ^= 1;
    std::fs::write(archive.path(), changed).unwrap();
    let registry = OciArchive::open(&archive.repository).unwrap();
    let manifest = registry.manifest(&archive.repository.at(image.digest)).await.unwrap();
    let layer = manifest.blobs()[1];
    assert_eq!(read(&registry, &archive.repository, layer).await.unwrap_err().kind(), ErrorKind::Untrusted);
}

#[tokio::test]
async fn an_archive_that_changes_in_use_is_noticed() {
    let (_folder, layout, _) = layout().await;
    let archive = pack(Path::new(layout.repository().path())).write("oci");
    let registry = OciArchive::open(&archive.repository).unwrap();
    registry.resolve(&archive.tag("v1")).await.unwrap();
    std::fs::write(archive.path(), b"something else").unwrap();
    assert_eq!(registry.resolve(&archive.tag("v1")).await.unwrap_err().kind(), ErrorKind::Conflict);
    std::fs::remove_file(archive.path()).unwrap();
    let gone = OciArchive::open(&archive.repository).unwrap();
    assert!(gone.tags(&archive.repository).await.unwrap_err().is_not_found());
}

/// What Docker writes since version 25: a layout, and `manifest.json` for older readers.
#[tokio::test]
async fn a_docker_archive_that_is_a_layout_is_read_as_one() {
    let (_folder, layout, image) = layout().await;
    let manifest = layout.manifest(&layout.repository().at(image.digest.clone())).await.unwrap();
    let path = |d: &Descriptor| format!("blobs/sha256/{}", d.digest.hex());
    let list = json!([saved(&path(manifest.blobs()[0]), &["app:v1", "app:2"], &[&path(manifest.blobs()[1])])]);
    let archive = pack(Path::new(layout.repository().path())).file("manifest.json", list.to_string()).write("docker");
    let registry = archive.open();
    for tag in ["v1", "2"] {
        assert_eq!(registry.resolve(&archive.tag(tag)).await.unwrap(), image, "{tag}");
    }
    assert_eq!(registry.referrers(&archive.repository.at(image.digest)).await.unwrap().len(), 1);
}

#[test]
fn an_archive_is_opened_by_its_own_kind_of_name() {
    let layout = Repository::parse("oci:folder").unwrap();
    assert_eq!(OciArchive::open(&layout).unwrap_err().kind(), ErrorKind::Invalid);
    let archive = Repository::parse("oci-archive:file").unwrap();
    assert_eq!(DockerArchive::open(&archive).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(OciArchive::open(&archive).unwrap().repository(), &archive);
}
