//! The live feed as server-sent events, and the snapshot for viewers whose stream begins without one.

use crate::{
    app::App,
    auth::{Caller, StreamGuard, stream_guard::OnRevocation},
    http::{
        extract::ValidQuery,
        problem::{ApiError, FieldErrors},
    },
    live::{self, StreamOptions},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use seatkeeper_shared::{
    ids::Position,
    validate::in_range,
    wire::live::{Alive, Change, Contacts, LiveContent, Snapshot, SnapshotReply},
};
use serde::Deserialize;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// Which sessions and tickets: `all` that the caller may see, or only the caller's `own`, without `contacts`. `all`
    /// if absent. The licenses are always all that the caller may see.
    content: Option<LiveContent>,
    /// Whether the stream contains snapshots; true if absent. Without, it begins with `alive`, and `resync` tells to
    /// request the snapshot again.
    snapshot: Option<bool>,
    /// The position of the last received change, like `Last-Event-ID`, which takes precedence.
    after: Option<i64>,
    /// Whether the caller's tickets stay alive while the stream is read; false if absent.
    renew_tickets: Option<bool>,
}

/// Streams live changes as server-sent events: `snapshot`, then `change`, `contacts`, `alive` and `resync`.
#[utoipa::path(
    get, path = "/live", tag = "live",
    params(LiveQuery, ("Last-Event-ID" = Option<i64>, Header, description = "The id of the last received event")),
    responses(
        (status = 200, description = "An endless stream; these are the data of its events", content(
            (Alive = "text/event-stream"), (Contacts = "text/event-stream"), (Change = "text/event-stream"),
            (Snapshot = "text/event-stream"))),
    )
)]
pub async fn live(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(query): ValidQuery<LiveQuery>,
    headers: HeaderMap,
) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let options = StreamOptions {
        missed_from: last.or(query.after).map(Position),
        content: query.content.unwrap_or(LiveContent::All),
        has_snapshots: query.snapshot.unwrap_or(true),
        renews_tickets: query.renew_tickets.unwrap_or(false),
    };
    let stream = live::watch(app.live.clone(), &guard, options);
    let kind = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache, no-transform")];
    (kind, [("x-accel-buffering", "no")], guard.body(stream, OnRevocation::Close)).into_response()
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SnapshotQuery {
    /// Which sessions and tickets: `all` that the caller may see, or only the caller's `own`. `all` if absent. The
    /// licenses are always all that the caller may see.
    content: Option<LiveContent>,
    /// The number of sessions, 1 to 5,000; 1,000 if absent.
    limit: Option<i64>,
}

/// Returns the current state, for a viewer whose stream was opened with `snapshot=false`. Apply the changes of the
/// stream that have later positions.
#[utoipa::path(
    get, path = "/live/snapshot", tag = "live",
    params(SnapshotQuery),
    responses((status = 200, body = SnapshotReply)),
)]
pub async fn snapshot(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<SnapshotQuery>,
) -> Result<Json<SnapshotReply>, ApiError> {
    let mut fields = FieldErrors::default();
    let limit = fields.check("limit", in_range(query.limit.unwrap_or(1_000), 1, 5_000));
    let limit = usize::try_from(fields.finish(limit)?).unwrap_or(1_000);
    let content = query.content.unwrap_or(LiveContent::All);
    Ok(Json(live::snapshot_for_request(&app.live, &caller, content, limit).await?))
}
