//! Promotes images with everything that belongs to them, without gates; the caller of this program is the approver. What
//! `make bench` measures against other tools.
//!
//!     cargo run --release --example copy -- docker://HOST/REPO:TAG docker://HOST/REPO:TAG [FROM TO]...
//!
//! The registries are those of the first pair.

use std::process::ExitCode;
use std::sync::Arc;

use cache_core::approve::{Answer, ApprovalPolicy, Ledger, by_callback};
use cache_core::model::{Reference, Timestamp};
use cache_core::promote::{Outlook, Promoter, Request};
use cache_core::registry::{MemoryRegistry, OciOptions, OciRegistry};
use cache_core::sign::Trust;
use futures_util::{StreamExt, TryStreamExt, stream};

/// How many images are on their way at once.
const AT_ONCE: usize = 8;

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
    let arguments: Vec<Reference> = std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let ([from, to, ..], true) = (&arguments[..], arguments.len().is_multiple_of(2)) else {
        return Err("usage: copy FROM TO [FROM TO]...".into());
    };
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
    let promotions: Vec<_> = arguments.chunks_exact(2).map(|pair| promote(&promoter, &pair[0], &pair[1])).collect();
    stream::iter(promotions).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    if ledger.exists() {
        std::fs::remove_dir_all(&ledger)?;
    }
    Ok(())
}

async fn promote(promoter: &Promoter, from: &Reference, to: &Reference) -> Result<(), Failure> {
    let request = Request {
        from: from.clone(),
        to: to.clone(),
        environment: "bench".into(),
        requester: "bench".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    };
    let Outlook::Ready(plan) = promoter.plan(&request).await? else { return Ok(()) };
    let now = Timestamp::now();
    let answer = Answer::approve("caller");
    let approval = by_callback(&plan, now, |_| Ok(answer))?;
    let receipt = promoter.execute(ApprovalPolicy::default().admit(plan, vec![approval], now)?).await?;
    if receipt.is_complete() { Ok(()) } else { Err(receipt.to_string().into()) }
}
