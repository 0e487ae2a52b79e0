//! Functions of Python that the core calls while it works, plain or `async`.

use cache_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::{IntoPyObject, IntoPyObjectExt};
use pyo3_async_runtimes::TaskLocals;

use crate::awaited;
use crate::runtime::callers_loop;

/// What a function returned: the answer, or something to await.
enum Answer<T> {
    Now(T),
    Later(Py<PyAny>),
}

/// Calls a function where it may hold up nobody but itself, awaits what has to be awaited, and reads the answer. `what` is the
/// function in messages.
pub(crate) async fn call<A, T>(
    what: &'static str,
    function: &Py<PyAny>,
    argument: A,
    read: fn(&Bound<'_, PyAny>) -> PyResult<T>,
) -> Result<T>
where
    A: for<'py> IntoPyObject<'py> + Send + 'static,
    T: Send + 'static,
{
    let caller = callers_loop();
    let function = Python::attach(|py| function.clone_ref(py));
    let called = on_a_thread(what, move |py| {
        let answer = function.bind(py).call1((argument.into_py_any(py)?,))?;
        let later: bool = py.import("inspect")?.call_method1("isawaitable", (&answer,))?.extract()?;
        if later { Ok(Answer::Later(answer.unbind())) } else { Ok(Answer::Now(read(&answer)?)) }
    });
    match (called.await?, caller) {
        (Answer::Now(answer), _) => Ok(answer),
        (Answer::Later(awaitable), Some(locals)) => await_in(what, &locals, awaitable, read).await,
        (Answer::Later(awaitable), None) => {
            on_a_thread(what, move |py| read(&py.import("asyncio")?.call_method1("run", (awaitable,))?)).await
        }
    }
}

async fn on_a_thread<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce(Python<'_>) -> PyResult<T> + Send + 'static,
) -> Result<T> {
    let work = move || Python::attach(|py| work(py).map_err(|e| raised(what, py, &e)));
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(Error::unexpected(format!("the thread of {what} stopped")).caused_by(e)))
}

async fn await_in<T>(
    what: &'static str,
    locals: &TaskLocals,
    awaitable: Py<PyAny>,
    read: fn(&Bound<'_, PyAny>) -> PyResult<T>,
) -> Result<T> {
    let started = Python::attach(|py| awaited::start(locals, awaitable.bind(py)).map_err(|e| raised(what, py, &e)))?;
    match started.await {
        None => Err(Error::unexpected(format!("{what} was cancelled"))),
        Some(answer) => {
            Python::attach(|py| answer.and_then(|answer| read(answer.bind(py))).map_err(|e| raised(what, py, &e)))
        }
    }
}

/// The traceback is of use to the author of the function, so it is printed as Python prints one that nobody catches.
fn raised(what: &str, py: Python<'_>, error: &PyErr) -> Error {
    error.clone_ref(py).write_unraisable(py, None);
    Error::unexpected(format!("{what} raised {error}"))
}
