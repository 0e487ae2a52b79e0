//! It was started once, and it worked.

mod attested;
mod http;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
pub use attested::TEST_RESULT_TYPE;
use futures_util::future::BoxFuture;
pub use http::HttpHealth;

use super::{Evidence, PromotionGate};
use crate::error::Result;
use crate::model::{Reason, Verdict};

/// Demands that a smoke test passed: one that runs now, or one whose signed result is attached to the image.
#[derive(Debug, Clone)]
pub struct SmokeGate {
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Attested,
    Check(Arc<dyn HealthCheck>),
}

/// A test that runs when the gate judges.
#[async_trait]
pub trait HealthCheck: fmt::Debug + Send + Sync + 'static {
    /// Runs it. An error means that the test could not run, which stops the image as well.
    async fn check(&self, evidence: &Evidence) -> Result<Health>;
}

/// What a test says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether it passed.
    pub healthy: bool,
    /// What was seen, in words.
    pub seen: String,
}

impl SmokeGate {
    /// Demands a signed in-toto test result that says `PASSED`. One that says `FAILED` counts against the image, whatever
    /// others say: results have no date by which the last one could be found.
    pub fn attested() -> Self {
        SmokeGate { kind: Kind::Attested }
    }

    /// Demands that a GET of this URL answers with a 2xx status; see [`HttpHealth`].
    ///
    /// # Errors
    /// `Invalid` where it is no `http` or `https` URL, or holds credentials.
    pub fn http(url: &str) -> Result<Self> {
        Ok(SmokeGate::check(HttpHealth::new(url)?))
    }

    /// Demands that this check passes.
    pub fn check(check: impl HealthCheck) -> Self {
        SmokeGate { kind: Kind::Check(Arc::new(check)) }
    }

    /// Demands that this function returns `true`.
    pub fn callback(
        check: impl for<'a> Fn(&'a Evidence) -> BoxFuture<'a, Result<bool>> + Send + Sync + 'static,
    ) -> Self {
        SmokeGate::check(Callback(Arc::new(check)))
    }
}

#[async_trait]
impl PromotionGate for SmokeGate {
    fn name(&self) -> &str {
        "smoke"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let check = match &self.kind {
            Kind::Attested => return Ok(attested::judge(self.name(), evidence)),
            Kind::Check(check) => check,
        };
        let reason = match check.check(evidence).await {
            Ok(health) if health.healthy => Reason::pass("smoke-test-passed", health.seen),
            Ok(health) => Reason::fail("smoke-test-failed", health.seen),
            Err(error) => Reason::error("smoke-test-broken", format!("the smoke test did not run: {error}")),
        };
        Ok(Verdict::new(self.name(), vec![reason], Vec::new()))
    }
}

type Run = dyn for<'a> Fn(&'a Evidence) -> BoxFuture<'a, Result<bool>> + Send + Sync;

#[derive(Clone)]
struct Callback(Arc<Run>);

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

#[async_trait]
impl HealthCheck for Callback {
    async fn check(&self, evidence: &Evidence) -> Result<Health> {
        let healthy = (self.0)(evidence).await?;
        let word = if healthy { "passed" } else { "failed" };
        Ok(Health { healthy, seen: format!("the smoke test of {} {word}", evidence.image) })
    }
}
