//! Projects, their repositories and their quotas.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Harbor, HarborRegistry};
use crate::error::{Error, ErrorKind, Result};
use crate::http::encode;
use crate::model::Repository;
use crate::registry::{Catalog, Room};

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Project {
    /// Its number.
    #[serde(rename = "project_id")]
    pub id: i64,
    /// Its name, the first part of the names of its repositories.
    pub name: String,
    /// How many repositories it has.
    #[serde(default)]
    pub repo_count: u64,
    /// Its settings, such as `public`, `auto_scan` and `retention_id`; Harbor writes all of them as text.
    #[serde(default)]
    pub metadata: BTreeMap<String, serde_json::Value>,
}

impl Project {
    /// A setting as text.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.metadata.get(name).and_then(|value| value.as_str()).filter(|text| !text.is_empty())
    }
}

/// A repository of a project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ProjectRepository {
    /// Its name with the project: `project/name`.
    pub name: String,
    /// How many artifacts it has.
    #[serde(default)]
    pub artifact_count: u64,
    /// How often it was pulled.
    #[serde(default)]
    pub pull_count: u64,
}

/// How much a project may store, and stores, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Its number.
    pub id: i64,
    /// The limit; `None` for none.
    pub limit: Option<u64>,
    /// What is stored.
    pub used: u64,
}

impl HarborRegistry {
    /// Every project that the credentials may see.
    ///
    /// # Errors
    /// What Harbor says.
    pub async fn projects(&self) -> Result<Vec<Project>> {
        self.vendor.list("/projects", &[("with_detail", "true")], "the projects are not listed").await
    }

    /// A project by its name.
    ///
    /// # Errors
    /// `NotFound`; what Harbor says.
    pub async fn project(&self, name: &str) -> Result<Project> {
        self.vendor.project(name).await
    }

    /// The repositories of a project.
    ///
    /// # Errors
    /// `NotFound` where there is no such project; what Harbor says.
    pub async fn repositories_of(&self, project: &str) -> Result<Vec<ProjectRepository>> {
        let path = format!("/projects/{}/repositories", encode(project));
        self.vendor.list(&path, &[], "the repositories are not listed").await.map_err(|e| e.context("project", project))
    }

    /// The storage of a project; `None` where no quota is kept.
    ///
    /// # Errors
    /// As [`project`](Self::project).
    pub async fn quota(&self, project: &str) -> Result<Option<Quota>> {
        self.vendor.quota(project).await
    }
}

impl Harbor {
    /// Harbor takes names of digits for numbers unless it is told that this is a name.
    pub(super) async fn project(&self, name: &str) -> Result<Project> {
        let mut request = self.get(&format!("/projects/{}", encode(name)))?;
        request.headers.insert("x-is-resource-name", http::HeaderValue::from_static("true"));
        let answer = self.call(request, "the project cannot be read").await.map_err(|e| e.context("project", name))?;
        crate::registry::vendor::json(answer).await
    }

    pub(super) async fn quota(&self, project: &str) -> Result<Option<Quota>> {
        #[derive(Deserialize)]
        struct Listed {
            id: i64,
            #[serde(default)]
            hard: BTreeMap<String, i64>,
            #[serde(default)]
            used: BTreeMap<String, i64>,
        }
        let id = self.project(project).await?.id.to_string();
        let parameters = [("reference", "project"), ("reference_id", &id[..])];
        let listed: Vec<Listed> = self.list("/quotas", &parameters, "the quota cannot be read").await?;
        let storage = |amounts: &BTreeMap<String, i64>| amounts.get("storage").copied().unwrap_or(-1);
        let quota = |listed: Listed| Quota {
            id: listed.id,
            limit: u64::try_from(storage(&listed.hard)).ok(),
            used: u64::try_from(storage(&listed.used)).unwrap_or(0),
        };
        Ok(listed.into_iter().map(quota).next())
    }
}

/// A repository comes to be by pushing; its project does not, and has a quota.
#[async_trait]
impl Room for HarborRegistry {
    async fn room(&self, repository: &Repository) -> Result<Option<u64>> {
        let (project, _) = self.vendor.place(repository)?;
        // Not everybody who may push may read the quota.
        let quota = match self.vendor.quota(&project).await {
            Err(error) if error.kind() == ErrorKind::Denied => None,
            quota => quota?,
        };
        Ok(quota.and_then(|quota| Some(quota.limit?.saturating_sub(quota.used))))
    }
}

/// `_catalog` needs an administrator; projects are listed for anybody who may see them.
#[async_trait]
impl Catalog for HarborRegistry {
    async fn repositories(&self) -> Result<Vec<Repository>> {
        let mut all = Vec::new();
        for project in self.projects().await? {
            for repository in self.repositories_of(&project.name).await? {
                let name = format!("{}/{}", self.vendor.0.host, repository.name);
                all.push(Repository::parse(&name).map_err(|e| {
                    Error::unavailable("Harbor lists a repository whose name is none")
                        .context("name", name)
                        .caused_by(e)
                })?);
            }
        }
        all.sort();
        Ok(all)
    }
}
