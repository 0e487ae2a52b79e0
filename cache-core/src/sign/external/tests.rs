//! A real program: a shell script, which lets openssl sign where the machine has it.

use super::*;
use crate::approve::testing_permit;
use crate::error::ErrorKind;
use crate::sign::{KeyKind, KeySigner, Trust};

/// A folder with a program `signer` and whatever it reads.
struct Place(tempfile::TempDir);

impl Place {
    fn new(script: &str) -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        place.write("signer", &format!("cd \"$(dirname \"$0\")\" || exit 1\n{script}\n"));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    async fn ask(&self) -> Result<ExternalSigner> {
        let script = self.path("signer").to_str().unwrap().to_owned();
        ExternalSigner::ask("kms", "/bin/sh", vec![script, "--slot".into(), "7".into()]).await
    }
}

fn op(signer: &ExternalSigner, payload: &'static [u8]) -> Permit<'static, Sign> {
    testing_permit(Sign { signer: signer.identity(), payload_type: None, payload: payload.into() })
}

/// Answers with what is in the files `public` and `signature`, and keeps the questions.
const CANNED: &str = r#"
question=$(cat)
echo "$* $question" >> questions
case "$question" in
  *'"public-key"'*) cat public ;;
  *'"sign"'*) cat signature ;;
esac"#;

fn canned(key: &KeySigner) -> Place {
    let place = Place::new(CANNED);
    place.write("public", &serde_json::json!({"publicKey": key.public_key().to_pem()}).to_string());
    place
}

fn signature(bytes: &[u8]) -> String {
    serde_json::json!({"signature": STANDARD.encode(bytes)}).to_string()
}

#[tokio::test]
async fn a_program_signs_with_each_kind_of_key() {
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Rsa2048, KeyKind::Ed25519] {
        let key = KeySigner::generate_kind("k", kind).unwrap();
        let place = canned(&key);
        place.write("signature", &signature(&key.sign_bytes(b"payload").unwrap()));
        let signer = place.ask().await.unwrap();
        let bundle = signer.sign(op(&signer, b"payload")).await.unwrap();
        let trust = Trust::in_all(vec![signer.recognised().unwrap()]);
        assert_eq!(trust.verify_file(&bundle, b"payload").unwrap().accepted(), ["kms"]);
        let questions = std::fs::read_to_string(place.path("questions")).unwrap();
        let asked = questions.lines().nth(1).unwrap().strip_prefix("--slot 7 ").unwrap();
        let asked: serde_json::Value = serde_json::from_str(asked).unwrap();
        assert_eq!(asked["message"], STANDARD.encode(b"payload"));
        assert_eq!(asked["key"], key.public_key().fingerprint().as_str());
        let hash = key.public_key().scheme().natural_hash();
        match kind {
            KeyKind::Ed25519 => assert!(asked.get("hash").is_none() && asked.get("digest").is_none()),
            _ => assert_eq!(
                (&asked["hash"], &asked["digest"]),
                (&hash.name().into(), &STANDARD.encode(hash.of(b"payload")).into())
            ),
        }
    }
}

#[tokio::test]
async fn a_signature_that_is_wrong_is_no_bundle() {
    let (key, other) = (KeySigner::generate("k").unwrap(), KeySigner::generate("o").unwrap());
    let place = canned(&key);
    let signer = place.ask().await.unwrap();
    for (what, answer, kind) in [
        ("of something else", signature(&key.sign_bytes(b"other").unwrap()), ErrorKind::Untrusted),
        ("by another key", signature(&other.sign_bytes(b"payload").unwrap()), ErrorKind::Untrusted),
        ("empty", signature(b""), ErrorKind::Untrusted),
        ("not base64", r#"{"signature":"%"}"#.to_owned(), ErrorKind::Unexpected),
        ("not JSON", "sorry".to_owned(), ErrorKind::Unexpected),
        ("nothing", String::new(), ErrorKind::Unexpected),
        ("without end", "x".repeat(1 << 20), ErrorKind::Invalid),
    ] {
        place.write("signature", &answer);
        let error = signer.sign(op(&signer, b"payload")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{what}: {error}");
        assert!(error.to_string().contains("/bin/sh"), "{what}: {error}");
    }
    let theirs = testing_permit(Sign { signer: other.identity(), payload_type: None, payload: b"x".as_slice().into() });
    assert_eq!(signer.sign(theirs).await.unwrap_err().kind(), ErrorKind::Unapproved);
}

#[tokio::test]
async fn a_program_that_fails_says_why() {
    let error = Place::new("echo 'the token is locked' >&2; exit 4").ask().await.unwrap_err();
    assert!(error.to_string().contains("the token is locked"), "{error}");
    assert!(Place::new("echo '{\"publicKey\":\"x\"}'").ask().await.is_err());
    // A large message does not stop one that reads nothing.
    let key = KeySigner::generate("k").unwrap();
    let place = canned(&key);
    let signer = place.ask().await.unwrap();
    place.write("signer", "echo '{\"signature\":\"AA==\"}'\n");
    let payload = vec![7; 4 << 20];
    let op = testing_permit(Sign { signer: signer.identity(), payload_type: None, payload: payload.into() });
    assert_eq!(signer.sign(op).await.unwrap_err().kind(), ErrorKind::Untrusted);
}

#[tokio::test]
async fn openssl_is_such_a_program() {
    let script = r#"
question=$(cat)
case "$question" in
  *'"public-key"'*) printf '{"publicKey":"%s"}' "$(openssl pkey -in key.pem -pubout | awk '{printf "%s\\n", $0}')" ;;
  *) printf '%s' "$question" | sed 's/.*"message":"\([^"]*\)".*/\1/' | openssl base64 -d -A > message
     printf '{"signature":"%s"}' "$(openssl dgst -sha256 -sign key.pem message | openssl base64 -A)" ;;
esac"#;
    if std::process::Command::new("openssl").arg("version").output().is_err() {
        eprintln!("absent: openssl");
        return;
    }
    let place = Place::new(script);
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        place.write("key.pem", &KeySigner::generate_kind("k", kind).unwrap().to_pem().unwrap());
        let signer = place.ask().await.unwrap();
        let bundle = signer.sign(op(&signer, b"payload")).await.unwrap();
        Trust::in_keys(vec![signer.public_key().clone()]).verify_file(&bundle, b"payload").unwrap();
    }
}
