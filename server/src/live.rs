//! The live feed: reads the event log and streams the changed state to viewers. Nothing else announces a change.

mod change_batch;
mod feed;
mod own_tickets;
mod snapshot;
pub mod ticket;
mod usage_trends;
mod viewer;
mod viewer_scope;

pub use feed::{Feed, frame, json};
pub use snapshot::for_request as snapshot_for_request;
pub use viewer::{StreamOptions, watch};

use crate::{
    journal::Journal,
    seats::{Seats, wait_estimate::WaitEstimates},
};
use std::ops::Deref;

/// What the streams of viewers and waiters need. Clones share all.
#[derive(Clone)]
pub struct Live {
    pub journal: Journal,
    pub seats: Seats,
    pub feed: Feed,
    pub wait_estimates: WaitEstimates,
}

impl Deref for Live {
    type Target = Journal;

    fn deref(&self) -> &Journal {
        &self.journal
    }
}
