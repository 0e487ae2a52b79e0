//! What runs on a cluster, asked of its API server.
//!
//! A dozen lists are all that is needed, so they are asked for here. The crate `kube` would bring a hundred others along, for
//! watching and changing clusters, and a second HTTP client.

use async_trait::async_trait;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::kubernetes::of_kubernetes;
use super::{ClusterConfig, Inventory, InventorySource};
use crate::error::{Error, Result};
use crate::http::{Http, Patience, Request, encode, resolve, secret_header};
use crate::model::Timestamp;

/// What every cluster has.
const KUBERNETES: [&str; 8] = [
    "api/v1/pods",
    "api/v1/replicationcontrollers",
    "apis/apps/v1/deployments",
    "apis/apps/v1/replicasets",
    "apis/apps/v1/statefulsets",
    "apis/apps/v1/daemonsets",
    "apis/batch/v1/jobs",
    "apis/batch/v1/cronjobs",
];
/// What OpenShift has, by API group.
const OPENSHIFT: [(&str, &[&str]); 3] = [
    ("apps.openshift.io", &["apis/apps.openshift.io/v1/deploymentconfigs"]),
    ("build.openshift.io", &["apis/build.openshift.io/v1/builds", "apis/build.openshift.io/v1/buildconfigs"]),
    ("image.openshift.io", &["apis/image.openshift.io/v1/imagestreams"]),
];
/// How many objects are asked for at once.
const PAGE: u32 = 500;
const MAX_PAGES: usize = 10_000;
const MAX_ANSWER: u64 = 256 << 20;

/// A cluster whose API server is asked: pods, workloads, jobs, cron jobs and, where there are any, builds and image streams, in
/// all namespaces. One list that is refused makes it no inventory.
#[derive(Debug)]
pub struct KubernetesCluster {
    name: String,
    config: ClusterConfig,
    more: Vec<String>,
    http: Http,
}

impl KubernetesCluster {
    /// The cluster that is reached so; its name is for people.
    pub fn new(name: impl Into<String>, config: ClusterConfig) -> Self {
        let http = Http::over(config.network.clone(), Some(config.server.clone()), Patience::default());
        KubernetesCluster { name: name.into(), config, more: Vec::new(), http }
    }

    /// Asks for these lists as well, such as `apis/argoproj.io/v1alpha1/rollouts`: custom resources with a pod template.
    #[must_use]
    pub fn with(mut self, lists: impl IntoIterator<Item = String>) -> Self {
        self.more.extend(lists);
        self
    }

    async fn lists(&self) -> Result<Vec<String>> {
        let groups = self.ask("apis").await?;
        let groups = groups.get("groups").and_then(Value::as_array).cloned().unwrap_or_default();
        let has = |name: &str| groups.iter().any(|group| group.get("name").and_then(Value::as_str) == Some(name));
        let openshift = OPENSHIFT.iter().filter(|(group, _)| has(group)).flat_map(|(_, lists)| lists.iter());
        let known = KUBERNETES.iter().chain(openshift).map(|list| (*list).to_owned());
        Ok(known.chain(self.more.iter().cloned()).collect())
    }

    /// All of one list, in pages. The last page says nothing of a next one.
    async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let mut pages = Vec::new();
        let mut next = String::new();
        for _ in 0..MAX_PAGES {
            let mut page = self.ask(&format!("{path}?limit={PAGE}{next}")).await?;
            let token = page.get_mut("metadata").and_then(|metadata| metadata.get_mut("continue")).map(Value::take);
            pages.push(page);
            match token.as_ref().and_then(Value::as_str).filter(|token| !token.is_empty()) {
                Some(token) => next = format!("&continue={}", encode(token)),
                None => return Ok(pages),
            }
        }
        Err(Error::unavailable("the list has no end").context("list", path))
    }

    async fn ask(&self, path: &str) -> Result<Value> {
        let base = self.config.server.to_string();
        let url = resolve(&self.config.server, &format!("{}/{path}", base.trim_end_matches('/')))?;
        let mut request = Request::new(Method::GET, url);
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = &self.config.token {
            let value = secret_header(&format!("Bearer {}", token.reveal()));
            let value = value.map_err(|_| Error::invalid("the token of the cluster cannot be sent"))?;
            request.headers.insert(AUTHORIZATION, value);
        }
        let about = |error: Error| error.context("cluster", &self.name).context("list", path);
        let answer = self.http.send(&request).await.map_err(about)?;
        let refused = match answer.status() {
            StatusCode::OK => {
                let bytes = answer.bytes(MAX_ANSWER).await.map_err(about)?;
                return serde_json::from_slice(&bytes)
                    .map_err(|e| about(Error::invalid("the API server did not answer with JSON").caused_by(e)));
            }
            StatusCode::UNAUTHORIZED => Error::unauthenticated("the cluster does not know who we are"),
            StatusCode::FORBIDDEN => Error::denied("the cluster does not let us list this")
                .hint("the account needs the verb list on it in all namespaces"),
            StatusCode::GONE => Error::unavailable("the cluster forgot a list that was being read").hint("try again"),
            status => Error::unavailable(format!("the cluster answered {status}")),
        };
        Err(about(refused))
    }
}

#[async_trait]
impl InventorySource for KubernetesCluster {
    fn name(&self) -> &str {
        &self.name
    }

    async fn inventory(&self) -> Result<Inventory> {
        let taken = Timestamp::now();
        let mut documents = Vec::new();
        for list in self.lists().await? {
            documents.extend(self.list(&list).await?);
        }
        of_kubernetes(&self.name, taken, &documents)
    }
}
