//! One request on its way through the registry.

use std::sync::{Arc, MutexGuard};

use http::request::Parts;
use http::{HeaderName, Method};

use super::body::Inbound;
use super::fault::Effect;
use super::options::Options;
use super::query::Query;
use super::refusal::{Code, Halt, Refusal};
use super::reply::Reply;
use super::store::Store;
use super::{State, lock};

/// What a handler gives back.
pub(super) type Handled = Result<Reply, Halt>;

/// A request with all that its handler needs.
pub(super) struct Call {
    pub(super) state: Arc<State>,
    pub(super) options: Arc<Options>,
    pub(super) head: Parts,
    pub(super) query: Query,
    pub(super) body: Inbound,
    pub(super) effects: Vec<Effect>,
}

impl Call {
    pub(super) fn method(&self) -> &Method {
        &self.head.method
    }

    pub(super) fn is_head(&self) -> bool {
        self.head.method == Method::HEAD
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.state.store)
    }

    /// The header as text; one that is not text is taken as absent.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn content_length(&self) -> Option<u64> {
        self.header(&http::header::CONTENT_LENGTH).and_then(|text| text.parse().ok())
    }

    /// Where a path of ours is, as this registry writes it.
    pub(super) fn place(&self, path_and_query: &str) -> String {
        self.options.place(&self.state.host, path_and_query)
    }

    /// Whether a fault without parameters happens to this request.
    pub(super) fn suffers(&self, effect: impl Fn(&Effect) -> bool) -> bool {
        self.effects.iter().any(effect)
    }

    /// The bytes to store: the given ones unless a fault corrupts them.
    pub(super) fn as_stored(&self, bytes: bytes::Bytes) -> bytes::Bytes {
        self.effects.iter().fold(bytes, |bytes, effect| match effect {
            Effect::CorruptStored { at } => flip(&bytes, *at),
            _ => bytes,
        })
    }

    /// The answer to a method that this endpoint does not have.
    pub(super) fn no_such_method(&self, allowed: &str) -> Halt {
        Refusal::new(Code::Unsupported, format!("{} is not supported here", self.head.method))
            .header(http::header::ALLOW, allowed)
            .into()
    }
}

/// The bytes with one bit flipped.
pub(super) fn flip(bytes: &bytes::Bytes, at: usize) -> bytes::Bytes {
    let mut copy = bytes.to_vec();
    if let Some(byte) = copy.get_mut(at) {
        *byte ^= 1;
    }
    copy.into()
}
