//! A strict OCI 1.1 registry in process, which can be told to misbehave.
//!
//! It listens on the loopback, keeps everything in memory, and lives as long as its [`Server`]. Tests seed it without
//! HTTP, let a client work on it, and then read what was really stored and what was really asked.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use cache_core::conformance::server::{Effect, Endpoint, Fault, Options, Server};
//!
//! let server = Server::start(Options { referrers: false, ..Options::default() }).await?;
//! let blob = server.put_blob("team/app", "hello");
//! server.faults().push(Fault::new(Effect::status(429)).on(Endpoint::Blob).nth(2));
//! assert_eq!(server.blob_bytes("team/app", &blob).as_deref(), Some(&b"hello"[..]));
//! assert!(server.log().is_empty());
//! # Ok::<(), cache_core::Error>(())
//! # }).unwrap();
//! ```

mod accept;
mod auth;
mod blobs;
mod body;
mod call;
mod connection;
mod fault;
mod lists;
mod log;
mod manifest;
mod manifests;
mod name;
mod options;
mod query;
mod range;
mod rate;
mod referrers;
mod refusal;
mod reply;
mod route;
mod scope;
mod seed;
mod service;
mod session;
mod store;
#[cfg(test)]
mod tests;
mod token;
mod uploads;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::error::{Error, Result};

pub use fault::{Effect, Fault, Faults};
pub use log::LoggedRequest;
pub use options::{Auth, Bearer, Location, Login, Mount, Options, Paging, TokenMethods, TokenShape};
pub use route::Endpoint;

/// A running registry; dropping it stops it and closes its connections.
pub struct Server {
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

/// Everything that the connections share.
struct State {
    host: String,
    options: Mutex<Arc<Options>>,
    store: Mutex<store::Store>,
    tokens: Mutex<token::Tokens>,
    faults: Faults,
    rate: Mutex<rate::Bucket>,
    log: log::Log,
}

impl Server {
    /// Binds the loopback and starts to serve on the current tokio runtime.
    ///
    /// # Errors
    /// `Unavailable` when the port cannot be bound.
    pub async fn start(options: Options) -> Result<Self> {
        let bind = |error: std::io::Error| Error::unavailable("cannot listen on the loopback").caused_by(error);
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await.map_err(bind)?;
        let host = listener.local_addr().map_err(bind)?.to_string();
        let state = Arc::new(State {
            host,
            options: Mutex::new(Arc::new(options)),
            store: Mutex::default(),
            tokens: Mutex::default(),
            faults: Faults::default(),
            rate: Mutex::default(),
            log: log::Log::default(),
        });
        let accepting = tokio::spawn(connection::accept(listener, Arc::clone(&state)));
        Ok(Server { state, accepting })
    }

    /// Where it listens, `127.0.0.1:PORT`: the host part of a reference.
    pub fn host(&self) -> &str {
        &self.state.host
    }

    /// The base address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.state.host)
    }

    /// Changes the options; requests that come in from now on see the change.
    pub fn configure(&self, change: impl FnOnce(&mut Options)) {
        let mut options = lock(&self.state.options);
        let mut changed = Options::clone(&options);
        change(&mut changed);
        *options = Arc::new(changed);
    }

    /// The faults that are to happen.
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// Every request so far, in the order of arrival.
    pub fn log(&self) -> Vec<LoggedRequest> {
        self.state.log.read()
    }

    /// Forgets the requests so far, so that a test can look at one step alone.
    pub fn clear_log(&self) {
        self.state.log.clear();
    }

    /// How many requests of this method had `part` in their path or query.
    pub fn count(&self, method: &str, part: &str) -> usize {
        self.log().iter().filter(|r| r.method == method && r.path.contains(part)).count()
    }

    /// How many token requests came in, whatever they were answered.
    pub fn token_requests(&self) -> usize {
        self.log().iter().filter(|r| r.endpoint == Endpoint::Token).count()
    }

    /// Makes every token given out so far worthless.
    pub fn expire_tokens(&self) {
        lock(&self.state.tokens).expire();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The connections belong to the accepting task and end with it.
        self.accepting.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("host", &self.state.host).finish_non_exhaustive()
    }
}

impl State {
    fn options(&self) -> Arc<Options> {
        Arc::clone(&lock(&self.options))
    }
}

/// A failed test that held the lock is no reason to fail the next request as well.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
