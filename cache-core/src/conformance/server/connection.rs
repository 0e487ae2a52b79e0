//! Accepting and serving connections.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{State, lock, service};

/// Larger reads make fewer pieces of a large upload.
const BUFFER: usize = 1 << 20;

/// Serves until it is dropped, which ends every connection too.
pub(super) async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // Out of file descriptors, or the client is gone already: neither ends the server.
                let Ok((stream, _)) = accepted else { tokio::task::yield_now().await; continue };
                connections.spawn(serve(stream, Arc::clone(&state)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let _ = stream.set_nodelay(true);
    let flushed = Arc::new(Flushed::default());
    let wire = Wire { io: TokioIo::new(stream), flushed: Arc::clone(&flushed) };
    let serve = service_fn(move |request| service::serve(Arc::clone(&state), Arc::clone(&flushed), request));
    // The error is the client's hanging up, or a fault that was asked for: nobody to tell.
    let _ = http1::Builder::new().header_read_timeout(None).max_buf_size(BUFFER).serve_connection(wire, serve).await;
}

/// Lets a body wait until everything that it gave before has left for the client.
///
/// Ending a connection throws away what is still buffered; without this, a truncated answer would lose bytes at random.
#[derive(Debug, Default)]
pub(super) struct Flushed {
    waiting: Mutex<Option<Waker>>,
    done: AtomicBool,
}

impl Flushed {
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.done.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        *lock(&self.waiting) = Some(context.waker().clone());
        Poll::Pending
    }

    fn flushed(&self) {
        if let Some(waker) = lock(&self.waiting).take() {
            self.done.store(true, Ordering::Release);
            waker.wake();
        }
    }
}

/// A connection that tells when its buffers are empty.
struct Wire {
    io: TokioIo<TcpStream>,
    flushed: Arc<Flushed>,
}

impl Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = Pin::new(&mut self.io).poll_flush(cx);
        if matches!(flush, Poll::Ready(Ok(()))) {
            // The HTTP layer flushes only after it wrote all it had.
            self.flushed.flushed();
        }
        flush
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
