//! Promotion between our registry and those of other projects, in all pairs, read by other tools; and what other tools write,
//! read by us. Run by `make interop`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cache_core::conformance::server::{Options, Server};
use cache_core::connect::RegistriesConfig;
use cache_core::model::manifest::media_type;
use cache_core::model::{Descriptor, Digest, Reference, Tag};
use cache_core::promote::Outlook;
use cache_core::registry::{Layout, MemoryRegistry, OciOptions, OciRegistry, Registry, RegistryWriter};
use cache_core::sign::Trust;
use serde_json::{Value, json};

use crate::peers::{Served, binary, run};
use crate::world::{carry_out, promoter, request};

const TOOLS: [&str; 4] = ["crane", "skopeo", "regctl", "oras"];

/// The image that other tools leave things behind of: an index with two platforms and an attestation child, an SBOM of the
/// index, a bundle about a child, a signature of the SBOM, and a cosign `.sig` tag. Gives the digest of the index.
fn seed(server: &Server) -> Digest {
    let put = |tag: Option<&str>, document: &Value| {
        let kind = document["mediaType"].as_str().unwrap();
        server.put_manifest("dev/app", tag, document.to_string(), kind)
    };
    let descriptor = |kind: &str, bytes: &str| {
        server.put_blob("dev/app", bytes.to_owned());
        json!(Descriptor::of(kind, bytes.as_bytes()))
    };
    let image = |config: &str, layer: &str| {
        json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": descriptor(media_type::OCI_CONFIG, config),
            "layers": [descriptor(media_type::OCI_LAYER_GZIP, layer)],
        })
    };
    let named = |document: &Value, digest: &Digest| {
        let kind = document["mediaType"].as_str().unwrap();
        json!(Descriptor::new(kind, digest.clone(), document.to_string().len() as u64))
    };
    let artifact = |kind: &str, layer: &str, subject: &Value| {
        json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": kind,
            "config": descriptor(media_type::OCI_EMPTY, "{}"),
            "layers": [descriptor(kind, layer)], "subject": subject,
        })
    };
    let mut children = Vec::new();
    for (os, architecture) in [("linux", "amd64"), ("linux", "arm64"), ("unknown", "unknown")] {
        let config = json!({"os": os, "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": []}});
        let child = image(&config.to_string(), architecture);
        let mut entry = named(&child, &put(None, &child));
        entry["platform"] = json!({"os": os, "architecture": architecture});
        children.push(entry);
    }
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children});
    let digest = put(Some("v1"), &index);
    let sbom = artifact("application/spdx+json", "{\"spdxVersion\": \"SPDX-2.3\"}", &named(&index, &digest));
    let sbom_digest = put(None, &sbom);
    put(None, &artifact("application/vnd.test.signature", "signature", &named(&sbom, &sbom_digest)));
    put(None, &artifact("application/vnd.test.bundle", "bundle", &children[0]));
    let signature = image("{\"rootfs\": {}}", "simple signing");
    put(Some(Tag::of_digest(&digest, ".sig").as_str()), &signature);
    digest
}

pub(crate) fn registry(host: &str) -> Arc<OciRegistry> {
    Arc::new(OciRegistry::new(host, OciOptions::default()).unwrap())
}

pub(crate) fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

pub(crate) async fn promote(source: Arc<dyn Registry>, from: &str, target: Arc<dyn RegistryWriter>, to: &str) -> usize {
    let (promoter, _folder) = promoter(source, target, Trust::default());
    let request = request(reference(from), reference(to));
    let (plan, receipt) = carry_out(&promoter, &request).await;
    assert!(plan.left_behind.is_empty(), "{:?}", plan.left_behind);
    assert!(matches!(promoter.plan(&request).await.unwrap(), Outlook::Nothing), "{from} {to}: not idempotent");
    receipt.steps.len()
}

/// What each tool says that the reference is.
fn digests(folder: &Path, reference: &str) -> BTreeSet<String> {
    let raw = run("skopeo", folder, &["inspect", "--raw", "--tls-verify=false", &format!("docker://{reference}")]);
    let host = format!("reg={},tls=disabled", reference.split('/').next().unwrap());
    [
        run("crane", folder, &["digest", reference]),
        raw.map(|raw| Digest::of(raw.as_bytes()).to_string()),
        run("regctl", folder, &["--host", &host, "image", "digest", reference]),
        run("oras", folder, &["resolve", "--plain-http", reference]),
    ]
    .map(|said| said.unwrap().trim().to_owned())
    .into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the peers; run by make interop"]
async fn interop_promotion_in_all_pairs_is_read_by_the_peers() {
    if TOOLS.iter().any(|tool| binary(tool).is_none()) {
        return;
    }
    let (Some(old), Some(new)) = (Served::start("docker-registry"), Served::start("distribution")) else { return };
    let ours = Server::start(Options::default()).await.unwrap();
    let without_api = Server::start(Options { referrers: false, ..Options::default() }).await.unwrap();
    let digest = seed(&ours);
    let hosts = [ours.host(), without_api.host(), &old.host, &new.host];
    let folder = tempfile::tempdir().unwrap();
    // First from ours to each, so that every one has it to give; then every pair.
    for host in &hosts[1..] {
        let (from, to) = (format!("{}/dev/app:v1", hosts[0]), format!("{host}/dev/app:v1"));
        assert_eq!(promote(registry(hosts[0]), &from, registry(host), &to).await, 10, "{to}");
    }
    for (i, source) in hosts.iter().enumerate() {
        for target in &hosts {
            let (from, to) = (format!("{source}/dev/app:v1"), format!("{target}/prod/from-{i}:v1"));
            assert_eq!(promote(registry(source), &from, registry(target), &to).await, 10, "{from} {to}");
            assert_eq!(digests(folder.path(), &to), BTreeSet::from([digest.to_string()]), "{to}");
            let tree = run("oras", folder.path(), &["discover", "--plain-http", &to]).unwrap();
            assert!(
                tree.contains("application/spdx+json") && tree.contains("application/vnd.test.signature"),
                "{tree}"
            );
            run("crane", folder.path(), &["validate", "--remote", &to]).unwrap_or_default();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the peers; run by make interop"]
async fn interop_what_the_peers_copy_is_read_whole() {
    if TOOLS.iter().any(|tool| binary(tool).is_none()) {
        return;
    }
    let Some(new) = Served::start("distribution") else { return };
    let ours = Server::start(Options::default()).await.unwrap();
    let digest = seed(&ours);
    let folder = tempfile::tempdir().unwrap();
    let (source, host) = (format!("{}/dev/app:v1", ours.host()), &new.host);
    // What of it each tool brings along is theirs to choose; what they brought must arrive whole.
    for (tool, steps) in [("crane", 5), ("skopeo", 5), ("regctl", 10), ("oras", 8)] {
        let to = format!("{host}/by/{tool}:v1");
        let (a, b) = (format!("reg={},tls=disabled", ours.host()), format!("reg={host},tls=disabled"));
        let docker = |name: &str| format!("docker://{name}");
        let (docker_from, docker_to) = (docker(&source), docker(&to));
        let arguments: Vec<&str> = match tool {
            "crane" => vec!["copy", &source, &to],
            "skopeo" => {
                let quiet = ["--insecure-policy", "copy", "--all", "--preserve-digests"];
                let plain = ["--src-tls-verify=false", "--dest-tls-verify=false", &docker_from, &docker_to];
                [&quiet[..], &plain[..]].concat()
            }
            "regctl" => vec!["--host", &a, "--host", &b, "image", "copy", "--referrers", "--digest-tags", &source, &to],
            _ => vec!["cp", "-r", "--from-plain-http", "--to-plain-http", &source, &to],
        };
        run(tool, folder.path(), &arguments).unwrap();
        let back = format!("{}/back/{tool}:v1", ours.host());
        assert_eq!(promote(registry(host), &to, registry(ours.host()), &back).await, steps, "{tool}");
        assert_eq!(registry(ours.host()).resolve(&reference(&back)).await.unwrap().digest, digest, "{tool}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the peers; run by make interop"]
async fn interop_layouts_go_both_ways() {
    if ["crane", "skopeo"].iter().any(|tool| binary(tool).is_none()) {
        return;
    }
    let ours = Server::start(Options::default()).await.unwrap();
    let digest = seed(&ours);
    let folder = tempfile::tempdir().unwrap();
    let layout = |name: &str| {
        let path = folder.path().join(name);
        let reference = reference(&format!("oci:{}:v1", path.display()));
        (Arc::new(Layout::open(&reference.repository).unwrap()), reference)
    };
    let source = format!("{}/dev/app:v1", ours.host());
    let (mine, named) = layout("mine");
    promote(registry(ours.host()), &source, mine, &named.to_string()).await;
    // Ours, read by skopeo, which looks for the tag, and pushed by crane as a whole.
    let raw = run("skopeo", folder.path(), &["inspect", "--raw", &named.to_string()]).unwrap();
    assert_eq!(Digest::of(raw.as_bytes()), digest);
    let to = format!("docker://{}/by/skopeo:v1", ours.host());
    let copy = [
        "--insecure-policy",
        "copy",
        "--all",
        "--preserve-digests",
        "--dest-tls-verify=false",
        &named.to_string(),
        &to,
    ];
    run("skopeo", folder.path(), &copy).unwrap();
    assert_eq!(ours.tags("by/skopeo"), [("v1".to_owned(), digest.clone())]);
    // Theirs, read by us.
    let theirs = format!("oci:{}:v1", folder.path().join("by-skopeo").display());
    let from = format!("docker://{source}");
    let copy = ["--insecure-policy", "copy", "--all", "--preserve-digests", "--src-tls-verify=false", &from, &theirs];
    run("skopeo", folder.path(), &copy).unwrap();
    let (theirs, named) = layout("by-skopeo");
    assert_eq!(theirs.resolve(&named).await.unwrap().digest, digest);
    let target = Arc::new(MemoryRegistry::new());
    assert_eq!(promote(theirs, &named.to_string(), target, "memory:app:v1").await, 5);
    run("crane", folder.path(), &["pull", "--format", "oci", &source, "by-crane"]).unwrap();
    let (theirs, named) = layout("by-crane");
    let pinned = named.repository.at(digest.clone());
    assert_eq!(theirs.manifest(&pinned).await.unwrap().digest(), &digest);
}

/// What people ask crane and skopeo for is answered as they answer it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the peers; run by make interop"]
async fn interop_an_image_is_told_as_crane_and_skopeo_tell_it() {
    if ["crane", "skopeo"].iter().any(|tool| binary(tool).is_none()) {
        return;
    }
    let ours = Server::start(Options::default()).await.unwrap();
    seed(&ours);
    let folder = tempfile::tempdir().unwrap();
    let tell = |tool: &str, arguments: &[&str]| run(tool, folder.path(), arguments).unwrap();
    let registries = RegistriesConfig::default().open().unwrap();
    let (name, platform) = (format!("{}/dev/app", ours.host()), Some("linux/arm64"));
    let (image, remote) = (format!("{name}:v1"), format!("docker://{name}:v1"));
    let text = |bytes: bytes::Bytes| String::from_utf8(bytes.to_vec()).unwrap();

    let tags: Vec<String> = registries.tags(&name).await.unwrap().iter().map(ToString::to_string).collect();
    let listed = tell("crane", &["ls", &name]);
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(tags, listed);
    assert_eq!(registries.digest(&image, None).await.unwrap().as_str(), tell("crane", &["digest", &image]).trim());
    let of_platform = tell("crane", &["digest", "--platform", "linux/arm64", &image]);
    assert_eq!(registries.digest(&image, platform).await.unwrap().as_str(), of_platform.trim());
    let manifest = text(registries.manifest(&image, None).await.unwrap());
    assert_eq!(manifest, tell("crane", &["manifest", &image]).trim_end());
    assert_eq!(manifest, tell("skopeo", &["inspect", "--tls-verify=false", "--raw", &remote]).trim_end());
    let config = text(registries.config(&image, platform).await.unwrap());
    assert_eq!(config, tell("crane", &["config", "--platform", "linux/arm64", &image]).trim_end());
    assert_eq!(
        registries.repositories(ours.host()).await.unwrap().len(),
        tell("crane", &["catalog", ours.host()]).lines().count()
    );

    let theirs = tell("skopeo", &["--override-arch", "arm64", "inspect", "--tls-verify=false", &remote]);
    let theirs: Value = serde_json::from_str(&theirs).unwrap();
    let own = json!(registries.inspect(&image, platform).await.unwrap());
    // Versions of skopeo differ in what they tell; whatever they do is the same.
    for (name, value) in theirs.as_object().unwrap() {
        assert_eq!(own[name], *value, "{name}");
    }
}
