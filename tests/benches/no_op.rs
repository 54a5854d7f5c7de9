//! The upper bound: axum with the same routes, which parses the same JSON, does nothing, and returns JSON; and which
//! sends ready bytes to viewers.

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing,
};
use futures_util::stream::unfold;
use seatkeeper::http::listen::listen;
use seatkeeper_shared::{ids::SessionId, wire::sessions::NewSession};
use serde::Serialize;
use std::{convert::Infallible, time::Duration};
use tokio::sync::broadcast;
use uuid::Uuid;

/// The interval between frames, the same as the server's.
const FRAME_INTERVAL: Duration = Duration::from_millis(100);

/// A frame for viewers, cheap to clone.
type Frame = axum::body::Bytes;

/// The response body.
#[derive(Serialize)]
struct SessionBody {
    id: SessionId,
}

/// Serves forever; viewers receive frames of `frame` bytes.
pub async fn serve(port: u16, frame: usize) -> anyhow::Result<()> {
    let (frames, _) = broadcast::channel(16);
    tokio::spawn(send_frames(frames.clone(), frame));
    let routes = Router::new()
        .route("/readyz", routing::get(async || "ok\n"))
        .route("/api/v1/sessions", routing::post(create))
        .route("/api/v1/sessions/{id}/end", routing::post(end))
        .route("/gate/{product}", routing::get(async |Path(_): Path<String>| StatusCode::OK))
        .route("/api/v1/live", routing::get(live))
        .with_state(frames);
    let listener = listen(([127, 0, 0, 1], port).into())?;
    Ok(axum::serve(listener, routes).await?)
}

async fn create(Json(_): Json<NewSession>) -> (StatusCode, Json<SessionBody>) {
    (StatusCode::CREATED, Json(SessionBody { id: SessionId(Uuid::from_u128(1)) }))
}

async fn end(Path(id): Path<SessionId>) -> Json<SessionBody> {
    Json(SessionBody { id })
}

async fn send_frames(frames: broadcast::Sender<Frame>, size: usize) {
    let mut ticks = tokio::time::interval(FRAME_INTERVAL);
    for position in 0_u64.. {
        ticks.tick().await;
        // Fails if there are no viewers.
        let _ = frames.send(format!("id: {position}\nevent: change\ndata: {}\n\n", "x".repeat(size)).into());
    }
}

async fn live(State(frames): State<broadcast::Sender<Frame>>) -> impl IntoResponse {
    let frames = unfold(frames.subscribe(), |mut frames| async move {
        let frame = frames.recv().await.ok()?;
        Some((Ok::<_, Infallible>(frame), frames))
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames))
}
