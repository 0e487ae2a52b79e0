//! The promoter.

use std::sync::Arc;

use cache_core::connect::{PromoterConfig, Session};
use cache_core::plan::BreakGlass;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::approval::{Approval, answers};
use crate::ask::AnswerDesk;
use crate::assess::Assessment;
use crate::gate::gate;
use crate::given::given as evidence;
use crate::outcome::{Outlook, Receipt, Reproduction};
use crate::plain::from_python;
use crate::plan::Plan;
use crate::progress::Watcher;
use crate::runtime::{awaitable, awaitable_watched, block_on, block_on_watched};
use crate::token::tokens;

/// Promotes images from one repository to another, into one environment.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Promoter(Session);

#[pymethods]
impl Promoter {
    /// Opens what the configuration names. `gates` are judged after those of the policy. `token` gives identity tokens to a
    /// keyless signer that asks the application (`"keyless": "callback"`): it is called with the audience.
    #[new]
    #[pyo3(signature = (config, *, gates=Vec::new(), token=None))]
    fn new(config: &Bound<'_, PyAny>, gates: Vec<Bound<'_, PyAny>>, token: Option<Py<PyAny>>) -> PyResult<Self> {
        let gates = gates.iter().map(gate).collect::<PyResult<_>>()?;
        let config: PromoterConfig = from_python("configuration", config)?;
        config.open_with(gates, tokens(token)).map(Promoter).map_err(crate::errors::raise)
    }

    /// Resolves, gathers the evidence, asks the gates and drafts the plan. Reads only. `given` is evidence that the caller
    /// has and the registry has not: it is judged and named in the plan, and not attached.
    #[pyo3(signature = (request, *, given=Vec::new()))]
    fn plan(&self, request: &Bound<'_, PyAny>, given: Vec<Bound<'_, PyDict>>) -> PyResult<Outlook> {
        let (parsed, given) = (from_python("request", request)?, evidence(&given)?);
        block_on(request.py(), self.0.plan(parsed, &given)).map(Outlook)
    }

    /// The same, to be awaited.
    #[pyo3(signature = (request, *, given=Vec::new()))]
    fn plan_async<'py>(
        &self,
        request: &Bound<'py, PyAny>,
        given: Vec<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, parsed, given) = (self.0.clone(), from_python("request", request)?, evidence(&given)?);
        awaitable(request.py(), async move { session.plan(parsed, &given).await }, Outlook)
    }

    /// What the policy makes of the vulnerabilities in the image, with what the other gates say: what reports are written from. It
    /// judges the same evidence as `plan`. Reads only.
    #[pyo3(signature = (request, *, given=Vec::new()))]
    fn assess(&self, request: &Bound<'_, PyAny>, given: Vec<Bound<'_, PyDict>>) -> PyResult<Assessment> {
        let (parsed, given) = (from_python("request", request)?, evidence(&given)?);
        block_on(request.py(), self.0.assess(parsed, &given)).map(Assessment)
    }

    /// The same, to be awaited.
    #[pyo3(signature = (request, *, given=Vec::new()))]
    fn assess_async<'py>(
        &self,
        request: &Bound<'py, PyAny>,
        given: Vec<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, parsed, given) = (self.0.clone(), from_python("request", request)?, evidence(&given)?);
        awaitable(request.py(), async move { session.assess(parsed, &given).await }, Assessment)
    }

    /// Plans to attach something to an image at the target, such as its signature; it is approved and executed as any plan is.
    /// Reads only.
    fn plan_attaching(&self, request: &Bound<'_, PyAny>) -> PyResult<Outlook> {
        let parsed = from_python("request", request)?;
        block_on(request.py(), self.0.plan_attaching(parsed)).map(Outlook)
    }

    /// The same, to be awaited.
    fn plan_attaching_async<'py>(&self, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (session, parsed) = (self.0.clone(), from_python("request", request)?);
        awaitable(request.py(), async move { session.plan_attaching(parsed).await }, Outlook)
    }

    /// Plans a promotion that the gates refuse, in an emergency that `break_glass` justifies and ends. The plan and the record
    /// say so. Reads only.
    #[pyo3(signature = (request, break_glass, *, given=Vec::new()))]
    fn plan_breaking_glass(
        &self,
        request: &Bound<'_, PyAny>,
        break_glass: &Bound<'_, PyAny>,
        given: Vec<Bound<'_, PyDict>>,
    ) -> PyResult<Outlook> {
        let (parsed, given) = (from_python("request", request)?, evidence(&given)?);
        let glass: BreakGlass = from_python("break_glass", break_glass)?;
        block_on(request.py(), self.0.plan_breaking_glass(parsed, &glass, &given)).map(Outlook)
    }

    /// The same, to be awaited.
    #[pyo3(signature = (request, break_glass, *, given=Vec::new()))]
    fn plan_breaking_glass_async<'py>(
        &self,
        request: &Bound<'py, PyAny>,
        break_glass: &Bound<'py, PyAny>,
        given: Vec<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, parsed, given) = (self.0.clone(), from_python("request", request)?, evidence(&given)?);
        let glass: BreakGlass = from_python("break_glass", break_glass)?;
        let planned = async move { session.plan_breaking_glass(parsed, &glass, &given).await };
        awaitable(request.py(), planned, Outlook)
    }

    /// Plans to put a tag at the target back to what it named before, by the word of the record. Reads only.
    fn plan_rollback(&self, request: &Bound<'_, PyAny>) -> PyResult<Outlook> {
        let parsed = from_python("request", request)?;
        block_on(request.py(), self.0.plan_rollback(parsed)).map(Outlook)
    }

    /// The same, to be awaited.
    fn plan_rollback_async<'py>(&self, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (session, parsed) = (self.0.clone(), from_python("request", request)?);
        awaitable(request.py(), async move { session.plan_rollback(parsed).await }, Outlook)
    }

    /// Reproduces the verdicts of the newest record of an image, as of the instant at which the gates judged. Reads only. Raises
    /// what differs: `NotFound` (evidence is gone), `Conflict` (another policy, other gates), `Untrusted` (another verdict).
    #[pyo3(signature = (request, *, given=Vec::new()))]
    fn reproduce(&self, request: &Bound<'_, PyAny>, given: Vec<Bound<'_, PyDict>>) -> PyResult<Reproduction> {
        let (parsed, given) = (from_python("request", request)?, evidence(&given)?);
        block_on(request.py(), self.0.reproduce(parsed, &given)).map(Reproduction)
    }

    /// The same, to be awaited.
    #[pyo3(signature = (request, *, given=Vec::new()))]
    fn reproduce_async<'py>(
        &self,
        request: &Bound<'py, PyAny>,
        given: Vec<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, parsed, given) = (self.0.clone(), from_python("request", request)?, evidence(&given)?);
        awaitable(request.py(), async move { session.reproduce(parsed, &given).await }, Reproduction)
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

    /// Executes a plan on these approvals, once. An exception means that nothing was changed; the receipt says what was.
    /// `given` is the evidence that was handed in for the plan, where another process made it. `progress` is called with how far it is;
    /// what it raises stops the execution, as Ctrl-C does. What was stopped goes on
    /// when the same plan is executed again, with the same approvals.
    #[pyo3(signature = (plan, approvals, *, given=Vec::new(), progress=None))]
    fn execute(
        &self,
        py: Python<'_>,
        plan: &Plan,
        approvals: Vec<Bound<'_, Approval>>,
        given: Vec<Bound<'_, PyDict>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Receipt> {
        let (watch, watcher) = progress.map(|progress| Watcher::new(py, progress)).transpose()?.unzip();
        self.0.hand_in(&evidence(&given)?);
        block_on_watched(py, self.0.execute(&plan.0, answers(&approvals), watch), watcher).map(Receipt)
    }

    /// The same, to be awaited. `progress` is called in the event loop; what it raises stops the execution, as
    /// cancelling does.
    #[pyo3(signature = (plan, approvals, *, given=Vec::new(), progress=None))]
    fn execute_async<'py>(
        &self,
        py: Python<'py>,
        plan: &Plan,
        approvals: Vec<Bound<'py, Approval>>,
        given: Vec<Bound<'py, PyDict>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, plan, approvals) = (self.0.clone(), plan.0.clone(), answers(&approvals));
        let (watch, watcher) = progress.map(|progress| Watcher::new(py, progress)).transpose()?.unzip();
        let given = evidence(&given)?;
        let executed = async move {
            session.hand_in(&given);
            session.execute(&plan, approvals, watch).await
        };
        awaitable_watched(py, executed, watcher, Receipt)
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
