//! A file and the bundle that signs it, as text, and what came of it, as plain data.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::text::text_or_file;
use super::trust::{TrustedKeyConfig, trust_in};
use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::model::Digest;
use crate::sign::{Bundle, SignersConfig, Trust, Verified};

/// The largest file that is held in memory, for signatures by Ed25519 keys that are over the file itself.
const MAX_HELD: u64 = 1 << 30;

/// A file, the bundle that signs it, and whose signatures count.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyFileConfig {
    /// The path of the file. It is read in pieces, and whole where the signature may be over the file itself.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// In the place of the file its SHA-256, for keys and signers who sign that.
    #[serde(default)]
    pub digest: Option<Digest>,
    /// The bundle, as `cosign sign-blob --bundle` writes it: its JSON, or the path of a file with it.
    pub bundle: String,
    /// The public keys whose signatures count.
    #[serde(default)]
    pub trusted_keys: Vec<TrustedKeyConfig>,
    /// The keyless signers whose signatures count.
    #[serde(default)]
    pub trusted_signers: Vec<SignersConfig>,
    /// The trusted root: its JSON, or the path of a file with it.
    #[serde(default)]
    pub trusted_root: Option<String>,
}

impl VerifyFileConfig {
    /// Verifies that a trusted signer signed the file, and says its `digest`, who signed it (`by`), as whose signature that
    /// counts (`accepted`) and since when it is proven to exist (`provenAt`, null where nobody asks for a proof). Needs no
    /// network.
    ///
    /// # Errors
    /// As [`Trust::verify_file`] and [`Trust::verify_file_digest`]; `Invalid` where nobody is trusted, or not either a file or
    /// a digest is given.
    ///
    /// [`Trust::verify_file`]: crate::sign::Trust::verify_file
    /// [`Trust::verify_file_digest`]: crate::sign::Trust::verify_file_digest
    pub fn verify(&self) -> Result<Value> {
        let trust = trust_in(&self.trusted_keys, &self.trusted_signers, self.trusted_root.as_deref())?;
        let bundle = text_or_file("bundle", &self.bundle, |json| Bundle::parse(json.as_bytes()))?;
        let verified = match (&self.file, &self.digest) {
            (Some(file), None) => verify_at(&trust, &bundle, file, MAX_HELD)?,
            (None, Some(digest)) => trust.verify_file_digest(&bundle, digest)?,
            _ => return Err(Error::invalid("what is verified is either \"file\" or \"digest\"")),
        };
        Ok(json!({
            "digest": verified.value(),
            "by": verified.by(),
            "accepted": verified.accepted(),
            "provenAt": verified.proven_at(),
        }))
    }
}

/// `held` is how much of it may be held.
fn verify_at(trust: &Trust, bundle: &Bundle, path: &Path, held: u64) -> Result<Verified<Digest>> {
    let about = |error: Error| error.context("file", path.display());
    let said = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
    // What is no file, such as a pipe, can be read only once.
    if said.is_file() {
        match trust.verify_file_at(bundle, path) {
            Err(error) if error.kind() == ErrorKind::Unsupported && bundle.envelope().is_none() => {
                if said.len() > held {
                    return Err(about(error).context("held at most", held));
                }
            }
            decided => return decided.map_err(about),
        }
    }
    let bytes = files::read_limited(path, held)?;
    trust.verify_file(bundle, &bytes).map_err(about)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::Digest as _;

    use super::*;

    const FILE: &[u8] = b"a file\n";
    /// Keys and their signatures, made by other programs: over the SHA-256 of the file, over its SHA-384, and over the file.
    const SIGNED: [(&str, &str); 3] = [
        (
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEM98SVJPwLyo/yi7RN/16KPs7nd4K\n\
             QZBN8Lkoz/LHzXgK+R6oqsZdySwhsT2Nm6Ud1D6kK1HpWcwO9LJiWRhaEg==",
            "MEUCIFC0iSUTot3UdNHCYDSLldmOiu/I6EwHTS3my1fVfjzuAiEA3rcJaVMJJ/LsAcRcE/0fIX1WQnHUCHRkryE9k7AMhHs=",
        ),
        (
            "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEQBdGdl7AIeyFsMM4ZcJL05wo5MtbP2cq\n\
             IyZt01XaUqBigXs5FYxWpNPSj+y2MSYoOtlyzCe0TrxO/MECvjuoHEm/kIdjBw8c\n\
             K+60EXlV4JJZZyp+qTtrh9JYRisthdMb",
            "MGQCMDpuxpxnLga5FDLFnkV9ln0qBDYjsiDZ8P61ZCxeAzjuRz9Vs/ct5SSDBjfb6qkyaQIwUFw1NXCrGBX4u8mc08eguHG/nHNRl5i1\
             TP+NlQmf8AeJUr7+tgMLCihO25z3Gdkw",
        ),
        (
            "MCowBQYDK2VwAyEAw6Sb0hDqswuJPpKff/yJKJZ3NK+SundaJ1LthKV5bWw=",
            "H2CCX/RZiG4rtqQjUzbCu9cANrhhPWREbsuOwaTn4BUfSB2pFKLnLLyja76nyD5QnBw2b8NgS3OwIMf9enVMDQ==",
        ),
    ];

    fn bundle(signature: &str) -> Value {
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": ""}},
            "messageSignature": {"signature": signature},
        })
    }

    fn config(file: &Path, key: &str, bundle: &Value) -> VerifyFileConfig {
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n");
        let config = json!({"file": file, "bundle": bundle.to_string(), "trustedKeys": [{"name": "own", "pem": pem}]});
        serde_json::from_value(config).unwrap()
    }

    fn verified(file: &Path, key: &str, signature: &str) -> Result<Value> {
        config(file, key, &bundle(signature)).verify()
    }

    /// The same where nothing may be held.
    fn by_hashes(file: &Path, key: &str, bundle: &Value) -> Result<Verified<Digest>> {
        let config = config(file, key, bundle);
        let trust = trust_in(&config.trusted_keys, &[], None).unwrap();
        verify_at(&trust, &Bundle::parse(config.bundle.as_bytes()).unwrap(), file, 0)
    }

    #[test]
    fn a_file_is_verified_whatever_its_signature_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("file"), folder.path().join("other"));
        std::fs::write(&file, FILE).unwrap();
        std::fs::write(&other, "another file\n").unwrap();
        for (key, signature) in SIGNED {
            let found = verified(&file, key, signature).unwrap();
            assert_eq!((&found["digest"], &found["accepted"]), (&json!(Digest::of(FILE)), &json!(["own"])));
            let error = verified(&other, key, signature).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
            assert!(error.to_string().contains("other"), "{error}");
        }
        let [of_p256, of_p384, of_ed25519] = SIGNED;
        for (key, signature) in [of_p256, of_p384] {
            assert_eq!(by_hashes(&file, key, &bundle(signature)).unwrap().value(), &Digest::of(FILE));
            let error = by_hashes(&other, key, &bundle(signature)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
        }
        let error = by_hashes(&file, of_ed25519.0, &bundle(of_ed25519.1)).unwrap_err();
        assert!(error.kind() == ErrorKind::Unsupported && error.to_string().contains("held at most: 0"), "{error}");
        // Whoever did not sign with that key is not told that the file is too large.
        let error = by_hashes(&file, of_ed25519.0, &bundle(of_p256.1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
        let absent = verified(&folder.path().join("absent"), SIGNED[0].0, SIGNED[0].1).unwrap_err();
        assert!(absent.is_not_found());
    }

    #[test]
    fn a_digest_in_the_bundle_is_checked_whatever_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, FILE).unwrap();
        let (key, signature) = SIGNED[0];
        let right = STANDARD.encode(sha2::Sha512::digest(FILE));
        for (algorithm, digest, is_right) in
            [("SHA2_512", &right, true), ("SHA2_512", &STANDARD.encode([7; 64]), false), ("SHA2_384", &right, false)]
        {
            let mut bundle = bundle(signature);
            bundle["messageSignature"]["messageDigest"] = json!({"algorithm": algorithm, "digest": digest});
            let found = by_hashes(&file, key, &bundle).map(|found| found.value().clone());
            assert_eq!(
                found.map_err(|error| error.kind()),
                is_right.then(|| Digest::of(FILE)).ok_or(ErrorKind::Untrusted)
            );
        }
    }
}
