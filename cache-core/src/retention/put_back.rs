//! Putting back what was deleted: a planned and approved change like the deletion.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use async_trait::async_trait;

use super::cleaner::Cleaner;
use super::graph::AttachingName;
use super::restore::{Restorable, RestoreFile};
use crate::approve::{Approved, Permitted};
use crate::error::{Absent, Error, Result};
use crate::execute::{Executor, Receipt, execute, expect_tag, set_tag};
use crate::model::{Digest, Repository, Tag};
use crate::plan::{Change, CopyManifest, Deadlines, Expected, PLAN_VERSION, Plan, PlanBody, Purpose, Role, SetTag};
use crate::registry::Moved;

/// What somebody wants back.
#[derive(Debug, Clone, Default)]
pub struct RestoreRequest {
    /// Only these manifests, with what they list and what is about them; empty: all.
    pub only: Vec<Digest>,
    /// The environment, such as `dev`.
    pub environment: String,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    pub reason: Option<String>,
}

impl Cleaner {
    /// Plans to put back what a restore file has and the registry has not. Reads only; `None` where nothing is to be done.
    ///
    /// What cannot come back is named in the plan: a manifest whose blobs are gone, or a tag that names something else by now.
    ///
    /// # Errors
    /// What the file system and the registry say; `Invalid` where it is no restore file.
    pub async fn plan_restore(&self, file: &Path, request: &RestoreRequest) -> Result<Option<Plan>> {
        let file = RestoreFile::read(file)?;
        let mut draft =
            Draft { cleaner: self, file: &file, changes: Vec::new(), left: Vec::new(), there: HashSet::new() };
        let wanted = file.wanted(&request.only)?;
        draft.manifests(&wanted).await?;
        draft.tags(&wanted).await?;
        let Draft { changes, left, .. } = draft;
        if changes.is_empty() && left.is_empty() {
            return Ok(None);
        }
        let tags = changes.iter().filter(|change| matches!(change, Change::SetTag(_))).count();
        let what =
            format!("{} manifests and {tags} tags of plan {} come back", changes.len() - tags, file.plan.short());
        let body = PlanBody {
            version: PLAN_VERSION,
            environment: request.environment.clone(),
            requester: request.requester.clone(),
            reason: request.reason.clone(),
            purpose: Purpose::Restoring { what, file: file.digest.clone() },
            policy: None,
            break_glass: None,
            deadlines: Deadlines::default(),
            verdicts: Vec::new(),
            changes,
            left_behind: left,
        };
        body.plan().map(Some)
    }

    /// Carries out an approved plan to put something back, once. The file must be the one that the plan names.
    ///
    /// # Errors
    /// An error means that nothing was changed: as [`execute`](Cleaner::execute); `Conflict` where the file is another.
    pub async fn restore(&self, approved: Approved, file: &Path) -> Result<Receipt> {
        let Purpose::Restoring { file: expected, .. } = &approved.plan().purpose else {
            return Err(Error::invalid("the plan is not one to put something back"));
        };
        let file = RestoreFile::read(file)?;
        if file.digest != *expected {
            let error = Error::conflict("the restore file is not the one that the plan names");
            return Err(error.context("expected", expected).context("found", &file.digest));
        }
        let mut putting = PuttingBack { cleaner: self, approved: &approved, manifests: by_name(&file) };
        execute(&mut putting, &approved, &self.ledger, || self.now()).await
    }
}

fn by_name(file: &RestoreFile) -> HashMap<(&Repository, &Digest), &Restorable> {
    file.manifests.iter().map(|found| ((&found.repository, found.manifest.digest()), found)).collect()
}

struct Draft<'a> {
    cleaner: &'a Cleaner,
    file: &'a RestoreFile,
    changes: Vec<Change>,
    left: Vec<String>,
    /// What is there, or will be.
    there: HashSet<(&'a Repository, &'a Digest)>,
}

impl<'a> Draft<'a> {
    async fn manifests(&mut self, wanted: &[usize]) -> Result<()> {
        for &n in wanted {
            let Restorable { repository, manifest } = &self.file.manifests[n];
            let name = repository.at(manifest.digest().clone());
            let registry = self.cleaner.registry.as_registry();
            if registry.resolve(&name.clone().into()).await.absent_is_none()?.is_some() {
                self.there.insert((repository, manifest.digest()));
                continue;
            }
            // The lists of fallback tags are made anew as what they list comes back.
            if self.is_list(repository, manifest.digest()) {
                continue;
            }
            match self.lacking(n).await? {
                Some(what) => self.left.push(format!("{name}: {what} is gone")),
                None => {
                    self.there.insert((repository, manifest.digest()));
                    self.changes.push(Change::Copy(copy(repository, manifest)));
                }
            }
        }
        Ok(())
    }

    fn is_list(&self, repository: &Repository, digest: &Digest) -> bool {
        let tags = self.file.tags.get(repository);
        let mut of = tags.into_iter().flatten().filter(|(_, names)| *names == digest).map(|(tag, _)| tag).peekable();
        of.peek().is_some() && of.all(|tag| AttachingName::of(tag).is_some_and(|name| !name.has_suffix()))
    }

    /// What a manifest needs and is not there any more.
    async fn lacking(&self, n: usize) -> Result<Option<Digest>> {
        let Restorable { repository, manifest } = &self.file.manifests[n];
        let registry = self.cleaner.registry.as_registry();
        for blob in manifest.blobs().into_iter().filter(|blob| !blob.is_foreign()) {
            if registry.blob(repository, blob).await.absent_is_none()?.is_none() {
                return Ok(Some(blob.digest.clone()));
            }
        }
        for child in manifest.children() {
            let known = self.there.contains(&(repository, &child.digest));
            let name = repository.at(child.digest.clone()).into();
            if !known && registry.resolve(&name).await.absent_is_none()?.is_none() {
                return Ok(Some(child.digest.clone()));
            }
        }
        Ok(None)
    }

    async fn tags(&mut self, wanted: &[usize]) -> Result<()> {
        let wanted: HashSet<_> = wanted
            .iter()
            .map(|&n| (&self.file.manifests[n].repository, self.file.manifests[n].manifest.digest()))
            .collect();
        let all = wanted.len() == self.file.manifests.len();
        for (repository, tags) in &self.file.tags {
            for (tag, digest) in tags {
                // A tag may have gone alone, from an image that stayed.
                if (!all && !wanted.contains(&(repository, digest))) || self.is_list(repository, digest) {
                    continue;
                }
                self.tag(repository, tag, digest).await?;
            }
        }
        Ok(())
    }

    async fn tag(&mut self, repository: &'a Repository, tag: &Tag, digest: &'a Digest) -> Result<()> {
        let registry = self.cleaner.registry.as_registry();
        let reference = repository.tagged(tag.clone());
        match registry.resolve(&reference).await.absent_is_none()?.map(|found| found.digest) {
            Some(found) if found == *digest => return Ok(()),
            Some(found) => {
                self.left.push(format!("the tag {reference} names {found} by now, and stays so"));
                return Ok(());
            }
            None => {}
        }
        let there = self.there.contains(&(repository, digest))
            || registry.resolve(&repository.at(digest.clone()).into()).await.absent_is_none()?.is_some();
        if there {
            let (repository, tag, to) = (repository.clone(), tag.clone(), digest.clone());
            self.changes.push(Change::SetTag(SetTag { repository, tag, to, expected: Expected::Absent }));
        } else {
            self.left.push(format!("the tag {reference}: {digest} is gone"));
        }
        Ok(())
    }
}

/// The change that puts a manifest back. Its blobs are where they were, or it cannot come back.
fn copy(repository: &Repository, manifest: &crate::model::Manifest) -> CopyManifest {
    CopyManifest {
        from: repository.clone(),
        to: repository.clone(),
        digest: manifest.digest().clone(),
        media_type: manifest.media_type().to_owned(),
        size: manifest.bytes().len() as u64,
        role: manifest.subject().map_or(Role::Image, |subject| Role::Referrer(subject.digest.clone())),
        blobs: Vec::new(),
    }
}

struct PuttingBack<'a> {
    cleaner: &'a Cleaner,
    approved: &'a Approved,
    manifests: HashMap<(&'a Repository, &'a Digest), &'a Restorable>,
}

impl PuttingBack<'_> {
    fn manifest(&self, op: &CopyManifest) -> Result<&Restorable> {
        let found = self.manifests.get(&(&op.to, &op.digest)).filter(|_| op.blobs.is_empty() && op.from == op.to);
        found.copied().ok_or_else(|| {
            let error = Error::invalid("the plan puts back what is not in the restore file");
            error.context("manifest", op.to.at(op.digest.clone()))
        })
    }
}

#[async_trait]
impl Executor for PuttingBack<'_> {
    async fn expect_the_planned_world(&self) -> Result<()> {
        for change in &self.approved.plan().changes {
            match change {
                Change::Copy(op) => drop(self.manifest(op)?),
                Change::SetTag(set) => expect_tag(self.cleaner.registry.as_registry(), set).await?,
                other => return Err(Error::invalid("this puts nothing back").context("change", other)),
            }
        }
        Ok(())
    }

    async fn step(&mut self, permit: Permitted<'_>) -> Result<bool> {
        match permit {
            Permitted::Copy(op) => {
                let manifest = self.manifest(&op)?.manifest.clone();
                let name = op.to.at(op.digest.clone());
                let moved = self.cleaner.registry.put_manifest(op.manifest(manifest)?).await?;
                self.cleaner.registry.as_registry().manifest(&name).await?;
                Ok(moved != Moved::AlreadyThere)
            }
            Permitted::SetTag(op) => set_tag(&*self.cleaner.registry, op).await,
            _ => Err(Error::invalid("this puts nothing back")),
        }
    }
}
