//! The same in stores that others wrote, after what their vendors document. Run by `make interop`.

mod azurite;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::fake::open;
use super::*;
use crate::http::{Http, Patience, Request};

/// moto looks first and writes then, which two threads of it may do at once: it is given one. It checks signatures once it was told
/// to; before, a user with a key is made.
const MOTO: &str = r#"
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
"#;
const SETUP: &str = r#"
import boto3, json, sys, urllib.request
def client(service):
    return boto3.client(service, endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="A", aws_secret_access_key="s")
client("s3").create_bucket(Bucket="bucket")
iam = client("iam")
iam.create_user(UserName="ci")
allowed = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"], "Resource": "*"}
iam.put_user_policy(UserName="ci", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
key = iam.create_access_key(UserName="ci")["AccessKey"]
urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"})).read()
print(key["AccessKeyId"], key["SecretAccessKey"])
"#;

/// The path of what `scripts/peers.sh` installs; `None` where it is absent, which is said.
fn installed(name: &str, path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("absent: {name} (run scripts/peers.sh) [1 case skipped]");
    assert!(!std::env::var("CACHE_INTEROP").is_ok_and(|word| word == "required"), "{name} is absent");
    None
}

/// A store that is a process of its own.
struct Peer {
    process: Child,
    host: String,
}

impl Peer {
    /// Starts a program on a port of the loopback, with `PORT` in its arguments put in.
    fn start(program: &Path, arguments: &[&str]) -> Peer {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let process = Command::new(program)
            .args(arguments.iter().map(|argument| argument.replace("PORT", &port)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let peer = Peer { process, host: format!("127.0.0.1:{port}") };
        let until = Instant::now() + Duration::from_secs(120);
        while std::net::TcpStream::connect(&peer.host).is_err() {
            assert!(Instant::now() < until, "{} does not listen", program.display());
            std::thread::sleep(Duration::from_millis(50));
        }
        peer
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The way to a store, on which an answer may be lost.
struct Way {
    host: String,
    loses_answer: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Way {
    async fn to(peer: &Peer) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (loses_answer, server) = (Arc::new(AtomicBool::default()), peer.host.clone());
        let loses = Arc::clone(&loses_answer);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, server.clone(), Arc::clone(&loses)));
            }
        });
        Way { host, loses_answer, task }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(client: TcpStream, server: String, loses_answer: Arc<AtomicBool>) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = TcpStream::connect(server).await?.into_split();
    let there = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut bytes = vec![0; 64 << 10];
    loop {
        let read = from_server.read(&mut bytes).await?;
        if read == 0 || loses_answer.swap(false, Ordering::SeqCst) {
            there.abort();
            return Ok(());
        }
        to_client.write_all(&bytes[..read]).await?;
    }
}

/// All that has to hold in a store; and an answer that is lost after the store wrote.
async fn holds_at(
    peer: &Peer,
    address: impl Fn(&str) -> String,
    variables: impl Fn(&str) -> Vec<(&'static str, String)>,
) {
    let machine = |host: &str| {
        let variables = variables(host);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, &value[..])).collect();
        open(&address(host), &variables, LEASE)
    };
    sharing::holds(|| machine(&peer.host)).await;

    let way = Way::to(peer).await;
    let lose = || way.loses_answer.store(true, Ordering::SeqCst);
    let (over, plan, approval) = (machine(&way.host), Digest::of(b"lost answers"), Digest::of(b"lost"));
    over.expect_conditions().await.unwrap();
    lose();
    let mut lock = over.lock(&plan).await.expect("it is ours");
    lose();
    lock.append(Bytes::from_static(b"one\n")).await.unwrap();
    assert_eq!(&lock.journal().await.unwrap()[..], b"one\n");
    lose();
    over.spend(&approval, &plan).await.unwrap();
    assert!(machine(&peer.host).is_spent(&approval).await.unwrap());
    assert!(machine(&peer.host).lock(&plan).await.is_err());
    lock.release().await.unwrap();
    machine(&peer.host).lock(&plan).await.unwrap();
    assert!(!way.loses_answer.load(Ordering::SeqCst), "no answer was lost");
}

/// That a refusal is told as what it is, by the words of the store itself.
async fn refused(address: &str, variables: &[(&str, &str)], kind: ErrorKind) {
    let error = open(address, variables, LEASE).lock(&plan()).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let told = format!("{error} {error:?}");
    assert!(variables.iter().all(|(name, value)| !name.contains("KEY") || !told.contains(value)), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs moto; make interop"]
async fn interop_a_ledger_is_shared_at_moto() {
    let Some(python) = installed("moto", "moto/bin/python") else { return };
    let peer = Peer::start(&python, &["-c", MOTO, "PORT"]);
    let url = format!("http://{}", peer.host);
    let setup = Command::new(&python).args(["-c", SETUP, &url]).output().unwrap();
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    let keys = String::from_utf8(setup.stdout).unwrap();
    let (id, secret) = keys.trim().split_once(' ').unwrap();
    let address = |host: &str| format!("s3://bucket/team/ledger?endpoint=http://{host}");
    let owned = [("AWS_ACCESS_KEY_ID", id.to_owned()), ("AWS_SECRET_ACCESS_KEY", secret.to_owned())];
    holds_at(&peer, address, |_| owned.to_vec()).await;
    let known = [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)];
    refused(&format!("s3://other?endpoint={url}"), &known, ErrorKind::Invalid).await;
    let wrong = [known[0], ("AWS_SECRET_ACCESS_KEY", "another-secret")];
    refused(&address(&peer.host), &wrong, ErrorKind::Unauthenticated).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs fake-gcs-server; make interop"]
async fn interop_a_ledger_is_shared_at_fake_gcs_server() {
    let Some(program) = installed("fake-gcs-server", "bin/fake-gcs-server") else { return };
    let peer = Peer::start(
        &program,
        &["-scheme", "http", "-host", "127.0.0.1", "-port", "PORT", "-public-host", "127.0.0.1", "-backend", "memory"],
    );
    let mut create =
        Request::new(Method::POST, format!("http://{}/storage/v1/b?project=p", peer.host).parse().unwrap());
    create.headers.insert("content-type", HeaderValue::from_static("application/json"));
    create.body = r#"{"name": "bucket"}"#.into();
    assert!(Http::new(Patience::default()).send(&create).await.unwrap().status().is_success());
    let emulator = |host: &str| vec![("STORAGE_EMULATOR_HOST", host.to_owned())];
    holds_at(&peer, |_| "gs://bucket/team/ledger".to_owned(), emulator).await;
    refused("gs://other", &[("STORAGE_EMULATOR_HOST", &peer.host)], ErrorKind::Invalid).await;
}
