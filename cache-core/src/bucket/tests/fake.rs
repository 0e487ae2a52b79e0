//! A store of objects that speaks as much of each vendor's language as a ledger needs, with a clock of its own. It refuses
//! requests that are not signed as their vendor says.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::{hmac, signature};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::bucket::{BucketLedger, LEASE, url};
use crate::http::testing::{Call, Reply, Server};
use crate::http::{Http, Network, Patience, decode};
use crate::model::Digest;
use crate::registry::Variables;
use crate::sign::{KeyKind, KeySigner};

pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const FOLDER: &str = "/bucket/team/ledger/";
/// Nothing of it may be shown.
pub(super) const SECRET: &str = "czNjcmV0LXMzY3JldA==";

static KEY: LazyLock<KeySigner> =
    LazyLock::new(|| KeySigner::generate_kind("service account", KeyKind::Rsa2048).unwrap());

/// Whose language it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vendor {
    S3,
    Gcs,
    AzBlob,
}

impl Vendor {
    pub(super) const ALL: [Vendor; 3] = [Vendor::S3, Vendor::Gcs, Vendor::AzBlob];
}

#[derive(Clone)]
struct Kept {
    body: Vec<u8>,
    written: i64,
    /// How many objects were written before.
    number: usize,
}

pub(super) struct Store {
    vendor: Vendor,
    objects: Mutex<BTreeMap<String, Kept>>,
    pub(super) clock: AtomicI64,
    pub(super) writes: AtomicUsize,
    /// As old stores do.
    pub(super) ignores_conditions: AtomicBool,
    /// The next write is done, and nobody is told.
    pub(super) loses_answer: AtomicBool,
    /// The next write is done, and half is told.
    pub(super) truncates: AtomicBool,
    /// So many writes are refused because somebody else writes.
    pub(super) busy: AtomicUsize,
    /// The next request is answered with this.
    pub(super) refuses: Mutex<Option<Reply>>,
    pub(super) away: AtomicBool,
    /// Who reads is led elsewhere, where there is nothing.
    pub(super) misleads: AtomicBool,
    /// How often a token was asked for.
    pub(super) tokens: AtomicUsize,
}

/// What a request wants.
enum Wish {
    Read,
    /// Written where there is none, or over this version.
    Write(Option<String>),
}

pub(super) fn date(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap();
    time.to_zoned_datetime(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

pub(super) fn refused(status: u16, code: &str) -> Reply {
    Reply::new(
        status,
        format!("\u{feff}<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>"),
    )
}

fn refused_in_json(status: u16, reason: &str) -> Reply {
    let error = json!({"error": {"code": status, "message": "no", "errors": [{"reason": reason, "message": "no"}]}});
    Reply::new(status, error.to_string())
}

impl Store {
    fn now(&self) -> i64 {
        NOW + self.clock.load(Ordering::SeqCst)
    }

    pub(super) fn count(&self, part: &str) -> usize {
        self.objects.lock().unwrap().keys().filter(|key| key.contains(part)).count()
    }

    pub(super) fn insert(&self, key: &str, body: &[u8]) {
        let kept = Kept { body: body.to_vec(), written: NOW, number: 77 };
        self.objects.lock().unwrap().insert(format!("{FOLDER}{key}"), kept);
    }

    /// The object as its owner wrote it anew without hearing of it.
    pub(super) fn renew(&self, key: &str) {
        let mut objects = self.objects.lock().unwrap();
        let kept = objects.get_mut(&format!("{FOLDER}{key}")).unwrap();
        kept.body.push(b'\n');
        kept.number += 1000;
    }

    fn answer(&self, call: &Call) -> Reply {
        if call.target == "/token" {
            return self.token(call);
        }
        if let Some(reply) = self.refuses.lock().unwrap().take() {
            return reply;
        }
        if let Err(reply) = match self.vendor {
            Vendor::S3 => signed_for_s3(call),
            Vendor::Gcs => signed_for_gcs(call),
            Vendor::AzBlob => signed_for_azblob(call),
        } {
            return reply;
        }
        if self.away.load(Ordering::SeqCst) {
            return refused(503, "ServiceUnavailable");
        }
        let (key, wish) = match self.vendor {
            Vendor::Gcs => wished_of_gcs(call),
            Vendor::S3 | Vendor::AzBlob => wished(call),
        };
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let there = objects.get(&key).cloned();
        let condition = match wish {
            Wish::Read if self.misleads.load(Ordering::SeqCst) => return Reply::new(404, "Not Found"),
            Wish::Read => return there.map_or_else(|| self.absent(), |kept| self.found(&kept)),
            Wish::Write(condition) => condition,
        };
        if self.busy.load(Ordering::SeqCst) > 0 {
            self.busy.fetch_sub(1, Ordering::SeqCst);
            return match self.vendor {
                Vendor::Gcs => refused_in_json(409, "conflict"),
                _ => refused(409, "ConditionalRequestConflict"),
            };
        }
        let holds = match (&condition, &there) {
            (None, None) => true,
            (Some(_), None) if self.vendor == Vendor::S3 => return refused(404, "NoSuchKey"),
            (Some(version), Some(kept)) => *version == self.version(kept),
            _ => false,
        };
        if !holds && !self.ignores_conditions.load(Ordering::SeqCst) {
            return match (self.vendor, condition) {
                (Vendor::S3, _) => refused(412, "PreconditionFailed"),
                (Vendor::Gcs, _) => refused_in_json(412, "conditionNotMet"),
                (Vendor::AzBlob, None) => refused(409, "BlobAlreadyExists"),
                (Vendor::AzBlob, Some(_)) => refused(412, "ConditionNotMet"),
            };
        }
        let number = self.writes.fetch_add(1, Ordering::SeqCst);
        let kept = Kept { body: call.body.clone(), written: self.now(), number };
        objects.insert(key, kept.clone());
        if self.loses_answer.swap(false, Ordering::SeqCst) {
            return refused(500, "InternalError");
        }
        let reply = self.written(&kept);
        let half = reply.body.len() / 2;
        if self.truncates.swap(false, Ordering::SeqCst) {
            return Reply { breaks_after: Some(half), ..reply };
        }
        reply
    }

    fn version(&self, kept: &Kept) -> String {
        match self.vendor {
            Vendor::S3 => format!("\"{}\"", &Digest::of(&kept.body).hex()[..32]),
            Vendor::Gcs => format!("{}", 1_700_000_000_000_000 + kept.number),
            Vendor::AzBlob => format!("\"0x8D{:X}\"", kept.number),
        }
    }

    fn found(&self, kept: &Kept) -> Reply {
        let reply = Reply::new(200, kept.body.clone());
        let reply = match self.vendor {
            Vendor::Gcs => reply.header("etag", "\"of-the-body\"").header("x-goog-generation", self.version(kept)),
            _ => reply.header("etag", self.version(kept)),
        };
        reply.header("last-modified", date(kept.written)).header("date", date(self.now()))
    }

    fn absent(&self) -> Reply {
        refused(404, if self.vendor == Vendor::AzBlob { "BlobNotFound" } else { "NoSuchKey" })
    }

    fn written(&self, kept: &Kept) -> Reply {
        match self.vendor {
            Vendor::S3 => Reply::new(200, "").header("etag", self.version(kept)),
            Vendor::Gcs => Reply::new(200, json!({"generation": self.version(kept), "etag": "x"}).to_string()),
            Vendor::AzBlob => Reply::new(201, "").header("etag", self.version(kept)),
        }
    }

    /// Google's directory: a token for whoever has the key of the account.
    fn token(&self, call: &Call) -> Reply {
        let body = String::from_utf8_lossy(&call.body).into_owned();
        let prefix = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
        let refused =
            |why: &str| Reply::new(400, json!({"error": "invalid_grant", "error_description": why}).to_string());
        let Some(assertion) = body.strip_prefix(prefix) else { return refused("no assertion") };
        let (signed, signature) = assertion.rsplit_once('.').unwrap_or_default();
        let part = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let known = signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, public_key());
        if known.verify(signed.as_bytes(), &part(signature)).is_err() {
            return refused("Invalid JWT Signature.");
        }
        let (head, claims) = signed.split_once('.').unwrap();
        let [head, claims]: [Value; 2] = [head, claims].map(|text| serde_json::from_slice(&part(text)).unwrap());
        let now = jiff::Timestamp::now().as_second();
        let (issued, end) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        let audience = claims["aud"].as_str().unwrap();
        if head != json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"})
            || claims["iss"] != "ci@project.iam.gserviceaccount.com"
            || claims["scope"] != "https://www.googleapis.com/auth/devstorage.read_write"
            || !audience.ends_with("/token")
            || (issued - now).abs() > 60
            || end - issued != 3600
        {
            return refused("claims");
        }
        self.tokens.fetch_add(1, Ordering::SeqCst);
        Reply::new(200, json!({"access_token": "ya29.s3cret", "expires_in": 3599, "token_type": "Bearer"}).to_string())
    }
}

/// The public key as RFC 8017 has it, which is the end of SubjectPublicKeyInfo for a key of 2048 bits.
fn public_key() -> Vec<u8> {
    let pem = KEY.public_key().to_pem();
    let spki = pem::parse(pem).unwrap().into_contents();
    spki[24..].to_vec()
}

fn signed_for_s3(call: &Call) -> Result<(), Reply> {
    let signed = call.header("authorization").is_some_and(|text| {
        let names = ["host", "x-amz-content-sha256", "x-amz-date"];
        text.contains("/eu-test-1/s3/aws4_request") && names.iter().all(|name| text.contains(name))
    });
    let hash = call.header("x-amz-content-sha256").unwrap_or_default();
    match signed && hash == Digest::of(&call.body).hex() {
        true => Ok(()),
        false => Err(refused(403, "SignatureDoesNotMatch")),
    }
}

fn signed_for_gcs(call: &Call) -> Result<(), Reply> {
    match call.header("authorization") {
        Some("Bearer ya29.s3cret") => Ok(()),
        _ if call.method == "GET" => Err(refused(401, "AuthenticationRequired")),
        _ => Err(refused_in_json(401, "authError")),
    }
}

/// By a request as Microsoft writes it out: every line is there, in its place.
fn signed_for_azblob(call: &Call) -> Result<(), Reply> {
    let header = |name: &str| call.header(name).unwrap_or_default();
    let (date, version) = (header("x-ms-date"), header("x-ms-version"));
    let sent = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date);
    let late = sent.map_or(i64::MAX, |sent| (jiff::Timestamp::now().as_second() - sent.as_second()).abs());
    let text = match &call.method[..] {
        "GET" => {
            format!("GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{version}\n/account{}", call.target)
        }
        "PUT" => format!(
            "PUT\n\n\n{}\n\n\n\n\n{}\n{}\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:{date}\nx-ms-version:{version}\n/account{}",
            header("content-length"),
            header("if-match"),
            header("if-none-match"),
            call.target
        ),
        _ => return Err(refused(405, "UnsupportedHttpVerb")),
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(SECRET).unwrap());
    let expected = format!("SharedKey account:{}", STANDARD.encode(hmac::sign(&key, text.as_bytes())));
    match expected == header("authorization") && late < 900 && !version.is_empty() {
        true => Ok(()),
        false => Err(refused(403, "AuthenticationFailed")),
    }
}

/// With the conditions of HTTP.
fn wished(call: &Call) -> (String, Wish) {
    let wish = match (&call.method[..], call.header("if-none-match"), call.header("if-match")) {
        ("GET", None, None) => Wish::Read,
        ("PUT", Some("*"), None) => Wish::Write(None),
        ("PUT", None, Some(version)) => Wish::Write(Some(version.to_owned())),
        other => panic!("{other:?}"),
    };
    (call.target.clone(), wish)
}

fn wished_of_gcs(call: &Call) -> (String, Wish) {
    if call.method == "GET" {
        return (call.target.clone(), Wish::Read);
    }
    assert_eq!(call.method, "POST");
    let (path, query) = call.target.split_once('?').unwrap();
    assert_eq!(path, "/upload/storage/v1/b/bucket/o");
    let parameters: BTreeMap<&str, &str> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    assert_eq!(parameters["uploadType"], "media");
    let name = String::from_utf8(decode(parameters["name"])).unwrap();
    let generation = parameters["ifGenerationMatch"];
    assert!(generation.parse::<u64>().is_ok(), "{generation}");
    (format!("/bucket/{name}"), Wish::Write((generation != "0").then(|| generation.to_owned())))
}

/// A store, and the machines that have their ledger in it.
pub(super) struct World {
    pub(super) store: Arc<Store>,
    pub(super) server: Server,
    key: tempfile::NamedTempFile,
}

impl World {
    pub(super) async fn of(vendor: Vendor) -> World {
        let store = Arc::new(Store {
            vendor,
            objects: Mutex::default(),
            clock: AtomicI64::default(),
            writes: AtomicUsize::default(),
            ignores_conditions: AtomicBool::default(),
            loses_answer: AtomicBool::default(),
            truncates: AtomicBool::default(),
            busy: AtomicUsize::default(),
            refuses: Mutex::default(),
            away: AtomicBool::default(),
            misleads: AtomicBool::default(),
            tokens: AtomicUsize::default(),
        });
        let answering = Arc::clone(&store);
        let server = Server::start_replies(move |call| answering.answer(call)).await;
        let mut key = tempfile::NamedTempFile::new().unwrap();
        let file = json!({
            "type": "service_account",
            "client_email": "ci@project.iam.gserviceaccount.com",
            "private_key": KEY.to_pem().unwrap().as_str(),
            "private_key_id": "key-1",
            "token_uri": format!("{}/token", server.url()),
        });
        key.write_all(file.to_string().as_bytes()).unwrap();
        World { store, server, key }
    }

    /// The ledger as one machine opens it.
    pub(super) fn machine(&self) -> BucketLedger {
        self.with_lease(LEASE)
    }

    pub(super) fn with_lease(&self, lease: Duration) -> BucketLedger {
        let url = self.server.url();
        let key = self.key.path().to_str().unwrap();
        let (address, variables) = match self.store.vendor {
            Vendor::S3 => (
                format!("s3://bucket/team/ledger?region=eu-test-1&endpoint={url}"),
                vec![("AWS_ACCESS_KEY_ID", "ID"), ("AWS_SECRET_ACCESS_KEY", SECRET)],
            ),
            Vendor::Gcs => {
                (format!("gs://bucket/team/ledger?endpoint={url}"), vec![("GOOGLE_APPLICATION_CREDENTIALS", key)])
            }
            Vendor::AzBlob => {
                (format!("az://account/bucket/team/ledger?endpoint={url}"), vec![("AZURE_STORAGE_KEY", SECRET)])
            }
        };
        open(&address, &variables, lease)
    }
}

/// A ledger whose machine has these variables, and no time.
pub(super) fn open(address: &str, variables: &[(&str, &str)], lease: Duration) -> BucketLedger {
    open_over(Network::default(), address, variables, lease)
}

pub(super) fn open_over(network: Network, address: &str, variables: &[(&str, &str)], lease: Duration) -> BucketLedger {
    let mut bucket = url::open(address, &Variables::given(variables), network.clone()).unwrap();
    let patience = Patience { attempts: 4, first_pause: Duration::from_millis(1), ..Patience::default() };
    bucket.http = Http::over(network, None, patience);
    BucketLedger::of(bucket, lease)
}
