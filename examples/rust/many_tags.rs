//! Lists the tags of a repository, and plans; changes nothing. What `make bench` measures on a repository with very many tags.
//!
//!     cargo run --release --example many-tags -- promote docker://HOST/REPO:TAG
//!     cargo run --release --example many-tags -- clean docker://HOST/REPO

use std::process::ExitCode;
use std::sync::Arc;

use cache_core::approve::Ledger;
use cache_core::connect::{RetentionConfig, RetentionRequestConfig, read};
use cache_core::model::Reference;
use cache_core::promote::{Outlook, Promoter, Request};
use cache_core::registry::{MemoryRegistry, OciOptions, OciRegistry, Registry};
use cache_core::sign::Trust;
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

const POLICY: &str = "retention_policy: {bench: {max_age_days: 0, keep_last_tags: 100, keep_deployed: false}}";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<String, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, place] = arguments.as_slice() else { return Err("usage: many-tags promote|clean PLACE".into()) };
    match what.as_str() {
        "promote" => promote(place.parse()?).await,
        "clean" => clean(place).await,
        other => Err(format!("{other} is neither promote nor clean").into()),
    }
}

async fn promote(from: Reference) -> Result<String, Failure> {
    let source = Arc::new(OciRegistry::of(&from.repository, OciOptions::default())?);
    let tags = source.tags(&from.repository).await?.len();
    let promoter = Promoter {
        source,
        target: Arc::new(MemoryRegistry::new()),
        gates: Vec::new(),
        trust: Trust::default(),
        signer: None,
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at("unused"),
        clock: None,
    };
    let request = Request {
        from,
        to: "memory:prod/app:v1".parse()?,
        environment: "bench".into(),
        requester: "bench".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    };
    match promoter.plan(&request).await? {
        Outlook::Ready(plan) => Ok(format!("{tags} tags, {} changes", plan.changes.len())),
        _ => Err("there is nothing to promote".into()),
    }
}

async fn clean(place: &str) -> Result<String, Failure> {
    let config: RetentionConfig = read(
        "configuration",
        json!({"repositories": [place], "environment": "bench", "policy": POLICY, "inventories": []}),
    )?;
    let session = config.open()?;
    let proposal = session.plan(RetentionRequestConfig { requester: "bench".to_owned(), reason: None }, None).await?;
    let changes = proposal.plan.as_ref().map_or(0, |plan| plan.plan().changes.len());
    Ok(format!("{}, {changes} changes", proposal.state))
}
