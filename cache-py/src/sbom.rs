//! SBOMs: read once, asked often.

use cache_core::connect::GenerateConfig;
use cache_core::sbom::{self, query};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raise;
use crate::plain::{from_python, to_python};
use crate::progress::Watcher;
use crate::runtime::{awaitable_watched, block_on_watched};

/// An SBOM, whatever its format.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Sbom(sbom::Sbom<'static>);

#[pymethods]
impl Sbom {
    /// Reads a document in any format that is known.
    #[staticmethod]
    fn parse(py: Python<'_>, document: &[u8]) -> PyResult<Self> {
        py.detach(|| sbom::Sbom::parse(document).map(sbom::Sbom::into_owned)).map(Sbom).map_err(raise)
    }

    /// Makes the SBOM of an image or a folder. `progress` is called with how far it is; what it raises stops the work, as
    /// Ctrl-C does.
    #[staticmethod]
    #[pyo3(signature = (request, *, progress=None))]
    fn generate(request: &Bound<'_, PyAny>, progress: Option<Py<PyAny>>) -> PyResult<Self> {
        let config: GenerateConfig = from_python("request", request)?;
        let (watch, watcher) = progress.map(|progress| Watcher::new(request.py(), progress)).transpose()?.unzip();
        block_on_watched(request.py(), config.generate(watch), watcher).map(Sbom)
    }

    /// The same, to be awaited. `progress` is called in the event loop; what it raises stops the work, as cancelling does.
    #[staticmethod]
    #[pyo3(signature = (request, *, progress=None))]
    fn generate_async<'py>(request: &Bound<'py, PyAny>, progress: Option<Py<PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let config: GenerateConfig = from_python("request", request)?;
        let (watch, watcher) = progress.map(|progress| Watcher::new(request.py(), progress)).transpose()?.unzip();
        awaitable_watched(request.py(), async move { config.generate(watch).await }, watcher, Sbom)
    }

    /// What is wrong with a document by the letter of its specification; reading one asks none of this.
    #[staticmethod]
    fn validate(py: Python<'_>, document: &[u8]) -> PyResult<Py<PyAny>> {
        let findings = py.detach(|| sbom::validate(document)).map_err(raise)?;
        to_python(py, &findings)
    }

    /// Makes one SBOM of several.
    #[staticmethod]
    fn merge(py: Python<'_>, sboms: Vec<Bound<'_, Sbom>>) -> Self {
        let parts: Vec<_> = sboms.iter().map(|sbom| &sbom.get().0).collect();
        py.detach(|| Sbom(query::merge(&parts)))
    }

    /// The format and its version, such as `SPDX-2.3`.
    #[getter]
    fn format(&self) -> String {
        self.0.format.to_string()
    }

    /// What it says, as plain data.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0)
    }

    /// How much is in it.
    fn count(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.count())
    }

    /// The packages of a name, a purl, a type, a licence; all that is given has to hold.
    #[pyo3(signature = (query))]
    fn find(&self, py: Python<'_>, query: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let query: query::Query = from_python("query", query)?;
        to_python(py, &query::Listed::all(self.0.find(&query)))
    }

    /// Which licences the packages have.
    fn licenses(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.license_histogram())
    }

    /// Why a package is there: the ways that lead to it. `what` is its id, its purl or its name.
    #[pyo3(signature = (what, *, most=10))]
    fn paths(&self, py: Python<'_>, what: &str, most: usize) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.paths(what, most))
    }

    /// The packages that a package needs; without `transitive` those of one step.
    #[pyo3(signature = (what, *, transitive=false))]
    fn depends_on(&self, py: Python<'_>, what: &str, transitive: bool) -> PyResult<Py<PyAny>> {
        to_python(py, &query::Listed::all(self.0.depends_on(what, depth(transitive))))
    }

    /// The packages that need a package; without `transitive` those of one step.
    #[pyo3(signature = (what, *, transitive=false))]
    fn dependents_of(&self, py: Python<'_>, what: &str, transitive: bool) -> PyResult<Py<PyAny>> {
        to_python(py, &query::Listed::all(self.0.dependents_of(what, depth(transitive))))
    }

    /// What changed from this SBOM to a later one.
    fn diff(&self, py: Python<'_>, later: &Bound<'_, Sbom>) -> PyResult<Py<PyAny>> {
        to_python(py, &query::diff(&self.0, &later.get().0))
    }

    /// How much of the NTIA's minimum elements it has, and which packages lack what.
    fn score(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.score())
    }

    /// The document in another format, such as `cyclonedx-1.6`: its bytes, and what that format cannot say.
    fn write<'py>(&self, py: Python<'py>, format: &str) -> PyResult<(Bound<'py, PyBytes>, Py<PyAny>)> {
        let format = sbom::Format::parse(format).map_err(raise)?;
        let written = py.detach(|| self.0.write(&format)).map_err(raise)?;
        Ok((PyBytes::new(py, &written.bytes), to_python(py, &written.lost)?))
    }

    fn __repr__(&self) -> String {
        format!("<Sbom {}, {} packages>", self.0.format, self.0.packages.len())
    }
}

impl Sbom {
    pub(crate) fn inner(&self) -> &sbom::Sbom<'static> {
        &self.0
    }
}

fn depth(transitive: bool) -> query::Depth {
    if transitive { query::Depth::Transitive } else { query::Depth::Direct }
}
