//! Plain data between the two languages, by way of JSON: dictionaries, lists, text, numbers.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::errors::raise;

/// Rust to Python.
pub(crate) fn to_python(py: Python<'_>, data: &impl Serialize) -> PyResult<Py<PyAny>> {
    let json = serde_json::to_vec(data).map_err(|e| raise(cache_core::Error::unexpected(e.to_string())))?;
    Ok(py.import("json")?.call_method1("loads", (PyBytes::new(py, &json),))?.unbind())
}

/// Plain data that becomes Python's when it is awaited.
pub(crate) struct Plain(pub(crate) Value);

impl<'py> IntoPyObject<'py> for Plain {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(to_python(py, &self.0)?.into_bound(py))
    }
}

/// Python to Rust, as it is.
pub(crate) fn to_value(data: &Bound<'_, PyAny>) -> PyResult<Value> {
    let json: String = data.py().import("cache_guardian._plain")?.call_method1("dumps", (data,))?.extract()?;
    // Python writes half of a character, which is no text.
    serde_json::from_str(&json).map_err(|e| raise(cache_core::Error::invalid(format!("not plain data: {e}"))))
}

/// Python to Rust, as a type; `what` is for the message.
pub(crate) fn from_python<T: DeserializeOwned>(what: &str, data: &Bound<'_, PyAny>) -> PyResult<T> {
    cache_core::connect::read(what, to_value(data)?).map_err(raise)
}

/// A page of its own within a notebook: its style touches nothing around it, and it can do nothing.
pub(crate) fn in_a_frame(page: &str) -> String {
    let page = page.replace('&', "&amp;").replace('"', "&quot;");
    format!(r#"<iframe sandbox srcdoc="{page}" style="width:100%;height:36em;border:0"></iframe>"#)
}
