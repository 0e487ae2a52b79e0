//! The record names a line of the journal, and the journal is held to the record.

use super::*;
use crate::execute::Event;

/// A promotion with a record, what it says, and the journal.
async fn promoted(world: &mut World) -> (Plan, PromotionRecord, Vec<u8>) {
    let signer = Arc::new(KeySigner::generate("release").unwrap());
    world.promoter.trust = Trust::in_keys(vec![signer.public_key().clone()]);
    world.promoter.signer = Some(signer);
    let plan = world.ready().await;
    assert!(world.promoter.execute(approve(&plan)).await.unwrap().is_complete());
    (plan.clone(), record(world).await, bytes(world, &plan))
}

async fn record(world: &World) -> PromotionRecord {
    let image = world.to.tagged(tag("v1"));
    let evidence = evidence_of(&world.target, &image, &world.promoter.trust, now()).await.unwrap();
    evidence.statements.iter().find_map(|it| PromotionRecord::read(it.value.value())).unwrap()
}

fn bytes(world: &World, plan: &Plan) -> Vec<u8> {
    std::fs::read(LedgerFolder::at(world.folder.path()).journal(plan.digest())).unwrap()
}

#[tokio::test]
async fn the_record_names_the_last_line_before_it_was_written() {
    let mut world = world();
    let (plan, record, bytes) = promoted(&mut world).await;
    let journal = Journal::of(&bytes).unwrap();
    let written = plan.changes.iter().position(|change| matches!(change, Change::Attach(_))).unwrap();
    let held = record.expect_journal(&journal).unwrap();
    assert_eq!(held.len(), 1 + written, "the beginning, and what was done before");
    assert!(
        matches!(&held[0].event, Event::Began { approvals } if *approvals == [record.approvals[0].approval.clone()])
    );
    assert_ne!(record.journal.as_ref(), Some(journal.head()), "its own writing is not in it");
}

#[tokio::test]
async fn a_journal_that_was_changed_or_is_another_is_not_the_records() {
    let mut world = world();
    let (_, record, bytes) = promoted(&mut world).await;
    let kind = |record: &PromotionRecord, bytes: &[u8]| {
        record.expect_journal(&Journal::of(bytes).unwrap()).map(<[_]>::len).unwrap_err().kind()
    };
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let held = record.expect_journal(&Journal::of(&bytes).unwrap()).unwrap().len();
    // What comes after the record it does not hold.
    assert_eq!(record.expect_journal(&Journal::of(&lines[..held].concat()).unwrap()).unwrap().len(), held);
    assert_eq!(kind(&record, &lines[..held - 1].concat()), ErrorKind::Untrusted, "cut off before the record");
    // A whole journal that somebody wrote anew, whose chain holds.
    let anew = String::from_utf8(lines[0].to_vec()).unwrap().replace("2027-01-15T08", "2027-01-15T07");
    assert_ne!(anew.as_bytes(), lines[0]);
    assert_eq!(kind(&record, anew.as_bytes()), ErrorKind::Untrusted);
    let another = PromotionRecord { plan: Digest::of(b"another plan"), ..record.clone() };
    assert_eq!(kind(&another, &bytes), ErrorKind::Untrusted);
    let mut others = record.clone();
    others.approvals[0].approval = Digest::of(b"another approval");
    assert_eq!(kind(&others, &bytes), ErrorKind::Untrusted);
    assert_eq!(kind(&PromotionRecord { journal: None, ..record }, &bytes), ErrorKind::Unsupported);
}

async fn executed_again(world: &World, plan: &Plan) -> crate::Result<crate::promote::Receipt> {
    let approval = by_callback(plan, now(), |_| Ok(Answer::approve("bob"))).unwrap();
    let again = ApprovalPolicy::default().admit(plan.clone(), vec![approval], now()).unwrap();
    world.promoter.execute(again).await
}

#[tokio::test]
async fn an_execution_that_goes_on_leaves_the_record_with_its_line() {
    let mut world = world();
    let (plan, before, first) = promoted(&mut world).await;
    // The process died before it wrote the end, and somebody else approves it a second time: all of it is so.
    let end = first.trim_ascii_end().iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let journal = LedgerFolder::at(world.folder.path()).journal(plan.digest());
    std::fs::write(journal, &first[..end]).unwrap();
    assert!(executed_again(&world, &plan).await.unwrap().is_complete());
    let (after, second) = (record(&world).await, bytes(&world, &plan));
    assert!(after == before && second.len() > first.len());
    let of = |bytes: &[u8]| after.expect_journal(&Journal::of(bytes).unwrap()).unwrap().len();
    assert_eq!(of(&first), of(&second));
}

#[tokio::test]
async fn a_plan_that_was_executed_is_not_executed_on_an_approval_that_was_left_over() {
    let mut world = world();
    let (plan, _, first) = promoted(&mut world).await;
    for _ in 0..2 {
        let error = executed_again(&world, &plan).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unapproved);
    }
    assert_eq!(bytes(&world, &plan), first);
}
