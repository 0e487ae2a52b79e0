use std::sync::Arc;

use super::*;
use crate::error::Error;
use crate::gate::judge_all;

fn run(gates: Vec<Arc<dyn PromotionGate>>) -> Vec<Verdict> {
    let evidence = single();
    judge_all(&gates, &evidence).now_or_never().unwrap()
}

#[test]
fn a_callback_judges_the_evidence() {
    let gate = CallbackGate::new("size", |evidence| {
        Box::pin(async move {
            let message = format!("{} platforms", evidence.platforms.len());
            Ok(Verdict::new("size", vec![Reason::pass("ok", message)], Vec::new()))
        })
    });
    let verdicts = run(vec![Arc::new(gate.unwrap())]);
    assert_eq!((verdicts[0].gate.as_str(), verdicts[0].outcome), ("size", Outcome::Pass));
}

#[test]
fn a_callback_that_fails_or_says_nothing_stops_the_image_and_the_others_still_run() {
    let broken = CallbackGate::new("broken", |_| Box::pin(async { Err(Error::unexpected("no")) })).unwrap();
    let silent = CallbackGate::new("silent", |_| {
        Box::pin(async {
            let verdict = Verdict { outcome: Outcome::Pass, ..Verdict::new("silent", Vec::new(), Vec::new()) };
            Ok(Verdict { reasons: Vec::new(), ..verdict })
        })
    });
    let verdicts = run(vec![Arc::new(broken), Arc::new(silent.unwrap()), Arc::new(SbomGate::default())]);
    assert_eq!(verdicts.iter().map(|v| v.outcome).collect::<Vec<_>>(), [Outcome::Error, Outcome::Error, Outcome::Fail]);
}

#[test]
fn a_gate_needs_a_name() {
    assert!(CallbackGate::new(" ", |_| Box::pin(async { Err(Error::unexpected("no")) })).is_err());
}
