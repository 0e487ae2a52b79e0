//! Repositories, searches, storage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Artifactory, ArtifactoryRegistry};
use crate::error::{Absent, Error, Result};
use crate::http::encode;
use crate::model::Reference;

/// A repository of Artifactory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalRepository {
    /// Its key.
    pub key: String,
    /// `LOCAL`, `REMOTE`, `VIRTUAL`, `FEDERATED`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// What it holds, such as `Docker`.
    #[serde(default)]
    pub package_type: String,
}

/// A file that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct FoundItem {
    /// The key of the repository.
    pub repo: String,
    /// The folder.
    pub path: String,
    /// The name of the file.
    pub name: String,
    /// Its SHA-256, where it was asked for.
    #[serde(default)]
    pub sha256: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    results: Vec<FoundItem>,
}

impl ArtifactoryRegistry {
    /// The repositories that hold images.
    ///
    /// # Errors
    /// What Artifactory says.
    pub async fn image_repositories(&self) -> Result<Vec<LocalRepository>> {
        self.vendor.read("/api/repositories?packageType=docker", "the repositories are not listed").await
    }

    /// The configuration of a repository, such as `maxUniqueTags` and `dockerTagRetention`.
    ///
    /// # Errors
    /// `NotFound`; what Artifactory says.
    pub async fn repository_configuration(&self, key: &str) -> Result<Value> {
        let read =
            self.vendor.read(&format!("/api/repositories/{}", encode(key)), "the configuration cannot be read").await;
        read.map_err(|e| e.context("repository", key))
    }

    /// How much is stored, of which kind. It needs an administrator.
    ///
    /// # Errors
    /// What Artifactory says.
    pub async fn storage(&self) -> Result<Value> {
        self.vendor.read("/api/storageinfo", "the storage cannot be read").await
    }

    /// What a search in Artifactory's query language (AQL) finds among files, such as `items.find({…})`.
    ///
    /// # Errors
    /// `Invalid` where it is no search of files; what Artifactory says.
    pub async fn search(&self, query: &str) -> Result<Vec<FoundItem>> {
        if !query.trim_start().starts_with("items.find(") {
            return Err(Error::invalid("only files are searched for").hint("write items.find({…})"));
        }
        Ok(self.vendor.search::<Found>(query.to_owned()).await?.results)
    }

    /// The properties of an image; none is an empty map.
    ///
    /// # Errors
    /// `NotFound` where there is no such tag; what Artifactory says.
    pub async fn properties(&self, image: &Reference) -> Result<BTreeMap<String, Vec<String>>> {
        self.vendor.properties(image).await
    }
}

impl Artifactory {
    /// Where Artifactory keeps a tag: a folder.
    pub(super) fn folder(&self, image: &Reference) -> Result<String> {
        let tag = image.tag.as_ref().filter(|_| image.digest.is_none());
        let tag =
            tag.ok_or_else(|| Error::invalid("Artifactory keeps images by their tags").context("image", image))?;
        let (key, path) = self.0.key.of(&self.0.host, &image.repository)?;
        let path: Vec<String> = path.split('/').map(encode).collect();
        Ok(format!("{}/{}/{}", encode(key), path.join("/"), encode(tag.as_str())))
    }

    pub(super) async fn properties(&self, image: &Reference) -> Result<BTreeMap<String, Vec<String>>> {
        #[derive(Deserialize)]
        struct Answer {
            properties: BTreeMap<String, Vec<String>>,
        }
        let folder = self.folder(image)?;
        // Artifactory answers 404 both where there is no such folder and where it has no properties.
        let stored = self.read::<Value>(&format!("/api/storage/{folder}"), "the image cannot be read").await;
        stored.map_err(|e| e.context("image", image))?;
        let answer: Result<Answer> =
            self.read(&format!("/api/storage/{folder}?properties"), "the properties cannot be read").await;
        let answer = answer.absent_is_none().map_err(|e| e.context("image", image))?;
        Ok(answer.map(|answer| answer.properties).unwrap_or_default())
    }

    /// The tags whose folder has the manifest of this hash.
    pub(super) async fn folders_of(&self, key: &str, path: &str, sha256: &str) -> Result<Vec<String>> {
        let find = serde_json::json!({
            "repo": key,
            "path": {"$match": format!("{path}/*")},
            "name": {"$match": "*manifest.json"},
            "sha256": sha256,
        });
        let found: Found =
            self.search(format!("items.find({find}).include(\"repo\", \"path\", \"name\", \"sha256\")")).await?;
        let below = |item: &FoundItem| item.path.strip_prefix(path)?.strip_prefix('/').map(str::to_owned);
        Ok(found.results.iter().filter_map(below).filter(|tag| !tag.contains('/')).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_results_is_no_search_that_found_nothing() {
        assert!(serde_json::from_str::<Found>(r#"{"results": []}"#).unwrap().results.is_empty());
        assert!(serde_json::from_str::<Found>(r#"{"message": "try later"}"#).is_err());
    }
}
