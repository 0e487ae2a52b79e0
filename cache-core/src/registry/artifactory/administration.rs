//! What can be changed at Artifactory.
//!
//! - `Import` of an image from another repository of the same Artifactory: it is copied there, and never moved.
//! - `SetProperties` of a tag.

use std::collections::BTreeMap;

use async_trait::async_trait;
use http::Method;
use serde_json::json;

use super::ArtifactoryRegistry;
use crate::approve::Permit;
use crate::error::{Absent, Error, Result};
use crate::http::encode;
use crate::model::{Pinned, Reference};
use crate::plan::{Action, Administer};
use crate::registry::vendor::{unsupported, with_json};
use crate::registry::{Administration, Issued, Registry, Standing, TagsOf};

#[async_trait]
impl Administration for ArtifactoryRegistry {
    async fn standing(&self, action: &Action) -> Result<Standing> {
        match action {
            Action::Import { from, to, follow: None } => self.copy_standing(from, to).await,
            Action::SetProperties { image, properties } => {
                let now = self.vendor.properties(image).await?;
                let of_interest: BTreeMap<_, _> =
                    now.into_iter().filter(|(name, _)| properties.contains_key(name)).collect();
                let now = (!of_interest.is_empty()).then(|| json!(of_interest));
                Ok(Standing::of(now, Some(&json!(properties))))
            }
            other => Err(unsupported("Artifactory", other)),
        }
    }

    async fn administer(&self, op: Permit<'_, Administer>) -> Result<Option<Issued>> {
        match &op.action {
            Action::Import { from, to, follow: None } => self.copy(from, to).await?,
            Action::SetProperties { image, properties } => {
                let properties: Vec<String> = properties.iter().map(|(name, values)| property(name, values)).collect();
                let path = format!(
                    "/api/storage/{}?properties={}&recursive=0",
                    self.vendor.folder(image)?,
                    properties.join(";")
                );
                let request = self.vendor.0.api.request(Method::PUT, &path)?;
                let set = self.vendor.call(&self.vendor.0.api, request, "the properties are not set").await;
                set.map_err(|e| e.context("image", image))?;
            }
            other => return Err(unsupported("Artifactory", other)),
        }
        Ok(None)
    }
}

impl ArtifactoryRegistry {
    async fn copy_standing(&self, from: &Pinned, to: &Reference) -> Result<Standing> {
        if to.tag.is_none() || to.digest.is_some() {
            return Err(Error::invalid("an import is named by a tag, and by no digest").context("to", to));
        }
        let named = self.oci.resolve(to).await.absent_is_none()?;
        if named.is_none() {
            self.tag_of(from).await?;
        }
        Ok(Standing::of(named.map(|found| json!(found.digest)), Some(&json!(from.digest))))
    }

    /// A tag of the image: Artifactory copies by tag alone.
    async fn tag_of(&self, from: &Pinned) -> Result<String> {
        let tags = self.tags_of(from).await?;
        tags.first().map(ToString::to_string).ok_or_else(|| {
            Error::unsupported("Artifactory copies an image by its tag, and this one has none").context("image", from)
        })
    }

    /// Without `copy` the image would be moved, and without a tag all images would be. That the tag still names the image is seen
    /// when what was copied is looked at.
    async fn copy(&self, from: &Pinned, to: &Reference) -> Result<()> {
        let artifactory = &self.vendor.0;
        let (source, image) = artifactory.key.of(&artifactory.host, &from.repository)?;
        let (target, target_image) = artifactory.key.of(&artifactory.host, &to.repository)?;
        let body = json!({
            "targetRepo": target,
            "dockerRepository": image,
            "targetDockerRepository": target_image,
            "tag": self.tag_of(from).await?,
            "targetTag": to.tag.as_ref().map(ToString::to_string),
            "copy": true,
        });
        let path = format!("/api/docker/{}/v2/promote", encode(source));
        let request = with_json(artifactory.api.request(Method::POST, &path)?, &body)?;
        let copied = self.vendor.call(&artifactory.api, request, "Artifactory does not copy the image").await;
        copied.map(drop).map_err(|e| e.context("image", from).context("to", to))
    }
}

/// `name=value,value`; what parts them is escaped within a value.
fn property(name: &str, values: &[String]) -> String {
    let escaped = |text: &str| {
        let mut out = String::new();
        for c in text.chars() {
            if matches!(c, ',' | '|' | '=' | ';' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        encode(&out)
    };
    let values: Vec<String> = values.iter().map(|value| escaped(value)).collect();
    format!("{}={}", escaped(name), values.join(","))
}
