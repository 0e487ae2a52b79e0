//! Asking people where they are.

use std::collections::HashMap;
use std::sync::Arc;

use cache_core::ask;
use cache_core::connect::{AskConfig, DeskConfig};
use cache_core::model::Timestamp;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::approval::time;
use crate::errors::raise;
use crate::plain::from_python;
use crate::runtime::{awaitable, block_on};

/// Where answers arrive: a handler without a server. Your web server hands it the headers and the bytes of a request, and sends
/// back what it says. It may be called from any thread.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct AnswerDesk(pub(crate) Arc<ask::AnswerDesk>);

#[pymethods]
impl AnswerDesk {
    #[new]
    fn new(config: &Bound<'_, PyAny>) -> PyResult<Self> {
        let config: DeskConfig = from_python("configuration", config)?;
        config.open().map(|desk| AnswerDesk(Arc::new(desk))).map_err(raise)
    }

    /// Answers the press of a button in Slack. `body` must be the bytes that came.
    #[pyo3(signature = (headers, body, *, at=None))]
    fn slack<'py>(
        &self,
        py: Python<'py>,
        headers: HashMap<String, String>,
        body: &[u8],
        at: Option<&str>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let now = time(at)?.unwrap_or_else(Timestamp::now);
        reply(py, self.0.slack(&pairs(&headers), body, now))
    }

    /// Answers what a person wrote to the outgoing webhook of Teams. `body` must be the bytes that came.
    #[pyo3(signature = (headers, body, *, at=None))]
    fn teams<'py>(
        &self,
        py: Python<'py>,
        headers: HashMap<String, String>,
        body: &[u8],
        at: Option<&str>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let now = time(at)?.unwrap_or_else(Timestamp::now);
        reply(py, self.0.teams(&pairs(&headers), body, now))
    }
}

fn pairs(headers: &HashMap<String, String>) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn reply(py: Python<'_>, reply: ask::Reply) -> PyResult<Bound<'_, PyDict>> {
    let answer = PyDict::new(py);
    answer.set_item("status", reply.status)?;
    answer.set_item("body", reply.body)?;
    Ok(answer)
}

/// Tells people what a scan found. Nothing is asked.
#[pyfunction]
pub(crate) fn alert(channels: &Bound<'_, PyAny>, alert: &Bound<'_, PyAny>) -> PyResult<()> {
    let config: AskConfig = from_python("configuration", channels)?;
    block_on(channels.py(), config.alert(from_python("alert", alert)?))
}

/// The same, to be awaited.
#[pyfunction]
pub(crate) fn alert_async<'py>(channels: &Bound<'py, PyAny>, alert: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let config: AskConfig = from_python("configuration", channels)?;
    let alert = from_python("alert", alert)?;
    awaitable(channels.py(), async move { config.alert(alert).await }, |()| ())
}
