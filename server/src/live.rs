//! The live feed: reads the event log and streams the changed state to viewers. Nothing else announces a change.

mod change_batch;
mod feed;
mod own_tickets;
mod snapshot;
pub mod ticket;
mod usage_trends;
mod viewer;

pub use feed::Feed;
pub use snapshot::for_request as snapshot_for_request;
pub use viewer::{StreamOptions, watch};
