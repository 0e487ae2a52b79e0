//! Asking until somebody answers, and waking somebody when nobody does.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{AnswerDesk, Channel, Message, Urgency};
use crate::approve::{Approval, ApprovalPolicy, Decision};
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::plan::Plan;

const MINUTE: Duration = Duration::from_secs(60);

/// Whom to ask, and whom to wake when.
#[derive(Debug, Clone)]
pub struct Escalation {
    /// Who is asked at once. One of them must be reached.
    pub ask: Vec<Arc<dyn Channel>>,
    /// Who is told when nobody answered for so long, counted from the beginning.
    pub then: Vec<(Duration, Arc<dyn Channel>)>,
    /// How long answers are waited for, counted from the beginning. Nobody is told after it either, however often a message that
    /// failed would be sent again.
    pub give_up_after: Duration,
}

impl Escalation {
    /// Asks on these channels, and wakes by `alarm` twice when nobody answers: after 5 and 10 minutes where it is critical, else
    /// after 15 and 30. It gives up after the same time again.
    pub fn usual(urgency: Urgency, ask: Vec<Arc<dyn Channel>>, alarm: &Arc<dyn Channel>) -> Self {
        let (first, second) = match urgency {
            Urgency::Critical => (5 * MINUTE, 10 * MINUTE),
            Urgency::High | Urgency::Normal => (15 * MINUTE, 30 * MINUTE),
        };
        let then = vec![(first, Arc::clone(alarm)), (second, Arc::clone(alarm))];
        Escalation { ask, then, give_up_after: 2 * second }
    }

    /// Asks for answers to a plan until they suffice for `policy`, somebody denies, or it is time to give up. Alarms that were
    /// raised are settled at the end.
    ///
    /// # Errors
    /// `Unapproved` where nobody, or too few, answered in time, with what is lacking, why an answer did not count, and who could
    /// not be reached; what the first channel says
    /// where none could be reached. A denial is no error here: it is among the answers, and the policy refuses it.
    pub async fn answers(
        &self,
        plan: &Plan,
        urgency: Urgency,
        policy: &ApprovalPolicy,
        desk: &AnswerDesk,
    ) -> Result<Vec<Approval>> {
        let message = Message::of_plan(plan, urgency);
        let mut waiting = desk.expect(plan);
        let began = Instant::now();
        let deadline = began + self.give_up_after;
        let mut failures = Vec::new();
        for (channel, told) in self.ask.iter().zip(tell_all(&self.ask, &message, deadline).await) {
            if let Err(error) = told {
                failures.push((channel.name().to_owned(), error));
            }
        }
        if failures.len() == self.ask.len() {
            let nobody = || Error::invalid("there is no channel to ask on");
            return Err(failures.into_iter().next().map_or_else(nobody, |(_, error)| error));
        }
        let mut later = self.then.clone();
        later.sort_by_key(|(after, _)| *after);
        let mut later = later.into_iter().peekable();
        let mut alarmed: Vec<Arc<dyn Channel>> = Vec::new();
        let mut answers: Vec<Approval> = Vec::new();
        let answered = timeout_at(deadline, async {
            loop {
                let next = later.peek().map(|(after, _)| began + *after);
                let alarm = async {
                    match next {
                        Some(at) => sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    Some(answer) = waiting.recv() => {
                        let denied = answer.decision() == Decision::Deny;
                        answers.push(answer);
                        if denied || policy.admit(plan.clone(), answers.clone(), Timestamp::now()).is_ok() {
                            return;
                        }
                    }
                    () = alarm => {
                        let Some((_, channel)) = later.next() else { continue };
                        match channel.send(&message).await {
                            Ok(()) => push_new(&mut alarmed, channel),
                            Err(error) => failures.push((channel.name().to_owned(), error)),
                        }
                    }
                }
            }
        })
        .await;
        drop(waiting);
        for channel in alarmed {
            // The plan is decided whether or not the alarm can be ended.
            if let Err(error) = channel.settled(&message).await {
                tracing::warn!(channel = channel.name(), %error, "the alarm could not be settled");
            }
        }
        match answered {
            Ok(()) => Ok(answers),
            Err(_) => {
                let message = format!("{} answered in time, which does not suffice", people(answers.len()));
                let error = Error::unapproved(message).context("plan", plan.digest());
                let error = failures.iter().fold(error, |error, (name, why)| {
                    error.context("not reached", format!("{name}: {}", why.message()))
                });
                let Err(lacking) = policy.admit(plan.clone(), answers, Timestamp::now()) else { return Err(error) };
                let ignored = lacking.contexts().iter().filter(|(key, _)| *key == "ignored");
                Err(ignored
                    .fold(error.context("lacking", lacking.message()), |error, (key, why)| error.context(key, why)))
            }
        }
    }

    /// Tells something that needs no answer, such as what a scan found, on the channels that are asked at once, and on the
    /// others too where it is critical.
    ///
    /// # Errors
    /// What the first channel says that could not be reached before it is time to give up; the others are told all the same.
    pub async fn tell(&self, message: &Message) -> Result<()> {
        let mut channels = self.ask.clone();
        if message.urgency == Urgency::Critical {
            self.then.iter().for_each(|(_, channel)| push_new(&mut channels, Arc::clone(channel)));
        }
        tell_all(&channels, message, Instant::now() + self.give_up_after).await.into_iter().collect()
    }
}

/// Tells all at once, so that one that cannot be reached takes no time from the others. What each came to, in their order.
async fn tell_all(channels: &[Arc<dyn Channel>], message: &Message, deadline: Instant) -> Vec<Result<()>> {
    let tell = |channel: Arc<dyn Channel>| async move {
        let told = timeout_at(deadline, channel.send(message)).await;
        told.unwrap_or_else(|_| Err(too_late(channel.name())))
    };
    join_all(channels.iter().cloned().map(tell)).await
}

fn too_late(channel: &str) -> Error {
    Error::unavailable(format!("{channel} was not told before it was time to give up"))
        .hint("see whether its address is right and can be reached from here, or give up later")
}

/// Adds a channel where it is not among the others.
fn push_new(channels: &mut Vec<Arc<dyn Channel>>, channel: Arc<dyn Channel>) {
    if !channels.iter().any(|known| Arc::ptr_eq(known, &channel)) {
        channels.push(channel);
    }
}

fn people(count: usize) -> String {
    match count {
        0 => "nobody".to_owned(),
        1 => "one person".to_owned(),
        more => format!("{more} people"),
    }
}
