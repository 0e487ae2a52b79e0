//! Awaitables of Python that the core waits for.

use std::future::Future;
use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use pyo3_async_runtimes::TaskLocals;
use tokio::sync::oneshot;

/// Something that runs in an event loop. It is cancelled there when nobody waits for it any more.
struct Running(Py<PyAny>);

impl Drop for Running {
    fn drop(&mut self) {
        // Does nothing where it has ended. An interpreter that is going away has ended everything.
        Python::try_attach(|py| self.0.call_method0(py, "cancel").map_err(|e| e.write_unraisable(py, None)));
    }
}

/// Starts an awaitable in an event loop. The answer is `None` where it was cancelled: by whoever ended the loop, say.
pub(crate) fn start(
    locals: &TaskLocals,
    awaitable: &Bound<'_, PyAny>,
) -> PyResult<impl Future<Output = Option<PyResult<Py<PyAny>>>> + Send + 'static + use<>> {
    let py = awaitable.py();
    let module = py.import("cache_guardian._await")?;
    let future = module.call_method1("start", (awaitable, locals.event_loop(py), locals.context(py)))?;
    let (tell, told) = oneshot::channel();
    let tell = Mutex::new(Some(tell));
    let done = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| -> PyResult<()> {
        let future = arguments.get_item(0)?;
        let tell = tell.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let (false, Some(tell)) = (future.call_method0("cancelled")?.extract()?, tell) {
            // Nobody waits for it: then there is nobody to tell.
            let _ = tell.send(future.call_method0("result").map(Bound::unbind));
        }
        Ok(())
    };
    let running = Running(future.clone().unbind());
    future.call_method1("add_done_callback", (PyCFunction::new_closure(py, None, None, done)?,))?;
    Ok(async move {
        let _running = running;
        told.await.ok()
    })
}
