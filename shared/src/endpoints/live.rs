//! The live feed: the stream, and the state that a client loads beside it.

use super::Endpoint;
use crate::{
    ids::{LicenseId, Position, UserId},
    license::Model,
    session::Platform,
    wire::{
        Page,
        live::{LiveContent, Snapshot, SnapshotReply},
        sessions::{SessionSort, SessionView, StateFilter},
    },
};
use std::time::Duration;

/// The sessions in the app's snapshot. An account with no more of them is contained as a whole; of a larger one, a
/// table reads its rows page by page.
pub const SNAPSHOT_SESSIONS: usize = 500;
/// The rows in a page of a table: more than are drawn, so that scrolling is smooth.
pub const ROWS_PER_PAGE: usize = 400;

/// Which live sessions a table shows, and in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRows {
    /// Only those on this license.
    pub license: Option<LicenseId>,
    /// Only those on licenses of this model.
    pub model: Option<Model>,
    /// Only those in this state.
    pub state: StateFilter,
    /// Only those with this platform.
    pub platform: Option<Platform>,
    /// Only those with this text in the agent's name or e-mail address.
    pub q: Option<String>,
    /// The order, and whether it is descending.
    pub order: (SessionSort, bool),
}

/// The live feed: server-sent events without end, of which the first is a snapshot.
pub fn feed() -> Endpoint<Snapshot> {
    Endpoint::get("/live").held(Duration::MAX)
}

/// The live feed without snapshots: what changed after a position, and then every change; of sessions and tickets, only
/// those of `content`. It keeps the caller's tickets alive while it is read. A stream that cannot go on from there says
/// so, in place of a snapshot.
pub fn changes(content: LiveContent, after: Position) -> Endpoint<Snapshot> {
    let feed = Endpoint::get("/live").with("content", content.as_str()).with("snapshot", "false");
    feed.with("after", &after.to_string()).with("renew_tickets", "true").held(Duration::MAX)
}

/// The current state, with at most `limit` sessions.
pub fn snapshot(content: LiveContent, limit: usize) -> Endpoint<SnapshotReply> {
    Endpoint::get("/live/snapshot").with("content", content.as_str()).with("limit", &limit.to_string())
}

/// Live sessions after a cursor of the snapshot or of the previous page; of one user, or of all.
pub fn sessions(user: Option<UserId>, after: Option<&str>) -> Endpoint<Page<SessionView>> {
    let page = Endpoint::get("/sessions").with("state", "live").with("limit", "500");
    page.with_some("user", user.map(|user| user.to_string()).as_deref()).with_some("after", after)
}

/// The first page of the rows of a table.
pub fn rows(rows: &LiveRows) -> Endpoint<Page<SessionView>> {
    let (sort, descending) = rows.order;
    let sort = format!("{}{}", if descending { "-" } else { "" }, sort.as_str());
    let page = Endpoint::get("/sessions").with("state", rows.state.as_str()).with("sort", &sort);
    let page = page.with_some("license", rows.license.map(|license| license.to_string()).as_deref());
    let page = page.with_some("model", rows.model.map(Model::as_str)).with_some("q", rows.q.as_deref());
    let page = page.with_some("platform", rows.platform.map(Platform::as_str));
    page.with("limit", &ROWS_PER_PAGE.to_string())
}
