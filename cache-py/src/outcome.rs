//! What comes of a request and of an execution.

use cache_core::connect::{SharedPlan, receipt_json, verdicts_json};
use cache_core::model::Verdict;
use cache_core::promote;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raise;
use crate::plain::to_python;
use crate::plan::Plan;

/// What came of a request: a plan, a refusal, or nothing to do.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Outlook {
    #[pyo3(get)]
    state: &'static str,
    plan: Option<SharedPlan>,
    verdicts: Vec<Verdict>,
}

impl Outlook {
    pub(crate) fn new(outlook: promote::Outlook) -> Self {
        match outlook {
            promote::Outlook::Ready(plan) => {
                let verdicts = plan.verdicts.clone();
                Outlook { state: "ready", plan: Some(SharedPlan::new(plan)), verdicts }
            }
            promote::Outlook::Blocked(verdicts) => Outlook { state: "blocked", plan: None, verdicts },
            promote::Outlook::Nothing => Outlook { state: "nothing", plan: None, verdicts: Vec::new() },
        }
    }
}

#[pymethods]
impl Outlook {
    /// The plan, where the state is `ready`.
    #[getter]
    fn plan(&self) -> Option<Plan> {
        self.plan.clone().map(Plan)
    }

    /// What the gates said, as plain data; empty where there is nothing to do.
    #[getter]
    fn verdicts(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.verdicts)
    }

    /// The verdicts as canonical JSON.
    #[getter]
    fn verdicts_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &verdicts_json(&self.verdicts).map_err(raise)?))
    }

    fn __repr__(&self) -> String {
        format!("<Outlook {}>", self.state)
    }
}

/// What the execution of a plan did, change by change.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Receipt(pub(crate) promote::Receipt);

#[pymethods]
impl Receipt {
    /// Whether everything that the plan says is so now.
    #[getter]
    fn complete(&self) -> bool {
        self.0.is_complete()
    }

    /// The receipt as canonical JSON.
    #[getter]
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &receipt_json(&self.0).map_err(raise)?))
    }

    /// The receipt as plain data; the schema is `receipt-v1.json`.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("<Receipt of {}, {}>", self.0.plan, if self.complete() { "complete" } else { "NOT COMPLETE" })
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}
