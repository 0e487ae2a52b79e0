//! How far work is, told to a Python callable.

use std::future::Future;
use std::iter::{from_fn, once};
use std::pin::pin;

use cache_core::{Result, Watch};
use pyo3::exceptions::PyTypeError;
use pyo3::exceptions::asyncio::CancelledError;
use pyo3::prelude::*;
use pyo3_async_runtimes::TaskLocals;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::awaited;
use crate::errors::raise;
use crate::plain::to_python;

/// How many news are told in one turn of an event loop: a turn for each would hold up who reads many small pieces.
const AT_ONCE: usize = 32;

/// What a call tells its caller while it works.
pub(crate) struct Watcher {
    callable: Py<PyAny>,
    seen: UnboundedReceiver<Value>,
}

impl Watcher {
    /// What watches, and what passes it on.
    pub(crate) fn new<P: Serialize>(py: Python<'_>, callable: Py<PyAny>) -> PyResult<(Watch<P>, Watcher)> {
        expect_plain(callable.bind(py))?;
        let (send, seen) = unbounded_channel();
        let watch = Watch::new(move |progress| {
            // Nobody listens any more where the call was given up.
            drop(serde_json::to_value(progress).map(|news| send.send(news)));
        });
        Ok((watch, Watcher { callable, seen }))
    }

    /// Does the work, and tells how far it is: in the event loop of the caller, or without one in this thread. The work waits
    /// until it is told; what the callable raises ends it.
    pub(crate) async fn watch<T>(
        self,
        work: impl Future<Output = Result<T>>,
        caller: Option<&TaskLocals>,
    ) -> PyResult<T> {
        let Watcher { callable, mut seen } = self;
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => {
                    let last = from_fn(|| seen.try_recv().ok()).collect();
                    tell(&callable, last, caller).await?;
                    return done.map_err(raise);
                }
                Some(first) = seen.recv() => {
                    let more = from_fn(|| seen.try_recv().ok()).take(AT_ONCE);
                    let news = once(first).chain(more).collect();
                    tell(&callable, news, caller).await?;
                }
            }
        }
    }
}

async fn tell(callable: &Py<PyAny>, news: Vec<Value>, caller: Option<&TaskLocals>) -> PyResult<()> {
    let Some(locals) = caller else {
        return Python::attach(|py| {
            news.iter().try_for_each(|one| callable.call1(py, (to_python(py, one)?,)).map(drop))
        });
    };
    if news.is_empty() {
        return Ok(());
    }
    let told = Python::attach(|py| {
        let telling = py.import("cache_guardian._await")?.call_method1("tell", (callable, to_python(py, &news)?))?;
        awaited::start(locals, &telling)
    })?;
    // Who ends the loop ends the work.
    told.await.unwrap_or_else(|| Err(CancelledError::new_err(()))).map(drop)
}

/// What cannot be called would stop the work in the middle, and what an `async` function returns nobody awaits.
fn expect_plain(progress: &Bound<'_, PyAny>) -> PyResult<()> {
    if !progress.is_callable() {
        return Err(PyTypeError::new_err("progress is not callable"));
    }
    let module = progress.py().import("cache_guardian._await")?;
    let is_async: bool = module.call_method1("is_async", (progress,))?.extract()?;
    if is_async {
        return Err(PyTypeError::new_err("progress is an async function, which nobody awaits: give a plain one"));
    }
    Ok(())
}
