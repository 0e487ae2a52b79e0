//! It has been somewhere else for long enough, and nobody took it away.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use super::{Evidence, PromotionGate};
use crate::error::Result;
use crate::model::{Reason, Timestamp, Verdict};

/// The predicate type of a promotion record. Its JSON Schema is `docs/schema/promotion-v1.json`.
pub const PROMOTION_TYPE: &str = "https://docs.rs/cache-core/promotion/v1";

/// Demands a verified promotion record that says that this very image entered another environment long enough ago.
///
/// What counts is the time of promotion, not that of the build. Where the image entered the environment several times, the
/// first time counts: records do not tell when an image left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoakGate {
    /// The environment, such as `staging`.
    pub environment: String,
    /// How long ago it has to be.
    pub at_least: Duration,
}

#[derive(Deserialize)]
struct Entered {
    environment: String,
    at: Timestamp,
}

#[async_trait]
impl PromotionGate for SoakGate {
    fn name(&self) -> &str {
        "soak"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let (mut looked_at, mut first): (_, Option<Timestamp>) = (Vec::new(), None);
        for statement in &evidence.statements {
            let value = statement.value.value();
            if value.predicate_type != PROMOTION_TYPE || statement.about != evidence.image.digest {
                continue;
            }
            let Ok(entered) = value.predicate::<Entered>() else { continue };
            if entered.environment == self.environment {
                looked_at.push(statement.looked_at("promotion"));
                first = Some(first.map_or(entered.at, |first| first.min(entered.at)));
            }
        }
        let (environment, wanted) = (&self.environment, hours(self.at_least));
        let reason = match first {
            None => Reason::fail("not-soaked", format!("no trusted record says that the image entered {environment}")),
            Some(at) if evidence.now.since(at) >= self.at_least => {
                Reason::pass("soaked", format!("the image entered {environment} at {at}, {wanted} ago or more"))
            }
            Some(at) => Reason::fail(
                "not-soaked-long-enough",
                format!("the image entered {environment} at {at}, and not {wanted} ago"),
            ),
        };
        Ok(Verdict::new(self.name(), vec![reason], looked_at))
    }
}

fn hours(duration: Duration) -> String {
    let (hours, minutes) = (duration.as_secs() / 3600, duration.as_secs() / 60 % 60);
    if minutes == 0 { format!("{hours} h") } else { format!("{hours} h {minutes} min") }
}
