//! Promotes one image with everything that belongs to it, without gates; the caller of this program is the approver. What
//! `make bench` measures against other tools.
//!
//!     cargo run --release --example copy -- docker://HOST/REPO:TAG docker://HOST/REPO:TAG

use std::process::ExitCode;
use std::sync::Arc;

use cache_core::approve::{Answer, ApprovalPolicy, Decision, Ledger, by_callback};
use cache_core::model::{Reference, Timestamp};
use cache_core::promote::{Outlook, Promoter, Request};
use cache_core::registry::{MemoryRegistry, OciOptions, OciRegistry};
use cache_core::sign::Trust;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match copy().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn copy() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else { return Err("usage: copy FROM TO".into()) };
    let (from, to): (Reference, Reference) = (from.parse()?, to.parse()?);
    let ledger = std::env::temp_dir().join(format!("cache-copy-{}", std::process::id()));
    let promoter = Promoter {
        source: Arc::new(OciRegistry::of(&from.repository, OciOptions::default())?),
        target: Arc::new(OciRegistry::of(&to.repository, OciOptions::default())?),
        gates: Vec::new(),
        trust: Trust::in_keys(Vec::new()),
        signer: None,
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(&ledger),
        clock: None,
    };
    let request = Request {
        from,
        to,
        environment: "bench".into(),
        requester: "bench".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    };
    let Outlook::Ready(plan) = promoter.plan(&request).await? else { return Ok(()) };
    let now = Timestamp::now();
    let answer = Answer { decision: Decision::Approve, approver: "caller".into(), comment: None };
    let approval = by_callback(&plan, now, |_| Ok(answer))?;
    let receipt = promoter.execute(ApprovalPolicy::default().admit(plan, vec![approval], now)?).await?;
    std::fs::remove_dir_all(&ledger)?;
    if receipt.is_complete() { Ok(()) } else { Err(receipt.to_string().into()) }
}
