//! Proxies and certificates: a proxy in process that sends every connection to the same server, and a server behind TLS with
//! certificates of an authority that no machine knows.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::error::ErrorKind;
use crate::registry::{Network, Proxy, ProxyAddress, Tls};

/// A name that no resolver knows: what reaches it went through the proxy.
const HOST: &str = "registry.test";
/// Another, where the registry sends its guests for blobs.
const STORAGE: &str = "storage.test";

/// Stops when it is dropped.
struct Running {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens, and has `serve` do the rest for each connection.
async fn listen<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Running
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut serving = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            serving.spawn(serve(stream));
        }
    });
    Running { address, task }
}

/// The first line and the login of a connection.
type Opening = (String, Option<String>);

/// A proxy that connects to `server` whatever it is asked for. It keeps the first line and the login of each connection.
struct TestProxy {
    running: Running,
    seen: Arc<Mutex<Vec<Opening>>>,
}

impl TestProxy {
    /// `login`: the `Proxy-Authorization` without which it refuses; `status`: what it answers to `CONNECT`.
    async fn start(server: SocketAddr, login: Option<&'static str>, status: u16) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        let running = listen(move |mut client| {
            let keep = Arc::clone(&keep);
            async move {
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    if client.read_buf(&mut head).await? == 0 {
                        return Ok(());
                    }
                }
                let text = String::from_utf8_lossy(&head).into_owned();
                let first = text.lines().next().unwrap().to_owned();
                let given = text.lines().filter_map(|line| line.split_once(": ")).find_map(|(name, value)| {
                    name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
                });
                keep.lock().unwrap().push((first.clone(), given.clone()));
                let tunnel = first.starts_with("CONNECT ");
                if login.is_some_and(|login| given.as_deref() != Some(login)) {
                    let refusal = b"HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
                    return client.write_all(refusal).await;
                }
                if tunnel {
                    client.write_all(format!("HTTP/1.1 {status} Answer\r\n\r\n").as_bytes()).await?;
                    if status != 200 {
                        return Ok(());
                    }
                }
                let mut there = TcpStream::connect(server).await?;
                if !tunnel {
                    there.write_all(&head).await?;
                }
                copy_bidirectional(&mut client, &mut there).await.map(drop)
            }
        });
        TestProxy { running: running.await, seen }
    }

    fn at(&self, login: &str) -> Proxy {
        Proxy::At(ProxyAddress::parse(&format!("http://{login}{}", self.running.address)).unwrap())
    }

    fn seen(&self) -> Vec<Opening> {
        self.seen.lock().unwrap().clone()
    }
}

/// An authority, and what it certifies.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut of_authority = CertificateParams::new(Vec::new()).unwrap();
        of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(of_authority, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these names, and its key.
    fn certify(&self, names: &[&str]) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        (CertificateParams::new(names).unwrap().signed_by(&key, &self.0).unwrap(), key)
    }

    /// TLS in front of `server`. `clients`: the authority whose certificates it asks for.
    async fn front(&self, server: SocketAddr, clients: Option<&Authority>) -> Front {
        let (certificate, key) = self.certify(&[HOST, STORAGE]);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = match clients {
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.0.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                builder.unwrap().with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
            }
            None => builder.unwrap().with_no_client_auth(),
        };
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let guests = Arc::new(Mutex::new(BTreeSet::new()));
        let keep = Arc::clone(&guests);
        let running = listen(move |stream| {
            let (acceptor, keep) = (acceptor.clone(), Arc::clone(&keep));
            async move {
                let mut client = acceptor.accept(stream).await?;
                let session = client.get_ref().1;
                let name = session.server_name().unwrap_or_default().to_owned();
                keep.lock().unwrap().insert((name, session.peer_certificates().is_some()));
                let mut there = TcpStream::connect(server).await?;
                copy_bidirectional(&mut client, &mut there).await.map(drop)
            }
        });
        Front { running: running.await, guests }
    }
}

/// TLS in front of a server. It keeps what servers its guests asked for, and whether they showed a certificate.
struct Front {
    running: Running,
    guests: Arc<Mutex<BTreeSet<(String, bool)>>>,
}

/// A registry with an image, and its address.
async fn seeded() -> (Rig, SocketAddr) {
    let rig = Rig::plain().await;
    rig.seed_image(Some("1"));
    let address = rig.server.host().parse().unwrap();
    (rig, address)
}

fn client(plain_http: bool, network: Network) -> OciRegistry {
    let options = OciOptions { plain_http: Some(plain_http), patience: impatient(), network, ..OciOptions::default() };
    OciRegistry::new(HOST, options).unwrap()
}

async fn resolve(client: &OciRegistry) -> Result<Descriptor> {
    client.resolve(&Reference::parse(&format!("{HOST}/{APP}:1")).unwrap()).await
}

#[tokio::test]
async fn plain_requests_name_the_whole_address_and_carry_the_login() {
    let (_rig, server) = seeded().await;
    let proxy = TestProxy::start(server, Some("Basic dXNlcjpwOnc="), 200).await;
    let network = Network::default().proxy(proxy.at("user:p%3Aw@"));
    let client = client(true, network);
    resolve(&client).await.unwrap();
    let (first, login) = proxy.seen().remove(0);
    assert_eq!(first, format!("GET http://{HOST}/v2/{APP}/manifests/1 HTTP/1.1"));
    assert_eq!(login.as_deref(), Some("Basic dXNlcjpwOnc="));
    // Uploads and downloads go the same way.
    let source = MemoryRegistry::new();
    let blob = source.insert_blob("through the proxy");
    let to = Repository::parse(&format!("{HOST}/{APP}")).unwrap();
    let op = BlobCopy { from: Repository::parse("memory:s").unwrap(), to: to.clone(), blob: blob.clone() };
    assert_eq!(client.put_blob(testing_permit(op), &source).await.unwrap(), Moved::Sent(17));
    assert_eq!(client.blob(&to, &blob).await.unwrap().into_bytes(99).await.unwrap(), "through the proxy");
}

#[tokio::test]
async fn encrypted_connections_go_through_a_tunnel_and_the_login_stays_with_the_proxy() {
    let (rig, server) = seeded().await;
    let authority = Authority::new();
    let front = authority.front(server, None).await;
    let proxy = TestProxy::start(front.running.address, Some("Basic dTpw"), 200).await;
    let tls = Tls::default().trust_pem(authority.pem().as_bytes()).unwrap();
    let client = client(false, Network::default().proxy(proxy.at("u:p@")).tls(tls));
    resolve(&client).await.unwrap();
    assert_eq!(proxy.seen(), [(format!("CONNECT {HOST}:443 HTTP/1.1"), Some("Basic dTpw".to_owned()))]);
    assert!(rig.server.log().iter().all(|request| request.authorization.is_none()));
}

#[tokio::test]
async fn what_a_proxy_refuses_is_said_at_once_and_shows_no_login() {
    let (_rig, server) = seeded().await;
    let rows = [
        (true, Some("Basic x"), 200, ErrorKind::Unauthenticated),
        (false, Some("Basic x"), 200, ErrorKind::Unauthenticated),
        (false, None, 403, ErrorKind::Denied),
        (false, None, 503, ErrorKind::Unavailable),
    ];
    for (plain, login, status, kind) in rows {
        let proxy = TestProxy::start(server, login, status).await;
        let client = client(plain, Network::default().proxy(proxy.at("user:secret@")));
        let error = resolve(&client).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(
            error.to_string().contains("proxy") && !format!("{error:?} {client:?}").contains("secret"),
            "{error:?}"
        );
        let tries = if kind == ErrorKind::Unavailable { impatient().attempts as usize } else { 1 };
        assert_eq!(proxy.seen().len(), tries, "{kind:?}");
    }
    let nobody = Proxy::At(ProxyAddress::parse("127.0.0.1:1").unwrap());
    let error = resolve(&client(true, Network::default().proxy(nobody))).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unavailable && error.to_string().contains("cannot connect to the proxy"));
}

#[tokio::test]
async fn this_machine_is_never_reached_through_a_proxy() {
    let (rig, server) = seeded().await;
    let proxy = TestProxy::start(server, None, 200).await;
    let network = Network::default().proxy(proxy.at(""));
    let options = OciOptions { network, patience: impatient(), ..OciOptions::default() };
    let client = OciRegistry::new(rig.server.host(), options).unwrap();
    client.resolve(&rig.tagged("1")).await.unwrap();
    assert!(proxy.seen().is_empty());
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_and_no_other_stranger() {
    let (_rig, server) = seeded().await;
    let (ours, theirs) = (Authority::new(), Authority::new());
    let front = ours.front(server, None).await;
    let proxy = TestProxy::start(front.running.address, None, 200).await;
    let trusting = |pem: &str| {
        let tls = Tls::default().trust_pem(pem.as_bytes()).unwrap();
        client(false, Network::default().proxy(proxy.at("")).tls(tls))
    };
    let both = format!("{}\n{}", theirs.pem(), ours.pem());
    resolve(&trusting(&both)).await.unwrap();
    let error = resolve(&trusting(&theirs.pem())).await.unwrap_err();
    assert!(format!("{error:?}").contains("certificate"), "{error:?}");
}

#[tokio::test]
async fn a_certificate_of_ours_is_shown_to_the_registry_alone() {
    let (rig, server) = seeded().await;
    let (authority, of_clients) = (Authority::new(), Authority::new());
    let front = authority.front(server, Some(&of_clients)).await;
    let proxy = TestProxy::start(front.running.address, None, 200).await;
    let trusting = || Tls::default().trust_pem(authority.pem().as_bytes()).unwrap();
    let over = |tls: Tls| client(false, Network::default().proxy(proxy.at("")).tls(tls));
    let guest = |name: &str, known: bool| (name.to_owned(), known);
    let guests = || std::mem::take(&mut *front.guests.lock().unwrap());
    resolve(&over(trusting())).await.unwrap();
    assert_eq!(guests(), BTreeSet::from([guest(HOST, false)]));
    let (certificate, key) = of_clients.certify(&["client.test"]);
    let key = Secret::new(key.serialize_pem());
    let tls = trusting().identify_pem(certificate.pem().as_bytes(), &key).unwrap();
    assert!(!format!("{tls:?}").contains("PRIVATE"));
    let known = over(tls);
    resolve(&known).await.unwrap();
    assert_eq!(guests(), BTreeSet::from([guest(HOST, true)]));
    // A storage elsewhere asks for a certificate as well, and gets none.
    rig.server.configure(|options| options.redirect_blobs = Some(format!("https://{STORAGE}")));
    let blob = Descriptor::of("x", b"layer");
    let to = Repository::parse(&format!("{HOST}/{APP}")).unwrap();
    // The storage is the same server, which goes on redirecting.
    assert!(known.blob(&to, &blob).await.is_err());
    assert_eq!(guests(), BTreeSet::from([guest(STORAGE, false)]));
}

#[test]
fn what_is_no_certificate_is_refused_before_anything_is_sent() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (certificate, key) = authority.certify(&[HOST]);
    let (_, strange) = other.certify(&[HOST]);
    let key = Secret::new(key.serialize_pem());
    for pem in ["", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert_eq!(Tls::default().trust_pem(pem.as_bytes()).unwrap_err().kind(), ErrorKind::Invalid, "{pem:?}");
    }
    let identify = |certificate: &str, key: &Secret| Tls::default().identify_pem(certificate.as_bytes(), key);
    assert!(identify(&certificate.pem(), &key).is_ok());
    let strange = Secret::new(strange.serialize_pem());
    for (certificate, key) in
        [(certificate.pem(), &strange), (certificate.pem(), &Secret::new("text")), (String::new(), &key)]
    {
        let error = identify(&certificate, key).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    }
}
