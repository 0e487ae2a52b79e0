//! What comes of a request and of an execution.

use cache_core::connect::{SharedOutlook, receipt_json, verdicts_json};
use cache_core::promote;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raise;
use crate::plain::to_python;
use crate::plan::Plan;

/// What came of a request: a plan, a refusal, or nothing to do.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Outlook(pub(crate) SharedOutlook);

#[pymethods]
impl Outlook {
    /// `ready`, `blocked` or `nothing`.
    #[getter]
    fn state(&self) -> &'static str {
        self.0.state
    }

    /// The plan, where the state is `ready`.
    #[getter]
    fn plan(&self) -> Option<Plan> {
        self.0.plan.clone().map(Plan)
    }

    /// What the gates said, as plain data; empty where there is nothing to do.
    #[getter]
    fn verdicts(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.verdicts)
    }

    /// The verdicts as canonical JSON.
    #[getter]
    fn verdicts_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &verdicts_json(&self.0.verdicts).map_err(raise)?))
    }

    fn __repr__(&self) -> String {
        format!("<Outlook {}>", self.0.state)
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

    /// Whether it is of a dry run, which changed nothing.
    #[getter]
    fn dry_run(&self) -> bool {
        self.0.is_dry_run()
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

    /// The receipt in words.
    fn render(&self) -> String {
        self.0.to_string()
    }

    /// As `complete`: a receipt of what failed is never taken for a success.
    fn __bool__(&self) -> bool {
        self.complete()
    }

    fn __repr__(&self) -> String {
        format!("<Receipt of {}, {}>", self.0.plan, self.0.summary())
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

/// The record of a promotion whose verdicts were reproduced, byte for byte.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Reproduction(pub(crate) promote::Reproduction);

#[pymethods]
impl Reproduction {
    /// The record as plain data; the schema is `promotion-v1.json`.
    #[getter]
    fn record(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.record)
    }

    /// The digest of the bytes that hold the record, signed.
    #[getter]
    fn statement(&self) -> &str {
        self.0.statement.as_str()
    }

    /// Who signed the record.
    #[getter]
    fn by(&self) -> Option<String> {
        self.0.by.as_ref().map(ToString::to_string)
    }

    /// What the gates say now as they did then, as plain data.
    #[getter]
    fn verdicts(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.verdicts)
    }

    /// The verdicts as canonical JSON.
    #[getter]
    fn verdicts_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &verdicts_json(&self.0.verdicts).map_err(raise)?))
    }

    fn __repr__(&self) -> String {
        format!("<Reproduction of {}>", self.0.record.plan)
    }
}
