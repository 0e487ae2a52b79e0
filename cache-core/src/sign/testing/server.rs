//! A small HTTP server: one answer a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
pub(in crate::sign) struct Call {
    pub(in crate::sign) method: String,
    /// The path with its query.
    pub(in crate::sign) target: String,
    headers: Vec<(String, String)>,
    pub(in crate::sign) body: Vec<u8>,
}

impl Call {
    /// The header of this name, in lower case.
    pub(in crate::sign) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &value[..])
    }
}

/// Stops when it is dropped. An answer with a status of 300 to 399, or 409, leads to what its body says.
pub(in crate::sign) struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub(in crate::sign) async fn start(answer: impl Fn(&Call) -> (u16, String) + Send + Sync + 'static) -> Self {
        Server::start_bytes(move |call| {
            let (status, body) = answer(call);
            (status, body.into_bytes())
        })
        .await
    }

    pub(in crate::sign) async fn start_bytes(answer: impl Fn(&Call) -> (u16, Vec<u8>) + Send + Sync + 'static) -> Self {
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

    pub(in crate::sign) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: &(impl Fn(&Call) -> (u16, Vec<u8>) + Sync)) -> std::io::Result<()> {
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
    let (status, body) = answer(&call);
    let location = match status {
        300..=399 | 409 => format!("location: {}\r\n", String::from_utf8_lossy(&body)),
        _ => String::new(),
    };
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{location}content-length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), &body].concat()).await?;
    stream.shutdown().await
}
