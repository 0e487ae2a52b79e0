//! What is asked, answered in Harbor's words.

use async_trait::async_trait;
use serde_json::Value;

use super::HarborRegistry;
use crate::error::Result;
use crate::registry::records::{Question, Records, written};

#[async_trait]
impl Records for HarborRegistry {
    async fn answer(&self, question: &Question) -> Result<Option<Value>> {
        match question {
            Question::Projects => written(&self.projects().await?),
            Question::Repositories { project: Some(project) } => written(&self.repositories_of(project).await?),
            Question::Images { repository } => written(&self.artifacts(repository).await?),
            Question::Image { image } => written(&self.artifact(image).await?),
            Question::Quota { project } => written(&self.quota(project).await?),
            Question::Accounts { project } => written(&self.robots(project).await?),
            _ => return Ok(None),
        }
        .map(Some)
    }
}
