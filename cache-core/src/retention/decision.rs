//! What becomes of each manifest and tag, and why.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::model::{Digest, Repository, Tag};

/// What becomes of the content of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryDecision {
    /// The repository.
    pub repository: Repository,
    /// One for each manifest, in the order of digests.
    pub manifests: Vec<Decision>,
    /// What a person should know, such as a tag that names nothing.
    pub notes: Vec<String>,
}

/// What becomes of one manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The manifest.
    pub digest: Digest,
    /// What it is.
    pub kind: Kind,
    /// What becomes of it.
    pub fate: Fate,
    /// Why. Never empty.
    pub why: Vec<Why>,
    /// Its tags. Those of a manifest that goes, go.
    pub tags: Vec<TagDecision>,
}

/// What becomes of one tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagDecision {
    /// The tag.
    pub tag: Tag,
    /// What becomes of it.
    pub fate: Fate,
    /// Why.
    pub why: Why,
}

/// Kept or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It stays.
    Keep,
    /// It goes.
    Delete,
}

/// What a manifest is to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What rules speak about: it has a tag that people gave it, or nothing else names it.
    Image,
    /// Listed by an index.
    Child,
    /// About another manifest: a signature, an SBOM, a list of referrers.
    Attachment,
    /// About a manifest that is gone.
    LeftOver,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The rules protect the tag by this pattern, or the manifest by its digest.
    Protected(String),
    /// The tag moves with what is newest.
    MovingTag,
    /// It is among the newest, which are kept: the rank from 1, and how many are.
    AmongLast(u32, u32),
    /// The tag is a semantic version that is kept.
    Semver,
    /// It is deployed: where.
    Deployed(String),
    /// So many of the newest images of a repository are kept.
    Minimum(u32),
    /// A promotion took its tag from it so many days ago, and a rollback is possible for so many.
    Replaced(u64, u32),
    /// It is so many days old, and may go after so many.
    Young(u64, u32),
    /// Nobody knows how old it is.
    AgeUnknown,
    /// The tag is none that may go.
    NoCandidate,
    /// No rule lets it go.
    Unmatched,
    /// The registry refuses to delete it.
    Locked,
    /// The registry cannot delete a tag alone, and the image is kept.
    CannotUntag,
    /// It cannot be read, so that nobody knows what it needs.
    Unreadable,
    /// The image that it names is kept.
    Image,
    /// This tag of it is kept.
    Tagged(Tag),
    /// An index that is kept lists it.
    ChildOf(Digest),
    /// What it is about is kept.
    About(Digest),
    /// It holds this, which is deployed or protected by its digest.
    Holds(Digest),
    /// It is so many days old, where that is known, and may go after so many.
    Old(Option<u64>, u32),
    /// The same of an image without a tag.
    Untagged(Option<u64>, u32),
    /// The same of something whose image is gone.
    LeftOver(Option<u64>, u32),
    /// The index that lists it goes.
    ChildOfDeleted(Digest),
    /// What it is about goes.
    AboutDeleted(Digest),
}

impl Why {
    /// A stable name, such as `deployed`.
    pub fn code(&self) -> &'static str {
        match self {
            Why::Protected(_) => "protected",
            Why::MovingTag => "moving-tag",
            Why::AmongLast(..) => "among-last",
            Why::Semver => "semver",
            Why::Deployed(_) => "deployed",
            Why::Minimum(_) => "minimum",
            Why::Replaced(..) => "replaced",
            Why::Young(..) => "young",
            Why::AgeUnknown => "age-unknown",
            Why::NoCandidate => "no-candidate",
            Why::Unmatched => "unmatched",
            Why::Locked => "locked",
            Why::CannotUntag => "cannot-untag",
            Why::Unreadable => "unreadable",
            Why::Image => "image",
            Why::Tagged(_) => "tagged",
            Why::ChildOf(_) => "child",
            Why::About(_) => "attached",
            Why::Holds(_) => "holds",
            Why::Old(..) => "old",
            Why::Untagged(..) => "untagged",
            Why::LeftOver(..) => "left-over",
            Why::ChildOfDeleted(_) => "child-of-deleted",
            Why::AboutDeleted(_) => "attached-to-deleted",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = |days: &Option<u64>| days.map_or("of unknown age".to_owned(), |days| format!("{days} days old"));
        match self {
            Why::Protected(by) => write!(f, "protected by {by}"),
            Why::MovingTag => write!(f, "the tag moves with what is newest"),
            Why::AmongLast(rank, of) => write!(f, "number {rank} of the {of} newest that are kept"),
            Why::Semver => write!(f, "a semantic version"),
            Why::Deployed(at) => write!(f, "deployed: {at}"),
            Why::Minimum(of) => write!(f, "among the {of} newest, which always remain"),
            Why::Replaced(days, limit) => {
                write!(f, "replaced by a promotion {days} days ago, a rollback is possible for {limit}")
            }
            Why::Young(days, limit) => write!(f, "{days} days old, may go after {limit}"),
            Why::AgeUnknown => write!(f, "nobody knows how old it is"),
            Why::NoCandidate => write!(f, "the tag is none that may go"),
            Why::Unmatched => write!(f, "no rule lets it go"),
            Why::Locked => write!(f, "the registry refuses to delete it"),
            Why::CannotUntag => write!(f, "the registry cannot delete a tag alone, and the image is kept"),
            Why::Unreadable => write!(f, "it cannot be read, so that nobody knows what it needs"),
            Why::Image => write!(f, "the image is kept"),
            Why::Tagged(tag) => write!(f, "its tag {tag} is kept"),
            Why::ChildOf(index) => write!(f, "listed by {}, which is kept", index.short()),
            Why::About(subject) => write!(f, "about {}, which is kept", subject.short()),
            Why::Holds(what) => write!(f, "holds {}, which is deployed or protected", what.short()),
            Why::Old(days, limit) => write!(f, "{}, may go after {limit}", age(days)),
            Why::Untagged(days, limit) => write!(f, "untagged and {}, may go after {limit}", age(days)),
            Why::LeftOver(days, limit) => write!(f, "its image is gone, {}, may go after {limit}", age(days)),
            Why::ChildOfDeleted(index) => write!(f, "listed by {}, which goes", index.short()),
            Why::AboutDeleted(subject) => write!(f, "about {}, which goes", subject.short()),
        }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Told { code: self.code(), message: self.to_string() }.serialize(serializer)
    }
}

/// A reason as it is written.
#[derive(Serialize)]
struct Told {
    code: &'static str,
    message: String,
}

impl Decision {
    /// Why the tag stays that this is about: that an image stays for its tag alone explains nothing.
    pub(super) fn behind<'a>(&'a self, why: &'a Why) -> Option<&'a Why> {
        let Why::Tagged(tag) = why else { return None };
        self.tags.iter().find(|decided| decided.tag == *tag).map(|decided| &decided.why)
    }

    fn told(&self, why: &Why) -> Told {
        let message = match self.behind(why) {
            Some(behind) => format!("{why}: {behind}"),
            None => why.to_string(),
        };
        Told { code: why.code(), message }
    }
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Decision { digest, kind, fate, why, tags } = self;
        let why: Vec<Told> = why.iter().map(|why| self.told(why)).collect();
        let mut decision = serializer.serialize_struct("Decision", 5)?;
        decision.serialize_field("digest", digest)?;
        decision.serialize_field("kind", kind)?;
        decision.serialize_field("fate", fate)?;
        decision.serialize_field("why", &why)?;
        decision.serialize_field("tags", tags)?;
        decision.end()
    }
}

/// How many of something stay and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Images that stay.
    pub images_kept: usize,
    /// Images that go.
    pub images_deleted: usize,
    /// Manifests that go, those that belong to images included.
    pub manifests_deleted: usize,
    /// Tags that go.
    pub tags_deleted: usize,
}

impl RepositoryDecision {
    /// How many of each.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for decision in &self.manifests {
            match (decision.kind, decision.fate) {
                (Kind::Image, Fate::Keep) => totals.images_kept += 1,
                (Kind::Image, Fate::Delete) => totals.images_deleted += 1,
                _ => {}
            }
            totals.manifests_deleted += usize::from(decision.fate == Fate::Delete);
            totals.tags_deleted += decision.tags.iter().filter(|tag| tag.fate == Fate::Delete).count();
        }
        totals
    }
}

impl std::iter::Sum for Totals {
    fn sum<I: Iterator<Item = Totals>>(all: I) -> Totals {
        all.fold(Totals::default(), |a, b| Totals {
            images_kept: a.images_kept + b.images_kept,
            images_deleted: a.images_deleted + b.images_deleted,
            manifests_deleted: a.manifests_deleted + b.manifests_deleted,
            tags_deleted: a.tags_deleted + b.tags_deleted,
        })
    }
}
