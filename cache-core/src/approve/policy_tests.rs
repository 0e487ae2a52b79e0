//! Groups, deadlines and freezes: which approvals count, and when a plan may be executed.

use std::collections::BTreeMap;

use super::*;
use crate::error::{ErrorKind, Result};
use crate::model::{Digest, Raw, Repository, Timestamp};
use crate::plan::{Deadlines, PLAN_VERSION, Plan, PlanBody, Purpose};
use crate::sign::{IdentityRule, KeySigner};

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn now() -> Timestamp {
    time("2026-11-20T12:00:00Z")
}

fn plan() -> Plan {
    let image = Repository::parse("memory:dev/app").unwrap().at(Digest::of(b"image"));
    Raw::canonical(PlanBody {
        version: PLAN_VERSION,
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        purpose: Purpose::Attaching { to: image.clone().into(), image },
        policy: None,
        break_glass: None,
        deadlines: Deadlines::default(),
        verdicts: Vec::new(),
        changes: Vec::new(),
        left_behind: Vec::new(),
    })
    .unwrap()
}

/// A name, how many, and of whom.
type Stated<'a> = (&'a str, usize, &'a [&'a str]);

fn policy(approvers: &[&str], groups: &[Stated<'_>]) -> ApprovalPolicy {
    let approver = |name: &&str| Approver { name: (*name).to_owned(), ..Approver::default() };
    let group = |(name, required, of): &Stated<'_>| {
        ((*name).to_owned(), Group { required: *required, of: of.iter().map(|name| (*name).to_owned()).collect() })
    };
    let groups: BTreeMap<String, Group> = groups.iter().map(group).collect();
    ApprovalPolicy {
        required: ApprovalPolicy::needed_by(&groups).max(1),
        approvers: approvers.iter().map(approver).collect(),
        groups,
        ..ApprovalPolicy::default()
    }
}

fn yes(plan: &Plan, who: &str, at: Timestamp) -> Approval {
    let answer = Answer::approve(who);
    by_callback(plan, at, |_| Ok(answer)).unwrap()
}

fn admitted(policy: &ApprovalPolicy, plan: &Plan, people: &[&str]) -> Result<Approved> {
    policy.admit(plan.clone(), people.iter().map(|who| yes(plan, who, now())).collect(), now())
}

fn ignored(error: &crate::Error) -> Vec<&str> {
    error.contexts().iter().filter(|(key, _)| *key == "ignored").map(|(_, why)| why.as_str()).collect()
}

const ALL: [&str; 4] = ["alice", "bob", "carol", "dave"];
const TWO_GROUPS: &[Stated<'_>] = &[("security", 1, &["alice", "bob"]), ("release", 1, &["bob", "carol"])];

#[test]
fn each_group_needs_its_own_people() {
    let policy = policy(&ALL, TWO_GROUPS);
    assert_eq!(policy.required, 2);
    assert!(admitted(&policy, &plan(), &["alice", "carol"]).is_ok());
    let error = admitted(&policy, &plan(), &["alice", "dave"]).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Unapproved, "2 of 2 required approvals; release lacks 1 of 1")
    );
}

/// gates.md B2 47: whoever is in two groups counts for the one that needs somebody, whatever the order.
#[test]
fn b2_47_a_person_in_two_groups_counts_once_and_where_it_helps() {
    let policy = policy(&ALL, TWO_GROUPS);
    let alone = admitted(&policy, &plan(), &["bob"]).unwrap_err();
    assert!(alone.message().starts_with("1 of 2 required approvals; "), "{alone}");
    for people in [["bob", "alice"], ["alice", "bob"], ["bob", "carol"], ["carol", "bob"]] {
        assert!(admitted(&policy, &plan(), &people).is_ok(), "{people:?}");
    }
}

#[test]
fn a_long_chain_of_groups_is_untangled() {
    let names: Vec<String> = (0..200).map(|n| format!("p{n}")).collect();
    let groups =
        (0..199).map(|n| (format!("g{n:03}"), Group { required: 1, of: vec![names[n].clone(), names[n + 1].clone()] }));
    let groups: BTreeMap<String, Group> =
        groups.chain([("z".to_owned(), Group { required: 1, of: vec!["p0".into()] })]).collect();
    let approvers = names.iter().map(|name| Approver { name: name.clone(), ..Approver::default() }).collect();
    let policy = ApprovalPolicy { required: 200, approvers, groups, ..ApprovalPolicy::default() };
    policy.check().unwrap();
    let people: Vec<&str> = names.iter().map(String::as_str).collect();
    assert!(admitted(&policy, &plan(), &people).is_ok());
    let error = admitted(&policy, &plan(), &people[1..]).unwrap_err();
    assert_eq!(error.message(), "199 of 200 required approvals; z lacks 1 of 1");
}

#[test]
fn more_people_than_the_groups_need_may_be_required() {
    let policy = ApprovalPolicy { required: 3, ..policy(&ALL, TWO_GROUPS) };
    assert!(admitted(&policy, &plan(), &["alice", "carol"]).unwrap_err().message().starts_with("2 of 3"));
    assert!(admitted(&policy, &plan(), &["alice", "carol", "dave"]).is_ok());
}

#[test]
fn a_policy_that_nobody_can_satisfy_is_refused() {
    let wrong: &[(&[&str], &[Stated<'_>], &str)] = &[
        (&ALL, &[("a", 1, &["bob"]), ("b", 1, &["bob"])], "b lacks 1 of 1"),
        (&ALL, &[("a", 3, &["alice", "bob"])], "a lacks 1 of 3"),
        (&ALL, &[("a", 1, &["mallory"])], "who is none of the approvers"),
        (&ALL, &[("a", 1, &["bob", " BOB "])], "twice"),
        (&ALL, &[("a", 0, &["bob"])], "needs nobody"),
        (&[], &[("a", 1, &["bob"])], "who is none of the approvers"),
        (&["alice"], TWO_GROUPS, "who is none of the approvers"),
    ];
    for (approvers, groups, why) in wrong {
        let error = policy(approvers, groups).check().unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.message().contains(why), "{error}");
    }
    let few = ApprovalPolicy { required: 1, ..policy(&ALL, TWO_GROUPS) }.check().unwrap_err();
    assert!(few.message().contains("the groups need 2 people"), "{few}");
}

#[test]
fn a_requester_whom_the_groups_need_is_told_that_somebody_else_has_to_ask() {
    let plan = Raw::canonical(PlanBody { requester: "Alice".into(), ..plan().value().clone() }).unwrap();
    let policy = policy(&ALL, &[("security", 1, &["alice"])]);
    let error = admitted(&policy, &plan, &["alice", "bob"]).unwrap_err();
    assert!(error.hint_text().unwrap().contains("let somebody else ask"), "{error}");
    assert_eq!(ignored(&error), ["callback approval by alice: the requester may not approve"]);
}

/// Composed and decomposed, with what nobody sees, and in another width.
const SPELLINGS: [(&str, &str); 4] =
    [("Jos\u{e9}", "jose\u{301}"), ("alice", "alice\u{200b}"), ("alice", "\u{feff}ALICE"), ("alice", "\u{ff41}lice")];

#[test]
fn the_requester_does_not_approve_under_another_spelling() {
    for (requester, approver) in SPELLINGS {
        let plan = Raw::canonical(PlanBody { requester: requester.into(), ..plan().value().clone() }).unwrap();
        let error = admitted(&ApprovalPolicy::default(), &plan, &[approver]).unwrap_err();
        assert!(ignored(&error)[0].contains("the requester may not approve"), "{requester} {approver}: {error}");
    }
}

#[test]
fn a_person_under_two_spellings_counts_once() {
    let two = ApprovalPolicy { required: 2, ..ApprovalPolicy::default() };
    for (one, other) in SPELLINGS {
        let error = admitted(&two, &plan(), &[one, other]).unwrap_err();
        assert!(ignored(&error)[0].contains("a person counts once"), "{one} {other}: {error}");
        let twice = policy(&[one, other], &[]).check().unwrap_err();
        assert!(twice.message().contains("is named twice"), "{twice}");
        let group = policy(&[one], &[("a", 1, &[one, other])]).check().unwrap_err();
        assert!(group.message().contains("twice"), "{group}");
        assert!(admitted(&policy(&[one], &[("a", 1, &[other])]), &plan(), &[other]).is_ok());
    }
}

#[test]
fn a_name_that_nobody_sees_is_none() {
    for name in [" ", "\u{200b}"] {
        assert_eq!(by_callback(&plan(), now(), |_| Ok(Answer::approve(name))).unwrap_err().kind(), ErrorKind::Invalid);
        assert!(policy(&["alice", name], &[]).check().unwrap_err().message().contains("no name"));
    }
}

#[test]
fn what_was_ignored_is_told_where_the_others_sufficed() {
    let approved = admitted(&policy(&ALL, &[]), &plan(), &["mallory", "alice", "Alice"]).unwrap();
    assert_eq!(approved.ignored().len(), 2);
    assert!(approved.ignored()[0].contains("mallory: not one of the approvers"), "{:?}", approved.ignored());
    assert!(approved.ignored()[1].contains("a person counts once"), "{:?}", approved.ignored());
}

#[test]
fn an_approval_after_its_deadline_does_not_count() {
    let by = now();
    let deadlines = Deadlines { approve_by: Some(by), execute_by: None };
    let plan = plan().with_deadlines(deadlines, by).unwrap();
    let later = Timestamp::from_unix(by.unix() + 1).unwrap();
    let admit = |at| ApprovalPolicy::default().admit(plan.clone(), vec![yes(&plan, "alice", at)], later);
    assert!(admit(by).is_ok());
    let error = admit(later).unwrap_err();
    assert!(ignored(&error)[0].contains("it came too late"), "{error}");
    assert!(plan.render().contains("Approve by 2026-11-20T12:00:00Z"), "{}", plan.render());
}

#[test]
fn a_plan_is_not_executed_after_its_deadline() {
    let plan = plan().with_deadlines(Deadlines { approve_by: None, execute_by: Some(now()) }, now()).unwrap();
    let approved = admitted(&ApprovalPolicy::default(), &plan, &["alice"]).unwrap();
    approved.expect_now(now()).unwrap();
    let error = approved.expect_now(Timestamp::from_unix(now().unix() + 1).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unapproved);
    assert!(error.to_string().contains("2026-11-20T12:00:00Z"), "{error}");
}

#[test]
fn deadlines_make_another_plan_and_must_be_possible() {
    let (soon, later) = (time("2026-11-21"), time("2026-11-22"));
    let with = |approve_by, execute_by| plan().with_deadlines(Deadlines { approve_by, execute_by }, now());
    let dated = with(Some(soon), Some(later)).unwrap();
    assert_ne!(dated.digest(), plan().digest());
    let again: Plan = Raw::from_canonical(dated.bytes().clone()).unwrap();
    assert_eq!(again.deadlines, dated.deadlines);
    assert_eq!(with(None, None).unwrap().digest(), plan().digest());
    assert!(with(Some(later), Some(soon)).unwrap_err().message().contains("before it may be approved"));
    assert!(with(Some(time("2026-11-19")), None).unwrap_err().message().contains("has passed"));
    let none = String::from_utf8(plan().bytes().to_vec()).unwrap().replacen('{', "{\"deadlines\":{},", 1);
    assert!(Raw::<PlanBody>::from_canonical(none).is_err(), "two files would be one plan");
}

#[tokio::test]
async fn a_person_who_has_a_key_or_an_identity_approves_by_that_alone() {
    let (key, plan) = (KeySigner::generate("bob").unwrap(), plan());
    let alice = Approver { name: "alice".into(), ..Approver::default() };
    let bob = Approver { name: "bob".into(), key: Some(key.public_key().clone()), ..Approver::default() };
    let identities = vec![IdentityRule::exact("carol@example.com", "https://id.example.com")];
    let carol = Approver { name: "carol".into(), identities, ..Approver::default() };
    let policy = ApprovalPolicy { approvers: vec![alice, bob, carol], ..ApprovalPolicy::default() };
    for name in ["bob", " BOB", "carol"] {
        let error = admitted(&policy, &plan, &[name]).unwrap_err();
        assert!(ignored(&error)[0].contains("by a signature, and by that alone"), "{name}: {error}");
    }
    let signed = by_signature(&plan, Answer::approve("bob"), &key, now()).await.unwrap();
    let approved = policy.admit(plan.clone(), vec![yes(&plan, "carol", now()), signed], now()).unwrap();
    assert_eq!((approved.approvals().len(), approved.ignored().len()), (1, 1));
    assert!(admitted(&policy, &plan, &["alice"]).is_ok());
    // Whoever says no in such a name is heard: nothing is done for it.
    let no = by_callback(&plan, now(), |_| Ok(Answer::deny("bob"))).unwrap();
    let error = policy.admit(plan.clone(), vec![yes(&plan, "alice", now()), no], now()).unwrap_err();
    assert!(error.message().contains("bob denied"), "{error}");
}

#[test]
fn a_policy_that_accepts_no_signature_of_whoever_is_known_by_one_is_refused() {
    let key = KeySigner::generate("bob").unwrap().public_key().clone();
    let bob = Approver { name: "bob".into(), key: Some(key), ..Approver::default() };
    let policy = ApprovalPolicy { approvers: vec![bob], ..ApprovalPolicy::default() };
    policy.check().unwrap();
    let callbacks = ApprovalPolicy { accept: vec![ApprovalKind::Callback, ApprovalKind::Keyless], ..policy };
    assert!(callbacks.check().unwrap_err().message().contains("only 0 of the named approvers"));
}

fn freeze(zone: &str, from: &str, until: &str) -> Freeze {
    Freeze::new("window", zone, from, until).unwrap()
}

/// The first and the last second at which it holds, and those beside them at which it does not.
fn holds(freeze: &Freeze, first: &str, end: &str) {
    let (first, end) = (time(first), time(end));
    let at = |seconds| freeze.at(Timestamp::from_unix(seconds).unwrap());
    assert_eq!(at(first.unix() - 1), None, "before {first}");
    for second in [first.unix(), end.unix() - 1] {
        assert_eq!(at(second).map(|frozen| frozen.until), Some(end), "{first} to {end}");
    }
    assert_eq!(at(end.unix()), None, "at {end}");
}

#[test]
fn a_freeze_is_by_the_clock_on_the_wall() {
    holds(&freeze("Europe/Berlin", "2026-12-20", "2027-01-04T08:00"), "2026-12-19T23:00:00Z", "2027-01-04T07:00:00Z");
    holds(&freeze("UTC", "2026-12-20T16:00", "2026-12-20T16:01"), "2026-12-20T16:00:00Z", "2026-12-20T16:01:00Z");
    // A quarter of an hour off, and a zone beyond the date line.
    holds(&freeze("Asia/Kathmandu", "2026-12-20", "2026-12-21"), "2026-12-19T18:15:00Z", "2026-12-20T18:15:00Z");
    holds(&freeze("Pacific/Kiritimati", "2026-12-20", "2026-12-21"), "2026-12-19T10:00:00Z", "2026-12-20T10:00:00Z");
}

#[test]
fn a_freeze_over_the_change_of_the_clock_is_the_longer_of_what_could_be_meant() {
    let berlin = |from, until| freeze("Europe/Berlin", from, until);
    // Put forward at 02:00 on 29 March 2026: 02:30 is not there.
    holds(&berlin("2026-03-29T02:30", "2026-03-29T12:00"), "2026-03-29T00:30:00Z", "2026-03-29T10:00:00Z");
    holds(&berlin("2026-03-28T12:00", "2026-03-29T02:30"), "2026-03-28T11:00:00Z", "2026-03-29T01:30:00Z");
    // Put back at 03:00 on 25 October 2026: 02:30 is there twice.
    holds(&berlin("2026-10-25T02:30", "2026-10-25T12:00"), "2026-10-25T00:30:00Z", "2026-10-25T11:00:00Z");
    holds(&berlin("2026-10-24T12:00", "2026-10-25T02:30"), "2026-10-24T10:00:00Z", "2026-10-25T01:30:00Z");
}

#[test]
fn a_weekly_freeze_comes_again_across_the_change_of_the_clock() {
    let weekend = freeze("Europe/Berlin", "fri 16:00", "Monday 08:00");
    holds(&weekend, "2026-03-20T15:00:00Z", "2026-03-23T07:00:00Z");
    holds(&weekend, "2026-03-27T15:00:00Z", "2026-03-30T06:00:00Z");
    holds(&weekend, "2026-10-23T14:00:00Z", "2026-10-26T07:00:00Z");
    // Within a day, over midnight, and all but an hour of the week.
    holds(&freeze("UTC", "wed 10:00", "wed 11:00"), "2026-11-18T10:00:00Z", "2026-11-18T11:00:00Z");
    holds(&freeze("UTC", "sat 22:00", "sun 02:00"), "2026-11-21T22:00:00Z", "2026-11-22T02:00:00Z");
    holds(&freeze("UTC", "wed 11:00", "wed 10:00"), "2026-11-18T11:00:00Z", "2026-11-25T10:00:00Z");
    // Here the clock is put forward at midnight: the hour in which it would begin is not there.
    holds(&freeze("America/Asuncion", "sun 00:00", "sun 12:00"), "2026-11-22T03:00:00Z", "2026-11-22T15:00:00Z");
    holds(&freeze("Africa/Cairo", "fri 00:00", "fri 12:00"), "2026-04-23T21:00:00Z", "2026-04-24T09:00:00Z");
}

#[test]
fn a_freeze_that_cannot_be_is_refused() {
    for (zone, from, until) in [
        ("Europe/Bielefeld", "2026-12-20", "2026-12-21"),
        ("", "2026-12-20", "2026-12-21"),
        ("UTC", "2026-12-21", "2026-12-20"),
        ("UTC", "2026-12-20", "2026-12-20T00:00"),
        ("UTC", "2026-02-30", "2026-12-20"),
        ("UTC", "2026-12-20T16:00Z", "2026-12-21"),
        ("UTC", "2026-12-20T24:00", "2026-12-21"),
        ("UTC", "2026-12-20T8:00", "2026-12-21"),
        ("UTC", "fri 16:00", "2026-12-21"),
        ("UTC", "fri 16:00", "fri 16:00"),
        ("UTC", "fry 16:00", "mon 08:00"),
        ("UTC", "fri", "mon"),
        ("UTC", "soon", "later"),
    ] {
        let error = Freeze::new("window", zone, from, until).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{zone} {from} {until}");
    }
    assert!(Freeze::new(" ", "UTC", "2026-12-20", "2026-12-21").is_err());
}

#[test]
fn a_freeze_refuses_execution_and_says_until_when() {
    let freezes = vec![
        freeze("Europe/Berlin", "fri 09:00", "sat 09:00"),
        Freeze::new("release week", "Europe/Berlin", "2026-11-16", "2026-11-23").unwrap(),
    ];
    let policy = ApprovalPolicy { freezes, ..ApprovalPolicy::default() };
    // 20 November 2026 is a Friday: both hold, and the one that ends last is told.
    let approved = admitted(&policy, &plan(), &["alice"]).expect("people may approve");
    let error = approved.expect_now(now()).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unapproved, "the environment is frozen"));
    let told: BTreeMap<&str, &str> = error.contexts().iter().map(|(key, value)| (*key, value.as_str())).collect();
    assert_eq!((told["window"], told["until"]), ("release week", "2026-11-22T23:00:00Z"));
    assert!(told["there"].starts_with("2026-11-23T00:00:00+01:00"), "{}", told["there"]);
    approved.expect_now(time("2026-11-22T23:00:00Z")).unwrap();
}
