//! The promoter.

use cache_core::approve;
use cache_core::connect::{PromoterConfig, Session, SharedPlan, read};
use napi::bindgen_prelude::PromiseRaw;
use napi::{Env, bindgen_prelude::ClassInstance};
use napi_derive::napi;
use serde_json::Value;

use crate::approval::Approval;
use crate::errors::raise;
use crate::gate::Gate;
use crate::outcome::{Outlook, Receipt};
use crate::plan::Plan;

/// Promotes images from one repository to another, into one environment.
#[napi]
#[derive(Debug)]
pub struct Promoter(Session);

#[napi]
impl Promoter {
    /// Opens what the configuration names. `gates` are judged after those of the policy.
    #[napi(constructor)]
    pub fn new(#[napi(ts_arg_type = "PromoterConfig")] config: Value, gates: Option<Vec<Gate>>) -> napi::Result<Self> {
        let gates = gates.unwrap_or_default().into_iter().map(Gate::open).collect::<napi::Result<_>>()?;
        let config: PromoterConfig = read("configuration", config).map_err(raise)?;
        config.open(gates).map(Promoter).map_err(raise)
    }

    /// Resolves, gathers the evidence, asks the gates and drafts the plan. Reads only.
    #[napi]
    pub async fn plan(&self, #[napi(ts_arg_type = "Request")] request: Value) -> napi::Result<Outlook> {
        let request = read("request", request).map_err(raise)?;
        self.0.plan(request).await.map(Outlook).map_err(raise)
    }

    /// Executes a plan on these approvals, once. A rejection means that nothing was changed; the receipt says what was.
    #[napi(ts_return_type = "Promise<Receipt>")]
    pub fn execute<'env>(
        &self,
        env: &'env Env,
        plan: ClassInstance<'_, Plan>,
        approvals: Vec<ClassInstance<'_, Approval>>,
    ) -> napi::Result<PromiseRaw<'env, Receipt>> {
        let approvals: Vec<approve::Approval> = approvals.iter().map(|approval| approval.0.clone()).collect();
        let (session, plan): (Session, SharedPlan) = (self.0.clone(), plan.0.clone());
        env.spawn_future(async move { session.execute(&plan, approvals).await.map(Receipt).map_err(raise) })
    }
}
