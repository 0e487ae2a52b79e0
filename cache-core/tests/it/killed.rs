//! A promotion over HTTP whose process is killed goes on where it was, with the same approval.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_core::approve::{Answer, Approval, ApprovalPolicy, Approver, Ledger, by_signature};
use cache_core::conformance::server::{Effect, Fault, LoggedRequest, Options, Server};
use cache_core::model::manifest::media_type;
use cache_core::model::{Descriptor, Digest, Raw, Repository, Timestamp};
use cache_core::plan::{Plan, Purpose};
use cache_core::promote::{Attachment, Outlook, PROMOTION_TYPE, Promoter, Receipt, StepOutcome};
use cache_core::registry::{MemoryRegistry, OciOptions, OciRegistry, Registry};
use cache_core::sign::{COSIGN_SIGN_TYPE, KeySigner, Trust};
use serde_json::{Value, json};

use crate::world::{repository, request, tag};

const FOLDER: &str = "CACHE_TEST_FOLDER_OF_A_KILLED_PROMOTION";
const LAYERS: usize = 5;
const SIGNER: &str = "release";

/// Two registries, an approved plan between them, and the folder that the processes share.
struct Job {
    folder: tempfile::TempDir,
    source: Server,
    target: Server,
    image: Digest,
}

fn over_http(repository: &Repository) -> Arc<OciRegistry> {
    Arc::new(OciRegistry::of(repository, OciOptions::default()).unwrap())
}

fn key(folder: &Path) -> KeySigner {
    KeySigner::from_pem(SIGNER, &std::fs::read_to_string(folder.join("key")).unwrap()).unwrap()
}

fn promoter(folder: &Path, from: &Repository, to: &Repository) -> Promoter {
    let signer = key(folder);
    let materials = MemoryRegistry::new();
    materials.insert_blob("{}");
    Promoter {
        source: over_http(from),
        target: over_http(to),
        gates: Vec::new(),
        trust: Trust::in_keys(vec![signer.public_key().clone()]),
        signer: Some(Arc::new(signer)),
        policy: None,
        materials,
        ledger: Ledger::at(folder.join("ledger")),
        clock: None,
    }
}

/// An image with layers of so many bytes and an SBOM.
fn seed(server: &Server, size: usize) -> Digest {
    const APP: &str = "dev/app";
    let blob = |media_type: &str, bytes: Vec<u8>| {
        server.put_blob(APP, bytes.clone());
        Descriptor::of(media_type, &bytes)
    };
    let layers: Vec<_> = (0..LAYERS).map(|n| blob(media_type::OCI_LAYER_GZIP, vec![n as u8; size])).collect();
    let image = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": blob(media_type::OCI_CONFIG, br#"{"architecture":"amd64","os":"linux"}"#.to_vec()), "layers": layers,
    });
    let bytes = image.to_string();
    let sbom = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": "application/spdx+json",
        "config": blob(media_type::OCI_EMPTY, b"{}".to_vec()),
        "layers": [blob("application/spdx+json", br#"{"spdxVersion":"SPDX-2.3"}"#.to_vec())],
        "subject": Descriptor::of(media_type::OCI_MANIFEST, bytes.as_bytes()),
    });
    server.put_manifest(APP, None, sbom.to_string(), media_type::OCI_MANIFEST);
    server.put_manifest(APP, Some("v1"), bytes, media_type::OCI_MANIFEST)
}

impl Job {
    /// `referrers`: whether the target lists them itself.
    async fn new(size: usize, referrers: bool) -> Job {
        let folder = tempfile::tempdir().unwrap();
        let source = Server::start(Options::default()).await.unwrap();
        let target = Server::start(Options { referrers, ..Options::default() }).await.unwrap();
        let image = seed(&source, size);
        let signer = KeySigner::generate(SIGNER).unwrap();
        std::fs::write(folder.path().join("key"), signer.to_pem().unwrap().as_bytes()).unwrap();
        let job = Job { folder, source, target, image };
        let (from, to) = (job.from(), job.to());
        let mut request = request(from.tagged(tag("v1")), to.tagged(tag("v1")));
        let signature = Attachment::Statement { predicate_type: COSIGN_SIGN_TYPE.to_owned(), predicate: json!({}) };
        request.attach.push(signature);
        let Outlook::Ready(plan) = promoter(job.folder.path(), &from, &to).plan(&request).await.unwrap() else {
            panic!("nothing to do")
        };
        let yes = Answer::approve(SIGNER);
        let approval = by_signature(&plan, yes, &signer, Timestamp::now()).await.unwrap();
        std::fs::write(job.folder.path().join("plan"), plan.bytes()).unwrap();
        std::fs::write(job.folder.path().join("approval"), approval.to_json().unwrap()).unwrap();
        job.target.clear_log();
        job
    }

    fn from(&self) -> Repository {
        repository(&format!("{}/dev/app", self.source.host()))
    }

    fn to(&self) -> Repository {
        repository(&format!("{}/prod/app", self.target.host()))
    }

    /// A process that executes the plan.
    fn start(&self) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::executes_until_it_is_killed", "--ignored"])
            .env(FOLDER, self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Runs such a process to its end, and says what it did.
    async fn finish(&self) -> Receipt {
        let mut process = self.start();
        until("the process has ended", || process.try_wait().unwrap().is_some()).await;
        serde_json::from_slice(&std::fs::read(self.folder.path().join("receipt")).unwrap()).unwrap()
    }

    /// Kills a process as soon as `when` sees its moment in the target's log.
    async fn kill(&self, when: impl Fn(&[LoggedRequest]) -> bool) {
        let mut process = self.start();
        until("it is time to kill", || when(&self.target.log())).await;
        process.kill().unwrap();
        process.wait().unwrap();
    }

    fn is_tagged(&self) -> bool {
        self.target.tags("prod/app").iter().any(|(name, digest)| name == "v1" && *digest == self.image)
    }

    /// How many bundles of each predicate type are about the image at the target.
    async fn bundles(&self, predicate_type: &str) -> usize {
        let found = over_http(&self.to()).referrers(&self.to().at(self.image.clone())).await.unwrap();
        found.iter().filter(|found| found.annotations.values().any(|value| value == predicate_type)).count()
    }

    /// What must hold after the second run, however the first one ended.
    async fn went_on(&self, moment: &str) {
        assert!(!self.is_tagged(), "{moment}: half a promotion is visible");
        let had = self.target.blobs("prod/app");
        self.target.faults().clear();
        self.target.clear_log();
        let receipt = self.finish().await;
        assert!(receipt.is_complete(), "{moment}: {receipt}");
        assert!(self.is_tagged(), "{moment}");
        let log = self.target.log();
        let again = |digest: &&Digest| log.iter().any(|r| is_upload(r) && r.path.contains(digest.hex()));
        assert_eq!(had.iter().filter(again).collect::<Vec<_>>(), Vec::<&Digest>::new(), "{moment}: sent again");
        assert_eq!(self.bundles(COSIGN_SIGN_TYPE).await, 1, "{moment}");
        assert_eq!(self.bundles(PROMOTION_TYPE).await, 1, "{moment}");
        let referrers = over_http(&self.to()).referrers(&self.to().at(self.image.clone())).await.unwrap();
        assert_eq!(referrers.len(), 3, "{moment}");
    }
}

fn is_upload(request: &LoggedRequest) -> bool {
    request.method == "PUT" && request.path.contains("/blobs/uploads/")
}

async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The process that the tests here kill.
#[tokio::test]
#[ignore = "executes a plan until it is killed"]
async fn executes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let plan: Plan = Raw::from_canonical(std::fs::read(folder.join("plan")).unwrap()).unwrap();
    let approval = Approval::from_json(&std::fs::read(folder.join("approval")).unwrap()).unwrap();
    let approver =
        Approver { name: SIGNER.to_owned(), key: Some(key(folder).public_key().clone()), ..Approver::default() };
    let policy = ApprovalPolicy { approvers: vec![approver], ..ApprovalPolicy::default() };
    let Purpose::Promotion { from, to, .. } = &plan.purpose else { panic!("{:?}", plan.purpose) };
    let promoter = promoter(folder, &from.repository, &to.repository);
    let approved = policy.admit(plan, vec![approval], Timestamp::now()).unwrap();
    let receipt = promoter.execute(approved).await.unwrap();
    std::fs::write(folder.join("receipt"), serde_json::to_vec(&receipt).unwrap()).unwrap();
}

/// One undisturbed run counts the writes; then a process is killed while each of them is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_that_is_killed_at_any_write_goes_on() {
    let mut killed = 0;
    for referrers in [true, false] {
        let whole = Job::new(1000, referrers).await;
        let receipt = whole.finish().await;
        assert!(receipt.steps.iter().all(|step| step.outcome == StepOutcome::Done), "{receipt}");
        let writes = whole.target.count("PUT", "");
        // Seven blobs and two manifests come along; two bundles have their blob and manifest each; the tag.
        let least = LAYERS + 2 + 2 + 4 + 1;
        assert!(writes >= least, "{writes}");
        // Registries without the list get most of the same requests; every third is enough there.
        for nth in (1..=writes).step_by(if referrers { 1 } else { 3 }) {
            let job = Job::new(1000, referrers).await;
            let held = Fault::new(Effect::Delay(Duration::from_secs(600))).method("PUT").nth(nth);
            job.target.faults().push(held);
            let puts = |log: &[LoggedRequest]| log.iter().filter(|r| r.method == "PUT").count();
            // The others that are on their way beside it may end.
            job.kill(|log| puts(log) >= nth && log.iter().filter(|r| r.status.is_none()).count() == 1).await;
            job.went_on(&format!("at write {nth} of {writes}, referrers {referrers}")).await;
            killed += 1;
        }
    }
    println!("{killed} promotions were killed and went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_that_is_killed_within_a_blob_goes_on() {
    let job = Job::new(16 << 20, true).await;
    let within = |r: &LoggedRequest| is_upload(r) && r.received > 1 << 20 && r.status.is_none();
    job.kill(|log| log.iter().any(within)).await;
    job.went_on("within a blob").await;
    let receipt: Value = serde_json::from_slice(&std::fs::read(job.folder.path().join("receipt")).unwrap()).unwrap();
    assert!(receipt["steps"][0]["sent"].as_u64().unwrap() >= 16 << 20, "{receipt}");
}
