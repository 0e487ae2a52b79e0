//! Gates that are written in Python.

use std::sync::Arc;

use async_trait::async_trait;
use cache_core::Result;
use cache_core::connect::{Judge, foreign_gate};
use cache_core::gate::PromotionGate;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use serde_json::Value;

use crate::callback::call;
use crate::errors::raise;
use crate::plain::{Plain, to_value};

/// The method `judge` of a Python object.
struct PythonJudge {
    judge: Py<PyAny>,
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
    /// A gate that raises has not passed.
    async fn judge(&self, evidence: Value) -> Result<Value> {
        call("the gate", &self.judge, Plain(evidence), to_value).await
    }
}
