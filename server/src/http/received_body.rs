//! Receives request bodies ahead of their handlers.

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

/// A request body of which a part was received already, with what follows.
pub struct ReceivedBody {
    received: VecDeque<Bytes>,
    rest: Rest,
}

enum Rest {
    Nothing,
    /// The client did not send the rest.
    Failed(Option<axum::Error>),
    /// More than was to be received; the handler's own limit applies.
    More(Body),
}

impl ReceivedBody {
    /// Receives a body up to `limit` bytes. `wait` is called once, before the first wait for the client; if it returns
    /// false, receiving ends there.
    pub async fn receive(mut body: Body, limit: usize, wait: impl AsyncFnOnce() -> bool) -> Self {
        let (mut received, mut bytes, mut wait) = (VecDeque::new(), 0_usize, Some(wait));
        let rest = loop {
            if bytes > limit {
                break Rest::More(body);
            }
            let frame = match body.frame().now_or_never() {
                Some(frame) => frame,
                None => {
                    if let Some(wait) = wait.take()
                        && !wait().await
                    {
                        break Rest::More(body);
                    }
                    body.frame().await
                }
            };
            match frame {
                None => break Rest::Nothing,
                Some(Err(error)) => break Rest::Failed(Some(error)),
                // Trailers carry nothing that a handler reads.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        bytes += data.len();
                        received.push_back(data);
                    }
                }
            }
        };
        Self { received, rest }
    }
}

impl HttpBody for ReceivedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Some(data) = this.received.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match &mut this.rest {
            Rest::Nothing => Poll::Ready(None),
            Rest::Failed(error) => Poll::Ready(error.take().map(Err)),
            Rest::More(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.received.is_empty() && matches!(self.rest, Rest::Nothing | Rest::Failed(None))
    }

    fn size_hint(&self) -> SizeHint {
        let received = self.received.iter().map(|data| data.len() as u64).sum();
        match &self.rest {
            Rest::Nothing => SizeHint::with_exact(received),
            Rest::Failed(_) => SizeHint::default(),
            Rest::More(body) => {
                let mut hint = SizeHint::default();
                hint.set_lower(received + body.size_hint().lower());
                hint
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_is_there_is_received_without_waiting() {
        let body = ReceivedBody::receive(Body::from("all of it"), 100, async || panic!("it waits")).await;
        assert_eq!(Body::new(body).collect().await.expect("a body").to_bytes(), "all of it");
    }

    #[tokio::test]
    async fn what_exceeds_the_limit_is_left_to_the_handler() {
        let body = ReceivedBody::receive(Body::from("all of it"), 3, async || true).await;
        assert!(matches!(body.rest, Rest::More(_)));
        assert_eq!(Body::new(body).collect().await.expect("a body").to_bytes(), "all of it");
    }
}
