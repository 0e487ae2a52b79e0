//! Scanners, their database, and what their reports come to together.

use std::sync::Arc;

use cache_core::connect::{BuildConfig, GenerateConfig, OpenScanner, ScannerConfig, UpdateConfig};
use cache_core::scan::{self, MergedReport, Report};
use pyo3::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::errors::raise;
use crate::plain::{Plain, from_python, to_python};
use crate::progress::Watcher;
use crate::runtime::{awaitable, awaitable_watched, block_on, block_on_watched};
use crate::sbom::Sbom;

/// Looks for vulnerabilities: Cache's own scanner with a database, or the program `grype` or `trivy`.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Scanner(Arc<OpenScanner>);

#[pymethods]
impl Scanner {
    #[new]
    fn new(config: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (py, config): (_, ScannerConfig) = (config.py(), from_python("scanner", config)?);
        py.detach(|| config.open()).map(|scanner| Scanner(Arc::new(scanner))).map_err(raise)
    }

    /// Its name; its version and the age of its data where they are known before it runs.
    #[getter]
    fn info(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.info())
    }

    /// Scans an image or a folder. `progress` is called with how far Cache's own scanner is in making the SBOM; what it raises
    /// stops the work, as Ctrl-C does.
    #[pyo3(signature = (request, *, progress=None))]
    fn scan(&self, request: &Bound<'_, PyAny>, progress: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let (py, config): (_, GenerateConfig) = (request.py(), from_python("request", request)?);
        let (watch, watcher) = progress.map(|progress| Watcher::new(py, progress)).transpose()?.unzip();
        let report = block_on_watched(py, self.0.scan(&config, watch), watcher)?;
        to_python(py, &report)
    }

    /// The same, to be awaited. `progress` is called in the event loop; what it raises stops the work, as cancelling does.
    #[pyo3(signature = (request, *, progress=None))]
    fn scan_async<'py>(&self, request: &Bound<'py, PyAny>, progress: Option<Py<PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let (py, config): (_, GenerateConfig) = (request.py(), from_python("request", request)?);
        let (watch, watcher) = progress.map(|progress| Watcher::new(py, progress)).transpose()?.unzip();
        let scanner = Arc::clone(&self.0);
        awaitable_watched(py, async move { plain(&scanner.scan(&config, watch).await?) }, watcher, Plain)
    }

    /// Scans the packages of an SBOM.
    fn scan_sbom(&self, py: Python<'_>, sbom: &Bound<'_, Sbom>) -> PyResult<Py<PyAny>> {
        let report = block_on(py, self.0.scan_sbom(sbom.get().inner()))?;
        to_python(py, &report)
    }

    /// The same, to be awaited.
    fn scan_sbom_async<'py>(&self, py: Python<'py>, sbom: Py<Sbom>) -> PyResult<Bound<'py, PyAny>> {
        let scanner = Arc::clone(&self.0);
        awaitable(py, async move { plain(&scanner.scan_sbom(sbom.get().inner()).await?) }, Plain)
    }

    fn __repr__(&self) -> String {
        format!("<Scanner {}>", self.0.info().name)
    }
}

/// The database of Cache's own scanner.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Database(scan::Database);

#[pymethods]
impl Database {
    /// Opens one. What a scan reads is checked when it is read.
    #[staticmethod]
    fn open(py: Python<'_>, path: std::path::PathBuf) -> PyResult<Self> {
        py.detach(|| scan::Database::open(path)).map(Database).map_err(raise)
    }

    /// Makes one of what is on this machine, in the place of what is at its path.
    #[staticmethod]
    fn build(request: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let (py, config): (_, BuildConfig) = (request.py(), from_python("request", request)?);
        let info = block_on(py, config.build())?;
        to_python(py, &info)
    }

    /// The same, to be awaited.
    #[staticmethod]
    fn build_async<'py>(request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (py, config): (_, BuildConfig) = (request.py(), from_python("request", request)?);
        awaitable(py, async move { plain(&config.build().await?) }, Plain)
    }

    /// Brings one up to date with what is published. `progress` is called with how far it is; what it raises stops the work,
    /// as Ctrl-C does, and the next update goes on from there.
    #[staticmethod]
    #[pyo3(signature = (request, *, progress=None))]
    fn update(request: &Bound<'_, PyAny>, progress: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let (py, config): (_, UpdateConfig) = (request.py(), from_python("request", request)?);
        let (watch, watcher) = progress.map(|progress| Watcher::new(py, progress)).transpose()?.unzip();
        let updated = block_on_watched(py, config.update(watch), watcher)?;
        to_python(py, &updated)
    }

    /// The same, to be awaited. `progress` is called in the event loop; what it raises stops the work, as cancelling does.
    #[staticmethod]
    #[pyo3(signature = (request, *, progress=None))]
    fn update_async<'py>(request: &Bound<'py, PyAny>, progress: Option<Py<PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let (py, config): (_, UpdateConfig) = (request.py(), from_python("request", request)?);
        let (watch, watcher) = progress.map(|progress| Watcher::new(py, progress)).transpose()?.unzip();
        awaitable_watched(py, async move { plain(&config.update(watch).await?) }, watcher, Plain)
    }

    /// What it was made of.
    #[getter]
    fn info(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, self.0.info())
    }

    /// The digest of what it holds: the same for the same data.
    #[getter]
    fn digest(&self) -> String {
        self.0.digest()
    }

    /// Reads all of it and compares it with its digest. Raises `Untrusted` where it is damaged.
    fn verify(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.0.verify()).map_err(raise)
    }

    fn __repr__(&self) -> String {
        format!("<Database {}, {} advisories>", self.0.digest(), self.0.info().advisories)
    }
}

/// Reads what a scanner wrote, recognising the format.
#[pyfunction]
pub(crate) fn parse_report(py: Python<'_>, document: &[u8]) -> PyResult<Py<PyAny>> {
    let report = py.detach(|| Report::parse(document)).map_err(raise)?;
    to_python(py, &report)
}

/// Several reports as one list, which keeps who said what, and where they differ and why.
#[pyfunction]
pub(crate) fn merge_reports(reports: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let (py, reports): (_, Vec<Report>) = (reports.py(), from_python("list of reports", reports)?);
    to_python(py, &py.detach(|| MergedReport::of(&reports)))
}

fn plain(data: &impl Serialize) -> cache_core::Result<Value> {
    serde_json::to_value(data).map_err(|e| cache_core::Error::unexpected(e.to_string()))
}
