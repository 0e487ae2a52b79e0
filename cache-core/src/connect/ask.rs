//! Whom to ask and where answers arrive, as text.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::ask::{AnswerDesk, Channel, Escalation, Message, PagerDutyChannel, SlackChannel, TeamsChannel, Urgency};
use crate::error::{Error, Result};
use crate::model::{Reference, Secret};
use crate::scan::Report;

/// The desk where answers arrive.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeskConfig {
    /// The approvers by what the services call them: `slack:` and the user's id, or `teams:` and the id of the account in the
    /// directory.
    pub people: BTreeMap<String, String>,
    /// The secret with which Slack signs its requests.
    #[serde(default)]
    pub slack_secret: Option<Secret>,
    /// The token of an outgoing webhook of Teams', in base64.
    #[serde(default)]
    pub teams_token: Option<Secret>,
}

/// A way to reach people.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum ChannelConfig {
    /// An incoming webhook of Slack's.
    Slack {
        /// Its address, which is a secret.
        url: Secret,
    },
    /// A webhook of a workflow of Teams'.
    Teams {
        /// Its address, which is a secret.
        url: Secret,
        /// The name of the outgoing webhook that takes the answers.
        bot: String,
    },
    /// A service of PagerDuty's.
    PagerDuty {
        /// Its integration key.
        key: Secret,
        /// Where it takes events, if not at PagerDuty's usual address.
        #[serde(default)]
        url: Option<Secret>,
    },
}

/// Whom to ask, and whom to wake when.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskConfig {
    /// How soon somebody has to look.
    #[serde(default)]
    pub urgency: Urgency,
    /// Who is asked at once.
    pub ask: Vec<ChannelConfig>,
    /// Who is told when nobody answers.
    #[serde(default)]
    pub alarm: Option<ChannelConfig>,
    /// After how many seconds without an answer, each time; without it, as [`Escalation::usual`].
    #[serde(default)]
    pub alarm_after_seconds: Option<Vec<u64>>,
    /// How many seconds answers are waited for, and people are told who cannot be reached at first; without it, as
    /// [`Escalation::usual`].
    #[serde(default)]
    pub give_up_after_seconds: Option<u64>,
}

/// What a scan found, for people to know.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlertConfig {
    /// The image, by digest.
    pub image: Reference,
    /// What was found.
    pub report: Report,
}

impl DeskConfig {
    /// Opens the desk.
    ///
    /// # Errors
    /// `Invalid` where nobody could answer: no secret, no people, or a person of no service.
    pub fn open(self) -> Result<AnswerDesk> {
        if self.slack_secret.is_none() && self.teams_token.is_none() {
            return Err(Error::invalid(
                "answers count only where a service signed them: set slackSecret or teamsToken",
            ));
        }
        if self.people.is_empty() {
            return Err(Error::invalid("nobody may answer: name the people"));
        }
        if let Some(name) = self.people.keys().find(|name| !name.starts_with("slack:") && !name.starts_with("teams:")) {
            return Err(Error::invalid("a person is named by slack: or teams: and an id").context("person", name));
        }
        let desk = AnswerDesk::new(self.people);
        let desk = self.slack_secret.into_iter().fold(desk, AnswerDesk::signed_by_slack);
        Ok(self.teams_token.into_iter().fold(desk, AnswerDesk::signed_by_teams))
    }
}

impl ChannelConfig {
    fn open(self) -> Result<Arc<dyn Channel>> {
        Ok(match self {
            ChannelConfig::Slack { url } => Arc::new(SlackChannel::new(url)?),
            ChannelConfig::Teams { url, bot } => Arc::new(TeamsChannel::new(url, bot)?),
            ChannelConfig::PagerDuty { key, url: None } => Arc::new(PagerDutyChannel::new(key)?),
            ChannelConfig::PagerDuty { key, url: Some(url) } => Arc::new(PagerDutyChannel::at(url, key)?),
        })
    }
}

impl AskConfig {
    /// The channels, and their times.
    ///
    /// # Errors
    /// `Invalid` where an address is none, nobody is asked, or times are given for an alarm that there is not.
    pub fn escalation(self) -> Result<Escalation> {
        if self.ask.is_empty() {
            return Err(Error::invalid("there is no channel to ask on"));
        }
        let ask: Vec<_> = self.ask.into_iter().map(ChannelConfig::open).collect::<Result<_>>()?;
        // The times are the same whoever is woken.
        let stand_in = ask.first().cloned().ok_or_else(|| Error::invalid("there is no channel to ask on"))?;
        let alarm = self.alarm.map(ChannelConfig::open).transpose()?;
        let mut escalation = Escalation::usual(self.urgency, ask, alarm.as_ref().unwrap_or(&stand_in));
        match (alarm, self.alarm_after_seconds) {
            (Some(alarm), Some(times)) => {
                let after = |seconds| (Duration::from_secs(seconds), Arc::clone(&alarm));
                escalation.then = times.into_iter().map(after).collect();
            }
            (Some(_), None) => {}
            (None, None) => escalation.then.clear(),
            (None, Some(_)) => return Err(Error::invalid("alarmAfterSeconds needs an alarm")),
        }
        if let Some(seconds) = self.give_up_after_seconds {
            escalation.give_up_after = Duration::from_secs(seconds);
        }
        Ok(escalation)
    }

    /// Tells what a scan found, on the channels that are asked at once, and by the alarm too where something is critical. See
    /// [`Escalation::tell`].
    ///
    /// # Errors
    /// As there; `Invalid` where the image has no digest.
    pub async fn alert(self, alert: AlertConfig) -> Result<()> {
        let AlertConfig { image, report } = alert;
        let digest = image.digest.clone();
        let digest =
            digest.ok_or_else(|| Error::invalid("the image is named by its digest").context("image", &image))?;
        self.escalation()?.tell(&Message::of_report(&image.repository.at(digest), &report)).await
    }
}
