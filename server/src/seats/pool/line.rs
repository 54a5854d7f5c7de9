//! The line at a license: its tickets in their order. A plain collection, which decides nothing.

use crate::seats::facts::Ticket;
use seatkeeper_shared::ids::{TicketId, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Tickets by place. An agent has at most one.
#[derive(Clone, Debug, Default)]
pub struct Line {
    tickets: HashMap<TicketId, Ticket>,
    order: BTreeMap<i64, TicketId>,
    of_user: HashMap<UserId, TicketId>,
    offers: BTreeSet<TicketId>,
}

impl Line {
    /// A ticket, with its place.
    pub fn insert(&mut self, ticket: Ticket) {
        self.order.insert(ticket.place, ticket.id);
        self.of_user.insert(ticket.user, ticket.id);
        if ticket.offer_until.is_some() {
            self.offers.insert(ticket.id);
        }
        self.tickets.insert(ticket.id, ticket);
    }

    /// Takes a ticket out.
    pub fn remove(&mut self, id: TicketId) -> Option<Ticket> {
        let ticket = self.tickets.remove(&id)?;
        self.order.remove(&ticket.place);
        self.of_user.remove(&ticket.user);
        self.offers.remove(&id);
        Some(ticket)
    }

    /// A ticket.
    pub fn get(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.get(&id)
    }

    /// The ticket of an agent.
    pub fn of(&self, user: UserId) -> Option<&Ticket> {
        self.tickets.get(self.of_user.get(&user)?)
    }

    /// Changes what is not its place.
    pub fn change(&mut self, id: TicketId, change: impl FnOnce(&mut Ticket)) {
        if let Some(ticket) = self.tickets.get_mut(&id) {
            change(ticket);
            if ticket.offer_until.is_some() {
                self.offers.insert(id)
            } else {
                self.offers.remove(&id)
            };
        }
    }

    /// All tickets, the head first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Ticket> {
        self.order.values().filter_map(|id| self.tickets.get(id))
    }

    /// The place behind the last one.
    pub fn end(&self) -> i64 {
        self.order.last_key_value().map_or(1, |(place, _)| place + 1)
    }

    /// How many tickets there are.
    pub fn len(&self) -> i64 {
        i64::try_from(self.tickets.len()).unwrap_or(i64::MAX)
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty()
    }

    /// For how many tickets a free seat is kept.
    pub fn offers(&self) -> i64 {
        i64::try_from(self.offers.len()).unwrap_or(i64::MAX)
    }

    /// Which place in the whole line a ticket has: 1 is the head; 0 if it is not there.
    pub fn position(&self, id: TicketId) -> i64 {
        let at = self.iter().position(|ticket| ticket.id == id);
        at.and_then(|at| i64::try_from(at + 1).ok()).unwrap_or(0)
    }

    /// Puts a ticket at a position, 1 being the head and whatever is beyond the end being the end. The others keep their
    /// order. Returns the tickets whose place is another now.
    pub fn move_to(&mut self, id: TicketId, position: i64) -> Vec<Ticket> {
        let places: Vec<i64> = self.order.keys().copied().collect();
        let mut ids: Vec<TicketId> = self.order.values().copied().filter(|other| *other != id).collect();
        if !self.tickets.contains_key(&id) {
            return Vec::new();
        }
        let at = usize::try_from(position.max(1) - 1).unwrap_or(usize::MAX).min(ids.len());
        ids.insert(at, id);
        self.order = places.into_iter().zip(ids).collect();
        let mut moved = Vec::new();
        for (place, id) in &self.order {
            if let Some(ticket) = self.tickets.get_mut(id).filter(|ticket| ticket.place != *place) {
                ticket.place = *place;
                moved.push(ticket.clone());
            }
        }
        moved
    }
}
