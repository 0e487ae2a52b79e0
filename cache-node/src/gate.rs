//! Gates that are written in JavaScript.

use std::sync::Arc;

use async_trait::async_trait;
use cache_core::Result;
use cache_core::connect::{Judge, foreign_gate};
use cache_core::gate::PromotionGate;
use napi::Status;
use napi::bindgen_prelude::Promise;
use napi::threadsafe_function::ThreadsafeFunction;
use napi_derive::napi;
use serde_json::Value;

use crate::errors::raise;
use crate::promised::broken;

/// A function that takes the evidence and promises a verdict. It is weak: a promoter that does nothing lets Node end.
type JudgeFunction = ThreadsafeFunction<Value, Promise<Value>, Value, Status, false, true>;

/// A gate. What `judge` throws is the outcome `error`, which stops the image.
#[expect(missing_debug_implementations, reason = "a JavaScript function has no text")]
#[napi(object, object_to_js = false)]
pub struct Gate {
    /// The name in verdicts.
    pub name: String,
    /// Judges the evidence: a verdict, or its reasons alone.
    #[napi(ts_type = "(evidence: Evidence) => Judgement | Verdict | Promise<Judgement | Verdict>")]
    pub judge: JudgeFunction,
}

impl Gate {
    /// The gate that the core asks.
    pub(crate) fn open(self) -> napi::Result<Arc<dyn PromotionGate>> {
        Ok(Arc::new(foreign_gate(self.name, JavaScriptJudge(self.judge)).map_err(raise)?))
    }
}

struct JavaScriptJudge(JudgeFunction);

#[async_trait]
impl Judge for JavaScriptJudge {
    async fn judge(&self, evidence: Value) -> Result<Value> {
        let failed = |e: napi::Error| broken("the gate", &e);
        self.0.call_async(evidence).await.map_err(failed)?.await.map_err(failed)
    }
}
