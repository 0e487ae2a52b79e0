//! Retention: what goes, what stays, and the way back.

use cache_core::connect::{
    self, RestoreConfig, RetentionConfig, RetentionSession, SharedPlan, SharedProposal, VendorName, cleaned_json,
};
use cache_core::retention;
use napi::Env;
use napi::bindgen_prelude::{Buffer, ClassInstance, Promise, PromiseRaw};
use napi_derive::napi;
use serde_json::Value;

use crate::approval::{Approval, answers};
use crate::ask::{AnswerDesk, asking};
use crate::errors::raise;
use crate::outcome::Receipt;
use crate::plan::Plan;
use crate::read::read;
use crate::run::{OnProgress, unless_stopped, watched};
use crate::sign::StopOptions;

/// Keeps the repositories of one environment in order. Planning reads only, and execution is a dry run unless told otherwise.
#[napi]
#[derive(Debug)]
pub struct Retention(RetentionSession);

#[napi]
impl Retention {
    /// Opens what the configuration names.
    #[napi(constructor)]
    pub fn new(#[napi(ts_arg_type = "RetentionConfig")] config: Value) -> napi::Result<Self> {
        let config: RetentionConfig = read("config", config)?;
        config.open().map(Retention).map_err(raise)
    }

    /// Asks what is deployed, reads the repositories, decides, and drafts the plan. Reads only.
    #[napi(ts_return_type = "Promise<Proposal>")]
    pub fn plan<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "RetentionRequest")] request: Value,
        options: Option<RetentionPlanOptions>,
    ) -> napi::Result<PromiseRaw<'env, Proposal>> {
        let session = self.0.clone();
        let RetentionPlanOptions { on_progress, signal } = options.unwrap_or_default();
        let work = watched(on_progress, async move |watch| {
            let request = read("request", request)?;
            session.plan(request, watch).await.map(Proposal).map_err(raise)
        });
        env.spawn_future(unless_stopped(signal, work))
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

    /// Looks whether the plan could be carried out on these approvals, and changes nothing; with `dryRun: false` carries it out,
    /// once. A rejection means that nothing was deleted, or that it was stopped.
    #[napi(ts_return_type = "Promise<Cleaned>")]
    pub fn execute<'env>(
        &self,
        env: &'env Env,
        plan: ClassInstance<'_, Plan>,
        approvals: Vec<ClassInstance<'_, Approval>>,
        options: Option<CleanOptions>,
    ) -> napi::Result<PromiseRaw<'env, Cleaned>> {
        let (session, plan, approvals) = (self.0.clone(), plan.0.clone(), answers(&approvals));
        let CleanOptions { dry_run, signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            session.execute(&plan, approvals, dry_run.unwrap_or(true)).await.map(Cleaned).map_err(raise)
        }))
    }

    /// Plans to put back what a restore file has; `null` where nothing is to be done. Reads only.
    #[napi(ts_return_type = "Promise<Plan | null>")]
    pub fn plan_restore<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "RestoreRequest")] request: Value,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Option<Plan>>> {
        let session = self.0.clone();
        let StopOptions { signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            let request: RestoreConfig = read("request", request)?;
            Ok(session.plan_restore(request).await.map_err(raise)?.map(Plan))
        }))
    }

    /// Puts back what the plan says, on these approvals, once, from the file that the plan names.
    #[napi(ts_return_type = "Promise<Receipt>")]
    pub fn restore<'env>(
        &self,
        env: &'env Env,
        plan: ClassInstance<'_, Plan>,
        approvals: Vec<ClassInstance<'_, Approval>>,
        file: String,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Receipt>> {
        let (session, plan): (RetentionSession, SharedPlan) = (self.0.clone(), plan.0.clone());
        let approvals = answers(&approvals);
        let StopOptions { signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            session.restore(&plan, approvals, file.into()).await.map(Receipt).map_err(raise)
        }))
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

/// How to make a plan of a retention.
#[expect(missing_debug_implementations, reason = "a function of JavaScript has no text")]
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct RetentionPlanOptions {
    /// Is told how many requests were sent, and how many it will be. What it throws stops the work, and the promise rejects with
    /// it. So does the rejection of a promise that it returns; it is not waited for.
    #[napi(ts_type = "((progress: Requests) => void) | undefined")]
    pub on_progress: Option<OnProgress>,
    /// Stops the work when it aborts. The promise then rejects with its reason.
    #[napi(ts_type = "AbortSignal | undefined")]
    pub signal: Option<Promise<()>>,
}

/// How to carry out a plan of a retention.
#[expect(missing_debug_implementations, reason = "a promise of JavaScript has no text")]
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct CleanOptions {
    /// Whether to look only. It is so unless this is `false`.
    #[napi(ts_type = "boolean | undefined")]
    pub dry_run: Option<bool>,
    /// Stops the work when it aborts. The promise then rejects with its reason.
    #[napi(ts_type = "AbortSignal | undefined")]
    pub signal: Option<Promise<()>>,
}

/// What would become of everything, and why.
#[napi]
#[derive(Debug)]
pub struct Proposal(SharedProposal);

#[napi]
impl Proposal {
    /// Which of the three it is.
    #[napi(getter, ts_return_type = "'ready' | 'refused' | 'nothing'")]
    pub fn state(&self) -> &'static str {
        self.0.state
    }

    /// The plan, where the state is `ready`.
    #[napi(getter)]
    pub fn plan(&self) -> Option<Plan> {
        self.0.plan.clone().map(Plan)
    }

    /// Which limits of the rules forbid it, where the state is `refused`.
    #[napi(getter)]
    pub fn refusals(&self) -> Vec<String> {
        self.0.refusals.clone()
    }

    /// All of it as plain data: each manifest and tag with its fate and the reasons.
    #[napi(getter, ts_return_type = "ProposalData")]
    pub fn data(&self) -> napi::Result<Value> {
        self.0.data().map_err(raise)
    }
}

/// What was deleted, and how the rest fares.
#[napi]
#[derive(Debug)]
pub struct Cleaned(retention::Cleaned);

#[napi]
impl Cleaned {
    /// Whether everything was done that the plan says, and all that stays is well. Never after a dry run.
    #[napi(getter)]
    pub fn complete(&self) -> bool {
        self.0.is_complete()
    }

    /// Whether it was a dry run, which changed nothing.
    #[napi(getter)]
    pub fn dry_run(&self) -> bool {
        self.0.receipt.is_dry_run()
    }

    /// What was done, change by change.
    #[napi(getter)]
    pub fn receipt(&self) -> Receipt {
        Receipt(self.0.receipt.clone())
    }

    /// The file that everything can be restored from while its blobs live. A dry run writes none.
    #[napi(getter)]
    pub fn restore(&self) -> String {
        self.0.restore.display().to_string()
    }

    /// What is wrong with images that stay, in words.
    #[napi(getter)]
    pub fn broken(&self) -> Vec<String> {
        self.0.broken.clone()
    }

    /// All of it as canonical JSON.
    #[napi(getter)]
    pub fn json(&self) -> napi::Result<Buffer> {
        cleaned_json(&self.0).map(Buffer::from).map_err(raise)
    }

    /// All of it as plain data.
    #[napi(getter, ts_return_type = "Record<string, unknown>")]
    pub fn data(&self) -> napi::Result<Value> {
        Ok(serde_json::to_value(&self.0)?)
    }

    /// All of it in words.
    #[napi]
    pub fn render(&self) -> String {
        self.0.to_string()
    }
}

/// What a registry's own policy does, in words.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi]
pub fn explain_policy(
    #[napi(ts_arg_type = "'ecr' | 'harbor' | 'acr'")] vendor: String,
    text: String,
) -> napi::Result<Vec<String>> {
    let vendor: VendorName = read("vendor", Value::String(vendor))?;
    connect::explain_policy(vendor, &text).map_err(raise)
}

/// What a registry would delete by its own policy, of a listing.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "DoomedImage[]")]
pub fn simulate_policy(#[napi(ts_arg_type = "SimulateRequest")] request: Value) -> napi::Result<Value> {
    let doomed = connect::simulate_policy(read("request", request)?).map_err(raise)?;
    Ok(serde_json::to_value(doomed)?)
}

/// The rules of an environment as a registry's own policy, and what that cannot say.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "Translation")]
pub fn translate_policy(#[napi(ts_arg_type = "TranslateRequest")] request: Value) -> napi::Result<Value> {
    let said = connect::translate_policy(&read("request", request)?).map_err(raise)?;
    Ok(serde_json::to_value(said)?)
}
