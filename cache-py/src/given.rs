//! Evidence that the caller has. It does not cross as JSON: an SBOM may be large, and is handed over as the bytes that it is.

use std::path::PathBuf;

use bytes::Bytes;
use cache_core::connect;
use cache_core::promote::Given;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::errors::raise;

/// Reads evidence, each `{"kind": ..., "bytes": ...}` or `{"kind": ..., "path": ...}`.
pub(crate) fn given(items: &[Bound<'_, PyDict>]) -> PyResult<Vec<Given>> {
    items.iter().map(one).collect()
}

fn one(item: &Bound<'_, PyDict>) -> PyResult<Given> {
    let known = ["kind", "bytes", "path"];
    for key in item.keys() {
        if !key.extract::<String>().is_ok_and(|key| known.contains(&key.as_str())) {
            return Err(raise(cache_core::Error::invalid(format!("given evidence has no {key}"))));
        }
    }
    let kind = item.get_item("kind")?.ok_or_else(|| PyKeyError::new_err("kind"))?;
    let bytes = item.get_item("bytes")?;
    let bytes = bytes.map(|bytes| Ok::<_, PyErr>(Bytes::copy_from_slice(bytes.cast::<PyBytes>()?.as_bytes())));
    let path = item.get_item("path")?.map(|path| path.extract::<PathBuf>()).transpose()?;
    connect::given(&kind.extract::<String>()?, bytes.transpose()?, path).map_err(raise)
}
