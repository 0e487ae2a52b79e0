//! Looking at registries.

use std::path::Path;
use std::sync::Arc;

use cache_core::connect::{self, RegistriesConfig};
use cache_core::model::Descriptor;
use napi::Env;
use napi::bindgen_prelude::{Buffer, Promise, PromiseRaw, ToNapiValue};
use napi_derive::napi;
use serde_json::{Value, json};

use crate::errors::raise;
use crate::read::read;
use crate::run::unless_stopped;
use crate::sbom::plain;
use crate::sign::StopOptions;

/// Registries and other places of images, to be looked at: what people ask crane and skopeo for. Nothing is changed in any of
/// them. Without a tag and a digest, `latest` is meant.
#[napi]
#[derive(Debug)]
pub struct Registries(Opened);

#[napi]
impl Registries {
    /// Nothing is opened yet.
    #[napi(constructor)]
    pub fn new(
        #[napi(ts_arg_type = "RegistriesConfig | undefined | null")] config: Option<Value>,
    ) -> napi::Result<Self> {
        let config: RegistriesConfig = read("config", config.unwrap_or_else(|| json!({})))?;
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
        let StopOptions { signal } = options.unwrap_or_default();
        self.look(env, signal, |opened| async move { opened.tags(&repository).await }, |told| plain(&told))
    }

    /// The digest of what a reference names; with a platform, of its image for it.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn digest<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<LookOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let LookOptions { platform, signal } = options.unwrap_or_default();
        let ask = |opened: Opened| async move { opened.digest(&image, platform.as_deref()).await };
        self.look(env, signal, ask, |told| plain(&told))
    }

    /// A manifest, byte for byte; with a platform, that of its image for it.
    #[napi]
    pub fn manifest<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<LookOptions>,
    ) -> napi::Result<PromiseRaw<'env, Buffer>> {
        let LookOptions { platform, signal } = options.unwrap_or_default();
        let ask = |opened: Opened| async move { opened.manifest(&image, platform.as_deref()).await };
        self.look(env, signal, ask, |bytes| Ok(Buffer::from(bytes.to_vec())))
    }

    /// The configuration of an image, byte for byte. An index needs a platform, unless it has only one.
    #[napi]
    pub fn config<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<LookOptions>,
    ) -> napi::Result<PromiseRaw<'env, Buffer>> {
        let LookOptions { platform, signal } = options.unwrap_or_default();
        let ask = |opened: Opened| async move { opened.config(&image, platform.as_deref()).await };
        self.look(env, signal, ask, |bytes| Ok(Buffer::from(bytes.to_vec())))
    }

    /// What an image is, under the names that `skopeo inspect` gives.
    #[napi(ts_return_type = "Promise<Inspection>")]
    pub fn inspect<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<LookOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let LookOptions { platform, signal } = options.unwrap_or_default();
        let ask = |opened: Opened| async move { opened.inspect(&image, platform.as_deref()).await };
        self.look(env, signal, ask, |told| plain(&told))
    }

    /// What is attached to an image.
    #[napi(ts_return_type = "Promise<Descriptor[]>")]
    pub fn referrers<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let StopOptions { signal } = options.unwrap_or_default();
        self.look(env, signal, |opened| async move { opened.referrers(&image).await }, |told| plain(&told))
    }

    /// A blob that a manifest of the repository names, whole: a document that is attached, or a small layer.
    #[napi]
    pub fn blob<'env>(
        &self,
        env: &'env Env,
        repository: String,
        #[napi(ts_arg_type = "Descriptor")] descriptor: Value,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Buffer>> {
        let StopOptions { signal } = options.unwrap_or_default();
        let descriptor: Descriptor = read("descriptor", descriptor)?;
        let ask = |opened: Opened| async move { opened.blob(&repository, &descriptor).await };
        self.look(env, signal, ask, |bytes| Ok(Buffer::from(bytes.to_vec())))
    }

    /// What the registry's own scanner found in an image, as a report about it; with a platform, in its image for it.
    #[napi(ts_return_type = "Promise<Report>")]
    pub fn findings<'env>(
        &self,
        env: &'env Env,
        image: String,
        options: Option<LookOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let LookOptions { platform, signal } = options.unwrap_or_default();
        let ask = |opened: Opened| async move { opened.findings(&image, platform.as_deref()).await };
        self.look(env, signal, ask, |told| plain(&told))
    }

    /// Every repository of a registry that may be seen, sorted.
    #[napi(ts_return_type = "Promise<string[]>")]
    pub fn repositories<'env>(
        &self,
        env: &'env Env,
        host: String,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let StopOptions { signal } = options.unwrap_or_default();
        self.look(env, signal, |opened| async move { opened.repositories(&host).await }, |told| plain(&told))
    }

    /// The login that a registry is shown now, in the clear, to be handed on; `null` where there is none.
    #[napi(ts_return_type = "Promise<Login | null>")]
    pub fn login<'env>(
        &self,
        env: &'env Env,
        host: String,
        options: Option<StopOptions>,
    ) -> napi::Result<PromiseRaw<'env, Value>> {
        let StopOptions { signal } = options.unwrap_or_default();
        self.look(
            env,
            signal,
            |opened| async move { opened.login(&host).await },
            |login| {
                let Some(login) = login else { return Ok(Value::Null) };
                let both = login.reveal().map_err(raise)?;
                Ok(both.map_or(Value::Null, |(user, password)| json!({"user": user, "password": password})))
            },
        )
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

type Opened = Arc<connect::Registries>;

impl Registries {
    /// Asks, unless it is stopped, and tells the answer in JavaScript's terms.
    fn look<'env, T, R, F>(
        &self,
        env: &'env Env,
        signal: Option<Promise<()>>,
        ask: impl FnOnce(Opened) -> F,
        told: impl FnOnce(T) -> napi::Result<R> + Send + 'static,
    ) -> napi::Result<PromiseRaw<'env, R>>
    where
        T: Send + 'static,
        R: ToNapiValue + Send + 'static,
        F: Future<Output = cache_core::Result<T>> + Send + 'static,
    {
        let answer = ask(Arc::clone(&self.0));
        env.spawn_future(unless_stopped(signal, async move { told(answer.await.map_err(raise)?) }))
    }
}

/// How an image is looked at.
#[expect(missing_debug_implementations, reason = "a promise of JavaScript has no text")]
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct LookOptions {
    /// The platform, such as `linux/amd64`: it picks one out of an index, and an image that is there alone has to be for it.
    #[napi(ts_type = "string | undefined")]
    pub platform: Option<String>,
    /// Stops the work when it aborts. The promise then rejects with its reason.
    #[napi(ts_type = "AbortSignal | undefined")]
    pub signal: Option<Promise<()>>,
}
