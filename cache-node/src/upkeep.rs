//! The upkeep of a registry: what it keeps, and changes of that.

use cache_core::administer;
use cache_core::connect::{AdministratorConfig, Upkeep, UpkeepConfig};
use cache_core::registry::Question;
use napi::Env;
use napi::bindgen_prelude::{Buffer, ClassInstance, PromiseRaw};
use napi_derive::napi;
use serde_json::Value;

use crate::approval::{Approval, answers};
use crate::ask::{AnswerDesk, asking};
use crate::errors::raise;
use crate::outcome::Receipt;
use crate::plan::Plan;
use crate::read::read;
use crate::run::unless_stopped;
use crate::sign::StopOptions;

/// Keeps one registry in order.
#[napi]
#[derive(Debug)]
pub struct Administrator(Upkeep);

#[napi]
impl Administrator {
    /// Opens the registry that the configuration names.
    #[napi(constructor)]
    pub fn new(#[napi(ts_arg_type = "AdministratorConfig")] config: Value) -> napi::Result<Self> {
        let config: AdministratorConfig = read("config", config)?;
        config.open().map(Administrator).map_err(raise)
    }

    /// What the registry keeps, as plain data.
    #[napi(ts_return_type = "Promise<unknown>")]
    pub fn ask<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "Question")] question: Value,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let upkeep = self.0.clone();
        let StopOptions { signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            let question: Question = read("question", question)?;
            upkeep.ask(&question).await.map_err(raise)
        }))
    }

    /// Looks at what is there and drafts the plan; `null` where there is nothing to do. Reads only.
    #[napi(ts_return_type = "Promise<Plan | null>")]
    pub fn plan<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "UpkeepRequest")] request: Value,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Option<Plan>>> {
        let upkeep = self.0.clone();
        let StopOptions { signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            let request: UpkeepConfig = read("request", request)?;
            Ok(upkeep.plan(request).await.map_err(raise)?.map(Plan))
        }))
    }

    /// Asks people in their chats until their answers suffice, as `Promoter.ask` does; `ask` is for the registry.
    #[napi(ts_return_type = "Promise<Approval[]>")]
    pub fn ask_people<'env>(
        &self,
        env: &'env Env,
        plan: ClassInstance<'_, Plan>,
        desk: ClassInstance<'_, AnswerDesk>,
        #[napi(ts_arg_type = "AskConfig")] config: Value,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Vec<Approval>>> {
        let upkeep = self.0.clone();
        asking(env, &plan, &desk, config, options, move |plan, desk, config| async move {
            upkeep.ask_people(&plan, &desk, config).await
        })
    }

    /// Carries the plan out on these approvals, once. A rejection means that nothing was changed, or that it was stopped.
    #[napi(ts_return_type = "Promise<Carried>")]
    pub fn execute<'env>(
        &self,
        env: &'env Env,
        plan: ClassInstance<'_, Plan>,
        approvals: Vec<ClassInstance<'_, Approval>>,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Carried>> {
        let (upkeep, plan, approvals) = (self.0.clone(), plan.0.clone(), answers(&approvals));
        let StopOptions { signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            upkeep.execute(&plan, approvals).await.map(Carried).map_err(raise)
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
        let upkeep = self.0.clone();
        let StopOptions { signal } = options.unwrap_or_default();
        env.spawn_future(unless_stopped(signal, async move {
            let bytes = upkeep.journal(&plan).await.map_err(raise)?;
            Ok(Buffer::from(bytes.to_vec()))
        }))
    }
}

/// What came of a plan of upkeep.
#[napi]
#[derive(Debug)]
pub struct Carried(administer::Carried);

#[napi]
impl Carried {
    /// Whether everything was done that the plan says.
    #[napi(getter)]
    pub fn complete(&self) -> bool {
        self.0.receipt.is_complete()
    }

    /// What was done, change by change.
    #[napi(getter)]
    pub fn receipt(&self) -> Receipt {
        Receipt(self.0.receipt.clone())
    }

    /// The accounts that were created, with their secrets. They are nowhere else.
    #[napi(getter)]
    pub fn issued(&self) -> Vec<IssuedAccount> {
        let account = |issued: &cache_core::registry::Issued| IssuedAccount {
            name: issued.name.clone(),
            secret: issued.reveal().to_owned(),
        };
        self.0.issued.iter().map(account).collect()
    }
}

/// An account that a registry created.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
#[napi(object, object_from_js = false)]
pub struct IssuedAccount {
    /// Its full name.
    pub name: String,
    /// Its secret, which the registry does not show a second time.
    pub secret: String,
}
