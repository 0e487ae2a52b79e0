//! One person's answer.

use cache_core::approve;
use cache_core::connect::word;
use cache_core::model::Timestamp;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raise;

/// One person's answer to one plan. It names the plan by digest and nothing else.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Approval(pub(crate) approve::Approval);

#[pymethods]
impl Approval {
    /// Reads a signed approval, as `to_json` wrote it. Its signature is checked when the plan is executed.
    #[staticmethod]
    fn from_json(json: &[u8]) -> PyResult<Self> {
        approve::Approval::from_json(json).map(Approval).map_err(raise)
    }

    /// The signed approval, to be carried to the machine that executes. The other kinds cannot leave this process.
    fn to_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.to_json().map_err(raise)?))
    }

    /// The digest of the plan.
    #[getter]
    fn plan(&self) -> &str {
        self.0.plan().as_str()
    }

    /// The digest of the approval; a receipt names it so.
    #[getter]
    fn digest(&self) -> &str {
        self.0.digest().as_str()
    }

    /// `approve` or `deny`.
    #[getter]
    fn decision(&self) -> PyResult<String> {
        word(&self.0.decision()).map_err(raise)
    }

    /// `terminal`, `callback`, `key` or `keyless`.
    #[getter]
    fn kind(&self) -> PyResult<String> {
        word(&self.0.kind()).map_err(raise)
    }

    /// The name of the person.
    #[getter]
    fn approver(&self) -> &str {
        self.0.approver()
    }

    /// When it was given, in RFC 3339.
    #[getter]
    fn at(&self) -> String {
        self.0.at().to_string()
    }

    /// What the person added.
    #[getter]
    fn comment(&self) -> Option<&str> {
        self.0.comment()
    }

    /// Until when it counts, in RFC 3339, where the person said so.
    #[getter]
    fn expires(&self) -> Option<String> {
        self.0.expires().map(|by| by.to_string())
    }

    /// What the application that asked knows the answer by.
    #[getter]
    fn reference(&self) -> Option<&str> {
        self.0.reference()
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("<Approval {} by {:?} of {}>", self.decision()?, self.approver(), self.plan()))
    }
}

impl Approval {
    /// What people answered.
    pub(crate) fn all(answers: Vec<approve::Approval>) -> Vec<Approval> {
        answers.into_iter().map(Approval).collect()
    }
}

/// A time that Python gives as text.
pub(crate) fn time(text: Option<&str>) -> PyResult<Option<Timestamp>> {
    text.map(Timestamp::parse).transpose().map_err(raise)
}

/// The answers that a call was given.
pub(crate) fn answers(approvals: &[Bound<'_, Approval>]) -> Vec<approve::Approval> {
    approvals.iter().map(|approval| approval.get().0.clone()).collect()
}
