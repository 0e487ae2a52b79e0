//! Asking people where they are.

use std::collections::HashMap;
use std::sync::Arc;

use cache_core::connect::{AskConfig, DeskConfig, SharedPlan};
use cache_core::model::Timestamp;
use cache_core::{approve, ask};
use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use serde_json::{Value, json};

use crate::approval::{Approval, time};
use crate::errors::raise;
use crate::plan::Plan;
use crate::read::read;
use crate::run::unless_stopped;
use crate::sign::StopOptions;

/// Where answers arrive: a handler without a server. Your web server hands it the headers and the bytes of a request, and sends
/// back what it says.
#[napi]
#[derive(Debug)]
pub struct AnswerDesk(pub(crate) Arc<ask::AnswerDesk>);

#[napi]
impl AnswerDesk {
    /// Opens a desk for these people.
    #[napi(constructor)]
    pub fn new(#[napi(ts_arg_type = "DeskConfig")] config: Value) -> napi::Result<Self> {
        let config: DeskConfig = read("config", config)?;
        config.open().map(|desk| AnswerDesk(Arc::new(desk))).map_err(raise)
    }

    /// Answers the press of a button in Slack. `body` must be the bytes that came.
    #[napi(ts_return_type = "Reply")]
    pub fn slack(
        &self,
        #[napi(ts_arg_type = "Headers")] headers: HashMap<String, String>,
        body: &[u8],
        at: Option<String>,
    ) -> napi::Result<Value> {
        let now = time(at)?.unwrap_or_else(Timestamp::now);
        Ok(reply(self.0.slack(&pairs(&headers), body, now)))
    }

    /// Answers what a person wrote to the outgoing webhook of Teams. `body` must be the bytes that came.
    #[napi(ts_return_type = "Reply")]
    pub fn teams(
        &self,
        #[napi(ts_arg_type = "Headers")] headers: HashMap<String, String>,
        body: &[u8],
        at: Option<String>,
    ) -> napi::Result<Value> {
        let now = time(at)?.unwrap_or_else(Timestamp::now);
        Ok(reply(self.0.teams(&pairs(&headers), body, now)))
    }
}

fn pairs(headers: &HashMap<String, String>) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn reply(reply: ask::Reply) -> Value {
    json!({"status": reply.status, "body": reply.body})
}

/// What `ask` of each class does, with its own policy.
pub(crate) fn asking<'env, Asked>(
    env: &'env Env,
    plan: &Plan,
    desk: &AnswerDesk,
    config: Value,
    options: Option<StopOptions>,
    ask: impl FnOnce(SharedPlan, Arc<ask::AnswerDesk>, AskConfig) -> Asked + Send + 'static,
) -> napi::Result<PromiseRaw<'env, Vec<Approval>>>
where
    Asked: Future<Output = cache_core::Result<Vec<approve::Approval>>> + Send,
{
    let (plan, desk) = (plan.0.clone(), Arc::clone(&desk.0));
    let StopOptions { signal } = options.unwrap_or_default();
    env.spawn_future(unless_stopped(signal, async move {
        let config = read("config", config)?;
        ask(plan, desk, config).await.map(Approval::all).map_err(raise)
    }))
}

/// Tells people what a scan found. Nothing is asked.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "Promise<void>")]
pub fn alert<'env>(
    env: &'env Env,
    #[napi(ts_arg_type = "AskConfig")] channels: Value,
    #[napi(ts_arg_type = "Alert")] alert: Value,
    options: Option<StopOptions>,
) -> napi::Result<PromiseRaw<'env, ()>> {
    let StopOptions { signal } = options.unwrap_or_default();
    env.spawn_future(unless_stopped(signal, async move {
        let config: AskConfig = read("channels", channels)?;
        config.alert(read("alert", alert)?).await.map_err(raise)
    }))
}
