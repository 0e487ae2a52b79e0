//! A gate of the caller's own.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::{Evidence, PromotionGate};
use crate::error::{Error, Result};
use crate::model::Verdict;

type Judge = dyn for<'a> Fn(&'a Evidence) -> BoxFuture<'a, Result<Verdict>> + Send + Sync;

/// A gate from a function. It can only say no: an empty verdict, and an error, stop the image.
#[derive(Clone)]
pub struct CallbackGate {
    name: String,
    judge: Arc<Judge>,
}

impl CallbackGate {
    /// The gate `name`, which judges with `judge`.
    ///
    /// # Errors
    /// `Invalid` where the name is empty.
    pub fn new(
        name: impl Into<String>,
        judge: impl for<'a> Fn(&'a Evidence) -> BoxFuture<'a, Result<Verdict>> + Send + Sync + 'static,
    ) -> Result<Self> {
        let name = name.into();
        if name.trim().is_empty() {
            return Err(Error::invalid("a gate needs a name"));
        }
        Ok(CallbackGate { name, judge: Arc::new(judge) })
    }
}

impl fmt::Debug for CallbackGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackGate").field("name", &self.name).finish_non_exhaustive()
    }
}

#[async_trait]
impl PromotionGate for CallbackGate {
    fn name(&self) -> &str {
        &self.name
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        (self.judge)(evidence).await
    }
}
