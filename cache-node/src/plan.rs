//! Plans, and the ways to approve one.

use cache_core::connect::{AnswerConfig, SharedPlan, SignerConfig};
use napi::Status;
use napi::bindgen_prelude::{Buffer, Promise};
use napi::threadsafe_function::ThreadsafeFunction;
use napi_derive::napi;
use serde_json::Value;

use crate::approval::{Approval, time};
use crate::errors::raise;
use crate::promised::broken;
use crate::read::read;
use crate::token::{TokenFunction, tokens};

/// A function that shows the plan to a person and promises the answer.
type Ask = ThreadsafeFunction<Plan, Promise<Value>, Plan, Status, false, true>;

/// Everything that is going to happen, named by one digest. A plan has no power: it can be saved, mailed and read again.
#[napi]
#[derive(Debug)]
pub struct Plan(pub(crate) SharedPlan);

#[napi]
impl Plan {
    /// Reads a saved plan: the bytes of `json`, not one of them changed.
    #[napi(factory)]
    pub fn from_json(json: &[u8]) -> napi::Result<Self> {
        SharedPlan::from_json(json).map(Plan).map_err(raise)
    }

    /// What a person approves.
    #[napi(getter)]
    pub fn digest(&self) -> &str {
        self.0.plan().digest().as_str()
    }

    /// The plan as canonical JSON: the bytes that the digest is of, and so what is to be kept. `JSON.stringify` shows `data`, of
    /// which no plan is read.
    #[napi(getter)]
    pub fn json(&self) -> Buffer {
        self.0.plan().bytes().to_vec().into()
    }

    /// The plan as plain data; the schema is `plan-v1.json`.
    #[napi(getter, ts_return_type = "Record<string, unknown>")]
    pub fn data(&self) -> napi::Result<Value> {
        Ok(serde_json::to_value(self.0.plan().value())?)
    }

    /// The plan in words, for the person who approves it.
    #[napi]
    pub fn render(&self) -> String {
        self.0.plan().render()
    }

    /// The plan as a page that stands alone, for the person who approves it.
    #[napi]
    pub fn html(&self) -> String {
        self.0.plan().html()
    }

    /// The same plan with deadlines, which is another plan with another digest.
    #[napi]
    pub fn with_deadlines(
        &self,
        #[napi(ts_arg_type = "Deadlines")] deadlines: Value,
        at: Option<String>,
    ) -> napi::Result<Plan> {
        let deadlines = read("deadlines", deadlines)?;
        self.0.with_deadlines(deadlines, time(at)?).map(Plan).map_err(raise)
    }

    /// Shows the plan to a person in the application's own way: `ask` gets it and returns the answer. What it throws, this
    /// rejects with. The approval is recorded as asserted by the host.
    #[napi]
    pub async fn approve_by_callback(
        &self,
        #[napi(ts_arg_type = "(plan: Plan) => Answer | Promise<Answer>")] ask: Ask,
        at: Option<String>,
    ) -> napi::Result<Approval> {
        let at = time(at)?;
        let failed = |e: napi::Error| raise(broken("the callback", &e));
        let answer = ask.call_async(Plan(self.0.clone())).await.map_err(failed)?.await.map_err(failed)?;
        let answer = read("answer", answer)?;
        self.0.approve_by_callback(answer, at).map(Approval).map_err(raise)
    }

    /// Shows the plan at the terminal of this process and asks for the first characters of its digest. Rejects with
    /// `Unsupported` where there is no terminal.
    #[napi]
    pub async fn approve_on_terminal(&self, approver: String, at: Option<String>) -> napi::Result<Approval> {
        let (plan, at) = (self.0.clone(), time(at)?);
        let asked = tokio::task::spawn_blocking(move || plan.approve_on_terminal(&approver, at)).await;
        let asked = asked.map_err(|e| napi::Error::from_reason(e.to_string()))?;
        asked.map(Approval).map_err(raise)
    }

    /// Signs the answer as the person, perhaps on another machine: with a private key, by a program, or keyless. `token` gives
    /// identity tokens where the signer asks the application (`keyless: 'callback'`).
    #[napi]
    pub async fn approve_by_signature(
        &self,
        #[napi(ts_arg_type = "Answer")] answer: Value,
        #[napi(ts_arg_type = "Signer")] signer: Value,
        at: Option<String>,
        #[napi(ts_arg_type = "Token | undefined | null")] token: Option<TokenFunction>,
    ) -> napi::Result<Approval> {
        let answer: AnswerConfig = read("answer", answer)?;
        let signer: SignerConfig = read("signer", signer)?;
        let signed = self.0.approve_by_signature(answer, signer, tokens(token), time(at)?);
        signed.await.map(Approval).map_err(raise)
    }
}
