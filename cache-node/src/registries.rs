//! Looking at registries.

use std::path::Path;
use std::sync::Arc;

use cache_core::connect::{self, RegistriesConfig, read};
use napi::Env;
use napi::bindgen_prelude::{Buffer, Promise, PromiseRaw};
use napi_derive::napi;
use serde_json::{Value, json};

use crate::errors::raise;
use crate::run::unless_stopped;
use crate::sbom::plain;
use crate::sign::StopOptions;

/// Registries and other places of images, to be looked at: what people ask crane and skopeo for. Nothing is changed in any of
/// them. Without a tag and a digest, `latest` is meant.
#[napi]
#[derive(Debug)]
pub struct Registries(Arc<connect::Registries>);

#[napi]
impl Registries {
    /// Nothing is opened yet.
    #[napi(constructor)]
    pub fn new(
        #[napi(ts_arg_type = "RegistriesConfig | undefined | null")] config: Option<Value>,
    ) -> napi::Result<Self> {
        let config: RegistriesConfig = read("registries", config.unwrap_or_else(|| json!({}))).map_err(raise)?;
        config.open().map(|opened| Registries(Arc::new(opened))).map_err(raise)
    }

    /// Every tag of a repository, sorted.
    #[napi(ts_return_type = "Promise<string[]>")]
    pub fn tags<'env>(
        &self,
        env: &'env Env,
        repository: String,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let (opened, StopOptions { signal }) = (Arc::clone(&self.0), options.unwrap_or_default());
        let work = async move { plain(&opened.tags(&repository).await.map_err(raise)?) };
        env.spawn_future(unless_stopped(signal, work))
    }

    /// The digest of what a reference names; with a platform, of its image out of an index.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn digest<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<LookOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let (opened, LookOptions { platform, signal }) = (Arc::clone(&self.0), options.unwrap_or_default());
        let work = async move { plain(&opened.digest(&image, platform.as_deref()).await.map_err(raise)?) };
        env.spawn_future(unless_stopped(signal, work))
    }

    /// A manifest, byte for byte; with a platform, that of its image out of an index.
    #[napi]
    pub fn manifest<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<LookOptions>,
    ) -> napi::Result<PromiseRaw<'env, Buffer>> {
        let (opened, LookOptions { platform, signal }) = (Arc::clone(&self.0), options.unwrap_or_default());
        let work = async move {
            let bytes = opened.manifest(&image, platform.as_deref()).await.map_err(raise)?;
            Ok(Buffer::from(bytes.to_vec()))
        };
        env.spawn_future(unless_stopped(signal, work))
    }

    /// The configuration of an image, byte for byte. An index needs a platform, unless it has only one.
    #[napi]
    pub fn config<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<LookOptions>,
    ) -> napi::Result<PromiseRaw<'env, Buffer>> {
        let (opened, LookOptions { platform, signal }) = (Arc::clone(&self.0), options.unwrap_or_default());
        let work = async move {
            let bytes = opened.config(&image, platform.as_deref()).await.map_err(raise)?;
            Ok(Buffer::from(bytes.to_vec()))
        };
        env.spawn_future(unless_stopped(signal, work))
    }

    /// What an image is, under the names that `skopeo inspect` gives.
    #[napi(ts_return_type = "Promise<Inspection>")]
    pub fn inspect<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<LookOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let (opened, LookOptions { platform, signal }) = (Arc::clone(&self.0), options.unwrap_or_default());
        let work = async move { plain(&opened.inspect(&image, platform.as_deref()).await.map_err(raise)?) };
        env.spawn_future(unless_stopped(signal, work))
    }

    /// What is attached to an image.
    #[napi(ts_return_type = "Promise<Descriptor[]>")]
    pub fn referrers<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let (opened, StopOptions { signal }) = (Arc::clone(&self.0), options.unwrap_or_default());
        let work = async move { plain(&opened.referrers(&image).await.map_err(raise)?) };
        env.spawn_future(unless_stopped(signal, work))
    }

    /// Every repository of a registry that may be seen, sorted.
    #[napi(ts_return_type = "Promise<string[]>")]
    pub fn repositories<'env>(
        &self,
        env: &'env Env,
        host: String,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let (opened, StopOptions { signal }) = (Arc::clone(&self.0), options.unwrap_or_default());
        let work = async move { plain(&opened.repositories(&host).await.map_err(raise)?) };
        env.spawn_future(unless_stopped(signal, work))
    }

    /// The login that a registry is shown now, in the clear, to be handed on; `null` where there is none.
    #[napi(ts_return_type = "Promise<Login | null>")]
    pub fn login<'env>(
        &self,
        env: &'env Env,
        host: String,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let (opened, StopOptions { signal }) = (Arc::clone(&self.0), options.unwrap_or_default());
        let work = async move {
            let Some(login) = opened.login(&host).await.map_err(raise)? else { return Ok(Value::Null) };
            let both = login.reveal().map_err(raise)?;
            Ok(both.map_or(Value::Null, |(user, password)| json!({"user": user, "password": password})))
        };
        env.spawn_future(unless_stopped(signal, work))
    }

    /// Writes that login into docker's file, or the one that is given, and leaves all else in it.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn save_login<'env>(
        &self,
        env: &'env Env,
        host: String,
        path: Option<String>,
    ) -> napi::Result<PromiseRaw<'env, ()>> {
        let opened = Arc::clone(&self.0);
        env.spawn_future(async move { opened.save_login(&host, path.as_deref().map(Path::new)).await.map_err(raise) })
    }
}

/// How an image is looked at.
#[expect(missing_debug_implementations, reason = "a promise of JavaScript has no text")]
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct LookOptions {
    /// The platform out of an index: `linux/amd64`.
    pub platform: Option<String>,
    /// Stops the work when it aborts. The promise then rejects with its reason.
    #[napi(ts_type = "AbortSignal")]
    pub signal: Option<Promise<()>>,
}
