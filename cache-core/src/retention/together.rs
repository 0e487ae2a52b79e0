//! What of a restore file comes back together, and in which order.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::graph::AttachingName;
use super::restore::{Restorable, RestoreFile};
use crate::error::{Error, Result};
use crate::model::{Digest, Repository};

impl RestoreFile {
    /// The numbers of the manifests that are wanted: each after what it lists and what it is about.
    pub(super) fn wanted(&self, only: &[Digest]) -> Result<Vec<usize>> {
        let edges = Edges::of(self);
        let chosen = edges.with_all_that_belongs(self.chosen(only)?);
        Ok(edges.ordered(&chosen))
    }

    /// Those that were asked for.
    fn chosen(&self, only: &[Digest]) -> Result<BTreeSet<usize>> {
        let there: HashSet<&Digest> = self.manifests.iter().map(|found| found.manifest.digest()).collect();
        if let Some(unknown) = only.iter().find(|digest| !there.contains(digest)) {
            return Err(Error::not_found("the restore file does not have this").context("manifest", unknown));
        }
        let only: HashSet<&Digest> = only.iter().collect();
        let is_wanted = |n: &usize| only.is_empty() || only.contains(self.manifests[*n].manifest.digest());
        Ok((0..self.manifests.len()).filter(is_wanted).collect())
    }
}

/// How the manifests of a file hang together, by number.
struct Edges {
    /// What each lists and, by its subject, is about: what it comes back after.
    before: Vec<Vec<usize>>,
    /// What is about each: by its subject, and by cosign's tags.
    about: Vec<Vec<usize>>,
}

impl Edges {
    fn of(file: &RestoreFile) -> Self {
        let count = file.manifests.len();
        let mut edges = Edges { before: vec![Vec::new(); count], about: vec![Vec::new(); count] };
        let names = file.manifests.iter().map(|found| (&found.repository, found.manifest.digest()));
        let numbers: HashMap<(&Repository, &Digest), usize> = names.zip(0..).collect();
        let number = |repository: &Repository, digest: &Digest| numbers.get(&(repository, digest)).copied();
        for (n, Restorable { repository, manifest }) in file.manifests.iter().enumerate() {
            let children = manifest.children().iter().filter_map(|child| number(repository, &child.digest));
            edges.before[n].extend(children);
            if let Some(subject) = manifest.subject().and_then(|subject| number(repository, &subject.digest)) {
                edges.before[n].push(subject);
                edges.about[subject].push(n);
            }
        }
        for (repository, tags) in &file.tags {
            for (tag, named) in tags {
                let subject = AttachingName::of(tag).and_then(|name| name.digest());
                let subject = subject.and_then(|subject| number(repository, &subject));
                if let (Some(subject), Some(named)) = (subject, number(repository, named)) {
                    edges.about[subject].push(named);
                }
            }
        }
        edges
    }

    /// Down to what they list, and up to what is about any of it.
    fn with_all_that_belongs(&self, mut chosen: BTreeSet<usize>) -> BTreeSet<usize> {
        let mut open: Vec<usize> = chosen.iter().copied().collect();
        while let Some(n) = open.pop() {
            let near = self.before[n].iter().chain(&self.about[n]).copied();
            open.extend(near.filter(|near| chosen.insert(*near)));
        }
        chosen
    }

    /// Each after those that come before it. Digests cannot go round in a circle.
    fn ordered(&self, chosen: &BTreeSet<usize>) -> Vec<usize> {
        let mut order = Vec::with_capacity(chosen.len());
        let mut seen = HashSet::new();
        for &start in chosen {
            let mut open = Vec::new();
            if seen.insert(start) {
                open.push((start, self.before[start].iter()));
            }
            while let Some((n, before)) = open.last_mut() {
                match before.find(|before| seen.insert(**before)) {
                    Some(&next) => open.push((next, self.before[next].iter())),
                    None => {
                        order.push(*n);
                        open.pop();
                    }
                }
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index lists another one and what that lists as well, whichever it lists first.
    #[test]
    fn what_is_listed_comes_first_at_any_depth() {
        for lists in [vec![1, 2], vec![2, 1]] {
            let before = vec![lists, Vec::new(), vec![1], vec![0]];
            let edges = Edges { before, about: vec![vec![3], Vec::new(), Vec::new(), Vec::new()] };
            let chosen = edges.with_all_that_belongs(BTreeSet::from([2]));
            assert_eq!(edges.ordered(&chosen), [1, 2]);
            let chosen = edges.with_all_that_belongs(BTreeSet::from([0]));
            assert_eq!(edges.ordered(&chosen), [1, 2, 0, 3]);
        }
    }
}
