//! A cluster that is asked over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{ClusterConfig, InventorySource, KubernetesCluster};
use crate::error::ErrorKind;
use crate::model::Secret;
use crate::registry::Network;

/// An API server that answers by path, and what it was asked.
struct Api {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

type Answers = BTreeMap<&'static str, (u16, Value)>;

async fn api(answers: Answers) -> Api {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let (seen, answers) = (Arc::clone(&asked), Arc::new(answers));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&answers), Arc::clone(&seen)));
        }
    });
    Api { address, asked }
}

async fn answer(mut stream: TcpStream, answers: Arc<Answers>, seen: Arc<Mutex<Vec<String>>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
    let text = String::from_utf8(request).unwrap();
    let path = text.split(' ').nth(1).unwrap().to_owned();
    seen.lock().unwrap().push(text);
    // A page of a list has its own answer; any other list is empty.
    let known = answers.get(path.as_str()).or_else(|| answers.get(path.split('?').next().unwrap()));
    let (status, body) = known.cloned().unwrap_or((200, json!({"kind": "PodList", "metadata": {}, "items": []})));
    let body = body.to_string();
    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
}

fn pods(images: &[&str], next: &str) -> Value {
    let pod = |image: &&str| json!({"metadata": {"name": "p", "namespace": "n"}, "spec": {"containers": [{"name": "a", "image": image}]}});
    json!({"kind": "PodList", "metadata": {"continue": next}, "items": images.iter().map(pod).collect::<Vec<_>>()})
}

fn cluster(api: &Api) -> KubernetesCluster {
    let config = ClusterConfig::new(&api.address, Some(Secret::new("t0ken")), Network::default()).unwrap();
    KubernetesCluster::new("cluster a", config)
}

#[tokio::test]
async fn a_cluster_is_asked_for_everything_that_runs() {
    let groups = json!({"kind": "APIGroupList", "groups": [{"name": "apps"}, {"name": "image.openshift.io"}]});
    let stream = json!({"kind": "ImageStreamList", "metadata": {}, "items": [{"metadata": {"name": "s", "namespace": "n"},
        "status": {"tags": [{"items": [{"dockerImageReference": "registry.example/stream:1"}]}]}}]});
    let answers = BTreeMap::from([
        ("/apis", (200, groups)),
        ("/api/v1/pods?limit=500", (200, pods(&["registry.example/a:1"], "next/1"))),
        ("/api/v1/pods?limit=500&continue=next%2F1", (200, pods(&["registry.example/b:1"], ""))),
        ("/apis/image.openshift.io/v1/imagestreams", (200, stream)),
        ("/apis/example.com/v1/rollouts", (200, pods(&["registry.example/c:1"], ""))),
    ]);
    let api = api(answers).await;
    let inventory = cluster(&api).with(["apis/example.com/v1/rollouts".to_owned()]).inventory().await.unwrap();
    let images: Vec<_> = inventory.images.iter().map(|image| image.image.as_ref().unwrap().to_string()).collect();
    assert_eq!(
        images,
        ["registry.example/a:1", "registry.example/b:1", "registry.example/c:1", "registry.example/stream:1"]
    );
    let asked = api.asked.lock().unwrap();
    assert!(asked.iter().all(|request| request.to_lowercase().contains("authorization: bearer t0ken")));
    for list in
        ["deployments", "replicasets", "statefulsets", "daemonsets", "replicationcontrollers", "jobs", "cronjobs"]
    {
        assert!(asked.iter().any(|request| request.contains(&format!("/{list}?"))), "{list}");
    }
    assert!(!asked.iter().any(|request| request.contains("buildconfigs")));
}

/// B2 55: a cluster that refuses one list, or forgets one in the middle, gives no inventory.
#[tokio::test]
async fn b55_a_cluster_that_does_not_tell_all_gives_no_inventory() {
    for (path, status, kind) in [
        ("/apis", 401, ErrorKind::Unauthenticated),
        ("/apis/batch/v1/cronjobs", 403, ErrorKind::Denied),
        ("/apis/apps/v1/deployments", 404, ErrorKind::Unavailable),
        ("/api/v1/pods?limit=500&continue=next", 410, ErrorKind::Unavailable),
    ] {
        let failure = json!({"kind": "Status", "message": "no"});
        let mut answers = BTreeMap::from([("/api/v1/pods?limit=500", (200, pods(&["registry.example/a:1"], "next")))]);
        answers.insert("/api/v1/pods?limit=500&continue=next", (200, pods(&[], "")));
        answers.insert(path, (status, failure));
        let error = cluster(&api(answers).await).inventory().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{path}: {error}");
        assert!(!format!("{error:?}").contains("t0ken"), "{error:?}");
    }
}
