//! For tests: a small HTTP server, one answer a connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
pub(crate) struct Call {
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Call {
    /// The headers, their names in lower case.
    #[cfg(feature = "conformance")]
    pub(crate) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The header of this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &value[..])
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// How long it takes.
    pub(crate) pause: Duration,
    /// The connection breaks after so many bytes of the body.
    pub(crate) breaks_after: Option<usize>,
    /// Another server, `host:port`, which answers instead.
    pub(crate) elsewhere: Option<String>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Reply {
            status,
            headers: Vec::new(),
            body: body.into(),
            pause: Duration::ZERO,
            breaks_after: None,
            elsewhere: None,
        }
    }

    /// What that server answers to the same request, without its login.
    #[cfg(feature = "conformance")]
    pub(crate) fn of(server: &str) -> Self {
        Reply { elsewhere: Some(server.to_owned()), ..Reply::new(502, "") }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Stops when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Call) -> (u16, String) + Send + Sync + 'static) -> Self {
        Server::start_bytes(move |call| {
            let (status, body) = answer(call);
            (status, body.into_bytes())
        })
        .await
    }

    /// An answer with a status of 300 to 399, or 409, leads to what its body says.
    pub(crate) async fn start_bytes(answer: impl Fn(&Call) -> (u16, Vec<u8>) + Send + Sync + 'static) -> Self {
        Server::start_replies(move |call| {
            let (status, body) = answer(call);
            let reply = Reply::new(status, body);
            match status {
                300..=399 | 409 => {
                    let location = String::from_utf8_lossy(&reply.body).into_owned();
                    reply.header("location", location)
                }
                _ => reply,
            }
        })
        .await
    }

    pub(crate) async fn start_replies(answer: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            let mut serving = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                serving.spawn(async move { serve(stream, &*answer).await });
            }
        });
        Server { address, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: &(impl Fn(&Call) -> Reply + Sync)) -> std::io::Result<()> {
    let mut read = Vec::new();
    let head = loop {
        if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    };
    let text = String::from_utf8_lossy(&read[..head]).into_owned();
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let header = |line: &str| line.split_once(':').map(|(k, v)| (k.to_ascii_lowercase(), v.trim().to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let mut call =
        Call { method: method.to_owned(), target: target.to_owned(), headers, body: read.split_off(head + 4) };
    let length = call.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while call.body.len() < length {
        if stream.read_buf(&mut call.body).await? == 0 {
            return Ok(());
        }
    }
    let Reply { status, headers, body, pause, breaks_after, elsewhere } = answer(&call);
    tokio::time::sleep(pause).await;
    if let Some(server) = elsewhere {
        return pass_on(&mut stream, &call, &server).await;
    }
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await?;
    // The answer to HEAD has the length of the body that it leaves out.
    if call.method != "HEAD" {
        let sent = breaks_after.map_or(body.len(), |after| after.min(body.len()));
        stream.write_all(&body[..sent]).await?;
    }
    stream.shutdown().await
}

async fn pass_on(stream: &mut TcpStream, call: &Call, server: &str) -> std::io::Result<()> {
    let ours = ["host", "connection", "authorization", "expect"];
    let headers = call.headers.iter().filter(|(name, _)| !ours.contains(&name.as_str()));
    let headers: String = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head =
        format!("{} {} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n{headers}\r\n", call.method, call.target);
    let mut other = TcpStream::connect(server).await?;
    other.write_all(head.as_bytes()).await?;
    other.write_all(&call.body).await?;
    tokio::io::copy(&mut other, stream).await?;
    stream.shutdown().await
}
