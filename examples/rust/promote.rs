//! The main job, on real input: build, sign and attach, promote to staging and to prod, and see an unsigned image refused.
//!
//!     cargo run --release --example promote                                   # the demo: layouts below target/demo
//!     cargo run --release --example promote -- --from docker://HOST/REPO:TAG --to oci:DIR:TAG --key cosign.pub \
//!         --policy policy.yaml --environment prod
//!
//! It asks at the terminal; without one, `--approve PLAN_DIGEST` (again for each plan) is the answer. Exit codes: 0 done or
//! nothing to do, 1 error, 2 refused by a gate, 3 not approved.

use std::io::{IsTerminal as _, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use cache_core::approve::{Answer, Approval, ApprovalPolicy, Ledger, ask_on_terminal, by_callback};
use cache_core::connect::{open_source, open_target};
use cache_core::gate::TEST_RESULT_TYPE;
use cache_core::model::{Reference, Repository, Tag, Timestamp};
use cache_core::plan::Plan;
use cache_core::policy::{Policy, Promotion};
use cache_core::promote::{Attachment, Outlook, Promoter, REPORT_MEDIA_TYPE, Request};
use cache_core::registry::{MemoryRegistry, Registry, RegistryWriter};
use cache_core::sign::{COSIGN_SIGN_TYPE, KeySigner, PublicKey, Trust};
use cache_examples::build;
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

const REFUSED: u8 = 2;
const NOT_APPROVED: u8 = 3;

#[derive(Default)]
struct Arguments {
    from: Option<Reference>,
    to: Option<Reference>,
    key: Option<PathBuf>,
    policy: Option<PathBuf>,
    environment: Option<String>,
    approve: Vec<String>,
}

fn arguments() -> Result<Arguments, Failure> {
    let mut parsed = Arguments::default();
    let mut given = std::env::args().skip(1);
    while let Some(flag) = given.next() {
        let value = given.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--from" => parsed.from = Some(value.parse()?),
            "--to" => parsed.to = Some(value.parse()?),
            "--key" => parsed.key = Some(value.into()),
            "--policy" => parsed.policy = Some(value.into()),
            "--environment" => parsed.environment = Some(value),
            "--approve" => parsed.approve.push(value),
            _ => {
                let known = "--from, --to, --key, --policy, --environment and --approve are";
                return Err(format!("{flag} is not known; {known}").into());
            }
        }
    }
    Ok(parsed)
}

#[tokio::main]
async fn main() -> ExitCode {
    let run = async {
        let arguments = arguments()?;
        match (&arguments.from, &arguments.to) {
            (Some(from), Some(to)) => promote(from, to, &arguments).await,
            (None, None) => demo(&arguments).await,
            _ => Err("--from and --to belong together".into()),
        }
    };
    match run.await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

/// Promotes one given image, whose signatures are checked with the key. Without a policy the strict default holds.
async fn promote(from: &Reference, to: &Reference, arguments: &Arguments) -> Result<u8, Failure> {
    let key = arguments.key.as_ref().ok_or("--key PUBLIC_KEY.pem is needed: signatures are checked with it")?;
    let key = PublicKey::from_pem("release", &std::fs::read_to_string(key)?)?;
    let policy = match &arguments.policy {
        Some(path) => Some(Policy::parse(&std::fs::read_to_string(path)?)?),
        None => None,
    };
    let environment = arguments.environment.as_deref().unwrap_or("prod");
    let (source, target) = (open_source(&from.repository)?, open_target(&to.repository)?);
    let mut promoter = promoter(source, target, Trust::in_keys(vec![key]), Ledger::of_user()?);
    let required = policy.as_ref().map_or_else(|| Promotion::default_for(environment), |p| p.promotion(environment));
    promoter.gates = required.gates()?;
    promoter.policy = policy.as_ref().map(|policy| policy.digest().clone());
    let approvals = policy.map_or_else(ApprovalPolicy::default, |policy| policy.approval(environment));
    step(&promoter, &request(from, to, environment), &approvals, &arguments.approve).await
}

async fn demo(arguments: &Arguments) -> Result<u8, Failure> {
    let folder = Path::new("target/demo");
    std::fs::create_dir_all(folder)?;
    let signer = Arc::new(key(&folder.join("release.key"))?);
    let trust = Trust::in_keys(vec![signer.public_key().clone()]);
    let ledger = Ledger::at(folder.join("ledger"));
    let policy = Policy::parse(&std::fs::read_to_string("examples/policy.yaml")?)?;
    let at = |environment: &str| -> Result<Reference, Failure> {
        Ok(format!("oci:{}:v1", folder.join(environment).display()).parse()?)
    };

    println!(
        "== Build: an image of this program and its Cargo.lock, an SBOM of it, a report, its provenance, a smoke test"
    );
    let (built_at, tag) = (Repository::parse("memory:build/app")?, Tag::parse("v1")?);
    let built = build(&std::env::current_exe()?, Path::new("Cargo.lock"), &built_at, &tag)?;
    let image = built.registry.resolve(&built_at.tagged(tag.clone())).await?;
    println!("   {} ({} bytes of SBOM)\n", image.digest, built.sbom.len());

    println!("== To the dev registry, signed, with all of it attached");
    let mut publish =
        promoter(Arc::new(built.registry), open_target(&at("dev")?.repository)?, trust.clone(), ledger.clone());
    publish.signer = Some(signer.clone());
    let mut wanted = request(&built_at.tagged(tag.clone()), &at("dev")?, "dev");
    wanted.move_tags = true;
    wanted.attach = vec![
        Attachment::Document { media_type: "application/spdx+json".into(), bytes: built.sbom.into() },
        Attachment::Document { media_type: REPORT_MEDIA_TYPE.into(), bytes: built.report.into() },
        Attachment::Statement { predicate_type: COSIGN_SIGN_TYPE.into(), predicate: json!({}) },
        Attachment::Statement { predicate_type: "https://slsa.dev/provenance/v1".into(), predicate: built.provenance },
        Attachment::Statement { predicate_type: TEST_RESULT_TYPE.into(), predicate: smoke_test()? },
    ];
    let code = step(&publish, &wanted, &policy.approval("dev"), &arguments.approve).await?;
    if code != 0 {
        return Ok(code);
    }
    for (from, to) in [("dev", "staging"), ("staging", "prod")] {
        println!("== From {from} to {to}");
        let (source, target) = (open_source(&at(from)?.repository)?, open_target(&at(to)?.repository)?);
        let mut promoter = promoter(source, target, trust.clone(), ledger.clone());
        promoter.gates = policy.gates(to)?;
        promoter.policy = Some(policy.digest().clone());
        promoter.signer = Some(signer.clone());
        let mut wanted = request(&at(from)?, &at(to)?, to);
        wanted.move_tags = true;
        let code = step(&promoter, &wanted, &policy.approval(to), &arguments.approve).await?;
        if code != 0 {
            return Ok(code);
        }
    }

    println!("== A second image, which nobody signed");
    let other = build(&std::env::current_exe()?, Path::new("Cargo.toml"), &built_at, &tag)?;
    let mut unsigned = promoter(Arc::new(other.registry), Arc::new(MemoryRegistry::new()), trust, ledger);
    unsigned.gates = policy.gates("staging")?;
    let wanted = request(&built_at.tagged(tag.clone()), &Repository::parse("memory:staging")?.tagged(tag), "staging");
    match step(&unsigned, &wanted, &policy.approval("staging"), &[]).await? {
        REFUSED => Ok(0),
        _ => Err("the unsigned image was not refused".into()),
    }
}

/// Plans, shows, asks, executes and prints the receipt.
async fn step(
    promoter: &Promoter,
    request: &Request,
    approvals: &ApprovalPolicy,
    given: &[String],
) -> Result<u8, Failure> {
    let plan = match promoter.plan(request).await? {
        Outlook::Ready(plan) => plan,
        Outlook::Nothing => {
            println!("   Already so: {}\n", request.to);
            return Ok(0);
        }
        Outlook::Blocked(verdicts) => {
            println!("   REFUSED: {} does not go to {}", request.from, request.environment);
            for verdict in verdicts {
                println!("   {}: {}", verdict.gate, verdict.outcome);
                verdict.reasons.iter().for_each(|reason| println!("     {}: {}", reason.outcome, reason.message));
            }
            println!();
            return Ok(REFUSED);
        }
    };
    let Some(approval) = ask(&plan, given)? else { return Ok(NOT_APPROVED) };
    let approved = approvals.admit(plan, vec![approval], Timestamp::now())?;
    let receipt = promoter.execute(approved).await?;
    println!("{receipt}\n");
    if receipt.is_complete() { Ok(0) } else { Err("the promotion is not complete".into()) }
}

fn ask(plan: &Plan, given: &[String]) -> Result<Option<Approval>, Failure> {
    let person = std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "operator".into());
    let now = Timestamp::now();
    if given.iter().any(|digest| digest == plan.digest().as_str()) {
        println!("{}\n", plan.render());
        let yes = Answer::approve(person).saying("--approve");
        return Ok(Some(by_callback(plan, now, |_| Ok(yes))?));
    }
    if stdin().is_terminal() {
        return Ok(Some(ask_on_terminal(plan, &person, now, &mut stdin().lock(), &mut stdout())?));
    }
    println!(
        "{}\n\nNot approved. There is no terminal to ask at; approve it with\n  --approve {}",
        plan.render(),
        plan.digest()
    );
    Ok(None)
}

fn promoter(source: Arc<dyn Registry>, target: Arc<dyn RegistryWriter>, trust: Trust, ledger: Ledger) -> Promoter {
    Promoter {
        source,
        target,
        gates: Vec::new(),
        trust,
        signer: None,
        policy: None,
        materials: MemoryRegistry::new(),
        ledger,
        clock: None,
    }
}

fn request(from: &Reference, to: &Reference, environment: &str) -> Request {
    Request {
        from: from.clone(),
        to: to.clone(),
        environment: environment.into(),
        requester: "demo pipeline".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    }
}

/// Runs the program that is in the image and says what came of it, as a test result (in-toto, `test-result` v0.1).
fn smoke_test() -> Result<serde_json::Value, Failure> {
    let output = std::process::Command::new(std::env::current_exe()?).args(["--from", "x"]).output()?;
    // It must run, and refuse half a request.
    let refused =
        output.status.code() == Some(1) && String::from_utf8_lossy(&output.stderr).contains("belong together");
    let (result, tests) = if refused { ("PASSED", "passedTests") } else { ("FAILED", "failedTests") };
    Ok(json!({"result": result, "configuration": [], tests: ["refuses half a request"]}))
}

/// The demo's signing key, made at the first run.
fn key(path: &Path) -> Result<KeySigner, Failure> {
    if path.exists() {
        return Ok(KeySigner::from_pem("release", &std::fs::read_to_string(path)?)?);
    }
    let signer = KeySigner::generate("release")?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, signer.to_pem()?.as_bytes())?;
    Ok(signer)
}
