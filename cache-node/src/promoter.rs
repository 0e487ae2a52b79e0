//! The promoter.

use cache_core::connect::{PromoterConfig, Session, SharedPlan, given};
use cache_core::plan::BreakGlass;
use cache_core::promote;
use napi::Env;
use napi::bindgen_prelude::{Buffer, ClassInstance, Promise, PromiseRaw, Uint8Array};
use napi_derive::napi;
use serde_json::Value;

use crate::approval::{Approval, answers};
use crate::ask::{AnswerDesk, asking};
use crate::assess::Assessment;
use crate::errors::raise;
use crate::gate::Gate;
use crate::outcome::{Outlook, Receipt, Reproduction};
use crate::plan::Plan;
use crate::read::read;
use crate::run::{OnProgress, unless_stopped, watched};
use crate::sign::StopOptions;
use crate::token::{TokenFunction, tokens};

/// Promotes images from one repository to another, into one environment.
#[napi]
#[derive(Debug)]
pub struct Promoter(Session);

#[napi]
impl Promoter {
    /// Opens what the configuration names. `gates` are judged after those of the policy. `token` gives identity tokens to a
    /// keyless signer that asks the application (`keyless: 'callback'`): it is called with the audience.
    #[napi(constructor)]
    pub fn new(
        #[napi(ts_arg_type = "PromoterConfig")] config: Value,
        gates: Option<Vec<Gate>>,
        #[napi(ts_arg_type = "Token | undefined | null")] token: Option<TokenFunction>,
    ) -> napi::Result<Self> {
        let gates = gates.unwrap_or_default().into_iter().map(Gate::open).collect::<napi::Result<_>>()?;
        let config: PromoterConfig = read("config", config)?;
        config.open_with(gates, tokens(token)).map(Promoter).map_err(raise)
    }

    /// Resolves, gathers the evidence, asks the gates and drafts the plan. Reads only.
    #[napi(ts_return_type = "Promise<Outlook>")]
    pub fn plan<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "Request")] request: Value,
        options: Option<PlanOptions>,
    ) -> napi::Result<PromiseRaw<'env, Outlook>> {
        let session = self.0.clone();
        let (given, signal) = options.unwrap_or_default().read();
        env.spawn_future(unless_stopped(signal, async move {
            let (request, given) = (read("request", request)?, given?);
            session.plan(request, &given).await.map(Outlook).map_err(raise)
        }))
    }

    /// What the policy makes of the vulnerabilities in the image, with what the other gates say: what reports are written from. It
    /// judges the same evidence as `plan`. Reads only.
    #[napi(ts_return_type = "Promise<Assessment>")]
    pub fn assess<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "Request")] request: Value,
        options: Option<PlanOptions>,
    ) -> napi::Result<PromiseRaw<'env, Assessment>> {
        let session = self.0.clone();
        let (given, signal) = options.unwrap_or_default().read();
        env.spawn_future(unless_stopped(signal, async move {
            let (request, given) = (read("request", request)?, given?);
            session.assess(request, &given).await.map(Assessment).map_err(raise)
        }))
    }

    /// Plans to attach something to an image at the target, such as its signature; it is approved and executed as any plan is.
    /// Reads only.
    #[napi(ts_return_type = "Promise<Outlook>")]
    pub fn plan_attaching<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "AttachRequest")] request: Value,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Outlook>> {
        let session = self.0.clone();
        let StopOptions { signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            let request = read("request", request)?;
            session.plan_attaching(request).await.map(Outlook).map_err(raise)
        }))
    }

    /// Plans a promotion that the gates refuse, in an emergency that `breakGlass` justifies and ends. The plan and the record
    /// say so. Reads only.
    #[napi(ts_return_type = "Promise<Outlook>")]
    pub fn plan_breaking_glass<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "Request")] request: Value,
        #[napi(ts_arg_type = "BreakGlass")] break_glass: Value,
        options: Option<PlanOptions>,
    ) -> napi::Result<PromiseRaw<'env, Outlook>> {
        let session = self.0.clone();
        let (given, signal) = options.unwrap_or_default().read();
        env.spawn_future(unless_stopped(signal, async move {
            let (request, given) = (read("request", request)?, given?);
            let glass: BreakGlass = read("breakGlass", break_glass)?;
            session.plan_breaking_glass(request, &glass, &given).await.map(Outlook).map_err(raise)
        }))
    }

    /// Plans to put a tag at the target back to what it named before, by the word of the record. Reads only.
    #[napi(ts_return_type = "Promise<Outlook>")]
    pub fn plan_rollback<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "RollbackRequest")] request: Value,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Outlook>> {
        let session = self.0.clone();
        let StopOptions { signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            let request = read("request", request)?;
            session.plan_rollback(request).await.map(Outlook).map_err(raise)
        }))
    }

    /// Reproduces the verdicts of the newest record of an image, as of the instant at which the gates judged. Reads only. Rejects
    /// with what differs: `NotFound` (evidence is gone), `Conflict` (another policy, other gates), `Untrusted` (another verdict).
    #[napi(ts_return_type = "Promise<Reproduction>")]
    pub fn reproduce<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "ReproduceRequest")] request: Value,
        options: Option<PlanOptions>,
    ) -> napi::Result<PromiseRaw<'env, Reproduction>> {
        let session = self.0.clone();
        let (given, signal) = options.unwrap_or_default().read();
        env.spawn_future(unless_stopped(signal, async move {
            let (request, given) = (read("request", request)?, given?);
            session.reproduce(request, &given).await.map(Reproduction).map_err(raise)
        }))
    }

    /// Asks people in their chats until their answers suffice, somebody denies, or it is time to give up. A denial is among the
    /// approvals, and refuses the execution.
    #[napi(ts_return_type = "Promise<Approval[]>")]
    pub fn ask<'env>(
        &self,
        env: &'env Env,
        plan: ClassInstance<'_, Plan>,
        desk: ClassInstance<'_, AnswerDesk>,
        #[napi(ts_arg_type = "AskConfig")] config: Value,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Vec<Approval>>> {
        let session = self.0.clone();
        asking(env, &plan, &desk, config, options, move |plan, desk, config| async move {
            session.ask(&plan, &desk, config).await
        })
    }

    /// Executes a plan on these approvals, once. A rejection means that nothing was changed, or that the execution was
    /// stopped; the receipt says what was. What was stopped goes on when the same plan is executed again, with the same
    /// approvals.
    #[napi(ts_return_type = "Promise<Receipt>")]
    pub fn execute<'env>(
        &self,
        env: &'env Env,
        plan: ClassInstance<'_, Plan>,
        approvals: Vec<ClassInstance<'_, Approval>>,
        options: Option<ExecuteOptions>,
    ) -> napi::Result<PromiseRaw<'env, Receipt>> {
        let approvals = answers(&approvals);
        let (session, plan): (Session, SharedPlan) = (self.0.clone(), plan.0.clone());
        let ExecuteOptions { given, on_progress, signal } = options.unwrap_or_default();
        let given: napi::Result<Vec<_>> = given.unwrap_or_default().into_iter().map(Given::read).collect();
        let work = watched(on_progress, async move |watch| {
            session.hand_in(&given?);
            session.execute(&plan, approvals, watch).await.map(Receipt).map_err(raise)
        });
        env.spawn_future(unless_stopped(signal, work))
    }

    /// The journal of an executed plan, which is named by its digest, as the ledger keeps it: what `verifyJournal` takes. Reads only.
    /// Rejects with `NotFound` where the ledger has none, `Untrusted` where somebody changed it.
    #[napi]
    pub fn journal<'env>(
        &self,
        env: &'env Env,
        plan: String,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Buffer>> {
        let session = self.0.clone();
        let StopOptions { signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            let bytes = session.journal(&plan).await.map_err(raise)?;
            Ok(Buffer::from(bytes.to_vec()))
        }))
    }
}

/// How to make a plan.
#[expect(missing_debug_implementations, reason = "a promise of JavaScript has no text")]
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct PlanOptions {
    /// Evidence that the caller has and the registry has not. It is judged and named in the plan, and not attached.
    #[napi(ts_type = "Array<Given> | undefined")]
    pub given: Option<Vec<Given>>,
    /// Stops the work when it aborts. The promise then rejects with its reason.
    #[napi(ts_type = "AbortSignal | undefined")]
    pub signal: Option<Promise<()>>,
}

impl PlanOptions {
    /// The evidence, read; what is wrong with it rejects the promise.
    fn read(self) -> (napi::Result<Vec<promote::Given>>, Option<Promise<()>>) {
        let given = self.given.unwrap_or_default().into_iter().map(Given::read).collect();
        (given, self.signal)
    }
}

/// How to execute a plan.
#[expect(missing_debug_implementations, reason = "a function of JavaScript has no text")]
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct ExecuteOptions {
    /// The evidence that was handed in for the plan, where another process made it.
    #[napi(ts_type = "Array<Given> | undefined")]
    pub given: Option<Vec<Given>>,
    /// Is told how far the execution is. What it throws stops the execution, and the promise rejects with it. So does the rejection
    /// of a promise that it returns; it is not waited for.
    #[napi(ts_type = "((progress: Progress) => void) | undefined")]
    pub on_progress: Option<OnProgress>,
    /// Stops the work when it aborts. The promise then rejects with its reason.
    #[napi(ts_type = "AbortSignal | undefined")]
    pub signal: Option<Promise<()>>,
}

/// Evidence that the caller has: its bytes, or the path of a file with them.
#[expect(missing_debug_implementations, reason = "bytes of JavaScript have no text")]
#[napi(object, object_to_js = false)]
pub struct Given {
    /// What it is.
    #[napi(ts_type = "'sbom' | 'report' | 'vex'")]
    pub kind: String,
    /// The document.
    #[napi(ts_type = "Uint8Array | undefined")]
    pub bytes: Option<Uint8Array>,
    /// Where the document is.
    #[napi(ts_type = "string | undefined")]
    pub path: Option<String>,
}

impl Given {
    pub(crate) fn read(self) -> napi::Result<promote::Given> {
        let bytes = self.bytes.map(|bytes| bytes.to_vec().into());
        given(&self.kind, bytes, self.path.map(Into::into)).map_err(raise)
    }
}
