//! Identity tokens that JavaScript gets its own way.

use std::sync::Arc;

use cache_core::Error;
use cache_core::model::Secret;
use cache_core::sign::{CallbackToken, TokenSource};
use napi::Status;
use napi::bindgen_prelude::Promise;
use napi::threadsafe_function::ThreadsafeFunction;

/// A function that is told the audience and promises a token. It is weak: a promoter that does nothing lets Node end.
pub(crate) type TokenFunction = ThreadsafeFunction<String, Promise<String>, String, Status, false, true>;

/// The source that a function is.
pub(crate) fn tokens(function: Option<TokenFunction>) -> Option<Arc<dyn TokenSource>> {
    let function = Arc::new(function?);
    Some(Arc::new(CallbackToken::new(move |audience| {
        let function = Arc::clone(&function);
        async move {
            let threw =
                |e: napi::Error| Error::unexpected(format!("the function that gives tokens threw: {}", e.reason));
            function.call_async(audience).await.map_err(threw)?.await.map(Secret::new).map_err(threw)
        }
    })))
}
