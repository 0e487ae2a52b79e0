//! From a request to a plan, or to the reasons why there is none.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::FutureExt;
use futures_util::future::join3;

use super::artifact::document_artifact;
use super::attached::Attached;
use super::attachment::Attachment;
use super::cosign_lists::CosignChanges;
use super::documents::Given;
use super::gather::gather;
use super::record;
use super::unit::Unit;
use super::{AT_ONCE, Promoter};
use crate::at_once::at_once;
use crate::error::{Absent, Error, Result};
use crate::gate::{Evidence, Style, judge_all};
use crate::model::{Digest, Identity, Manifest, Pinned, Reference, Repository, Tag, Verdict};
use crate::plan::{
    AddLayers, Attach, BreakGlass, Change, Content, CopyManifest, Deadlines, Expected, Form, PLAN_VERSION, Plan,
    PlanBody, Purpose, Role, SetTag,
};
use crate::sign::SBOM_TAG_SUFFIX;

/// What somebody wants.
#[derive(Debug, Clone)]
pub struct Request {
    /// The image, by tag or digest.
    pub from: Reference,
    /// The repository and tag that it shall have.
    pub to: Reference,
    /// The environment that it enters, such as `staging`.
    pub environment: String,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    pub reason: Option<String>,
    /// Whether a tag that names another image may be moved.
    pub move_tags: bool,
    /// What is attached to the image on the way, such as the SBOM and the signature of a build. What is attached already,
    /// at the source or at the target, is not attached again; see [`Attachment`].
    pub attach: Vec<Attachment>,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub enum Outlook {
    /// A plan for a human to approve.
    Ready(Plan),
    /// A gate refused, so there is no plan to approve. Every verdict is here, those that allow included.
    Blocked(Vec<Verdict>),
    /// There is nothing to do: the target has the image, the tag and all that is attached to the image, and so does what the
    /// request wants to attach. Evidence that was given changes nothing at the target and makes no plan; nor does the
    /// promotion record, which is attached when something else is done.
    Nothing,
}

/// Where tags are set, and whether they may be moved.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) repository: &'a Repository,
    pub(super) move_tags: bool,
}

impl Request {
    pub(super) fn place(&self) -> Place<'_> {
        Place { repository: &self.to.repository, move_tags: self.move_tags }
    }
}

impl Promoter {
    /// Resolves, gathers the evidence, asks the gates and drafts the plan. Reads only.
    ///
    /// # Errors
    /// What the registries say; `Conflict` where a tag names another image and the request does not allow to move it;
    /// `Invalid` where the target has no tag.
    pub async fn plan(&self, request: &Request) -> Result<Outlook> {
        self.plan_with(request, &[]).await
    }

    /// The same, with evidence about the image that the caller has and the registry has not. It is unsigned; it is judged and
    /// named in the plan, and not attached.
    ///
    /// # Errors
    /// As [`plan`](Promoter::plan); `Invalid` where what is given cannot be read.
    pub async fn plan_with(&self, request: &Request, given: &[Given]) -> Result<Outlook> {
        self.outlook(request, given, None).await
    }

    /// Plans a promotion that the gates refuse, in an emergency. The plan shows that they are overruled and why, and the record
    /// that is attached to the image is of its own type, [`BREAK_GLASS_TYPE`](super::BREAK_GLASS_TYPE): no gate takes it for a
    /// promotion, and no summary says that all passed. It needs the approvals that any plan needs.
    ///
    /// # Errors
    /// As [`plan`](Promoter::plan); `Invalid` where there is no justification, it expired, or no gate refuses the image.
    pub async fn plan_breaking_glass(&self, request: &Request, given: &[Given], glass: &BreakGlass) -> Result<Outlook> {
        if glass.justification.trim().is_empty() {
            return Err(Error::invalid("breaking the glass needs a justification"));
        }
        if glass.expires <= self.now() {
            return Err(Error::invalid("the emergency is over before it began").context("expires", glass.expires));
        }
        self.outlook(request, given, Some(glass)).await
    }

    /// Keeps evidence for the gates, which are asked again when a plan is executed. Whoever plans hands it in by that; a process that
    /// executes the plan of another one does so first. What the plan does not name is not looked at.
    pub fn hand_in(&self, given: &[Given]) {
        for document in given {
            self.materials.insert_blob(document.bytes().clone());
        }
    }

    /// What the gates would judge: what is attached to the image at the source, verified, and what is given. Reads only.
    ///
    /// # Errors
    /// What the registry says; `Invalid` where what is given cannot be read.
    pub async fn evidence(&self, request: &Request, given: &[Given]) -> Result<Evidence> {
        Ok(self.evidence_for(request, given).await?.1)
    }

    async fn evidence_for(&self, request: &Request, given: &[Given]) -> Result<(Unit, Evidence)> {
        let resolved = self.source.resolve(&request.from).await?;
        let image = request.from.repository.at(resolved.digest);
        let unit = Unit::of(&*self.source, &image).await?;
        let mut evidence = gather(&*self.source, &image, &unit, &self.trust, self.now()).await?;
        for document in given {
            document.add_to(&mut evidence)?;
        }
        Ok((unit, evidence))
    }

    async fn outlook(&self, request: &Request, given: &[Given], glass: Option<&BreakGlass>) -> Result<Outlook> {
        let wanted = match (&request.to.tag, &request.to.digest) {
            (Some(tag), None) => tag,
            _ => {
                return Err(Error::invalid("the target is named by a tag, and by no digest").context("to", &request.to));
            }
        };
        Attachment::check(&request.attach)?;
        let (unit, evidence) = self.evidence_for(request, given).await?;
        let image = evidence.image.clone();
        self.hand_in(given);
        let verdicts = judge_all(&self.gates, &evidence).await;
        match (verdicts.iter().all(Verdict::allows), glass) {
            (false, None) => return Ok(Outlook::Blocked(verdicts)),
            (true, Some(_)) => {
                return Err(Error::invalid("no gate refuses the image").hint("make a plan the usual way"));
            }
            (true, None) | (false, Some(_)) => {}
        }
        let mut observed = self.observe(request, &image, &unit, wanted).await?;
        let there = self.there(request, &image, &observed).await?;
        observed.lacking = self.lacking(&request.attach, &there)?;
        let taken = |tag: &Tag| unit.tags.iter().any(|(known, _)| known == tag);
        observed.sbom_tag = match unit.image() {
            Some(image) => self.sbom_tag(&request.attach, image, &there, taken, request.place()).await?,
            None => None,
        };
        if observed.is_nothing() {
            return Ok(Outlook::Nothing);
        }
        Ok(Outlook::Ready(self.draft(request, image, &unit, verdicts, observed, glass).plan()?))
    }

    /// What is attached to the image at the source, whence it comes along, and at the target; as far as the request attaches
    /// something.
    async fn there(&self, request: &Request, image: &Pinned, observed: &Observed) -> Result<Vec<Attached>> {
        if request.attach.is_empty() {
            return Ok(Vec::new());
        }
        let mut there = vec![Attached::to(&*self.source, image, &self.recognised()).await?];
        if !observed.missing.contains(&image.digest) {
            let image = request.to.repository.at(image.digest.clone());
            there.push(Attached::to(self.target.as_registry(), &image, &self.recognised()).await?);
        }
        Ok(there)
    }

    /// Cosign's tag for the SBOM that is attached: it names the artifact that holds the SBOM, or will hold it. Where the tag is
    /// taken, it stays.
    pub(super) async fn sbom_tag(
        &self,
        attach: &[Attachment],
        image: &Manifest,
        there: &[Attached],
        taken: impl Fn(&Tag) -> bool,
        place: Place<'_>,
    ) -> Result<Option<SetTag>> {
        let sbom = attach.iter().find(|attachment| matches!(attachment, Attachment::Sbom { .. }));
        let Some(sbom) = sbom else { return Ok(None) };
        let tag = Tag::of_digest(image.digest(), SBOM_TAG_SUFFIX);
        if taken(&tag) {
            return Ok(None);
        }
        let content = self.content(sbom)?;
        let held = there.iter().find_map(|there| there.document(&content));
        let to = match (held, sbom) {
            (Some(artifact), _) => artifact.clone(),
            (None, Attachment::Sbom { media_type, bytes }) => {
                document_artifact(media_type, bytes.clone(), &image.descriptor())?.0.digest().clone()
            }
            (None, _) => return Ok(None),
        };
        self.tag_change(place, tag, to).await
    }

    /// What has to be done so that a tag at the target names this; nothing where it does.
    pub(super) async fn tag_change(&self, place: Place<'_>, tag: Tag, to: Digest) -> Result<Option<SetTag>> {
        let Place { repository, move_tags } = place;
        let now = self.target.as_registry().resolve(&repository.tagged(tag.clone())).await.absent_is_none()?;
        let now = now.map(|descriptor| descriptor.digest);
        if now.as_ref() == Some(&to) {
            return Ok(None);
        }
        if let (Some(now), false) = (&now, move_tags) {
            return Err(Error::conflict(format!("the tag {tag} names another manifest"))
                .context("target", repository)
                .context("names", now)
                .context("wanted", &to)
                .hint("allow the request to move tags, or choose another tag"));
        }
        Ok(Some(SetTag { repository: repository.clone(), tag, to, expected: Expected::from(now) }))
    }

    /// What the target lacks of the unit. A registry that cannot be asked is an error, never "absent".
    async fn observe(&self, request: &Request, image: &Pinned, unit: &Unit, wanted: &Tag) -> Result<Observed> {
        let target = self.target.as_registry();
        let repository = &request.to.repository;
        if let Some(room) = target.abilities().room {
            room.room(repository).await?;
        }
        let is_missing = |digest: Digest| async move {
            let there = target.resolve(&repository.at(digest.clone()).into()).await.absent_is_none()?;
            Ok(there.is_none().then_some(digest))
        };
        let asked = unit.nodes.iter().map(|node| is_missing(node.manifest.digest().clone()).boxed()).collect();
        let (missing, cosign, own) = join3(
            at_once(asked, AT_ONCE),
            self.cosign_changes(request, &image.repository, unit),
            self.tag_change(request.place(), wanted.clone(), image.digest.clone()),
        )
        .await;
        let mut missing: HashSet<Digest> = missing?.into_iter().flatten().collect();
        missing.extend(self.not_listed(repository, unit, &missing).await?);
        let CosignChanges { mut tags, added, listed } = cosign?;
        missing.retain(|digest| !listed.contains(digest));
        tags.extend(own?);
        Ok(Observed { missing, tags, added, lacking: Vec::new(), sbom_tag: None })
    }

    /// The referrers that are there and that their subject's list does not name: nobody would find them. A writer that died
    /// between the one and the other leaves them so.
    async fn not_listed(&self, at: &Repository, unit: &Unit, missing: &HashSet<Digest>) -> Result<Vec<Digest>> {
        let there = unit.nodes.iter().filter_map(|node| match (&node.role, node.style) {
            (Role::Referrer(subject), Some(Style::Referrer)) => Some((subject, node.manifest.digest())),
            _ => None,
        });
        let there: Vec<(&Digest, &Digest)> = there.filter(|(_, digest)| !missing.contains(*digest)).collect();
        let subjects: BTreeSet<&Digest> = there.iter().map(|(subject, _)| *subject).collect();
        let list = |subject: &Digest| {
            let subject = at.at(subject.clone());
            async move {
                let listed = self.target.referrers(&subject).await?;
                Ok(listed.into_iter().map(|referrer| (subject.digest.clone(), referrer.digest)).collect::<Vec<_>>())
            }
            .boxed()
        };
        let lists = at_once(subjects.into_iter().map(list).collect(), AT_ONCE).await?;
        let listed: HashSet<(Digest, Digest)> = lists.into_iter().flatten().collect();
        let is_listed = |subject: &Digest, digest: &Digest| listed.contains(&(subject.clone(), digest.clone()));
        let lost = there.into_iter().filter(|(subject, digest)| !is_listed(subject, digest));
        Ok(lost.map(|(_, digest)| digest.clone()).collect())
    }

    /// Pure: the facts in, the plan out.
    fn draft(
        &self,
        request: &Request,
        image: Pinned,
        unit: &Unit,
        verdicts: Vec<Verdict>,
        seen: Observed,
        glass: Option<&BreakGlass>,
    ) -> PlanBody {
        let mut carried = HashSet::new();
        let copies = unit.nodes.iter().filter(|node| seen.missing.contains(node.manifest.digest())).map(|node| {
            let manifest = &node.manifest;
            let blobs = manifest.blobs().into_iter().filter(|b| !b.is_foreign() && carried.insert(b.digest.clone()));
            Change::Copy(CopyManifest {
                from: image.repository.clone(),
                to: request.to.repository.clone(),
                digest: manifest.digest().clone(),
                media_type: manifest.media_type().to_owned(),
                size: manifest.bytes().len() as u64,
                role: node.role.clone(),
                blobs: blobs.cloned().collect(),
            })
        });
        let mut changes: Vec<Change> = copies.collect();
        let mut tags = seen.tags;
        // The image's own tag makes the rest visible, so it comes last, after the record.
        let last = if tags.last().is_some_and(|t| Some(&t.tag) == request.to.tag.as_ref()) { tags.pop() } else { None };
        changes.extend(seen.added.into_iter().map(Change::AddLayers));
        changes.extend(tags.into_iter().map(Change::SetTag));
        if let Some(manifest) = unit.image() {
            changes.extend(seen.lacking.into_iter().chain(records(self, glass)).map(|content| {
                let (repository, subject) = (request.to.repository.clone(), manifest.descriptor());
                Change::Attach(Box::new(Attach { repository, subject, content }))
            }));
        }
        changes.extend(seen.sbom_tag.into_iter().chain(last).map(Change::SetTag));
        PlanBody {
            version: PLAN_VERSION,
            environment: request.environment.clone(),
            requester: request.requester.clone(),
            reason: request.reason.clone(),
            purpose: Purpose::Promotion { from: request.from.clone(), image, to: request.to.clone() },
            policy: self.policy.clone(),
            break_glass: glass.cloned(),
            deadlines: Deadlines::default(),
            verdicts,
            changes,
            left_behind: unit.left_behind.clone(),
        }
    }
}

/// What records the execution of the plan.
pub(super) fn records(promoter: &Promoter, glass: Option<&BreakGlass>) -> impl Iterator<Item = Content> {
    let types = record::types(promoter.policy.as_ref(), glass.is_some());
    let content = |kind: &str, signer: Identity| Content::Statement {
        predicate_type: kind.to_owned(),
        predicate: None,
        annotations: BTreeMap::new(),
        form: Form::Bundle,
        signer,
    };
    let signer = promoter.signer.as_ref().map(|signer| signer.identity());
    types.filter_map(move |kind| Some(content(kind, signer.clone()?)))
}

/// What the target looks like.
struct Observed {
    /// The manifests that it lacks, or does not list where they belong.
    missing: HashSet<Digest>,
    /// The tags that have to change; the image's own is the last.
    tags: Vec<SetTag>,
    /// What is added to lists of signatures that stay.
    added: Vec<AddLayers>,
    /// What the request attaches and is not there.
    lacking: Vec<Content>,
    /// Cosign's tag for an SBOM that the request attaches, set when it is.
    sbom_tag: Option<SetTag>,
}

impl Observed {
    fn is_nothing(&self) -> bool {
        self.missing.is_empty()
            && self.tags.is_empty()
            && self.added.is_empty()
            && self.lacking.is_empty()
            && self.sbom_tag.is_none()
    }
}
