//! Blob uploads: `/v2/<name>/blobs/uploads/`.

use http::{Method, StatusCode, header};

use super::call::{Call, Handled};
use super::fault::Effect;
use super::options::Mount;
use super::refusal::{Code, Halt, Refusal};
use super::reply::{CHUNK_MIN, Reply, UPLOAD_ID};
use super::route::parse_digest;
use super::session::Session;
use super::{name, token};
use crate::model::Digest;
use crate::model::digest::Algorithm;

/// POST: a mount, a whole blob, or the start of an upload.
pub(super) async fn start(call: &mut Call, name: &str) -> Handled {
    if call.method() != Method::POST {
        return Err(call.no_such_method("POST"));
    }
    call.store().writable(name, call.options.create_repositories)?;
    if let Some(mount) = call.query.get("mount") {
        let digest = parse_digest(mount)?;
        if let Some(reply) = mounted(call, name, &digest)? {
            return Ok(reply);
        }
        return begin(call, name, digest.algorithm()).await;
    }
    if let Some(text) = call.query.get("digest") {
        let digest = parse_digest(text)?;
        let mut session = Session::new(token::uuid()?, digest.algorithm());
        session.take(call).await?;
        return store(call, name, &mut session, &digest);
    }
    let algorithm = match call.query.get("digest-algorithm") {
        None | Some("sha256") => Algorithm::Sha256,
        Some("sha512") => Algorithm::Sha512,
        Some(other) => return Err(Refusal::new(Code::DigestInvalid, format!("unknown algorithm {other:?}")).into()),
    };
    begin(call, name, algorithm).await
}

fn mounted(call: &Call, name: &str, digest: &Digest) -> Result<Option<Reply>, Halt> {
    let from = call.query.get("from");
    if from.is_some_and(|from| !name::is_repository(from)) {
        return Err(Refusal::new(Code::NameInvalid, "from is no valid repository name").into());
    }
    let able = match call.options.mount {
        Mount::Off => false,
        Mount::Named => from.is_some(),
        Mount::Anywhere => true,
    };
    if !able || call.suffers(|effect| matches!(effect, Effect::RefuseMount)) {
        return Ok(None);
    }
    let mut store = call.store();
    let Some(bytes) = store.blob(from, digest) else { return Ok(None) };
    store.make(name).blobs.insert(digest.clone(), bytes);
    Ok(Some(created(call, name, digest)))
}

async fn begin(call: &mut Call, name: &str, algorithm: Algorithm) -> Handled {
    if call.body.next().await?.is_some_and(|piece| !piece.is_empty()) {
        return Err(Refusal::new(Code::SizeInvalid, "an upload starts with an empty body").into());
    }
    let session = Session::new(token::uuid()?, algorithm);
    let reply = under_way(call, name, &session, StatusCode::ACCEPTED).header(header::RANGE, "0-0");
    call.store().begin(name, session);
    Ok(match call.options.chunk_min {
        Some(least) => reply.header(CHUNK_MIN, least),
        None => reply,
    })
}

/// An upload that was started: chunk, close, status, cancel.
pub(super) async fn proceed(call: &mut Call, name: &str, id: &str) -> Handled {
    let session = call.store().upload(name, id)?;
    let mut session = session.lock().await;
    if call.options.upload_state && call.query.get("_state") != Some(session.state().as_str()) {
        return Err(Refusal::new(Code::BlobUploadInvalid, "the query of the upload location was not kept").into());
    }
    match *call.method() {
        Method::GET => Ok(ranged(call, name, &session, StatusCode::NO_CONTENT, session.len())),
        Method::PATCH => chunk(call, name, &mut session).await,
        Method::PUT => close(call, name, &mut session).await,
        Method::DELETE => {
            call.store().end(id);
            Ok(Reply::new(StatusCode::NO_CONTENT))
        }
        _ => Err(call.no_such_method("GET, PATCH, PUT, DELETE")),
    }
}

async fn chunk(call: &mut Call, name: &str, session: &mut Session) -> Handled {
    session.check_chunk(call)?;
    let taken = session.take(call).await?;
    session.first_end.get_or_insert(session.len().saturating_sub(1));
    Ok(ranged(call, name, session, StatusCode::ACCEPTED, taken))
}

async fn close(call: &mut Call, name: &str, session: &mut Session) -> Handled {
    let Some(text) = call.query.get("digest") else {
        return Err(Refusal::new(Code::DigestInvalid, "an upload is closed with digest=").into());
    };
    let digest = parse_digest(text)?;
    session.check_chunk(call)?;
    session.expect(digest.algorithm());
    session.take(call).await?;
    call.store().end(session.id());
    store(call, name, session, &digest)
}

fn store(call: &Call, name: &str, session: &mut Session, digest: &Digest) -> Handled {
    let bytes = call.as_stored(session.finish(digest)?);
    call.store().writable(name, call.options.create_repositories)?.blobs.insert(digest.clone(), bytes);
    Ok(created(call, name, digest))
}

fn created(call: &Call, name: &str, digest: &Digest) -> Reply {
    let place = call.place(&format!("/v2/{name}/blobs/{digest}"));
    Reply::new(StatusCode::CREATED).location(place).digest(digest)
}

fn under_way(call: &Call, name: &str, session: &Session, status: StatusCode) -> Reply {
    let place = call.place(&session.path(name, call.options.upload_state));
    Reply::new(status).location(place).header(UPLOAD_ID, session.id())
}

/// The state of an upload, with the range that it has or that a fault makes up.
fn ranged(call: &Call, name: &str, session: &Session, status: StatusCode, taken: u64) -> Reply {
    let end = session.len().saturating_sub(1);
    let range = call.effects.iter().fold(format!("0-{end}"), |range, effect| match effect {
        Effect::FreezeRange => format!("0-{}", session.first_end.unwrap_or(end)),
        Effect::RangeOfChunk => format!("{}-{end}", session.len() - taken),
        _ => range,
    });
    under_way(call, name, session, status).header(header::RANGE, range)
}
