//! Compresses JSON responses of some size.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, Response, header},
};
use http_body::Body as HttpBody;
use std::{convert::Infallible, future::ready};
use tower::{Layer as _, ServiceExt as _};
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, Predicate},
};

/// Below this size, compression saves no packet.
const MIN_SIZE_BYTES: u64 = 1_024;
/// For Brotli and gzip: what follows takes much longer and saves little.
const LEVEL: CompressionLevel = CompressionLevel::Precise(4);

/// The encodings that a client accepts: its `Accept-Encoding` headers.
pub struct AcceptedEncodings(Vec<HeaderValue>);

impl AcceptedEncodings {
    pub fn of(headers: &HeaderMap) -> Self {
        Self(headers.get_all(header::ACCEPT_ENCODING).iter().cloned().collect())
    }

    /// Compresses a long JSON response. Streams, whose chunks must not be delayed, are recognized by their unknown
    /// length; the files of the app are compressed when they are built.
    pub async fn compress(self, response: Response<Body>) -> Response<Body> {
        if !LongJson.should_compress(&response) {
            return response;
        }
        let mut request = Request::new(());
        for value in self.0 {
            request.headers_mut().append(header::ACCEPT_ENCODING, value);
        }
        let layer = CompressionLayer::new().quality(LEVEL).compress_when(LongJson);
        let mut response = Some(response);
        let answer = tower::service_fn(move |_| ready(Ok::<_, Infallible>(response.take().unwrap_or_default())));
        let Ok(response) = layer.layer(answer).oneshot(request).await;
        response.map(Body::new)
    }
}

/// Matches complete JSON bodies of at least [`MIN_SIZE_BYTES`].
#[derive(Clone, Copy, Debug)]
struct LongJson;

impl Predicate for LongJson {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        response.body().size_hint().exact().is_some_and(|size| size >= MIN_SIZE_BYTES) && is_json(response.headers())
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}
