//! Why a package is there.

use serde::{Deserialize, Serialize};

use super::graph::{Graph, Link};
use super::ways::{MAX_WORK, Way, Ways};
use crate::sbom::Sbom;

/// The ways that lead to a package. In JSON `{"found": 1, "paths": [[{"id": "a", "name": "app", "version": "1", "link":
/// null}, {"id": "b", "name": "lodash", "version": "4", "link": "depends-on"}]], "more": false}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paths {
    /// How many packages are meant. Where there is none, there is no path; where there are packages and no path, nothing
    /// says why they are there.
    pub found: usize,
    /// The paths, the shortest first, none of which passes a package twice. They lead over what needs the package; where
    /// nothing needs it, over what contains it.
    pub paths: Vec<Vec<Step>>,
    /// Whether there are others beside these. Where there are too many ways to look at all, it is said that there are.
    pub more: bool,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What the document calls it.
    pub id: String,
    /// Its name, or the path of a file.
    pub name: String,
    /// Its version, where it is stated.
    pub version: Option<String>,
    /// What the step before has to do with it; none for the first.
    pub link: Option<Link>,
}

impl Sbom<'_> {
    /// Why a package is there: at most `most` paths to it, from the subject of the document, or from a package that nothing
    /// else leads to. `what` is its id, its purl or its name; of several packages of a name, the shortest paths to any of them.
    pub fn paths(&self, what: &str, most: usize) -> Paths {
        let graph = Graph::new(self);
        let meant = self.meant_by(what);
        let found = meant.len();
        // One more than wanted tells that there are more.
        let enough = most.saturating_add(1);
        let (mut ways, mut explained, mut work): (Vec<Way>, usize, usize) = (Vec::new(), 0, MAX_WORK);
        for target in meant {
            let before = ways.len();
            if graph.roots.contains(&target) {
                ways.push(vec![(None, target)]);
            } else if !Graph::links(&graph.backward, target).is_empty() {
                ways.extend(Ways::to(&graph, target).shortest(enough, &mut work));
            }
            explained += usize::from(ways.len() > before);
            ways.sort_by_key(Vec::len);
            ways.truncate(enough);
            if explained >= enough || work == 0 {
                break;
            }
        }
        let more = ways.len() > most || work == 0;
        ways.truncate(most);
        Paths { found, paths: ways.iter().map(|way| self.steps(way)).collect(), more }
    }

    fn steps(&self, way: &[(Option<Link>, usize)]) -> Vec<Step> {
        let step = |(link, at): &(Option<Link>, usize)| {
            let link = *link;
            if let Some(package) = self.packages.get(*at) {
                let version = package.version.as_ref().map(ToString::to_string);
                return Some(Step { id: package.id.to_string(), name: package.name.to_string(), version, link });
            }
            let file = self.files.get(at.checked_sub(self.packages.len())?)?;
            Some(Step { id: file.id.to_string(), name: file.path.to_string(), version: None, link })
        };
        way.iter().filter_map(step).collect()
    }
}
