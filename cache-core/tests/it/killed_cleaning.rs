//! A retention whose process is killed goes on where it was, with the same approval, and everything can be put back.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_core::approve::{Answer, Approval, ApprovalPolicy, Approver, Ledger, by_signature};
use cache_core::conformance::server::{Effect, Fault, Options, Server};
use cache_core::model::manifest::media_type;
use cache_core::model::{Descriptor, Digest, Raw, Repository, Timestamp};
use cache_core::plan::{Plan, Purpose};
use cache_core::policy::Policy;
use cache_core::promote::Receipt;
use cache_core::registry::{OciOptions, OciRegistry};
use cache_core::retention::{Cleaner, Proposed, RestoreFile, Retention, RetentionRequest, SurveyOptions};
use cache_core::sign::KeySigner;
use serde_json::json;

use crate::world::repository;

const FOLDER: &str = "CACHE_TEST_FOLDER_OF_A_KILLED_RETENTION";
const APP: &str = "team/app";
const PERSON: &str = "alice";

fn over_http(repository: &Repository) -> Arc<OciRegistry> {
    Arc::new(OciRegistry::of(repository, OciOptions::default()).unwrap())
}

fn cleaner(folder: &Path, repository: &Repository) -> Cleaner {
    Cleaner {
        registry: over_http(repository),
        retention: None,
        ledger: Ledger::at(folder.join("ledger")),
        restore: folder.join("restore"),
        concurrency: 4,
        clock: None,
    }
}

/// An index of one platform with an SBOM, all of its own. Gives their digests.
fn unit(server: &Server, tag: &str) -> Vec<Digest> {
    let blob = |media_type: &str, bytes: String| {
        server.put_blob(APP, bytes.clone());
        Descriptor::of(media_type, bytes.as_bytes())
    };
    let put = |tag: Option<&str>, media_type: &str, document: serde_json::Value| {
        let bytes = document.to_string();
        server.put_manifest(APP, tag, bytes.clone(), media_type);
        Descriptor::of(media_type, bytes.as_bytes())
    };
    let config = blob(media_type::OCI_CONFIG, format!(r#"{{"architecture":"{tag}"}}"#));
    let image = json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config,
        "layers": [blob(media_type::OCI_LAYER_GZIP, tag.to_owned())]});
    let child = put(None, media_type::OCI_MANIFEST, image);
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [child]});
    let index = put(Some(tag), media_type::OCI_INDEX, index);
    let sbom = json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": "application/spdx+json",
        "config": blob(media_type::OCI_EMPTY, "{}".to_owned()), "layers": [blob("application/spdx+json", format!("sbom {tag}"))],
        "subject": index});
    let sbom = put(None, media_type::OCI_MANIFEST, sbom);
    vec![index.digest, child.digest, sbom.digest]
}

/// A registry, an approved plan to clean it, and the folder that the processes share.
struct Job {
    folder: tempfile::TempDir,
    server: Server,
    kept: Vec<Digest>,
    old: Vec<Digest>,
}

impl Job {
    async fn new() -> Job {
        let (folder, server) = (tempfile::tempdir().unwrap(), Server::start(Options::default()).await.unwrap());
        let kept = unit(&server, "v1");
        let old = [unit(&server, "old"), unit(&server, "older")].concat();
        let job = Job { folder, server, kept, old };
        let policy = Policy::parse("retention_policy:\n  dev: {max_age_days: 0, protect: {tags: v1}}\n").unwrap();
        let retention = Retention {
            registry: over_http(&job.repository()),
            rules: policy.retention("dev").unwrap().clone(),
            policy: Some(policy.digest().clone()),
            inventories: Vec::new(),
            mirrors: Vec::new(),
            survey: SurveyOptions::default(),
            clock: None,
        };
        let request = RetentionRequest {
            repositories: vec![job.repository()],
            environment: "dev".to_owned(),
            requester: "pipeline".to_owned(),
            reason: None,
        };
        let Proposed::Ready(plan) = retention.plan(&request).await.unwrap().outcome else { panic!("nothing to do") };
        let signer = KeySigner::generate(PERSON).unwrap();
        let yes = Answer::approve(PERSON);
        let approval = by_signature(&plan, yes, &signer, Timestamp::now()).await.unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(job.folder.path().join(name), bytes).unwrap();
        write("key", signer.to_pem().unwrap().as_bytes());
        write("plan", plan.bytes());
        write("approval", approval.to_json().unwrap().as_ref());
        job.server.clear_log();
        job
    }

    fn repository(&self) -> Repository {
        repository(&format!("{}/{APP}", self.server.host()))
    }

    fn start(&self) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed_cleaning::cleans_until_it_is_killed", "--ignored"])
            .env(FOLDER, self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    async fn finish(&self) -> Receipt {
        let mut process = self.start();
        until("the process has ended", || process.try_wait().unwrap().is_some()).await;
        serde_json::from_slice(&std::fs::read(self.folder.path().join("receipt")).unwrap()).unwrap()
    }

    fn plan(&self) -> Plan {
        Raw::from_canonical(std::fs::read(self.folder.path().join("plan")).unwrap()).unwrap()
    }
}

async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The process that the test here kills.
#[tokio::test]
#[ignore = "carries out a plan until it is killed"]
async fn cleans_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let plan: Plan = Raw::from_canonical(std::fs::read(folder.join("plan")).unwrap()).unwrap();
    let approval = Approval::from_json(&std::fs::read(folder.join("approval")).unwrap()).unwrap();
    let key = KeySigner::from_pem(PERSON, &std::fs::read_to_string(folder.join("key")).unwrap()).unwrap();
    let key = Some(key.public_key().clone());
    let approver = Approver { name: PERSON.to_owned(), key, ..Approver::default() };
    let policy = ApprovalPolicy { approvers: vec![approver], ..ApprovalPolicy::default() };
    let Purpose::Retention { stays, .. } = &plan.purpose else { panic!("{:?}", plan.purpose) };
    let cleaner = cleaner(folder, &stays[0].repository);
    let approved = policy.admit(plan, vec![approval], Timestamp::now()).unwrap();
    let cleaned = cleaner.execute(approved).await.unwrap();
    assert!(cleaned.broken.is_empty(), "{cleaned}");
    std::fs::write(folder.join("receipt"), serde_json::to_vec(&cleaned.receipt).unwrap()).unwrap();
}

/// One undisturbed run counts the deletions; then a process is killed while each of them is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_retention_that_is_killed_at_any_deletion_goes_on() {
    let whole = Job::new().await;
    assert!(whole.finish().await.is_complete());
    let deletions = whole.server.count("DELETE", "");
    assert_eq!(deletions, 2 + whole.old.len());
    for nth in 1..=deletions {
        let job = Job::new().await;
        let held = Fault::new(Effect::Delay(Duration::from_secs(600))).method("DELETE").nth(nth);
        job.server.faults().push(held);
        let mut process = job.start();
        until("it is time to kill", || job.server.count("DELETE", "") == nth).await;
        process.kill().unwrap();
        process.wait().unwrap();
        // Everything that goes was saved before the first of it went.
        let path = cleaner(job.folder.path(), &job.repository()).restore_file(job.plan().digest());
        assert_eq!(RestoreFile::read(&path).unwrap().manifests.len(), job.old.len(), "deletion {nth}");
        job.server.faults().clear();
        let receipt = job.finish().await;
        assert!(receipt.is_complete(), "deletion {nth}: {receipt}");
        let (mut there, mut kept) = (job.server.manifests(APP), job.kept.clone());
        there.sort();
        kept.sort();
        assert_eq!(there, kept, "deletion {nth}");
        assert_eq!(RestoreFile::read(&path).unwrap().manifests.len(), job.old.len(), "deletion {nth}");
    }
    println!("{deletions} retentions were killed and went on");
}
