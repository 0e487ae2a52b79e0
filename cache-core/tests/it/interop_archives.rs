//! Archives that other tools write, read by us and promoted from. Run by `make interop`.

use std::io::Write;
use std::sync::Arc;

use cache_core::conformance::server::{Options, Server};
use cache_core::model::manifest::media_type;
use cache_core::model::{Descriptor, Digest, ManifestBody};
use cache_core::registry::{DockerArchive, OciArchive, Registry};
use serde_json::json;

use crate::interop_registries::{promote, reference, registry};
use crate::peers::{binary, run};

/// An image of two compressed layers; gives its digest and that of its configuration.
fn seed(server: &Server) -> (Digest, Digest) {
    let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
    for name in ["lower", "upper"] {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(name.len() as u64);
        tar.append_data(&mut header, name, name.as_bytes()).unwrap();
        let tar = tar.into_inner().unwrap();
        diff_ids.push(Digest::of(&tar));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&tar).unwrap();
        let gzip = gzip.finish().unwrap();
        layers.push(Descriptor::of(media_type::OCI_LAYER_GZIP, &gzip));
        server.put_blob("dev/app", gzip);
    }
    let config = json!({
        "os": "linux", "architecture": "amd64", "config": {},
        "history": [{"created_by": "lower"}, {"created_by": "upper"}],
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    })
    .to_string();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::of(media_type::OCI_CONFIG, config.as_bytes()), "layers": layers,
    });
    let config = server.put_blob("dev/app", config);
    (server.put_manifest("dev/app", Some("v1"), manifest.to_string(), media_type::OCI_MANIFEST), config)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the peers; run by make interop"]
async fn interop_archives_of_the_peers_are_read() {
    if ["crane", "skopeo"].iter().any(|tool| binary(tool).is_none()) {
        return;
    }
    let ours = Server::start(Options::default()).await.unwrap();
    let (image, config) = seed(&ours);
    let folder = tempfile::tempdir().unwrap();
    let source = format!("{}/dev/app:v1", ours.host());
    let skopeo = |to: &str| {
        let from = format!("docker://{source}");
        run("skopeo", folder.path(), &["--insecure-policy", "copy", "--src-tls-verify=false", &from, to]).unwrap();
    };
    let named =
        |kind: &str, file: &str| reference(&format!("{kind}-archive:{}:v1", folder.path().join(file).display()));

    skopeo("oci-archive:skopeo-oci.tar:v1");
    let from = named("oci", "skopeo-oci.tar");
    let archive = OciArchive::open(&from.repository).unwrap();
    assert_eq!(archive.resolve(&from).await.unwrap().digest, image);
    let to = format!("{}/from/oci-archive:v1", ours.host());
    promote(Arc::new(archive), &from.to_string(), registry(ours.host()), &to).await;
    assert_eq!(registry(ours.host()).resolve(&reference(&to)).await.unwrap().digest, image);

    // skopeo writes layers decompressed, with links to them; crane writes them as they are.
    skopeo("docker-archive:skopeo.tar:example.test/team/app:v1");
    run("crane", folder.path(), &["pull", &source, "crane.tar"]).unwrap();
    for (tool, layer) in [("skopeo", "diff.tar"), ("crane", "diff.tar.gzip")] {
        let from = named("docker", &format!("{tool}.tar"));
        let archive = DockerArchive::open(&from.repository).unwrap();
        let resolved = archive.resolve(&from).await.unwrap();
        let manifest = archive.manifest(&from.repository.at(resolved.digest)).await.unwrap();
        let ManifestBody::Image(body) = &*manifest else { panic!("{tool}: {manifest:?}") };
        assert_eq!(body.config.digest, config, "{tool}");
        assert!(body.layers.iter().all(|l| l.media_type.ends_with(layer)), "{tool}: {manifest:?}");
        let to = format!("{}/from/{tool}:v1", ours.host());
        promote(Arc::new(archive), &from.to_string(), registry(ours.host()), &to).await;
        // Each reads again what it had written; crane validates compressed layers only.
        let (from, back) = (format!("docker://{to}"), format!("docker-archive:back-{tool}.tar:example.test/app:v1"));
        run("skopeo", folder.path(), &["--insecure-policy", "copy", "--src-tls-verify=false", &from, &back]).unwrap();
        if tool == "crane" {
            run("crane", folder.path(), &["validate", "--remote", &to]).unwrap();
        }
    }
}
