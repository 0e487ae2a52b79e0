//! Where answers arrive: a handler for the web server of the host application.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::signed::MAX_AGE;
use super::{slack, teams};
use crate::approve::{Answer, Approval, Decision, by_webhook};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Secret, Timestamp};
use crate::plan::Plan;

/// How many characters of a plan's digest name it.
pub(super) const PREFIX: usize = 8;
/// The largest request that is looked at, in bytes.
const MAX_REQUEST: usize = 256 << 10;

/// Takes the answers that Slack and Teams send.
///
/// The host application routes requests to [`slack`](AnswerDesk::slack) and [`teams`](AnswerDesk::teams) and sends back the
/// [`Reply`]. A request counts only where the service signed it, within five minutes, once, and about a plan that waits here;
/// the person must be one of `people`.
#[derive(Debug)]
pub struct AnswerDesk {
    slack: Option<Secret>,
    teams: Option<Secret>,
    /// Approvers by what the services call them.
    people: HashMap<String, String>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Waiting>,
    /// The requests of the last minutes, and when each was signed, in seconds since 1970.
    seen: HashMap<String, i64>,
}

#[derive(Debug)]
struct Waiting {
    plan: Plan,
    answered: HashSet<String>,
    answers: UnboundedSender<Approval>,
}

/// What is sent back to the service. Its body is shown to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status of HTTP.
    pub status: u16,
    /// JSON.
    pub body: String,
}

/// What a request says, once its signature is checked.
pub(super) struct Said {
    /// `slack:U123` or `teams:…`.
    pub(super) person: String,
    pub(super) decision: Decision,
    /// The plan's digest, or the beginning of its hexadecimal part.
    pub(super) plan: String,
    /// Until when it counts.
    pub(super) expires: Option<Timestamp>,
    /// What the person added.
    pub(super) comment: Option<String>,
    /// What no two requests have in common.
    pub(super) once: String,
    pub(super) at: Timestamp,
}

impl AnswerDesk {
    /// A desk for these people: `slack:` and the user's id, or `teams:` and the id of the user's account in the directory, each
    /// with the name of the approver.
    pub fn new(people: impl IntoIterator<Item = (String, String)>) -> Self {
        let people = people.into_iter().collect();
        AnswerDesk { slack: None, teams: None, people, state: Mutex::default() }
    }

    /// Takes requests that Slack signed with this secret.
    #[must_use]
    pub fn signed_by_slack(self, secret: Secret) -> Self {
        AnswerDesk { slack: Some(secret), ..self }
    }

    /// Takes requests of an outgoing webhook of Teams' with this token, which is base64.
    #[must_use]
    pub fn signed_by_teams(self, token: Secret) -> Self {
        AnswerDesk { teams: Some(token), ..self }
    }

    /// Answers the press of a button in Slack. Header names are taken in any case; `body` must be the bytes that came.
    pub fn slack(&self, headers: &[(&str, &str)], body: &[u8], now: Timestamp) -> Reply {
        let said = match &self.slack {
            Some(secret) => within(body).and_then(|()| slack::read(secret, header(headers), body, now)),
            None => Err(Error::denied("answers from Slack are not taken here")),
        };
        let text = |text: &str| serde_json::json!({"replace_original": false, "text": text});
        reply(said.and_then(|said| self.take(said, now)), text)
    }

    /// Answers what a person wrote to the outgoing webhook of Teams.
    pub fn teams(&self, headers: &[(&str, &str)], body: &[u8], now: Timestamp) -> Reply {
        let said = match &self.teams {
            Some(token) => within(body).and_then(|()| teams::read(token, header(headers), body, now)),
            None => Err(Error::denied("answers from Teams are not taken here")),
        };
        let text = |text: &str| serde_json::json!({"type": "message", "text": text});
        reply(said.and_then(|said| self.take(said, now)), text)
    }

    /// Lets a plan wait for its answers. They come until the receiver is dropped.
    pub(super) fn expect(&self, plan: &Plan) -> UnboundedReceiver<Approval> {
        let (answers, receiver) = unbounded_channel();
        let waiting = Waiting { plan: plan.clone(), answered: HashSet::new(), answers };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.retain(|other| !other.answers.is_closed());
        state.waiting.push(waiting);
        receiver
    }

    /// Takes an answer, and says so.
    fn take(&self, said: Said, now: Timestamp) -> Result<String> {
        let Said { person, decision, plan: wanted, expires, comment, once, at } = said;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // What is older is refused for its age.
        state.seen.retain(|_, signed| (now.unix() - *signed).abs() <= MAX_AGE);
        if state.seen.insert(once, at.unix()).is_some() {
            return Err(Error::denied("the request was sent before"));
        }
        let approver = self.people.get(&person);
        let approver =
            approver.ok_or_else(|| Error::denied("you are nobody who may answer").context("person", &person))?;
        let meant = |waiting: &&mut Waiting| {
            let digest = waiting.plan.digest();
            let begins = wanted.len() >= PREFIX && digest.hex().starts_with(&wanted);
            !waiting.answers.is_closed() && (digest.as_str() == wanted || begins)
        };
        let mut waiting: Vec<&mut Waiting> = state.waiting.iter_mut().filter(meant).collect();
        let [waiting] = &mut waiting[..] else {
            return Err(match waiting.len() {
                0 => Error::not_found("no such plan waits for an answer").context("plan", wanted),
                _ => Error::invalid("several plans begin like this").context("plan", wanted),
            });
        };
        if waiting.answered.contains(approver) {
            return Err(Error::invalid("you answered before"));
        }
        let answer = Answer { expires, comment, ..Answer::new(decision, approver) };
        let approval = by_webhook(&waiting.plan, answer, now)?;
        waiting.answered.insert(approver.clone());
        let word = if decision == Decision::Approve { "approved" } else { "denied" };
        let told = format!("{approver} {word} {}", waiting.plan.digest().short());
        match waiting.answers.send(approval) {
            Ok(()) => Ok(told),
            Err(_) => Err(Error::not_found("nobody waits for the answer any more")),
        }
    }
}

fn within(body: &[u8]) -> Result<()> {
    if body.len() > MAX_REQUEST { Err(Error::invalid("the request is too large")) } else { Ok(()) }
}

fn header<'a>(headers: &'a [(&str, &'a str)]) -> impl Fn(&str) -> Option<&'a str> {
    move |name| headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

fn reply(taken: Result<String>, text: impl Fn(&str) -> serde_json::Value) -> Reply {
    let (status, said) = match &taken {
        Ok(told) => (200, told.clone()),
        Err(error) if error.kind() == ErrorKind::Denied => (403, error.message().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => (404, error.message().to_owned()),
        Err(error) => (400, error.message().to_owned()),
    };
    Reply { status, body: text(&said).to_string() }
}
