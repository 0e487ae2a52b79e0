//! Everything that a repository of Harbor holds, with times.

use async_trait::async_trait;

use super::{Artifact, HarborRegistry};
use crate::error::Result;
use crate::model::{Repository, Timestamp};
use crate::registry::{Listed, ListedTag, Listing};

#[async_trait]
impl Listing for HarborRegistry {
    async fn manifests(&self, repository: &Repository) -> Result<Vec<Listed>> {
        let artifacts = self.artifacts(repository).await?;
        let listed = artifacts.into_iter().map(listed).collect::<Result<Vec<_>>>()?;
        let mut all: Vec<Listed> = listed.into_iter().flatten().collect();
        all.sort_by(|a, b| a.digest.cmp(&b.digest));
        // What is attached to several artifacts is listed with each.
        all.dedup_by(|a, b| a.digest == b.digest && a.tags.is_empty());
        Ok(all)
    }
}

/// An artifact, and what is attached to it, which Harbor does not list by itself.
fn listed(artifact: Artifact) -> Result<Vec<Listed>> {
    let tag = |tag: super::ArtifactTag| {
        let tagged = time(tag.push_time.as_deref())?;
        Ok(ListedTag { tag: tag.name, tagged, locked: tag.immutable })
    };
    let tags = artifact.tags.into_iter().map(tag).collect::<Result<Vec<_>>>()?;
    let own = Listed {
        digest: artifact.digest,
        // Harbor deletes no artifact that has a tag which it protects.
        locked: tags.iter().any(|tag| tag.locked),
        tags,
        pushed: time(artifact.push_time.as_deref())?,
        pulled: time(artifact.pull_time.as_deref())?,
    };
    let attached = artifact.accessories.into_iter().map(|accessory| Listed {
        digest: accessory.digest,
        tags: Vec::new(),
        pushed: None,
        pulled: None,
        locked: false,
    });
    Ok(std::iter::once(own).chain(attached).collect())
}

/// The year 1 stands for never.
fn time(text: Option<&str>) -> Result<Option<Timestamp>> {
    let read = text.filter(|text| !text.is_empty()).map(Timestamp::parse).transpose()?;
    Ok(read.filter(|time| time.unix() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    #[test]
    fn artifacts_are_listed_with_times_and_locks_and_what_is_attached() {
        let (image, signature) = (Digest::of(b"image"), Digest::of(b"signature"));
        let artifact: Artifact = serde_json::from_value(serde_json::json!({
            "digest": image, "push_time": "2026-01-01T00:00:00.123Z", "pull_time": "0001-01-01T00:00:00.000Z",
            "tags": [{"name": "v1", "immutable": true, "push_time": "2026-02-01T00:00:00Z"}, {"name": "v2"}],
            "accessories": [{"digest": signature, "type": "signature.cosign", "size": 1}],
        }))
        .unwrap();
        let all = listed(artifact).unwrap();
        assert_eq!((all.len(), &all[0].digest, &all[1].digest), (2, &image, &signature));
        assert_eq!((all[0].pushed, all[0].pulled, all[0].locked), (Timestamp::parse("2026-01-01").ok(), None, true));
        let tags: Vec<_> = all[0].tags.iter().map(|tag| (tag.tag.as_str(), tag.tagged.is_some(), tag.locked)).collect();
        assert_eq!(tags, [("v1", true, true), ("v2", false, false)]);
        let wrong = serde_json::json!({"digest": image, "push_time": "yesterday"});
        assert!(listed(serde_json::from_value(wrong).unwrap()).is_err());
    }
}
