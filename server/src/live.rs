//! The live feed: reads the event log and tells viewers what is now so. Nothing else announces a change.

mod feed;
mod snapshot;
pub mod ticket;
mod trends;
mod viewer;

pub use feed::Feed;
pub use viewer::watch;
