//! The fair queue: who waits, to whom a free seat is offered, and what he makes of it.
//!
//! After each decision [`Pool::offer_seats`] keeps every free seat for the first in line who may have it, so nobody who
//! comes later can take it, and no seat is free while somebody in the line could have it.

use super::{Ask, Pool, Refusal};
use crate::seats::facts::{Fact, Live, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    people::UserStatus,
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
        let ask = Ask { device: ticket.device, mode: ticket.mode, platform: ticket.platform, ..ask };
        self.admit(ticket.user, ask, now)
    }

    /// Lets the next one go first; if nobody else waits, everything stays.
    ///
    /// # Errors
    /// No such ticket in the line, or no seat is kept for it.
    pub fn pass(&mut self, id: TicketId) -> Result<Ticket, Code> {
        let ticket = self.line.get(id).ok_or(Code::NotFound)?;
        if ticket.offer_until.is_none() {
            return Err(Code::NoOffer);
        }
        let user = ticket.user;
        let behind = self.line.iter().skip_while(|other| other.id != id).skip(1);
        let next = behind.into_iter().find(|other| other.offer_until.is_none()).map(|next| next.id);
        if let Some(next) = next {
            let position = self.line.position(next);
            self.line.change(id, |ticket| ticket.offer_until = None);
            self.note(Fact::Offered { ticket: id, user, until: None });
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
    pub(super) fn leave_if_waiting(&mut self, user: UserId, reason: TicketEnd, now: DateTime<Utc>) {
        if let Some(id) = self.line.of(user).map(|ticket| ticket.id) {
            self.leave(id, reason, None, now);
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
        let over = self.terms.ends_at.is_some_and(|end| end <= now);
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
        self.take_offers_back();
        let until = now + TimeDelta::seconds(self.terms.rules.offer_seconds);
        let waiting: Vec<_> = self.line.iter().filter(|t| t.offer_until.is_none()).map(|t| (t.id, t.user)).collect();
        for (id, user) in waiting {
            if self.room() <= 0 {
                break;
            }
            if self.may_be_offered(user, now) {
                self.line.change(id, |ticket| ticket.offer_until = Some(until));
                self.due_by(until);
                self.note(Fact::Offered { ticket: id, user, until: Some(until) });
            }
        }
    }

    /// When seats were taken away, the last offers go first.
    fn take_offers_back(&mut self) {
        while self.room() < 0 {
            let last = self.line.iter().rev().find(|t| t.offer_until.is_some()).map(|t| (t.id, t.user));
            let Some((id, user)) = last else { break };
            self.line.change(id, |ticket| ticket.offer_until = None);
            self.note(Fact::Offered { ticket: id, user, until: None });
        }
    }

    fn may_be_offered(&self, user: UserId, now: DateTime<Utc>) -> bool {
        let known = self.person(user).is_some_and(|p| p.assigned && p.status == UserStatus::Active);
        known
            && self.terms.not_valid(now).is_none()
            && self.cooling(user, now).is_none()
            && self.group_refusal(user).is_none()
    }
}
