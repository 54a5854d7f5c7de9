//! The live feed: the stream, and the state that a client loads beside it.

use super::Endpoint;
use crate::{
    ids::{Position, UserId},
    wire::{
        Page,
        live::{Snapshot, SnapshotContent, SnapshotReply},
        sessions::SessionView,
    },
};
use std::time::Duration;

/// The live feed: server-sent events without end, of which the first is a snapshot.
pub fn feed() -> Endpoint<Snapshot> {
    Endpoint::get("/live").held(Duration::MAX)
}

/// The live feed without snapshots: what changed after a position, and then every change. It keeps the caller's tickets
/// alive while it is read. A stream that cannot go on from there says so, in place of a snapshot.
pub fn changes(after: Position) -> Endpoint<Snapshot> {
    let feed = Endpoint::get("/live").with("snapshot", "false").with("after", &after.to_string());
    feed.with("renew_tickets", "true").held(Duration::MAX)
}

/// The current state, with at most `limit` sessions.
pub fn snapshot(content: SnapshotContent, limit: usize) -> Endpoint<SnapshotReply> {
    Endpoint::get("/live/snapshot").with("content", content.as_str()).with("limit", &limit.to_string())
}

/// Live sessions after a cursor of the snapshot or of the previous page; of one user, or of all.
pub fn sessions(user: Option<UserId>, after: Option<&str>) -> Endpoint<Page<SessionView>> {
    let page = Endpoint::get("/sessions").with("state", "live").with("limit", "500");
    page.with_some("user", user.map(|user| user.to_string()).as_deref()).with_some("after", after)
}
