//! What has to hold in any store, ours or a real one: of all machines that try, one executes.

use std::time::Duration;

use bytes::Bytes;

use super::fake::NOW;
use crate::approve::{Ledger, LedgerStore};
use crate::bucket::BucketLedger;
use crate::error::ErrorKind;
use crate::execute::testing::{Counting, approved as approve, plan_of};
use crate::execute::{Journal, execute};
use crate::model::{Digest, Timestamp};

pub(super) fn clock() -> Timestamp {
    Timestamp::from_unix(NOW).unwrap()
}

/// All of it, with plans that no other run has. `machine` opens the ledger as one machine does.
pub(super) async fn holds(machine: impl Fn() -> BucketLedger) {
    one_of_many_gets_the_lock(&machine).await;
    a_lock_is_given_back(&machine).await;
    a_journal_is_continued(&machine).await;
    what_is_spent_is_spent_for_everybody(&machine).await;
    one_of_two_executors_runs(&machine).await;
    an_approval_is_used_once(&machine).await;
}

async fn one_of_many_gets_the_lock(machine: &impl Fn() -> BucketLedger) {
    for round in 0..5 {
        let plan = Digest::of(format!("plan {round}").as_bytes());
        let machines: Vec<_> = (0..8).map(|_| machine()).collect();
        let tries = machines.iter().map(|machine| machine.lock(&plan));
        let got = futures_util::future::join_all(tries).await;
        assert_eq!(got.iter().filter(|got| got.is_ok()).count(), 1, "{got:?}");
        let refusals = got.iter().filter_map(|got| got.as_ref().err());
        assert!(refusals.map(crate::Error::kind).all(|kind| kind == ErrorKind::Unapproved), "{got:?}");
    }
}

async fn a_lock_is_given_back(machine: &impl Fn() -> BucketLedger) {
    let plan = Digest::of(b"given back");
    for _ in 0..3 {
        let lock = machine().lock(&plan).await.unwrap();
        assert_eq!(machine().lock(&plan).await.unwrap_err().kind(), ErrorKind::Unapproved);
        lock.release().await.unwrap();
    }
}

async fn a_journal_is_continued(machine: &impl Fn() -> BucketLedger) {
    let plan = Digest::of(b"continued");
    let mut lock = machine().lock(&plan).await.unwrap();
    assert!(lock.journal().await.unwrap().is_empty());
    lock.append(Bytes::from_static(b"one\n")).await.unwrap();
    lock.release().await.unwrap();
    let mut lock = machine().lock(&plan).await.unwrap();
    assert_eq!(&lock.journal().await.unwrap()[..], b"one\n");
    lock.append(Bytes::from_static(b"two\n")).await.unwrap();
    assert_eq!(&lock.journal().await.unwrap()[..], b"one\ntwo\n");
}

async fn what_is_spent_is_spent_for_everybody(machine: &impl Fn() -> BucketLedger) {
    let (plan, approval) = (Digest::of(b"spent"), Digest::of(b"approval"));
    assert!(!machine().is_spent(&approval).await.unwrap());
    machine().spend(&approval, &plan).await.unwrap();
    machine().spend(&approval, &plan).await.unwrap();
    assert!(machine().is_spent(&approval).await.unwrap());
}

/// Each has an approval of its own: what they share is the plan alone.
async fn one_of_two_executors_runs(machine: &impl Fn() -> BucketLedger) {
    let plan = plan_of(3);
    let (one, other) = (approve(&plan), approve(&plan));
    let run = |approved| {
        let ledger = Ledger::of(machine());
        async move {
            let mut counting = Counting::slow(Duration::from_millis(50));
            let ran = execute(&mut counting, &approved, &ledger, clock).await;
            (ran, counting.made)
        }
    };
    let ((a, made), (b, made_too)) = tokio::join!(run(one), run(other));
    assert_eq!(made + made_too, 3, "{a:?} {b:?}");
    assert_eq!([&a, &b].iter().filter(|ran| ran.is_ok()).count(), 1, "{a:?} {b:?}");
    let bytes = machine().lock(plan.digest()).await.unwrap().journal().await.unwrap();
    // Begun, three steps, ended.
    assert_eq!(Journal::read(plan.digest(), &bytes).unwrap().entries().len(), 5);
}

async fn an_approval_is_used_once(machine: &impl Fn() -> BucketLedger) {
    let (plan, mut counting) = (plan_of(2), Counting::default());
    let approved = approve(&plan);
    let receipt = execute(&mut counting, &approved, &Ledger::of(machine()), clock).await.unwrap();
    assert!(receipt.is_complete());
    let again = execute(&mut counting, &approved, &Ledger::of(machine()), clock).await.unwrap_err();
    assert!(again.message().contains("used once") && counting.made == 2, "{again}");
    // The refusal gave the plan back.
    machine().lock(plan.digest()).await.unwrap();
}
