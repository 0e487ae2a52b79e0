//! The words for a change: the same on a terminal, on a page, in a message and in a journal. Every field of a change is in them,
//! so that changes that differ are never worded alike. What is long is there by its digest.

use std::borrow::Cow;
use std::fmt;

use super::{AddLayers, Attach, Change, Content, CopyManifest, Delete, DeleteTarget, Expected, Form, Role};
use crate::model::{Descriptor, Identity, Raw, Tag};

/// What would make two words of one.
const APART: &[char] = &[' ', ',', ';', '='];

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Copy(op) => copy(op, f),
            Change::Attach(op) => attach(op, f),
            Change::AddLayers(op) => add_layers(op, f),
            Change::SetTag(op) => match &op.expected {
                Expected::Absent => write!(f, "new tag {}:{} -> {}", op.repository, op.tag, op.to),
                Expected::At(old) => write!(f, "MOVE tag {}:{} from {old} -> {}", op.repository, op.tag, op.to),
            },
            Change::Delete(op) => delete(op, f),
            Change::Administer(op) => write!(f, "{op}"),
        }
    }
}

fn copy(op: &CopyManifest, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let CopyManifest { from, to, digest, media_type, size, role, blobs } = op;
    match role {
        Role::Image => write!(f, "copy image {digest}")?,
        Role::Child => write!(f, "copy child {digest}")?,
        Role::Referrer(subject) => write!(f, "copy referrer {digest} of {subject}")?,
    }
    write!(f, " from {from} to {to} ({}, {size} bytes; {} blobs", word(media_type), blobs.len())?;
    if !blobs.is_empty() {
        write!(f, ", {}", listed(blobs)?)?;
    }
    f.write_str(")")
}

fn attach(op: &Attach, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let image = format!("{}@{}", op.repository, described(&op.subject)?);
    match &op.content {
        Content::Document { media_type, digest, size } => {
            write!(f, "attach {} {digest} ({size} bytes) to {image}", word(media_type))
        }
        Content::Statement { predicate_type, predicate, annotations, form, signer } => {
            write!(f, "attach {} to {image}, with ", word(predicate_type))?;
            match predicate {
                Some(predicate) => write!(f, "the predicate {}", described(predicate)?)?,
                None => f.write_str("the record of this plan")?,
            }
            write!(f, ", signed by {}", named(signer))?;
            for (name, value) in annotations {
                write!(f, ", {}={}", word(name), word(value))?;
            }
            if *form == Form::CosignTag { f.write_str(", under cosign's tag") } else { Ok(()) }
        }
    }
}

fn add_layers(op: &AddLayers, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let AddLayers { from, to, tag, layers } = op;
    let digests: Vec<&str> = layers.iter().map(|layer| layer.digest.as_str()).collect();
    let digests = digests.join(", ");
    write!(f, "add {} to what {to}:{tag} lists, from {from}: {digests} ({})", layers.len(), listed(layers)?)
}

fn delete(op: &Delete, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Delete { repository, target, expected, tags } = op;
    match target {
        DeleteTarget::Tag(tag) => write!(f, "DELETE tag {repository}:{tag} ({expected})")?,
        DeleteTarget::Manifest => write!(f, "DELETE manifest {repository}@{expected} with its tags")?,
    }
    match (target, tags.is_empty()) {
        (_, true) => return Ok(()),
        (DeleteTarget::Tag(_), false) => f.write_str(", of the tags: ")?,
        (DeleteTarget::Manifest, false) => f.write_str(": ")?,
    }
    let tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
    f.write_str(&tags.join(", "))
}

/// Who signs. A name alone could be given to any key, and a subject can have other claims.
fn named(signer: &Identity) -> String {
    match signer {
        Identity::Key { fingerprint, name } => format!("key {} ({fingerprint})", word(name)),
        Identity::Certificate { subject, issuer, claims } => {
            let issuer = issuer.as_ref().map(|issuer| format!(", authenticated by {}", word(issuer)));
            let claims = claims.iter().map(|(name, value)| format!(", {}={}", word(name), word(value)));
            let about: String = issuer.into_iter().chain(claims).collect();
            format!("{} (keyless{about})", word(subject))
        }
    }
}

/// A descriptor with its digest, type and size; the rest, where there is any, by the digest of its canonical JSON.
fn described(one: &Descriptor) -> Result<String, fmt::Error> {
    let Descriptor { media_type, digest, size, .. } = one;
    let is_all = *one == Descriptor::new(media_type.as_str(), digest.clone(), *size);
    let rest = if is_all { String::new() } else { format!(", described as {}", written(one)?) };
    Ok(format!("{digest} ({}, {size} bytes{rest})", word(media_type)))
}

/// How many bytes there are, and the digest of the list as it stands in the plan.
fn listed(descriptors: &[Descriptor]) -> Result<String, fmt::Error> {
    // The sizes are what a manifest says: no sum of them may turn into a small one.
    let bytes = descriptors.iter().fold(0_u64, |bytes, one| bytes.saturating_add(one.size));
    Ok(format!("{bytes} bytes, listed as {}", written(descriptors)?))
}

/// The digest of the canonical JSON, which is what a plan holds of it.
fn written<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, fmt::Error> {
    Raw::canonical(value).map(|raw| raw.digest().to_string()).map_err(|_| fmt::Error)
}

/// A name or a type as it is; in quotes where it could be taken for something else.
pub(super) fn word(text: &str) -> Cow<'_, str> {
    quoted(text, APART)
}

/// Words of somebody else as they are; in quotes where they could be taken for several.
pub(super) fn words(text: &str) -> Cow<'_, str> {
    quoted(text, &[';'])
}

fn quoted<'a>(text: &'a str, apart: &[char]) -> Cow<'a, str> {
    let escaped = format!("{text:?}");
    // Longer by more than its quotes: something in it could not be seen, or is a quote.
    let is_plain = escaped.len() == text.len() + 2 && !text.is_empty() && !text.contains(apart);
    if is_plain { Cow::Borrowed(text) } else { Cow::Owned(escaped) }
}
