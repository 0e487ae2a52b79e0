//! What is signed with the services of these tests, judged by the real cosign. Run by `make interop`.

use std::path::Path;

use super::*;

fn cosign() -> Option<std::path::PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers/bin/cosign");
    if path.exists() {
        return Some(path.canonicalize().unwrap());
    }
    eprintln!("absent: cosign (run scripts/peers.sh) [1 case skipped]");
    assert!(!std::env::var("CACHE_INTEROP").is_ok_and(|word| word == "required"), "cosign is absent");
    None
}

async fn run(cosign: &Path, folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = tokio::process::Command::new(cosign)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .output()
        .await
        .unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[tokio::test]
#[ignore = "needs cosign; make interop"]
async fn interop_keyless_bundles_are_verified_by_cosign() {
    let Some(cosign) = cosign() else { return };
    for versions in [&[Version::One][..], &[Version::Two], &[Version::One, Version::Two]] {
        let cloud = Cloud::new(versions).await;
        let signer = signer(&cloud, true);
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("image", b"image");
        write("root.json", cloud.root().to_string().as_bytes());
        write("statement.json", &signer.sign(op(&signer)).await.unwrap().to_json().unwrap());
        let blob = testing_permit(Sign { signer: signer.identity(), payload_type: None, payload: "image".into() });
        write("blob.json", &signer.sign(blob).await.unwrap().to_json().unwrap());
        // The same, where the root knows other logs.
        let mut other = cloud.root();
        let stranger = Cloud::new(versions).await.root();
        other["tlogs"] = stranger["tlogs"].clone();
        write("other.json", other.to_string().as_bytes());
        let verify = async |command: &[&str], root: &str, identity: &str| {
            let root = format!("--trusted-root={root}");
            let (identity, issuer) =
                (format!("--certificate-identity={identity}"), format!("--certificate-oidc-issuer={ISSUER}"));
            let arguments = [command, &["--use-signed-timestamps", &root, &identity, &issuer, "image"]].concat();
            run(&cosign, folder.path(), &arguments).await
        };
        for command in [
            &["verify-blob", "--bundle=blob.json"][..],
            &["verify-blob-attestation", "--bundle=statement.json", "--type=https://example.com/p"],
        ] {
            verify(command, "root.json", SUBJECT).await.unwrap_or_else(|e| panic!("{versions:?} {command:?}: {e}"));
            assert!(verify(command, "root.json", "dev@example.test").await.is_err(), "{versions:?} {command:?}");
            assert!(verify(command, "other.json", SUBJECT).await.is_err(), "{versions:?} {command:?}");
        }
    }
}
