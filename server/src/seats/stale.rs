//! Tells the engine that what it has cached was changed by somebody else.

use crate::{
    commit_hooks::CommitSubscriber,
    events::topics::{EventSubject, Topic},
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts the transactions outside of the engine that changed what it has cached: licenses, users or groups.
#[derive(Clone, Debug, Default)]
pub struct StaleSeats(Arc<AtomicU64>);

impl StaleSeats {
    pub(super) fn mark(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl CommitSubscriber for StaleSeats {
    fn on_transaction(&self, event: &EventSubject) {
        if event.concerns(Topic::SeatDecisions) {
            self.mark();
        }
    }
}
