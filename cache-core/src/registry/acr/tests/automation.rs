//! Webhooks, tasks that purge, and builds.

use serde_json::{Value, json};

use super::Rig;
use crate::administer::Wish;
use crate::error::ErrorKind;
use crate::model::Digest;
use crate::plan::{Action, Automation, BuildSource, Scope};

fn set(rig: &Rig, automation: Automation, name: &str, to: Option<Value>) -> Action {
    Action::SetAutomation { automation, scope: Scope::Registry(Rig::host(&rig.fake)), name: name.to_owned(), to }
}

#[tokio::test]
async fn a_webhook_is_set_changed_and_removed() {
    let rig = Rig::new().await;
    let hook = |more: Value| {
        let mut hook =
            json!({"serviceUri": "https://hook.test/a", "actions": ["push", "delete"], "scope": "team/app:*"});
        hook.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        set(&rig, Automation::Webhook, "deploys", Some(hook))
    };
    rig.desk.settle(hook(json!({}))).await;
    rig.desk.settle(hook(json!({"status": "disabled"}))).await;
    let put = rig.fake.state().automations["/webhooks/deploys"].clone();
    assert_eq!(
        (&put["properties"]["status"], &put["properties"]["actions"]),
        (&json!("disabled"), &json!(["delete", "push"]))
    );
    // Headers that another set are named, and never shown.
    rig.fake.state().automations.get_mut("/webhooks/deploys").unwrap()["properties"]["customHeaders"] =
        json!({"Authorization": "Bearer hunter2"});
    let plan = rig.desk.plan(vec![Wish::Action(hook(json!({})))]).await.unwrap().unwrap();
    assert!(plan.render().contains("Authorization") && !plan.render().contains("hunter2"), "{}", plan.render());
    rig.desk.settle(set(&rig, Automation::Webhook, "deploys", None)).await;
    assert!(rig.fake.state().automations.is_empty());
    for wrong in [
        json!({"serviceUri": "https://u:p@hook.test/"}),
        json!({"serviceUri": "ftp://hook.test/"}),
        json!({"actions": ["pull"]}),
        json!({"actions": []}),
        json!({"customHeaders": {"Authorization": "hunter2"}}),
    ] {
        let error = rig.desk.plan(vec![Wish::Action(hook(wrong))]).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && !format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    for name in ["hook", "a/../../b", "hook?x=1", &"x".repeat(51)] {
        let action = set(&rig, Automation::Webhook, name, None);
        assert_eq!(rig.desk.plan(vec![Wish::Action(action)]).await.unwrap_err().kind(), ErrorKind::Invalid, "{name}");
    }
}

#[tokio::test]
async fn a_task_that_purges_is_set_and_what_it_will_do_is_told() {
    let rig = Rig::new().await;
    let task = |purge: Value, schedule: &str| {
        set(&rig, Automation::Task, "nightly", Some(json!({"purge": purge, "schedule": schedule})))
    };
    let purge = json!({"filters": ["team/app:dev-.*", "x:^(a|b)$"], "ago": "30d", "keep": 3, "untagged": true});
    let action = task(purge.clone(), "0 1 * * *");
    let plan = rig.desk.plan(vec![Wish::Action(action.clone())]).await.unwrap().unwrap();
    assert!(plan.render().contains("deletes and asks nobody"), "{}", plan.render());
    rig.desk.settle(action).await;
    rig.desk.settle(task(purge, "30 2 * * 1-5")).await;
    let put = rig.fake.state().automations["/tasks/nightly"]["properties"].clone();
    assert_eq!(put["trigger"]["timerTriggers"][0]["schedule"], "30 2 * * 1-5");
    let encoded = put["step"]["encodedTaskContent"].as_str().unwrap();
    let steps = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
    let command = "acr purge --filter 'team/app:dev-.*' --filter 'x:^(a|b)$' --ago 30d --keep 3 --untagged";
    assert!(String::from_utf8(steps).unwrap().contains(&format!("  - cmd: \"{command}\"\n")));
    rig.desk.settle(set(&rig, Automation::Task, "nightly", None)).await;
    for (purge, schedule) in [
        (json!({"filters": ["a:x' --ago 0d '"], "ago": "30d"}), "0 1 * * *"),
        (json!({"filters": ["a:{{.Run.ID}}"], "ago": "30d"}), "0 1 * * *"),
        (json!({"filters": [], "ago": "30d"}), "0 1 * * *"),
        (json!({"filters": ["app"], "ago": "30d"}), "0 1 * * *"),
        (json!({"filters": ["a:b"], "ago": "30d --keep 0"}), "0 1 * * *"),
        (json!({"filters": ["a:b"]}), "0 1 * * *"),
        (json!({"filters": ["a:b"], "ago": "30d"}), "daily"),
        (json!({"filters": ["a:b"], "ago": "30d", "force": true}), "0 1 * * *"),
    ] {
        let error = rig.desk.plan(vec![Wish::Action(task(purge.clone(), schedule))]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{purge} {schedule}");
    }
}

#[tokio::test]
async fn a_task_of_somebody_elses_is_shown_before_it_is_replaced() {
    let rig = Rig::new().await;
    let theirs = json!({"location": "westeurope", "properties": {
        "status": "Enabled", "step": {"type": "Docker", "dockerFilePath": "Dockerfile"}, "trigger": {},
    }});
    rig.fake.state().automations.insert("/tasks/nightly".into(), theirs);
    let to = json!({"purge": {"filters": ["a:b"], "ago": "30d"}, "schedule": "0 1 * * *"});
    let plan = rig.desk.plan(vec![Wish::Action(set(&rig, Automation::Task, "nightly", Some(to)))]).await.unwrap();
    assert!(plan.unwrap().render().contains("dockerFilePath"));
}

fn source() -> (tempfile::TempDir, BuildSource) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source.tar.gz");
    std::fs::write(&path, "an archive").unwrap();
    (folder, BuildSource::of(path).unwrap())
}

#[tokio::test]
async fn a_build_is_of_the_planned_source_and_ends_with_the_tag() {
    let rig = Rig::new().await;
    let (_folder, source) = source();
    let settings =
        json!({"platform": "linux/arm64/v8", "arguments": {"VERSION": "1"}, "dockerfile": "deploy/Dockerfile"});
    let build = |source: &BuildSource| {
        let (source, to, settings) = (source.clone(), rig.tagged("team/app", "1"), settings.clone());
        vec![Wish::Action(Action::Build { source, to, settings })]
    };
    let plan = rig.desk.plan(build(&source)).await.unwrap().unwrap();
    assert!(plan.render().contains(source.digest.as_str()) && plan.render().contains("VERSION"), "{}", plan.render());
    let carried = rig.desk.execute(&plan).await.unwrap();
    assert!(carried.receipt.is_complete(), "{}", carried.receipt);
    assert_eq!(rig.fake.images.tags("team/app").len(), 1);
    let asked = rig.fake.state().bodies.iter().rfind(|body| body.contains("DockerBuildRequest")).cloned().unwrap();
    let asked: Value = serde_json::from_str(&asked).unwrap();
    assert_eq!(asked["platform"], json!({"os": "linux", "architecture": "arm64", "variant": "v8"}));
    assert_eq!(asked["arguments"], json!([{"name": "VERSION", "value": "1", "isSecret": false}]));
    assert!(rig.fake.state().bodies.iter().any(|body| body == "an archive"));
    assert!(rig.acr.acr_run_log("ca1").await.unwrap().contains("FROM scratch"));
    // The same build again, which gives the same image, is done again.
    assert!(rig.desk.carry_out(build(&source)).await.unwrap().receipt.is_complete());
}

#[tokio::test]
async fn a_build_that_fails_or_is_overtaken_is_told_and_shows_no_signature() {
    let rig = Rig::new().await;
    let (_folder, source) = source();
    let build = |source: &BuildSource| Action::Build {
        source: source.clone(),
        to: rig.tagged("team/app", "1"),
        settings: Value::Null,
    };
    rig.fake.state().build_ends = "Failed";
    let failure = rig.desk.failure(Wish::Action(build(&source))).await;
    assert!(failure.contains("step 2 failed") && failure.contains("ca1"), "{failure}");
    (rig.fake.state().build_ends, rig.fake.state().stolen_tag) = ("Succeeded", true);
    let failure = rig.desk.failure(Wish::Action(build(&source))).await;
    assert!(failure.contains("the tag names another image"), "{failure}");
    rig.fake.state().stolen_tag = false;
    // Another source under the same name is not what was approved.
    let plan = rig.desk.plan(vec![Wish::Action(build(&source))]).await.unwrap().unwrap();
    std::fs::write(&source.path, "another archive").unwrap();
    let receipt = rig.desk.execute(&plan).await.unwrap().receipt.to_string();
    assert!(receipt.contains("not what was planned") && !receipt.contains("sig="), "{receipt}");
    for settings in [json!({"platform": "amd64"}), json!({"timeoutSeconds": 1}), json!({"secret": "hunter2"})] {
        let action = Action::Build { source: source.clone(), to: rig.tagged("team/app", "1"), settings };
        assert_eq!(rig.desk.plan(vec![Wish::Action(action)]).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    let image = Digest::of(b"an image");
    let to = rig.repository("team/app").at(image).into();
    let action = Action::Build { source, to, settings: Value::Null };
    assert_eq!(rig.desk.plan(vec![Wish::Action(action)]).await.unwrap_err().kind(), ErrorKind::Invalid);
}
