//! What comes of a request and of an execution.

use cache_core::connect::{SharedOutlook, receipt_json, verdicts_json};
use cache_core::promote;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use serde_json::Value;

use crate::errors::raise;
use crate::plan::Plan;

/// What came of a request: a plan, a refusal, or nothing to do.
#[napi]
#[derive(Debug)]
pub struct Outlook(pub(crate) SharedOutlook);

#[napi]
impl Outlook {
    /// Which of the three it is.
    #[napi(getter, ts_return_type = "'ready' | 'blocked' | 'nothing'")]
    pub fn state(&self) -> &'static str {
        self.0.state
    }

    /// The plan, where the state is `ready`.
    #[napi(getter)]
    pub fn plan(&self) -> Option<Plan> {
        self.0.plan.clone().map(Plan)
    }

    /// What the gates said, as plain data; empty where there is nothing to do.
    #[napi(getter, ts_return_type = "Verdict[]")]
    pub fn verdicts(&self) -> napi::Result<Value> {
        Ok(serde_json::to_value(&self.0.verdicts)?)
    }

    /// The verdicts as canonical JSON.
    #[napi(getter)]
    pub fn verdicts_json(&self) -> napi::Result<Buffer> {
        verdicts_json(&self.0.verdicts).map(Buffer::from).map_err(raise)
    }
}

/// What the execution of a plan did, change by change.
#[napi]
#[derive(Debug)]
pub struct Receipt(pub(crate) promote::Receipt);

#[napi]
impl Receipt {
    /// Whether everything that the plan says is so now.
    #[napi(getter)]
    pub fn complete(&self) -> bool {
        self.0.is_complete()
    }

    /// Whether it is of a dry run, which changed nothing.
    #[napi(getter)]
    pub fn dry_run(&self) -> bool {
        self.0.is_dry_run()
    }

    /// The receipt as canonical JSON.
    #[napi(getter)]
    pub fn json(&self) -> napi::Result<Buffer> {
        receipt_json(&self.0).map(Buffer::from).map_err(raise)
    }

    /// The receipt as plain data; the schema is `receipt-v1.json`.
    #[napi(getter, ts_return_type = "Record<string, unknown>")]
    pub fn data(&self) -> napi::Result<Value> {
        Ok(serde_json::to_value(&self.0)?)
    }

    /// The receipt in words.
    #[napi]
    pub fn render(&self) -> String {
        self.0.to_string()
    }
}

/// The record of a promotion whose verdicts were reproduced, byte for byte.
#[napi]
#[derive(Debug)]
pub struct Reproduction(pub(crate) promote::Reproduction);

#[napi]
impl Reproduction {
    /// The record as plain data; the schema is `promotion-v1.json`.
    #[napi(getter, ts_return_type = "Record<string, unknown>")]
    pub fn record(&self) -> napi::Result<Value> {
        Ok(serde_json::to_value(&self.0.record)?)
    }

    /// The digest of the bytes that hold the record, signed.
    #[napi(getter)]
    pub fn statement(&self) -> &str {
        self.0.statement.as_str()
    }

    /// Who signed the record.
    #[napi(getter)]
    pub fn by(&self) -> Option<String> {
        self.0.by.as_ref().map(ToString::to_string)
    }

    /// What the gates say now as they did then, as plain data.
    #[napi(getter, ts_return_type = "Verdict[]")]
    pub fn verdicts(&self) -> napi::Result<Value> {
        Ok(serde_json::to_value(&self.0.verdicts)?)
    }

    /// The verdicts as canonical JSON.
    #[napi(getter)]
    pub fn verdicts_json(&self) -> napi::Result<Buffer> {
        verdicts_json(&self.0.verdicts).map(Buffer::from).map_err(raise)
    }
}
