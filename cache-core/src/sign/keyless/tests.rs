//! Against services of our own: what comes back verifies, and whatever a service does wrong is an error that names it.

mod interop;

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::approve::testing_permit;
use crate::error::{Error, ErrorKind};
use crate::http::Patience;
use crate::model::{Digest, Secret};
use crate::sign::testing::{
    Cloud, FulcioFault, ISSUER, Lie, LogFault, SUBJECT, TimestampFault, Version, good_token, parsed, token,
};
use crate::sign::{BUNDLE_V03, Demands, GivenToken, IN_TOTO_PAYLOAD, Statement};

fn image() -> Digest {
    Digest::of(b"image")
}

fn patience() -> Patience {
    Patience {
        attempts: 2,
        first_pause: Duration::from_millis(1),
        answer: Duration::from_secs(5),
        idle: Duration::from_secs(5),
        ..Patience::default()
    }
}

fn services(cloud: &Cloud, timestamps: bool) -> Services {
    Services::new(cloud.config(timestamps), cloud.trusted_root()).patient(patience())
}

fn signer_with(services: Services, token: Secret) -> KeylessSigner {
    KeylessSigner::new(SUBJECT, ISSUER, Arc::new(GivenToken::new(token)), services)
}

fn signer(cloud: &Cloud, timestamps: bool) -> KeylessSigner {
    signer_with(services(cloud, timestamps), good_token())
}

fn op(signer: &dyn Signer) -> Permit<'static, Sign> {
    let payload = Statement::write(&image(), "https://example.com/p", &json!({"a": 1})).unwrap();
    testing_permit(Sign { signer: signer.identity(), payload_type: Some(IN_TOTO_PAYLOAD.to_owned()), payload })
}

async fn error(signer: &KeylessSigner) -> Error {
    signer.sign(op(signer)).await.unwrap_err()
}

/// Trust in the signer as anybody else would have it.
fn trust(cloud: &Cloud, demands: Demands) -> Trust {
    let rule = IdentityRule::exact(SUBJECT, ISSUER);
    let root = cloud.trusted_root();
    Trust::default().and(Trusted::identities("ci", vec![rule], root.clone()).demanding(demands, root))
}

#[tokio::test]
async fn a_signature_verifies_for_anybody_who_trusts_the_services() {
    let all: [(&[Version], bool); 4] = [
        (&[Version::One], false),
        (&[Version::One], true),
        (&[Version::Two], true),
        (&[Version::One, Version::Two], true),
    ];
    for (versions, timestamps) in all {
        let cloud = Cloud::new(versions).await;
        let signer = signer(&cloud, timestamps);
        let bundle = signer.sign(op(&signer)).await.unwrap_or_else(|e| panic!("{versions:?}: {e:?}"));
        assert!(!bundle.is_by_key());
        // As it is written and read by others.
        let json = bundle.to_json().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&json).unwrap()["mediaType"], BUNDLE_V03);
        let bundle = Bundle::parse(&json).unwrap();
        let demands = Demands { logs: versions.len(), timestamps: usize::from(timestamps), ..Demands::of_keyless() };
        let verified = trust(&cloud, demands).verify_bundle(&bundle, &image()).unwrap();
        assert_eq!(verified.accepted(), ["ci"]);
        assert!(verified.by().is_same_signer(&signer.identity()));
        Trust::in_all(vec![signer.recognised().unwrap()]).verify_bundle(&bundle, &image()).unwrap();
        assert!(trust(&cloud, Demands::of_keyless()).verify_bundle(&bundle, &Digest::of(b"other")).is_err());
    }
}

#[tokio::test]
async fn without_logs_a_timestamp_proves_the_time() {
    let cloud = Cloud::new(&[]).await;
    let signer = signer(&cloud, true);
    let bundle = signer.sign(op(&signer)).await.unwrap();
    let demands = Demands { logs: 0, timestamps: 1, ..Demands::of_keyless() };
    trust(&cloud, demands).verify_bundle(&bundle, &image()).unwrap();
    Trust::in_all(vec![signer.recognised().unwrap()]).verify_bundle(&bundle, &image()).unwrap();
}

#[tokio::test]
async fn a_payload_is_signed_as_it_is_for_the_older_format() {
    for versions in [[Version::One], [Version::Two]] {
        let cloud = Cloud::new(&versions).await;
        let signer = signer(&cloud, true);
        let op = testing_permit(Sign {
            signer: signer.identity(),
            payload_type: None,
            payload: Bytes::from_static(b"payload"),
        });
        let bundle = signer.sign(op).await.unwrap();
        trust(&cloud, Demands::of_keyless()).verify_file(&bundle, b"payload").unwrap();
    }
}

#[tokio::test]
async fn each_signature_has_a_key_of_its_own() {
    let cloud = Cloud::new(&[Version::One]).await;
    let signer = signer(&cloud, false);
    let (one, two) = (signer.sign(op(&signer)).await.unwrap(), signer.sign(op(&signer)).await.unwrap());
    assert_ne!(one.material().certificates[0].spki(), two.material().certificates[0].spki());
}

#[tokio::test]
async fn nothing_is_asked_for_where_it_could_not_be_verified_later() {
    let nothing = |cloud: &Cloud| cloud.fulcio.asked.lock().unwrap().is_empty();
    // A log of version 2 signs no times.
    let cloud = Cloud::new(&[Version::Two]).await;
    let refused = error(&signer(&cloud, false)).await;
    assert!(refused.to_string().contains("nothing would prove when") && nothing(&cloud), "{refused}");
    // No certificate authority.
    let mut config = cloud.config(true);
    config.authorities.clear();
    let refused = error(&signer_with(Services::new(config, cloud.trusted_root()), good_token())).await;
    assert!(refused.to_string().contains("no certificate authority") && nothing(&cloud), "{refused}");
    // An authority on another machine that would see the token in the clear.
    let mut config = cloud.config(true);
    config.authorities[0].url = "http://fulcio.example.test".to_owned();
    let refused = error(&signer_with(Services::new(config, cloud.trusted_root()), good_token())).await;
    assert!(refused.to_string().contains("over https") && nothing(&cloud), "{refused}");
}

#[tokio::test]
async fn a_token_that_was_made_for_somebody_else_is_not_sent() {
    let cloud = Cloud::new(&[Version::One]).await;
    let until = Timestamp::now().unix() + 300;
    for claims in [
        json!({"iss": ISSUER, "sub": SUBJECT, "aud": "https://cloud.example.test", "exp": until}),
        json!({"iss": ISSUER, "sub": SUBJECT, "aud": "sigstore", "exp": until - 600}),
    ] {
        let refused = error(&signer_with(services(&cloud, false), token(&claims))).await;
        assert_eq!(refused.kind(), ErrorKind::Denied);
    }
    assert!(cloud.fulcio.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_signer_is_the_one_whom_its_token_is_for() {
    let cloud = Cloud::new(&[Version::One]).await;
    let tokens = Arc::new(GivenToken::new(good_token()));
    let signer = KeylessSigner::of_token(tokens, services(&cloud, false)).await.unwrap();
    assert!(signer.identity().is_same_signer(&self::signer(&cloud, false).identity()));
    signer.sign(op(&signer)).await.unwrap();
    // The plan names somebody else.
    let other = KeylessSigner::new(
        "dev@example.test",
        ISSUER,
        Arc::new(GivenToken::new(good_token())),
        services(&cloud, false),
    );
    assert_eq!(signer.sign(op(&other)).await.unwrap_err().kind(), ErrorKind::Unapproved);
    // The token is for somebody else than the plan names.
    let refused = error(&other).await;
    assert_eq!(refused.kind(), ErrorKind::Untrusted);
    assert!(refused.to_string().contains("names another signer"), "{refused}");
}

#[tokio::test]
async fn a_certificate_authority_that_errs_is_found_out() {
    let faults = [
        (FulcioFault::OtherKey, "for another key"),
        (FulcioFault::OtherSubject, "names another signer"),
        (FulcioFault::OtherIssuer, "names another signer"),
        (FulcioFault::OtherAuthority, "not issued by the authority"),
        (FulcioFault::OtherPurpose, "not for this purpose"),
        (FulcioFault::Expired, "not valid at the time"),
        (FulcioFault::NoLog, "no timestamp of a certificate log"),
        (FulcioFault::OtherLog, "no timestamp in the certificate is by a trusted"),
        (FulcioFault::Detached, "without the word of a certificate log in it"),
    ];
    let cloud = Cloud::new(&[Version::One]).await;
    for (fault, words) in faults {
        *cloud.fulcio.fault.lock().unwrap() = Some(fault);
        let refused = error(&signer(&cloud, true)).await;
        let text = refused.to_string();
        assert!(text.contains(words) && text.contains("Fulcio"), "{fault:?}: {text}");
    }
    // Nothing was signed with such a certificate.
    assert!(cloud.logs[0].entries.lock().unwrap().is_empty());
    let private = signer_with(services(&cloud, true).without_certificate_log(), good_token());
    for fault in [FulcioFault::NoLog, FulcioFault::Detached] {
        *cloud.fulcio.fault.lock().unwrap() = Some(fault);
        private.sign(op(&private)).await.unwrap();
    }
}

#[tokio::test]
async fn a_log_that_errs_is_found_out() {
    let faults = [
        (LogFault::OtherEntry, "of another signature"),
        (LogFault::OtherKey, "not signed by the log"),
        (LogFault::OtherLog, "not in enough trusted transparency logs"),
        (LogFault::OtherTree, "inclusion proof"),
    ];
    for version in [Version::One, Version::Two] {
        let cloud = Cloud::new(&[version]).await;
        let signer = signer(&cloud, true);
        signer.sign(op(&signer)).await.unwrap();
        for (fault, words) in faults {
            *cloud.logs[0].fault.lock().unwrap() = Some(fault);
            let text = error(&signer).await.to_string();
            assert!(text.contains(words) && text.contains("Rekor"), "{version:?} {fault:?}: {text}");
        }
    }
    let cloud = Cloud::new(&[Version::One]).await;
    *cloud.logs[0].fault.lock().unwrap() = Some(LogFault::BadPromise);
    let text = error(&signer(&cloud, true)).await.to_string();
    assert!(text.contains("promise") && text.contains("Rekor"), "{text}");
}

#[tokio::test]
async fn an_entry_that_is_there_already_is_fetched_from_the_log_and_nowhere_else() {
    let cloud = Cloud::new(&[Version::One]).await;
    let signer = signer(&cloud, false);
    *cloud.logs[0].fault.lock().unwrap() = Some(LogFault::Known);
    let bundle = signer.sign(op(&signer)).await.unwrap();
    trust(&cloud, Demands::of_keyless()).verify_bundle(&bundle, &image()).unwrap();
    *cloud.logs[0].fault.lock().unwrap() = Some(LogFault::KnownElsewhere);
    let text = error(&signer).await.to_string();
    assert!(text.contains("does not say where") && text.contains("Rekor"), "{text}");
}

#[tokio::test]
async fn a_timestamp_authority_that_errs_is_found_out() {
    let faults = [
        (TimestampFault::OtherMessage, "of another signature"),
        (TimestampFault::OtherNonce, "another question"),
        (TimestampFault::NoNonce, "another question"),
        (TimestampFault::OtherKey, "does not count"),
        (TimestampFault::OtherTime, "not valid at the time that is confirmed"),
        (TimestampFault::Refusal, "refused"),
        // RFC 3161, 2.3: the only extended key usage, and critical.
        (TimestampFault::NotCritical, "not for timestamps alone"),
        (TimestampFault::OtherPurposeToo, "not for timestamps alone"),
        (TimestampFault::OtherPurpose, "not for timestamps alone"),
        (TimestampFault::NoPurpose, "not for timestamps alone"),
    ];
    let cloud = Cloud::new(&[Version::Two]).await;
    let signer = signer(&cloud, true);
    for (fault, words) in faults {
        *cloud.authority.fault.lock().unwrap() = Some(fault);
        let text = format!("{:?}", error(&signer).await);
        assert!(text.contains(words) && text.contains("timestamp authority"), "{fault:?}: {text}");
    }
    // What is in a log stays there: it comes last.
    assert!(cloud.logs[0].entries.lock().unwrap().is_empty());
}

/// Each service, by the path at which it is asked, and what people call it.
const SERVICES: [(&str, &str); 4] = [
    ("/api/v2/signingCert", "Fulcio"),
    ("/api/v1/timestamp", "timestamp authority"),
    ("/api/v1/log/entries", "Rekor"),
    ("/api/v2/log/entries", "Rekor"),
];

#[tokio::test]
async fn an_answer_that_is_none_is_an_error_that_names_the_service() {
    let lies: [(&str, Lie, ErrorKind); 7] = [
        ("truncated", |_, body| body.truncate(body.len() / 2), ErrorKind::Unexpected),
        ("empty", |_, body| body.clear(), ErrorKind::Unexpected),
        ("huge", |_, body| body.resize(3 << 20, b' '), ErrorKind::Invalid),
        (
            "redirect",
            |status, body| {
                *status = 307;
                *body = b"http://evil.example.test/".to_vec();
            },
            ErrorKind::Unexpected,
        ),
        ("refused", |status, _| *status = 403, ErrorKind::Denied),
        ("failing", |status, _| *status = 503, ErrorKind::Unavailable),
        ("busy", |status, _| *status = 429, ErrorKind::RateLimited),
    ];
    for (path, name) in SERVICES {
        for (what, lie, kind) in lies {
            let cloud = Cloud::lying(&[Version::One, Version::Two], Some((path, lie))).await;
            let refused = error(&signer(&cloud, true)).await;
            let text = format!("{refused:?}");
            assert!(text.contains(name), "{path} {what}: {text}");
            // A timestamp is no JSON: what is cut does not parse as one.
            let binary = path == "/api/v1/timestamp" && matches!(what, "truncated" | "empty");
            assert_eq!(refused.kind(), if binary { ErrorKind::Invalid } else { kind }, "{path} {what}: {text}");
            assert!(!text.contains(&good_token().reveal()[..19]), "{text}");
        }
    }
}

#[tokio::test]
async fn what_an_authority_says_is_shown_and_a_token_in_it_is_not() {
    let cloud = Cloud::new(&[Version::One]).await;
    // A proof that is wrong, since the token is for somebody else.
    let until = Timestamp::now().unix() + 300;
    let stranger =
        token(&json!({"iss": "https://other.example.test", "sub": SUBJECT, "aud": "sigstore", "exp": until}));
    let refused = error(&signer_with(services(&cloud, false), stranger.clone())).await;
    assert_eq!(refused.kind(), ErrorKind::Unauthenticated);
    let part = stranger.reveal().split('.').nth(1).unwrap();
    assert!(!format!("{refused:?}").contains(&part[..20]), "{refused:?}");
    let lie: Lie = |status, body| {
        *status = 400;
        *body = b"{\"message\":\"the audience is not ours\"}".to_vec();
    };
    let cloud = Cloud::lying(&[Version::One], Some(("/api/v2/signingCert", lie))).await;
    let refused = error(&signer(&cloud, false)).await;
    assert!(refused.to_string().contains("the audience is not ours"), "{refused}");
}

#[tokio::test]
async fn a_root_that_does_not_know_the_services_makes_no_signature() {
    for field in ["certificateAuthorities", "ctlogs", "tlogs", "timestampAuthorities"] {
        let cloud = Cloud::new(&[Version::One]).await;
        let mut root = cloud.root();
        root[field] = json!([]);
        let services = Services::new(cloud.config(true), parsed(&root)).patient(patience());
        let refused = error(&signer_with(services, good_token())).await;
        assert_eq!(refused.kind(), ErrorKind::Untrusted, "{field}: {refused}");
    }
}
