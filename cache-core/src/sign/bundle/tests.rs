use super::*;
use crate::sign::KeySigner;

#[test]
fn a_bundle_survives_its_json() {
    let key = KeySigner::generate("k").unwrap();
    let bundle = Bundle::by_key(Content::Envelope(Envelope::new("t", *b"p", *b"s")), key.public_key());
    let again = Bundle::parse(&bundle.to_json().unwrap()).unwrap();
    assert_eq!(again.envelope(), bundle.envelope());
    assert!(again.is_by_key());
}

#[test]
fn other_versions_and_shapes_are_refused() {
    let key = r#"{"publicKey":{}}"#;
    let both = r#"{"publicKey":{},"certificate":{"rawBytes":""}}"#;
    let message = r#""messageSignature":{"signature":"AA=="}"#;
    let of = |media: &str, material: &str, content: &str| {
        format!(r#"{{"mediaType":"{media}","verificationMaterial":{material},{content}}}"#)
    };
    assert!(Bundle::parse(of(BUNDLE_V03, key, message).as_bytes()).unwrap().is_by_key());
    let v4 = of("application/vnd.dev.sigstore.bundle.v0.4+json", key, message);
    let envelope =
        |signatures: &str| format!(r#""dsseEnvelope":{{"payload":"","payloadType":"t","signatures":[{signatures}]}}"#);
    let refused = [
        v4,
        of(BUNDLE_V03, key, r#""x":1"#),
        of(BUNDLE_V03, "{}", message),
        of(BUNDLE_V03, both, message),
        of(BUNDLE_V03, key, &format!(r#"{message},{}"#, envelope(r#"{"sig":"AA=="}"#))),
        of(BUNDLE_V03, key, &envelope("")),
        of(BUNDLE_V03, key, &envelope(r#"{"sig":"AA=="},{"sig":"AA=="}"#)),
        String::new(),
        "{}".to_owned(),
    ];
    for text in refused {
        assert!(Bundle::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn every_known_version_is_read_and_none_without_a_certificate() {
    for (media, _) in READ {
        let text = |material: &str| {
            format!(
                r#"{{"mediaType":"{media}","verificationMaterial":{{{material}}},"messageSignature":{{"signature":"AA=="}}}}"#
            )
        };
        assert!(Bundle::parse(text(r#""publicKey":{"hint":"a"}"#).as_bytes()).unwrap().is_by_key());
        for none in ["", r#""certificate":{"rawBytes":""}"#, r#""x509CertificateChain":{"certificates":[]}"#] {
            assert!(Bundle::parse(text(none).as_bytes()).is_err(), "{none}");
        }
    }
}
