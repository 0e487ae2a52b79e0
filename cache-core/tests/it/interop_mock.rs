//! Keyless with the services that Sigstore's own JavaScript client is tested with (`@sigstore/mock`): a certificate log, which is in
//! each certificate, and a transparency log of version 1. What is signed here cosign verifies, and the other way round. Run by
//! `make interop`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cache_core::model::{Secret, Timestamp};
use cache_core::plan::Form;
use cache_core::promote::{Attachment, Attestation};
use cache_core::sign::{
    Demands, GivenToken, IdentityRule, KeylessSigner, Services, Signer, SigningConfig, Trust, Trusted, TrustedRoot,
    Wanted,
};
use serde_json::{Value, json};

use crate::interop_cosign::{Cosign, NEW, OLD, is_signed};
use crate::support;
use crate::world::{attach, evidence, image};

const WORKFLOW: &str = "https://ci.example.test/app/build.yml@refs/heads/main";
const ISSUER: &str = "https://id.example.test";

/// The services, ended when it is dropped.
struct Mock {
    process: Child,
    root: Value,
    config: Value,
}

impl Mock {
    fn start() -> Option<Mock> {
        let (root, folder) = (support::root(), support::root().join("target/peers/sigstore-mock"));
        if !folder.join("node_modules/@sigstore/mock").is_dir() {
            support::absent("@sigstore/mock", "run scripts/peers.sh");
            return None;
        }
        let mut process = Command::new("node")
            .args([root.join("scripts/sigstore-mock.mjs"), folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Some(Mock { process, root: said["trustedRoot"].clone(), config: said["signingConfig"].clone() })
    }

    fn trusted_root(&self) -> Arc<TrustedRoot> {
        Arc::new(TrustedRoot::parse(self.root.to_string().as_bytes()).unwrap())
    }

    async fn signer(&self) -> Arc<dyn Signer> {
        let config = SigningConfig::parse(self.config.to_string().as_bytes()).unwrap();
        let tokens = Arc::new(GivenToken::new(Secret::new(token())));
        Arc::new(KeylessSigner::of_token(tokens, Services::new(config, self.trusted_root())).await.unwrap())
    }

    /// Trust in this workflow, as anybody has it: in a log, with a certificate that is in a certificate log.
    fn trust(&self, subject: &str, reference: &str) -> Trust {
        let rule = IdentityRule::exact(subject, ISSUER);
        let rule = rule.and_claim("sourceRepositoryRef", Wanted::exact(reference)).unwrap();
        let trusted = Trusted::identities("ci", vec![rule], self.trusted_root());
        Trust::in_all(vec![trusted.demanding(Demands::of_keyless(), self.trusted_root())])
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn token() -> String {
    let now = Timestamp::now().unix();
    let claims = json!({"iss": ISSUER, "sub": WORKFLOW, "aud": "sigstore", "iat": now, "exp": now + 300,
        "ref": "refs/heads/main", "repository": "team/app"});
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"none"}"#), part(&claims.to_string()), part("unsigned"))
}

fn verify<'a>(command: &'a str, format: &'a str, identity: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let root = "--trusted-root=root.json";
    [&[command, format, root, identity, "--certificate-oidc-issuer=https://id.example.test"], more].concat()
}

#[tokio::test]
#[ignore = "needs the peers; run by make interop"]
async fn interop_keyless_with_a_certificate_log_and_a_log_of_version_1() {
    let Some(mock) = Mock::start() else { return };
    let Some(cosign) = Cosign::new(true).await else { return };
    cosign.write("root.json", &mock.root.to_string());
    let ours = format!("--certificate-identity={WORKFLOW}");
    for (form, format) in [(Form::Bundle, NEW), (Form::CosignTag, OLD)] {
        let (registry, image) = image();
        let attestation = Attestation::new("https://example.test/review/v1", br#"{"ok":true}"#).unwrap();
        let attachments = vec![
            Attachment::Signature { annotations: BTreeMap::new(), form },
            Attachment::Attestation(attestation.in_form(form)),
        ];
        attach(&registry, &image, mock.signer().await, attachments).await;
        let trust = mock.trust(WORKFLOW, "refs/heads/main");
        let seen = evidence(&registry, image.clone().into(), trust.clone()).await.unwrap();
        assert_eq!((seen.signatures.len(), seen.statements.len()), (1, 1), "{form:?}: {:?}", seen.problems);
        assert!(!is_signed(&registry, &image, mock.trust(WORKFLOW, "refs/heads/dev")).await);
        assert!(!is_signed(&registry, &image, mock.trust("https://ci.example.test/other", "refs/heads/main")).await);

        let repository = format!("{form:?}").to_lowercase();
        cosign.push(&repository, &registry, &image).await;
        let name = cosign.name(&repository, &image.digest);
        cosign.succeeds(&verify("verify", format, &ours, &[&name])).await;
        let kind = "--type=https://example.test/review/v1";
        cosign.succeeds(&verify("verify-attestation", format, &ours, &[kind, &name])).await;
        let stranger = "--certificate-identity=https://ci.example.test/other";
        assert!(!cosign.run(&verify("verify", format, stranger, &[&name])).await.status.success());
    }
}

#[tokio::test]
#[ignore = "needs the peers; run by make interop"]
async fn interop_what_cosign_signs_keyless_is_verified_here() {
    let Some(mock) = Mock::start() else { return };
    let Some(cosign) = Cosign::new(true).await else { return };
    cosign.write("root.json", &mock.root.to_string());
    cosign.write("services.json", &mock.config.to_string());
    cosign.write("token", &token());
    let (source, image) = image();
    cosign.push("app", &source, &image).await;
    let name = cosign.name("app", &image.digest);
    let arguments = ["--trusted-root=root.json", "--signing-config=services.json", "--identity-token=token", "--yes"];
    cosign.succeeds(&[&["sign"], &arguments[..], &[&name]].concat()).await;
    cosign.write("predicate.json", r#"{"ok":true}"#);
    let kind = ["--type=https://example.test/review/v1", "--predicate=predicate.json"];
    cosign.succeeds(&[&["attest"], &arguments[..], &kind, &[&name]].concat()).await;
    let registry = cosign.pull();
    let seen = evidence(&registry, image.clone().into(), mock.trust(WORKFLOW, "refs/heads/main")).await.unwrap();
    assert_eq!((seen.signatures.len(), seen.statements.len()), (1, 1), "{:?}", seen.problems);
    assert!(!is_signed(&registry, &image, mock.trust(WORKFLOW, "refs/heads/dev")).await);
}
