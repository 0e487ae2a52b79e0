//! Cleans up repositories: what goes and why, an approval, the deletion, and the way back.
//!
//! ```text
//! retention --repository docker://HOST/dev/app --policy policy.yaml --environment dev [--inventory FILE] [--untag never]
//! retention … --approve PLAN_DIGEST            carries out the plan that was shown
//! retention … --restore FILE                   puts back what a plan deleted
//! ```
//! Without `--approve` it asks at the terminal; where there is none, it is a dry run. Exit codes: 0 done or nothing to do, 1 error
//! or incomplete, 2 refused by a limit, 3 not approved.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::process::ExitCode;

use cache_core::approve::Approval;
use cache_core::connect::{
    AnswerConfig, RestoreConfig, RetentionConfig, RetentionRequestConfig, RetentionSession, SharedPlan, read,
};
use cache_core::{Error, Result};
use serde_json::{Value, json};

const KNOWN: [&str; 8] =
    ["--repository", "--policy", "--environment", "--inventory", "--untag", "--ledger", "--approve", "--restore"];

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint_text() {
                eprintln!("  {hint}");
            }
            ExitCode::from(1)
        }
    }
}

async fn run() -> Result<ExitCode> {
    let asked = arguments()?;
    let session = session(&asked)?;
    let approve = asked.get("--approve").and_then(|all| all.first()).map(String::as_str);
    if let Some(file) = asked.get("--restore").and_then(|all| all.first()) {
        return restore(&session, file, approve).await;
    }
    let request = RetentionRequestConfig { requester: "cleaner".to_owned(), reason: None };
    let proposal = session.plan(request, None).await?;
    show(&proposal.data()?);
    let Some(plan) = &proposal.plan else {
        proposal.refusals.iter().for_each(|why| println!("REFUSED: {why}"));
        return Ok(if proposal.state == "nothing" { ExitCode::SUCCESS } else { ExitCode::from(2) });
    };
    let Some(approval) = approval(plan, approve)? else { return Ok(ExitCode::from(3)) };
    let cleaned = session.execute(plan, vec![approval], false).await?;
    println!("{cleaned}");
    Ok(if cleaned.is_complete() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn restore(session: &RetentionSession, file: &str, approve: Option<&str>) -> Result<ExitCode> {
    let request = RestoreConfig { file: file.into(), only: Vec::new(), requester: "cleaner".to_owned(), reason: None };
    let Some(plan) = session.plan_restore(request).await? else {
        println!("Everything is there.");
        return Ok(ExitCode::SUCCESS);
    };
    let Some(approval) = approval(&plan, approve)? else { return Ok(ExitCode::from(3)) };
    let receipt = session.restore(&plan, vec![approval], file.into()).await?;
    println!("{receipt}");
    Ok(if receipt.is_complete() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What stays and what goes, image by image.
fn show(data: &Value) {
    for repository in data["repositories"].as_array().into_iter().flatten() {
        println!("{}", repository["repository"].as_str().unwrap_or_default());
        for note in repository["notes"].as_array().into_iter().flatten() {
            println!("  note: {}", note.as_str().unwrap_or_default());
        }
        let images = repository["manifests"].as_array().into_iter().flatten();
        for image in images.filter(|manifest| manifest["kind"] == "image") {
            let tags: Vec<_> =
                image["tags"].as_array().into_iter().flatten().filter_map(|t| t["tag"].as_str()).collect();
            let why: Vec<_> =
                image["why"].as_array().into_iter().flatten().filter_map(|why| why["message"].as_str()).collect();
            let digest = image["digest"].as_str().unwrap_or_default();
            println!(
                "  {:6} {digest} [{}]: {}",
                image["fate"].as_str().unwrap_or_default(),
                tags.join(", "),
                why.join("; ")
            );
        }
    }
    println!(
        "frees {} of {} bytes, after {} requests",
        data["frees"]["bytes"], data["frees"]["of"], data["requests"]["sent"]
    );
}

/// A person reads the plan and says yes to its digest, now or on the command line.
fn approval(plan: &SharedPlan, digest: Option<&str>) -> Result<Option<Approval>> {
    let person = std::env::var("USER").unwrap_or_else(|_| "somebody".to_owned());
    if digest.is_none() && std::io::stdin().is_terminal() {
        return plan.approve_on_terminal(&person, None).map(Some);
    }
    println!("{}", plan.plan().render());
    if digest == Some(plan.plan().digest().as_str()) {
        let answer: AnswerConfig = read("answer", json!({"decision": "approve", "approver": person}))?;
        return plan.approve_by_callback(answer, None).map(Some);
    }
    println!("\nA dry run: nothing was changed. Approve it with\n  --approve {}", plan.plan().digest());
    Ok(None)
}

fn session(asked: &HashMap<String, Vec<String>>) -> Result<RetentionSession> {
    let one = |name: &str| asked.get(name).and_then(|all| all.first());
    let wanted = |name: &'static str| one(name).ok_or_else(|| Error::invalid(format!("{name} is needed")));
    let inventories = asked.get("--inventory").into_iter().flatten().map(|file| json!({"file": file}));
    let config = json!({
        "repositories": asked.get("--repository").cloned().unwrap_or_default(),
        "environment": wanted("--environment")?,
        "policy": wanted("--policy")?,
        "inventories": inventories.collect::<Vec<_>>(),
        "untag": one("--untag"),
        "ledger": one("--ledger"),
    });
    read::<RetentionConfig>("configuration", config)?.open()
}

fn arguments() -> Result<HashMap<String, Vec<String>>> {
    let mut asked: HashMap<String, Vec<String>> = HashMap::new();
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        let value = words.next().filter(|_| KNOWN.contains(&name.as_str()));
        let value = value.ok_or_else(|| Error::invalid(format!("{name}: one of {} and a value", KNOWN.join(" "))))?;
        asked.entry(name).or_default().push(value);
    }
    Ok(asked)
}
