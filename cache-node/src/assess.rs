//! What reports, VEX and a policy amount to, and the reports that are written of it.

use cache_core::connect::{self, AssessConfig};
use cache_core::gate;
use cache_core::report::{ReportFormat, ReportOptions};
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use serde_json::Value;

use crate::errors::raise;
use crate::promoter::Given;
use crate::read::read;

/// A verdict with all that it is made of.
#[napi]
#[derive(Debug)]
pub struct Assessment(pub(crate) gate::Assessment);

/// Assesses reports, as the gate `cve` would. `documents` are reports, VEX and SBOMs; `request` has the policy and what the
/// reports are about.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi]
pub fn assess(
    documents: Vec<Given>,
    #[napi(ts_arg_type = "AssessRequest | undefined | null")] request: Option<Value>,
) -> napi::Result<Assessment> {
    let config: AssessConfig = request.map(|request| read("request", request)).transpose()?.unwrap_or_default();
    let documents: Vec<_> = documents.into_iter().map(Given::read).collect::<napi::Result<_>>()?;
    config.assess(&documents).map(Assessment).map_err(raise)
}

/// Reads and checks a policy file, given as its text or its path, and says what it is about.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "CheckedPolicy")]
pub fn check_policy(policy: String) -> napi::Result<Value> {
    connect::check_policy(&policy).map_err(raise)
}

#[napi]
impl Assessment {
    /// Reads an assessment that was written as JSON.
    #[napi(factory)]
    pub fn from_json(json: &[u8]) -> napi::Result<Self> {
        gate::Assessment::from_json(json).map(Assessment).map_err(raise)
    }

    /// Whether the image may go on.
    #[napi(getter)]
    pub fn allows(&self) -> bool {
        self.0.allows()
    }

    /// The worst outcome.
    #[napi(getter, ts_return_type = "Outcome")]
    pub fn outcome(&self) -> String {
        self.0.outcome().to_string()
    }

    /// Everything, as plain data.
    #[napi(getter, ts_return_type = "AssessmentData")]
    pub fn data(&self) -> napi::Result<Value> {
        Ok(serde_json::to_value(&self.0)?)
    }

    /// The report in a format.
    #[napi]
    pub fn write(
        &self,
        #[napi(ts_arg_type = "ReportFormat")] format: String,
        options: Option<WriteOptions>,
    ) -> napi::Result<Buffer> {
        let format: ReportFormat = format.parse().map_err(raise)?;
        let WriteOptions { width, location } = options.unwrap_or_default();
        let usual = ReportOptions::default();
        let width = width.map_or(usual.width, |width| usize::try_from(width).unwrap_or(usual.width));
        self.0.write(format, &ReportOptions { width, location }).map(Buffer::from).map_err(raise)
    }
}

/// How a report is to look.
#[derive(Debug, Default)]
#[napi(object, object_to_js = false)]
pub struct WriteOptions {
    /// How many columns a terminal has, for the table; 100 where it is left out.
    #[napi(ts_type = "number | undefined")]
    pub width: Option<u32>,
    /// The file at which SARIF shows the findings, such as `Dockerfile`.
    #[napi(ts_type = "string | undefined")]
    pub location: Option<String>,
}
