//! Plans, and the ways to approve one.

use cache_core::connect::SharedPlan;
use cache_core::plan::Deadlines;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::approval::{Approval, time};
use crate::errors::raise;
use crate::plain::{from_python, in_a_frame, to_python};
use crate::runtime::{awaitable, block_on};
use crate::token::tokens;

/// Everything that is going to happen, named by one digest. A plan has no power: it can be saved, mailed and read again.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Plan(pub(crate) SharedPlan);

#[pymethods]
impl Plan {
    /// Reads a saved plan: the bytes of `json`, not one of them changed.
    #[staticmethod]
    fn from_json(json: &[u8]) -> PyResult<Self> {
        SharedPlan::from_json(json).map(Plan).map_err(raise)
    }

    /// What a person approves.
    #[getter]
    fn digest(&self) -> &str {
        self.0.plan().digest().as_str()
    }

    /// The plan as canonical JSON: the bytes that the digest is of.
    #[getter]
    fn json<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.plan().bytes())
    }

    /// The plan as plain data; the schema is `plan-v1.json`.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, self.0.plan().value())
    }

    /// The plan in words, for the person who approves it.
    fn render(&self) -> String {
        self.0.plan().render()
    }

    /// The plan as a page that stands alone, for the person who approves it.
    fn html(&self) -> String {
        self.0.plan().html()
    }

    /// The same plan with deadlines, which is another plan with another digest.
    #[pyo3(signature = (*, approve_by=None, execute_by=None, at=None))]
    fn with_deadlines(&self, approve_by: Option<&str>, execute_by: Option<&str>, at: Option<&str>) -> PyResult<Self> {
        let deadlines = Deadlines { approve_by: time(approve_by)?, execute_by: time(execute_by)? };
        self.0.with_deadlines(deadlines, time(at)?).map(Plan).map_err(raise)
    }

    /// Shows the plan to a person in the application's own way: `ask` gets it and returns the answer. What it raises, this
    /// raises. The approval is recorded as asserted by the host.
    #[pyo3(signature = (ask, *, at=None))]
    fn approve_by_callback(slf: Bound<'_, Self>, ask: &Bound<'_, PyAny>, at: Option<&str>) -> PyResult<Approval> {
        let answer = slf.py().import("cache_guardian._await")?.call_method1("answered", (ask.call1((&slf,))?,))?;
        let answer = from_python("answer", &answer)?;
        slf.get().0.approve_by_callback(answer, time(at)?).map(Approval).map_err(raise)
    }

    /// The same, where `ask` is an `async` function, to be awaited.
    #[pyo3(signature = (ask, *, at=None))]
    fn approve_by_callback_async<'py>(
        slf: Bound<'py, Self>,
        ask: &Bound<'py, PyAny>,
        at: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if !ask.is_callable() {
            return Err(PyTypeError::new_err("ask is not callable"));
        }
        time(at)?;
        slf.py().import("cache_guardian._await")?.call_method1("approve_by_callback_async", (&slf, ask, at))
    }

    /// Shows the plan at the terminal of this process and asks for the first characters of its digest. Raises `Unsupported`
    /// where there is no terminal.
    #[pyo3(signature = (approver, *, at=None))]
    fn approve_on_terminal(&self, py: Python<'_>, approver: &str, at: Option<&str>) -> PyResult<Approval> {
        let at = time(at)?;
        py.detach(|| self.0.approve_on_terminal(approver, at)).map(Approval).map_err(raise)
    }

    /// Signs the answer as the person, perhaps on another machine: with a private key, by a program, or keyless. `token` gives
    /// identity tokens where the signer asks the application (`"keyless": "callback"`).
    #[pyo3(signature = (answer, signer, *, at=None, token=None))]
    fn approve_by_signature(
        &self,
        answer: &Bound<'_, PyAny>,
        signer: &Bound<'_, PyAny>,
        at: Option<&str>,
        token: Option<Py<PyAny>>,
    ) -> PyResult<Approval> {
        let (py, at) = (answer.py(), time(at)?);
        let (answer, signer) = (from_python("answer", answer)?, from_python("signer", signer)?);
        block_on(py, self.0.approve_by_signature(answer, signer, tokens(token), at)).map(Approval)
    }

    /// The same, to be awaited.
    #[pyo3(signature = (answer, signer, *, at=None, token=None))]
    fn approve_by_signature_async<'py>(
        &self,
        answer: &Bound<'py, PyAny>,
        signer: &Bound<'py, PyAny>,
        at: Option<&str>,
        token: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, at, plan) = (answer.py(), time(at)?, self.0.clone());
        let (answer, signer) = (from_python("answer", answer)?, from_python("signer", signer)?);
        let signed = async move { plan.approve_by_signature(answer, signer, tokens(token), at).await };
        awaitable(py, signed, Approval)
    }

    fn __repr__(&self) -> String {
        format!("<Plan {}>", self.digest())
    }

    fn __str__(&self) -> String {
        self.render()
    }

    fn _repr_html_(&self) -> String {
        in_a_frame(&self.html())
    }
}
