//! What is asked, answered in OpenShift's words.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::OpenShiftRegistry;
use crate::error::{Absent, Result};
use crate::registry::records::{Question, Records, written};

#[async_trait]
impl Records for OpenShiftRegistry {
    async fn answer(&self, question: &Question) -> Result<Option<Value>> {
        match question {
            Question::Repositories { project } => written(&self.streams(project.as_deref()).await?),
            Question::Images { repository } => written(&self.stream(repository).await?),
            Question::Layers { repository } => self.stream_layers(repository).await,
            Question::Settings => Ok(json!({
                "route": self.registry_route().await.absent_is_none()?,
                "conditions": self.registry_conditions().await?,
            })),
            _ => return Ok(None),
        }
        .map(Some)
    }
}
