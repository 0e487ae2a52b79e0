//! The story of an image.

use cache_core::connect::StoryConfig;
use cache_core::story;
use pyo3::prelude::*;

use crate::plain::{from_python, in_a_frame, to_python};
use crate::runtime::{awaitable, block_on};

/// What registries know about an image, from build to deployment. Made by `tell_story`.
#[pyclass(frozen, module = "cache_guardian")]
#[derive(Debug)]
pub(crate) struct Story(story::Story);

#[pymethods]
impl Story {
    /// The story as plain data; the schema is `story-v1.json`.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0)
    }

    /// The story as Markdown.
    fn markdown(&self) -> String {
        self.0.markdown()
    }

    /// The story as a page that stands alone.
    fn html(&self) -> String {
        self.0.html()
    }

    fn _repr_html_(&self) -> String {
        in_a_frame(&self.0.html())
    }

    fn __repr__(&self) -> String {
        format!("<Story of {}, {} events>", self.0.reference, self.0.events.len())
    }
}

/// Gathers the story of an image. Reads only.
#[pyfunction]
pub(crate) fn tell_story(request: &Bound<'_, PyAny>) -> PyResult<Story> {
    let (py, config): (_, StoryConfig) = (request.py(), from_python("request", request)?);
    block_on(py, config.tell()).map(Story)
}

/// The same, to be awaited.
#[pyfunction]
pub(crate) fn tell_story_async<'py>(request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let (py, config): (_, StoryConfig) = (request.py(), from_python("request", request)?);
    awaitable(py, async move { config.tell().await }, Story)
}
