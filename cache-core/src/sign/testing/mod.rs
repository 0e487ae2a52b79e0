//! Services of our own for tests: a Fulcio, logs, a timestamp authority and a TUF repository in this process, with keys of their
//! own, strict about what they are sent, and made to lie on demand. What goes wrong in them is a test that fails.

mod fulcio;
mod log;
mod timestamps;
pub(super) mod tuf;

use std::sync::Arc;

pub(in crate::sign) use crate::http::testing::{Call, Server};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
pub(super) use fulcio::{Fault as FulcioFault, Fulcio};
pub(crate) use log::Version;
pub(super) use log::{Fault as LogFault, Log};
use serde_json::{Value, json};
pub(super) use timestamps::{Authority, Fault as TimestampFault};

use super::{KeySigner, SigningConfig, TrustedRoot};
use crate::model::{Secret, Timestamp};

/// Who signs in these tests.
pub(super) const SUBJECT: &str = "https://ci.example.test/app/build.yml@refs/heads/main";
pub(crate) const ISSUER: &str = "https://id.example.test";

/// A token with these claims. Its signature is none.
pub(in crate::sign) fn token(claims: &Value) -> Secret {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Secret::new(format!(
        "{}.{}.{}",
        part(b"{\"alg\":\"none\"}"),
        part(claims.to_string().as_bytes()),
        part(b"unsigned")
    ))
}

/// A token for this subject.
pub(crate) fn token_for(subject: &str) -> Secret {
    let until = Timestamp::now().unix() + 300;
    token(&json!({"iss": ISSUER, "sub": subject, "aud": "sigstore", "exp": until}))
}

/// A token for the one who signs.
pub(super) fn good_token() -> Secret {
    token_for(SUBJECT)
}

/// What services stand together, and how they lie.
pub(crate) struct Cloud {
    pub(super) fulcio: Arc<Fulcio>,
    pub(super) logs: Vec<Arc<Log>>,
    pub(super) authority: Arc<Authority>,
    servers: Vec<Server>,
}

/// Changes a good answer, if there is one: its status and its body.
pub(super) type Lie = fn(&mut u16, &mut Vec<u8>);

impl Cloud {
    pub(crate) async fn new(versions: &[Version]) -> Self {
        Cloud::lying(versions, None).await
    }

    /// The same where the service at this path changes its answers.
    pub(super) async fn lying(versions: &[Version], lie: Option<(&'static str, Lie)>) -> Self {
        let (fulcio, authority) = (Arc::new(Fulcio::new()), Arc::new(Authority::new()));
        let bent = move |call: &Call, mut status: u16, mut body: Vec<u8>| {
            if let Some((path, lie)) = lie
                && call.target.starts_with(path)
            {
                lie(&mut status, &mut body);
            }
            (status, body)
        };
        let mut servers = Vec::new();
        let ca = Arc::clone(&fulcio);
        servers.push(
            Server::start_bytes(move |call| {
                let (status, body) = ca.answer(call);
                bent(call, status, body)
            })
            .await,
        );
        let tsa = Arc::clone(&authority);
        servers.push(
            Server::start_bytes(move |call| {
                let (status, body) = tsa.answer(call);
                bent(call, status, body)
            })
            .await,
        );
        let mut logs = Vec::new();
        for version in versions {
            let log = Arc::new(Log::new(*version));
            let served = Arc::clone(&log);
            let server = Server::start_bytes(move |call| {
                let (status, body) = served.answer(call);
                bent(call, status, body)
            })
            .await;
            log.is_at(&server.url());
            servers.push(server);
            logs.push(log);
        }
        Cloud { fulcio, logs, authority, servers }
    }

    /// The root that trusts all of them.
    pub(crate) fn root(&self) -> Value {
        let valid = json!({"start": "2020-01-01T00:00:00Z"});
        let chain = |certificates: Vec<Vec<u8>>| {
            let raw: Vec<_> = certificates.iter().map(|der| json!({"rawBytes": STANDARD.encode(der)})).collect();
            json!({"certificates": raw})
        };
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": self.logs.iter().map(|log| log.in_root()).collect::<Vec<_>>(),
            "ctlogs": [self.fulcio.log_in_root()],
            "certificateAuthorities": [{"uri": "https://ca.test", "validFor": valid, "certChain": chain(self.fulcio.chain())}],
            "timestampAuthorities": [{"uri": "https://tsa.test", "validFor": valid, "certChain": chain(self.authority.chain())}],
        })
    }

    pub(crate) fn trusted_root(&self) -> Arc<TrustedRoot> {
        parsed(&self.root())
    }

    /// The configuration that uses all of them.
    pub(crate) fn config(&self, timestamps: bool) -> SigningConfig {
        SigningConfig::parse(self.config_json(timestamps).to_string().as_bytes()).unwrap()
    }

    /// The same as JSON.
    pub(crate) fn config_json(&self, timestamps: bool) -> Value {
        let service = |url: &str, version: u32, operator: usize| {
            json!({"url": url, "majorApiVersion": version, "operator": operator.to_string(),
                "validFor": {"start": "2020-01-01T00:00:00Z"}})
        };
        let logs = self.logs.iter().zip(self.servers.iter().skip(2)).enumerate();
        let logs: Vec<_> = logs.map(|(at, (log, server))| service(&server.url(), log.version(), at)).collect();
        let stamps = timestamps.then(|| service(&format!("{}/api/v1/timestamp", self.servers[1].url()), 1, 0));
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service(&self.servers[0].url(), 1, 0)],
            "rekorTlogUrls": logs,
            "tsaUrls": stamps.into_iter().collect::<Vec<_>>(),
            "rekorTlogConfig": {"selector": "ALL"},
            "tsaConfig": {"selector": "ALL"},
        })
    }
}

/// A TUF repository, served.
pub(crate) struct TufRepository {
    root: String,
    server: Server,
}

impl TufRepository {
    /// With this trusted root.
    pub(crate) async fn with(trusted_root: String) -> Self {
        let key = KeySigner::generate("tuf").unwrap();
        let files = tuf::files(&[&key], &trusted_root, |_, _| ());
        let server = Server::start_bytes(move |call| match files.get(call.target.trim_start_matches('/')) {
            Some(bytes) => (200, bytes.clone()),
            None => (404, Vec::new()),
        });
        let root = String::from_utf8(tuf::signed(&tuf::root(1, &[&key], 1), &[&key])).unwrap();
        TufRepository { root, server: server.await }
    }

    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }
}

pub(super) fn parsed(root: &Value) -> Arc<TrustedRoot> {
    Arc::new(TrustedRoot::parse(root.to_string().as_bytes()).unwrap())
}
