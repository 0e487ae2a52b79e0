//! What was done with a plan, line by line, as it was done.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Step;
use crate::approve::Ledger;
use crate::blocking::blocking;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Digest, Raw, Timestamp};

/// What was done with one plan, by all its executions: the lines of its journal in the ledger.
///
/// Each line is canonical JSON and names the digest of the line before it, the first the plan. So whoever has the digest of one
/// line has all that came before: a line that was changed, left out or put elsewhere is found when the journal is read. Lines
/// that were cut off at the end are found by [`expect`](Journal::expect), with the digest that the receipt or the record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    plan: Digest,
    head: Digest,
    entries: Vec<Entry>,
}

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// Which line it is, from 0.
    pub number: usize,
    /// The digest of the line before it without its end; of the first line, the plan's.
    pub previous: Digest,
    /// The plan.
    pub plan: Digest,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Event {
    /// An execution began, on these approvals.
    Began {
        /// Their digests.
        approvals: Vec<Digest>,
    },
    /// A change of the plan was made, or not.
    Step(Step),
    /// An execution ended.
    Ended {
        /// Whether everything that the plan says is so now.
        complete: bool,
    },
}

impl Journal {
    /// Reads the journal of a plan. A last line without its end is what a machine leaves that dies while it writes; it does
    /// not count.
    ///
    /// # Errors
    /// `Untrusted`, with the number of the line, where a line is not what was written there, or is about another plan.
    pub fn read(plan: &Digest, bytes: &[u8]) -> Result<Self> {
        let mut journal = Journal { plan: plan.clone(), head: plan.clone(), entries: Vec::new() };
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(line) = line.strip_suffix(b"\n") else { break };
            let wrong = |why: &str| {
                Error::untrusted(format!("the journal was changed: {why}"))
                    .context("plan", plan)
                    .context("line", journal.entries.len() + 1)
                    .hint("find out who wrote to the ledger; the plan is not executed with this journal")
            };
            let entry: Raw<Entry> =
                Raw::from_canonical(line.to_vec()).map_err(|e| wrong("it is no entry").caused_by(e))?;
            if entry.plan != *plan {
                return Err(wrong("it is about another plan").context("found", &entry.plan));
            }
            if entry.number != journal.entries.len() || entry.previous != journal.head {
                return Err(wrong("it does not follow the line before it"));
            }
            journal.head = entry.digest().clone();
            journal.entries.push(entry.value().clone());
        }
        Ok(journal)
    }

    /// The bytes of a plan's journal as the ledger keeps them, which are a journal of that plan. It may be asked for while the plan
    /// is executed, and has what was done by then.
    ///
    /// # Errors
    /// `NotFound` where the ledger has none, as no execution of the plan began; as [`read`](Journal::read); what the ledger says.
    pub async fn kept(ledger: &Ledger, plan: &Digest) -> Result<Bytes> {
        let (journal, bytes) = Journal::unlocked(ledger, plan).await?;
        if journal.entries.is_empty() {
            return Err(Error::not_found("the ledger has no journal of this plan")
                .context("plan", plan)
                .hint("name a plan that was executed by its digest, and ask the ledger with which it was"));
        }
        Ok(bytes)
    }

    /// A plan's journal in a ledger, read without its lock; without a line where there is none.
    pub(crate) async fn unlocked(ledger: &Ledger, plan: &Digest) -> Result<(Self, Bytes)> {
        match Journal::once(ledger, plan).await {
            // An execution that goes on after another one died cuts off the line that is not whole and writes its own there, and who
            // reads meanwhile finds a piece of either. What was changed is so the next time as well.
            Err(error) if error.kind() == ErrorKind::Untrusted => Journal::once(ledger, plan).await,
            found => found,
        }
    }

    async fn once(ledger: &Ledger, plan: &Digest) -> Result<(Self, Bytes)> {
        let bytes = ledger.journal(plan).await?;
        Ok((Journal::read_apart(plan, bytes.clone()).await?, bytes))
    }

    /// The same as [`read`](Journal::read), where that may take its time: a journal may have hundreds of megabytes.
    pub(super) async fn read_apart(plan: &Digest, bytes: Bytes) -> Result<Self> {
        let plan = plan.clone();
        blocking(move || Journal::read(&plan, &bytes)).await
    }

    /// Reads a journal whose plan is only known from it.
    ///
    /// # Errors
    /// As [`read`](Journal::read); `Invalid` where there is no line.
    pub fn of(bytes: &[u8]) -> Result<Self> {
        let first = bytes.split_inclusive(|byte| *byte == b'\n').next();
        let first = first.and_then(|line| line.strip_suffix(b"\n"));
        let first = first.ok_or_else(|| Error::invalid("the journal has no line"))?;
        let first: Raw<Entry> = Raw::from_canonical(first.to_vec())?;
        Journal::read(&first.plan, bytes)
    }

    /// The lines up to the one with this digest, which a receipt or a record names. What was cut off before it is found so.
    ///
    /// # Errors
    /// `Untrusted` where no line has it.
    pub fn expect(&self, known: &Digest) -> Result<&[Entry]> {
        // Each line but the last is named by the one after it.
        let after = self.entries.iter().position(|entry| entry.previous == *known);
        let last = (self.head == *known).then_some(self.entries.len());
        after.or(last).and_then(|lines| self.entries.get(..lines)).ok_or_else(|| {
            Error::untrusted("the journal was cut off: it does not have the line that is known")
                .context("plan", &self.plan)
                .context("known", known)
                .context("lines", self.entries.len())
        })
    }

    /// The plan.
    pub fn plan(&self) -> &Digest {
        &self.plan
    }

    /// The lines.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Refuses a plan all of which was done.
    ///
    /// # Errors
    /// `Unapproved`
    pub(crate) fn expect_unfinished(&self) -> Result<()> {
        if !self.entries.iter().any(|entry| matches!(entry.event, Event::Ended { complete: true })) {
            return Ok(());
        }
        Err(Error::unapproved("the plan was executed, and a plan is executed once")
            .context("plan", &self.plan)
            .hint("make a new plan if something is left to do, and have that approved"))
    }

    /// The digest of the last line; the plan's where there is none.
    pub fn head(&self) -> &Digest {
        &self.head
    }

    /// The next line, with its end.
    pub(super) fn line(&mut self, at: Timestamp, event: Event) -> Result<Vec<u8>> {
        let (number, previous, plan) = (self.entries.len(), self.head.clone(), self.plan.clone());
        let entry = Raw::canonical(Entry { number, previous, plan, at, event })?;
        self.head = entry.digest().clone();
        self.entries.push(entry.value().clone());
        Ok([entry.bytes(), &b"\n"[..]].concat())
    }
}
