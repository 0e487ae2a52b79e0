//! When a plan may be executed, and when it may go on.

use std::cell::Cell;

use super::testing::{Counting, approve, approved as approve_usually, at, plan_of};
use super::*;
use crate::approve::{ApprovalPolicy, Freeze};
use crate::error::ErrorKind;
use crate::plan::{Deadlines, Plan};

#[tokio::test]
async fn what_is_left_after_the_deadline_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path());
    let plan = plan_of(4).with_deadlines(Deadlines { approve_by: None, execute_by: Some(at(10)) }, at(0)).unwrap();
    let approved = approve_usually(&plan);
    // Each look at the clock takes three seconds: one at the beginning, and two for each change.
    let clock = Cell::new(0);
    let tick = || at(clock.replace(clock.get() + 3));
    let mut counting = Counting::default();
    let receipt = execute(&mut counting, &approved, &ledger, tick).await.unwrap();
    assert_eq!((counting.made, receipt.is_complete()), (2, false));
    let StepOutcome::Failed { code, message } = &receipt.steps[2].outcome else { panic!("{receipt}") };
    assert!(code == "UNAPPROVED" && message.contains("to be executed earlier"), "{message}");
    assert_eq!(receipt.steps[3].outcome, StepOutcome::NotTried);
    assert!(!receipt.is_dry_run() && receipt.to_string().ends_with("  NOT COMPLETE"), "{receipt}");
}

#[tokio::test]
async fn a_frozen_environment_claims_nothing_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path());
    let freezes = vec![Freeze::new("release", "UTC", "2027-01-15", "2027-01-16").unwrap()];
    let policy = ApprovalPolicy { freezes, ..ApprovalPolicy::default() };
    let (plan, mut counting) = (plan_of(1), Counting::default());
    let approved = approve(&policy, &plan);
    let frozen = execute(&mut counting, &approved, &ledger, || at(0)).await.unwrap_err();
    assert_eq!((frozen.kind(), counting.made), (ErrorKind::Unapproved, 0));
    assert!(frozen.contexts().contains(&("until", "2027-01-16T00:00:00Z".to_owned())), "{frozen}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let receipt = execute(&mut counting, &approved, &ledger, || at(24 * 60 * 60)).await.unwrap();
    assert!(receipt.is_complete() && receipt.ignored.is_empty(), "{receipt}");
}

/// An execution whose second step fails, and what its journal says.
async fn stopped(folder: &std::path::Path) -> (Plan, Approved, Receipt, Vec<u8>) {
    let plan = plan_of(3);
    let approved = approve_usually(&plan);
    let mut counting = Counting { fails_at: Some(2), ..Counting::default() };
    let receipt = execute(&mut counting, &approved, &Ledger::at(folder), || at(0)).await.unwrap();
    let bytes = std::fs::read(journal_of(folder, &plan)).unwrap();
    (plan, approved, receipt, bytes)
}

fn journal_of(folder: &std::path::Path, plan: &Plan) -> std::path::PathBuf {
    crate::approve::LedgerFolder::at(folder).journal(plan.digest())
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[tokio::test]
async fn the_journal_says_what_was_done_by_every_execution() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, approved, receipt, bytes) = stopped(folder.path()).await;
    let journal = Journal::read(plan.digest(), &bytes).unwrap();
    let (first, steps) = (&journal.entries()[0], &journal.entries()[1..3]);
    assert_eq!((journal.entries().len(), &first.previous), (4, plan.digest()));
    assert_eq!(first.event, Event::Began { approvals: receipt.approvals.clone() });
    assert_eq!(steps[0].event, Event::Step(receipt.steps[0].clone()));
    assert!(matches!(&steps[1].event, Event::Step(Step { outcome: StepOutcome::Failed { .. }, .. })));
    assert_eq!(journal.entries()[3].event, Event::Ended { complete: false });
    assert_eq!(receipt.journal.as_ref(), Some(journal.head()));
    // It goes on where it was, and knows the line that the first receipt names.
    let again = execute(&mut Counting::default(), &approved, &Ledger::at(folder.path()), || at(9)).await.unwrap();
    let bytes = std::fs::read(journal_of(folder.path(), &plan)).unwrap();
    let journal = Journal::of(&bytes).unwrap();
    assert_eq!((journal.entries().len(), again.journal.as_ref()), (9, Some(journal.head())));
    assert_eq!((journal.plan(), journal.expect(journal.head()).unwrap().len()), (plan.digest(), 9));
    assert_eq!(journal.expect(receipt.journal.as_ref().unwrap()).unwrap().len(), 4);
    assert!(journal.expect(plan.digest()).unwrap().is_empty(), "before the first line there is the plan");
}

#[tokio::test]
async fn a_changed_dropped_or_reordered_line_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, _, receipt, bytes) = stopped(folder.path()).await;
    let read = |lines: &[Vec<u8>]| Journal::read(plan.digest(), &lines.concat());
    let good = lines(&bytes);
    read(&good).unwrap();
    let line_of = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::Untrusted);
        error.contexts().iter().find(|(key, _)| *key == "line").unwrap().1.clone()
    };
    for at in 0..good.len() - 1 {
        let mut changed = good.clone();
        let text = String::from_utf8(changed[at].clone()).unwrap();
        changed[at] = text.replace("2027-01-15T08:00:00Z", "2027-01-15T09:00:00Z").into();
        assert_ne!(changed[at], good[at]);
        assert_eq!(line_of(read(&changed).unwrap_err()), (at + 2).to_string(), "line {at} was changed");
        let mut dropped = good.clone();
        dropped.remove(at);
        assert_eq!(line_of(read(&dropped).unwrap_err()), (at + 1).to_string(), "line {at} was dropped");
        let mut swapped = good.clone();
        swapped.swap(at, at + 1);
        assert_eq!(line_of(read(&swapped).unwrap_err()), (at + 1).to_string(), "line {at} was put elsewhere");
        let mut twice = good.clone();
        twice.insert(at, good[at].clone());
        assert_eq!(line_of(read(&twice).unwrap_err()), (at + 2).to_string(), "line {at} is there twice");
    }
    // What the chain alone cannot tell, the receipt's digest can.
    let cut = good[..good.len() - 1].concat();
    let known = receipt.journal.unwrap();
    let short = Journal::read(plan.digest(), &cut).unwrap();
    assert_eq!(short.expect(&known).unwrap_err().kind(), ErrorKind::Untrusted);
    let mut last = good.clone();
    *last.last_mut().unwrap() = String::from_utf8(last[3].clone()).unwrap().replace("false", "true").into();
    assert!(read(&last).unwrap().expect(&known).is_err());
    for none in ["", "no end of a line", "{}\n"] {
        assert_eq!(Journal::of(none.as_bytes()).unwrap_err().kind(), ErrorKind::Invalid, "{none:?}");
    }
    for odd in ["x\n", "{}\n", "\n"] {
        assert!(Journal::read(plan.digest(), &[&bytes[..], odd.as_bytes()].concat()).is_err(), "{odd:?}");
    }
}

#[tokio::test]
async fn a_plan_is_not_executed_with_a_journal_that_was_changed_or_is_another_plans() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, approved, _, bytes) = stopped(folder.path()).await;
    let ledger = Ledger::at(folder.path());
    let (mut counting, path) = (Counting::default(), journal_of(folder.path(), &plan));
    std::fs::write(&path, lines(&bytes)[1..].concat()).unwrap();
    let changed = execute(&mut counting, &approved, &ledger, || at(9)).await.unwrap_err();
    assert_eq!((changed.kind(), counting.made), (ErrorKind::Untrusted, 0), "{changed}");
    let other = plan_of(2);
    let of_another = approve_usually(&other);
    std::fs::write(journal_of(folder.path(), &other), &bytes).unwrap();
    let another = execute(&mut counting, &of_another, &ledger, || at(9)).await.unwrap_err();
    assert!(another.message().contains("about another plan") && counting.made == 0, "{another}");
    // A line that a dying machine did not finish is no change.
    std::fs::write(&path, [&bytes[..], b"{\"at\":\"2027"].concat()).unwrap();
    assert!(execute(&mut counting, &approved, &ledger, || at(9)).await.unwrap().is_complete());
    Journal::read(plan.digest(), &std::fs::read(&path).unwrap()).unwrap();
}

#[tokio::test]
async fn a_journal_is_read_from_the_ledger_whole_checked_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, _, _, bytes) = stopped(folder.path()).await;
    let (ledger, path) = (Ledger::at(folder.path()), journal_of(folder.path(), &plan));
    let kept = || Journal::kept(&ledger, plan.digest());
    assert_eq!(&kept().await.unwrap()[..], &bytes[..]);
    // Somebody is in the middle of a line: what was written before it is the journal, and the line stays.
    let writing = [&bytes[..], b"{\"at\":\"2027"].concat();
    std::fs::write(&path, &writing).unwrap();
    assert_eq!(&kept().await.unwrap()[..], &bytes[..]);
    assert_eq!(std::fs::read(&path).unwrap(), writing);
    std::fs::write(&path, lines(&bytes)[1..].concat()).unwrap();
    assert_eq!(kept().await.unwrap_err().kind(), ErrorKind::Untrusted);
    // An execution that did not begin leaves nothing in it.
    std::fs::write(&path, "").unwrap();
    assert!(kept().await.unwrap_err().is_not_found());
    let none = Journal::kept(&ledger, plan_of(1).digest()).await.unwrap_err();
    assert!(none.is_not_found() && none.hint_text().is_some(), "{none}");
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "asking leaves no file");
    // No journal is longer; the file has holes, so that nothing is written for it.
    std::fs::File::create(&path).unwrap().set_len((256 << 20) + 1).unwrap();
    assert_eq!(kept().await.unwrap_err().kind(), ErrorKind::Invalid);
}

/// A ledger that says of its journal what is on the list, from its end.
#[derive(Debug)]
struct Reads(std::sync::Mutex<Vec<Vec<u8>>>);

#[async_trait]
impl crate::approve::LedgerStore for Reads {
    async fn lock(&self, _: &Digest) -> Result<Box<dyn crate::approve::PlanLock>> {
        Err(Error::unsupported("it is only read"))
    }
    async fn journal_of(&self, _: &Digest) -> Result<bytes::Bytes> {
        Ok(self.0.lock().unwrap().pop().unwrap().into())
    }
    async fn is_spent(&self, _: &Digest) -> Result<bool> {
        Ok(false)
    }
    async fn spend(&self, _: &Digest, _: &Digest) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_journal_that_was_read_while_a_line_was_cut_off_is_read_once_more() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, _, _, bytes) = stopped(folder.path()).await;
    let good = lines(&bytes);
    // A piece of what was cut off, and the end of what came in its place.
    let torn = [&good[0][..], &good[1][..9], &good[2][9..]].concat();
    let kept = async |first: &[u8], second: &[u8]| {
        let reads = Reads(std::sync::Mutex::new(vec![second.to_vec(), first.to_vec()]));
        Journal::kept(&Ledger::of(reads), plan.digest()).await
    };
    assert_eq!(&kept(&torn[..], &bytes[..]).await.unwrap()[..], &bytes[..]);
    assert_eq!(&kept(&bytes[..], &[]).await.unwrap()[..], &bytes[..], "what can be believed is read once");
    assert_eq!(kept(&torn[..], &torn[..]).await.unwrap_err().kind(), ErrorKind::Untrusted);
}

#[tokio::test]
async fn of_two_executors_with_one_folder_exactly_one_runs() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan_of(2);
    // Each has an approval of its own: what they share is the plan alone.
    let (one, other) = (approve_usually(&plan), approve_usually(&plan));
    let ledger = Ledger::at(folder.path());
    let run = async |approved: Approved| {
        let mut counting = Counting::slow(std::time::Duration::from_millis(20));
        let ran = execute(&mut counting, &approved, &ledger, || at(0)).await;
        (ran, counting.made)
    };
    let ((a, made), (b, made_too)) = tokio::join!(run(one), run(other));
    assert_eq!(made + made_too, 2, "{a:?} {b:?}");
    let refused = a.err().or(b.err()).unwrap();
    assert!(refused.message().contains("being executed right now"), "{refused}");
}

/// A ledger in memory whose journal takes so many pieces, and then is full.
#[derive(Debug, Clone, Default)]
struct Full {
    pieces: usize,
    /// Whether it cannot note that an approval is used.
    keeps_unspent: bool,
    journal: std::sync::Arc<std::sync::Mutex<Vec<bytes::Bytes>>>,
}

#[async_trait]
impl crate::approve::LedgerStore for Full {
    async fn lock(&self, _: &crate::model::Digest) -> Result<Box<dyn crate::approve::PlanLock>> {
        Ok(Box::new(self.clone()))
    }
    async fn journal_of(&self, _: &crate::model::Digest) -> Result<bytes::Bytes> {
        Ok(self.journal.lock().unwrap().concat().into())
    }
    async fn is_spent(&self, _: &crate::model::Digest) -> Result<bool> {
        Ok(false)
    }
    async fn spend(&self, _: &crate::model::Digest, _: &crate::model::Digest) -> Result<()> {
        match self.keeps_unspent {
            true => Err(Error::unexpected("the disk is full")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl crate::approve::PlanLock for Full {
    async fn kept(&mut self) -> Error {
        std::future::pending().await
    }
    async fn journal(&mut self) -> Result<bytes::Bytes> {
        Ok(self.journal.lock().unwrap().concat().into())
    }
    async fn append(&mut self, lines: bytes::Bytes) -> Result<()> {
        // One piece is refused, as by a disk that is full for a moment.
        self.pieces = self.pieces.checked_sub(1).unwrap_or(usize::MAX);
        if self.pieces == usize::MAX {
            return Err(Error::unexpected("the disk is full"));
        }
        self.journal.lock().unwrap().push(lines);
        Ok(())
    }
    async fn release(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_cannot_be_noted_stops_the_execution_and_leaves_a_journal_that_is_read() {
    for (pieces, made) in [(1, 1), (2, 2), (3, 3)] {
        let (plan, full) = (plan_of(3), Full { pieces, ..Full::default() });
        let (approved, mut counting) = (approve_usually(&plan), Counting::default());
        let receipt = execute(&mut counting, &approved, &Ledger::of(full.clone()), || at(0)).await.unwrap();
        assert_eq!((counting.made, &receipt.journal), (made, &None), "{receipt}");
        let journal = Journal::read(plan.digest(), &full.journal.lock().unwrap().concat()).unwrap();
        assert_eq!(journal.entries().len(), pieces, "the beginning, and a step for each further piece");
        // It goes on, once there is room.
        let room = Full { pieces: 9, ..full };
        let again = execute(&mut counting, &approved, &Ledger::of(room.clone()), || at(9)).await.unwrap();
        let bytes = room.journal.lock().unwrap().concat();
        assert_eq!(Journal::read(plan.digest(), &bytes).unwrap().head(), again.journal.as_ref().unwrap());
    }
}

#[tokio::test]
async fn what_was_done_is_told_where_the_ledger_cannot_note_that_the_approvals_are_used() {
    let (plan, full) = (plan_of(2), Full { pieces: 9, keeps_unspent: true, ..Full::default() });
    let (approved, mut counting) = (approve_usually(&plan), Counting::default());
    let receipt = execute(&mut counting, &approved, &Ledger::of(full), || at(0)).await.unwrap();
    assert!(receipt.is_complete() && receipt.unspent.as_deref().unwrap().contains("the disk is full"), "{receipt}");
    assert!(receipt.to_string().contains("COULD NOT BE MARKED AS USED"), "{receipt}");
}
