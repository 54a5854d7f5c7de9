//! Request bodies with a timeout, and response bodies whose end is recorded.

use super::state::Connection;
use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::time::{Sleep, sleep};

/// The minimum transfer rate of request bodies, on average over the timeout.
const MIN_BYTES_PER_SECOND: f64 = 1024.0;

/// A request body. The server waits for the client for `timeout` in total. Received data extends the time, so that a
/// large body may take longer, but not a trickling one. Only waiting counts: a slow handler is not the client's fault.
pub struct TimedBody {
    body: Incoming,
    connection: Arc<Connection>,
    timeout: Duration,
    remaining: Duration,
    waiting_since: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// The request body was not received in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request body was not received in time")]
pub struct BodyTimeout;

impl TimedBody {
    pub fn new(body: Incoming, connection: Arc<Connection>, timeout: Duration) -> Self {
        Self { body, connection, timeout, remaining: timeout, waiting_since: None, sleep: None }
    }

    /// Extends the time for received data.
    fn add_received(&mut self, bytes: usize) {
        if let Some(since) = self.waiting_since.take() {
            let earned = Duration::from_secs_f64(bytes as f64 / MIN_BYTES_PER_SECOND);
            self.remaining =
                (self.remaining.saturating_sub(self.connection.monotonic().since(since)) + earned).min(self.timeout);
        }
    }

    /// Ready when the time is over.
    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.waiting_since.is_none() {
            self.waiting_since = Some(self.connection.monotonic().now());
            match &mut self.sleep {
                Some(armed) => armed.set(sleep(self.remaining)),
                None => self.sleep = Some(Box::pin(sleep(self.remaining))),
            }
        }
        self.sleep.as_mut().map_or(Poll::Pending, |sleep| sleep.as_mut().poll(cx))
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref().map(Bytes::len));
                this.add_received(bytes.unwrap_or_default());
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => this.poll_timeout(cx).map(|()| {
                this.connection.set_body_timed_out();
                Some(Err(BodyTimeout.into()))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response body that notifies its connection when it is complete.
pub struct TrackedBody {
    body: Body,
    connection: Arc<Connection>,
}

impl TrackedBody {
    pub fn new(body: Body, connection: Arc<Connection>) -> Self {
        Self { body, connection }
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        self.connection.answered();
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
