//! The live feed.

use super::Endpoint;
use crate::wire::live::Snapshot;
use std::time::Duration;

/// The live feed: server-sent events without end, of which the first is a snapshot.
pub fn feed() -> Endpoint<Snapshot> {
    Endpoint::get("/live").held(Duration::MAX)
}
