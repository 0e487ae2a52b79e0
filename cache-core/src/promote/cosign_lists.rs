//! What a promotion does about cosign's tags, some of which are lists of signatures.

use std::collections::{HashMap, HashSet};

use super::Promoter;
use super::append::lacking;
use super::planning::Request;
use super::unit::Unit;
use crate::error::{ErrorKind, Result};
use crate::gate::Style;
use crate::model::{Digest, Repository};
use crate::plan::{AddLayers, Expected, SetTag};
use crate::sign::SignedLayer;

/// What has to be done about cosign's tags.
#[derive(Default)]
pub(super) struct CosignChanges {
    /// The tags that have to be set.
    pub(super) tags: Vec<SetTag>,
    /// What is added to lists that stay.
    pub(super) added: Vec<AddLayers>,
    /// The manifests whose layers are in another list then, and which nothing else names: they need not come along.
    pub(super) listed: HashSet<Digest>,
}

impl Promoter {
    /// What has to be done about cosign's tags. Where one names another list of signatures than the source's, somebody signed at
    /// the target: that list stays, and what it lacks is added to it.
    pub(super) async fn cosign_changes(
        &self,
        request: &Request,
        from: &Repository,
        unit: &Unit,
    ) -> Result<CosignChanges> {
        let place = request.place();
        let nodes: HashMap<_, _> = unit.nodes.iter().map(|node| (node.manifest.digest(), node)).collect();
        let subjects: HashSet<_> = unit.nodes.iter().filter_map(|node| node.role.subject()).collect();
        let mut changes = CosignChanges::default();
        for (tag, to) in &unit.tags {
            let change = self.tag_change(place, tag.clone(), to.clone()).await;
            let names_another = match &change {
                Ok(change) => change.as_ref().is_some_and(|set| set.expected != Expected::Absent),
                Err(error) => error.kind() == ErrorKind::Conflict,
            };
            if let (true, true, Some(node)) = (names_another, SignedLayer::is_promised_by_tag(tag), nodes.get(to))
                && let Some(layers) = lacking(self.target.as_registry(), place.repository, tag, &node.manifest).await?
            {
                if node.style == Some(Style::CosignTag) && !subjects.contains(to) {
                    changes.listed.insert(to.clone());
                }
                if !layers.is_empty() {
                    let (from, to) = (from.clone(), place.repository.clone());
                    changes.added.push(AddLayers { from, to, tag: tag.clone(), layers });
                }
                continue;
            }
            changes.tags.extend(change?);
        }
        Ok(changes)
    }
}
