//! Plans that Cache did not make: their changes are not what they say they are for.

use super::*;
use crate::gate::Evidence;
use crate::model::{Reason, Verdict};
use crate::plan::{Delete, DeleteTarget, PlanBody, Purpose, Role, SetTag};

/// The kind of error that the plan gives where it is admitted, and where another process reads it.
fn refusal(body: PlanBody) -> (ErrorKind, ErrorKind) {
    let plan = Raw::canonical(body).unwrap();
    let approval = by_callback(&plan, now(), |_| Ok(Answer::approve("alice"))).unwrap();
    let admitted = ApprovalPolicy::default().admit(plan.clone(), vec![approval], now());
    let read = crate::connect::SharedPlan::from_json(plan.bytes());
    (admitted.unwrap_err().kind(), read.unwrap_err().kind())
}

#[tokio::test]
async fn a_plan_that_does_something_else_than_it_says_is_no_plan() {
    let world = world();
    let plan = world.ready().await;
    let evil = Digest::of(b"evil");
    let copy = plan.changes.iter().position(|it| matches!(it, Change::Copy(op) if op.role == Role::Image)).unwrap();
    let last = plan.changes.len() - 1;
    let named = |tag: &str, to: &Digest| {
        let (repository, to) = (world.to.clone(), to.clone());
        Change::SetTag(SetTag { repository, tag: self::tag(tag), to, expected: Expected::Absent })
    };
    let changed = |change: &dyn Fn(&mut PlanBody)| {
        let mut body = plan.value().clone();
        change(&mut body);
        body
    };
    let copied = |edit: &dyn Fn(&mut crate::plan::CopyManifest)| {
        changed(&|body| {
            let Change::Copy(op) = &mut body.changes[copy] else { panic!() };
            edit(op);
        })
    };
    let image = |body: &PlanBody| {
        let Purpose::Promotion { image, .. } = &body.purpose else { panic!() };
        image.clone()
    };
    let to = || world.to.tagged(self::tag("v1"));
    let made_up = [
        ("another image", copied(&|op| op.digest = evil.clone())),
        ("from elsewhere", copied(&|op| op.from = repository("memory:evil/app"))),
        ("to elsewhere", copied(&|op| op.to = repository("memory:prod/app"))),
        ("the tag names another", changed(&|body| body.changes[last] = named("v1", &evil))),
        ("another tag too", changed(&|body| body.changes.push(named("latest", &evil)))),
        ("another tag, the same image", changed(&|body| body.changes.push(named("latest", &image(body).digest)))),
        (
            "a deletion",
            changed(&|body| {
                let (repository, expected) = (world.to.clone(), image(body).digest);
                let target = DeleteTarget::Manifest;
                body.changes.push(Change::Delete(Delete { repository, target, expected, tags: Vec::new() }));
            }),
        ),
        ("attaching that copies", changed(&|body| body.purpose = Purpose::Attaching { to: to(), image: image(body) })),
        ("a rollback that copies", changed(&|body| body.purpose = Purpose::Rollback { to: to(), image: image(body) })),
        ("another version", changed(&|body| body.version += 1)),
        (
            "a gate that refuses",
            changed(&|body| {
                body.verdicts.push(Verdict::new("cve", vec![Reason::fail("found", "critical")], Vec::new()));
            }),
        ),
    ];
    for (what, body) in made_up {
        assert_eq!(refusal(body), (ErrorKind::Invalid, ErrorKind::Invalid), "{what}");
    }
    assert!(crate::connect::SharedPlan::from_json(plan.bytes()).is_ok());
}

#[tokio::test]
async fn an_index_that_names_a_platform_as_an_attestation_too_has_the_platform_judged() {
    let mut world = world();
    let image = |name: &str| image(&world.source, &world.from, name);
    let (arm, amd) = (image("clean"), image("not looked at"));
    let child = |d: &Descriptor, os: &str, arch: &str| json!({"mediaType": d.media_type, "digest": d.digest, "size": d.size, "platform": {"os": os, "architecture": arch}});
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX,
        "manifests": [child(&arm, "linux", "arm64"), child(&amd, "unknown", "unknown"), child(&amd, "linux", "amd64")],
    });
    world.from = repository("memory:dev/twice");
    for known in [&arm, &amd] {
        let bytes = source_manifest(&world.source, &repository("memory:dev/app"), known);
        world.source.insert_manifest(&world.from, None, bytes).unwrap();
    }
    world.source.insert_manifest(&world.from, Some(self::tag("v1")), index.to_string()).unwrap();
    let evidence: Evidence = world.promoter.evidence(&world.request(), &[]).await.unwrap();
    let judged: Vec<&Digest> = evidence.platforms.iter().map(|(digest, _)| digest).collect();
    assert_eq!(judged, [&arm.digest, &amd.digest]);
}
