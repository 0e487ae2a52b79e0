use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::approve::testing_permit;
use crate::error::ErrorKind;
use crate::model::Digest;
use crate::sign::testing::{Cloud, LogFault, Version};
use crate::sign::{IN_TOTO_PAYLOAD, KeyKind, KeySigner, Statement};

fn logged(cloud: &Cloud, key: KeySigner) -> LoggedSigner {
    LoggedSigner::new(Arc::new(key), Services::new(cloud.config(true), cloud.trusted_root())).unwrap()
}

fn op(signer: &LoggedSigner, payload_type: Option<&str>) -> Permit<'static, Sign> {
    let payload = match payload_type {
        Some(_) => Statement::write(&Digest::of(b"image"), "https://example.com/p", &json!({})).unwrap(),
        None => Bytes::from_static(b"payload"),
    };
    testing_permit(Sign { signer: signer.identity(), payload_type: payload_type.map(str::to_owned), payload })
}

#[tokio::test]
async fn signatures_by_each_kind_of_key_are_entered_and_confirmed() {
    let cloud = Cloud::new(&[Version::One, Version::Two]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "payload").unwrap();
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Rsa2048, KeyKind::Ed25519] {
        let signer = logged(&cloud, KeySigner::generate_kind("k", kind).unwrap().prehashed());
        let demands = Demands { logs: 2, timestamps: 1, ..Demands::nothing() };
        let trusted = Trusted::key(signer.key.clone()).demanding(demands, cloud.trusted_root());
        let trust = Trust::in_all(vec![trusted]);
        for payload_type in [Some(IN_TOTO_PAYLOAD), None] {
            let bundle = signer.sign(op(&signer, payload_type)).await.unwrap_or_else(|e| panic!("{kind}: {e:?}"));
            let bundle = Bundle::parse(&bundle.to_json().unwrap()).unwrap();
            match payload_type {
                Some(_) => drop(trust.verify_bundle(&bundle, &Digest::of(b"image")).unwrap()),
                None => {
                    trust.verify_file(&bundle, b"payload").unwrap();
                    trust.verify_file_at(&bundle, file.path()).unwrap();
                }
            }
        }
        assert!(signer.recognised().is_some());
    }
}

#[tokio::test]
async fn a_log_of_hashes_takes_no_signature_over_a_message() {
    let cloud = Cloud::new(&[Version::Two]).await;
    let signer = logged(&cloud, KeySigner::generate_kind("k", KeyKind::Ed25519).unwrap());
    let error = signer.sign(op(&signer, Some(IN_TOTO_PAYLOAD))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.hint_text().unwrap().contains("prehashed") && cloud.logs[0].entries.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_log_that_errs_is_found_out() {
    let cloud = Cloud::new(&[Version::One]).await;
    let signer = logged(&cloud, KeySigner::generate("k").unwrap());
    signer.sign(op(&signer, None)).await.unwrap();
    for fault in
        [LogFault::OtherEntry, LogFault::OtherKey, LogFault::OtherLog, LogFault::OtherTree, LogFault::BadPromise]
    {
        *cloud.logs[0].fault.lock().unwrap() = Some(fault);
        let error = signer.sign(op(&signer, None)).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Untrusted && error.to_string().contains("Rekor"), "{fault:?}: {error}");
    }
}

/// A signer that signs something of its own.
#[derive(Debug)]
struct Liar(KeySigner);

#[async_trait]
impl Signer for Liar {
    fn identity(&self) -> Identity {
        self.0.identity()
    }

    fn key(&self) -> Option<&PublicKey> {
        Signer::key(&self.0)
    }

    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle> {
        let other = Sign { payload: Bytes::from_static(b"{}"), ..Sign::clone(&op) };
        other.bundle_by_key(self.0.public_key(), self.0.sign_bytes(&other.message())?)
    }
}

#[tokio::test]
async fn what_a_signer_signs_instead_is_entered_nowhere() {
    let cloud = Cloud::new(&[Version::One]).await;
    let services = || Services::new(cloud.config(true), cloud.trusted_root());
    let liar = LoggedSigner::new(Arc::new(Liar(KeySigner::generate("k").unwrap())), services()).unwrap();
    for payload_type in [Some(IN_TOTO_PAYLOAD), None] {
        assert_eq!(liar.sign(op(&liar, payload_type)).await.unwrap_err().kind(), ErrorKind::Untrusted);
    }
    assert!(cloud.logs[0].entries.lock().unwrap().is_empty());
}
