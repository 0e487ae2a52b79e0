use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
use aws_lc_rs::signature as aws;

use super::*;
use crate::approve::testing_permit;
use crate::error::ErrorKind;
use crate::sign::public_key::to_pem;

/// All kinds, with one size of RSA: the larger ones take long to make.
const KINDS: [KeyKind; 5] = [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Rsa2048, KeyKind::Ed25519];

#[test]
fn a_key_of_each_kind_survives_its_pem_and_verifies_what_it_signs() {
    let stranger = KeySigner::generate("s").unwrap();
    for kind in KINDS {
        let signer = KeySigner::generate_kind("k", kind).unwrap();
        let again = KeySigner::from_pem("k", &signer.to_pem().unwrap()).unwrap();
        let public = PublicKey::from_pem("k", &signer.public_key().to_pem()).unwrap();
        assert_eq!(&public, again.public_key(), "{kind}");
        for signer in [again, signer.prehashed()] {
            let signature = signer.sign_bytes(b"message").unwrap();
            public.verify(b"message", &signature).unwrap_or_else(|e| panic!("{kind}: {e}"));
            assert!(public.verify(b"other", &signature).is_err(), "{kind}");
            assert!(stranger.public_key().verify(b"message", &signature).is_err(), "{kind}");
        }
    }
}

#[test]
fn a_key_of_each_kind_survives_its_encryption() {
    let (password, other) = (Secret::new("pw"), Secret::new("pW"));
    for kind in KINDS {
        let signer = KeySigner::generate_kind("k", kind).unwrap();
        let pem = signer.to_encrypted_pem(&password).unwrap();
        let again = KeySigner::from_encrypted_pem("k", &pem, &password).unwrap();
        assert_eq!(again.public_key(), signer.public_key(), "{kind}");
        if kind == KeyKind::P256 {
            assert!(pem.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
            let wrong = KeySigner::from_encrypted_pem("k", &pem, &other).unwrap_err();
            assert_eq!(wrong.kind(), ErrorKind::Denied);
            let anew = signer.to_encrypted_pem(&Secret::default()).unwrap();
            assert_ne!(anew, pem);
            KeySigner::from_encrypted_pem("k", &anew, &Secret::default()).unwrap();
        }
    }
}

#[test]
fn an_ed25519_key_signs_in_two_ways() {
    let signer = KeySigner::generate_kind("k", KeyKind::Ed25519).unwrap();
    let pure = signer.sign_bytes(b"message").unwrap();
    let public = signer.public_key().clone();
    let hashed = signer.prehashed().sign_bytes(b"message").unwrap();
    assert_ne!(pure, hashed);
    assert!(public.verify_prehashed(b"message", &hashed).is_some());
    assert!(public.verify_prehashed(b"message", &pure).is_none());
}

#[test]
fn keys_are_read_in_their_older_forms() {
    for curve in [
        &aws::ECDSA_P256_SHA256_ASN1_SIGNING,
        &aws::ECDSA_P384_SHA384_ASN1_SIGNING,
        &aws::ECDSA_P521_SHA512_ASN1_SIGNING,
    ] {
        let pair = aws::EcdsaKeyPair::generate(curve).unwrap();
        let der: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
        let sec1 = KeySigner::from_pem("k", &to_pem("EC PRIVATE KEY", der.as_ref())).unwrap();
        let pkcs8 = private_pem(pair.to_pkcs8v1().unwrap().as_ref());
        assert_eq!(sec1.public_key(), KeySigner::from_pem("k", &pkcs8).unwrap().public_key());
    }
    // The second version of PKCS #8, with the public half in it.
    let pair = aws::Ed25519KeyPair::generate().unwrap();
    for der in [pair.to_pkcs8().unwrap(), pair.to_pkcs8v1().unwrap()] {
        let signer = KeySigner::from_pem("k", &private_pem(der.as_ref())).unwrap();
        let raw = aws::KeyPair::public_key(&pair).as_ref().to_vec();
        assert_eq!(signer.public_key(), &PublicKey::from_ed25519("k", &raw).unwrap());
    }
    let signer = KeySigner::generate_kind("k", KeyKind::Rsa2048).unwrap();
    // In PKCS #8 the older form stands in an octet string at the end, after 26 bytes.
    let der = signer.pair.to_pkcs8().unwrap();
    let pkcs1 = KeySigner::from_pem("k", &to_pem("RSA PRIVATE KEY", &der[26..])).unwrap();
    assert_eq!(pkcs1.public_key(), signer.public_key());
}

#[test]
fn keys_are_loaded_from_files_and_variables() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (signer, password) = (KeySigner::generate("k").unwrap(), Secret::new("pw"));
    std::fs::write(path("plain"), &*signer.to_pem().unwrap()).unwrap();
    std::fs::write(path("encrypted"), signer.to_encrypted_pem(&password).unwrap()).unwrap();
    std::fs::write(path("public"), signer.public_key().to_pem()).unwrap();
    assert_eq!(&PublicKey::load("k", &path("public")).unwrap(), signer.public_key());
    for (place, password) in [("plain", None), ("encrypted", Some(&password))] {
        assert_eq!(KeySigner::load("k", &path(place), password).unwrap().public_key(), signer.public_key());
    }
    let refused = |place: &str, password| KeySigner::load("k", place, password).unwrap_err();
    assert_eq!(refused(&path("encrypted"), None).kind(), ErrorKind::Unsupported);
    assert_eq!(refused(&path("plain"), Some(&password)).kind(), ErrorKind::Unsupported);
    assert_eq!(refused("env://CACHE_NO_SUCH_VARIABLE", None).kind(), ErrorKind::NotFound);
    // It is set, and no key.
    let (error, path) = (refused("env://PATH", None), std::env::var("PATH").unwrap());
    assert!(error.kind() == ErrorKind::Invalid && !error.to_string().contains(&path), "{error}");
}

#[test]
fn debug_never_shows_the_private_key() {
    for kind in KINDS {
        let signer = KeySigner::generate_kind("k", kind).unwrap();
        let pem = signer.to_pem().unwrap();
        let line = pem.lines().nth(1).unwrap();
        assert!(!format!("{signer:?}").contains(line));
    }
}

#[test]
fn other_keys_are_refused_without_showing_them() {
    let private = KeySigner::generate("k").unwrap().to_pem().unwrap();
    assert!(PublicKey::from_pem("k", &private).is_err());
    let body = private.lines().nth(1).unwrap().to_owned();
    let cut = private.replace(&body, "");
    let renamed = |tag: &str| private.replace("PRIVATE KEY", tag);
    for text in [
        "",
        "x",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        &cut,
        &renamed("RSA PRIVATE KEY"),
        &renamed("OPENSSH PRIVATE KEY"),
    ] {
        assert!(PublicKey::from_pem("k", text).is_err());
        let error = KeySigner::from_pem("k", text).unwrap_err();
        assert!(!format!("{error:?}").contains(&body), "{error:?}");
    }
}

#[test]
fn kinds_have_names() {
    for kind in KeyKind::ALL {
        assert_eq!(kind.to_string().parse::<KeyKind>().unwrap(), kind);
    }
    assert!("dsa".parse::<KeyKind>().is_err());
}

#[tokio::test]
async fn a_key_signs_only_in_its_own_name() {
    let (signer, other) = (KeySigner::generate("k").unwrap(), KeySigner::generate("k").unwrap());
    for payload_type in [None, Some("application/x".to_owned())] {
        let op = |signer: &KeySigner| {
            testing_permit(Sign {
                signer: signer.identity(),
                payload_type: payload_type.clone(),
                payload: bytes::Bytes::from_static(b"payload"),
            })
        };
        assert!(signer.sign(op(&signer)).await.unwrap().is_by_key());
        assert_eq!(signer.sign(op(&other)).await.unwrap_err().kind(), ErrorKind::Unapproved);
    }
}
