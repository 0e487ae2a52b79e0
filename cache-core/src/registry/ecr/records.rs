//! What is asked, answered in ECR's words.

use async_trait::async_trait;
use serde_json::Value;

use super::EcrRegistry;
use crate::error::Result;
use crate::registry::records::{Question, Records, written};

#[async_trait]
impl Records for EcrRegistry {
    async fn answer(&self, question: &Question) -> Result<Option<Value>> {
        match question {
            Question::Repositories { project: None } => written(&self.ecr_repositories().await?),
            Question::Repository { repository } => written(&self.ecr_repository(repository).await?),
            Question::Images { repository } => written(&self.ecr_images(repository).await?),
            Question::Image { image } => written(&self.ecr_image(image).await?),
            _ => return Ok(None),
        }
        .map(Some)
    }
}
