//! A server of files, with faults.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

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
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, state) = (listener.local_addr().unwrap(), Arc::<Mutex<State>>::default());
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { serve(stream, &state).await });
            }
        });
        Server { address, state, task }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
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

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut read = Vec::new();
    while !read.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    }
    let request = String::from_utf8_lossy(&read).into_owned();
    let pause = state.lock().unwrap().pauses.get(request.split(' ').nth(1).unwrap_or_default()).copied();
    tokio::time::sleep(pause.unwrap_or_default()).await;
    let (head, body) = answer(&request, &mut state.lock().unwrap());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await
}

fn answer(request: &str, state: &mut State) -> (String, Vec<u8>) {
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let header = |name: &str| {
        let mut lines = request.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let range = header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let from: usize = range.unwrap_or(0);
    state.asked.push(if from > 0 { format!("{path} from {from}") } else { path.clone() });
    let faults = state.faults.entry(path.clone()).or_default();
    let fault = if faults.is_empty() { None } else { Some(faults.remove(0)) };
    let plain =
        |status: u16| (format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"), vec![]);
    if let Some(to) = path.strip_prefix("/moved") {
        return (format!("HTTP/1.1 302 X\r\nconnection: close\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"), vec![]);
    }
    let Some(content) = state.files.get(&path) else { return plain(404) };
    if let Some(Fault::Status(status)) = fault {
        return plain(status);
    }
    let etag = format!("\"{}\"", Digest::of(content).short());
    if header("if-none-match") == Some(&etag) {
        return plain(304);
    }
    let is_same = fault == Some(Fault::NoIfRange) || header("if-range") == Some(&etag);
    let (status, from) = if is_same && from > 0 { (206, from) } else { (200, 0) };
    let rest = &content[from.min(content.len())..];
    let place = format!("content-range: bytes {from}-{}/{}\r\n", content.len().max(1) - 1, content.len());
    let wrong = if fault == Some(Fault::WrongChecksum) { "x-goog-hash: crc32c=AAAAAA==\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\netag: {etag}\r\n{wrong}{}content-length: {}\r\n\r\n",
        if status == 206 { &place } else { "" },
        rest.len()
    );
    let sent = if let Some(Fault::Breaks(after)) = fault { after.min(rest.len()) } else { rest.len() };
    (head, rest[..sent].to_vec())
}
