//! A server of files, with faults.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::http::testing::{self, Call, Reply};
use crate::model::Digest;

/// What is wrong with the next answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fault {
    /// The connection breaks after so many bytes of the body.
    Breaks(usize),
    /// `If-Range` is not known.
    NoIfRange,
    /// The checksum that is stated is another one.
    WrongChecksum,
    /// The answer has this status and says nothing.
    Status(u16),
}

#[derive(Default)]
struct State {
    files: HashMap<String, Vec<u8>>,
    /// Faults by path; each holds for so many answers.
    faults: HashMap<String, Vec<Fault>>,
    /// How long an answer takes, by path.
    pauses: HashMap<String, Duration>,
    /// What was asked: the path, and from which byte on.
    asked: Vec<String>,
}

/// Stops when it is dropped.
pub(super) struct Server {
    http: testing::Server,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(super) async fn start() -> Server {
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let http = testing::Server::start_replies(move |call| shared.lock().unwrap().answer(call)).await;
        Server { http, state }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.http.url())
    }

    pub(super) fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.state.lock().unwrap().files.insert(path.to_owned(), content.into());
    }

    /// Makes the next answer about this path wrong, after those that are wrong already.
    pub(super) fn fail(&self, path: &str, fault: Fault) {
        self.state.lock().unwrap().faults.entry(path.to_owned()).or_default().push(fault);
    }

    pub(super) fn fail_often(&self, path: &str, fault: Fault) {
        (0..100).for_each(|_| self.fail(path, fault));
    }

    pub(super) fn slow(&self, path: &str, pause: Duration) {
        self.state.lock().unwrap().pauses.insert(path.to_owned(), pause);
    }

    pub(super) fn heal(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    /// What was asked since the last time.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

impl State {
    fn answer(&mut self, call: &Call) -> Reply {
        let path = &call.target;
        let pause = self.pauses.get(path).copied().unwrap_or_default();
        Reply { pause, ..self.at_once(path, call) }
    }

    fn at_once(&mut self, path: &str, call: &Call) -> Reply {
        let range =
            call.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let from: usize = range.unwrap_or(0);
        self.asked.push(if from > 0 { format!("{path} from {from}") } else { path.to_owned() });
        let faults = self.faults.entry(path.to_owned()).or_default();
        let fault = if faults.is_empty() { None } else { Some(faults.remove(0)) };
        if let Some(to) = path.strip_prefix("/moved") {
            return Reply::new(302, "").header("location", to);
        }
        let Some(content) = self.files.get(path) else { return Reply::new(404, "") };
        if let Some(Fault::Status(status)) = fault {
            return Reply::new(status, "");
        }
        let etag = format!("\"{}\"", Digest::of(content).short());
        if call.header("if-none-match") == Some(&etag) {
            return Reply::new(304, "");
        }
        let is_same = fault == Some(Fault::NoIfRange) || call.header("if-range") == Some(&etag);
        let (status, from) = if is_same && from > 0 { (206, from) } else { (200, 0) };
        let mut reply = Reply::new(status, &content[from.min(content.len())..]).header("etag", etag);
        if status == 206 {
            let place = format!("bytes {from}-{}/{}", content.len().max(1) - 1, content.len());
            reply = reply.header("content-range", place);
        }
        match fault {
            Some(Fault::WrongChecksum) => reply.header("x-goog-hash", "crc32c=AAAAAA=="),
            Some(Fault::Breaks(after)) => Reply { breaks_after: Some(after), ..reply },
            _ => reply,
        }
    }
}
