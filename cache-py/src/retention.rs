//! Retention: what goes, what stays, and the way back.

use std::path::PathBuf;
use std::sync::Arc;

use cache_core::connect::{
    RestoreConfig, RetentionConfig, RetentionSession, SharedProposal, VendorName, cleaned_json,
    explain_policy as explain, simulate_policy as simulate, translate_policy as translate,
};
use cache_core::retention;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::approval::{Approval, answers};
use crate::ask::AnswerDesk;
use crate::errors::raise;
use crate::outcome::Receipt;
use crate::plain::{from_python, to_python};
use crate::plan::Plan;
use crate::progress::Watcher;
use crate::runtime::{awaitable, awaitable_watched, block_on, block_on_watched};

/// Keeps the repositories of one environment in order. Planning reads only, and execution is a dry run unless told otherwise.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Retention(RetentionSession);

#[pymethods]
impl Retention {
    /// Opens what the configuration names.
    #[new]
    fn new(config: &Bound<'_, PyAny>) -> PyResult<Self> {
        let config: RetentionConfig = from_python("configuration", config)?;
        config.open().map(Retention).map_err(raise)
    }

    /// Asks what is deployed, reads the repositories, decides, and drafts the plan. Reads only. `progress` is called with how
    /// many requests were sent, and how many it will be.
    #[pyo3(signature = (request, *, progress=None))]
    fn plan(&self, request: &Bound<'_, PyAny>, progress: Option<Py<PyAny>>) -> PyResult<Proposal> {
        let parsed = from_python("request", request)?;
        let (watch, watcher) = progress.map(|progress| Watcher::new(request.py(), progress)).transpose()?.unzip();
        block_on_watched(request.py(), self.0.plan(parsed, watch), watcher).map(Proposal)
    }

    /// The same, to be awaited.
    #[pyo3(signature = (request, *, progress=None))]
    fn plan_async<'py>(&self, request: &Bound<'py, PyAny>, progress: Option<Py<PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let (py, session, parsed) = (request.py(), self.0.clone(), from_python("request", request)?);
        let (watch, watcher) = progress.map(|progress| Watcher::new(py, progress)).transpose()?.unzip();
        awaitable_watched(py, async move { session.plan(parsed, watch).await }, watcher, Proposal)
    }

    /// Asks people in their chats until their answers suffice, somebody denies, or it is time to give up. A denial is among the
    /// approvals, and refuses the execution.
    fn ask(&self, plan: &Plan, desk: &AnswerDesk, config: &Bound<'_, PyAny>) -> PyResult<Vec<Approval>> {
        let parsed = from_python("configuration", config)?;
        block_on(config.py(), self.0.ask(&plan.0, &desk.0, parsed)).map(Approval::all)
    }

    /// The same, to be awaited.
    fn ask_async<'py>(
        &self,
        plan: &Plan,
        desk: &AnswerDesk,
        config: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, plan, desk) = (self.0.clone(), plan.0.clone(), Arc::clone(&desk.0));
        let parsed = from_python("configuration", config)?;
        awaitable(config.py(), async move { session.ask(&plan, &desk, parsed).await }, Approval::all)
    }

    /// Looks whether the plan could be carried out on these approvals, and changes nothing; with `dry_run=False` carries it out,
    /// once. An exception means that nothing was deleted.
    #[pyo3(signature = (plan, approvals, *, dry_run=true))]
    fn execute(
        &self,
        py: Python<'_>,
        plan: &Plan,
        approvals: Vec<Bound<'_, Approval>>,
        dry_run: bool,
    ) -> PyResult<Cleaned> {
        block_on(py, self.0.execute(&plan.0, answers(&approvals), dry_run)).map(Cleaned)
    }

    /// The same, to be awaited.
    #[pyo3(signature = (plan, approvals, *, dry_run=true))]
    fn execute_async<'py>(
        &self,
        py: Python<'py>,
        plan: &Plan,
        approvals: Vec<Bound<'py, Approval>>,
        dry_run: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, plan, approvals) = (self.0.clone(), plan.0.clone(), answers(&approvals));
        awaitable(py, async move { session.execute(&plan, approvals, dry_run).await }, Cleaned)
    }

    /// Plans to put back what a restore file has; `None` where nothing is to be done. Reads only.
    fn plan_restore(&self, request: &Bound<'_, PyAny>) -> PyResult<Option<Plan>> {
        let parsed: RestoreConfig = from_python("request", request)?;
        Ok(block_on(request.py(), self.0.plan_restore(parsed))?.map(Plan))
    }

    /// The same, to be awaited.
    fn plan_restore_async<'py>(&self, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (session, parsed): (_, RestoreConfig) = (self.0.clone(), from_python("request", request)?);
        awaitable(request.py(), async move { session.plan_restore(parsed).await }, |plan| plan.map(Plan))
    }

    /// Puts back what the plan says, on these approvals, once, from the file that the plan names.
    fn restore(
        &self,
        py: Python<'_>,
        plan: &Plan,
        approvals: Vec<Bound<'_, Approval>>,
        file: PathBuf,
    ) -> PyResult<Receipt> {
        block_on(py, self.0.restore(&plan.0, answers(&approvals), file)).map(Receipt)
    }

    /// The same, to be awaited.
    fn restore_async<'py>(
        &self,
        py: Python<'py>,
        plan: &Plan,
        approvals: Vec<Bound<'py, Approval>>,
        file: PathBuf,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, plan, approvals) = (self.0.clone(), plan.0.clone(), answers(&approvals));
        awaitable(py, async move { session.restore(&plan, approvals, file).await }, Receipt)
    }

    /// The journal of an executed plan, which is named by its digest, as the ledger keeps it: what `verify_journal` takes. Reads only.
    /// Raises `NotFound` where the ledger has none, `Untrusted` where somebody changed it.
    fn journal<'py>(&self, py: Python<'py>, plan: &str) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &block_on(py, self.0.journal(plan))?))
    }

    /// The same, to be awaited.
    fn journal_async<'py>(&self, py: Python<'py>, plan: String) -> PyResult<Bound<'py, PyAny>> {
        let session = self.0.clone();
        awaitable(py, async move { session.journal(&plan).await }, |bytes| bytes.to_vec())
    }
}

/// What would become of everything, and why.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Proposal(SharedProposal);

#[pymethods]
impl Proposal {
    /// `ready`, `refused` or `nothing`.
    #[getter]
    fn state(&self) -> &'static str {
        self.0.state
    }

    /// The plan, where the state is `ready`.
    #[getter]
    fn plan(&self) -> Option<Plan> {
        self.0.plan.clone().map(Plan)
    }

    /// Which limits of the rules forbid it, where the state is `refused`.
    #[getter]
    fn refusals(&self) -> Vec<String> {
        self.0.refusals.clone()
    }

    /// All of it as plain data: each manifest and tag with its fate and the reasons.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.data().map_err(raise)?)
    }

    fn __repr__(&self) -> String {
        format!("<Proposal {}>", self.0.state)
    }
}

/// What was deleted, and how the rest fares.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Cleaned(retention::Cleaned);

#[pymethods]
impl Cleaned {
    /// Whether everything was done that the plan says, and all that stays is well. Never after a dry run.
    #[getter]
    fn complete(&self) -> bool {
        self.0.is_complete()
    }

    /// Whether it was a dry run, which changed nothing.
    #[getter]
    fn dry_run(&self) -> bool {
        self.0.receipt.is_dry_run()
    }

    /// What was done, change by change.
    #[getter]
    fn receipt(&self) -> Receipt {
        Receipt(self.0.receipt.clone())
    }

    /// The file that everything can be restored from while its blobs live. A dry run writes none.
    #[getter]
    fn restore(&self) -> PathBuf {
        self.0.restore.clone()
    }

    /// What is wrong with images that stay, in words.
    #[getter]
    fn broken(&self) -> Vec<String> {
        self.0.broken.clone()
    }

    /// All of it as canonical JSON.
    #[getter]
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &cleaned_json(&self.0).map_err(raise)?))
    }

    /// All of it as plain data.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0)
    }

    /// All of it in words.
    fn render(&self) -> String {
        self.0.to_string()
    }

    /// As `complete`: neither what failed nor a dry run is taken for a success.
    fn __bool__(&self) -> bool {
        self.complete()
    }

    fn __repr__(&self) -> String {
        format!("<Cleaned by {}, {}>", self.0.receipt.plan, self.0.summary())
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

/// What a registry's own policy does, in words. `vendor` is `ecr`, `harbor` or `acr`.
#[pyfunction]
pub(crate) fn explain_policy(vendor: &Bound<'_, PyAny>, text: &str) -> PyResult<Vec<String>> {
    let vendor: VendorName = from_python("vendor", vendor)?;
    explain(vendor, text).map_err(raise)
}

/// What a registry would delete by its own policy, of a listing.
#[pyfunction]
pub(crate) fn simulate_policy(request: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let doomed = simulate(from_python("request", request)?).map_err(raise)?;
    to_python(request.py(), &doomed)
}

/// The rules of an environment as a registry's own policy, and what that cannot say.
#[pyfunction]
pub(crate) fn translate_policy(request: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let said = translate(&from_python("request", request)?).map_err(raise)?;
    to_python(request.py(), &said)
}
