//! ECR's adapter against moto, which others wrote after AWS's documentation. Run by `make interop`.
//!
//! moto has no registry behind its interface and knows nothing of lifecycle previews: images are put by the interface, with AWS's
//! own library, and not deleted.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_core::administer::{Administrator, Request, Wish};
use cache_core::approve::{Answer, ApprovalPolicy, Ledger, by_callback};
use cache_core::model::{Digest, Repository, Secret, Timestamp};
use cache_core::plan::{Action, Policy, Scope};
use cache_core::registry::{AwsCredentials, EcrOptions, EcrRegistry, Question, Registry, ask};
use serde_json::{Value, json};

use crate::support;

/// Puts an image by the interface, and says which digest it has.
const PUT: &str = r#"
import boto3, hashlib, json, sys
ecr = boto3.client("ecr", endpoint_url=sys.argv[1], region_name="eu-west-1", aws_access_key_id="AKID", aws_secret_access_key="s")
config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + "0" * 64, "size": 2}
kind = "application/vnd.oci.image.manifest.v1+json"
manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []})
digest = "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
ecr.put_image(repositoryName="team/app", imageManifest=manifest, imageManifestMediaType=kind, imageTag="v1", imageDigest=digest)
print(digest)
"#;

struct Moto {
    process: Child,
    url: String,
    python: PathBuf,
}

impl Moto {
    fn start(folder: &Path) -> Option<Moto> {
        let python = support::root().join("target/peers/moto/bin/python");
        if !python.exists() {
            support::absent("moto", "run scripts/peers.sh");
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(&python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Moto { process, url: format!("http://127.0.0.1:{port}"), python };
        let until = Instant::now() + Duration::from_secs(120);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "moto does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(moto)
    }

    fn host(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    fn put_image(&self) -> Digest {
        let put = Command::new(&self.python).args(["-c", PUT, &self.url]).output().unwrap();
        assert!(put.status.success(), "{}", String::from_utf8_lossy(&put.stderr));
        Digest::parse(String::from_utf8(put.stdout).unwrap().trim()).unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Rig {
    ecr: EcrRegistry,
    administrator: Administrator,
}

impl Rig {
    fn new(moto: &Moto, folder: &Path) -> Rig {
        let mut options = EcrOptions::default();
        options.credentials = AwsCredentials::keys("AKID", Secret::new("secret"), None);
        options.endpoint = Some(moto.url.clone());
        options.registry = Some(("123456789012".to_owned(), "eu-west-1".to_owned()));
        let ecr = EcrRegistry::ecr(moto.host(), options).unwrap();
        let registry = Arc::new(ecr.clone());
        Rig { ecr, administrator: Administrator { registry, ledger: Ledger::at(folder.join("ledger")), clock: None } }
    }

    /// Plans, approves and carries out; `false` where there is nothing to do.
    async fn carry_out(&self, wish: Wish) -> bool {
        let text = |text: &str| text.to_owned();
        let request = Request {
            environment: text("prod"),
            requester: text("pipeline"),
            reason: None,
            what: text("a test"),
            wishes: vec![wish],
        };
        let Some(plan) = self.administrator.plan(&request).await.unwrap() else { return false };
        let now = Timestamp::now();
        let yes = Answer::approve(text("alice"));
        let approval = by_callback(&plan, now, |_| Ok(yes)).unwrap();
        let approved = ApprovalPolicy::default().admit(plan, vec![approval], now).unwrap();
        let receipt = self.administrator.execute(approved).await.unwrap().receipt;
        assert!(receipt.is_complete(), "{receipt}");
        true
    }

    async fn settle(&self, action: Action) {
        assert!(self.carry_out(Wish::Action(action.clone())).await, "{action}");
        assert!(!self.carry_out(Wish::Action(action.clone())).await, "{action} is not settled");
    }

    async fn ask(&self, question: Question) -> Value {
        ask(&self.ecr, &question).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs moto; run by make interop"]
async fn interop_ecr_is_administered_at_moto() {
    let folder = tempfile::tempdir().unwrap();
    let Some(moto) = Moto::start(folder.path()) else { return };
    let rig = Rig::new(&moto, folder.path());
    let app = Repository::parse(&format!("{}/team/app", moto.host())).unwrap();
    assert!(rig.ecr.ecr_repository(&app).await.unwrap_err().is_not_found());
    let settings = json!({"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": true}});
    let create = Action::CreateRepository { repository: app.clone(), settings };
    assert!(rig.carry_out(Wish::Action(create)).await);
    assert_eq!(rig.ask(Question::Repositories { project: None }).await[0]["repositoryName"], "team/app");
    let of = || Scope::Repository(app.clone());
    let set = |policy, to: Value| Action::SetPolicy { policy, scope: of(), to: Some(to) };
    rig.settle(set(Policy::Immutability, json!({"imageTagMutability": "MUTABLE"}))).await;
    rig.settle(set(Policy::Scanning, json!({"scanOnPush": false}))).await;
    let statement = json!({"Sid": "pull", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]});
    rig.settle(set(Policy::Access, json!({"Version": "2012-10-17", "Statement": [statement]}))).await;

    let image = app.at(moto.put_image());
    let images = rig.ask(Question::Images { repository: app.clone() }).await;
    assert_eq!((&images[0]["imageDigest"], &images[0]["imageTags"]), (&json!(image.digest), &json!(["v1"])));
    assert_eq!(rig.ask(Question::TagsOf { image: image.clone() }).await, json!(["v1"]));
    let findings = rig.ecr.abilities().findings.unwrap();
    assert!(findings.findings(&image).await.unwrap_err().is_not_found());
    assert!(rig.carry_out(Wish::Action(Action::StartScan { image: image.clone() })).await);
    assert!(!findings.findings(&image).await.unwrap().bytes.is_empty());

    assert!(rig.ecr.ecr_image(&app.at(Digest::of(b"absent"))).await.unwrap_err().is_not_found());
}
