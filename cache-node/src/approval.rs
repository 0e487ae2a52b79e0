//! One person's answer.

use cache_core::approve;
use cache_core::connect::word;
use cache_core::model::Timestamp;
use napi::bindgen_prelude::{Buffer, ClassInstance};
use napi_derive::napi;

use crate::errors::raise;

/// One person's answer to one plan. It names the plan by digest and nothing else.
#[napi]
#[derive(Debug)]
pub struct Approval(pub(crate) approve::Approval);

#[napi]
impl Approval {
    /// Reads a signed approval, as `toJson` wrote it. Its signature is checked when the plan is executed.
    #[napi(factory)]
    pub fn from_json(json: &[u8]) -> napi::Result<Self> {
        approve::Approval::from_json(json).map(Approval).map_err(raise)
    }

    /// The signed approval, to be carried to the machine that executes. The other kinds cannot leave this process.
    #[napi(js_name = "toJson")]
    pub fn to_json_bytes(&self) -> napi::Result<Buffer> {
        self.0.to_json().map(Buffer::from).map_err(raise)
    }

    /// The digest of the plan.
    #[napi(getter)]
    pub fn plan(&self) -> &str {
        self.0.plan().as_str()
    }

    /// The digest of the approval; a receipt names it so.
    #[napi(getter)]
    pub fn digest(&self) -> &str {
        self.0.digest().as_str()
    }

    /// Yes or no.
    #[napi(getter, ts_return_type = "Decision")]
    pub fn decision(&self) -> napi::Result<String> {
        word(&self.0.decision()).map_err(raise)
    }

    /// How it reached Cache.
    #[napi(getter, ts_return_type = "ApprovalKind")]
    pub fn kind(&self) -> napi::Result<String> {
        word(&self.0.kind()).map_err(raise)
    }

    /// The name of the person.
    #[napi(getter)]
    pub fn approver(&self) -> &str {
        self.0.approver()
    }

    /// When it was given, in RFC 3339.
    #[napi(getter)]
    pub fn at(&self) -> String {
        self.0.at().to_string()
    }

    /// What the person added.
    #[napi(getter)]
    pub fn comment(&self) -> Option<&str> {
        self.0.comment()
    }

    /// Until when it counts, in RFC 3339, where the person said so.
    #[napi(getter)]
    pub fn expires(&self) -> Option<String> {
        self.0.expires().map(|by| by.to_string())
    }

    /// What the application that asked knows the answer by.
    #[napi(getter)]
    pub fn reference(&self) -> Option<&str> {
        self.0.reference()
    }
}

impl Approval {
    /// What people answered.
    pub(crate) fn all(answers: Vec<approve::Approval>) -> Vec<Approval> {
        answers.into_iter().map(Approval).collect()
    }
}

/// A time that JavaScript gives as text.
pub(crate) fn time(text: Option<String>) -> napi::Result<Option<Timestamp>> {
    text.map(|text| Timestamp::parse(&text)).transpose().map_err(raise)
}

/// The answers that a call was given.
pub(crate) fn answers(approvals: &[ClassInstance<'_, Approval>]) -> Vec<approve::Approval> {
    approvals.iter().map(|approval| approval.0.clone()).collect()
}
