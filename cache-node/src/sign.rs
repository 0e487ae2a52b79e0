//! Keys, and what their signatures are worth.

use cache_core::connect::{self, TufConfig, VerifyConfig, VerifyFileConfig};
use cache_core::model::Secret;
use napi::Env;
use napi::bindgen_prelude::{Object, Promise, PromiseRaw, Uint8Array};
use napi_derive::napi;
use serde_json::Value;

use crate::errors::raise;
use crate::read::read;
use crate::run::unless_stopped;

/// Makes a key of a kind, `p256` where none is said. Both halves are PEM; with a password the private one is encrypted, as
/// cosign reads it.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "Promise<KeyPair>")]
pub fn generate_key<'env>(
    env: &'env Env,
    #[napi(ts_arg_type = "KeyKind | undefined | null")] kind: Option<String>,
    password: Option<String>,
) -> napi::Result<PromiseRaw<'env, Object<'env>>> {
    let password = password.map(Secret::new);
    let made = on_a_thread(move || connect::generate_key(kind.as_deref(), password.as_ref()));
    env.spawn_future_with_callback(made, |env, made| {
        let mut halves = Object::new(env)?;
        halves.set("private", made.private.as_str())?;
        halves.set("public", made.public)?;
        Ok(halves)
    })
}

/// Verifies what is attached to an image, and says what that is. Rejects with `Untrusted` where no signature of the image, or
/// no attestation that is asked for, verifies.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "Promise<Verified>")]
pub fn verify<'env>(
    env: &'env Env,
    #[napi(ts_arg_type = "VerifyRequest")] request: Value,
    options: Option<StopOptions>,
) -> napi::Result<PromiseRaw<'env, Value>> {
    let StopOptions { signal } = options.unwrap_or_default();
    env.spawn_future(unless_stopped(signal, async move {
        let config: VerifyConfig = read("request", request)?;
        config.verify().await.map_err(raise)
    }))
}

/// Holds the journal of a plan, as the ledger keeps it, to the record that is attached to the image. Rejects with `Untrusted` where
/// it is another, or lines were changed or left out, and `NotFound` where no trusted record is of its plan.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "Promise<VerifiedJournal>")]
pub fn verify_journal<'env>(
    env: &'env Env,
    #[napi(ts_arg_type = "VerifyRequest")] request: Value,
    journal: Uint8Array,
    options: Option<StopOptions>,
) -> napi::Result<PromiseRaw<'env, Value>> {
    let StopOptions { signal } = options.unwrap_or_default();
    env.spawn_future(unless_stopped(signal, async move {
        let config: VerifyConfig = read("request", request)?;
        config.verify_journal(&journal).await.map_err(raise)
    }))
}

/// Verifies that a trusted signer signed a file, by the bundle that came with it. Reads only; needs no network. Rejects with `Untrusted`
/// where the signature does not verify or nobody who is trusted made it.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "Promise<VerifiedFile>")]
pub async fn verify_file(#[napi(ts_arg_type = "VerifyFileRequest")] request: Value) -> napi::Result<Value> {
    let config: VerifyFileConfig = read("request", request)?;
    on_a_thread(move || config.verify()).await
}

/// Fetches the newest trusted root by TUF, and gives its JSON. Rejects with `Untrusted` where something is not signed as it must
/// be, has expired, or is older than what was seen.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "Promise<string>")]
pub fn refresh_trusted_root<'env>(
    env: &'env Env,
    #[napi(ts_arg_type = "TufRequest")] request: Value,
    options: Option<StopOptions>,
) -> napi::Result<PromiseRaw<'env, String>> {
    let StopOptions { signal } = options.unwrap_or_default();
    env.spawn_future(unless_stopped(signal, async move {
        let config: TufConfig = read("request", request)?;
        config.refresh().await.map_err(raise)
    }))
}

/// How work is stopped.
#[expect(missing_debug_implementations, reason = "a promise of JavaScript has no text")]
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct StopOptions {
    /// Stops the work when it aborts. The promise then rejects with its reason.
    #[napi(ts_type = "AbortSignal | undefined")]
    pub signal: Option<Promise<()>>,
}

/// Runs what takes long where it holds up nothing.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> cache_core::Result<T> + Send + 'static,
) -> napi::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| napi::Error::from_reason(e.to_string()))?.map_err(raise)
}
