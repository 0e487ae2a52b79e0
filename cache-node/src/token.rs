//! Identity tokens that JavaScript gets its own way.

use std::sync::Arc;

use cache_core::model::Secret;
use cache_core::sign::{CallbackToken, TokenSource};
use napi::Status;
use napi::bindgen_prelude::Promise;
use napi::threadsafe_function::ThreadsafeFunction;

use crate::promised::broken;

/// A function that is told the audience and promises a token. It is weak: a promoter that does nothing lets Node end.
pub(crate) type TokenFunction = ThreadsafeFunction<String, Promise<String>, String, Status, false, true>;

/// The source that a function is.
pub(crate) fn tokens(function: Option<TokenFunction>) -> Option<Arc<dyn TokenSource>> {
    let function = Arc::new(function?);
    Some(Arc::new(CallbackToken::new(move |audience| {
        let function = Arc::clone(&function);
        async move {
            let failed = |e: napi::Error| broken("the function that gives tokens", &e);
            function.call_async(audience).await.map_err(failed)?.await.map(Secret::new).map_err(failed)
        }
    })))
}
