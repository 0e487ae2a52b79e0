//! SBOMs: read once, asked often.

use std::sync::Arc;

use cache_core::connect::GenerateConfig;
use cache_core::sbom::{self, query};
use napi::Env;
use napi::bindgen_prelude::{Buffer, ClassInstance, Promise, PromiseRaw};
use napi_derive::napi;
use serde::Serialize;
use serde_json::Value;

use crate::errors::raise;
use crate::read::read;
use crate::run::{OnProgress, unless_stopped, watched};

/// An SBOM, whatever its format.
#[napi]
#[derive(Debug)]
pub struct Sbom(Arc<sbom::Sbom<'static>>);

#[napi]
impl Sbom {
    /// Reads a document in any format that is known.
    #[napi(factory)]
    pub fn parse(document: &[u8]) -> napi::Result<Self> {
        sbom::Sbom::parse(document).map(|sbom| Sbom(Arc::new(sbom.into_owned()))).map_err(raise)
    }

    /// Makes the SBOM of an image or a folder.
    #[napi(ts_return_type = "Promise<Sbom>")]
    pub fn generate<'env>(
        env: &'env Env,
        #[napi(ts_arg_type = "GenerateRequest")] request: Value,
        options: Option<GenerateOptions>,
    ) -> napi::Result<PromiseRaw<'env, Sbom>> {
        let GenerateOptions { on_progress, signal } = options.unwrap_or_default();
        let work = watched(on_progress, async move |watch| {
            let config: GenerateConfig = read("request", request)?;
            config.generate(watch).await.map(|sbom| Sbom(Arc::new(sbom))).map_err(raise)
        });
        env.spawn_future(unless_stopped(signal, work))
    }

    /// What is wrong with a document by the letter of its specification; reading one asks none of this.
    #[napi(ts_return_type = "{ code: string; position: string; message: string }[]")]
    pub fn validate(document: &[u8]) -> napi::Result<Value> {
        plain(&sbom::validate(document).map_err(raise)?)
    }

    /// Makes one SBOM of several.
    #[napi]
    pub fn merge(#[napi(ts_arg_type = "Sbom[]")] sboms: Vec<ClassInstance<'_, Sbom>>) -> Self {
        let parts: Vec<_> = sboms.iter().map(|sbom| &*sbom.0).collect();
        Sbom(Arc::new(query::merge(&parts)))
    }

    /// The format and its version, such as `SPDX-2.3`.
    #[napi(getter)]
    pub fn format(&self) -> String {
        self.0.format.to_string()
    }

    /// What it says, as plain data.
    #[napi(getter, ts_return_type = "SbomData")]
    pub fn data(&self) -> napi::Result<Value> {
        plain(&*self.0)
    }

    /// How much is in it.
    #[napi(ts_return_type = "SbomCount")]
    pub fn count(&self) -> napi::Result<Value> {
        plain(&self.0.count())
    }

    /// The packages of a name, a purl, a type, a licence; all that is given has to hold.
    #[napi(ts_return_type = "ListedPackage[]")]
    pub fn find(&self, #[napi(ts_arg_type = "SbomQuery")] query: Value) -> napi::Result<Value> {
        let query: query::Query = read("query", query)?;
        plain(&query::Listed::all(self.0.find(&query)))
    }

    /// Which licences the packages have.
    #[napi(ts_return_type = "LicenseHistogram")]
    pub fn licenses(&self) -> napi::Result<Value> {
        plain(&self.0.license_histogram())
    }

    /// Why a package is there: at most `most` ways that lead to it, ten where it is left out. `what` is its id, its purl or
    /// its name.
    #[napi(ts_return_type = "SbomPaths")]
    pub fn paths(&self, what: String, most: Option<u32>) -> napi::Result<Value> {
        plain(&self.0.paths(&what, usize::try_from(most.unwrap_or(10)).unwrap_or(usize::MAX)))
    }

    /// The packages that a package needs; without `transitive` those of one step.
    #[napi(ts_return_type = "ListedPackage[]")]
    pub fn depends_on(&self, what: String, transitive: Option<bool>) -> napi::Result<Value> {
        plain(&query::Listed::all(self.0.depends_on(&what, depth(transitive))))
    }

    /// The packages that need a package; without `transitive` those of one step.
    #[napi(ts_return_type = "ListedPackage[]")]
    pub fn dependents_of(&self, what: String, transitive: Option<bool>) -> napi::Result<Value> {
        plain(&query::Listed::all(self.0.dependents_of(&what, depth(transitive))))
    }

    /// What changed from this SBOM to a later one.
    #[napi(ts_return_type = "SbomDiff")]
    pub fn diff(&self, later: &Sbom) -> napi::Result<Value> {
        plain(&query::diff(&self.0, &later.0))
    }

    /// The document in another format, such as `cyclonedx-1.6`, with what that format cannot say.
    #[napi]
    pub fn write(&self, format: String) -> napi::Result<WrittenSbom> {
        let written = sbom::Format::parse(&format).and_then(|format| self.0.write(&format)).map_err(raise)?;
        Ok(WrittenSbom { bytes: written.bytes.into(), lost: plain(&written.lost)? })
    }

    /// How much of the NTIA's minimum elements it has, and which packages lack what.
    #[napi(ts_return_type = "SbomScore")]
    pub fn score(&self) -> napi::Result<Value> {
        plain(&self.0.score())
    }
}

impl Sbom {
    pub(crate) fn shared(&self) -> Arc<sbom::Sbom<'static>> {
        Arc::clone(&self.0)
    }
}

/// How to make an SBOM.
#[expect(missing_debug_implementations, reason = "a function of JavaScript has no text")]
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct GenerateOptions {
    /// Is told how far it is. What it throws stops the work, and the promise rejects with it. So does the rejection of a promise
    /// that it returns; it is not waited for.
    #[napi(ts_type = "((progress: GenerateProgress) => void) | undefined")]
    pub on_progress: Option<OnProgress>,
    /// Stops the work when it aborts. The promise then rejects with its reason.
    #[napi(ts_type = "AbortSignal | undefined")]
    pub signal: Option<Promise<()>>,
}

/// An SBOM as a document.
#[expect(missing_debug_implementations, reason = "a buffer has no text")]
#[napi(object, object_from_js = false)]
pub struct WrittenSbom {
    /// The document.
    pub bytes: Buffer,
    /// What the format cannot say.
    #[napi(ts_type = "{ code: string; position: string; message: string }[]")]
    pub lost: Value,
}

fn depth(transitive: Option<bool>) -> query::Depth {
    if transitive == Some(true) { query::Depth::Transitive } else { query::Depth::Direct }
}

pub(crate) fn plain(data: &impl Serialize) -> napi::Result<Value> {
    Ok(serde_json::to_value(data)?)
}
