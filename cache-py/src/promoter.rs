//! The promoter.

use cache_core::approve;
use cache_core::connect::{PromoterConfig, Session};
use pyo3::prelude::*;

use crate::approval::Approval;
use crate::gate::gate;
use crate::outcome::{Outlook, Receipt};
use crate::plain::from_python;
use crate::plan::Plan;
use crate::runtime::{awaitable, block_on};

/// Promotes images from one repository to another, into one environment.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Promoter(Session);

#[pymethods]
impl Promoter {
    /// Opens what the configuration names. `gates` are judged after those of the policy.
    #[new]
    #[pyo3(signature = (config, *, gates=Vec::new()))]
    fn new(config: &Bound<'_, PyAny>, gates: Vec<Bound<'_, PyAny>>) -> PyResult<Self> {
        let gates = gates.iter().map(gate).collect::<PyResult<_>>()?;
        let config: PromoterConfig = from_python("configuration", config)?;
        config.open(gates).map(Promoter).map_err(crate::errors::raise)
    }

    /// Resolves, gathers the evidence, asks the gates and drafts the plan. Reads only.
    fn plan(&self, request: &Bound<'_, PyAny>) -> PyResult<Outlook> {
        let parsed = from_python("request", request)?;
        block_on(request.py(), self.0.plan(parsed)).map(Outlook)
    }

    /// The same, to be awaited.
    fn plan_async<'py>(&self, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (session, parsed) = (self.0.clone(), from_python("request", request)?);
        awaitable(request.py(), async move { session.plan(parsed).await }, Outlook)
    }

    /// Executes a plan on these approvals, once. An exception means that nothing was changed; the receipt says what was.
    fn execute(&self, py: Python<'_>, plan: &Plan, approvals: Vec<Bound<'_, Approval>>) -> PyResult<Receipt> {
        block_on(py, self.0.execute(&plan.0, given(&approvals))).map(Receipt)
    }

    /// The same, to be awaited.
    fn execute_async<'py>(
        &self,
        py: Python<'py>,
        plan: &Plan,
        approvals: Vec<Bound<'py, Approval>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, plan, approvals) = (self.0.clone(), plan.0.clone(), given(&approvals));
        awaitable(py, async move { session.execute(&plan, approvals).await }, Receipt)
    }
}

fn given(approvals: &[Bound<'_, Approval>]) -> Vec<approve::Approval> {
    approvals.iter().map(|approval| approval.get().0.clone()).collect()
}
