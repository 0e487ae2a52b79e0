//! Coroutines of Python that are work of the core.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use cache_core::Error;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::tokio::{get_current_locals, get_runtime};

use crate::errors::raise;

/// A coroutine whose work begins when it is first awaited, and stops when nobody waits for it any more.
pub(crate) fn make<W, P, F>(py: Python<'_>, work: F) -> PyResult<Bound<'_, PyAny>>
where
    F: FnOnce(TaskLocals) -> PyResult<W> + Send + 'static,
    W: Future<Output = PyResult<P>> + Send + 'static,
    P: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let work = Mutex::new(Some(work));
    let begin = move |given: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| -> PyResult<(Py<PyAny>, Py<PyAny>)> {
        let py = given.py();
        let work = work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let work = work.ok_or_else(|| PyRuntimeError::new_err("this has begun already"))?;
        let locals = get_current_locals(py)?;
        let event_loop = locals.event_loop(py);
        start(&event_loop, work(locals)?)
    };
    let begin = PyCFunction::new_closure(py, None, None, begin)?;
    py.import("cache_guardian._await")?.call_method1("call_of_cache_guardian", (begin,))
}

/// Starts work. Returns the future of the loop that is told what it comes to, and a function that stops it.
fn start<P>(
    event_loop: &Bound<'_, PyAny>,
    work: impl Future<Output = PyResult<P>> + Send + 'static,
) -> PyResult<(Py<PyAny>, Py<PyAny>)>
where
    P: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let py = event_loop.py();
    let future = event_loop.call_method0("create_future")?.unbind();
    let (event_loop, waits) = (event_loop.clone().unbind(), future.clone_ref(py));
    let work = get_runtime().spawn(work);
    let running = work.abort_handle();
    get_runtime().spawn(async move {
        let done = match work.await {
            Ok(done) => done,
            Err(e) if e.is_panic() => Err(raise(Error::unexpected("the work stopped in the middle").caused_by(e))),
            // Stopped, because nobody waits for it.
            Err(_) => return,
        };
        // Who waits for Python's lock here holds up no other work.
        get_runtime().spawn_blocking(move || tell(&event_loop, &waits, done));
    });
    let stop = move |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| -> PyResult<()> {
        running.abort();
        Ok(())
    };
    Ok((future, PyCFunction::new_closure(py, None, None, stop)?.into_any().unbind()))
}

/// Tells the future, in its loop. An interpreter that is going away and a loop that was closed have nobody to be told.
fn tell<P>(event_loop: &Py<PyAny>, future: &Py<PyAny>, done: PyResult<P>)
where
    P: for<'py> IntoPyObject<'py>,
{
    let _ = Python::try_attach(|py| -> PyResult<()> {
        let (answer, error) = match done.and_then(|answer| answer.into_py_any(py)) {
            Ok(answer) => (answer, py.None()),
            Err(error) => (py.None(), error.into_value(py).into_any()),
        };
        let settle = py.import("cache_guardian._await")?.getattr("settle")?;
        event_loop.call_method1(py, "call_soon_threadsafe", (settle, future, answer, error))?;
        Ok(())
    });
}
