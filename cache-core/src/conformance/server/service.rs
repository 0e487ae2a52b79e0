//! From a request to its answer: log, faults, authorization, handler, faults again.

use std::sync::Arc;

use bytes::{BufMut as _, BytesMut};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::body::{Cut, Inbound, Outbound};
use super::call::{Call, Handled, flip};
use super::connection::Flushed;
use super::fault::{Effect, Phase};
use super::log::Progress;
use super::query::Query;
use super::refusal::{Code, Halt, Refusal};
use super::reply::{CONTENT_DIGEST, Reply};
use super::route::{self, Endpoint, Route};
use super::{State, auth, blobs, lists, lock, manifests, referrers, token, uploads};

/// Serves one request; an error ends the connection without an answer.
pub(super) async fn serve(
    state: Arc<State>,
    flushed: Arc<Flushed>,
    request: Request<Incoming>,
) -> Result<Response<Outbound>, Cut> {
    let (head, body) = request.into_parts();
    let query = Query::parse(head.uri.query().unwrap_or_default());
    let (endpoint, route) = route::parse(&head.method, head.uri.path(), &query);
    let progress = state.log.open(&head, endpoint);
    let body = Inbound::new(body, Arc::clone(&progress));
    let mut call = Call { options: state.options(), state, head, query, body, effects: Vec::new() };

    let handled = match arrive(&mut call, endpoint).await {
        Ok(None) => handle(&mut call, endpoint, route).await,
        Ok(Some(reply)) => Ok(reply),
        Err(halt) => Err(halt),
    };
    let reply = match handled {
        Ok(reply) => reply,
        Err(Halt::Refuse(refusal)) => Reply::from(*refusal),
        Err(Halt::Drop) => return Err(Cut),
    };
    // A client that waits for `100 Continue` has sent nothing yet and need not.
    if !call.head.headers.contains_key(header::EXPECT) {
        call.body.drain().await.map_err(|_| Cut)?;
    }
    let response = finish(&call, reply, progress, flushed);
    Ok(response)
}

/// The faults that happen to any request, whoever sent it.
async fn arrive(call: &mut Call, endpoint: Endpoint) -> Result<Option<Reply>, Halt> {
    let rate = call.options.requests_per_second;
    let too_many = rate.is_some_and(|rate| !lock(&call.state.rate).admits(rate));
    let mut answer = too_many.then(|| canned(429, Vec::new(), None));
    for effect in strike(call, Phase::Arrival, endpoint) {
        match effect {
            Effect::Delay(time) => tokio::time::sleep(time).await,
            Effect::ExpireTokens => lock(&call.state.tokens).expire(),
            Effect::ForgetUploads => call.store().forget_uploads(),
            Effect::Drop => return Err(Halt::Drop),
            Effect::Respond { status, headers, body } if answer.is_none() => {
                answer = Some(canned(status, headers, body));
            }
            _ => {}
        }
    }
    Ok(answer)
}

fn strike(call: &Call, phase: Phase, endpoint: Endpoint) -> Vec<Effect> {
    let path = call.head.uri.path_and_query().map_or("", |path| path.as_str());
    call.state.faults.strike(phase, call.head.method.as_str(), endpoint, path)
}

fn canned(status: u16, headers: Vec<(String, String)>, body: Option<String>) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reply = match body {
        Some(body) => Reply::new(status).body(body),
        None => Refusal::new(Code::for_status(status), "this answer was asked for by a test").status(status).into(),
    };
    headers.into_iter().fold(reply, |reply, (name, value)| match HeaderName::try_from(name) {
        Ok(name) => reply.header(name, value),
        Err(_) => reply,
    })
}

async fn handle(call: &mut Call, endpoint: Endpoint, route: Result<Route, Refusal>) -> Handled {
    let route = route?;
    if !matches!(route, Route::Token) {
        auth::admit(call, &route)?;
    }
    call.effects = strike(call, Phase::Admitted, endpoint);
    call.body.cut = call.effects.iter().find_map(|effect| match effect {
        Effect::DropUpload { after } => Some(*after),
        _ => None,
    });
    let reply = match route {
        Route::Ping => ping(call),
        Route::Token => token::issue(call).await,
        Route::Catalog => lists::catalog(call),
        Route::Tags { name } => lists::tags(call, &name),
        Route::Referrers { name, digest } => referrers::list(call, &name, &digest),
        Route::Manifest { name, reference } => manifests::handle(call, &name, reference).await,
        Route::Blob { name, digest } => blobs::handle(call, &name, &digest),
        Route::UploadStart { name } => uploads::start(call, &name).await,
        Route::Upload { name, id } => uploads::proceed(call, &name, &id).await,
    };
    for effect in &call.effects {
        if let Effect::MoveTag { repository, tag, to } = effect {
            call.store().move_tag(repository, tag, to.clone());
        }
    }
    if call.suffers(|effect| matches!(effect, Effect::DropAnswer)) {
        return Err(Halt::Drop);
    }
    reply
}

fn ping(call: &Call) -> Handled {
    if call.method() == Method::GET || call.is_head() {
        let version = HeaderName::from_static("docker-distribution-api-version");
        return Ok(Reply::json(&serde_json::json!({})).header(version, "registry/2.0"));
    }
    Err(call.no_such_method("GET, HEAD"))
}

/// Sets the length, lets the faults at the answer, and counts it.
fn finish(call: &Call, reply: Reply, progress: Arc<Progress>, flushed: Arc<Flushed>) -> Response<Outbound> {
    let mut response = reply.into_response();
    let mut body = std::mem::take(response.body_mut());
    for effect in &call.effects {
        match effect {
            Effect::CorruptByte { at } => body = Outbound::new(flip(body.bytes(), *at)),
            Effect::ExtraByte => {
                let mut longer = BytesMut::from(&body.bytes()[..]);
                longer.put_u8(b'!');
                body = Outbound::new(longer);
            }
            Effect::OmitDigest => drop(response.headers_mut().remove(CONTENT_DIGEST)),
            Effect::FalsifyDigest(text) => {
                if let Ok(value) = HeaderValue::try_from(text) {
                    response.headers_mut().insert(CONTENT_DIGEST, value);
                }
            }
            _ => {}
        }
    }
    let bodiless = response.status() == StatusCode::NO_CONTENT;
    if call.suffers(|effect| matches!(effect, Effect::OmitLength)) {
        body = body.of_unknown_length();
    } else if !bodiless {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    if call.is_head() {
        body = Outbound::default();
    }
    for effect in &call.effects {
        if let Effect::Truncate { after } = effect {
            body = body.truncated(usize::try_from(*after).unwrap_or(usize::MAX), Arc::clone(&flushed));
        }
    }
    let _ = progress.status.set(response.status().as_u16());
    *response.body_mut() = body.counted(progress);
    response
}
