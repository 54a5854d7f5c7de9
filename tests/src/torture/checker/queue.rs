//! Checks the queue in the event log: offers are made in ticket order, and no seat is given past the queue.

use super::{Entry, Evidence, Holder, Violation};
use seatkeeper_shared::ids::{LicenseId, UserId};
use std::collections::{BTreeMap, HashMap};

/// A ticket in the queue.
struct Ticket {
    id: String,
    user: UserId,
    offered: bool,
}

/// The tickets and seat holders of a license.
#[derive(Default)]
struct Queue {
    tickets: Vec<Ticket>,
    holders: HashMap<Holder, i64>,
}

/// All cases in which a ticket was overtaken.
pub fn violations(evidence: &Evidence) -> Vec<Violation> {
    let mut queues: BTreeMap<LicenseId, Queue> = BTreeMap::new();
    let mut found = Vec::new();
    for entry in &evidence.log {
        let Some((id, terms)) = entry.license.and_then(|id| Some((id, evidence.licenses.get(&id)?))) else { continue };
        let Some(user) = entry.user else { continue };
        let queue = queues.entry(id).or_default();
        let holder = entry.session.map(|session| terms.holder(user, session));
        if !queue.apply(entry, user, holder) {
            found.push(Violation::NotFifo(id, entry.position));
        }
    }
    found
}

impl Queue {
    /// Applies an entry; returns false if it overtakes a ticket.
    fn apply(&mut self, entry: &Entry, user: UserId, holder: Option<Holder>) -> bool {
        match (entry.kind.as_str(), holder) {
            ("ticket_taken", _) => {
                self.tickets.push(Ticket { id: ticket(entry), user, offered: false });
                true
            }
            ("ticket_offered", _) => self.offer(&ticket(entry)),
            ("ticket_over", _) => {
                let id = ticket(entry);
                self.tickets.retain(|ticket| ticket.id != id);
                true
            }
            ("session_created", Some(holder)) => self.occupy(user, holder),
            ("session_ended", Some(holder)) => {
                self.leave(holder);
                true
            }
            _ => true,
        }
    }

    /// An offer must go to the first ticket without one.
    fn offer(&mut self, id: &str) -> bool {
        let next = self.tickets.iter().find(|ticket| !ticket.offered).is_some_and(|ticket| ticket.id == id);
        if let Some(ticket) = self.tickets.iter_mut().find(|ticket| ticket.id == id) {
            ticket.offered = true;
        }
        next
    }

    /// As long as a ticket waits without an offer, new seats are only for agents with an offer.
    fn occupy(&mut self, user: UserId, holder: Holder) -> bool {
        let sessions = self.holders.entry(holder).or_default();
        *sessions += 1;
        let shares = *sessions > 1;
        let has_offer = self.tickets.iter().any(|ticket| ticket.offered && ticket.user == user);
        shares || has_offer || self.tickets.iter().all(|ticket| ticket.offered)
    }

    fn leave(&mut self, holder: Holder) {
        if let Some(sessions) = self.holders.get_mut(&holder) {
            *sessions -= 1;
            if *sessions == 0 {
                self.holders.remove(&holder);
            }
        }
    }
}

fn ticket(entry: &Entry) -> String {
    entry.facts["ticket"].as_str().unwrap_or_default().to_owned()
}
