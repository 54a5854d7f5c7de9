//! The fair queue: who waits, to whom a free seat is offered, and what he makes of it.
//!
//! After each decision [`Pool::offer_seats`] keeps every free seat for the first in line who may have it, so nobody who
//! comes later can take it, and no seat is free while somebody in the line could have it.

use super::{Ask, Pool, Refusal};
use crate::seats::facts::{Fact, Live, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    problem::Code,
    ticket::TicketEnd,
};

impl Pool {
    /// Takes a ticket; whoever has one already keeps it and its place.
    pub fn queue(&mut self, user: UserId, id: TicketId, ask: Ask, now: DateTime<Utc>) -> Ticket {
        if let Some(id) = self.line.of(user).map(|ticket| ticket.id)
            && let Ok(ticket) = self.keep(id, now)
        {
            return ticket;
        }
        let ticket = Ticket {
            id,
            user,
            device: ask.device,
            mode: ask.mode,
            platform: ask.platform,
            remote_device: ask.remote_device,
            place: self.line.end(),
            created_at: now,
            last_seen_at: now,
            lease_until: now + self.terms.lease(),
            offer_until: None,
        };
        self.due_by(ticket.lease_until);
        // When his cool-down is over, a seat may be offered to him: that is a decision, and no heartbeat's doing.
        if let Some(until) = self.cooling(user, now) {
            self.due_by(until);
        }
        self.line.insert(ticket.clone());
        self.note(Fact::Queued(ticket.clone()));
        ticket
    }

    /// A sign of life of a waiting client.
    ///
    /// # Errors
    /// No such ticket in the line.
    pub fn keep(&mut self, id: TicketId, now: DateTime<Utc>) -> Result<Ticket, Code> {
        let until = now + self.terms.lease();
        self.line.change(id, |ticket| {
            ticket.last_seen_at = ticket.last_seen_at.max(now);
            ticket.lease_until = ticket.lease_until.max(until);
        });
        self.line.get(id).cloned().ok_or(Code::NotFound)
    }

    /// Takes the seat that is kept for a ticket.
    ///
    /// # Errors
    /// No such ticket in the line, no seat is kept for it, or a rule that came in between refuses.
    pub fn accept(&mut self, id: TicketId, ask: Ask, now: DateTime<Utc>) -> Result<Live, Refusal> {
        let Some(ticket) = self.line.get(id).cloned() else {
            return Err(Refusal { code: Code::NotFound, facts: None });
        };
        if ticket.offer_until.is_none() {
            return Err(self.refusal(Code::NoOffer, None));
        }
        let Ticket { device, mode, platform, remote_device, .. } = ticket;
        let ask = Ask { device, mode, platform, remote_device, ..ask };
        self.admit(ticket.user, ask, now)
    }

    /// Lets the next one go first who may have the seat, and comes right after him; if there is none, everything stays.
    ///
    /// # Errors
    /// No such ticket in the line, or no seat is kept for it.
    pub fn pass(&mut self, id: TicketId, now: DateTime<Utc>) -> Result<Ticket, Code> {
        let ticket = self.line.get(id).cloned().ok_or(Code::NotFound)?;
        if ticket.offer_until.is_none() {
            return Err(Code::NoOffer);
        }
        // His own offer may be what a group's cap keeps from the next one.
        self.line.change(id, |ticket| ticket.offer_until = None);
        let Some(next) = self.first_in_line(Some(id), now).map(|next| next.id) else {
            self.line.change(id, |passing| passing.offer_until = ticket.offer_until);
            return Ok(ticket);
        };
        self.note(Fact::Offered { ticket: id, user: ticket.user, until: None });
        let position = self.line.position(next);
        if position > self.line.position(id) {
            self.put(id, position);
        }
        self.line.get(id).cloned().ok_or(Code::NotFound)
    }

    /// Gives a ticket another place, 1 being the head; nothing if it is not in the line.
    pub fn put(&mut self, id: TicketId, position: i64) -> Option<Ticket> {
        for moved in self.line.move_to(id, position) {
            self.note(Fact::Moved { ticket: moved.id, user: moved.user, place: moved.place });
        }
        self.line.get(id).cloned()
    }

    /// Takes a ticket out of the line.
    pub fn leave(&mut self, id: TicketId, reason: TicketEnd, session: Option<SessionId>, now: DateTime<Utc>) -> bool {
        let Some(ticket) = self.line.remove(id) else { return false };
        self.note(Fact::Left { ticket: id, user: ticket.user, reason, session, at: now });
        true
    }

    /// The ticket of a user, if he has one.
    pub fn leave_if_waiting(
        &mut self,
        user: UserId,
        reason: TicketEnd,
        session: Option<SessionId>,
        now: DateTime<Utc>,
    ) {
        if let Some(id) = self.line.of(user).map(|ticket| ticket.id) {
            self.leave(id, reason, session, now);
        }
    }

    /// The ticket that a session at this device makes good.
    pub(super) fn ticket_for(&self, user: UserId, device: &str, session: SessionId) -> Option<&Ticket> {
        let ticket = self.line.of(user)?;
        let same =
            ticket.device == device || self.holder(user, device, session) == self.holder(user, &ticket.device, session);
        same.then_some(ticket)
    }

    /// Ends tickets whose clients are gone, and offers that were not taken.
    pub(super) fn settle_line(&mut self, now: DateTime<Utc>) {
        let over = self.terms.archived || self.terms.ends_at.is_some_and(|end| end <= now);
        let ended = self.line.iter().filter_map(|ticket| {
            let reason = if over {
                TicketEnd::LicenseEnded
            } else if ticket.lease_until <= now {
                TicketEnd::Lapsed
            } else if ticket.offer_until.is_some_and(|until| until <= now) {
                TicketEnd::Missed
            } else {
                return None;
            };
            Some((ticket.id, reason))
        });
        for (id, reason) in ended.collect::<Vec<_>>() {
            self.leave(id, reason, None, now);
        }
    }

    /// Keeps each free seat for the first in line who may have it. Call it after each decision.
    pub fn offer_seats(&mut self, now: DateTime<Utc>) {
        if self.line.is_empty() {
            return;
        }
        self.take_offers_back(now);
        let until = now + TimeDelta::seconds(self.terms.rules.offer_seconds);
        // From the head again each time: an offer can fill a group's floor, which frees a seat for somebody further ahead.
        while self.room() > 0
            && let Some((id, user)) = self.first_in_line(None, now).map(|ticket| (ticket.id, ticket.user))
        {
            self.line.change(id, |ticket| ticket.offer_until = Some(until));
            self.due_by(until);
            self.note(Fact::Offered { ticket: id, user, until: Some(until) });
        }
    }

    /// An offer that could not be taken now goes back; so do the last ones when seats were taken away.
    fn take_offers_back(&mut self, now: DateTime<Utc>) {
        let offered = self.line.iter().filter(|ticket| ticket.offer_until.is_some());
        let void: Vec<_> = offered.filter(|ticket| !self.may_take(ticket, now)).map(|t| (t.id, t.user)).collect();
        for (id, user) in void {
            self.take_back(id, user);
        }
        while self.room() < 0
            && let Some((id, user)) = self.last_offer()
        {
            self.take_back(id, user);
        }
    }

    fn last_offer(&self) -> Option<(TicketId, UserId)> {
        self.line.iter().rev().find(|ticket| ticket.offer_until.is_some()).map(|ticket| (ticket.id, ticket.user))
    }

    fn take_back(&mut self, id: TicketId, user: UserId) {
        self.line.change(id, |ticket| ticket.offer_until = None);
        self.note(Fact::Offered { ticket: id, user, until: None });
    }

    /// The first of those who wait without an offer, who may have a free seat.
    fn first_in_line(&self, besides: Option<TicketId>, now: DateTime<Utc>) -> Option<&Ticket> {
        let mut waiting = self.line.iter().filter(|t| t.offer_until.is_none() && Some(t.id) != besides);
        waiting.find(|ticket| self.may_take(ticket, now) && self.group_refusal(ticket.user).is_none())
    }

    /// Whether admission would let a seat that is kept for this ticket be taken.
    fn may_take(&self, ticket: &Ticket, now: DateTime<Utc>) -> bool {
        self.may_ask(ticket.user, now).is_ok() && self.at_other_devices(ticket.user, &ticket.device).is_ok()
    }
}
