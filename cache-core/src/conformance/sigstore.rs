//! Sigstore's services in this process.

use std::fmt;

use crate::sign::testing::{Cloud, ISSUER, TufRepository, Version, token_for};

/// Sigstore's services in this process, for tests of whoever signs: a certificate authority with its certificate log,
/// transparency logs, a timestamp authority and a TUF repository, with keys of their own.
///
/// They refuse whatever is not exactly as it should be, and live as long as their [`Sigstore`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::sync::Arc;
///
/// use cache_core::conformance::Sigstore;
/// use cache_core::sign::{GivenToken, KeylessSigner, Services, Signer, SigningConfig, TrustedRoot};
///
/// let sigstore = Sigstore::start(&[1, 2]).await;
/// let root = Arc::new(TrustedRoot::parse(sigstore.trusted_root().as_bytes())?);
/// let services = Services::new(SigningConfig::parse(sigstore.signing_config().as_bytes())?, root);
/// let tokens = GivenToken::new(sigstore.token("https://ci.example.com/build.yml").into());
/// let signer = KeylessSigner::of_token(Arc::new(tokens), services).await?;
/// assert!(signer.identity().to_string().contains("build.yml"));
/// # Ok::<(), cache_core::Error>(())
/// # }).unwrap();
/// ```
pub struct Sigstore {
    cloud: Cloud,
    trusted_root: String,
    tuf: TufRepository,
}

impl Sigstore {
    /// Starts them on the loopback, on the current tokio runtime, with a transparency log for each of these versions of
    /// Rekor's interface: 1, or 2.
    pub async fn start(logs: &[u32]) -> Self {
        let versions: Vec<_> = logs.iter().map(|log| if *log == 1 { Version::One } else { Version::Two }).collect();
        let cloud = Cloud::new(&versions).await;
        let trusted_root = cloud.root().to_string();
        let tuf = TufRepository::with(trusted_root.clone()).await;
        Sigstore { cloud, trusted_root, tuf }
    }

    /// The trusted root that knows all of them, as JSON.
    pub fn trusted_root(&self) -> &str {
        &self.trusted_root
    }

    /// The signing configuration that uses all of them, as JSON. It has their addresses.
    pub fn signing_config(&self) -> String {
        self.cloud.config_json(true).to_string()
    }

    /// The provider whose tokens the certificate authority takes.
    pub fn issuer(&self) -> &'static str {
        ISSUER
    }

    /// An identity token for this subject (a URI), good for five minutes. The authority does not look at its signature.
    pub fn token(&self, subject: &str) -> String {
        token_for(subject).reveal().to_owned()
    }

    /// Where the TUF repository is that has the trusted root.
    pub fn tuf_url(&self) -> String {
        self.tuf.url()
    }

    /// The root of that repository, as JSON.
    pub fn tuf_root(&self) -> &str {
        self.tuf.root()
    }
}

impl fmt::Debug for Sigstore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sigstore").field("tuf", &self.tuf.url()).finish_non_exhaustive()
    }
}
