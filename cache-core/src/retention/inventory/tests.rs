use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;

fn now() -> Timestamp {
    Timestamp::parse("2026-06-30T12:00:00Z").unwrap()
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn document(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document = json!({
        "version": 1, "source": "cluster a", "taken": "2026-06-30T11:00:00Z", "complete": true,
        "images": [
            {"image": "registry.example/app:v1", "usedBy": "shop/Deployment/web"},
            {"digest": digest("running")},
        ],
    });
    change(&mut document);
    document.to_string().into_bytes()
}

/// B2 55: what is no complete and fresh inventory of images is none.
#[test]
fn b55_an_inventory_that_cannot_be_relied_on_is_refused() {
    let day = Duration::from_secs(24 * 3600);
    let check = |change: fn(&mut Value)| Inventory::parse(&document(change)).and_then(|i| i.check(day, now()));
    check(|_| {}).unwrap();
    for change in [
        (|d| d["complete"] = json!(false)) as fn(&mut Value),
        |d| drop(d.as_object_mut().unwrap().remove("complete")),
        |d| d["version"] = json!(2),
        |d| d["taken"] = json!("2026-06-29T11:59:59Z"),
        |d| d["taken"] = json!("2026-06-30T12:06:00Z"),
        |d| d["taken"] = json!("yesterday"),
        |d| d["images"] = json!([]),
        |d| d["images"][0]["image"] = json!("registry.example/App:v1"),
        |d| d["images"][1] = json!({"usedBy": "x"}),
        |d| d["images"][1]["digest"] = json!("sha256:1"),
        |d| d["more"] = json!(1),
        |d| *d = json!([]),
    ] {
        let error = check(change).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unsupported), "{error}");
    }
}

#[tokio::test]
async fn inventories_come_from_files_and_functions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inventory.json");
    let file = InventoryFile::new(&path);
    assert_eq!(file.inventory().await.unwrap_err().kind(), ErrorKind::NotFound);
    std::fs::write(&path, document(|_| {})).unwrap();
    let read = file.inventory().await.unwrap();
    assert_eq!((read.images.len(), read.name()), (2, "cluster a"));
    let again = read.clone();
    let by = inventory_by("mine", move || {
        let again = again.clone();
        async move { Ok(again) }
    });
    assert_eq!((by.name(), by.inventory().await.unwrap()), ("mine", read));
    std::fs::File::create(&path).unwrap().set_len(MAX_FILE + 1).unwrap();
    assert_eq!(file.inventory().await.unwrap_err().kind(), ErrorKind::Invalid);
}

fn images(documents: &[Value]) -> Result<Vec<String>> {
    let inventory = of_kubernetes("cluster a", now(), documents)?;
    let text = |image: &DeployedImage| match (&image.image, &image.digest) {
        (Some(image), None) => image.to_string(),
        (None, Some(digest)) => digest.to_string(),
        other => format!("{other:?}"),
    };
    Ok(inventory.images.iter().map(text).collect())
}

fn pod_spec() -> Value {
    json!({
        "containers": [{"name": "a", "image": "registry.example/a:1"}],
        "initContainers": [{"name": "i", "image": "registry.example/i:1"}],
        "ephemeralContainers": [{"name": "e", "image": "registry.example/e:1"}],
        "volumes": [{"name": "v", "image": {"reference": "registry.example/v:1"}}, {"name": "w", "emptyDir": {}}],
    })
}

const POD_IMAGES: [&str; 4] =
    ["registry.example/a:1", "registry.example/e:1", "registry.example/i:1", "registry.example/v:1"];

#[test]
fn pods_and_whatever_makes_pods_are_read() {
    let template = |kind: &str| json!({"kind": kind, "metadata": {"name": "x", "namespace": "n"}, "spec": {"template": {"spec": pod_spec()}}});
    for kind in ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job", "Rollout"] {
        assert_eq!(images(&[template(kind)]).unwrap(), POD_IMAGES, "{kind}");
    }
    let cron = json!({"kind": "CronJob", "metadata": {"name": "x"}, "spec": {"jobTemplate": {"spec": {"template": {"spec": pod_spec()}}}}});
    assert_eq!(images(std::slice::from_ref(&cron)).unwrap(), POD_IMAGES);
    // The lists of the API itself, and those of kubectl.
    let own = json!({"kind": "CronJobList", "metadata": {"continue": ""}, "items": [{"metadata": {"name": "x"}, "spec": cron["spec"]}]});
    assert_eq!(images(&[own]).unwrap(), POD_IMAGES);
    let mixed = json!({"kind": "List", "items": [cron, template("Deployment")]});
    let read = of_kubernetes("c", now(), &[mixed]).unwrap();
    assert_eq!((read.images.len(), read.images[0].used_by.as_str()), (8, "CronJob/x"));
}

#[test]
fn what_runs_is_read_from_the_status_of_pods() {
    let (index, config) = (digest("index"), digest("config"));
    let status = |id: String| json!({"name": "a", "image": "x", "imageID": id});
    let pod = json!({"kind": "Pod", "metadata": {"name": "p", "namespace": "n"},
    "spec": {"containers": [{"name": "a", "image": "registry.example/a"}]},
    "status": {
        "containerStatuses": [status(format!("docker-pullable://registry.example/a@{index}")), status(String::new())],
        "initContainerStatuses": [status(format!("docker://{config}"))],
        "ephemeralContainerStatuses": [status(format!("registry.example/b@{index}"))],
    }});
    let read = images(&[pod]).unwrap();
    assert_eq!(read.len(), 4, "{read:?}");
    for wanted in ["registry.example/a".to_owned(), config.to_string(), format!("registry.example/b@{index}")] {
        assert!(read.contains(&wanted), "{wanted}: {read:?}");
    }
    let deployed = Deployed::of(
        [&of_kubernetes(
            "c",
            now(),
            &[json!({"kind": "Pod", "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "a", "image": "registry.example/a"}]}})],
        )
        .unwrap()],
        &[],
    );
    let app = Repository::parse("registry.example/a").unwrap();
    assert_eq!(deployed.tagged(&app, &Tag::parse("latest").unwrap()), Some("Pod/p (c)"));
}

#[test]
fn builds_and_image_streams_are_read() {
    let (digest_of_before, digest) = (digest("before"), digest("now"));
    let stream = json!({"kind": "ImageStream", "metadata": {"name": "ruby", "namespace": "openshift"},
        "spec": {"tags": [{"name": "3", "from": {"kind": "DockerImage", "name": "registry.example/ruby:3"}}]},
        "status": {"tags": [{"tag": "3", "items": [
            {"dockerImageReference": format!("internal.example:5000/openshift/ruby@{digest}"), "image": digest},
            {"dockerImageReference": "internal.example:5000/openshift/ruby:before", "image": digest_of_before}]},
            {"tag": "empty", "items": null}]}});
    let build = json!({"kind": "Build", "metadata": {"name": "b", "namespace": "n"},
        "spec": {"strategy": {"dockerStrategy": {"from": {"kind": "DockerImage", "name": "registry.example/base:1"}}},
                 "source": {"images": [{"from": {"kind": "ImageStreamTag", "name": "ruby:3", "namespace": "openshift"}}]}},
        "status": {"outputDockerImageReference": "internal.example:5000/n/out:1", "output": {"to": {"imageDigest": digest}}}});
    let read: BTreeSet<String> = images(&[build.clone(), stream]).unwrap().into_iter().collect();
    let wanted = [
        digest.to_string(),
        "internal.example:5000/n/out:1".to_owned(),
        format!("internal.example:5000/openshift/ruby@{digest}"),
        "registry.example/base:1".to_owned(),
        "registry.example/ruby:3".to_owned(),
    ];
    assert_eq!(read, BTreeSet::from(wanted));
    let error = images(&[build]).unwrap_err();
    assert!(error.to_string().contains("openshift/ruby"), "{error}");
}

/// A part of a list, an answer that is none, and an image that cannot be read make it no inventory.
#[test]
fn b55_documents_that_are_partial_or_not_understood_are_refused() {
    let pod = |image: Value| json!({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": image}]}});
    let deep = (0..100).fold(json!({}), |inner, _| json!({"a": inner}));
    for wrong in [
        json!({"kind": "PodList", "metadata": {"continue": "abc"}, "items": []}),
        json!({"kind": "Status", "status": "Failure", "message": "forbidden"}),
        json!({"items": []}),
        json!({"kind": "List", "items": [{"metadata": {}}]}),
        pod(json!("registry.example/App:1")),
        pod(json!("$(IMAGE)")),
        pod(json!(" ")),
        pod(json!(null)),
        json!({"kind": "Custom", "metadata": {"name": "c"}, "spec": deep}),
        json!({"kind": "ImageStream", "metadata": {"name": "s"}, "status": {"tags": [{"items": [{"image": "sha256:1"}]}]}}),
    ] {
        assert!(images(std::slice::from_ref(&wrong)).is_err(), "{wrong}");
    }
    // OpenShift fills this one in.
    let config = json!({"kind": "DeploymentConfig", "metadata": {"name": "d"}, "spec": {
        "triggers": [{"type": "ImageChange", "imageChangeParams": {}}],
        "template": {"spec": {"containers": [{"name": "a", "image": " "}]}}}});
    assert_eq!(images(&[config]).unwrap(), [""; 0]);
}
