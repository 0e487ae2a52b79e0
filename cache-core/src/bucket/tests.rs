//! Several machines with one ledger in a bucket: of all who try, one executes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::*;
use crate::approve::Ledger;
use crate::error::ErrorKind;
use crate::http::testing::{Call, Reply, Server};
use crate::http::{Http, Patience};
use crate::model::{Secret, Timestamp};
use crate::registry::AwsCredentials;

const NOW: i64 = 1_800_000_000;

/// A store of objects that knows as much of S3's language as a ledger needs, with a clock of its own.
#[derive(Default)]
struct Store {
    objects: Mutex<BTreeMap<String, (Vec<u8>, i64)>>,
    clock: AtomicI64,
    writes: AtomicUsize,
    /// As old stores do.
    ignores_conditions: AtomicBool,
    /// The next write is done, and nobody is told.
    loses_answer: AtomicBool,
    away: AtomicBool,
}

fn etag(body: &[u8]) -> String {
    format!("\"{}\"", &Digest::of(body).hex()[..32])
}

fn date(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap();
    time.to_zoned_datetime(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn refused(status: u16, code: &str) -> Reply {
    Reply::new(status, format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>"))
}

impl Store {
    fn now(&self) -> i64 {
        NOW + self.clock.load(Ordering::SeqCst)
    }

    fn answer(&self, call: &Call) -> Reply {
        let signed = call.header("authorization").is_some_and(|text| {
            let names = ["host", "x-amz-content-sha256", "x-amz-date"];
            text.contains("/eu-test-1/s3/aws4_request") && names.iter().all(|name| text.contains(name))
        });
        let hash = call.header("x-amz-content-sha256").unwrap_or_default();
        if !signed || hash != Digest::of(&call.body).hex() {
            return refused(403, "SignatureDoesNotMatch");
        }
        if self.away.load(Ordering::SeqCst) {
            return refused(503, "ServiceUnavailable");
        }
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let there = objects.get(&call.target).cloned();
        if call.method == "GET" {
            let Some((body, written)) = there else { return refused(404, "NoSuchKey") };
            let reply = Reply::new(200, body.clone()).header("etag", etag(&body));
            return reply.header("last-modified", date(written)).header("date", date(self.now()));
        }
        let holds = match (call.header("if-none-match"), call.header("if-match")) {
            (Some("*"), None) => there.is_none(),
            (None, Some(version)) => match &there {
                Some((body, _)) => etag(body) == version,
                None => return refused(404, "NoSuchKey"),
            },
            _ => return refused(400, "InvalidRequest"),
        };
        if !holds && !self.ignores_conditions.load(Ordering::SeqCst) {
            return refused(412, "PreconditionFailed");
        }
        self.writes.fetch_add(1, Ordering::SeqCst);
        objects.insert(call.target.clone(), (call.body.clone(), self.now()));
        if self.loses_answer.swap(false, Ordering::SeqCst) {
            return refused(500, "InternalError");
        }
        Reply::new(200, "").header("etag", etag(&call.body))
    }

    fn has(&self, part: &str) -> usize {
        self.objects.lock().unwrap().keys().filter(|key| key.contains(part)).count()
    }
}

struct World {
    store: Arc<Store>,
    server: Server,
}

async fn world() -> World {
    let store = Arc::new(Store::default());
    let answering = Arc::clone(&store);
    World { server: Server::start_replies(move |call| answering.answer(call)).await, store }
}

fn plan() -> Digest {
    Digest::of(b"plan")
}

impl World {
    /// The ledger as one machine opens it.
    fn machine(&self) -> BucketLedger {
        self.with_lease(LEASE)
    }

    fn with_lease(&self, lease: Duration) -> BucketLedger {
        let patience = Patience { attempts: 3, first_pause: Duration::from_millis(1), ..Patience::default() };
        let bucket = Bucket {
            folder: format!("{}/bucket/team/ledger", self.server.url()),
            region: "eu-test-1".into(),
            credentials: AwsCredentials::keys("ID", Secret::new("s3cret"), None),
            http: Http::over(Network::default(), None, patience),
        };
        BucketLedger::of(bucket, lease)
    }

    async fn taken(&self) -> crate::Error {
        let error = self.machine().lock(&plan()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unapproved, "{error}");
        error
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_machines_that_ask_at_once_one_gets_the_lock() {
    let world = world().await;
    for round in 0..10 {
        let plan = Digest::of(format!("plan {round}").as_bytes());
        let machines: Vec<_> = (0..8).map(|_| world.machine()).collect();
        let tries = machines.iter().map(|machine| machine.lock(&plan));
        let got = futures_util::future::join_all(tries).await;
        assert_eq!(got.iter().filter(|got| got.is_ok()).count(), 1);
        let refusals = got.iter().filter_map(|got| got.as_ref().err());
        assert!(refusals.map(crate::Error::kind).all(|kind| kind == ErrorKind::Unapproved));
    }
}

#[tokio::test]
async fn a_lock_that_is_given_back_is_free_at_once() {
    let world = world().await;
    let lock = world.machine().lock(&plan()).await.unwrap();
    world.taken().await;
    lock.release().await.unwrap();
    world.machine().lock(&plan()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_death_the_plan_comes_free_when_the_store_says_so_and_to_one() {
    let world = world().await;
    drop(world.machine().lock(&plan()).await.unwrap());
    world.store.clock.store(LEASE.as_secs() as i64 - 1, Ordering::SeqCst);
    assert!(world.taken().await.to_string().contains("119 s ago"));
    world.store.clock.store(LEASE.as_secs() as i64, Ordering::SeqCst);
    let (plan, machines): (_, Vec<_>) = (plan(), (0..8).map(|_| world.machine()).collect());
    let got = futures_util::future::join_all(machines.iter().map(|machine| machine.lock(&plan))).await;
    assert_eq!(got.iter().filter(|got| got.is_ok()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_kept_by_writing_it_and_lost_to_whoever_took_it_over() {
    let world = world().await;
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
    world.taken().await;
    other.release().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_loses_the_lock_before_another_may_have_it() {
    let world = world().await;
    let lease = Duration::from_millis(800);
    let mut lock = world.with_lease(lease).lock(&plan()).await.unwrap();
    world.store.away.store(true, Ordering::SeqCst);
    let lost = tokio::time::timeout(lease, lock.kept()).await;
    assert!(lost.is_ok(), "somebody else could have it by now");
}

#[tokio::test]
async fn an_answer_that_was_lost_on_its_way_costs_nothing() {
    let world = world().await;
    let machine = world.machine();
    machine.expect_conditions().await.unwrap();
    world.store.loses_answer.store(true, Ordering::SeqCst);
    let mut lock = machine.lock(&plan()).await.expect("it is ours");
    world.store.loses_answer.store(true, Ordering::SeqCst);
    lock.append(Bytes::from_static(b"one\n")).await.unwrap();
    lock.append(Bytes::from_static(b"two\n")).await.unwrap();
    assert_eq!(&lock.journal().await.unwrap()[..], b"one\ntwo\n");
    lock.release().await.unwrap();
    world.machine().lock(&plan()).await.unwrap();
}

#[tokio::test]
async fn a_piece_of_the_journal_is_written_once() {
    let world = world().await;
    let mut lock = world.machine().lock(&plan()).await.unwrap();
    assert!(lock.journal().await.unwrap().is_empty());
    lock.append(Bytes::from_static(b"one\n")).await.unwrap();
    let key = "/bucket/team/ledger/journal/";
    let other = format!("{key}{}/0000002", plan().hex());
    world.store.objects.lock().unwrap().insert(other, (b"other\n".to_vec(), NOW));
    assert!(lock.append(Bytes::from_static(b"two\n")).await.is_err());
}

#[tokio::test]
async fn what_was_spent_is_spent_for_everybody() {
    let world = world().await;
    let approval = Digest::of(b"approval");
    assert!(!world.machine().is_spent(&approval).await.unwrap());
    world.machine().spend(&approval, &plan()).await.unwrap();
    world.machine().spend(&approval, &plan()).await.unwrap();
    assert!(world.machine().is_spent(&approval).await.unwrap());
    world.store.away.store(true, Ordering::SeqCst);
    assert_eq!(world.machine().is_spent(&approval).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_refused() {
    let world = world().await;
    world.store.ignores_conditions.store(true, Ordering::SeqCst);
    let error = world.machine().lock(&plan()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert_eq!(world.store.has("locks"), 0);
}

#[tokio::test]
async fn what_the_store_says_is_told_and_no_secret_with_it() {
    let world = world().await;
    let mut ledger = world.machine();
    if let Some(bucket) = Arc::get_mut(&mut ledger.bucket) {
        bucket.region = "elsewhere".into();
    }
    let error = ledger.lock(&plan()).await.unwrap_err();
    let told = format!("{error} {error:?} {ledger:?}");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(told.contains("SignatureDoesNotMatch") && !told.contains("s3cret"), "{told}");
}

#[test]
fn addresses_are_read() {
    let folder = |url: &str| url::bucket(url, Network::default()).map(|bucket| (bucket.folder, bucket.region));
    let read = |url: &str| folder(url).unwrap();
    let of = |folder: &str, region: &str| (folder.to_owned(), region.to_owned());
    assert_eq!(
        read("s3://release/cache/ledger?region=eu-west-1"),
        of("https://s3.eu-west-1.amazonaws.com/release/cache/ledger", "eu-west-1")
    );
    assert_eq!(read("s3://b/?region=cn-north-1"), of("https://s3.cn-north-1.amazonaws.com.cn/b", "cn-north-1"));
    assert_eq!(
        read("s3://b/p?endpoint=https%3A%2F%2Fminio.test%3A9000/&region=r"),
        of("https://minio.test:9000/b/p", "r")
    );
    for wrong in [
        "s3://",
        "s3://b//p?region=r",
        "s3://../p?region=r",
        "s3://b/p q?region=r",
        "s3://b?region=",
        "s3://b?region=a&region=b",
        "s3://b?regoin=a",
        "s3://b?region=r&endpoint=minio",
        "s3://user:secret@b/p?region=r",
        "folder",
    ] {
        assert_eq!(folder(wrong).unwrap_err().kind(), ErrorKind::Invalid, "{wrong}");
    }
    assert_eq!(folder("gs://b/p").unwrap_err().kind(), ErrorKind::Unsupported);
}

mod executions {
    //! The same through the door that all executions take.

    use super::*;
    use crate::execute::testing::{Counting, approved as approve, plan_of};
    use crate::execute::{Journal, StepOutcome, execute};

    fn clock() -> Timestamp {
        Timestamp::from_unix(NOW).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_two_executors_with_one_approved_plan_exactly_one_runs() {
        for _ in 0..5 {
            let world = world().await;
            let plan = plan_of(3);
            let (one, other) = (approve(&plan), approve(&plan));
            let run = |approved| {
                let ledger = Ledger::of(world.machine());
                async move {
                    let mut counting = Counting::slow(Duration::from_millis(20));
                    let ran = execute(&mut counting, &approved, &ledger, clock).await;
                    (ran, counting.made)
                }
            };
            // Each has an approval of its own: what they share is the plan alone.
            let ((a, made), (b, made_too)) = tokio::join!(run(one), run(other));
            assert_eq!(made + made_too, 3, "{a:?} {b:?}");
            assert_eq!([&a, &b].iter().filter(|ran| ran.is_ok()).count(), 1, "{a:?} {b:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_approval_that_one_machine_used_is_refused_on_another() {
        let world = world().await;
        let (plan, mut counting) = (plan_of(2), Counting::default());
        let approved = approve(&plan);
        let receipt = execute(&mut counting, &approved, &Ledger::of(world.machine()), clock).await.unwrap();
        assert!(receipt.is_complete());
        let again = execute(&mut counting, &approved, &Ledger::of(world.machine()), clock).await.unwrap_err();
        assert!(again.message().contains("used once") && counting.made == 2, "{again}");
        // The refusal gave the plan back.
        world.machine().lock(plan.digest()).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_executor_that_is_killed_between_is_followed_by_one_that_goes_on() {
        let world = world().await;
        let plan = plan_of(3);
        let approved = approve(&plan);
        let ledger = Ledger::of(world.machine());
        let mut stuck = Counting { stops_at: Some(2), ..Counting::default() };
        let killed = tokio::time::timeout(Duration::from_secs(1), execute(&mut stuck, &approved, &ledger, clock)).await;
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
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_executor_that_lost_its_lock_stops_where_it_is() {
        let world = world().await;
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
