//! Keeps a viewer's own tickets alive while its stream is open, so that a client needs no further stream per ticket.

use super::{change_batch::ChangeBatch, ticket::KEEP_ALIVE_INTERVAL};
use crate::{auth::Caller, db::DbError, live::Live, store};
use seatkeeper_shared::{
    ids::{LicenseId, TicketId},
    wire::queue::QueueView,
};
use std::collections::HashMap;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// The live tickets of one user, followed through the feed without further reads of the database.
pub struct OwnTickets {
    caller: Caller,
    tickets: HashMap<LicenseId, Vec<TicketId>>,
    due: Interval,
}

impl OwnTickets {
    /// No tickets yet: see [`OwnTickets::load`].
    pub fn new(caller: Caller) -> Self {
        let mut due = interval(KEEP_ALIVE_INTERVAL);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { caller, tickets: HashMap::new(), due }
    }

    /// Reads the tickets. Changes from before are then contained, and may be applied again.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn load(&mut self, live: &Live) -> Result<(), DbError> {
        self.tickets.clear();
        for queue in store::queue::of_user(&live.db, self.caller.id).await? {
            self.replace(&queue);
        }
        Ok(())
    }

    /// Adds and removes the tickets that changed.
    pub fn apply(&mut self, batch: &ChangeBatch) {
        for queue in &batch.queues {
            if batch.tickets.contains_key(&(queue.license_id, self.caller.id)) {
                self.replace(queue);
            } else {
                self.tickets.remove(&queue.license_id);
            }
        }
    }

    fn replace(&mut self, queue: &QueueView) {
        let own = queue.tickets.iter().filter(|ticket| ticket.user_id == self.caller.id);
        self.tickets.insert(queue.license_id, own.map(|ticket| ticket.id).collect());
    }

    /// Waits until the tickets have to be renewed. Cancel-safe.
    pub async fn due(&mut self) {
        self.due.tick().await;
    }

    /// Renews all tickets.
    pub async fn renew(&self, live: &Live) {
        for ticket in self.tickets.values().flatten() {
            // A failure is ignored: if the ticket is over, the next change says so.
            let _ = live.seats.renew_ticket(&self.caller.actor(), self.caller.id, *ticket).await;
        }
    }
}
