use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::*;
use crate::approve::testing_permit;
use crate::error::ErrorKind;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Manifest, Tag};
use crate::plan::Expected;
use crate::registry::MemoryRegistry;

fn open(folder: &Path) -> Layout {
    Layout::open(&Repository::parse(&format!("oci:{}", folder.display())).unwrap()).unwrap()
}

fn source() -> Repository {
    Repository::parse("memory:source").unwrap()
}

/// Image number `n` with a large layer, under a tag of its own and the tag `latest`, and an artifact about it.
async fn put(layout: &Layout, n: usize) {
    let source_of = MemoryRegistry::new();
    let to = layout.repository().clone();
    let config = source_of.insert_blob(format!("{{\"n\":{n}}}"));
    let layer = source_of.insert_blob(vec![n as u8; 3 << 20]);
    for blob in [&config, &layer] {
        let op = BlobCopy { from: source(), to: to.clone(), blob: blob.clone() };
        layout.put_blob(testing_permit(op), &source_of).await.unwrap();
    }
    let mut image = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": [layer],
    });
    let manifest = Manifest::parse(image.to_string(), None).unwrap();
    image["subject"] = json!(manifest.descriptor());
    for manifest in [manifest.clone(), Manifest::parse(image.to_string(), None).unwrap()] {
        layout.put_manifest(testing_permit(PutManifest { repository: to.clone(), manifest })).await.unwrap();
    }
    for tag in [format!("n{n}"), "latest".into()] {
        let tag = Tag::parse(&tag).unwrap();
        let now = layout.resolve(&to.tagged(tag.clone())).await.ok().map(|d| d.digest);
        let set = SetTag { repository: to.clone(), tag, to: manifest.digest().clone(), expected: Expected::from(now) };
        layout.set_tag(testing_permit(set)).await.unwrap();
    }
}

/// Reads all that can be reached by a tag, to the last byte; says how many tags there are.
async fn read_everything(layout: &Layout) -> usize {
    let at = layout.repository();
    let tags = layout.tags(at).await.unwrap();
    for tag in &tags {
        let image = layout.resolve(&at.tagged(tag.clone())).await.unwrap();
        let mut manifests = vec![layout.manifest(&at.at(image.digest.clone())).await.unwrap()];
        for referrer in layout.referrers(&at.at(image.digest)).await.unwrap() {
            manifests.push(layout.manifest(&at.at(referrer.digest)).await.unwrap());
        }
        for manifest in &manifests {
            for blob in manifest.blobs() {
                layout.blob(at, blob).await.unwrap().into_bytes(8 << 20).await.unwrap();
            }
        }
    }
    tags.len()
}

fn strays(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".tmp")).collect()
}

const FOLDER: &str = "CACHE_TEST_LAYOUT_OF_A_KILLED_WRITER";

/// The process that [`s07_a_killed_writer_leaves_a_layout_that_can_be_read_and_continued`] kills.
#[tokio::test]
#[ignore = "writes until it is killed"]
async fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let layout = open(Path::new(&folder));
    for n in 0.. {
        put(&layout, n % 200).await;
    }
}

fn start_writer(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "registry::layout::tests::writes_until_it_is_killed", "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn s07_a_killed_writer_leaves_a_layout_that_can_be_read_and_continued() {
    let folder = tempfile::tempdir().unwrap();
    let mut left_behind = 0;
    for round in 0..24 {
        let path = folder.path().join(format!("layout{}", round / 8));
        let layout = open(&path);
        let mut writer = start_writer(&path);
        let start = Instant::now();
        while !path.exists() && start.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_micros(200));
        }
        // Some die while they make the layout, the others somewhere in an image.
        std::thread::sleep(Duration::from_micros(round * round * 150));
        writer.kill().unwrap();
        writer.wait().unwrap();
        // Nothing repairs it in between.
        match layout.tags(layout.repository()).await {
            Ok(_) => drop(read_everything(&layout).await),
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
        }
        left_behind += strays(&path).len();
        if round % 8 == 7 {
            for n in 0..3 {
                put(&layout, n).await;
            }
            assert!(read_everything(&layout).await >= 4);
            assert_eq!(strays(&path), Vec::<String>::new());
        }
    }
    assert!(left_behind > 0, "no writer was killed in the middle of a file");
}

#[tokio::test]
async fn a_file_that_somebody_is_writing_is_not_swept_away() {
    let folder = tempfile::tempdir().unwrap();
    let layout = open(folder.path());
    let mut arriving = layout.run(Content::begin_blob).await.unwrap();
    std::fs::write(folder.path().join(".cache-1-0.tmp"), "left by a process that died").unwrap();
    put(&layout, 1).await;
    assert_eq!(strays(folder.path()).len(), 1);
    arriving.append(b"done").unwrap();
    let blob = Descriptor::of("x", b"done");
    let finished = blob.clone();
    layout.run(move |content| content.finish_blob(arriving, &finished)).await.unwrap();
    assert_eq!(strays(folder.path()), Vec::<String>::new());
    assert_eq!(layout.blob(layout.repository(), &blob).await.unwrap().into_bytes(9).await.unwrap(), "done");
}

#[tokio::test]
async fn a_folder_of_something_else_is_not_made_a_layout() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "precious").unwrap();
    let layout = open(folder.path());
    assert_eq!(layout.tags(layout.repository()).await.unwrap_err().kind(), ErrorKind::Invalid);
    let source_of = MemoryRegistry::new();
    let op = BlobCopy { from: source(), to: layout.repository().clone(), blob: source_of.insert_blob("x") };
    let error = layout.put_blob(testing_permit(op), &source_of).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
