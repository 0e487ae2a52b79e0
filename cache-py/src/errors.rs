//! The exceptions, which are written in Python (`errors.py`): one for each kind of error.

use cache_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The exception for an error.
pub(crate) fn raise(error: Error) -> PyErr {
    Python::attach(|py| exception(py, &error).unwrap_or_else(|broken| broken))
}

fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let module = py.import("cache_guardian.errors")?;
    let context = PyDict::new(py);
    for (key, value) in error.contexts() {
        // A key may come more than once, such as the approvals that were ignored.
        let text = match context.get_item(key)? {
            Some(before) => format!("{}\n{value}", before.extract::<String>()?),
            None => value.clone(),
        };
        context.set_item(key, text)?;
    }
    let causes: Vec<String> = error.causes().map(ToString::to_string).collect();
    let made =
        module.getattr("make")?.call1((error.kind().code(), error.to_string(), error.hint_text(), context, causes))?;
    Ok(PyErr::from_value(made))
}

/// Every kind of error, by its code.
#[pyfunction]
pub(crate) fn error_kinds() -> Vec<&'static str> {
    ErrorKind::ALL.iter().map(|kind| kind.code()).collect()
}
