//! The upkeep of a registry: what it keeps, and changes of that.

use std::sync::Arc;

use cache_core::administer;
use cache_core::connect::{AdministratorConfig, Upkeep, UpkeepConfig};
use cache_core::registry::Question;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::approval::{Approval, answers};
use crate::ask::AnswerDesk;
use crate::errors::raise;
use crate::outcome::Receipt;
use crate::plain::{Plain, from_python, to_python};
use crate::plan::Plan;
use crate::runtime::{awaitable, block_on};

/// Keeps one registry in order.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Administrator(Upkeep);

#[pymethods]
impl Administrator {
    /// Opens the registry that the configuration names.
    #[new]
    fn new(config: &Bound<'_, PyAny>) -> PyResult<Self> {
        let config: AdministratorConfig = from_python("configuration", config)?;
        config.open().map(Administrator).map_err(raise)
    }

    /// What the registry keeps, as plain data.
    fn ask(&self, question: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let asked: Question = from_python("question", question)?;
        let py = question.py();
        to_python(py, &block_on(py, self.0.ask(&asked))?)
    }

    /// The same, to be awaited.
    fn ask_async<'py>(&self, question: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (upkeep, asked): (_, Question) = (self.0.clone(), from_python("question", question)?);
        awaitable(question.py(), async move { upkeep.ask(&asked).await }, Plain)
    }

    /// Looks at what is there and drafts the plan; `None` where there is nothing to do. Reads only.
    fn plan(&self, request: &Bound<'_, PyAny>) -> PyResult<Option<Plan>> {
        let parsed: UpkeepConfig = from_python("request", request)?;
        Ok(block_on(request.py(), self.0.plan(parsed))?.map(Plan))
    }

    /// The same, to be awaited.
    fn plan_async<'py>(&self, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (upkeep, parsed): (_, UpkeepConfig) = (self.0.clone(), from_python("request", request)?);
        awaitable(request.py(), async move { upkeep.plan(parsed).await }, |plan| plan.map(Plan))
    }

    /// Asks people in their chats until their answers suffice, as `Promoter.ask` does; `ask` is for the registry.
    fn ask_people(&self, plan: &Plan, desk: &AnswerDesk, config: &Bound<'_, PyAny>) -> PyResult<Vec<Approval>> {
        let parsed = from_python("configuration", config)?;
        block_on(config.py(), self.0.ask_people(&plan.0, &desk.0, parsed)).map(Approval::all)
    }

    /// The same, to be awaited.
    fn ask_people_async<'py>(
        &self,
        plan: &Plan,
        desk: &AnswerDesk,
        config: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (upkeep, plan, desk) = (self.0.clone(), plan.0.clone(), Arc::clone(&desk.0));
        let parsed = from_python("configuration", config)?;
        awaitable(config.py(), async move { upkeep.ask_people(&plan, &desk, parsed).await }, Approval::all)
    }

    /// Carries the plan out on these approvals, once. An exception means that nothing was changed.
    fn execute(&self, py: Python<'_>, plan: &Plan, approvals: Vec<Bound<'_, Approval>>) -> PyResult<Carried> {
        block_on(py, self.0.execute(&plan.0, answers(&approvals))).map(Carried)
    }

    /// The same, to be awaited.
    fn execute_async<'py>(
        &self,
        py: Python<'py>,
        plan: &Plan,
        approvals: Vec<Bound<'py, Approval>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (upkeep, plan, approvals) = (self.0.clone(), plan.0.clone(), answers(&approvals));
        awaitable(py, async move { upkeep.execute(&plan, approvals).await }, Carried)
    }

    /// The journal of an executed plan, which is named by its digest, as the ledger keeps it: what `verify_journal` takes. Reads only.
    /// Raises `NotFound` where the ledger has none, `Untrusted` where somebody changed it.
    fn journal<'py>(&self, py: Python<'py>, plan: &str) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &block_on(py, self.0.journal(plan))?))
    }

    /// The same, to be awaited.
    fn journal_async<'py>(&self, py: Python<'py>, plan: String) -> PyResult<Bound<'py, PyAny>> {
        let upkeep = self.0.clone();
        awaitable(py, async move { upkeep.journal(&plan).await }, |bytes| bytes.to_vec())
    }
}

/// What came of a plan of upkeep.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Carried(administer::Carried);

#[pymethods]
impl Carried {
    /// Whether everything was done that the plan says.
    #[getter]
    fn complete(&self) -> bool {
        self.0.receipt.is_complete()
    }

    /// What was done, change by change.
    #[getter]
    fn receipt(&self) -> Receipt {
        Receipt(self.0.receipt.clone())
    }

    /// The accounts that were created, each `(name, secret)`. They are nowhere else.
    #[getter]
    fn issued(&self) -> Vec<(String, String)> {
        self.0.issued.iter().map(|account| (account.name.clone(), account.reveal().to_owned())).collect()
    }

    /// As `complete`: what failed is never taken for a success.
    fn __bool__(&self) -> bool {
        self.complete()
    }

    fn __repr__(&self) -> String {
        format!("<Carried by {}, {}>", self.0.receipt.plan, self.0.receipt.summary())
    }

    fn __str__(&self) -> String {
        self.0.receipt.to_string()
    }
}
