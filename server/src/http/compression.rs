//! Compresses JSON responses of some size.

use axum::http::{HeaderMap, Response, header};
use http_body::Body;
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, Predicate},
};

/// Below this size, compression saves no packet.
const MIN_SIZE_BYTES: u64 = 1_024;
/// For Brotli and gzip: what follows takes much longer and saves little.
const LEVEL: CompressionLevel = CompressionLevel::Precise(4);

/// Compresses JSON responses for clients that accept it. Streams, whose chunks must not be delayed, are recognized by
/// their unknown length; the files of the app are compressed when they are built.
pub fn json() -> CompressionLayer<LongJson> {
    CompressionLayer::new().quality(LEVEL).compress_when(LongJson)
}

/// Matches complete JSON bodies of at least [`MIN_SIZE_BYTES`].
#[derive(Clone, Copy, Debug)]
pub struct LongJson;

impl Predicate for LongJson {
    fn should_compress<B: Body>(&self, response: &Response<B>) -> bool {
        response.body().size_hint().exact().is_some_and(|size| size >= MIN_SIZE_BYTES) && is_json(response.headers())
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}
