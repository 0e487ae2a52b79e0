//! Gates that are written in Python.

use std::sync::Arc;

use async_trait::async_trait;
use cache_core::connect::{Judge, foreign_gate};
use cache_core::gate::PromotionGate;
use cache_core::{Error, Result};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::{TaskLocals, into_future_with_locals};
use serde_json::Value;

use crate::errors::raise;
use crate::plain::{to_python, to_value};
use crate::runtime::callers_loop;

/// The method `judge` of a Python object.
struct PythonJudge {
    judge: Py<PyAny>,
}

/// What `judge` returned: a verdict, or something to await.
enum Answer {
    Now(Value),
    Later(Py<PyAny>),
}

/// The gate that a Python object is: it has a `name` and a method `judge`, plain or `async`.
pub(crate) fn gate(object: &Bound<'_, PyAny>) -> PyResult<Arc<dyn PromotionGate>> {
    let name: String = object.getattr("name")?.extract()?;
    let judge = object.getattr("judge")?;
    if !judge.is_callable() {
        return Err(PyTypeError::new_err(format!("judge of the gate {name:?} is not callable")));
    }
    Ok(Arc::new(foreign_gate(name, PythonJudge { judge: judge.unbind() }).map_err(raise)?))
}

#[async_trait]
impl Judge for PythonJudge {
    async fn judge(&self, evidence: Value) -> Result<Value> {
        let caller = callers_loop();
        let judge = Python::attach(|py| self.judge.clone_ref(py));
        let called = on_a_thread(move |py| {
            let answer = judge.bind(py).call1((to_python(py, &evidence)?,))?;
            let later: bool = py.import("inspect")?.call_method1("isawaitable", (&answer,))?.extract()?;
            if later { Ok(Answer::Later(answer.unbind())) } else { Ok(Answer::Now(to_value(&answer)?)) }
        });
        match (called.await?, caller) {
            (Answer::Now(verdict), _) => Ok(verdict),
            (Answer::Later(awaitable), Some(locals)) => await_in(&locals, awaitable).await,
            (Answer::Later(awaitable), None) => {
                on_a_thread(move |py| to_value(&py.import("asyncio")?.call_method1("run", (awaitable,))?)).await
            }
        }
    }
}

/// Runs Python where it may hold up nobody but itself.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce(Python<'_>) -> PyResult<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(move || Python::attach(|py| work(py).map_err(|e| raised(py, &e)))).await;
    done.unwrap_or_else(|e| Err(Error::unexpected("the gate's thread stopped").caused_by(e)))
}

async fn await_in(locals: &TaskLocals, awaitable: Py<PyAny>) -> Result<Value> {
    let started =
        Python::attach(|py| into_future_with_locals(locals, awaitable.into_bound(py)).map_err(|e| raised(py, &e)))?;
    let answer = started.await;
    Python::attach(|py| answer.and_then(|answer| to_value(answer.bind(py))).map_err(|e| raised(py, &e)))
}

/// A gate that raises has not passed. Its traceback is of use to its author, so it is printed as Python prints one that
/// nobody catches.
fn raised(py: Python<'_>, error: &PyErr) -> Error {
    error.clone_ref(py).write_unraisable(py, None);
    Error::unexpected(format!("the gate raised {error}"))
}
