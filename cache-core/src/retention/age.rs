//! How old something is.

use super::decision::Why;
use super::graph::Node;
use super::rules::RetentionRules;
use crate::model::Timestamp;

const DAY: u64 = 24 * 60 * 60;
/// For how many days a rollback is possible, where the rules do not say.
const KEEP_REPLACED_DAYS: u32 = 30;
/// 2013-03-01, before there were images: what claims to be older was built without a clock.
const FIRST_IMAGE: i64 = 1_362_096_000;

/// The clock, and the times that count.
pub(super) struct Ages<'a> {
    rules: &'a RetentionRules,
    now: Timestamp,
}

impl<'a> Ages<'a> {
    pub(super) fn new(rules: &'a RetentionRules, now: Timestamp) -> Self {
        Ages { rules, now }
    }

    /// When an image came here last: pushed, tagged or promoted. Where nobody knows, when it was built, if the rules say so.
    pub(super) fn entered(&self, node: &Node) -> Option<Timestamp> {
        let plausible = |built: &Timestamp| built.unix() >= FIRST_IMAGE && *built <= self.now;
        let built = || node.created.filter(plausible).filter(|_| self.rules.count_created == Some(true));
        node.entered.or_else(built)
    }

    /// How many days ago a promotion took its tag from an image, where that is so few that a rollback may still be wanted.
    pub(super) fn replaced(&self, node: &Node) -> Option<Why> {
        let limit = self.rules.keep_replaced_days.unwrap_or(KEEP_REPLACED_DAYS);
        let days = self.now.since(node.replaced?).as_secs() / DAY;
        (days < u64::from(limit)).then_some(Why::Replaced(days, limit))
    }

    /// Whether it is so many days old, of 24 hours each back from now; then how many it is, where that is known. Anything is
    /// zero days old. Otherwise why it is kept.
    pub(super) fn over(&self, node: &Node, limit: u32) -> Result<Option<u64>, Why> {
        let pulled = node.pulled.filter(|_| self.rules.count_pulls == Some(true));
        // A pull alone says nothing of when an image came.
        let time = self.entered(node).map(|entered| pulled.map_or(entered, |pulled| pulled.max(entered)));
        let age = time.map(|time| self.now.since(time).as_secs());
        match age {
            _ if limit == 0 => Ok(age.map(|age| age / DAY)),
            None => Err(Why::AgeUnknown),
            Some(age) if age >= u64::from(limit) * DAY => Ok(Some(age / DAY)),
            Some(age) => Err(Why::Young(age / DAY, limit)),
        }
    }
}
