//! Identity tokens that Python gets its own way.

use std::sync::Arc;

use cache_core::model::Secret;
use cache_core::sign::{CallbackToken, TokenSource};
use pyo3::prelude::*;

use crate::callback::call;

/// The source that a Python function is: it is told the audience, and returns the token or something to await.
pub(crate) fn tokens(function: Option<Py<PyAny>>) -> Option<Arc<dyn TokenSource>> {
    let function = Arc::new(function?);
    Some(Arc::new(CallbackToken::new(move |audience| {
        let function = Arc::clone(&function);
        async move {
            let token = call("the function that gives tokens", &function, audience, |answer| answer.extract()).await;
            token.map(|token: String| Secret::new(token))
        }
    })))
}
