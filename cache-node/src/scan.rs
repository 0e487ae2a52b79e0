//! Scanners, their database, and what their reports come to together.

use std::sync::Arc;

use cache_core::connect::{BuildConfig, GenerateConfig, OpenScanner, ScannerConfig, UpdateConfig};
use cache_core::scan::{self, MergedReport, Report};
use napi::Env;
use napi::bindgen_prelude::{Promise, PromiseRaw};
use napi_derive::napi;
use serde_json::Value;

use crate::errors::raise;
use crate::read::read;
use crate::run::{OnProgress, unless_stopped, watched};
use crate::sbom::{GenerateOptions, Sbom, plain};
use crate::sign::StopOptions;

/// Looks for vulnerabilities: Cache's own scanner with a database, or the program `grype` or `trivy`.
#[napi]
#[derive(Debug)]
pub struct Scanner(Arc<OpenScanner>);

#[napi]
impl Scanner {
    /// Opens a scanner.
    #[napi(constructor)]
    pub fn new(#[napi(ts_arg_type = "ScannerConfig")] config: Value) -> napi::Result<Self> {
        let config: ScannerConfig = read("config", config)?;
        config.open().map(|scanner| Scanner(Arc::new(scanner))).map_err(raise)
    }

    /// Its name; its version and the age of its data where they are known before it runs.
    #[napi(getter, ts_return_type = "ScannerInfo")]
    pub fn info(&self) -> napi::Result<Value> {
        plain(&self.0.info())
    }

    /// Scans an image or a folder. Cache's own scanner tells how far it is in making the SBOM.
    #[napi(ts_return_type = "Promise<Report>")]
    pub fn scan<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "GenerateRequest")] request: Value,
        options: Option<GenerateOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let GenerateOptions { on_progress, signal } = options.unwrap_or_default();
        let scanner = Arc::clone(&self.0);
        let work = watched(on_progress, async move |watch| {
            let config: GenerateConfig = read("request", request)?;
            plain(&scanner.scan(&config, watch).await.map_err(raise)?)
        });
        env.spawn_future(unless_stopped(signal, work))
    }

    /// Scans the packages of an SBOM.
    #[napi(ts_return_type = "Promise<Report>")]
    pub fn scan_sbom<'env>(
        &self,
        env: &'env Env,
        sbom: &Sbom,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let StopOptions { signal } = options.unwrap_or_default();
        let (scanner, sbom) = (Arc::clone(&self.0), sbom.shared());
        let work = async move { plain(&scanner.scan_sbom(&sbom).await.map_err(raise)?) };
        env.spawn_future(unless_stopped(signal, work))
    }
}

/// The database of Cache's own scanner.
#[napi]
#[derive(Debug)]
pub struct Database(scan::Database);

#[napi]
impl Database {
    /// Opens one. What a scan reads is checked when it is read.
    #[napi(factory)]
    pub fn open(path: String) -> napi::Result<Self> {
        scan::Database::open(path).map(Database).map_err(raise)
    }

    /// Makes one of what is on this machine, in the place of what is at its path.
    #[napi(ts_return_type = "Promise<DatabaseInfo>")]
    pub fn build<'env>(
        env: &'env Env,
        #[napi(ts_arg_type = "DatabaseBuildRequest")] request: Value,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let StopOptions { signal } = options.unwrap_or_default();
        let work = async move {
            let config: BuildConfig = read("request", request)?;
            plain(&config.build().await.map_err(raise)?)
        };
        env.spawn_future(unless_stopped(signal, work))
    }

    /// Brings one up to date with what is published. Where it is stopped, the next update goes on from there.
    #[napi(ts_return_type = "Promise<DatabaseUpdated>")]
    pub fn update<'env>(
        env: &'env Env,
        #[napi(ts_arg_type = "DatabaseUpdateRequest")] request: Value,
        options: Option<UpdateOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let UpdateOptions { on_progress, signal } = options.unwrap_or_default();
        let work = watched(on_progress, async move |watch| {
            let config: UpdateConfig = read("request", request)?;
            plain(&config.update(watch).await.map_err(raise)?)
        });
        env.spawn_future(unless_stopped(signal, work))
    }

    /// What it was made of.
    #[napi(getter, ts_return_type = "DatabaseInfo")]
    pub fn info(&self) -> napi::Result<Value> {
        plain(self.0.info())
    }

    /// The digest of what it holds: the same for the same data.
    #[napi(getter)]
    pub fn digest(&self) -> String {
        self.0.digest()
    }

    /// Reads all of it and compares it with its digest. Throws `Untrusted` where it is damaged.
    #[napi]
    pub fn verify(&self) -> napi::Result<()> {
        self.0.verify().map_err(raise)
    }
}

/// How to bring a database up to date.
#[expect(missing_debug_implementations, reason = "a function of JavaScript has no text")]
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct UpdateOptions {
    /// Is told how far it is. What it throws stops the work, and the promise rejects with it. So does the rejection of a promise
    /// that it returns; it is not waited for.
    #[napi(ts_type = "((progress: DatabaseProgress) => void) | undefined")]
    pub on_progress: Option<OnProgress>,
    /// Stops the work when it aborts. The promise then rejects with its reason.
    #[napi(ts_type = "AbortSignal | undefined")]
    pub signal: Option<Promise<()>>,
}

/// Reads what a scanner wrote, recognising the format.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "Report")]
pub fn parse_report(document: &[u8]) -> napi::Result<Value> {
    plain(&Report::parse(document).map_err(raise)?)
}

/// Several reports as one list, which keeps who said what, and where they differ and why.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "MergedReport")]
pub fn merge_reports(#[napi(ts_arg_type = "Report[]")] reports: Value) -> napi::Result<Value> {
    let reports: Vec<Report> = read("reports", reports)?;
    plain(&MergedReport::of(&reports))
}
