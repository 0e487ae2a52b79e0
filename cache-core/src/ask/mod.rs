//! Asking people where they are: messages to Slack, Microsoft Teams and PagerDuty, and the answers that come back.
//!
//! ```text
//! Plan -> Message -> Channel (Slack, Teams) ... a person answers -> AnswerDesk -> Approval
//!                 -> PagerDuty, when nobody answers in time (Escalation)
//! ```
//! An answer is bound to the plan by its digest, counts once, and is an approval of the kind
//! [`Webhook`](crate::approve::ApprovalKind::Webhook): the service vouches for the person, and its signature is checked.

mod desk;
mod escalation;
mod listed;
mod message;
mod pagerduty;
mod post;
mod signed;
mod slack;
mod teams;

use async_trait::async_trait;

pub use desk::{AnswerDesk, Reply};
pub use escalation::Escalation;
pub use listed::Listed;
pub use message::{Message, Urgency};
pub use pagerduty::PagerDutyChannel;
pub use slack::SlackChannel;
pub use teams::TeamsChannel;

use crate::error::Result;

/// A way to reach people.
#[async_trait]
pub trait Channel: std::fmt::Debug + Send + Sync + 'static {
    /// What errors and records call it, such as `slack`.
    fn name(&self) -> &str;

    /// Sends the message. An error means that nobody was told.
    async fn send(&self, message: &Message) -> Result<()>;

    /// What was asked is answered, or needs no answer any more. Only who alarmed somebody has to do something.
    async fn settled(&self, _message: &Message) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
