//! Manifests: `/v2/<name>/manifests/<reference>`.

use bytes::Bytes;
use http::{Method, StatusCode, header};

use super::accept;
use super::call::{Call, Handled};
use super::manifest::{Document, Facts};
use super::name::is_tag;
use super::refusal::{Code, Refusal};
use super::reply::{Reply, SUBJECT, TAG};
use super::route::Reference;
use super::store::{Repository, Stored};
use crate::model::Digest;

pub(super) async fn handle(call: &mut Call, name: &str, reference: Reference) -> Handled {
    match *call.method() {
        Method::GET | Method::HEAD => read(call, name, &reference),
        Method::PUT => {
            let Some(bytes) = call.body.whole(call.options.manifest_limit).await? else {
                let refusal = Refusal::new(Code::SizeInvalid, "the manifest is too large");
                return Err(refusal.status(StatusCode::PAYLOAD_TOO_LARGE).into());
            };
            write(call, name, &reference, bytes)
        }
        Method::DELETE => delete(call, name, &reference),
        _ => Err(call.no_such_method("GET, HEAD, PUT, DELETE")),
    }
}

fn unknown() -> Refusal {
    Refusal::new(Code::ManifestUnknown, "no such manifest in this repository")
}

fn resolve<'a>(repository: &'a Repository, reference: &'a Reference) -> Option<&'a Digest> {
    match reference {
        Reference::Tag(tag) => repository.resolve(tag),
        Reference::Digest(digest) => Some(digest),
    }
}

fn read(call: &Call, name: &str, reference: &Reference) -> Handled {
    let store = call.store();
    let repository = store.repository(name)?;
    let digest = resolve(repository, reference).ok_or_else(unknown)?;
    let manifest = repository.manifests.get(digest).ok_or_else(unknown)?;
    if call.options.enforce_accept && !accept::takes(&call.head.headers, &manifest.media_type) {
        let message = format!("the manifest is of type {}, which Accept does not name", manifest.media_type);
        return Err(Refusal::new(Code::ManifestUnknown, message).into());
    }
    let reply = Reply::ok(&manifest.media_type, manifest.bytes.clone()).digest(digest);
    Ok(if call.options.etags { reply.header(header::ETAG, etag(digest)) } else { reply })
}

fn write(call: &Call, name: &str, reference: &Reference, bytes: Bytes) -> Handled {
    let digest = match reference {
        Reference::Tag(_) => Digest::of(&bytes),
        Reference::Digest(digest) => digest.clone(),
    };
    let actual = digest.same_algorithm_of(&bytes);
    if actual != digest {
        return Err(Refusal::new(Code::DigestInvalid, format!("the manifest has the digest {actual}")).into());
    }
    let document = Document::parse(&bytes, call.header(&header::CONTENT_TYPE))?;
    let tags = tags_to_set(call, reference)?;
    let facts = Facts::of(&document.value);
    let mut store = call.store();
    let repository = store.writable(name, call.options.create_repositories)?;
    if !call.options.sparse {
        document.check_contents(repository)?;
    }
    if call.options.subject_first && facts.subject.as_ref().is_some_and(|s| !repository.manifests.contains_key(s)) {
        return Err(Refusal::new(Code::ManifestUnknown, "the subject is not in this repository").into());
    }
    check_conditions(call, repository, reference)?;
    let moves = |tag: &&str| repository.resolve(tag).is_some_and(|at| *at != digest);
    if let (Some(status), Some(tag)) = (call.options.immutable_tags, tags.iter().find(|tag| moves(tag))) {
        return Err(immutable(status, tag).into());
    }

    for tag in &tags {
        repository.tags.insert((*tag).to_owned(), digest.clone());
    }
    let subject = facts.subject.clone().filter(|_| call.options.referrers);
    let manifest = Stored { bytes: call.as_stored(bytes), media_type: document.media_type, facts };
    repository.manifests.insert(digest.clone(), manifest);
    let at = match reference {
        Reference::Tag(tag) => tag.clone(),
        Reference::Digest(digest) => digest.to_string(),
    };
    let place = call.place(&format!("/v2/{name}/manifests/{at}"));
    let mut reply = Reply::new(StatusCode::CREATED).location(place).digest(&digest);
    if let Some(subject) = subject {
        reply = reply.header(SUBJECT, subject);
    }
    if matches!(reference, Reference::Digest(_)) {
        reply = tags.iter().fold(reply, |reply, tag| reply.header(TAG, tag));
    }
    Ok(reply)
}

/// The tag of the path, or the `tag=` parameters beside a digest.
fn tags_to_set<'a>(call: &'a Call, reference: &'a Reference) -> Result<Vec<&'a str>, Refusal> {
    let tags: Vec<&str> = match reference {
        Reference::Tag(tag) => vec![tag],
        Reference::Digest(_) => call.query.all("tag").collect(),
    };
    match tags.iter().find(|tag| !is_tag(tag)) {
        Some(bad) => Err(Refusal::new(Code::ManifestInvalid, format!("{bad:?} is no valid tag"))),
        None => Ok(tags),
    }
}

fn etag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// `If-Match` and `If-None-Match`, which let a client change a fallback tag without losing what another wrote.
fn check_conditions(call: &Call, repository: &Repository, reference: &Reference) -> Result<(), Refusal> {
    if !call.options.etags {
        return Ok(());
    }
    let here = resolve(repository, reference).filter(|digest| repository.manifests.contains_key(*digest)).map(etag);
    let names =
        |header: &str| header.split(',').any(|tag| matches!(tag.trim(), "*") || Some(tag.trim()) == here.as_deref());
    let matched = |name| call.header(&name).map(|header| here.is_some() && names(header));
    if matched(header::IF_MATCH) == Some(false) || matched(header::IF_NONE_MATCH) == Some(true) {
        let refusal = Refusal::new(Code::Denied, "the manifest is not as the request expects it");
        return Err(refusal.status(StatusCode::PRECONDITION_FAILED));
    }
    Ok(())
}

fn immutable(status: u16, tag: &str) -> Refusal {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::PRECONDITION_FAILED);
    Refusal::new(Code::Denied, format!("the tag {tag} is immutable")).status(status)
}

fn delete(call: &Call, name: &str, reference: &Reference) -> Handled {
    let allowed = match reference {
        Reference::Tag(_) => call.options.delete_tags,
        Reference::Digest(_) => call.options.delete_manifests,
    };
    if !allowed {
        return Err(call.no_such_method("GET, HEAD, PUT"));
    }
    let mut store = call.store();
    let repository = store.existing(name)?;
    let falling: Vec<String> = match reference {
        Reference::Tag(tag) => repository.tags.get_key_value(tag).map(|(tag, _)| tag.clone()).into_iter().collect(),
        Reference::Digest(digest) => {
            repository.tags.iter().filter(|(_, at)| *at == digest).map(|(tag, _)| tag.clone()).collect()
        }
    };
    if let (Some(status), Some(tag)) = (call.options.immutable_tags, falling.first()) {
        return Err(immutable(status, tag).into());
    }
    match reference {
        Reference::Tag(_) if falling.is_empty() => return Err(unknown().into()),
        Reference::Tag(_) => {}
        Reference::Digest(digest) => {
            let named = repository.manifests.values().any(|manifest| manifest.facts.children.contains(digest));
            if call.options.protect_children && named {
                return Err(Refusal::new(Code::Denied, "an index names it").status(StatusCode::CONFLICT).into());
            }
            repository.manifests.remove(digest).ok_or_else(unknown)?;
        }
    }
    repository.tags.retain(|tag, _| !falling.contains(tag));
    Ok(Reply::new(StatusCode::ACCEPTED))
}
