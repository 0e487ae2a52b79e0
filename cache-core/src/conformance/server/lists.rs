//! The lists of tags and repositories, in pages.

use std::ops::Bound;

use http::{Method, StatusCode, header};
use serde_json::json;

use super::call::{Call, Handled};
use super::options::Paging;
use super::query;
use super::refusal::{Code, Halt, Refusal};
use super::reply::Reply;

pub(super) fn tags(call: &Call, name: &str) -> Handled {
    only_get(call)?;
    let (page, link) = {
        let store = call.store();
        let after = last(call).map_or(Bound::Unbounded, Bound::Excluded);
        let tags = store.repository(name)?.tags.range::<str, _>((after, Bound::Unbounded));
        page(call, &format!("/v2/{name}/tags/list"), tags.map(|(tag, _)| tag.as_str()))?
    };
    Ok(linked(Reply::json(&json!({ "name": name, "tags": page })), link))
}

pub(super) fn catalog(call: &Call) -> Handled {
    if !call.options.catalog {
        return Err(Refusal::new(Code::Unsupported, "no list of repositories here")
            .status(StatusCode::NOT_FOUND)
            .into());
    }
    only_get(call)?;
    let (page, link) = {
        let (store, last) = (call.store(), last(call));
        let names = store.names().filter(|name| last.is_none_or(|last| *name > last));
        page(call, "/v2/_catalog", names)?
    };
    Ok(linked(Reply::json(&json!({ "repositories": page })), link))
}

fn only_get(call: &Call) -> Result<(), Halt> {
    if call.method() == Method::GET || call.is_head() { Ok(()) } else { Err(call.no_such_method("GET")) }
}

/// The name that the client had last, where pages are known.
fn last(call: &Call) -> Option<&str> {
    call.query.get("last").filter(|_| call.options.paging != Paging::Ignored)
}

/// The entries that were asked for, and the link to those after them. `rest` is sorted and begins where the page does.
fn page<'a>(
    call: &Call,
    path: &str,
    mut rest: impl Iterator<Item = &'a str>,
) -> Result<(Vec<String>, Option<String>), Refusal> {
    if call.options.paging == Paging::Ignored {
        return Ok((rest.map(str::to_owned).collect(), None));
    }
    let asked = match call.query.get("n") {
        None => None,
        Some(text) => Some(
            text.parse::<usize>()
                .map_err(|_| Refusal::new(Code::Unsupported, "n is no number").status(StatusCode::BAD_REQUEST))?,
        ),
    };
    let most = asked.unwrap_or(usize::MAX).min(call.options.page_size.unwrap_or(usize::MAX));
    let page: Vec<String> = rest.by_ref().take(most).map(str::to_owned).collect();
    let more = rest.next().is_some();
    let link = page.last().filter(|_| more && call.options.paging == Paging::Link).map(|last| {
        let n = asked.map(|n| format!("n={n}&")).unwrap_or_default();
        next(call, &format!("{path}?{n}last={}", query::encode(last)))
    });
    Ok((page, link))
}

/// The `Link` to the page at `path_and_query`.
pub(super) fn next(call: &Call, path_and_query: &str) -> String {
    format!("<{}>; rel=\"next\"", call.place(path_and_query))
}

pub(super) fn linked(reply: Reply, link: Option<String>) -> Reply {
    match link {
        Some(link) => reply.header(header::LINK, link),
        None => reply,
    }
}
