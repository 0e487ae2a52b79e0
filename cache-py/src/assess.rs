//! What reports, VEX and a policy amount to, and the reports that are written of it.

use cache_core::connect::{self, AssessConfig};
use cache_core::gate;
use cache_core::report::{ReportFormat, ReportOptions};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::errors::raise;
use crate::given::given;
use crate::plain::{from_python, in_a_frame, to_python};

/// A verdict with all that it is made of.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Assessment(pub(crate) gate::Assessment);

/// Assesses reports, as the gate `cve` would. `documents` are reports, VEX and SBOMs; `request` has the policy and what the
/// reports are about.
#[pyfunction]
#[pyo3(signature = (documents, request=None))]
pub(crate) fn assess(
    py: Python<'_>,
    documents: Vec<Bound<'_, PyDict>>,
    request: Option<&Bound<'_, PyAny>>,
) -> PyResult<Assessment> {
    let config: AssessConfig = request.map(|request| from_python("request", request)).transpose()?.unwrap_or_default();
    let documents = given(&documents)?;
    py.detach(|| config.assess(&documents)).map(Assessment).map_err(raise)
}

/// Reads and checks a policy file, given as its text or its path, and says what it is about.
#[pyfunction]
pub(crate) fn check_policy(py: Python<'_>, policy: &str) -> PyResult<Py<PyAny>> {
    to_python(py, &connect::check_policy(policy).map_err(raise)?)
}

#[pymethods]
impl Assessment {
    /// Reads an assessment that was written as JSON.
    #[staticmethod]
    fn from_json(json: &[u8]) -> PyResult<Self> {
        gate::Assessment::from_json(json).map(Assessment).map_err(raise)
    }

    /// Whether the image may go on.
    #[getter]
    fn allows(&self) -> bool {
        self.0.allows()
    }

    /// The worst outcome: `pass`, `excepted`, `warn`, `fail` or `error`.
    #[getter]
    fn outcome(&self) -> String {
        self.0.outcome().to_string()
    }

    /// Everything, as plain data; its schema is docs/schema/assessment-v1.json.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0)
    }

    /// The report in a format: `json`, `sarif`, `junit`, `gitlab`, `cyclonedx`, `table`, `markdown` or `html`. `width` is that of
    /// the table; `location` is the file at which SARIF shows the findings.
    #[pyo3(signature = (format, *, width=None, location=None))]
    fn write<'py>(
        &self,
        py: Python<'py>,
        format: &str,
        width: Option<usize>,
        location: Option<String>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let format: ReportFormat = format.parse().map_err(raise)?;
        let options = ReportOptions { width: width.unwrap_or(ReportOptions::default().width), location };
        let bytes = py.detach(|| self.0.write(format, &options)).map_err(raise)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let page = self.0.write(ReportFormat::Html, &ReportOptions::default()).map_err(raise)?;
        Ok(in_a_frame(&String::from_utf8_lossy(&page)))
    }

    fn __repr__(&self) -> String {
        format!("<Assessment {}, {} vulnerabilities>", self.0.outcome(), self.0.vulnerabilities.len())
    }
}
