//! A TCP stream that records reads and writes in the connection's state, and replaces hyper's own error responses.

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

/// A TCP stream with its connection's state.
pub struct MonitoredStream {
    stream: TcpStream,
    connection: Arc<Connection>,
    is_https: bool,
    /// The rest of the response that replaces hyper's own.
    refusal: Option<bytes::Bytes>,
}

impl MonitoredStream {
    pub fn new(stream: TcpStream, connection: Arc<Connection>, is_https: bool) -> Self {
        Self { stream, connection, is_https, refusal: None }
    }

    fn record_write(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => self.connection.write_blocked(),
            Poll::Ready(_) => self.connection.written(),
        }
        written
    }

    /// A write while no request is being processed is hyper's own response to an invalid request head. It has no body
    /// and no security headers, so a complete problem document is sent instead.
    fn poll_write_refusal(
        &mut self,
        cx: &mut Context<'_>,
        hyper_response: &[u8],
        all: usize,
    ) -> Poll<io::Result<usize>> {
        let is_https = self.is_https;
        let rest = self.refusal.get_or_insert_with(|| raw::replace_hyper_response(hyper_response, is_https).into());
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

impl AsyncRead for MonitoredStream {
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

impl AsyncWrite for MonitoredStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.connection.is_between_requests() {
            return this.poll_write_refusal(cx, bytes, bytes.len());
        }
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.record_write(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.connection.is_between_requests() {
            let hyper_response = slices.first().map_or(&[][..], |slice| slice);
            return this.poll_write_refusal(cx, hyper_response, slices.iter().map(|slice| slice.len()).sum());
        }
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.record_write(written)
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
