//! The live feed: reads the event log and streams the changed state to viewers. Nothing else announces a change.

mod feed;
mod snapshot;
pub mod ticket;
mod usage_trends;
mod viewer;

pub use feed::Feed;
pub use viewer::watch;
