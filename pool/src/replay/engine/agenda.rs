//! What is going to happen in a replay, in the order of time.

use super::{Entry, Micros, Order};
use crate::replay::demand::WorkStepKind;
use seatkeeper_shared::{ids::UserId, session::EndReason, ticket::TicketEnd};
use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

/// Something that is going to happen, if what it happens to still exists.
#[derive(Clone, Copy, Debug)]
pub enum Item {
    /// A session ends.
    End { entry: Entry, reason: EndReason, offers_after: bool },
    /// A customer connects.
    Connect { entry: Entry },
    /// Something changes in the course of a session.
    Step { entry: Entry, step: WorkStepKind },
    /// A ticket leaves the queue.
    Leave { entry: Entry, reason: TicketEnd, offers_after: bool },
    /// A waiter reacts to the offer of this number.
    React { entry: Entry, offer: usize },
    /// A user's cool-down is over, so that a seat may be offered to them.
    EndCoolDown { user: UserId },
    /// Sessions and tickets end, because the license has.
    EndLicense,
}

#[derive(Debug)]
struct Scheduled {
    at: Micros,
    order: Order,
    /// Keeps what is scheduled for one moment in the order in which it was scheduled.
    serial: u64,
    item: Item,
}

impl Scheduled {
    fn key(&self) -> (Micros, Order, u64) {
        (self.at, self.order, self.serial)
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Everything that is scheduled.
#[derive(Debug, Default)]
pub struct Agenda {
    items: BinaryHeap<Reverse<Scheduled>>,
    serial: u64,
}

impl Agenda {
    pub fn add(&mut self, at: Micros, order: Order, item: Item) {
        self.serial += 1;
        self.items.push(Reverse(Scheduled { at, order, serial: self.serial, item }));
    }

    /// When the next item happens.
    pub fn next(&self) -> Option<(Micros, Order)> {
        self.items.peek().map(|Reverse(next)| (next.at, next.order))
    }

    /// The next item.
    pub fn peek(&self) -> Option<Item> {
        self.items.peek().map(|Reverse(next)| next.item)
    }

    pub fn take(&mut self) -> Option<Item> {
        self.items.pop().map(|Reverse(next)| next.item)
    }
}
