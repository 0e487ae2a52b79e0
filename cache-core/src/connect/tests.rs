use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::approve::ApprovalKind;
use crate::error::ErrorKind;
use crate::gate::{Evidence, PromotionGate};
use crate::model::{Digest, Outcome, Pinned, Secret, Timestamp};
use crate::promote::Given;
use crate::sign::KeySigner;

fn config(value: Value) -> Result<PromoterConfig, serde_json::Error> {
    serde_json::from_value(value)
}

#[test]
fn a_field_that_is_not_known_is_refused() {
    let good = json!({"source": "oci:a", "target": "oci:b", "environment": "staging"});
    assert!(config(good.clone()).is_ok());
    for (place, field) in [("", "polcy"), ("/approval", "requried")] {
        let mut bad = good.clone();
        bad["approval"] = json!({});
        bad.pointer_mut(place).unwrap()[field] = json!("x");
        assert!(config(bad).unwrap_err().to_string().contains(field));
    }
}

#[test]
fn every_kind_of_place_is_opened_or_refused_by_its_name() {
    let open = |text: &str| {
        let repository = Repository::parse(text).unwrap();
        (open_source(&repository).is_ok(), open_target(&repository).map(|_| ()).map_err(|e| (e.kind(), e.to_string())))
    };
    assert_eq!(open("registry.test/app"), (true, Ok(())));
    for text in ["oci-archive:a.tar", "docker-archive:a.tar", "memory:app"] {
        let (reads, writes) = open(text);
        assert_eq!(reads, text != "memory:app");
        assert!(matches!(writes, Err((ErrorKind::Unsupported, message)) if message.contains(text)));
    }
}

#[test]
fn without_a_policy_the_strict_default_judges_and_a_policy_is_text_or_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| format!("oci:{}", folder.path().join(name).display());
    let gates = |environment: &str, policy: Value| -> Result<usize> {
        let stated = json!({"source": place("a"), "target": place("b"), "environment": environment, "policy": policy,
                            "ledger": folder.path().join("ledger")});
        Ok(config(stated).unwrap().open(Vec::new())?.promoter.gates.len())
    };
    assert_eq!(gates("staging", json!(null)).unwrap(), 3);
    assert_eq!(gates("prod", json!(null)).unwrap(), 6);
    let yaml = "scan_policy:\n  promotion_to_prod: {require_smoke_test: false}\n";
    assert_eq!(gates("prod", json!(yaml)).unwrap(), 5);
    let one_line = "scan_policy: {promotion_to_prod: {require_smoke_test: false}}";
    assert_eq!(gates("prod", json!(one_line)).unwrap(), 5);
    let path = folder.path().join("policy.yaml");
    std::fs::write(&path, yaml).unwrap();
    assert_eq!(gates("prod", json!(path)).unwrap(), 5);
    assert!(gates("prod", json!("no/such/file.yaml")).unwrap_err().is_not_found());
    assert_eq!(gates("prod", json!("scan_polcy:\n  {}\n")).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(gates("prod", json!("")).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_key_is_text_or_a_path_and_is_never_shown() {
    let pem = KeySigner::generate("k").unwrap().to_pem().unwrap();
    let key = KeyConfig { name: "k".into(), pem: Some(pem.to_string().into()), ..KeyConfig::default() };
    assert!(key.signer().is_ok());
    assert!(!format!("{key:?}").contains(pem.lines().nth(1).unwrap()));
    let both = KeyConfig { path: Some("k.pem".into()), ..key.clone() };
    let neither = KeyConfig { pem: None, ..key };
    assert_eq!(both.signer().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(neither.public().unwrap_err().kind(), ErrorKind::Invalid);
    let nowhere = KeyConfig { path: Some(String::new()), ..neither };
    for error in [nowhere.public().unwrap_err(), nowhere.signer().unwrap_err()] {
        assert_eq!(error.to_string(), "the path of a key is empty (key: k)");
    }
}

#[test]
fn an_encrypted_key_is_read_with_its_password_from_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.key");
    let made = generate_key(None, Some(&Secret::new("open sesame"))).unwrap();
    std::fs::write(&path, &*made.private).unwrap();
    let signer = |more: Value| {
        let mut stated = json!({"name": "k"});
        stated.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let key: KeyConfig = serde_json::from_value(stated).unwrap();
        assert!(!format!("{key:?}").contains("sesame") && !format!("{key:?}").contains("BEGIN"));
        key.signer()
    };
    for more in [json!({"pem": *made.private}), json!({"path": path})] {
        let with = |field: &str, value: &str| {
            let mut more = more.clone();
            more[field] = json!(value);
            signer(more)
        };
        assert_eq!(with("password", "open sesame").unwrap().public_key().to_pem(), made.public);
        let wrong = with("password", "sesame").unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Denied);
        assert!(!format!("{wrong:?}").contains("sesame"));
        assert_eq!(with("passwordEnv", "CACHE_NO_SUCH_VARIABLE").unwrap_err().kind(), ErrorKind::NotFound);
        // It is set, and it is another.
        assert_eq!(with("passwordEnv", "PATH").unwrap_err().kind(), ErrorKind::Denied);
        let hint = signer(more.clone()).unwrap_err();
        assert!(hint.hint_text().unwrap().contains("password"));
    }
    let both = signer(json!({"path": path, "password": "", "passwordEnv": "PATH"})).unwrap_err();
    assert_eq!(both.kind(), ErrorKind::Invalid);
    assert_eq!(signer(json!({"path": "env://CACHE_NO_SUCH_VARIABLE"})).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_secret_in_the_wrong_place_is_in_no_message() {
    let refused = |value: Value| read::<PromoterConfig>("configuration", value).unwrap_err();
    let with =
        |signer: Value| refused(json!({"source": "oci:a", "target": "oci:b", "environment": "e", "signer": signer}));
    for error in [
        refused(json!("s3cret")),
        with(json!("s3cret")),
        with(json!({"name": "k", "pem": ["s3cret"]})),
        with(json!({"name": "k", "pem": "s3cret", "password": 53_637})),
        with(json!({"program": "p", "password": "s3cret"})),
        refused(json!({"source": "oci:a", "target": "oci:b", "environment": "e", "network": "http://u:s3cret@p"})),
        refused(json!({"source": "oci:a", "target": "oci:b", "environment": "e",
                       "network": {"clientCertificate": {"certificate": {}, "key": "a \"s3cret\", expected"}}})),
    ] {
        let shown = format!("{error:?} {error}");
        assert!(!shown.contains("s3cret") && !shown.contains("53637"), "{shown}");
    }
    let made = generate_key(Some("ed25519"), None).unwrap();
    assert!(!format!("{made:?}").contains(made.private.lines().nth(1).unwrap()));
    assert_eq!(generate_key(Some("dsa"), None).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn an_approval_policy_that_nobody_can_satisfy_is_refused() {
    let only_keys = ApprovalConfig { accept: Some(vec![ApprovalKind::Key]), ..ApprovalConfig::default() };
    assert_eq!(only_keys.policy().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(ApprovalConfig::default().policy().unwrap().required, 1);
}

struct Says(Result<Value, &'static str>);

#[async_trait]
impl Judge for Says {
    async fn judge(&self, _: Value) -> Result<Value> {
        self.0.clone().map_err(Error::unexpected)
    }
}

async fn verdict(answer: Result<Value, &'static str>) -> Result<Outcome> {
    let image = Pinned { repository: Repository::parse("oci:a")?, digest: Digest::of(b"") };
    let now = Timestamp::from_unix(0)?;
    let evidence = Evidence::of(image, now);
    Ok(foreign_gate("custom", Says(answer))?.judge(&evidence).await?.outcome)
}

#[tokio::test]
async fn a_foreign_gate_says_no_more_than_its_reasons() {
    let reason = |outcome: &str| json!({"outcome": outcome, "code": "c", "message": "m"});
    assert_eq!(verdict(Ok(json!({"reasons": [reason("pass")]}))).await.unwrap(), Outcome::Pass);
    let milder = json!({"outcome": "pass", "reasons": [reason("fail")]});
    assert_eq!(verdict(Ok(milder)).await.unwrap(), Outcome::Fail);
    let stricter = json!({"outcome": "fail", "reasons": [reason("pass")]});
    assert_eq!(verdict(Ok(stricter)).await.unwrap(), Outcome::Fail);
    assert_eq!(verdict(Ok(json!({"reasons": []}))).await.unwrap(), Outcome::Error);
}

#[tokio::test]
async fn an_answer_that_is_no_verdict_is_an_error() {
    for answer in [json!(null), json!(true), json!({}), json!({"outcome": "pass"}), json!({"reasons": [{}]})] {
        assert_eq!(verdict(Ok(answer)).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert!(verdict(Err("it threw")).await.is_err());
}

#[test]
fn given_evidence_is_bytes_or_a_path_of_a_known_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, "{}").unwrap();
    let bytes = || Some(bytes::Bytes::from_static(b"{}"));
    assert!(matches!(given("sbom", bytes(), None), Ok(Given::Sbom(_))));
    assert!(matches!(given("vex", bytes(), None), Ok(Given::Vex(_))));
    assert!(matches!(given("report", None, Some(path.clone())), Ok(Given::Report(text)) if text == "{}"));
    let refused = |kind: &str, bytes, path| given(kind, bytes, path).unwrap_err().kind();
    assert_eq!(refused("signature", bytes(), None), ErrorKind::Invalid);
    assert_eq!(refused("sbom", None, None), ErrorKind::Invalid);
    assert_eq!(refused("sbom", bytes(), Some(path)), ErrorKind::Invalid);
    assert_eq!(refused("sbom", None, Some(folder.path().join("none"))), ErrorKind::NotFound);
}

#[test]
fn a_network_is_text_paths_and_a_proxy_and_shows_no_secret() {
    let network = |value: Value| serde_json::from_value::<NetworkConfig>(value).unwrap();
    let kind = |value: Value| network(value).network().unwrap_err().kind();
    for proxy in ["environment", "none", "http://user:secret@proxy.test:3128", "proxy.test"] {
        let stated = network(json!({"proxy": proxy}));
        assert!(stated.network().is_ok(), "{proxy}");
        assert!(!format!("{stated:?} {:?}", stated.network().unwrap()).contains("secret"));
    }
    assert!(network(json!({})).network().is_ok());
    assert_eq!(kind(json!({"proxy": "socks5://user:secret@proxy.test"})), ErrorKind::Unsupported);
    assert_eq!(kind(json!({"proxy": ""})), ErrorKind::Invalid);
    assert_eq!(kind(json!({"authorities": [{"pem": "text"}]})), ErrorKind::Invalid);
    assert_eq!(kind(json!({"authorities": [{}]})), ErrorKind::Invalid);
    assert_eq!(kind(json!({"authorities": [{"path": "no/such/file.pem"}]})), ErrorKind::NotFound);
    let both = json!({"certificate": {"pem": "text"}, "key": {"pem": "secret"}});
    let stated = network(json!({"clientCertificate": both}));
    assert!(stated.network().is_err() && !format!("{stated:?} {:?}", stated.network()).contains("secret"));
    let unknown = json!({"source": "oci:a", "target": "oci:b", "environment": "e", "network": {"proxies": "none"}});
    assert!(config(unknown).unwrap_err().to_string().contains("proxies"));
}

const EMPTY_ROOT: &str = r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#;

#[test]
fn whom_to_trust_is_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| format!("oci:{}", folder.path().join(name).display());
    let key = KeySigner::generate("k").unwrap().public_key().to_pem();
    let open = |more: Value| {
        let mut stated = json!({"source": place("a"), "target": place("b"), "environment": "staging",
                                "ledger": folder.path().join("ledger")});
        stated.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config(stated).map_err(|e| e.to_string())?.open(Vec::new()).map_err(|e| e.to_string())
    };
    let names = |more: Value| -> Vec<String> {
        let session = open(more).unwrap();
        session.promoter.trust.trusted().iter().map(|trusted| trusted.name().to_owned()).collect()
    };
    let identities = json!([{"subject": "a", "issuer": "b"}]);
    let policy = format!(
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec:\n  images: \
         [{{glob: '**'}}]\n  authorities:\n  - name: a\n    key:\n      data: |\n        {}\n",
        key.trim_end().replace('\n', "\n        ")
    );
    let all = json!({
        "trustedKeys": [{"name": "k", "pem": key, "demands": {"valid": {"start": "2026-01-01T00:00:00Z"}, "timestamps": 1}}],
        "trustedSigners": [{"name": "release", "identities": identities, "demands": {"certificateLog": false}}],
        "trustedRoot": EMPTY_ROOT,
        "policy": "signers:\n  - name: builders\n    identities: [{subject: c, issuer: d}]\n",
        "imagePolicies": [policy],
    });
    assert_eq!(names(all.clone()), ["k", "release", "builders", "p/a"]);
    assert_eq!(open(all).unwrap().promoter.gates.last().unwrap().name(), "image-policy");
    let root = folder.path().join("root.json");
    std::fs::write(&root, EMPTY_ROOT).unwrap();
    assert_eq!(names(json!({"trustedSigners": [{"name": "s", "identities": identities}], "trustedRoot": root})), ["s"]);
    for (wrong, words) in [
        (json!({"trustedSigners": [{"name": "s", "identities": identities}]}), "need a trusted root"),
        (json!({"trustedSigners": [{"name": "s", "identities": []}], "trustedRoot": EMPTY_ROOT}), "no identity"),
        (json!({"trustedKeys": [{"name": "k", "pem": key, "demands": {"logs": 1}}]}), "needs a trusted root"),
        (json!({"trustedKeys": [{"name": "k", "pem": key, "demand": {}}]}), "demand"),
        (json!({"trustedRoot": "{}"}), "not a trusted root"),
        (json!({"imagePolicies": ["kind: ClusterImagePolicy\n"]}), "missing field"),
    ] {
        let error = open(wrong).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

/// gates.md B2 20: one evaluator for all languages. The bindings compare with the same file.
#[test]
fn b2_20_the_example_is_assessed_to_the_same_bytes_in_every_language() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/findings");
    let document = |kind: &str, name: &str| given(kind, None, Some(folder.join(name))).unwrap();
    let documents = [document("report", "report.json"), document("vex", "vex.json"), document("sbom", "sbom.cdx.json")];
    let config: AssessConfig = read(
        "request",
        json!({
            "image": "registry.example.com/team/app:v1", "policy": folder.join("policy.yaml"), "clock": "2026-03-01T12:00:00Z",
        }),
    )
    .unwrap();
    let assessment = config.assess(&documents).unwrap();
    let written = assessment.write(crate::report::ReportFormat::Json, &Default::default()).unwrap();
    if std::env::var_os("CACHE_WRITE_EXPECTED").is_some() {
        std::fs::write(folder.join("assessment.json"), &written).unwrap();
    }
    let expected = std::fs::read(folder.join("assessment.json")).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), String::from_utf8(expected).unwrap());
    assert_eq!(assessment.outcome(), Outcome::Fail);
    let codes: Vec<&str> = assessment.blocking().map(|(_, reason)| reason.code.as_str()).collect();
    assert_eq!(codes, ["too-many-critical", "too-many-fixable-high", "known-exploited"]);
}

#[test]
fn a_gate_that_is_milder_than_its_reasons_is_not_assessed() {
    let gate = |outcome: &str| {
        let reasons = json!([{"outcome": "fail", "code": "c", "message": "does not comply"}]);
        let gate = json!({"gate": "mine", "outcome": outcome, "reasons": reasons, "lookedAt": []});
        read::<AssessConfig>("request", json!({"gates": [gate]}))
    };
    let error = gate("pass").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().starts_with("the request is not valid: gates[0]: the outcome of a verdict"), "{error}");
    assert!(gate("fail").is_ok() && gate("error").is_ok());
}

#[test]
fn what_is_assessed_has_to_be_readable_and_to_have_rules() {
    let of = |config: Value, documents: &[Given]| {
        read::<AssessConfig>("request", config).unwrap().assess(documents).map(|assessment| assessment.verdict.outcome)
    };
    let bytes = |text: &'static str| bytes::Bytes::from_static(text.as_bytes());
    assert_eq!(of(json!({}), &[]).unwrap(), Outcome::Fail);
    assert_eq!(of(json!({}), &[Given::Report(bytes("{}"))]).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(of(json!({}), &[Given::Vex(bytes("{}"))]).unwrap_err().kind(), ErrorKind::Invalid);
    let none = "scan_policy: {promotion_to_prod: {require_scan: false}}\n";
    assert_eq!(of(json!({"policy": none}), &[]).unwrap_err().kind(), ErrorKind::Invalid);
    let report = |subject: &str| {
        let text = json!({"scanner": "s", "findings": [], "subjects": [Digest::of(subject.as_bytes())]}).to_string();
        Given::Report(text.into())
    };
    // Reports of several platforms are reports of one image; a report of another image than the one named does not count.
    assert_eq!(of(json!({}), &[report("a"), report("b")]).unwrap(), Outcome::Pass);
    let image = format!("registry.example.com/app@{}", Digest::of(b"a"));
    assert_eq!(of(json!({"image": image}), &[report("a")]).unwrap(), Outcome::Pass);
    assert_eq!(of(json!({"image": image}), &[report("b")]).unwrap(), Outcome::Fail);
    // One that names none is about the image where nobody says which that is.
    let unnamed = [Given::Report(bytes(r#"{"scanner": "s", "findings": []}"#))];
    assert_eq!(of(json!({}), &unnamed).unwrap(), Outcome::Pass);
    assert_eq!(of(json!({"image": image}), &unnamed).unwrap(), Outcome::Fail);
    let folder = [Given::Report(bytes(r#"{"scanner": "s", "findings": [], "target": "directory"}"#))];
    assert_eq!(of(json!({}), &folder).unwrap(), Outcome::Pass);
    assert_eq!(of(json!({"image": image}), &folder).unwrap(), Outcome::Fail);
    assert!(given("signature", Some(bytes("")), None).is_err());
}

#[test]
fn whom_to_ask_and_when_is_configuration() {
    let open = |value: Value| read::<AskConfig>("configuration", value).and_then(AskConfig::escalation);
    let (slack, pager) =
        (json!({"kind": "slack", "url": "https://chat.test/s3cret"}), json!({"kind": "pagerduty", "key": "s3cret"}));
    let minutes = |config| open(config).unwrap().then.iter().map(|(after, _)| after.as_secs() / 60).collect::<Vec<_>>();
    assert_eq!(minutes(json!({"ask": [slack], "alarm": pager, "urgency": "critical"})), [5, 10]);
    assert_eq!(minutes(json!({"ask": [slack], "alarm": pager, "alarmAfterSeconds": [120]})), [2]);
    let alone = open(json!({"ask": [slack], "giveUpAfterSeconds": 7})).unwrap();
    assert!(alone.then.is_empty() && alone.give_up_after.as_secs() == 7);
    for wrong in [
        json!({"ask": []}),
        json!({"ask": [slack], "alarmAfterSeconds": [1]}),
        json!({"ask": [{"kind": "slack", "url": "http://chat.test/s3cret"}]}),
        json!({"ask": [{"kind": "teams", "url": "https://chat.test/s3cret"}]}),
        json!({"ask": [{"kind": "mail", "url": "s3cret"}]}),
        json!({"ask": ["s3cret"]}),
        json!({"ask": [slack], "alarm": "s3cret"}),
    ] {
        let error = open(wrong).unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && !format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

#[test]
fn a_ledger_is_a_folder_or_an_address() {
    let network = crate::registry::Network::default();
    let open = |stated: &str| super::ledger::open_ledger(Some(stated), &network);
    assert!(format!("{:?}", open("somewhere").unwrap()).contains("somewhere"));
    assert!(format!("{:?}", open("s3://bucket/ledger?region=eu-west-1").unwrap()).contains("eu-west-1"));
    assert!(format!("{:?}", open("gs://bucket/ledger").unwrap()).contains("storage.googleapis.com"));
    assert!(format!("{:?}", open("az://account/container/ledger").unwrap()).contains("account.blob.core.windows.net"));
    for (wrong, kind) in
        [("ftp://bucket", ErrorKind::Unsupported), ("s3://?region=x", ErrorKind::Invalid), (" ", ErrorKind::Invalid)]
    {
        assert_eq!(open(wrong).unwrap_err().kind(), kind, "{wrong}");
    }
}

#[tokio::test]
async fn a_journal_is_asked_for_by_the_digest_of_its_plan() {
    use crate::approve::Ledger;
    use crate::execute::testing::{Counting, approved, at, plan_of};
    use crate::execute::{Journal, execute};
    let folder = tempfile::tempdir().unwrap();
    let (plan, ledger) = (plan_of(2), folder.path().join("ledger"));
    let done = execute(&mut Counting::default(), &approved(&plan), &Ledger::at(&ledger), || at(0)).await.unwrap();
    let place = |name: &str| format!("oci:{}", folder.path().join(name).display());
    let stated = json!({"source": place("a"), "target": place("b"), "environment": "prod", "ledger": ledger});
    let promoter = config(stated).unwrap().open(Vec::new()).unwrap();
    let stated = json!({"registry": {"host": "r.test"}, "environment": "prod", "ledger": ledger});
    let upkeep = read::<AdministratorConfig>("configuration", stated).unwrap().open().unwrap();
    let bytes = promoter.journal(plan.digest().as_str()).await.unwrap();
    assert_eq!(Journal::of(&bytes).unwrap().head(), done.journal.as_ref().unwrap());
    assert_eq!(upkeep.journal(plan.digest().as_str()).await.unwrap(), bytes);
    assert_eq!(promoter.journal(plan.digest().hex()).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert!(upkeep.journal(Digest::of(b"another plan").as_str()).await.unwrap_err().is_not_found());
}

/// A plan for prod is not executed by whoever needs fewer approvals.
#[test]
fn a_plan_is_executed_in_its_own_environment_alone() {
    use crate::approve::{Answer, ApprovalPolicy, by_callback};
    use crate::execute::testing::{at, plan_of};
    let plan = plan_of(1);
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, at(0), |_| Ok(yes)).unwrap();
    let shared = SharedPlan::new(plan);
    let admit =
        |environment: &str| shared.admit(environment, &ApprovalPolicy::default(), vec![approval.clone()], at(0));
    assert!(admit("prod").is_ok());
    let error = admit("dev").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("another environment"), "{error}");
}

/// Every text of a configuration in its turn is a secret that somebody put into the wrong place.
#[test]
fn no_error_of_a_configuration_shows_a_secret() {
    let whole = json!({
        "source": "registry.test/a", "target": "oci:b", "environment": "staging", "policy": "p.yaml",
        "trustedRoot": "root.json", "ledger": "ledger", "clock": "2026-01-01T00:00:00Z", "imagePolicies": ["p.yaml"],
        "trustedKeys": [{"name": "k", "path": "k.pub"}],
        "trustedSigners": [{"name": "s", "identities": [{"subject": "a", "issuer": "b"}]}],
        "signer": {"name": "k", "path": "k.key", "passwordEnv": "NO_SUCH_VARIABLE"},
        "approval": {"accept": ["key"], "approvers": [{"name": "a", "key": "k"}]},
        "registries": [{"host": "registry.test", "system": "harbor", "login": {"user": "u", "passwordEnv": "NO_SUCH"}}],
        "network": {"clientCertificate": {"certificate": {"path": "c.pem"}, "key": {"path": "c.key"}}},
    });
    let anywhere = [
        "-----BEGIN PRIVATE KEY-----\nMIGHsecret\n-----END PRIVATE KEY-----",
        "env://-----BEGIN PRIVATE KEY-----\nMIGHsecret",
        "https://ci:MIGHsecret@host.test/a",
    ];
    let in_references = ["ci:MIGHsecret@host.test/a", "ci:MIGHsecret@host.test:5000/a", "MIGHsecret@host.test"];
    let in_places = ["env://MIGHsecret"];
    let mut tried = 0;
    for place in texts(&whole, String::new()) {
        // A name is told, whatever it is.
        if place.ends_with("/name") || ["/environment", "/ledger"].contains(&place.as_str()) {
            continue;
        }
        let more: &[&str] = match place.rsplit('/').next() {
            Some("source" | "target") => &in_references,
            // A certificate is in a file.
            Some("path" | "passwordEnv") if !place.starts_with("/network") => &in_places,
            _ => &[],
        };
        for secret in anywhere.iter().chain(more) {
            let mut wrong = whole.clone();
            *wrong.pointer_mut(&place).unwrap() = json!(secret);
            // The other places do not stand in the way of this one.
            for other in [
                "policy",
                "trustedRoot",
                "imagePolicies",
                "trustedKeys",
                "trustedSigners",
                "signer",
                "approval",
                "registries",
                "network",
            ] {
                if !place.starts_with(&format!("/{other}")) {
                    wrong.as_object_mut().unwrap().remove(other);
                }
            }
            let told =
                read::<PromoterConfig>("configuration", wrong).and_then(|config| config.open(Vec::new()).map(drop));
            if let Err(error) = told {
                tried += 1;
                let all = format!("{error} {error:?} {:?}", error.hint_text());
                assert!(!all.contains("MIGHsecret"), "{place}: {all}");
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

fn texts(value: &Value, place: String) -> Vec<String> {
    match value {
        Value::String(_) => vec![place],
        Value::Array(all) => all.iter().enumerate().flat_map(|(i, one)| texts(one, format!("{place}/{i}"))).collect(),
        Value::Object(all) => all.iter().flat_map(|(name, one)| texts(one, format!("{place}/{name}"))).collect(),
        _ => Vec::new(),
    }
}
