//! Approvals by keyless signature: made with the plan's file alone, and worth nothing where anything about them is wrong.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Digest, Raw, Repository, Tag, Timestamp};
use crate::plan::{Deadlines, PLAN_VERSION, Plan, PlanBody, Purpose};
use crate::sign::testing::{Cloud, ISSUER, Version, token_for};
use crate::sign::{Demands, GivenToken, IdentityRule, KeySigner, KeylessSigner, Services, TrustedRoot, Wanted};

const ALICE: &str = "https://people.example.test/alice";
const BOB: &str = "https://people.example.test/bob";

/// The bytes of a plan, as they are mailed.
fn plan_file(environment: &str) -> Vec<u8> {
    let at = Repository::parse("registry.example.test/app").unwrap();
    let name = at.tagged(Tag::parse("v1").unwrap());
    let plan = PlanBody {
        version: PLAN_VERSION,
        environment: environment.to_owned(),
        requester: "pipeline".to_owned(),
        reason: None,
        purpose: Purpose::Attaching { image: at.at(Digest::of(b"image")), to: name },
        policy: None,
        break_glass: None,
        deadlines: Deadlines::default(),
        verdicts: Vec::new(),
        changes: Vec::new(),
        left_behind: Vec::new(),
    };
    Raw::canonical(plan).unwrap().bytes().to_vec()
}

fn plan() -> Plan {
    Raw::from_canonical(plan_file("prod")).unwrap()
}

fn answer(approver: &str, decision: Decision) -> Answer {
    Answer::new(decision, approver).saying("CHG-12")
}

/// What somebody signs on another machine, as it is carried over.
async fn signed(cloud: &Cloud, subject: &str, plan: &Plan, answer: Answer) -> Vec<u8> {
    dated(cloud, subject, plan, answer, Timestamp::now()).await
}

/// The same where the person says that it is this time.
async fn dated(cloud: &Cloud, subject: &str, plan: &Plan, answer: Answer, at: Timestamp) -> Vec<u8> {
    let services = Services::new(cloud.config(true), cloud.trusted_root());
    let tokens = Arc::new(GivenToken::new(token_for(subject)));
    let signer = KeylessSigner::of_token(tokens, services).await.unwrap();
    let approval = by_signature(plan, answer, &signer, at).await.unwrap();
    assert_eq!(approval.kind(), ApprovalKind::Keyless);
    approval.to_json().unwrap()
}

fn approver(name: &str, subject: &str) -> Approver {
    let identities = vec![IdentityRule::exact(subject, ISSUER)];
    Approver { name: name.to_owned(), identities, ..Approver::default() }
}

fn policy(approvers: Vec<Approver>, root: Arc<TrustedRoot>) -> ApprovalPolicy {
    let policy = ApprovalPolicy { accept: vec![ApprovalKind::Keyless], approvers, ..ApprovalPolicy::default() };
    policy.traced_to(Some(root)).unwrap()
}

fn admit(policy: &ApprovalPolicy, plan: Plan, approvals: &[&[u8]]) -> Result<Approved> {
    let approvals = approvals.iter().map(|json| Approval::from_json(json)).collect::<Result<_>>()?;
    policy.admit(plan, approvals, Timestamp::now())
}

fn refusal(policy: &ApprovalPolicy, plan: Plan, approvals: &[&[u8]]) -> Error {
    let error = admit(policy, plan, approvals).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unapproved, "{error}");
    error
}

/// Changes the JSON of a bundle.
fn changed(json: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut bundle = serde_json::from_slice(json).unwrap();
    change(&mut bundle);
    bundle.to_string().into_bytes()
}

/// Changes the statement inside, and keeps it canonical.
fn restated(json: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    changed(json, |bundle| {
        let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
        let mut statement: Value = serde_json::from_slice(&payload).unwrap();
        change(&mut statement);
        bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(Raw::canonical(statement).unwrap().bytes()));
    })
}

#[tokio::test]
async fn an_approval_is_signed_with_the_plans_file_and_admitted_offline() {
    for versions in [&[Version::One][..], &[Version::Two], &[Version::One, Version::Two]] {
        let cloud = Cloud::new(versions).await;
        let read_elsewhere: Plan = Raw::from_canonical(plan_file("prod")).unwrap();
        let json = signed(&cloud, ALICE, &read_elsewhere, answer("alice", Decision::Approve)).await;
        let policy = policy(vec![approver("alice", ALICE), approver("bob", BOB)], cloud.trusted_root());
        drop(cloud);
        let approved = admit(&policy, plan(), &[&json]).unwrap();
        assert_eq!(approved.approvals()[0].approver(), "alice");
        assert_eq!(approved.approvals()[0].comment(), Some("CHG-12"));
        // Read and written again it is the same.
        assert_eq!(Approval::from_json(&json).unwrap().to_json().unwrap(), json);
    }
}

#[tokio::test]
async fn two_people_are_two_and_a_denial_stops_the_plan() {
    let cloud = Cloud::new(&[Version::One]).await;
    let alice = signed(&cloud, ALICE, &plan(), answer("alice", Decision::Approve)).await;
    let again = signed(&cloud, ALICE, &plan(), answer("alice", Decision::Approve)).await;
    let bob = signed(&cloud, BOB, &plan(), answer("bob", Decision::Approve)).await;
    let denial = signed(&cloud, BOB, &plan(), answer("bob", Decision::Deny)).await;
    let people = vec![approver("alice", ALICE), approver("bob", BOB)];
    let policy = ApprovalPolicy { required: 2, ..policy(people, cloud.trusted_root()) };
    assert!(admit(&policy, plan(), &[&alice, &bob]).is_ok());
    assert!(refusal(&policy, plan(), &[&alice, &again]).to_string().contains("counts once"));
    assert!(refusal(&policy, plan(), &[&alice, &bob, &denial]).to_string().contains("denied"));
}

#[tokio::test]
async fn an_approval_by_another_identity_does_not_count() {
    let cloud = Cloud::new(&[Version::One]).await;
    let stranger =
        signed(&cloud, "https://people.example.test/mallory", &plan(), answer("alice", Decision::Approve)).await;
    let posing = signed(&cloud, BOB, &plan(), answer("alice", Decision::Approve)).await;
    let policy = policy(vec![approver("alice", ALICE), approver("bob", BOB)], cloud.trusted_root());
    let text = refusal(&policy, plan(), &[&stranger]).to_string();
    assert!(text.contains("mallory") && text.contains("0 of 1"), "{text}");
    assert!(refusal(&policy, plan(), &[&posing]).to_string().contains("signed by bob"));
}

#[tokio::test]
async fn an_approval_by_another_issuer_does_not_count() {
    let cloud = Cloud::new(&[Version::One]).await;
    let json = signed(&cloud, ALICE, &plan(), answer("alice", Decision::Approve)).await;
    let identities = vec![IdentityRule::exact(ALICE, "https://id.other.test")];
    let elsewhere = Approver { name: "alice".to_owned(), identities, ..Approver::default() };
    let policy = policy(vec![elsewhere], cloud.trusted_root());
    assert!(refusal(&policy, plan(), &[&json]).to_string().contains(ISSUER));
}

#[tokio::test]
async fn an_approval_of_another_plan_does_not_count() {
    let cloud = Cloud::new(&[Version::One]).await;
    let other: Plan = Raw::from_canonical(plan_file("staging")).unwrap();
    let json = signed(&cloud, ALICE, &other, answer("alice", Decision::Approve)).await;
    let policy = policy(vec![approver("alice", ALICE)], cloud.trusted_root());
    assert!(admit(&policy, other.clone(), &[&json]).is_ok());
    assert!(refusal(&policy, plan(), &[&json]).to_string().contains("another plan"));
    // The statement names this plan, and the signature is over the other one.
    let digest = plan().digest().clone();
    let moved = restated(&json, |statement| {
        statement["predicate"]["plan"] = json!(digest);
        statement["subject"][0]["digest"] = json!({"sha256": digest.hex()});
    });
    assert!(refusal(&policy, plan(), &[&moved]).to_string().contains("not by the key of its certificate"));
}

#[tokio::test]
async fn a_certificate_without_a_proven_time_does_not_count() {
    let cloud = Cloud::new(&[Version::One]).await;
    let json = signed(&cloud, ALICE, &plan(), answer("alice", Decision::Approve)).await;
    let bare = changed(&json, |bundle| {
        bundle["verificationMaterial"]["tlogEntries"] = json!([]);
        bundle["verificationMaterial"]["timestampVerificationData"] = json!({"rfc3161Timestamps": []});
    });
    let usual = policy(vec![approver("alice", ALICE)], cloud.trusted_root());
    let text = refusal(&usual, plan(), &[&bare]).to_string();
    assert!(text.contains("transparency log"), "{text}");
    // Even where nothing is demanded: the certificate has expired, or will have, and nobody knows when it was used.
    let demands = Demands { certificate_log: false, ..Demands::nothing() };
    let lax = ApprovalPolicy { demands, ..usual.clone() };
    assert!(admit(&lax, plan(), &[&json]).is_ok());
    assert!(refusal(&lax, plan(), &[&bare]).to_string().contains("nothing proves when"));
    // More than there is can be demanded too.
    let strict = ApprovalPolicy { demands: Demands { logs: 2, ..Demands::of_keyless() }, ..usual };
    assert!(refusal(&strict, plan(), &[&json]).to_string().contains("transparency log"));
}

#[tokio::test]
async fn an_approval_that_is_dated_otherwise_than_is_proven_does_not_count() {
    let shifted = |seconds: i64| Timestamp::from_unix(Timestamp::now().unix() + seconds).unwrap();
    // The one proves the time by the log, the other by a timestamp authority.
    for version in [Version::One, Version::Two] {
        let cloud = Cloud::new(&[version]).await;
        let policy = policy(vec![approver("alice", ALICE)], cloud.trusted_root());
        let given = async |decision, seconds| {
            let json = dated(&cloud, ALICE, &plan(), answer("alice", decision), shifted(seconds)).await;
            Approval::from_json(&json).unwrap()
        };
        let admit = |approval: Approval, seconds| policy.admit(plan(), vec![approval], shifted(seconds));
        for (dated, looked_at) in [(-590, 0), (590, 600), (0, 3_600)] {
            admit(given(Decision::Approve, dated).await, looked_at).unwrap();
        }
        // To be before a deadline, and to stay fresh for longer. The latter is waited for.
        for (dated, looked_at) in [(-620, 0), (-86_000, 0), (620, 700), (80_000, 90_000)] {
            let refused = admit(given(Decision::Approve, dated).await, looked_at).unwrap_err();
            assert!(refused.to_string().contains("more than 600 s apart"), "{dated}: {refused}");
        }
        let denied = admit(given(Decision::Deny, -86_000).await, 0).unwrap_err();
        assert!(denied.to_string().contains("alice denied"), "{denied}");
    }
}

#[tokio::test]
async fn an_approval_that_was_tampered_with_does_not_count() {
    let cloud = Cloud::new(&[Version::One]).await;
    let json = signed(&cloud, ALICE, &plan(), answer("alice", Decision::Deny)).await;
    let other = signed(&cloud, ALICE, &plan(), answer("alice", Decision::Approve)).await;
    let policy = policy(vec![approver("alice", ALICE)], cloud.trusted_root());
    let turned = restated(&json, |statement| statement["predicate"]["decision"] = json!("approve"));
    assert!(refusal(&policy, plan(), &[&turned]).to_string().contains("not by the key of its certificate"));
    let from: Value = serde_json::from_slice(&json).unwrap();
    for part in ["certificate", "tlogEntries"] {
        let mixed =
            changed(&other, |bundle| bundle["verificationMaterial"][part] = from["verificationMaterial"][part].clone());
        refusal(&policy, plan(), &[&mixed]);
    }
    // The root of somebody else's services.
    let elsewhere = Cloud::new(&[Version::One]).await;
    let stranger = ApprovalPolicy { root: Some(elsewhere.trusted_root()), ..policy.clone() };
    refusal(&stranger, plan(), &[&other]);
    let rootless = ApprovalPolicy { root: None, ..policy };
    assert!(refusal(&rootless, plan(), &[&other]).to_string().contains("no trusted root"));
}

#[tokio::test]
async fn what_an_approval_says_of_its_kind_is_what_it_is() {
    let cloud = Cloud::new(&[Version::One]).await;
    let json = signed(&cloud, ALICE, &plan(), answer("alice", Decision::Approve)).await;
    let bundle: Value = serde_json::from_slice(&json).unwrap();
    let by_key = restated(&json, |statement| statement["predicate"]["kind"] = json!("key"));
    let hint = changed(&json, |bundle| {
        let material = bundle["verificationMaterial"].as_object_mut().unwrap();
        material.remove("certificate");
        material.insert("publicKey".to_owned(), json!({"hint": ""}));
    });
    let message = changed(&json, |bundle| {
        bundle.as_object_mut().unwrap().remove("dsseEnvelope");
        bundle["messageSignature"] = json!({"signature": "AAAA"});
    });
    for wrong in [by_key, hint, message, bundle["dsseEnvelope"].to_string().into_bytes()] {
        assert_eq!(Approval::from_json(&wrong).unwrap_err().kind(), ErrorKind::Invalid);
    }
    // A key's approval does not count as a keyless one.
    let key = KeySigner::generate("alice").unwrap();
    let by_key = by_signature(&plan(), answer("alice", Decision::Approve), &key, Timestamp::now()).await.unwrap();
    let policy = policy(vec![approver("alice", ALICE)], cloud.trusted_root());
    let refused = policy.admit(plan(), vec![by_key], Timestamp::now()).unwrap_err();
    assert!(refused.to_string().contains("key approvals do not count"), "{refused}");
}

#[tokio::test]
async fn a_certificate_that_could_be_two_peoples_is_nobodys() {
    let cloud = Cloud::new(&[Version::One]).await;
    let json = signed(&cloud, ALICE, &plan(), answer("alice", Decision::Approve)).await;
    let anybody = IdentityRule {
        subject: Wanted::pattern("https://people.example.test/.*").unwrap(),
        ..IdentityRule::exact("", ISSUER)
    };
    let both = Approver { name: "bob".to_owned(), identities: vec![anybody], ..Approver::default() };
    let overlapping = policy(vec![approver("alice", ALICE), both], cloud.trusted_root());
    assert!(refusal(&overlapping, plan(), &[&json]).to_string().contains("several approvers: alice, bob"));
}

#[test]
fn a_policy_of_keyless_approvals_is_satisfiable_or_refused() {
    let of = |accept: Vec<ApprovalKind>, approvers: Vec<Approver>| ApprovalPolicy {
        accept,
        approvers,
        ..ApprovalPolicy::default()
    };
    let (keyless, key) = (vec![ApprovalKind::Keyless], vec![ApprovalKind::Key]);
    assert!(of(keyless.clone(), Vec::new()).check().is_err());
    assert!(of(key, vec![approver("alice", ALICE)]).check().is_err());
    assert!(of(keyless.clone(), vec![Approver { name: "alice".into(), ..Approver::default() }]).check().is_err());
    let twins = of(keyless.clone(), vec![approver("alice", ALICE), approver("bob", ALICE)]);
    assert!(twins.check().unwrap_err().to_string().contains("of two approvers"));
    let good = of(keyless, vec![approver("alice", ALICE)]);
    assert!(good.check().is_ok());
    assert!(good.traced_to(None).unwrap_err().to_string().contains("need a trusted root"));
}
