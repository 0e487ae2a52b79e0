//! What is asked, answered in ACR's words.

use async_trait::async_trait;
use serde_json::Value;

use super::AcrRegistry;
use crate::error::Result;
use crate::registry::records::{Question, Records, written};

#[async_trait]
impl Records for AcrRegistry {
    async fn answer(&self, question: &Question) -> Result<Option<Value>> {
        match question {
            Question::Images { repository } => written(&self.acr_manifests(repository).await?),
            Question::Image { image } => written(&self.acr_manifest(image).await?),
            Question::Tags { repository } => written(&self.acr_tags(repository).await?),
            Question::Locks { of } => written(&self.acr_locks(of).await?),
            Question::Settings => written(&self.acr_settings().await?),
            Question::Log { run } => written(&self.acr_run_log(run).await?),
            _ => return Ok(None),
        }
        .map(Some)
    }
}
