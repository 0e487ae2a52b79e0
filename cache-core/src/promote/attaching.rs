//! Signing and attesting: attaching to an image that stays where it is.

use super::Promoter;
use super::attached::Attached;
use super::attachment::Attachment;
use super::planning::{Outlook, Place};
use crate::document;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Reference, Tag};
use crate::plan::{Attach, Change, Deadlines, PLAN_VERSION, PlanBody, Purpose};
use crate::sbom::{Family, Sbom};

/// The words of media types that promise a format.
const PROMISED: [(&str, Family); 3] =
    [("spdx", Family::Spdx), ("cyclonedx", Family::CycloneDx), ("syft", Family::Syft)];
/// What can be done where cosign's tag is taken.
const AS_DOCUMENT: &str = "attach it with `kind: \"document\"`: gates find that too, and the tag stays as it is";

/// What somebody wants to have attached to an image at the promoter's target.
#[derive(Debug, Clone)]
pub struct AttachRequest {
    /// The image, by tag or digest.
    pub image: Reference,
    /// The environment that it is in, such as `staging`: it decides which approvals count.
    pub environment: String,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    pub reason: Option<String>,
    /// What is attached: documents, signatures, attestations. What is there already is not attached again.
    pub attach: Vec<Attachment>,
}

impl Promoter {
    /// Plans to attach something to an image at the target, such as its signature. Reads only. The plan is approved and
    /// executed like any other, and nothing is attached that it does not show.
    ///
    /// The reference is resolved once, and the plan is about that digest: where the tag is moved later, the image that was
    /// planned is signed, and no other. No gate is asked, since signatures and attestations are what gates look for, and no
    /// promotion is recorded.
    ///
    /// # Errors
    /// What the registry says; `NotFound` where there is no such image; `Invalid` where something is to be signed and no
    /// signer is set, or has a number that would be signed as another, where what is attached as an SBOM is none, and where there
    /// are several; `Conflict` where cosign's tag names another SBOM than the one to attach.
    pub async fn plan_attaching(&self, request: &AttachRequest) -> Result<Outlook> {
        if request.attach.is_empty() {
            return Err(Error::invalid("there is nothing to attach"));
        }
        Attachment::check(&request.attach)?;
        let (target, repository) = (self.target.as_registry(), &request.image.repository);
        let image = repository.at(target.resolve(&request.image).await?.digest);
        let manifest = target.manifest(&image).await?;
        let there = [Attached::to(target, &image, &self.recognised()).await?];
        let contents = self.lacking(&request.attach, &there)?;
        let place = Place { repository, move_tags: false };
        let tag = self.sbom_tag(&request.attach, &manifest, &there, |_: &Tag| false, place).await;
        // A request to attach moves no tags.
        let tag = tag.map_err(|e| if e.kind() == ErrorKind::Conflict { e.hint(AS_DOCUMENT) } else { e })?;
        if contents.is_empty() && tag.is_none() {
            return Ok(Outlook::Nothing);
        }
        let attach = |content| {
            let attach = Attach { repository: repository.clone(), subject: manifest.descriptor(), content };
            Change::Attach(Box::new(attach))
        };
        let plan = PlanBody {
            version: PLAN_VERSION,
            environment: request.environment.clone(),
            requester: request.requester.clone(),
            reason: request.reason.clone(),
            purpose: Purpose::Attaching { to: request.image.clone(), image: image.clone() },
            policy: self.policy.clone(),
            break_glass: None,
            deadlines: Deadlines::default(),
            verdicts: Vec::new(),
            changes: contents.into_iter().map(attach).chain(tag.map(Change::SetTag)).collect(),
            left_behind: Vec::new(),
        };
        Ok(Outlook::Ready(plan.plan()?))
    }
}

impl Attachment {
    /// Looks at what a request attaches before anything is planned.
    ///
    /// # Errors
    /// `Invalid` where several are to have cosign's tag for an SBOM, where what is attached as an SBOM is none or another than its
    /// media type says, and where a predicate would be signed with other numbers; `Unsupported` for an SBOM in a form that is not
    /// read.
    pub(crate) fn check(attach: &[Attachment]) -> Result<()> {
        let sboms = attach.iter().filter(|attachment| matches!(attachment, Attachment::Sbom { .. }));
        if sboms.count() > 1 {
            let error = Error::invalid("one tag names one SBOM; the request attaches several as such");
            return Err(error.hint("attach the others with `kind: \"document\"`: gates find those too"));
        }
        attach.iter().try_for_each(|attachment| match attachment {
            Attachment::Sbom { media_type, bytes } => {
                sbom(media_type, bytes).map_err(|e| e.context("mediaType", media_type))
            }
            Attachment::Statement { predicate_type, predicate } => {
                document::check_numbers(&predicate.to_string()).map_err(|e| e.context("type", predicate_type))
            }
            Attachment::Document { .. } | Attachment::Signature { .. } | Attachment::Attestation(_) => Ok(()),
        })
    }
}

/// Checks that this is an SBOM of the format that its media type promises; of any, where it promises none.
fn sbom(media_type: &str, bytes: &[u8]) -> Result<()> {
    let found = Sbom::parse(bytes)?.format;
    let said = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_promised =
        PROMISED.iter().find(|(word, _)| said.contains(word)).is_none_or(|(_, family)| *family == found.family);
    let written = said.rsplit(['/', '+']).next().unwrap_or_default();
    // Of what is not text throughout, and could be read all the same, the reader knows best.
    let text = document::text(bytes).unwrap_or_default();
    let is_so_written = match (written, text.trim_start().chars().next()) {
        ("json", Some(first)) => first == '{',
        ("xml", Some(first)) => first == '<',
        _ => true,
    };
    if is_promised && is_so_written {
        return Ok(());
    }
    Err(Error::invalid(format!("the SBOM is of another format than its media type says: {found}")))
}
