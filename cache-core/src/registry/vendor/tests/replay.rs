//! The requests that the tests of an adapter make, sent once more to a server that others wrote after the vendor's own
//! description, and that refuses what is not described. Run by `make interop`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::specification;
use crate::http::testing::Call;
use crate::http::{Http, Patience, Request};

const KEEP: &str = "CACHE_TEST_KEEP_REQUESTS";
/// What a refusal may be: the request is not as described, or is not described at all.
const REFUSED: [u16; 6] = [400, 401, 404, 405, 415, 422];

/// Writes a request down where a run of the tests is asked for that. Of a login only the kind is kept.
pub(super) fn keep(description: &str, call: &Call) {
    let Some(file) = std::env::var_os(KEEP) else { return };
    let kept = ["content-type", "x-is-resource-name", "x-accept-vulnerabilities"];
    let mut headers: Vec<(&str, &str)> = Vec::new();
    headers.extend(call.headers().iter().filter(|(name, _)| kept.contains(&&name[..])).map(|(n, v)| (&n[..], &v[..])));
    let login = call.header("authorization").and_then(|text| text.split(' ').next());
    let body = String::from_utf8_lossy(&call.body);
    let line = json!({"of": description, "method": call.method, "target": call.target, "headers": headers, "login": login,
        "body": body});
    // One write, since the tests of one process write at once.
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// What the tests of an adapter ask, each request once.
fn kept(module: &str, folder: &Path) -> Vec<Value> {
    let file = folder.join("requests");
    let tests = Command::new(std::env::current_exe().unwrap()).arg(module).env(KEEP, &file).output().unwrap();
    assert!(tests.status.success(), "{}", String::from_utf8_lossy(&tests.stdout));
    let text = std::fs::read_to_string(file).unwrap();
    let unique: BTreeSet<&str> = text.lines().collect();
    unique.into_iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Prism, a server made of a description.
struct Prism {
    process: Child,
    base: String,
}

impl Prism {
    fn start(description: &str, folder: &Path) -> Option<Prism> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let program: PathBuf = root.join("target/peers/prism/node_modules/@stoplight/prism-cli/dist/index.js");
        if !program.exists() {
            eprintln!("absent: prism (run scripts/peers.sh) [1 case skipped]");
            assert!(!std::env::var("CACHE_INTEROP").is_ok_and(|word| word == "required"), "prism is absent");
            return None;
        }
        let description = specification(description)?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = || std::fs::File::create(folder.join("prism.log")).unwrap();
        let process = Command::new("node")
            .arg(program)
            .args(["mock", "--errors", "--host", "127.0.0.1", "--port", &port.to_string()])
            .arg(description)
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let prism = Prism { process, base: format!("http://127.0.0.1:{port}") };
        let until = Instant::now() + Duration::from_secs(120);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "prism does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(prism)
    }

    /// The status with which it answers.
    async fn status(&self, http: &Http, kept: &Value) -> u16 {
        let url = format!("{}{}", self.base, kept["target"].as_str().unwrap());
        let mut request = Request::new(kept["method"].as_str().unwrap().parse().unwrap(), url.parse().unwrap());
        for header in kept["headers"].as_array().unwrap() {
            let text = |at: usize| header[at].as_str().unwrap();
            request.headers.insert(http::HeaderName::try_from(text(0)).unwrap(), text(1).parse().unwrap());
        }
        if let Some(login) = kept["login"].as_str() {
            request.headers.insert("authorization", format!("{login} dXNlcjpwYXNz").parse().unwrap());
        }
        request.body = kept["body"].as_str().unwrap().to_owned().into();
        http.send(&request).await.unwrap().status().as_u16()
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether every request that the tests of `module` make is as described, but for those of which the description itself is wrong.
async fn accepted(module: &str, description: &str, described_wrongly: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let Some(prism) = Prism::start(description, folder.path()) else { return };
    let http = Http::new(Patience { attempts: 1, ..Patience::default() });
    let (requests, mut refused) = (kept(module, folder.path()), Vec::new());
    for request in &requests {
        let status = prism.status(&http, request).await;
        let target = request["target"].as_str().unwrap();
        // What is asked without a login is how a registry is made to say which one it wants.
        let is_challenge = status == 401 && request["login"].is_null();
        if REFUSED.contains(&status) && !is_challenge && !described_wrongly.iter().any(|part| target.contains(part)) {
            refused.push(format!("{status} {request}"));
        }
    }
    println!("{module}: {} different requests, {} refused", requests.len(), refused.len());
    assert!(!requests.is_empty() && refused.is_empty(), "{}", refused.join("\n"));
}

#[tokio::test]
#[ignore = "needs prism; make interop"]
async fn interop_requests_to_harbor_are_as_it_describes_them() {
    // Of a retention's parameters it says that they are objects; Harbor itself takes and gives numbers.
    accepted("registry::harbor::tests", "harbor/swagger-flat-for-prism.yaml", &["/retentions"]).await;
}

#[tokio::test]
#[ignore = "needs prism; make interop"]
async fn interop_requests_to_acr_are_as_it_describes_them() {
    accepted("registry::acr::tests", "acr/acr-cli-swagger.yaml", &[]).await;
}

#[tokio::test]
#[ignore = "needs prism; make interop"]
async fn interop_requests_to_openshift_are_as_it_describes_them() {
    accepted("registry::openshift::tests", "openshift/image.openshift.io-subset-for-prism.json", &[]).await;
}
