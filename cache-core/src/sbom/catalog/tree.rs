//! The files of an image as a whole: its layers, one on the other.

use std::collections::HashMap;
use std::sync::Arc;

use super::Fact;
use super::layer::{Layer, Node, NodeKind};

/// How many links may lead to a file, as in Linux.
const MAX_LINKS: usize = 40;

/// What is visible when all layers are in place.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    layers: &'a [Arc<Layer>],
    places: Vec<Place>,
    versions: HashMap<&'a str, Vec<Content>>,
}

/// Where the content of a file comes from: the number of the layer and of the path in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Content {
    pub(crate) layer: usize,
    node: usize,
}

#[derive(Debug, Default)]
struct Place {
    is: Is,
    children: HashMap<String, usize>,
}

#[derive(Debug, Default, Clone)]
enum Is {
    #[default]
    Directory,
    File(Content),
    Symlink(String),
}

const ROOT: usize = 0;

impl<'a> Tree<'a> {
    /// Puts layers one on the other, the lowest first.
    pub(crate) fn of(layers: &'a [Arc<Layer>]) -> Tree<'a> {
        let mut tree = Tree { layers, places: vec![Place::default()], versions: versions(layers) };
        for (number, layer) in layers.iter().enumerate() {
            // What a layer takes away was there before it, whatever the order of its archive.
            for node in &layer.nodes {
                match node.kind {
                    NodeKind::Opaque => tree.empty(&node.path),
                    NodeKind::Whiteout => tree.remove(&node.path),
                    _ => {}
                }
            }
            for (at, node) in layer.nodes.iter().enumerate() {
                tree.add(number, at, node);
            }
        }
        tree
    }

    /// The files that say something, each once, by the path at which it is visible; sorted by path.
    pub(crate) fn files(&self) -> Vec<(String, Content)> {
        let mut found: HashMap<Content, String> = HashMap::new();
        let mut open = vec![(ROOT, String::new())];
        while let Some((at, path)) = open.pop() {
            let Some(place) = self.places.get(at) else { continue };
            match place.is {
                Is::File(content) if !self.facts(content).is_empty() => {
                    // A file of several names is one file; its first name in the archive is as good as any, so the least.
                    let known = found.entry(content).or_insert_with(|| path.clone());
                    if path < *known {
                        *known = path;
                    }
                }
                Is::Directory => {
                    let below = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                    open.extend(place.children.iter().map(|(name, child)| (*child, below(name))));
                }
                _ => {}
            }
        }
        let mut files: Vec<_> = found.into_iter().map(|(content, path)| (path, content)).collect();
        files.sort();
        files
    }

    /// What a file says.
    pub(crate) fn facts(&self, content: Content) -> &'a [(String, Fact)] {
        self.layers.get(content.layer).and_then(|layer| layer.nodes.get(content.node)).map_or(&[], |node| &node.facts)
    }

    /// The file at a path; links on the way and at its end are followed.
    pub(crate) fn file(&self, path: &str) -> Option<Content> {
        match self.places.get(self.find(path, true)?)?.is {
            Is::File(content) => Some(content),
            _ => None,
        }
    }

    /// Goes down a path.
    fn find(&self, path: &str, follow_last: bool) -> Option<usize> {
        let mut todo: Vec<&str> = path.split('/').rev().collect();
        let mut way = vec![ROOT];
        let mut links = 0;
        while let Some(name) = todo.pop() {
            match name {
                "" | "." => continue,
                ".." => {
                    way.truncate(way.len().saturating_sub(1).max(1));
                    continue;
                }
                _ => {}
            }
            let child = *self.places.get(*way.last()?)?.children.get(name)?;
            match &self.places.get(child)?.is {
                Is::Symlink(target) if follow_last || !todo.is_empty() => {
                    links += 1;
                    if links > MAX_LINKS {
                        return None;
                    }
                    if target.starts_with('/') {
                        way.truncate(1);
                    }
                    todo.extend(target.split('/').rev());
                }
                _ => way.push(child),
            }
        }
        way.last().copied()
    }

    /// What an opaque marker says of a folder. A link is not followed: it is the link that is replaced.
    fn empty(&mut self, path: &str) {
        if let Some(place) = self.find(path, false).and_then(|at| self.places.get_mut(at)) {
            place.children.clear();
        }
    }

    fn remove(&mut self, path: &str) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(place) = self.find(folder, true).and_then(|at| self.places.get_mut(at)) {
            place.children.remove(name);
        }
    }

    fn add(&mut self, layer: usize, at: usize, node: &Node) {
        let is = match &node.kind {
            NodeKind::Whiteout | NodeKind::Opaque => return,
            NodeKind::Directory => Is::Directory,
            NodeKind::File => Is::File(Content { layer, node: at }),
            NodeKind::Symlink(target) => Is::Symlink(target.clone()),
            // A link to what is not there is nothing, as when the layer is unpacked.
            NodeKind::HardLink(target) => match self.find(target, false).and_then(|at| self.places.get(at)) {
                Some(Place { is: is @ (Is::File(_) | Is::Symlink(_)), .. }) => is.clone(),
                _ => return,
            },
        };
        if node.path.is_empty() {
            return;
        }
        let (folder, name) = node.path.rsplit_once('/').unwrap_or(("", node.path.as_str()));
        let folder = self.folder(folder);
        let known = self.places.get(folder).and_then(|place| place.children.get(name)).copied();
        match (known, is) {
            (Some(known), is) => {
                if let Some(place) = self.places.get_mut(known) {
                    // A folder that is there stays with what is in it; anything else is replaced.
                    if !matches!((&place.is, &is), (Is::Directory, Is::Directory)) {
                        *place = Place { is, children: HashMap::new() };
                    }
                }
            }
            (None, is) => self.insert(folder, name, Place { is, children: HashMap::new() }),
        }
    }

    /// The folder at a path, made where it is absent. A link to a folder is that folder; anything else is replaced.
    fn folder(&mut self, path: &str) -> usize {
        if let Some(at) = self.find(path, true).filter(|at| self.is_directory(*at)) {
            return at;
        }
        let mut at = ROOT;
        let mut way = String::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            way = if way.is_empty() { name.to_owned() } else { format!("{way}/{name}") };
            at = match self.find(&way, true).filter(|at| self.is_directory(*at)) {
                Some(known) => known,
                None => {
                    self.insert(at, name, Place::default());
                    self.places.len() - 1
                }
            };
        }
        at
    }

    fn is_directory(&self, at: usize) -> bool {
        matches!(self.places.get(at), Some(Place { is: Is::Directory, .. }))
    }

    fn insert(&mut self, folder: usize, name: &str, place: Place) {
        let at = self.places.len();
        self.places.push(place);
        if let Some(folder) = self.places.get_mut(folder) {
            folder.children.insert(name.to_owned(), at);
        }
    }

    /// The files at this very path in each layer up to `last`, the lowest first; known of paths that say something somewhere.
    pub(crate) fn history(&self, path: &str, last: usize) -> impl Iterator<Item = Content> {
        self.versions.get(path).into_iter().flatten().copied().take_while(move |content| content.layer <= last)
    }
}

/// The files of each path at which some layer has a file that says something; of several in one layer, the last.
fn versions(layers: &[Arc<Layer>]) -> HashMap<&str, Vec<Content>> {
    let speaking = layers.iter().flat_map(|layer| &layer.nodes).filter(|node| !node.facts.is_empty());
    let mut versions: HashMap<&str, Vec<Content>> = speaking.map(|node| (node.path.as_str(), Vec::new())).collect();
    for (layer, nodes) in layers.iter().map(|layer| &layer.nodes).enumerate() {
        for (node, Node { path, .. }) in nodes.iter().enumerate().filter(|(_, node)| node.kind == NodeKind::File) {
            let Some(known) = versions.get_mut(path.as_str()) else { continue };
            known.pop_if(|content| content.layer == layer);
            known.push(Content { layer, node });
        }
    }
    versions
}
