//! A socket that notes what passes through it, and completes what hyper answers by itself.

use super::{raw, state::Connection};
use bytes::Buf as _;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A socket with its connection.
pub struct Watched {
    stream: TcpStream,
    connection: Arc<Connection>,
    is_https: bool,
    /// What is sent instead of a response of hyper's own.
    refusal: Option<bytes::Bytes>,
}

impl Watched {
    /// A socket that was just accepted.
    pub fn new(stream: TcpStream, connection: Arc<Connection>, is_https: bool) -> Self {
        Self { stream, connection, is_https, refusal: None }
    }

    fn noted(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => self.connection.write_blocked(),
            Poll::Ready(_) => self.connection.written(),
        }
        written
    }

    /// What is written while no request is being answered is hyper's own response to a head that it could not read. It has no body
    /// and none of our headers; a complete problem is sent in its place.
    fn poll_refuse(&mut self, cx: &mut Context<'_>, said: &[u8], all: usize) -> Poll<io::Result<usize>> {
        let is_https = self.is_https;
        let rest = self.refusal.get_or_insert_with(|| raw::instead_of(said, is_https).into());
        while rest.has_remaining() {
            let written = Pin::new(&mut self.stream).poll_write(cx, rest);
            match written {
                Poll::Pending => self.connection.write_blocked(),
                Poll::Ready(_) => self.connection.written(),
            }
            rest.advance(ready!(written)?);
        }
        Poll::Ready(Ok(all))
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            this.connection.received();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.connection.is_between_requests() {
            return this.poll_refuse(cx, bytes, bytes.len());
        }
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.noted(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.connection.is_between_requests() {
            let said = slices.first().map_or(&[][..], |slice| slice);
            return this.poll_refuse(cx, said, slices.iter().map(|slice| slice.len()).sum());
        }
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
        this.connection.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
