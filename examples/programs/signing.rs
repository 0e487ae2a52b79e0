//! `sign` and `verify`.

use crate::Place;

/// That of the keys.
pub(crate) const PASSWORD: &str = "correct horse";

const SPDX: &str = r#"{"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "app",
"documentNamespace": "https://example.com/app", "creationInfo": {"created": "2026-01-31T11:59:00Z", "creators": ["Tool: test"]},
"packages": []}"#;

#[test]
fn a_key_is_made_an_image_signed_attested_and_verified() {
    let place = Place::of("promote-unsigned-blocked");
    place.write("sbom.json", SPDX);
    assert_eq!(place.told("sign", &["key", "ed25519", "own"]), "");
    assert!(place.read("own.key").starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----"));
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&place.path("own.key").metadata().unwrap().permissions());
        assert_eq!(mode & 0o077, 0);
    }
    assert_eq!(place.run("sign", &["key", "ed25519", "own"]).code, Some(1), "a key is not overwritten");
    assert_eq!(place.run("verify", &["oci:source:v1", "own.pub"]).code, Some(1));

    let image = ["image", "oci:source:v1", "--key", "own.key"];
    let before = place.listed("source");
    let denied = place.answered("sign", &image, |_| "no".to_owned());
    assert!(denied.code == Some(1) && denied.err.contains("UNAPPROVED"), "{denied:?}");
    assert_eq!(place.listed("source"), before);
    let signed = place.answered("sign", &image, str::to_owned);
    assert!(signed.code == Some(0) && signed.out.contains("complete"), "{signed:?}");
    assert!(place.told("sign", &image).contains("nothing to do"));
    let attest = ["attest", "oci:source:v1", "--key", "own.key", "--type", "spdx", "--predicate", "sbom.json"];
    assert_eq!(place.answered("sign", &attest, str::to_owned).code, Some(0));

    let verified = place.told("sign", &["verify", "oci:source:v1", "--key", "own.pub"]);
    assert!(
        verified.contains("signed: sha256:") && verified.contains("stated: https://spdx.dev/Document"),
        "{verified}"
    );
    let verify = ["oci:source:v1", "own.pub"];
    assert!(place.told("verify", &verify).starts_with("1 by this key verify"));
    let typed = |kind| place.run("verify", &[&verify[..], &["--type", kind]].concat());
    assert_eq!(typed("spdx").code, Some(0));
    assert_eq!(typed("vuln").code, Some(1));
}

#[test]
fn what_a_stranger_signed_is_refused_and_rounds_are_measured() {
    let place = Place::of("promote-signed");
    assert!(place.told("verify", &["oci:source:v1", "keys/release.pub"]).starts_with("1 by this key verify"));
    let stranger = ["oci:source:v1", "keys/alice.pub"];
    let refused = place.run("verify", &stranger);
    assert!(refused.code == Some(1) && refused.err.contains("nothing by this key verifies"), "{refused:?}");
    assert!(place.told("verify", &[&stranger[..], &["--refused"]].concat()).starts_with("refused: "));
    let rounds = place.told("verify", &["oci:source:v1", "keys/release.pub", "--rounds", "2"]);
    assert_eq!(rounds.lines().filter(|line| line.starts_with("cache-in-process ")).count(), 2, "{rounds}");
    assert_eq!(place.run("sign", &["verify", "oci:source:v1", "--key", "keys/alice.pub"]).code, Some(1));
}

#[test]
fn a_wrong_password_is_an_error_that_does_not_show_it() {
    let place = Place::of("promote-unsigned-blocked");
    place.told("sign", &["key", "p256", "own"]);
    let mut command = place.command("sign", &["image", "oci:source:v1", "--key", "own.key"]);
    let done = command.env("COSIGN_PASSWORD", "battery staple").output().unwrap();
    let shown = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
    assert!(!done.status.success() && shown.contains("password") && !shown.contains("battery"), "{shown}");
}
