//! Repositories with their settings.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{self};
use super::{Ecr, EcrRegistry};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Repository, Timestamp, Transport};
use crate::registry::{Catalog, Room};

/// A repository.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EcrRepository {
    /// Its name below the host.
    #[serde(rename = "repositoryName")]
    pub name: String,
    /// Its name among the resources of AWS.
    #[serde(default, rename = "repositoryArn")]
    pub arn: String,
    /// When it was created.
    #[serde(default, deserialize_with = "api::time")]
    pub created_at: Option<Timestamp>,
    /// `MUTABLE`, `IMMUTABLE`, `IMMUTABLE_WITH_EXCLUSION` or `MUTABLE_WITH_EXCLUSION`.
    #[serde(default)]
    pub image_tag_mutability: String,
    /// The exclusions, each with `filterType` and `filter`.
    #[serde(default)]
    pub image_tag_mutability_exclusion_filters: Vec<Value>,
    /// `scanOnPush`.
    #[serde(default)]
    pub image_scanning_configuration: Value,
    /// `encryptionType`, `kmsKey`.
    #[serde(default)]
    pub encryption_configuration: Value,
}

impl EcrRegistry {
    /// Every repository of the registry.
    ///
    /// # Errors
    /// What ECR says.
    pub async fn ecr_repositories(&self) -> Result<Vec<EcrRepository>> {
        self.vendor.0.api.list("DescribeRepositories", json!({}), "repositories").await
    }

    /// One repository.
    ///
    /// # Errors
    /// `NotFound`; what ECR says.
    pub async fn ecr_repository(&self, repository: &Repository) -> Result<EcrRepository> {
        self.vendor.repository(repository).await
    }
}

impl Ecr {
    pub(super) async fn repository(&self, repository: &Repository) -> Result<EcrRepository> {
        #[derive(Deserialize)]
        struct Described {
            repositories: Vec<EcrRepository>,
        }
        let body = json!({"repositoryNames": [self.name(repository)?]});
        let described: Described =
            self.0.api.call("DescribeRepositories", body).await.map_err(|e| e.context("repository", repository))?;
        let found = described.repositories.into_iter().next();
        found.ok_or_else(|| Error::not_found("there is no such repository").context("repository", repository))
    }

    /// The name of a repository, which must be one of ours.
    pub(super) fn name<'a>(&self, repository: &'a Repository) -> Result<&'a str> {
        let here = repository.transport() == Transport::Registry && repository.host() == self.0.host.name();
        here.then(|| repository.path()).ok_or_else(|| {
            Error::invalid("this repository is kept elsewhere")
                .context("repository", repository)
                .context("registry", self.0.host.name())
        })
    }
}

/// `_catalog` is not all of it at ECR.
#[async_trait]
impl Catalog for EcrRegistry {
    async fn repositories(&self) -> Result<Vec<Repository>> {
        let all = self.ecr_repositories().await?;
        let host = self.vendor.0.host.name();
        let mut all: Vec<Repository> =
            all.iter().map(|r| Repository::parse(&format!("{host}/{}", r.name))).collect::<Result<_>>()?;
        all.sort();
        Ok(all)
    }
}

/// A push makes no repository, unless a creation template says so.
#[async_trait]
impl Room for EcrRegistry {
    async fn room(&self, repository: &Repository) -> Result<Option<u64>> {
        if self.vendor.0.create_on_push {
            return Ok(None);
        }
        match self.vendor.repository(repository).await {
            // Not everybody who may push may read the settings.
            Err(error) if error.kind() == ErrorKind::Denied => Ok(None),
            Err(error) if error.is_not_found() => {
                Err(error.hint("an administrator creates it first (action create-repository)"))
            }
            found => found.map(|_| None),
        }
    }
}
