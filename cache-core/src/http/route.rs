//! Opening connections: straight, or through a proxy (RFC 9110, 9.3.6 for `CONNECT`; RFC 9112, 3.2.2 for the absolute form).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::{Proxies, ProxyAddress};
use super::url::{is_secure, port};
use super::{Patience, shown};
use crate::error::{Error, Result};

/// Of a proxy's answer more is not read.
const MAX_HEAD: usize = 16 << 10;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Opens the connections of a client.
#[derive(Debug, Clone)]
pub(super) struct Route {
    proxies: Arc<Proxies>,
    tcp: HttpConnector,
    patience: Duration,
}

impl Route {
    pub(super) fn new(proxies: Arc<Proxies>, patience: &Patience) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(patience.connect));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        Route { proxies, tcp, patience: patience.answer }
    }
}

impl Service<Uri> for Route {
    type Response = Conn;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Conn, Failure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let proxy = match self.proxies.to(&server) {
            Ok(proxy) => proxy.cloned(),
            Err(error) => return Box::pin(std::future::ready(Err(error.into()))),
        };
        let next = proxy.as_ref().map_or(&server, ProxyAddress::url).clone();
        let (connecting, patience) = (self.tcp.call(next), self.patience);
        Box::pin(async move {
            let Some(proxy) = proxy else {
                return Ok(Conn { stream: connecting.await?, is_proxied: false });
            };
            let unreachable = |e: <HttpConnector as Service<Uri>>::Error| {
                Error::unavailable("cannot connect to the proxy").context("proxy", shown(proxy.url())).caused_by(e)
            };
            let mut stream = connecting.await.map_err(unreachable)?;
            if !is_secure(&server) {
                return Ok(Conn { stream, is_proxied: true });
            }
            let opening = tokio::time::timeout(patience, open(stream.inner_mut(), &server, &proxy));
            let late = |_| Error::unavailable("the proxy did not answer in time");
            opening.await.map_err(late).flatten().map_err(|e| e.context("proxy", shown(proxy.url())))?;
            Ok(Conn { stream, is_proxied: false })
        })
    }
}

/// Has the proxy open the way to the server.
async fn open(stream: &mut TcpStream, server: &Uri, proxy: &ProxyAddress) -> Result<()> {
    let place = format!("{}:{}", server.host().unwrap_or_default(), port(server));
    let mut request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n").into_bytes();
    if let Some(login) = proxy.login() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(login.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let broke = |e: io::Error| Error::unavailable("the connection to the proxy broke").caused_by(e);
    stream.write_all(&request).await.map_err(broke)?;
    let mut head = Vec::new();
    // The server speaks when it is spoken to, so whatever comes belongs to this answer.
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await.map_err(broke)? == 0 {
            return Err(Error::unavailable("the proxy gives no whole answer"));
        }
    }
    let status = std::str::from_utf8(&head).ok().and_then(|head| head.split(' ').nth(1)?.parse::<u16>().ok());
    match status {
        Some(200..=299) => Ok(()),
        Some(407) => Err(login_wanted()),
        Some(status @ (403 | 405 | 501)) => {
            Err(Error::denied("the proxy does not allow this way").context("status", status).context("server", place))
        }
        Some(status) => Err(Error::unavailable("the proxy does not open the way")
            .context("status", status)
            .context("server", place)),
        None => Err(Error::unavailable("the proxy's answer is not HTTP")),
    }
}

/// What 407 says.
pub(super) fn login_wanted() -> Error {
    Error::unauthenticated("the proxy asks for a login")
        .hint("write the login into its address: http://user:password@host:port, with %XX for special characters")
}

/// A connection. Through a proxy that has not opened a way, requests name the whole address.
#[derive(Debug)]
pub(super) struct Conn {
    stream: TokioIo<TcpStream>,
    is_proxied: bool,
}

impl Connection for Conn {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_proxied)
    }
}

impl Read for Conn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}
