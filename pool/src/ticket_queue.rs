//! The queue of a license: its tickets in their order. A plain collection, which makes no decisions.

use super::Ticket;
use seatkeeper_shared::ids::{TicketId, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Tickets, ordered by place. A user has at most one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TicketQueue {
    tickets: HashMap<TicketId, Ticket>,
    order: BTreeMap<i64, TicketId>,
    ticket_by_user: HashMap<UserId, TicketId>,
    offers: BTreeSet<TicketId>,
}

impl TicketQueue {
    /// Adds a ticket at its place.
    pub fn insert(&mut self, ticket: Ticket) {
        self.order.insert(ticket.place, ticket.id);
        self.ticket_by_user.insert(ticket.user, ticket.id);
        if ticket.offer_until.is_some() {
            self.offers.insert(ticket.id);
        }
        self.tickets.insert(ticket.id, ticket);
    }

    pub fn remove(&mut self, id: TicketId) -> Option<Ticket> {
        let ticket = self.tickets.remove(&id)?;
        self.order.remove(&ticket.place);
        self.ticket_by_user.remove(&ticket.user);
        self.offers.remove(&id);
        Some(ticket)
    }

    pub fn get(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.get(&id)
    }

    pub fn of_user(&self, user: UserId) -> Option<&Ticket> {
        self.tickets.get(self.ticket_by_user.get(&user)?)
    }

    /// Changes a ticket. The change must not concern its place.
    pub fn update(&mut self, id: TicketId, change: impl FnOnce(&mut Ticket)) {
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

    /// The place after the last ticket.
    pub fn next_place(&self) -> i64 {
        self.order.last_key_value().map_or(1, |(place, _)| place + 1)
    }

    pub fn len(&self) -> i64 {
        i64::try_from(self.tickets.len()).unwrap_or(i64::MAX)
    }

    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty()
    }

    /// The number of tickets that have an offer.
    pub fn offers(&self) -> i64 {
        i64::try_from(self.offers.len()).unwrap_or(i64::MAX)
    }

    /// The position of a ticket: 1 is the head, 0 means that it is not in the queue.
    pub fn position(&self, id: TicketId) -> i64 {
        let index = self.iter().position(|ticket| ticket.id == id);
        index.and_then(|index| i64::try_from(index + 1).ok()).unwrap_or(0)
    }

    /// Moves a ticket to a position, 1 being the head; positions beyond the end mean the end. The others keep their
    /// order. Returns the tickets whose place changed.
    pub fn move_to(&mut self, id: TicketId, position: i64) -> Vec<Ticket> {
        let places: Vec<i64> = self.order.keys().copied().collect();
        let mut ids: Vec<TicketId> = self.order.values().copied().filter(|other| *other != id).collect();
        if !self.tickets.contains_key(&id) {
            return Vec::new();
        }
        let index = usize::try_from(position.max(1) - 1).unwrap_or(usize::MAX).min(ids.len());
        ids.insert(index, id);
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
