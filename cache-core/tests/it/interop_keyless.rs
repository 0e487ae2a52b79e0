//! Keyless with the real services, on this machine: Fulcio, a timestamp authority, a transparency log of version 2, and a provider
//! of identity tokens of our own. What is signed here cosign verifies. Run by `make interop`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cache_core::model::{Secret, Timestamp};
use cache_core::plan::Form;
use cache_core::promote::Attachment;
use cache_core::sign::{
    Demands, GivenToken, IdentityRule, KeyKind, KeySigner, KeylessSigner, Services, Signer, SigningConfig, Trust,
    Trusted, TrustedRoot,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::interop_cosign::{Cosign, is_signed};
use crate::peers;
use crate::world::{attach, image};

const PERSON: &str = "dev@example.test";
/// The name of the log in its checkpoints.
const LOG: &str = "log.example.test";

/// A service, ended when it is dropped.
struct Running {
    process: Child,
    port: u16,
}

impl Running {
    /// Starts a peer. The arguments may have `{port}`, and `{other1}`, `{other2}` for ports that nobody asks.
    fn start(name: &str, folder: &Path, arguments: &[&str]) -> Option<Running> {
        let binary = peers::binary(name)?;
        let ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let filled = arguments.iter().map(|argument| {
            let port = |at: usize| ports[at].to_string();
            argument.replace("{port}", &port(0)).replace("{other1}", &port(1)).replace("{other2}", &port(2))
        });
        let process = Command::new(binary)
            .args(filled)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join(format!("{name}.log"))).unwrap())
            .spawn()
            .unwrap();
        let running = Running { process, port: ports[0] };
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", running.port)).is_err() {
            let log = std::fs::read_to_string(folder.join(format!("{name}.log"))).unwrap();
            assert!(Instant::now() < until, "{name} does not listen: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(running)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The body of what is at this path.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A provider of identity tokens: what it says of itself, and its key.
struct Provider {
    url: String,
    key: EcdsaKeyPair,
}

impl Provider {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = key.public_key().as_ref();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let keys = json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k",
            "x": part(&point[1..33]), "y": part(&point[33..])}]});
        let about = json!({"issuer": url, "jwks_uri": format!("{url}/keys"), "authorization_endpoint": format!("{url}/auth"),
            "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"]});
        // It ends with the process.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap_or(0);
                let asked = String::from_utf8_lossy(&request[..read]).into_owned();
                let body = if asked.starts_with("GET /keys") { &keys } else { &about }.to_string();
                let head = "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\ncontent-length";
                let _ = write!(stream, "{head}: {}\r\n\r\n{body}", body.len());
            }
        });
        Provider { url, key }
    }

    fn token(&self) -> Secret {
        let now = Timestamp::now().unix();
        let claims = json!({"iss": self.url, "sub": "7", "aud": "sigstore", "iat": now, "exp": now + 300,
            "email": PERSON, "email_verified": true});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "ES256", "kid": "k", "typ": "JWT"})), part(&claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }
}

fn chain(certificates: &str) -> Value {
    let all = pem::parse_many(certificates).unwrap();
    let raw: Vec<_> = all.iter().map(|one| json!({"rawBytes": STANDARD.encode(one.contents())})).collect();
    json!({"certificates": raw})
}

/// A key for the log, and how a trusted root names it.
fn log(folder: &Path) -> Value {
    let key = KeySigner::generate_kind("log", KeyKind::Ed25519).unwrap();
    std::fs::write(folder.join("log.pem"), &*key.to_pem().unwrap()).unwrap();
    let spki = pem::parse(key.public_key().to_pem()).unwrap().into_contents();
    let id = Sha256::new().chain_update(LOG).chain_update([b'\n', 1]).chain_update(&spki[12..]).finalize();
    json!({"baseUrl": format!("https://{LOG}"), "hashAlgorithm": "SHA2_256", "logId": {"keyId": STANDARD.encode(id)},
        "publicKey": {"rawBytes": STANDARD.encode(spki), "keyDetails": "PKIX_ED25519",
            "validFor": {"start": "2020-01-01T00:00:00Z"}}})
}

#[tokio::test]
#[ignore = "needs the peers; run by make interop"]
async fn interop_keyless_with_the_real_services() {
    let folder = tempfile::tempdir().unwrap();
    let (at, provider) = (folder.path(), Provider::start());
    let issuers =
        json!({"OIDCIssuers": {&provider.url: {"IssuerURL": provider.url, "ClientID": "sigstore", "Type": "email"}}});
    std::fs::write(at.join("fulcio.json"), issuers.to_string()).unwrap();
    let known_log = log(at);
    let fulcio = [
        "serve",
        "--host=127.0.0.1",
        "--port={port}",
        "--grpc-host=127.0.0.1",
        "--grpc-port={other1}",
        "--metrics-port={other2}",
        "--ca=ephemeralca",
        "--ct-log-url=",
        "--config-path=fulcio.json",
    ];
    let authority =
        ["serve", "--host=127.0.0.1", "--port={port}", "--timestamp-signer=memory", "--disable-ntp-monitoring"];
    let rekor = [
        "serve",
        "--http-address=127.0.0.1",
        "--http-port={port}",
        "--grpc-address=127.0.0.1",
        "--grpc-port={other1}",
        "--http-metrics-port={other2}",
        "--hostname=log.example.test",
        "--storage-dir=log",
        "--signer-filepath=log.pem",
        "--checkpoint-interval=500ms",
    ];
    let Some(fulcio) = Running::start("fulcio", at, &fulcio) else { return };
    let Some(authority) = Running::start("timestamp-server", at, &authority) else { return };
    let rekor = Running::start("rekor-server-posix", at, &rekor);
    let Some(cosign) = Cosign::new(true).await else { return };

    let bundle: Value = serde_json::from_str(&fulcio.get("/api/v2/trustBundle")).unwrap();
    let issuing: Vec<_> =
        bundle["chains"][0]["certificates"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
    let valid = json!({"start": "2020-01-01T00:00:00Z"});
    let root = json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": rekor.iter().map(|_| &known_log).collect::<Vec<_>>(),
        "certificateAuthorities": [{"uri": fulcio.url(), "validFor": valid, "certChain": chain(&issuing.join("\n"))}],
        "timestampAuthorities": [{"uri": authority.url(), "validFor": valid,
            "certChain": chain(&authority.get("/api/v1/timestamp/certchain"))}],
    });
    cosign.write("root.json", &root.to_string());
    let service = |url: String, version: u32| json!({"url": url, "majorApiVersion": version, "operator": "us", "validFor": valid});
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service(fulcio.url(), 1)],
        "tsaUrls": [service(format!("{}/api/v1/timestamp", authority.url()), 1)],
        "rekorTlogUrls": rekor.iter().map(|log| service(log.url(), 2)).collect::<Vec<_>>(),
    });
    let root = Arc::new(TrustedRoot::parse(root.to_string().as_bytes()).unwrap());
    let services = Services::new(SigningConfig::parse(config.to_string().as_bytes()).unwrap(), root.clone());
    let tokens = Arc::new(GivenToken::new(provider.token()));
    let signer = KeylessSigner::of_token(tokens, services.without_certificate_log()).await.unwrap();
    assert!(signer.identity().to_string().contains(PERSON));

    let (registry, image) = image();
    let signature = Attachment::Signature { annotations: BTreeMap::new(), form: Form::Bundle };
    attach(&registry, &image, Arc::new(signer), vec![signature]).await;
    let trust = |person: &str| {
        let demands = Demands {
            logs: usize::from(rekor.is_some()),
            timestamps: 1,
            certificate_log: false,
            ..Demands::of_keyless()
        };
        let rule = IdentityRule::exact(person, &provider.url);
        Trust::in_all(vec![Trusted::identities("us", vec![rule], root.clone()).demanding(demands, root.clone())])
    };
    assert!(is_signed(&registry, &image, trust(PERSON)).await);
    assert!(!is_signed(&registry, &image, trust("ceo@example.test")).await);

    cosign.push("app", &registry, &image).await;
    let name = cosign.name("app", &image.digest);
    let mut verify = vec!["verify", "--trusted-root=root.json", "--insecure-ignore-sct", "--use-signed-timestamps"];
    if rekor.is_none() {
        verify.push("--insecure-ignore-tlog");
    }
    let issuer = format!("--certificate-oidc-issuer={}", provider.url);
    let by = |person: &str| {
        let identity = format!("--certificate-identity={person}");
        [verify.iter().map(|word| (*word).to_owned()).collect(), vec![identity, issuer.clone(), name.clone()]].concat()
    };
    let arguments = by(PERSON);
    cosign.succeeds(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let arguments = by("ceo@example.test");
    let refused = cosign.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(!refused.status.success());
}
