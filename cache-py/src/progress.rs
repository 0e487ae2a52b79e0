//! How far work is, told to a Python callable.

use cache_core::Watch;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_current_locals;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::plain::to_python;

/// What a plain call tells its caller, in the caller's own thread.
pub(crate) struct Watcher {
    callable: Py<PyAny>,
    seen: UnboundedReceiver<Value>,
}

impl Watcher {
    /// What watches, and what passes it on.
    pub(crate) fn new<P: Serialize>(py: Python<'_>, callable: Py<PyAny>) -> PyResult<(Watch<P>, Watcher)> {
        expect_callable(py, &callable)?;
        let (send, seen) = unbounded_channel();
        let watch = Watch::new(move |progress| {
            // Nobody listens any more where the call was given up.
            drop(serde_json::to_value(progress).map(|news| send.send(news)));
        });
        Ok((watch, Watcher { callable, seen }))
    }

    /// The next news; never where there is none to come.
    pub(crate) async fn next(watcher: &mut Option<Watcher>) -> Value {
        let news = match watcher {
            Some(watcher) => watcher.seen.recv().await,
            None => None,
        };
        match news {
            Some(news) => news,
            None => std::future::pending().await,
        }
    }

    /// Calls Python. What it raises ends the call.
    pub(crate) fn tell(watcher: &Option<Watcher>, news: &Value) -> PyResult<()> {
        let Some(watcher) = watcher else { return Ok(()) };
        Python::attach(|py| watcher.callable.call1(py, (to_python(py, news)?,)).map(drop))
    }

    /// Tells what came in last.
    pub(crate) fn finish(watcher: &mut Option<Watcher>) -> PyResult<()> {
        while let Some(Ok(news)) = watcher.as_mut().map(|watcher| watcher.seen.try_recv()) {
            Watcher::tell(watcher, &news)?;
        }
        Ok(())
    }
}

/// Watches for an `_async` call: the callable runs in the caller's event loop, which also hears what it raises.
pub(crate) fn in_event_loop<P: Serialize>(py: Python<'_>, callable: Py<PyAny>) -> PyResult<Watch<P>> {
    expect_callable(py, &callable)?;
    let locals = get_current_locals(py)?;
    Ok(Watch::new(move |progress| {
        Python::attach(|py| {
            let told = to_python(py, progress).and_then(|news| {
                let arguments = (callable.clone_ref(py), news);
                locals.event_loop(py).call_method1("call_soon_threadsafe", arguments)
            });
            // The loop was closed: nobody is left to be told.
            drop(told);
        });
    }))
}

/// What cannot be called would stop the work in the middle.
fn expect_callable(py: Python<'_>, progress: &Py<PyAny>) -> PyResult<()> {
    match progress.bind(py).is_callable() {
        true => Ok(()),
        false => Err(PyTypeError::new_err("progress is not callable")),
    }
}
