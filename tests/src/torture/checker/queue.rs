//! The queue in the event log: offers are made in the order in which tickets were taken, and nobody takes a seat past those
//! who wait.

use super::{Entry, Evidence, Holder, Violation};
use seatkeeper_shared::ids::{LicenseId, UserId};
use std::collections::{BTreeMap, HashMap};

/// A ticket that is not over.
struct Ticket {
    id: String,
    user: UserId,
    offered: bool,
}

/// The tickets and the occupied seats of a license.
#[derive(Default)]
struct Queue {
    tickets: Vec<Ticket>,
    holders: HashMap<Holder, i64>,
}

/// All tickets that were passed over.
pub fn violations(evidence: &Evidence) -> Vec<Violation> {
    let mut queues: BTreeMap<LicenseId, Queue> = BTreeMap::new();
    let mut found = Vec::new();
    for entry in &evidence.log {
        let Some((id, terms)) = entry.license.and_then(|id| Some((id, evidence.licenses.get(&id)?))) else { continue };
        let Some(user) = entry.user else { continue };
        let queue = queues.entry(id).or_default();
        let holder = entry.session.map(|session| terms.holder(user, session));
        if !queue.follow(entry, user, holder) {
            found.push(Violation::NotFifo(id, entry.position));
        }
    }
    found
}

impl Queue {
    /// Follows an entry; false if somebody was passed over by it.
    fn follow(&mut self, entry: &Entry, user: UserId, holder: Option<Holder>) -> bool {
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

    /// The first who has no offer yet must be the one who gets it.
    fn offer(&mut self, id: &str) -> bool {
        let next = self.tickets.iter().find(|ticket| !ticket.offered).is_some_and(|ticket| ticket.id == id);
        if let Some(ticket) = self.tickets.iter_mut().find(|ticket| ticket.id == id) {
            ticket.offered = true;
        }
        next
    }

    /// A new seat is for those with an offer, as long as somebody waits without one.
    fn occupy(&mut self, user: UserId, holder: Holder) -> bool {
        let sessions = self.holders.entry(holder).or_default();
        *sessions += 1;
        let shares = *sessions > 1;
        let invited = self.tickets.iter().any(|ticket| ticket.offered && ticket.user == user);
        shares || invited || self.tickets.iter().all(|ticket| ticket.offered)
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
