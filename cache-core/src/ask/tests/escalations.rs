//! How long answers are waited for, and who is woken.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::approve::{ApprovalPolicy, Approver};
use crate::error::ErrorKind;

#[derive(Debug, Default)]
struct Recorder {
    fails: bool,
    told: Mutex<Vec<&'static str>>,
}

#[async_trait]
impl Channel for Recorder {
    fn name(&self) -> &str {
        "recorder"
    }

    async fn send(&self, _message: &Message) -> crate::Result<()> {
        self.told.lock().unwrap().push("sent");
        if self.fails { Err(crate::Error::unavailable("down")) } else { Ok(()) }
    }

    async fn settled(&self, _message: &Message) -> crate::Result<()> {
        self.told.lock().unwrap().push("settled");
        Ok(())
    }
}

impl Recorder {
    fn told(&self) -> Vec<&'static str> {
        self.told.lock().unwrap().clone()
    }
}

fn policy(required: usize) -> ApprovalPolicy {
    let approvers =
        ["alice", "bob"].map(|name| Approver { name: name.into(), key: None, identities: Vec::new() }).into();
    ApprovalPolicy { required, approvers, ..ApprovalPolicy::default() }
}

/// Asks, wakes after 300 ms and after 600 ms, and gives up after 20 s: long enough that a busy machine changes nothing.
fn escalation(ask: &Arc<Recorder>, alarm: &Arc<Recorder>) -> Escalation {
    let then = [300, 600].map(|millis| (Duration::from_millis(millis), Arc::clone(alarm) as Arc<dyn Channel>));
    Escalation { ask: vec![Arc::clone(ask) as _], then: then.into(), give_up_after: Duration::from_secs(20) }
}

fn press_now(desk: &AnswerDesk, user: &str, action: &str, plan: &Plan) {
    let (body, now) = (pressed(user, action, plan.digest().as_str()), Timestamp::now());
    let signature = slack_signature(SECRET, now.unix(), &body);
    let headers = [("X-Slack-Request-Timestamp", &*now.unix().to_string()), ("X-Slack-Signature", &*signature)];
    let reply = desk.slack(&headers, body.as_bytes(), now);
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn whoever_answers_at_once_wakes_nobody() {
    let (ask, alarm, desk, plan) = (Arc::default(), Arc::default(), desk(), plan("why"));
    let (escalation, policy) = (escalation(&ask, &alarm), policy(1));
    let answer = async {
        tokio::task::yield_now().await;
        press_now(&desk, "U1", "cache-approve", &plan);
    };
    let (answers, ()) = tokio::join!(escalation.answers(&plan, Urgency::High, &policy, &desk), answer);
    assert!(policy.admit(plan.clone(), answers.unwrap(), Timestamp::now()).is_ok());
    assert_eq!((ask.told(), alarm.told()), (vec!["sent"], vec![]));
}

#[tokio::test]
async fn when_nobody_answers_somebody_is_woken_and_the_alarm_is_settled() {
    let (ask, alarm, desk, plan) = (Arc::default(), Arc::<Recorder>::default(), desk(), plan("why"));
    let (escalation, policy) = (escalation(&ask, &alarm), policy(2));
    let answer = async {
        press_now(&desk, "U1", "cache-approve", &plan);
        while alarm.told().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        press_now(&desk, "U2", "cache-approve", &plan);
    };
    let (answers, ()) = tokio::join!(escalation.answers(&plan, Urgency::Critical, &policy, &desk), answer);
    assert_eq!(answers.unwrap().len(), 2, "one of two is not enough");
    assert_eq!(alarm.told(), ["sent", "sent", "settled"]);
}

#[tokio::test]
async fn a_denial_ends_the_waiting_and_the_policy_refuses() {
    let (ask, alarm, desk, plan) = (Arc::default(), Arc::default(), desk(), plan("why"));
    let (escalation, policy) = (escalation(&ask, &alarm), policy(2));
    let answer = async { press_now(&desk, "U2", "cache-deny", &plan) };
    let (answers, ()) = tokio::join!(escalation.answers(&plan, Urgency::High, &policy, &desk), answer);
    let refused = policy.admit(plan.clone(), answers.unwrap(), Timestamp::now()).unwrap_err();
    assert!(refused.to_string().contains("bob denied"), "{refused}");
}

#[tokio::test]
async fn a_channel_that_is_named_twice_is_told_once() {
    let (one, other) = (Arc::<Recorder>::default(), Arc::<Recorder>::default());
    let escalation = Escalation { ask: vec![Arc::clone(&one) as _, Arc::clone(&other) as _], ..escalation(&one, &one) };
    escalation.tell(&Message::of_plan(&plan("why"), Urgency::Critical)).await.unwrap();
    assert_eq!((one.told(), other.told()), (vec!["sent"], vec!["sent"]));
}

#[tokio::test]
async fn silence_is_no_approval() {
    let (ask, alarm, desk, plan) = (Arc::default(), Arc::<Recorder>::default(), desk(), plan("why"));
    let escalation = Escalation { give_up_after: Duration::from_millis(1500), ..escalation(&ask, &alarm) };
    let error = escalation.answers(&plan, Urgency::High, &policy(1), &desk).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unapproved);
    assert_eq!(alarm.told(), ["sent", "sent", "settled"]);
}

#[tokio::test]
async fn an_answer_that_did_not_count_is_told_with_the_reason() {
    let (ask, alarm, desk) = (Arc::default(), Arc::<Recorder>::default(), desk());
    let plan = Raw::canonical(PlanBody { requester: "alice".into(), ..plan("why").value().clone() }).unwrap();
    let escalation = Escalation { give_up_after: Duration::from_millis(500), ..escalation(&ask, &alarm) };
    let (policy, answer) = (policy(1), async { press_now(&desk, "U1", "cache-approve", &plan) });
    let (answers, ()) = tokio::join!(escalation.answers(&plan, Urgency::High, &policy, &desk), answer);
    let told = answers.unwrap_err().to_string();
    assert!(told.contains("lacking: 0 of 1 required") && told.contains("the requester may not approve"), "{told}");
}

#[tokio::test]
async fn channels_that_fail_are_named_and_one_that_works_suffices() {
    let broken = Arc::new(Recorder { fails: true, ..Recorder::default() });
    let (works, desk, plan) = (Arc::<Recorder>::default(), desk(), plan("why"));
    let alone =
        Escalation { ask: vec![Arc::clone(&broken) as _], then: Vec::new(), give_up_after: Duration::from_secs(5) };
    let error = alone.answers(&plan, Urgency::High, &policy(1), &desk).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let both = Escalation { ask: vec![broken as _, works as _], give_up_after: Duration::from_millis(50), ..alone };
    let error = both.answers(&plan, Urgency::High, &policy(1), &desk).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unapproved && error.to_string().contains("recorder: down"), "{error}");
}

/// A service that is tried again and again.
#[derive(Debug)]
struct Stuck;

#[async_trait]
impl Channel for Stuck {
    fn name(&self) -> &str {
        "stuck"
    }

    async fn send(&self, _message: &Message) -> crate::Result<()> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn who_cannot_be_reached_is_not_tried_after_it_is_time_to_give_up() {
    let (works, desk, plan) = (Arc::<Recorder>::default(), desk(), plan("why"));
    let stuck = || Arc::new(Stuck) as Arc<dyn Channel>;
    let alone = Escalation { ask: vec![stuck()], then: Vec::new(), give_up_after: Duration::from_millis(50) };
    let error = alone.answers(&plan, Urgency::High, &policy(1), &desk).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().starts_with("stuck was not told before") && error.hint_text().is_some(), "{error}");
    assert!(alone.tell(&Message::of_plan(&plan, Urgency::High)).await.is_err());
    // It takes no time from the others.
    let both = Escalation { ask: vec![stuck(), Arc::clone(&works) as _], ..alone };
    let error = both.answers(&plan, Urgency::High, &policy(1), &desk).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unapproved && error.to_string().contains("not reached: stuck: "), "{error}");
    assert_eq!(works.told(), ["sent"]);
}

#[test]
fn the_usual_times_are_those_of_the_urgency() {
    let alarm = Arc::<Recorder>::default() as Arc<dyn Channel>;
    let minutes = |urgency| {
        let usual = Escalation::usual(urgency, Vec::new(), &alarm);
        usual.then.iter().map(|(after, _)| after.as_secs() / 60).collect::<Vec<_>>()
    };
    assert_eq!((minutes(Urgency::Critical), minutes(Urgency::High)), (vec![5, 10], vec![15, 30]));
}
