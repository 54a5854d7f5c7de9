//! The live feed as server-sent events.

use crate::{
    app::App,
    auth::{StreamGuard, stream_guard::OnRevocation},
    live,
};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use seatkeeper_shared::{
    ids::Position,
    wire::live::{Alive, Change, Contacts, Snapshot},
};

/// Streams live changes as server-sent events: `snapshot`, then `change`, `contacts`, `alive` and `resync`.
#[utoipa::path(
    get, path = "/live", tag = "live",
    params(("Last-Event-ID" = Option<i64>, Header, description = "The id of the last received event")),
    responses(
        (status = 200, description = "An endless stream; these are the data of its events", content(
            (Alive = "text/event-stream"), (Contacts = "text/event-stream"), (Change = "text/event-stream"),
            (Snapshot = "text/event-stream"))),
    )
)]
pub async fn live(State(app): State<App>, guard: StreamGuard, headers: HeaderMap) -> Response {
    let missed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).map(Position);
    let stream = live::watch(app, &guard, missed);
    let kind = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache, no-transform")];
    (kind, [("x-accel-buffering", "no")], guard.body(stream, OnRevocation::Close)).into_response()
}
