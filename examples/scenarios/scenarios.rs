//! Runs the scenarios in Rust, and makes what the three runners compare with.

mod layouts;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use cache_core::Error;
use cache_core::approve::{Answer, Approval, ApprovalPolicy, Ledger, by_callback};
use cache_core::connect::{Judge, PromoterConfig, SharedOutlook, foreign_gate, open_source, open_target};
use cache_core::connect::{read, receipt_json, verdicts_json};
use cache_core::gate::PromotionGate;
use cache_core::model::{Descriptor, Digest, Repository, Tag, Timestamp};
use cache_core::promote::{Attachment, Outlook, Promoter, Request};
use cache_core::registry::MemoryRegistry;
use cache_core::sign::{BUNDLE_V03, COSIGN_SIGN_TYPE, KeySigner, Trust};
use serde_json::{Map, Value, json};

use layouts::Done;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn load(path: &Path) -> Done<Value> {
    Ok(serde_json::from_slice(&fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?)?)
}

/// The names of the scenarios, sorted.
fn names() -> Done<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(here())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".json").filter(|n| !["expected", "signature"].contains(n)).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// One test for all: the paths in a scenario are relative to its folder, and a process has one current folder.
#[tokio::test]
async fn the_documents_are_the_expected_bytes() -> Done {
    let write = std::env::var_os("CACHE_SCENARIOS").is_some_and(|word| word == "write");
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenarios");
    if write {
        sign_the_image(&work.join("signing")).await?;
    }
    let mut seen = Map::new();
    for name in names()? {
        let folder = work.join(&name);
        layouts::prepare(&here(), &name, &folder)?;
        std::env::set_current_dir(&folder)?;
        let scenario = load(&here().join(format!("{name}.json")))?;
        let outcome = run(&scenario, write.then(|| here().join(format!("approvals/{name}.json")))).await;
        seen.insert(name.clone(), outcome.map_err(|e| format!("{name}: {e}"))?);
    }
    let (seen, path) = (Value::Object(seen), here().join("expected.json"));
    if write {
        fs::write(path, serde_json::to_string_pretty(&seen)? + "\n")?;
    } else {
        assert_eq!(seen, load(&path)?);
    }
    Ok(())
}

/// Runs one scenario in the current folder, and says what came of it. The other runners do the same, step by step.
async fn run(scenario: &Value, sign_to: Option<PathBuf>) -> Done<Value> {
    let mut seen = json!({});
    let failed = |seen: &mut Value, error: Error| seen["error"] = json!(error.kind().code());
    let gate = scenario.get("gate").map(|gate| {
        let name = gate["name"].as_str().unwrap_or_default();
        foreign_gate(name, Says(gate["answer"].clone())).map(|gate| Arc::new(gate) as Arc<dyn PromotionGate>)
    });
    let config: PromoterConfig = read("configuration", scenario["promoter"].clone())?;
    let session = config.open(gate.transpose()?.into_iter().collect())?;
    let outlook = match read("request", scenario["request"].clone()) {
        Ok(request) => session.plan(request, &[]).await,
        Err(error) => Err(error),
    };
    let plan = match outlook {
        Err(error) => {
            failed(&mut seen, error);
            return Ok(seen);
        }
        Ok(SharedOutlook { plan: Some(plan), .. }) => plan,
        Ok(SharedOutlook { state: "nothing", .. }) => return Ok(json!({"outlook": "nothing"})),
        Ok(SharedOutlook { verdicts, .. }) => {
            let verdicts = Digest::of(&keep("verdicts.json", verdicts_json(&verdicts)?)?);
            return Ok(json!({"outlook": "blocked", "verdicts": verdicts}));
        }
    };
    seen["outlook"] = json!("ready");
    seen["plan"] = json!(Digest::of(&keep("plan.json", plan.plan().bytes().to_vec())?));
    let approve = scenario["approve"] == json!(true);
    if let (true, Some(path)) = (approve, sign_to) {
        fs::write(path, keep("approval.json", sign(&plan).await?)?)?;
    }
    if Path::new("moved").exists() {
        fs::rename("moved", "target")?;
    }
    let approvals = if approve { vec![Approval::from_json(&fs::read("approval.json")?)?] } else { Vec::new() };
    match session.execute(&plan, approvals, None).await {
        Ok(receipt) => seen["receipt"] = json!(Digest::of(&keep("receipt.json", receipt_json(&receipt)?)?)),
        Err(error) => failed(&mut seen, error),
    }
    Ok(seen)
}

fn keep(name: &str, bytes: Vec<u8>) -> Done<Vec<u8>> {
    fs::write(name, &bytes)?;
    Ok(bytes)
}

/// The approval of the person in the scenarios.
async fn sign(plan: &cache_core::connect::SharedPlan) -> Done<Vec<u8>> {
    let answer = read("answer", json!({"decision": "approve", "approver": "alice"}))?;
    let key = read("key", json!({"name": "alice", "path": here().join("keys/alice.key")}))?;
    let at = Timestamp::parse("2026-01-31T11:59:00Z")?;
    Ok(plan.approve_by_signature(answer, key, None, Some(at)).await?.to_json()?)
}

/// Makes `signature.json`: the bundle with which the key `release` signs the image.
async fn sign_the_image(folder: &Path) -> Done {
    layouts::prepare(&here(), "promote-unsigned-blocked", folder)?;
    let place = |name: &str| Repository::parse(&format!("oci:{}", folder.join(name).display()));
    let (source, target, v1) = (place("source")?, place("signed")?, Tag::parse("v1")?);
    let key = fs::read_to_string(here().join("keys/release.key"))?;
    let promoter = Promoter {
        source: open_source(&source)?,
        target: open_target(&target)?,
        gates: Vec::new(),
        trust: Trust::default(),
        signer: Some(Arc::new(KeySigner::from_pem("release", &key)?)),
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(folder.join("ledger")),
        clock: None,
    };
    let signature = Attachment::Statement { predicate_type: COSIGN_SIGN_TYPE.into(), predicate: json!({}) };
    let request = Request {
        from: source.tagged(v1.clone()),
        to: target.tagged(v1.clone()),
        environment: "dev".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: false,
        attach: vec![signature],
    };
    let Outlook::Ready(plan) = promoter.plan(&request).await? else { return Err("there is nothing to sign".into()) };
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, Timestamp::now(), |_| Ok(yes))?;
    promoter.execute(ApprovalPolicy::default().admit(plan, vec![approval], Timestamp::now())?).await?;
    let signed = open_source(&target)?;
    let image = target.at(signed.resolve(&target.tagged(v1)).await?.digest);
    let is_signature = |d: &Descriptor| d.annotations.values().any(|value| value == COSIGN_SIGN_TYPE);
    let referrer = signed.referrers(&image).await?.into_iter().find(is_signature).ok_or("there is no signature")?;
    let manifest = signed.manifest(&target.at(referrer.digest)).await?;
    let bundle = manifest.blobs().into_iter().find(|blob| blob.media_type == BUNDLE_V03).ok_or("there is no bundle")?;
    let bundle = signed.blob(&target, bundle).await?.into_bytes(1 << 20).await?;
    Ok(fs::write(here().join("signature.json"), bundle)?)
}

/// A gate whose answer stands in the scenario.
struct Says(Value);

#[async_trait]
impl Judge for Says {
    async fn judge(&self, _: Value) -> cache_core::Result<Value> {
        Ok(self.0.clone())
    }
}
