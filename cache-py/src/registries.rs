//! Looking at registries.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use cache_core::Result;
use cache_core::connect::{self, RegistriesConfig, read};
use cache_core::model::Descriptor;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde::Serialize;
use serde_json::{Value, json};

use crate::errors::raise;
use crate::plain::{Plain, from_python, to_python, to_value};
use crate::runtime::{awaitable, block_on};

/// Registries and other places of images, to be looked at: what people ask crane and skopeo for. Nothing is changed in any of
/// them. Without a tag and a digest, `latest` is meant.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Registries(Arc<connect::Registries>);

#[pymethods]
impl Registries {
    #[new]
    #[pyo3(signature = (config=None))]
    fn new(config: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let config = config.map_or_else(|| Ok(json!({})), to_value)?;
        let config: RegistriesConfig = read("registries", config).map_err(raise)?;
        config.open().map(|opened| Registries(Arc::new(opened))).map_err(raise)
    }

    /// Every tag of a repository, sorted.
    fn tags(&self, py: Python<'_>, repository: &str) -> PyResult<Py<PyAny>> {
        told(py, self.0.tags(repository))
    }

    /// The same, to be awaited.
    fn tags_async<'py>(&self, py: Python<'py>, repository: String) -> PyResult<Bound<'py, PyAny>> {
        let opened = Arc::clone(&self.0);
        told_async(py, async move { opened.tags(&repository).await })
    }

    /// The digest of what a reference names; with a platform, of its image for it.
    #[pyo3(signature = (image, *, platform=None))]
    fn digest(&self, py: Python<'_>, image: &str, platform: Option<&str>) -> PyResult<Py<PyAny>> {
        told(py, self.0.digest(image, platform))
    }

    /// The same, to be awaited.
    #[pyo3(signature = (image, *, platform=None))]
    fn digest_async<'py>(
        &self,
        py: Python<'py>,
        image: String,
        platform: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let opened = Arc::clone(&self.0);
        told_async(py, async move { opened.digest(&image, platform.as_deref()).await })
    }

    /// A manifest, byte for byte; with a platform, that of its image for it.
    #[pyo3(signature = (image, *, platform=None))]
    fn manifest<'py>(&self, py: Python<'py>, image: &str, platform: Option<&str>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &block_on(py, self.0.manifest(image, platform))?))
    }

    /// The same, to be awaited.
    #[pyo3(signature = (image, *, platform=None))]
    fn manifest_async<'py>(
        &self,
        py: Python<'py>,
        image: String,
        platform: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let opened = Arc::clone(&self.0);
        awaitable(py, async move { opened.manifest(&image, platform.as_deref()).await }, |bytes| bytes.to_vec())
    }

    /// The configuration of an image, byte for byte. An index needs a platform, unless it has only one.
    #[pyo3(signature = (image, *, platform=None))]
    fn config<'py>(&self, py: Python<'py>, image: &str, platform: Option<&str>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &block_on(py, self.0.config(image, platform))?))
    }

    /// The same, to be awaited.
    #[pyo3(signature = (image, *, platform=None))]
    fn config_async<'py>(
        &self,
        py: Python<'py>,
        image: String,
        platform: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let opened = Arc::clone(&self.0);
        awaitable(py, async move { opened.config(&image, platform.as_deref()).await }, |bytes| bytes.to_vec())
    }

    /// What an image is, under the names that `skopeo inspect` gives.
    #[pyo3(signature = (image, *, platform=None))]
    fn inspect(&self, py: Python<'_>, image: &str, platform: Option<&str>) -> PyResult<Py<PyAny>> {
        told(py, self.0.inspect(image, platform))
    }

    /// The same, to be awaited.
    #[pyo3(signature = (image, *, platform=None))]
    fn inspect_async<'py>(
        &self,
        py: Python<'py>,
        image: String,
        platform: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let opened = Arc::clone(&self.0);
        told_async(py, async move { opened.inspect(&image, platform.as_deref()).await })
    }

    /// What is attached to an image: descriptors.
    fn referrers(&self, py: Python<'_>, image: &str) -> PyResult<Py<PyAny>> {
        told(py, self.0.referrers(image))
    }

    /// The same, to be awaited.
    fn referrers_async<'py>(&self, py: Python<'py>, image: String) -> PyResult<Bound<'py, PyAny>> {
        let opened = Arc::clone(&self.0);
        told_async(py, async move { opened.referrers(&image).await })
    }

    /// A blob that a manifest of the repository names by a descriptor, whole: a document that is attached, or a small layer.
    fn blob<'py>(
        &self,
        py: Python<'py>,
        repository: &str,
        descriptor: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let descriptor: Descriptor = from_python("descriptor", descriptor)?;
        Ok(PyBytes::new(py, &block_on(py, self.0.blob(repository, &descriptor))?))
    }

    /// The same, to be awaited.
    fn blob_async<'py>(
        &self,
        py: Python<'py>,
        repository: String,
        descriptor: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (opened, descriptor): (_, Descriptor) = (Arc::clone(&self.0), from_python("descriptor", descriptor)?);
        awaitable(py, async move { opened.blob(&repository, &descriptor).await }, |bytes| bytes.to_vec())
    }

    /// What the registry's own scanner found in an image, as a report about it; with a platform, in its image for it.
    #[pyo3(signature = (image, *, platform=None))]
    fn findings(&self, py: Python<'_>, image: &str, platform: Option<&str>) -> PyResult<Py<PyAny>> {
        told(py, self.0.findings(image, platform))
    }

    /// The same, to be awaited.
    #[pyo3(signature = (image, *, platform=None))]
    fn findings_async<'py>(
        &self,
        py: Python<'py>,
        image: String,
        platform: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let opened = Arc::clone(&self.0);
        told_async(py, async move { opened.findings(&image, platform.as_deref()).await })
    }

    /// Every repository of a registry that may be seen, sorted.
    fn repositories(&self, py: Python<'_>, host: &str) -> PyResult<Py<PyAny>> {
        told(py, self.0.repositories(host))
    }

    /// The same, to be awaited.
    fn repositories_async<'py>(&self, py: Python<'py>, host: String) -> PyResult<Bound<'py, PyAny>> {
        let opened = Arc::clone(&self.0);
        told_async(py, async move { opened.repositories(&host).await })
    }

    /// The login that a registry is shown now, in the clear, to be handed on: `user` and `password`.
    fn login<'py>(&self, py: Python<'py>, host: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(login) = block_on(py, self.0.login(host))? else { return Ok(None) };
        let Some((user, password)) = login.reveal().map_err(raise)? else { return Ok(None) };
        let both = PyDict::new(py);
        both.set_item("user", user)?;
        both.set_item("password", password)?;
        Ok(Some(both))
    }

    /// Writes that login into docker's file, or the one that is given, and leaves all else in it.
    #[pyo3(signature = (host, *, path=None))]
    fn save_login(&self, py: Python<'_>, host: &str, path: Option<PathBuf>) -> PyResult<()> {
        block_on(py, self.0.save_login(host, path.as_deref()))
    }
}

fn told<T: Serialize + Send>(py: Python<'_>, answer: impl Future<Output = Result<T>> + Send) -> PyResult<Py<PyAny>> {
    to_python(py, &block_on(py, answer)?)
}

fn told_async<T: Serialize>(
    py: Python<'_>,
    answer: impl Future<Output = Result<T>> + Send + 'static,
) -> PyResult<Bound<'_, PyAny>> {
    let plain = |e: serde_json::Error| cache_core::Error::unexpected(e.to_string());
    let work = async move { serde_json::to_value(answer.await?).map_err(plain) };
    awaitable(py, work, |value: Value| Plain(value))
}
