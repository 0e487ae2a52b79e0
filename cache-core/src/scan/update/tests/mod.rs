//! Updates from servers on this machine, with faults.

mod server;

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use self::server::{Fault, Server};
use super::*;
use crate::error::ErrorKind;
use crate::model::{Digest, Reference};
use crate::registry::MemoryRegistry;
use crate::scan::database::testing::grype_file;

/// A server, and a folder for the database.
struct Rig {
    server: Server,
    folder: tempfile::TempDir,
}

const NPM: &str = "/osv/npm/all.zip";
const PYPI: &str = "/osv/PyPI/all.zip";

impl Rig {
    async fn new() -> Rig {
        let rig = Rig { server: Server::start().await, folder: tempfile::tempdir().unwrap() };
        rig.server.put(NPM, archive("npm", &["A-1", "A-2"]));
        rig.server.put(PYPI, archive("PyPI", &["B-1"]));
        rig
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("cache.db")
    }

    fn update(&self) -> DatabaseUpdate {
        let mut patience = Patience::default();
        (patience.attempts, patience.first_pause) = (3, Duration::from_millis(1));
        DatabaseUpdate::new(self.database()).patience(patience)
    }

    fn osv(&self) -> DatabaseUpdate {
        self.osv_of(&["npm", "PyPI"])
    }

    fn osv_of(&self, names: &[&str]) -> DatabaseUpdate {
        let ecosystems = names.iter().map(|&name| name.to_owned()).collect();
        self.update().source(DataSource::Osv { address: self.server.url("/osv/"), ecosystems })
    }

    fn grype(&self) -> DatabaseUpdate {
        self.update().source(DataSource::Grype { listing: self.server.url("/v6/latest.json") })
    }

    /// Announces an archive as Grype's listing does.
    fn announce(&self, path: &str, archive: &[u8]) {
        let listing = json!({"status": "active", "schemaVersion": "v6.1.1", "built": "2026-01-02T03:04:05Z",
            "path": path, "checksum": Digest::of(archive)});
        self.server.put("/v6/latest.json", listing.to_string());
    }

    /// The advisories of the index that is there.
    fn advisories(&self) -> u64 {
        let database = Database::open(self.database()).unwrap();
        database.verify().unwrap();
        database.info().advisories
    }
}

/// An archive of records about one package each.
fn archive(ecosystem: &str, ids: &[&str]) -> Vec<u8> {
    let records = ids.iter().map(|id| {
        let affected = json!([{"package": {"ecosystem": ecosystem, "name": "lib"}, "versions": ["1.0.0"]}]);
        // Long enough to be cut.
        let record =
            json!({"id": id, "modified": "2026-01-02T03:04:05Z", "affected": affected, "details": "x".repeat(5000)});
        (format!("{id}.json"), record.to_string().into_bytes())
    });
    let records: Vec<(String, Vec<u8>)> = records.collect();
    let entries: Vec<(&str, &[u8])> = records.iter().map(|(name, json)| (&name[..], &json[..])).collect();
    crate::zip::testing::zip(&entries, false)
}

fn packed(name: &str, content: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, content).unwrap();
    zstd::encode_all(&*tar.into_inner().unwrap(), 1).unwrap()
}

#[tokio::test]
async fn archives_are_fetched_once_and_again_when_they_change() {
    let rig = Rig::new().await;
    let first = rig.osv().run().await.unwrap();
    assert_eq!((first.changed, first.info.advisories, rig.advisories()), (true, 3, 3));
    assert_eq!(rig.server.asked(), [PYPI, NPM]);
    let second = rig.osv().run().await.unwrap();
    assert_eq!((second.changed, &second.info), (false, &first.info));
    rig.server.put(NPM, archive("npm", &["A-1", "A-2", "A-3"]));
    let third = rig.osv().run().await.unwrap();
    assert_eq!((third.changed, rig.advisories()), (true, 4));
    // An index that somebody removed is made again, and fewer ecosystems are fewer.
    std::fs::remove_file(rig.database()).unwrap();
    assert!(rig.osv().run().await.unwrap().changed);
    assert_eq!((rig.osv_of(&["PyPI"]).run().await.unwrap().changed, rig.advisories()), (true, 1));
}

#[tokio::test]
async fn a_download_that_breaks_goes_on_where_it_was() {
    let rig = Rig::new().await;
    rig.server.fail(NPM, Fault::Breaks(4000));
    rig.server.fail(NPM, Fault::Breaks(3000));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watch = Arc::clone(&seen);
    let watch = Watch::new(move |news: &UpdateProgress| watch.lock().unwrap().push(news.clone()));
    rig.osv_of(&["npm"]).watched(watch).run().await.unwrap();
    assert_eq!(rig.server.asked(), [NPM.to_owned(), format!("{NPM} from 4000"), format!("{NPM} from 7000")]);
    let seen = seen.lock().unwrap();
    let read: u64 = seen.iter().map(|n| if let UpdateProgress::Bytes { read, .. } = n { *read } else { 0 }).sum();
    assert_eq!(read, archive("npm", &["A-1", "A-2"]).len() as u64);
    assert_eq!(seen.last(), Some(&UpdateProgress::Built { advisories: 2, packages: 1 }));
}

#[tokio::test]
async fn the_next_update_goes_on_and_the_old_index_is_there_meanwhile() {
    let rig = Rig::new().await;
    rig.osv().run().await.unwrap();
    rig.server.put(NPM, archive("npm", &["A-1", "A-2", "A-3", "A-4"]));
    for fault in [Fault::Breaks(6000), Fault::Breaks(0), Fault::Breaks(0), Fault::Breaks(0)] {
        rig.server.fail(NPM, fault);
    }
    assert_eq!(rig.osv().run().await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(rig.advisories(), 3);
    rig.server.heal();
    rig.server.asked();
    rig.osv().run().await.unwrap();
    assert_eq!((rig.server.asked(), rig.advisories()), (vec![PYPI.to_owned(), format!("{NPM} from 6000")], 5));
}

#[tokio::test]
async fn a_file_that_changed_in_between_is_fetched_whole() {
    // A server that knows `If-Range` sends all of the new one; one that does not, its rest, which is of no use.
    for knows in [true, false] {
        let rig = Rig::new().await;
        for fault in [Fault::Breaks(6000), Fault::Breaks(0), Fault::Breaks(0), Fault::Breaks(0)] {
            rig.server.fail(NPM, fault);
        }
        rig.osv_of(&["npm"]).run().await.unwrap_err();
        rig.server.heal();
        rig.server.put(NPM, archive("npm", &["A-5", "A-6", "A-7"]));
        if !knows {
            rig.server.fail(NPM, Fault::NoIfRange);
        }
        rig.server.asked();
        rig.osv_of(&["npm"]).run().await.unwrap();
        assert_eq!((rig.advisories(), rig.server.asked().len()), (3, if knows { 1 } else { 2 }));
    }
}

#[tokio::test]
async fn what_fails_leaves_the_old_index() {
    let cases = [
        (Fault::WrongChecksum, ErrorKind::Untrusted),
        (Fault::Status(404), ErrorKind::NotFound),
        (Fault::Status(403), ErrorKind::Denied),
        (Fault::Status(500), ErrorKind::Unavailable),
        (Fault::Status(206), ErrorKind::Unexpected),
        (Fault::Status(304), ErrorKind::Unexpected),
    ];
    for (fault, kind) in cases {
        let rig = Rig::new().await;
        rig.osv_of(&["PyPI"]).run().await.unwrap();
        rig.server.fail_often(NPM, fault);
        let error = rig.osv().run().await.unwrap_err();
        assert_eq!((error.kind(), rig.advisories()), (kind, 1), "{fault:?}: {error}");
        rig.server.heal();
        assert!(rig.osv().run().await.unwrap().changed && rig.advisories() == 3, "{fault:?}");
    }
    // What came whole and is no archive.
    let rig = Rig::new().await;
    rig.osv().run().await.unwrap();
    rig.server.put(NPM, "<html>");
    assert_eq!((rig.osv().run().await.unwrap_err().kind(), rig.advisories()), (ErrorKind::Invalid, 3));
    assert_eq!(rig.update().run().await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn two_updates_at_once_are_one_after_the_other() {
    let rig = Rig::new().await;
    let (one, two) = (rig.osv(), rig.osv());
    let (one, two) = tokio::join!(one.run(), two.run());
    let changed = [one.unwrap().changed, two.unwrap().changed];
    assert_eq!((changed.iter().filter(|changed| **changed).count(), rig.advisories()), (1, 3));
}

#[tokio::test]
async fn an_update_that_is_given_up_leaves_the_old_index_and_the_next_goes_on() {
    let rig = Rig::new().await;
    rig.osv_of(&["PyPI"]).run().await.unwrap();
    rig.server.fail_often(NPM, Fault::Breaks(5000));
    let mut patience = Patience::default();
    patience.first_pause = Duration::from_secs(600);
    let update = rig.osv_of(&["npm"]).patience(patience);
    assert!(tokio::time::timeout(Duration::from_millis(300), update.run()).await.is_err());
    assert_eq!(rig.advisories(), 1);
    rig.server.heal();
    rig.server.asked();
    rig.osv_of(&["npm"]).run().await.unwrap();
    assert_eq!((rig.server.asked(), rig.advisories()), (vec![format!("{NPM} from 5000")], 2));
}

#[tokio::test]
async fn without_names_the_servers_list_counts_as_far_as_it_is_matched() {
    let rig = Rig::new().await;
    rig.server.put("/osv/ecosystems.txt", "npm\nPyPI\nPyPI:https://x\nHaskell\n../../etc\n[EMPTY]\n\n");
    assert_eq!(rig.osv_of(&[]).run().await.unwrap().info.advisories, 3);
    rig.server.put("/osv/ecosystems.txt", "Haskell\n");
    assert_eq!(rig.osv_of(&[]).run().await.unwrap_err().kind(), ErrorKind::Invalid);
    for name in ["../npm", "npm/..", ".", "", "a\\b", "npm "] {
        assert_eq!(rig.osv_of(&[name]).run().await.unwrap_err().kind(), ErrorKind::Invalid, "{name:?}");
    }
    for address in ["npm", "ftp://host/osv", "http://user:secret@host/osv"] {
        let source = DataSource::Osv { address: address.into(), ecosystems: vec!["npm".into()] };
        assert_eq!(rig.update().source(source).run().await.unwrap_err().kind(), ErrorKind::Invalid, "{address}");
    }
}

#[tokio::test]
async fn redirects_are_followed() {
    let rig = Rig::new().await;
    let source = DataSource::Osv { address: rig.server.url("/moved/osv"), ecosystems: vec!["npm".into()] };
    assert_eq!(rig.update().source(source).run().await.unwrap().info.advisories, 2);
}

#[tokio::test]
async fn grypes_archive_is_checked_by_its_listing_and_fetched_once() {
    let rig = Rig::new().await;
    let archive = packed("./vulnerability.db", &grype_file());
    rig.announce("db.tar.zst?checksum=x", &archive);
    rig.server.put("/v6/db.tar.zst?checksum=x", archive);
    let first = rig.grype().run().await.unwrap();
    assert_eq!((first.changed, &*first.info.sources[0].name, rig.advisories()), (true, "grype", 2));
    assert_eq!(first.info.data_as_of.unwrap().to_string(), "2026-01-02T03:04:05Z");
    rig.server.asked();
    assert!(!rig.grype().run().await.unwrap().changed);
    assert_eq!(rig.server.asked(), ["/v6/latest.json"]);

    // Another content under the old name, and a name that leads nowhere.
    for path in ["wrong.tar.zst", "gone.tar.zst"] {
        rig.announce(path, b"what was announced");
        rig.server.put("/v6/wrong.tar.zst", "what came");
        let kind = rig.grype().run().await.unwrap_err().kind();
        assert_eq!(kind, if path.starts_with('w') { ErrorKind::Untrusted } else { ErrorKind::NotFound });
    }
    // Rightly announced, and no archive with a database.
    for archive in [b"not a tar".to_vec(), packed("other.db", b"x"), zstd::encode_all(&b"x"[..], 1).unwrap()] {
        rig.announce("odd.tar.zst", &archive);
        rig.server.put("/v6/odd.tar.zst", archive);
        assert_eq!(rig.grype().run().await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert_eq!(rig.advisories(), 2);
}

#[tokio::test]
async fn a_listing_that_is_replaced_meanwhile_is_read_again() {
    let rig = Rig::new().await;
    let new = packed("vulnerability.db", &grype_file());
    rig.announce("old.tar.zst", b"old");
    rig.server.put("/v6/new.tar.zst", new.clone());
    // The old archive is gone when it is asked for, and the listing names the new one by then.
    let update = rig.grype();
    let replace = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        rig.announce("new.tar.zst", &new);
    };
    rig.server.slow("/v6/old.tar.zst", Duration::from_millis(400));
    let (updated, ()) = tokio::join!(update.run(), replace);
    assert_eq!((updated.unwrap().changed, rig.advisories()), (true, 2));
}

#[tokio::test]
async fn listings_of_other_schemas_are_refused() {
    let rig = Rig::new().await;
    let listing = |status: &str, schema: &str| {
        json!({"status": status, "schemaVersion": schema, "path": "x", "checksum": Digest::of(b"x")}).to_string()
    };
    let cases = [
        (listing("active", "v7.0.0"), ErrorKind::Unsupported),
        (listing("eol", "v6.0.0"), ErrorKind::Unsupported),
        ("[]".to_owned(), ErrorKind::Invalid),
        (listing("active", "v6.1.1").replace("sha256:", "md5:"), ErrorKind::Invalid),
    ];
    for (text, kind) in cases {
        rig.server.put("/v6/latest.json", text.clone());
        assert_eq!(rig.grype().run().await.unwrap_err().kind(), kind, "{text}");
    }
}

/// An artifact as Trivy publishes its database.
fn artifact(registry: &MemoryRegistry, media_type: &str, files: &[(&str, &[u8])]) -> Reference {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    let mut gzip = tar.into_inner().unwrap();
    gzip.flush().unwrap();
    let (config, layer) = (registry.insert_blob("{}"), registry.insert_blob(gzip.finish().unwrap()));
    let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.aquasec.trivy.config.v1+json", "digest": config.digest, "size": config.size},
        "layers": [{"mediaType": media_type, "digest": layer.digest, "size": layer.size}]});
    let image: Reference = "memory:mirror/trivy-db:2".parse().unwrap();
    registry.insert_manifest(&image.repository, image.tag.clone(), manifest.to_string()).unwrap();
    image
}

#[tokio::test]
async fn trivys_artifact_is_pulled_once_and_must_be_one() {
    const LAYER: &str = "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip";
    let rig = Rig::new().await;
    let registry = MemoryRegistry::new();
    let update =
        |image: Reference| rig.update().source(DataSource::Trivy { registry: Arc::new(registry.clone()), image });
    let metadata = br#"{"Version":2,"UpdatedAt":"2026-11-24T00:00:00Z"}"#;
    for (media_type, files) in [
        ("application/vnd.oci.image.layer.v1.tar+gzip", &[("trivy.db", &b"x"[..]), ("metadata.json", metadata)][..]),
        (LAYER, &[("trivy.db", b"x")]),
        (LAYER, &[("trivy.db", b"no bbolt"), ("metadata.json", metadata)]),
    ] {
        let image = artifact(&registry, media_type, files);
        assert_eq!(update(image).run().await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    let Some(folder) = crate::document::shared_data("sbom/own/trivy-db") else { return };
    let file = std::fs::read(folder.join("trivy.db")).unwrap();
    let image = artifact(&registry, LAYER, &[("trivy.db", &file), ("metadata.json", metadata)]);
    let updated = update(image.clone()).run().await.unwrap();
    assert!(updated.changed && updated.info.sources[0].name == "trivy");
    assert_eq!(updated.info.data_as_of.unwrap().to_string(), "2026-11-24T00:00:00Z");
    assert!(!update(image).run().await.unwrap().changed);
}
