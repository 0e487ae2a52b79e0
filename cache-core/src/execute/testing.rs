//! Plans that change nothing, and an executor that counts.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;

use super::Executor;
use crate::approve::{Answer, Approval, ApprovalPolicy, Approved, LedgerFolder, Permitted, by_callback};
use crate::error::{Error, Result};
use crate::model::{Digest, Raw, Repository, Tag, Timestamp};
use crate::plan::{Change, Deadlines, Expected, PLAN_VERSION, Plan, PlanBody, Purpose, SetTag};

const NOON: i64 = 1_800_000_000;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOON + seconds).unwrap()
}

/// A plan of so many tags.
pub(crate) fn plan_of(tags: usize) -> Plan {
    let repository = Repository::parse("memory:prod/app").unwrap();
    let image = repository.at(Digest::of(b"image"));
    let set = |n| {
        let tag = Tag::parse(&format!("v{n}")).unwrap();
        let (repository, to) = (repository.clone(), image.digest.clone());
        Change::SetTag(SetTag { repository, tag, to, expected: Expected::Absent })
    };
    Raw::canonical(PlanBody {
        version: PLAN_VERSION,
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        purpose: Purpose::Upkeep { what: "tags".into() },
        policy: None,
        break_glass: None,
        deadlines: Deadlines::default(),
        verdicts: Vec::new(),
        changes: (0..tags).map(set).collect(),
        left_behind: Vec::new(),
    })
    .unwrap()
}

pub(super) fn approve(policy: &ApprovalPolicy, plan: &Plan) -> Approved {
    let yes = Answer::approve("alice");
    let approval = by_callback(plan, at(0), |_| Ok(yes)).unwrap();
    policy.admit(plan.clone(), vec![approval], at(0)).unwrap()
}

/// The plan, approved by somebody.
pub(crate) fn approved(plan: &Plan) -> Approved {
    approve(&ApprovalPolicy::default(), plan)
}

/// Leaves the ledger in this folder as a process does that dies after its last write and before it says so.
pub(crate) fn as_if_killed(folder: &Path, plan: &Plan, approval: &Approval) {
    let journal = LedgerFolder::at(folder).journal(plan.digest());
    let lines = std::fs::read_to_string(&journal).unwrap();
    let (before, _) = lines.trim_end().rsplit_once('\n').unwrap();
    std::fs::write(journal, format!("{before}\n")).unwrap();
    std::fs::write(folder.join(approval.digest().hex()), format!("started {}\n", plan.digest())).unwrap();
}

/// Counts what it is told to do, takes its time, fails at one step, and never comes back from one.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    pub(crate) made: usize,
    pub(crate) fails_at: Option<usize>,
    pub(crate) stops_at: Option<usize>,
    pub(crate) pause: Duration,
}

impl Counting {
    pub(crate) fn slow(pause: Duration) -> Self {
        Counting { pause, ..Counting::default() }
    }
}

#[async_trait]
impl Executor for Counting {
    async fn expect_the_planned_world(&self) -> Result<()> {
        Ok(())
    }

    async fn step(&mut self, _: Permitted<'_>) -> Result<bool> {
        self.made += 1;
        tokio::time::sleep(self.pause).await;
        if self.stops_at == Some(self.made) {
            std::future::pending::<()>().await;
        }
        match self.fails_at == Some(self.made) {
            true => Err(Error::unavailable("the registry is away")),
            false => Ok(true),
        }
    }
}
