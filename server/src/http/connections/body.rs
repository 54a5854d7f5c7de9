//! Bodies: of requests, which must come in time, and of responses, whose end is noted.

use super::state::Connection;
use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

/// How much must come in each second, on average over the timeout.
const MIN_BYTES_PER_SECOND: f64 = 1024.0;

/// The body of a request. The client may let us wait for `timeout` in all; what comes earns more time, so that a large body may
/// take longer and one that trickles in may not. Only waiting counts: how slowly we read is not the client's fault.
pub struct TimedBody {
    body: Incoming,
    connection: Arc<Connection>,
    timeout: Duration,
    left: Duration,
    waiting_since: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// The body did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body did not come in time")]
pub struct BodyTimeout;

impl TimedBody {
    /// The body of a request that has just begun.
    pub fn new(body: Incoming, connection: Arc<Connection>, timeout: Duration) -> Self {
        Self { body, connection, timeout, left: timeout, waiting_since: None, sleep: None }
    }

    /// Something has come.
    fn came(&mut self, bytes: usize) {
        if let Some(since) = self.waiting_since.take() {
            let earned = Duration::from_secs_f64(bytes as f64 / MIN_BYTES_PER_SECOND);
            self.left = (self.left.saturating_sub(since.elapsed()) + earned).min(self.timeout);
        }
    }

    /// Whether the time is over; if not, the task is woken when it is.
    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.waiting_since.is_none() {
            let now = Instant::now();
            self.waiting_since = Some(now);
            match &mut self.sleep {
                Some(sleep) => sleep.as_mut().reset(now + self.left),
                None => self.sleep = Some(Box::pin(sleep(self.left))),
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
                this.came(bytes.unwrap_or_default());
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => this.poll_timeout(cx).map(|()| {
                this.connection.body_is_late();
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

/// The body of a response, which tells its connection when it is complete.
pub struct TrackedBody {
    body: Body,
    connection: Arc<Connection>,
}

impl TrackedBody {
    /// The body of a response to a request of this connection.
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
