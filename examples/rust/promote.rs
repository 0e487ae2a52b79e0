//! The main job, on real input: build, sign and attach, promote to staging and to prod, and see an unsigned image refused.
//!
//!     cargo run --release --example promote                                   # the demo: layouts below target/demo
//!     cargo run --release --example promote -- --from oci:a:1 --to oci:b:1 --key cosign.pub
//!
//! It asks at the terminal; without one, `--approve PLAN_DIGEST` (again for each plan) is the answer. Exit codes: 0 done or
//! nothing to do, 1 error, 2 refused by a gate, 3 not approved.

use std::io::{IsTerminal as _, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use cache_core::approve::{Answer, Approval, ApprovalPolicy, Decision, Ledger, ask_on_terminal, by_callback};
use cache_core::gate::{PromotionGate, SignatureGate};
use cache_core::model::{Reference, Repository, Tag, Timestamp, Transport};
use cache_core::plan::Plan;
use cache_core::promote::{Attachment, Outlook, Promoter, Request};
use cache_core::registry::{Layout, MemoryRegistry, Registry};
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
            "--approve" => parsed.approve.push(value),
            _ => return Err(format!("{flag} is not known; --from, --to, --key and --approve are").into()),
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

/// Promotes one given image, which must be signed with the key.
async fn promote(from: &Reference, to: &Reference, arguments: &Arguments) -> Result<u8, Failure> {
    let key = arguments.key.as_ref().ok_or("--key PUBLIC_KEY.pem is needed: the signature is checked against it")?;
    let key = PublicKey::from_pem("release", &std::fs::read_to_string(key)?)?;
    let promoter =
        promoter(layout(&from.repository)?, layout(&to.repository)?, Trust::in_keys(vec![key]), Ledger::of_user()?);
    step(&promoter, &request(from, to, "target"), &arguments.approve).await
}

async fn demo(arguments: &Arguments) -> Result<u8, Failure> {
    let folder = Path::new("target/demo");
    std::fs::create_dir_all(folder)?;
    let signer = Arc::new(key(&folder.join("release.key"))?);
    let trust = Trust::in_keys(vec![signer.public_key().clone()]);
    let ledger = Ledger::at(folder.join("ledger"));
    let at = |environment: &str| -> Result<Reference, Failure> {
        Ok(format!("oci:{}:v1", folder.join(environment).display()).parse()?)
    };

    println!("== Build: an image of this program and its Cargo.lock, an SBOM of it, its provenance");
    let (built_at, tag) = (Repository::parse("memory:build/app")?, Tag::parse("v1")?);
    let built = build(&std::env::current_exe()?, Path::new("Cargo.lock"), &built_at, &tag)?;
    let image = built.registry.resolve(&built_at.tagged(tag.clone())).await?;
    println!("   {} ({} bytes of SBOM)\n", image.digest, built.sbom.len());

    println!("== To the dev registry, signed, with its SBOM and provenance attached");
    let mut publish =
        promoter(Arc::new(built.registry), layout(&at("dev")?.repository)?, trust.clone(), ledger.clone());
    publish.signer = Some(signer.clone());
    publish.gates.clear();
    let mut wanted = request(&built_at.tagged(tag.clone()), &at("dev")?, "dev");
    wanted.move_tags = true;
    wanted.attach = vec![
        Attachment::Document { media_type: "application/spdx+json".into(), bytes: built.sbom.into() },
        Attachment::Statement { predicate_type: COSIGN_SIGN_TYPE.into(), predicate: json!({}) },
        Attachment::Statement { predicate_type: "https://slsa.dev/provenance/v1".into(), predicate: built.provenance },
    ];
    let code = step(&publish, &wanted, &arguments.approve).await?;
    if code != 0 {
        return Ok(code);
    }
    for (from, to) in [("dev", "staging"), ("staging", "prod")] {
        println!("== From {from} to {to}");
        let mut promoter =
            promoter(layout(&at(from)?.repository)?, layout(&at(to)?.repository)?, trust.clone(), ledger.clone());
        promoter.signer = Some(signer.clone());
        let mut wanted = request(&at(from)?, &at(to)?, to);
        wanted.move_tags = true;
        let code = step(&promoter, &wanted, &arguments.approve).await?;
        if code != 0 {
            return Ok(code);
        }
    }

    println!("== A second image, which nobody signed");
    let other = build(&std::env::current_exe()?, Path::new("Cargo.toml"), &built_at, &tag)?;
    let unsigned = promoter(Arc::new(other.registry), Arc::new(MemoryRegistry::new()), trust, ledger);
    let wanted = request(&built_at.tagged(tag.clone()), &Repository::parse("memory:staging")?.tagged(tag), "staging");
    match step(&unsigned, &wanted, &[]).await? {
        REFUSED => Ok(0),
        _ => Err("the unsigned image was not refused".into()),
    }
}

/// Plans, shows, asks, executes and prints the receipt.
async fn step(promoter: &Promoter, request: &Request, given: &[String]) -> Result<u8, Failure> {
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
    let approved = ApprovalPolicy::default().admit(plan, vec![approval], Timestamp::now())?;
    let receipt = promoter.execute(approved).await?;
    println!("{receipt}\n");
    if receipt.is_complete() { Ok(0) } else { Err("the promotion is not complete".into()) }
}

fn ask(plan: &Plan, given: &[String]) -> Result<Option<Approval>, Failure> {
    let person = std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "operator".into());
    let now = Timestamp::now();
    if given.iter().any(|digest| digest == plan.digest().as_str()) {
        println!("{}\n", plan.render());
        let yes = Answer { decision: Decision::Approve, approver: person, comment: Some("--approve".into()) };
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

fn promoter(
    source: Arc<dyn Registry>,
    target: Arc<dyn cache_core::registry::RegistryWriter>,
    trust: Trust,
    ledger: Ledger,
) -> Promoter {
    let gates: Vec<Arc<dyn PromotionGate>> = vec![Arc::new(SignatureGate)];
    Promoter {
        source,
        target,
        gates,
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

fn layout(repository: &Repository) -> Result<Arc<Layout>, Failure> {
    match repository.transport() {
        Transport::Layout => Ok(Arc::new(Layout::open(repository)?)),
        _ => Err(format!("{repository}: this example reads and writes OCI layouts only (oci:DIR:TAG)").into()),
    }
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
