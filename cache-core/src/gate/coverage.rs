//! Which platforms of an image a piece of evidence speaks for.

use super::{Attached, Evidence, Found};
use crate::error::ErrorKind;
use crate::model::{Digest, Platform, Reason};
use crate::visible;

/// The platform images of an image, and which of them some evidence covers. What is about an index as a whole covers every
/// platform; what is about one platform covers that one.
pub(super) struct Coverage<'a> {
    evidence: &'a Evidence,
    targets: Vec<(&'a Digest, Option<&'a Platform>)>,
    covered: Vec<bool>,
}

impl<'a> Coverage<'a> {
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        let mut targets: Vec<_> = evidence.platforms.iter().map(|(digest, p)| (digest, p.as_ref())).collect();
        if targets.is_empty() {
            targets.push((&evidence.image.digest, None));
        }
        let covered = vec![false; targets.len()];
        Coverage { evidence, targets, covered }
    }

    /// The platforms that evidence attached to `about` speaks for, where its document names the manifests `names` (none:
    /// it is about what it is attached to) and perhaps says which platform was looked at.
    ///
    /// `Err` is why it speaks for none.
    pub(super) fn scope(
        &self,
        about: &Digest,
        names: &[Digest],
        looked: Option<&Platform>,
    ) -> Result<Vec<usize>, String> {
        if !self.evidence.is_about(about) {
            return Err(format!("is about another image, {}", about.short()));
        }
        let known: Vec<&Digest> = names.iter().filter(|name| self.evidence.is_about(name)).collect();
        if known.is_empty() && !names.is_empty() {
            return Err(format!("names another image, {}", names[0].short()));
        }
        let attached = self.targets_of(&[about]);
        let named = if known.is_empty() { attached.clone() } else { self.targets_of(&known) };
        let both: Vec<usize> = attached.into_iter().filter(|target| named.contains(target)).collect();
        if both.is_empty() {
            return Err(format!("is attached to {} and names {}", about.short(), known[0].short()));
        }
        // Given an index, a scanner looks at one platform of it and may yet write down the digest of the index.
        let whole_index = both.len() > 1;
        match looked.filter(|_| whole_index) {
            None => Ok(both),
            Some(looked) => {
                let same = |target: &usize| {
                    self.targets[*target]
                        .1
                        .is_some_and(|p| (&p.os, &p.architecture) == (&looked.os, &looked.architecture))
                };
                let same: Vec<usize> = both.into_iter().filter(same).collect();
                if same.is_empty() {
                    Err(format!("is about {looked}, which the image does not have"))
                } else {
                    Ok(same)
                }
            }
        }
    }

    /// The platforms that a piece of evidence speaks for, where its document names these manifests and these image ids.
    ///
    /// What is attached is tied to the image by its subject, and what is signed by the signature. What is only handed in has to
    /// name the image itself: else one document would do for every image.
    pub(super) fn scope_of<T>(
        &self,
        item: &Attached<T>,
        names: &[Digest],
        ids: &[Digest],
        looked: Option<&Platform>,
    ) -> Result<Vec<usize>, Unfit> {
        let is_known = names.iter().any(|name| self.evidence.is_about(name));
        let names = if is_known { names.to_vec() } else { [names, self.manifests_of(ids).as_slice()].concat() };
        if names.is_empty() && item.found == Found::Given && item.by.is_none() {
            return Err(Unfit::Unbound);
        }
        self.scope(&item.about, &names, looked).map_err(Unfit::Other)
    }

    /// The platforms that have these image ids. An id that none of them has is that of another image; where nobody looked which
    /// ids they have, it says nothing.
    fn manifests_of(&self, ids: &[Digest]) -> Vec<Digest> {
        let mut manifests = Vec::new();
        for id in ids {
            let configs = self.evidence.configs.iter().filter(|(manifest, _)| self.evidence.is_about(manifest));
            let before = manifests.len();
            manifests.extend(configs.filter(|(_, config)| *config == id).map(|(manifest, _)| manifest.clone()));
            // Docker's newer stores take the digest of the manifest for the id.
            let is_other = manifests.len() == before && !self.evidence.configs.is_empty();
            if is_other || self.evidence.is_about(id) {
                manifests.push(id.clone());
            }
        }
        manifests
    }

    fn targets_of(&self, digests: &[&Digest]) -> Vec<usize> {
        let own: Vec<usize> = (0..self.targets.len()).filter(|&i| digests.contains(&self.targets[i].0)).collect();
        if own.is_empty() { (0..self.targets.len()).collect() } else { own }
    }

    pub(super) fn digest(&self, target: usize) -> &'a Digest {
        self.targets[target].0
    }

    pub(super) fn cover(&mut self, targets: &[usize]) {
        for &target in targets {
            self.covered[target] = true;
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.covered.iter().all(|&covered| covered)
    }

    /// What is not covered, in words: `the image`, or the platforms of it.
    pub(super) fn missing(&self) -> String {
        if self.covered.iter().all(|&covered| !covered) {
            return "the image".to_owned();
        }
        let missing = self.targets.iter().zip(&self.covered).filter(|(_, covered)| !**covered);
        let name = |(digest, platform): &(&Digest, Option<&Platform>)| match platform {
            Some(platform) => format!("{platform} ({})", digest.short()),
            None => digest.short().to_owned(),
        };
        missing.map(|(target, _)| name(target)).collect::<Vec<_>>().join(", ")
    }
}

/// Why a piece of evidence speaks for no platform of the image.
#[derive(Debug)]
pub(super) enum Unfit {
    /// It is about something else.
    Other(String),
    /// Nothing but the word of whoever hands it in says what it is about.
    Unbound,
}

impl Unfit {
    /// The code of the reason, of these for the one and the other, and why.
    pub(super) fn coded(self, other: &'static str, unbound: &'static str) -> (&'static str, String) {
        match self {
            Unfit::Other(why) => (other, why),
            Unfit::Unbound => (unbound, UNBOUND.to_owned()),
        }
    }
}

/// What is to be done about evidence that is [`Unbound`](Unfit::Unbound).
const UNBOUND: &str = "is only handed in, and names no digest that ties it to this image; make it of the image \
    by its digest (REPOSITORY@sha256:...), or attach it to the image";

/// Evidence that was looked at and does not count: it fails where something is missing, and is only told where nothing is.
pub(super) struct Rejected {
    code: &'static str,
    message: String,
}

impl Rejected {
    pub(super) fn new<T>(what: &str, item: &Attached<T>, code: &'static str, why: &str) -> Self {
        Rejected {
            code,
            message: format!("the {what} {} ({}) does not count: it {why}", item.digest.short(), item.found),
        }
    }

    pub(super) fn reason(self, complete: bool) -> Reason {
        if complete { Reason::pass(self.code, self.message) } else { Reason::fail(self.code, self.message) }
    }
}

/// The reasons that broken evidence of this sort gives: it may have been what is missing, or it may hide something.
pub(super) fn problems(evidence: &Evidence, what: &str, complete: bool) -> Vec<Reason> {
    let broken = evidence.problems.iter().filter(|problem| problem.what == what);
    broken
        .map(|problem| {
            let message = format!("{} cannot be read as {what}: {}", problem.digest.short(), problem.message);
            let code = format!("unreadable-{what}");
            if complete { Reason::warn(code, message) } else { Reason::error(code, message) }
        })
        .collect()
}

/// The reasons that statements give whose signature did not verify, where something is missing: it may have been one of them.
pub(super) fn unverified(evidence: &Evidence, complete: bool) -> Vec<Reason> {
    let broken = evidence.problems.iter().filter(|problem| problem.what == "statement" && !complete);
    broken
        .map(|problem| {
            let message = format!("the statement {} does not count: {}", problem.digest.short(), problem.message);
            match problem.kind {
                ErrorKind::Untrusted => Reason::fail("untrusted-statement", message),
                _ => Reason::error("unreadable-statement", message),
            }
        })
        .collect()
}

/// At most 20 of many, joined, and how many more there are. A name from outside may be endless; its beginning will do.
pub(super) fn listed(all: &[String]) -> String {
    const MOST: usize = 20;
    const LONGEST: usize = 300;
    let shown: Vec<_> = all.iter().take(MOST).map(|name| visible::short(name, LONGEST)).collect();
    let shown = shown.join("; ");
    if all.len() > MOST { format!("{shown}; and {} more", all.len() - MOST) } else { shown }
}
