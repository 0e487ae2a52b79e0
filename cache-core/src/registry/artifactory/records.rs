//! What is asked, answered in Artifactory's words.

use async_trait::async_trait;
use serde_json::Value;

use super::ArtifactoryRegistry;
use crate::error::Result;
use crate::registry::records::{Question, Records, written};

#[async_trait]
impl Records for ArtifactoryRegistry {
    async fn answer(&self, question: &Question) -> Result<Option<Value>> {
        match question {
            Question::Repositories { project: None } => written(&self.image_repositories().await?),
            Question::Configuration { key } => self.repository_configuration(key).await,
            Question::Properties { image } => written(&self.properties(image).await?),
            Question::Search { query } => written(&self.search(query).await?),
            Question::Storage => self.storage().await,
            _ => return Ok(None),
        }
        .map(Some)
    }
}
