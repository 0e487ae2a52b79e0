//! A promoter with the approvals that count for it: what a handle of a binding holds.

use std::io::{IsTerminal, stdin, stdout};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::ledger::journal;
use super::{
    AskConfig, AttachConfig, Backing, OpenSigner, ReproduceConfig, RequestConfig, RollbackConfig, SignerConfig,
};
use crate::approve::{
    Answer, Approval, ApprovalPolicy, Approved, Decision, ask_on_terminal, by_callback, by_signature,
};
use crate::ask::AnswerDesk;
use crate::error::{Error, Result};
use crate::gate::{Assessment, CveGate, PromotionGate, judge_all};
use crate::model::{Raw, Reference, Repository, Timestamp, Verdict};
use crate::plan::{BreakGlass, Deadlines, Plan};
use crate::promote::{Given, Outlook, Promoter, Receipt, Reproduction, Watch};
use crate::scan::ScanPolicy;
use crate::sign::TokenSource;

/// A promoter of one environment.
#[derive(Debug, Clone)]
pub struct Session {
    pub(super) promoter: Promoter,
    approval: ApprovalPolicy,
    environment: String,
    /// Where images go, and nowhere else: the rules are those of one environment.
    target: Option<Repository>,
    signer: Option<OpenSigner>,
    scan: Option<ScanPolicy>,
}

impl Session {
    /// Puts the parts together.
    pub fn new(promoter: Promoter, approval: ApprovalPolicy, environment: String) -> Self {
        Session { promoter, approval, environment, target: None, signer: None, scan: None }
    }

    /// The same for images that go to this repository alone.
    pub(super) fn for_target(self, target: Repository) -> Self {
        Session { target: Some(target), ..self }
    }

    /// Whether a reference is of the repository that images go to.
    fn expect_target(&self, to: &Reference) -> Result<()> {
        match &self.target {
            Some(target) if to.repository != *target => {
                Err(Error::invalid("images go to the target of the promoter, and this is another repository")
                    .context("to", &to.repository)
                    .context("target", target)
                    .hint("open a promoter for that repository, with the rules of its environment"))
            }
            _ => Ok(()),
        }
    }

    /// The same with this signer, which is asked who it is when it is first needed.
    #[must_use]
    pub fn signed_by(self, signer: Option<OpenSigner>) -> Self {
        Session { signer, ..self }
    }

    /// The same with these rules for vulnerabilities, by which it assesses them.
    #[must_use]
    pub fn assessing(self, scan: Option<ScanPolicy>) -> Self {
        Session { scan, ..self }
    }

    /// The promoter, which can sign.
    async fn executor(&self) -> Result<Promoter> {
        let mut promoter = self.promoter.clone();
        if let Some(signer) = &self.signer {
            promoter.signer = Some(signer.signer().await?);
        }
        Ok(promoter)
    }

    /// The promoter as far as plans need it: it says who will sign.
    async fn planner(&self) -> Result<Promoter> {
        let mut promoter = self.promoter.clone();
        if let Some(signer) = &self.signer {
            promoter.signer = Some(signer.planner().await?);
        }
        Ok(promoter)
    }

    /// Makes a plan. See [`Promoter::plan_with`].
    ///
    /// # Errors
    /// As there.
    pub async fn plan(&self, request: RequestConfig, given: &[Given]) -> Result<SharedOutlook> {
        let request = request.request(&self.environment)?;
        self.expect_target(&request.to)?;
        Ok(self.planner().await?.plan_with(&request, given).await?.into())
    }

    /// What the policy makes of the vulnerabilities in an image, with what the other gates say: what reports are written from. It
    /// judges the same evidence as [`plan`](Session::plan) does.
    ///
    /// # Errors
    /// `Invalid` where the policy asks for no scan; what the registry says.
    pub async fn assess(&self, request: RequestConfig, given: &[Given]) -> Result<Assessment> {
        let nothing = || Error::invalid("the policy asks for no scan, so there is nothing to assess by");
        let gate = CveGate::new(self.scan.clone().ok_or_else(nothing)?);
        let request = request.request(&self.environment)?;
        let evidence = self.promoter.evidence(&request, given).await?;
        let others = self.promoter.gates.iter().filter(|other| other.name() != gate.name());
        let gates = judge_all(&others.cloned().collect::<Vec<_>>(), &evidence).await;
        Ok(Assessment {
            image: Some(request.from.to_string()),
            digest: Some(evidence.image.digest.clone()),
            policy: self.promoter.policy.clone(),
            environment: Some(self.environment.clone()),
            gates,
            ..gate.assess(&evidence)
        })
    }

    /// Plans to attach something to an image where it is. See [`Promoter::plan_attaching`].
    ///
    /// # Errors
    /// As there, and what reading the attachments says.
    pub async fn plan_attaching(&self, request: AttachConfig) -> Result<SharedOutlook> {
        let request = request.request(&self.environment)?;
        self.expect_target(&request.image)?;
        Ok(self.planner().await?.plan_attaching(&request).await?.into())
    }

    /// Plans a promotion that the gates refuse, in an emergency. See [`Promoter::plan_breaking_glass`].
    ///
    /// # Errors
    /// As there.
    pub async fn plan_breaking_glass(
        &self,
        request: RequestConfig,
        glass: &BreakGlass,
        given: &[Given],
    ) -> Result<SharedOutlook> {
        let request = request.request(&self.environment)?;
        self.expect_target(&request.to)?;
        Ok(self.planner().await?.plan_breaking_glass(&request, given, glass).await?.into())
    }

    /// Plans to put a tag back to what it named before. See [`Promoter::plan_rollback`].
    ///
    /// # Errors
    /// As there.
    pub async fn plan_rollback(&self, request: RollbackConfig) -> Result<SharedOutlook> {
        let request = request.request(&self.environment);
        self.expect_target(&request.tag)?;
        Ok(self.planner().await?.plan_rollback(&request).await?.into())
    }

    /// Reproduces the verdicts of the newest record of an image. See [`Promoter::reproduce`].
    ///
    /// # Errors
    /// As there.
    pub async fn reproduce(&self, request: ReproduceConfig, given: &[Given]) -> Result<Reproduction> {
        self.planner().await?.reproduce(&request.image, &self.environment, given).await
    }

    /// Asks people for approvals until they suffice for this promoter. See [`Escalation::answers`](crate::ask::Escalation::answers).
    ///
    /// # Errors
    /// As there, and what is wrong with the configuration.
    pub async fn ask(&self, plan: &SharedPlan, desk: &AnswerDesk, config: AskConfig) -> Result<Vec<Approval>> {
        ask(plan, desk, config, &self.approval).await
    }

    /// Hands in what was handed in for a plan that another process made, before it is executed. See [`Promoter::hand_in`].
    pub fn hand_in(&self, given: &[Given]) {
        self.promoter.hand_in(given);
    }

    /// Admits the approvals and executes the plan. See [`Promoter::execute`].
    ///
    /// While the plan is executed it cannot be executed a second time, and once all of it is done, never again. An execution
    /// that is stopped, or that fails, gives it back: it goes on with the same approvals.
    ///
    /// # Errors
    /// As there; `Unapproved` where the approvals do not suffice or the plan was executed.
    pub async fn execute(&self, plan: &SharedPlan, approvals: Vec<Approval>, watch: Option<Watch>) -> Result<Receipt> {
        if let Some(to) = plan.plan().purpose.target() {
            self.expect_target(to)?;
        }
        let now = self.promoter.clock.unwrap_or_else(Timestamp::now);
        let approved = plan.admit(&self.environment, &self.approval, approvals, now)?;
        let promoter = self.executor().await?;
        let work = async {
            match watch {
                Some(watch) => promoter.execute_watched(approved, watch).await,
                None => promoter.execute(approved).await,
            }
        };
        plan.once(work, Receipt::is_complete).await
    }

    /// The journal of the plan with this digest, as the ledger keeps it. See [`Journal::kept`](crate::execute::Journal::kept).
    ///
    /// # Errors
    /// As there; `Invalid` where it is no digest.
    pub async fn journal(&self, plan: &str) -> Result<Bytes> {
        journal(&self.promoter.ledger, plan).await
    }
}

/// Asks people for approvals until they suffice for the policy.
pub(super) async fn ask(
    plan: &SharedPlan,
    desk: &AnswerDesk,
    config: AskConfig,
    policy: &ApprovalPolicy,
) -> Result<Vec<Approval>> {
    let urgency = config.urgency;
    config.escalation()?.answers(plan.plan(), urgency, policy, desk).await
}

/// What came of a request, as other languages see it.
#[derive(Debug, Clone)]
pub struct SharedOutlook {
    /// `ready`, `blocked` or `nothing`.
    pub state: &'static str,
    /// The plan, where the state is `ready`.
    pub plan: Option<SharedPlan>,
    /// What the gates said; empty where there is nothing to do.
    pub verdicts: Vec<Verdict>,
}

impl From<Outlook> for SharedOutlook {
    fn from(outlook: Outlook) -> Self {
        let (state, plan, verdicts) = match outlook {
            Outlook::Ready(plan) => ("ready", Some(SharedPlan::new(plan.clone())), plan.verdicts.clone()),
            Outlook::Blocked(verdicts) => ("blocked", None, verdicts),
            Outlook::Nothing => ("nothing", None, Vec::new()),
        };
        SharedOutlook { state, plan, verdicts }
    }
}

/// A plan that is executed at most once, for languages whose types cannot say so.
#[derive(Debug, Clone)]
pub struct SharedPlan {
    plan: Plan,
    /// Held while the plan is executed.
    executed: Arc<tokio::sync::Mutex<bool>>,
}

impl SharedPlan {
    /// A plan that was not executed yet.
    pub fn new(plan: Plan) -> Self {
        SharedPlan { plan, executed: Arc::default() }
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// `Invalid` where it is not a plan, byte for byte as it was written, or its changes are not what it says it is for.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let plan: Plan = Raw::from_canonical(json.to_vec())?;
        plan.expect_consistent()?;
        Ok(SharedPlan::new(plan))
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The same plan with deadlines, which is another plan. See [`Plan::with_deadlines`](crate::model::Raw::with_deadlines).
    ///
    /// # Errors
    /// As there.
    pub fn with_deadlines(&self, deadlines: Deadlines, at: Option<Timestamp>) -> Result<SharedPlan> {
        Ok(SharedPlan::new(self.plan.with_deadlines(deadlines, at.unwrap_or_else(Timestamp::now))?))
    }

    /// The plan with the approvals that count for it, where it is for this environment.
    ///
    /// # Errors
    /// `Invalid` where it is for another one, whose approvals may be others; as [`ApprovalPolicy::admit`].
    pub(super) fn admit(
        &self,
        environment: &str,
        policy: &ApprovalPolicy,
        approvals: Vec<Approval>,
        now: Timestamp,
    ) -> Result<Approved> {
        if self.plan.environment != environment {
            return Err(Error::invalid("the plan is for another environment")
                .context("plan", &self.plan.environment)
                .context("environment", environment));
        }
        policy.admit(self.plan.clone(), approvals, now)
    }

    /// Does the work of executing it, unless that was done to its end before. Others wait meanwhile.
    pub(super) async fn once<T>(
        &self,
        work: impl Future<Output = Result<T>>,
        is_complete: impl FnOnce(&T) -> bool,
    ) -> Result<T> {
        let mut executed = self.executed.lock().await;
        if *executed {
            return Err(Error::unapproved("this plan was executed before")
                .context("plan", self.plan.digest())
                .hint("make a new plan and have that approved"));
        }
        let done = work.await?;
        *executed = is_complete(&done);
        Ok(done)
    }

    /// The answer that the host application got from a person. See [`by_callback`].
    ///
    /// # Errors
    /// As there.
    pub fn approve_by_callback(&self, answer: AnswerConfig, at: Option<Timestamp>) -> Result<Approval> {
        by_callback(&self.plan, at.unwrap_or_else(Timestamp::now), |_| Ok(answer.into()))
    }

    /// Asks at the terminal of this process. See [`ask_on_terminal`]. It blocks.
    ///
    /// # Errors
    /// As there; `Unsupported` where there is no terminal: a pipe is not a person.
    pub fn approve_on_terminal(&self, approver: &str, at: Option<Timestamp>) -> Result<Approval> {
        if !stdin().is_terminal() {
            return Err(Error::unsupported("there is no terminal to ask at")
                .hint("approve by callback or with a key where the person is elsewhere"));
        }
        let now = at.unwrap_or_else(Timestamp::now);
        ask_on_terminal(&self.plan, approver, now, &mut stdin().lock(), &mut stdout())
    }

    /// Signs the answer as the person: with a key, by a program, or keyless, where `tokens` gives identity tokens if the
    /// signer asks the application. See [`by_signature`].
    ///
    /// # Errors
    /// As there, and what opening the signer says.
    pub async fn approve_by_signature(
        &self,
        answer: AnswerConfig,
        signer: SignerConfig,
        tokens: Option<Arc<dyn TokenSource>>,
        at: Option<Timestamp>,
    ) -> Result<Approval> {
        let signer = signer.open(Backing { tokens, ..Backing::default() })?.signer().await?;
        by_signature(&self.plan, answer.into(), &*signer, at.unwrap_or_else(Timestamp::now)).await
    }
}

/// What a person answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerConfig {
    /// Yes or no. There is no default: silence is not an approval.
    pub decision: Decision,
    /// Who the person is.
    pub approver: String,
    /// What the person added.
    #[serde(default)]
    pub comment: Option<String>,
    /// Until when the approval counts, where that is earlier than the policy says.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// What the application knows the answer by, such as the address of a review.
    #[serde(default)]
    pub reference: Option<String>,
}

impl From<AnswerConfig> for Answer {
    fn from(answer: AnswerConfig) -> Self {
        let AnswerConfig { decision, approver, comment, expires, reference } = answer;
        Answer { decision, approver, comment, expires, reference }
    }
}

/// The verdicts as canonical JSON: the same bytes in every language.
///
/// # Errors
/// `Unexpected`, which does not happen.
pub fn verdicts_json(verdicts: &[Verdict]) -> Result<Vec<u8>> {
    Ok(Raw::canonical(verdicts)?.bytes().to_vec())
}

/// The receipt as canonical JSON: the same bytes in every language.
///
/// # Errors
/// `Unexpected`, which does not happen.
pub fn receipt_json(receipt: &Receipt) -> Result<Vec<u8>> {
    Ok(Raw::canonical(receipt)?.bytes().to_vec())
}

/// The word that a value without fields is in JSON, such as a decision.
///
/// # Errors
/// `Unexpected` where the value is more than a word.
pub fn word(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(Error::unexpected("this is no word")),
    }
}
