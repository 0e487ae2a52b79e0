//! Blobs: `/v2/<name>/blobs/<digest>`.

use http::{Method, StatusCode, header};

use super::call::{Call, Handled};
use super::fault::Effect;
use super::range::Wanted;
use super::refusal::{Code, Refusal};
use super::reply::Reply;
use crate::model::Digest;

pub(super) fn handle(call: &Call, name: &str, digest: &Digest) -> Handled {
    match *call.method() {
        Method::GET | Method::HEAD => read(call, name, digest),
        Method::DELETE => delete(call, name, digest),
        _ => Err(call.no_such_method("GET, HEAD, DELETE")),
    }
}

fn read(call: &Call, name: &str, digest: &Digest) -> Handled {
    if let Some(origin) = &call.options.redirect_blobs {
        let place = format!("{origin}/v2/{name}/blobs/{digest}");
        return Ok(Reply::new(StatusCode::TEMPORARY_REDIRECT).location(place));
    }
    let bytes = call.store().repository(name)?.blobs.get(digest).cloned();
    let bytes = bytes.ok_or_else(|| Refusal::new(Code::BlobUnknown, "no such blob in this repository"))?;
    let ignored = call.is_head() || call.suffers(|effect| matches!(effect, Effect::IgnoreRange));
    let range = call.header(&header::RANGE).filter(|_| !ignored);
    let length = bytes.len();
    let reply = match Wanted::parse(range, length) {
        Wanted::All => Reply::ok("application/octet-stream", bytes),
        Wanted::Part(part) => Reply::ok("application/octet-stream", bytes.slice(part.clone()))
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, format!("bytes {}-{}/{length}", part.start, part.end - 1)),
        Wanted::Unsatisfiable => {
            let refusal = Refusal::new(Code::SizeInvalid, "the blob has no such range");
            let refusal = refusal.header(header::CONTENT_RANGE, format!("bytes */{length}"));
            return Err(refusal.status(StatusCode::RANGE_NOT_SATISFIABLE).into());
        }
    };
    Ok(reply.digest(digest).header(header::ACCEPT_RANGES, "bytes"))
}

fn delete(call: &Call, name: &str, digest: &Digest) -> Handled {
    if !call.options.delete_blobs {
        return Err(call.no_such_method("GET, HEAD"));
    }
    match call.store().existing(name)?.blobs.remove(digest) {
        Some(_) => Ok(Reply::new(StatusCode::ACCEPTED).digest(digest)),
        None => Err(Refusal::new(Code::BlobUnknown, "no such blob in this repository").into()),
    }
}
