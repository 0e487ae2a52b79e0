//! Several machines with one ledger in a bucket, whoever's: of all who try, one executes.

mod dialects;
mod fake;
mod interop;
mod sharing;

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;

use self::fake::{NOW, SECRET, Vendor, World};
use super::*;
use crate::approve::Ledger;
use crate::error::ErrorKind;

fn plan() -> Digest {
    Digest::of(b"plan")
}

async fn taken(world: &World) -> crate::Error {
    let error = world.machine().lock(&plan()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unapproved, "{error}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_machines_that_try_one_executes() {
    for vendor in Vendor::ALL {
        let world = World::of(vendor).await;
        sharing::holds(|| world.machine()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_death_the_plan_comes_free_when_the_store_says_so_and_to_one() {
    for vendor in Vendor::ALL {
        let world = World::of(vendor).await;
        drop(world.machine().lock(&plan()).await.unwrap());
        // The store's clock is some months away from ours: it alone counts.
        world.store.clock.store(LEASE.as_secs() as i64 - 1, Ordering::SeqCst);
        assert!(taken(&world).await.to_string().contains("119 s ago"));
        world.store.clock.store(LEASE.as_secs() as i64, Ordering::SeqCst);
        let (plan, machines): (_, Vec<_>) = (plan(), (0..8).map(|_| world.machine()).collect());
        let got = futures_util::future::join_all(machines.iter().map(|machine| machine.lock(&plan))).await;
        assert_eq!(got.iter().filter(|got| got.is_ok()).count(), 1, "{vendor:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_kept_by_writing_it_and_lost_to_whoever_took_it_over() {
    for vendor in Vendor::ALL {
        let world = World::of(vendor).await;
        let lease = Duration::from_millis(400);
        let mut lock = world.with_lease(lease).lock(&plan()).await.unwrap();
        let before = world.store.writes.load(Ordering::SeqCst);
        assert!(tokio::time::timeout(lease * 2, lock.kept()).await.is_err(), "it was lost");
        assert!(world.store.writes.load(Ordering::SeqCst) >= before + 4);
        // Somebody else finds it old, as after a pause of this machine.
        world.store.clock.store(LEASE.as_secs() as i64, Ordering::SeqCst);
        let other = world.machine().lock(&plan()).await.unwrap();
        let lost = tokio::time::timeout(lease * 2, lock.kept()).await.expect("it is noticed");
        assert!(lost.kind() == ErrorKind::Unapproved && lost.message().contains("lost"), "{lost}");
        // What the loser does now changes nothing.
        lock.release().await.unwrap();
        taken(&world).await;
        other.release().await.unwrap();
    }
}

#[tokio::test]
async fn a_lock_that_was_renewed_unheard_is_freed_at_the_end() {
    for vendor in Vendor::ALL {
        let world = World::of(vendor).await;
        let lock = world.machine().lock(&plan()).await.unwrap();
        world.store.renew(&format!("locks/{}", plan().hex()));
        lock.release().await.unwrap();
        world.machine().lock(&plan()).await.expect("it is free");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_loses_the_lock_before_another_may_have_it() {
    let world = World::of(Vendor::S3).await;
    let lease = Duration::from_millis(800);
    let mut lock = world.with_lease(lease).lock(&plan()).await.unwrap();
    world.store.away.store(true, Ordering::SeqCst);
    let lost = tokio::time::timeout(lease, lock.kept()).await;
    assert!(lost.is_ok(), "somebody else could have it by now");
}

#[tokio::test]
async fn an_answer_that_was_lost_on_its_way_costs_nothing() {
    for vendor in Vendor::ALL {
        let world = World::of(vendor).await;
        let machine = world.machine();
        machine.expect_conditions().await.unwrap();
        world.store.loses_answer.store(true, Ordering::SeqCst);
        let mut lock = machine.lock(&plan()).await.expect("it is ours");
        world.store.loses_answer.store(true, Ordering::SeqCst);
        lock.append(Bytes::from_static(b"one\n")).await.unwrap();
        // Google's says in the body which version it wrote.
        world.store.truncates.store(true, Ordering::SeqCst);
        lock.append(Bytes::from_static(b"two\n")).await.unwrap();
        assert_eq!(&lock.journal().await.unwrap()[..], b"one\ntwo\n");
        world.store.loses_answer.store(true, Ordering::SeqCst);
        machine.spend(&Digest::of(b"approval"), &plan()).await.unwrap();
        lock.release().await.unwrap();
        world.store.truncates.store(true, Ordering::SeqCst);
        world.machine().lock(&plan()).await.expect("it is ours");
    }
}

#[tokio::test]
async fn who_writes_at_the_same_instant_as_somebody_else_asks_again() {
    for vendor in [Vendor::S3, Vendor::Gcs] {
        let world = World::of(vendor).await;
        let (machine, approval) = (world.machine(), Digest::of(b"approval"));
        let busy = |times| world.store.busy.store(times, Ordering::SeqCst);
        busy(2);
        let lock = machine.lock(&plan()).await.unwrap();
        // It is not taken for "there is one".
        busy(3);
        machine.spend(&approval, &plan()).await.unwrap();
        assert!(machine.is_spent(&approval).await.unwrap() && world.store.count("spent") == 1);
        busy(100);
        let error = machine.spend(&Digest::of(b"other"), &plan()).await.unwrap_err();
        assert_eq!((error.kind(), world.store.count("spent")), (ErrorKind::Unavailable, 1));
        busy(0);
        lock.release().await.unwrap();
    }
}

#[tokio::test]
async fn a_piece_of_the_journal_is_written_once() {
    for vendor in Vendor::ALL {
        let world = World::of(vendor).await;
        let mut lock = world.machine().lock(&plan()).await.unwrap();
        lock.append(Bytes::from_static(b"one\n")).await.unwrap();
        world.store.insert(&format!("journal/{}/0000002", plan().hex()), b"other\n");
        assert!(lock.append(Bytes::from_static(b"two\n")).await.is_err());
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_never_unspent() {
    for vendor in Vendor::ALL {
        let world = World::of(vendor).await;
        world.store.away.store(true, Ordering::SeqCst);
        let error = world.machine().is_spent(&Digest::of(b"approval")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_refused() {
    for vendor in Vendor::ALL {
        let world = World::of(vendor).await;
        world.store.ignores_conditions.store(true, Ordering::SeqCst);
        let error = world.machine().lock(&plan()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert_eq!(world.store.count("locks"), 0);
    }
}

#[tokio::test]
async fn a_store_that_does_not_show_what_was_written_is_refused() {
    for vendor in Vendor::ALL {
        let world = World::of(vendor).await;
        world.store.misleads.store(true, Ordering::SeqCst);
        let error = world.machine().lock(&plan()).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Unsupported && error.message().contains("show"), "{error}");
        assert_eq!(world.store.count("locks"), 0);
    }
}

#[tokio::test]
async fn a_token_of_google_s_is_asked_for_once_while_it_lasts() {
    let world = World::of(Vendor::Gcs).await;
    let machine = world.machine();
    machine.lock(&plan()).await.unwrap().release().await.unwrap();
    assert_eq!(world.store.tokens.load(Ordering::SeqCst), 1);
}

mod executions {
    //! The same through the door that all executions take.

    use super::sharing::clock;
    use super::*;
    use crate::execute::testing::{Counting, approved as approve, plan_of};
    use crate::execute::{Journal, StepOutcome, execute};

    #[tokio::test(flavor = "multi_thread")]
    async fn an_executor_that_is_killed_between_is_followed_by_one_that_goes_on() {
        for vendor in Vendor::ALL {
            let world = World::of(vendor).await;
            let plan = plan_of(3);
            let approved = approve(&plan);
            let ledger = Ledger::of(world.machine());
            let mut stuck = Counting { stops_at: Some(2), ..Counting::default() };
            let second = Duration::from_secs(1);
            let killed = tokio::time::timeout(second, execute(&mut stuck, &approved, &ledger, clock)).await;
            assert!(killed.is_err() && stuck.made == 2);
            let next = Ledger::of(world.machine());
            let early = execute(&mut Counting::default(), &approved, &next, clock).await.unwrap_err();
            assert!(early.message().contains("being executed"), "{early}");
            world.store.clock.store(LEASE.as_secs() as i64, Ordering::SeqCst);
            let receipt = execute(&mut Counting::default(), &approved, &next, clock).await.unwrap();
            assert!(receipt.is_complete(), "{receipt}");
            let bytes = world.machine().lock(plan.digest()).await.unwrap().journal().await.unwrap();
            let journal = Journal::read(plan.digest(), &bytes).unwrap();
            // Begun, one step; begun again, three steps, ended.
            assert_eq!((journal.entries().len(), receipt.journal.as_ref()), (7, Some(journal.head())));
            // The lock is held by now, which keeps nobody from reading.
            assert_eq!(Journal::kept(&next, plan.digest()).await.unwrap(), bytes);
        }
    }

    #[tokio::test]
    async fn a_journal_is_read_piece_by_piece_checked_and_nothing_is_written_for_it() {
        for vendor in Vendor::ALL {
            let world = World::of(vendor).await;
            let (plan, ledger) = (plan_of(3), Ledger::of(world.machine()));
            let kept = || Journal::kept(&ledger, plan.digest());
            assert!(kept().await.unwrap_err().is_not_found());
            assert_eq!((world.store.count(""), world.store.writes.load(Ordering::SeqCst)), (0, 0));
            let receipt = execute(&mut Counting::default(), &approve(&plan), &ledger, clock).await.unwrap();
            let bytes = kept().await.unwrap();
            // Begun, three steps, ended.
            assert_eq!(bytes.split_inclusive(|byte| *byte == b'\n').count(), 5);
            assert_eq!(Journal::of(&bytes).unwrap().head(), receipt.journal.as_ref().unwrap());
            world.store.insert(&format!("journal/{}/0000002", plan.digest().hex()), b"{}\n");
            assert_eq!(kept().await.unwrap_err().kind(), ErrorKind::Untrusted, "{vendor:?}");
            world.store.away.store(true, Ordering::SeqCst);
            assert_eq!(kept().await.unwrap_err().kind(), ErrorKind::Unavailable, "{vendor:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_executor_that_lost_its_lock_stops_where_it_is() {
        let world = World::of(Vendor::S3).await;
        let plan = plan_of(3);
        let approved = approve(&plan);
        let ledger = Ledger::of(world.with_lease(Duration::from_millis(400)));
        let mut stuck = Counting { stops_at: Some(2), ..Counting::default() };
        let taking = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            world.store.clock.store(LEASE.as_secs() as i64, Ordering::SeqCst);
            world.machine().lock(plan.digest()).await.unwrap()
        };
        let (receipt, _other) = tokio::join!(execute(&mut stuck, &approved, &ledger, clock), taking);
        let receipt = receipt.unwrap();
        assert!(
            matches!(&receipt.steps[1].outcome, StepOutcome::Failed { message, .. } if message.contains("lost")),
            "{receipt}"
        );
        assert_eq!((&receipt.steps[2].outcome, stuck.made), (&StepOutcome::NotTried, 2));
    }
}
