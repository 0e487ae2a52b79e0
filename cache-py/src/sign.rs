//! Keys, and what their signatures are worth.

use cache_core::connect::{self, TufConfig, VerifyConfig, VerifyFileConfig};
use cache_core::model::Secret;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;

use crate::errors::raise;
use crate::plain::{Plain, from_python, to_python};
use crate::runtime::{awaitable, block_on};

/// Makes a key: `p256`, `p384`, `p521`, `rsa2048`, `rsa3072`, `rsa4096` or `ed25519`. Both halves are PEM; with a password the
/// private one is encrypted, as cosign reads it.
#[pyfunction]
#[pyo3(signature = (kind="p256", password=None))]
pub(crate) fn generate_key<'py>(py: Python<'py>, kind: &str, password: Option<String>) -> PyResult<Bound<'py, PyDict>> {
    let password = password.map(Secret::new);
    let made = py.detach(|| connect::generate_key(Some(kind), password.as_ref())).map_err(raise)?;
    let halves = PyDict::new(py);
    halves.set_item("private", made.private.as_str())?;
    halves.set_item("public", made.public)?;
    Ok(halves)
}

/// Verifies what is attached to an image, and says what that is. Raises `Untrusted` where no signature of the image, or no
/// attestation that is asked for, verifies.
#[pyfunction]
pub(crate) fn verify(request: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let (py, config): (_, VerifyConfig) = (request.py(), from_python("request", request)?);
    let verified: Value = block_on(py, config.verify())?;
    to_python(py, &verified)
}

/// The same, to be awaited.
#[pyfunction]
pub(crate) fn verify_async<'py>(request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let (py, config): (_, VerifyConfig) = (request.py(), from_python("request", request)?);
    awaitable(py, async move { config.verify().await }, Plain)
}

/// Holds the journal of a plan, as the ledger keeps it, to the record that is attached to the image. Raises `Untrusted` where it is
/// another, or lines were changed or left out, and `NotFound` where no trusted record is of its plan.
#[pyfunction]
pub(crate) fn verify_journal(request: &Bound<'_, PyAny>, journal: &[u8]) -> PyResult<Py<PyAny>> {
    let (py, config): (_, VerifyConfig) = (request.py(), from_python("request", request)?);
    let verified: Value = block_on(py, config.verify_journal(journal))?;
    to_python(py, &verified)
}

/// The same, to be awaited.
#[pyfunction]
pub(crate) fn verify_journal_async<'py>(request: &Bound<'py, PyAny>, journal: Vec<u8>) -> PyResult<Bound<'py, PyAny>> {
    let (py, config): (_, VerifyConfig) = (request.py(), from_python("request", request)?);
    awaitable(py, async move { config.verify_journal(&journal).await }, Plain)
}

/// Verifies that a trusted signer signed a file, by the bundle that came with it. Reads only; needs no network. Raises `Untrusted`
/// where the signature does not verify or nobody who is trusted made it.
#[pyfunction]
pub(crate) fn verify_file(request: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let (py, config): (_, VerifyFileConfig) = (request.py(), from_python("request", request)?);
    let verified = py.detach(|| config.verify()).map_err(raise)?;
    to_python(py, &verified)
}

/// Fetches the newest trusted root by TUF, and gives its JSON. Raises `Untrusted` where something is not signed as it must be, has
/// expired, or is older than what was seen.
#[pyfunction]
pub(crate) fn refresh_trusted_root(request: &Bound<'_, PyAny>) -> PyResult<String> {
    let (py, config): (_, TufConfig) = (request.py(), from_python("request", request)?);
    block_on(py, config.refresh())
}

/// The same, to be awaited.
#[pyfunction]
pub(crate) fn refresh_trusted_root_async<'py>(request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let (py, config): (_, TufConfig) = (request.py(), from_python("request", request)?);
    awaitable(py, async move { config.refresh().await }, |json| json)
}
