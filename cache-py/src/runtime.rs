//! Running the core's futures, from plain and from async Python.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use cache_core::{Error, Result};
use pyo3::prelude::*;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::tokio::get_runtime;

use crate::coroutine;
use crate::errors::raise;
use crate::progress::Watcher;

/// How often a blocked call looks for Ctrl-C.
const SIGNALS: Duration = Duration::from_millis(100);

/// Runs to the end without the GIL.
pub(crate) fn block_on<T: Send>(py: Python<'_>, work: impl Future<Output = Result<T>> + Send) -> PyResult<T> {
    block_on_watched(py, work, None)
}

/// The same, and tells how far it is. What a signal or the watcher raises ends the work.
pub(crate) fn block_on_watched<T: Send>(
    py: Python<'_>,
    work: impl Future<Output = Result<T>> + Send,
    watcher: Option<Watcher>,
) -> PyResult<T> {
    same_process()?;
    let interruptible = async {
        tokio::select! {
            done = watched(work, watcher, None) => done,
            signal = interrupted() => Err(signal),
        }
    };
    py.detach(|| get_runtime().block_on(interruptible))
}

/// What a signal raises, once there is one.
async fn interrupted() -> PyErr {
    loop {
        tokio::time::sleep(SIGNALS).await;
        if let Err(signal) = Python::attach(|py| py.check_signals()) {
            return signal;
        }
    }
}

/// Makes a coroutine of it: nothing is done before it is awaited, or made a task.
pub(crate) fn awaitable<T, P>(
    py: Python<'_>,
    work: impl Future<Output = Result<T>> + Send + 'static,
    done: impl FnOnce(T) -> P + Send + 'static,
) -> PyResult<Bound<'_, PyAny>>
where
    T: Send + 'static,
    P: for<'py> IntoPyObject<'py> + Send + 'static,
{
    awaitable_watched(py, work, None, done)
}

/// The same, and tells how far it is, in the event loop of the caller. What the watcher raises ends the work.
pub(crate) fn awaitable_watched<T, P>(
    py: Python<'_>,
    work: impl Future<Output = Result<T>> + Send + 'static,
    watcher: Option<Watcher>,
    done: impl FnOnce(T) -> P + Send + 'static,
) -> PyResult<Bound<'_, PyAny>>
where
    T: Send + 'static,
    P: for<'py> IntoPyObject<'py> + Send + 'static,
{
    coroutine::make(py, move |caller| {
        same_process()?;
        let told = caller.clone();
        Ok(CALLER.scope(caller, async move { watched(work, watcher, Some(&told)).await.map(done) }))
    })
}

async fn watched<T>(
    work: impl Future<Output = Result<T>>,
    watcher: Option<Watcher>,
    caller: Option<&TaskLocals>,
) -> PyResult<T> {
    match watcher {
        Some(watcher) => watcher.watch(work, caller).await,
        None => work.await.map_err(raise),
    }
}

tokio::task_local! {
    static CALLER: TaskLocals;
}

/// The event loop of the `_async` call that is being worked on. Not the loop that runs in this thread: a plain call that was
/// made inside of a loop holds that loop up.
pub(crate) fn callers_loop() -> Option<TaskLocals> {
    CALLER.try_with(TaskLocals::clone).ok()
}

/// The threads that do the work do not survive a fork; a call in the child would wait for ever.
fn same_process() -> PyResult<()> {
    static STARTED_IN: OnceLock<u32> = OnceLock::new();
    let now = std::process::id();
    if *STARTED_IN.get_or_init(|| now) == now {
        return Ok(());
    }
    Err(raise(
        Error::unsupported("the process was forked after Cache was first used")
            .hint("use Cache in the child only, or start the child with the method \"spawn\""),
    ))
}
