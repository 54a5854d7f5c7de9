//! The fair queue: joining and leaving it, and offers of free seats.
//!
//! After each decision, [`Pool::offer_seats`] reserves every free seat for the first ticket that may have it. So no
//! later request can take it, and no seat is free while a waiter could have it.

use super::{NewSession, Pool, Refusal, SeatRequest, Session, Ticket, changes::SeatChange};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    problem::Code,
    ticket::TicketEnd,
};

impl Pool {
    /// Adds a ticket for the user. A user who has one already keeps it and its place, and its lease is renewed.
    pub fn enqueue(&mut self, user: UserId, id: TicketId, request: SeatRequest, now: DateTime<Utc>) -> Ticket {
        if let Some(id) = self.queue.of_user(user).map(|ticket| ticket.id)
            && let Ok(ticket) = self.renew_ticket(id, now)
        {
            return ticket;
        }
        let ticket = Ticket::take(id, user, request, self.queue.next_place(), &self.terms, now);
        self.settle_by(ticket.lease_until);
        // A seat may be offered when the user's cool-down ends, which is a decision that a heartbeat must not make.
        if let Some(until) = self.cool_down_until(user, now) {
            self.settle_by(until);
        }
        self.queue.insert(ticket.clone());
        self.record(SeatChange::Queued(ticket.clone()));
        ticket
    }

    /// Renews the lease of a ticket.
    ///
    /// # Errors
    /// Returns an error if there is no such ticket in the queue.
    pub fn renew_ticket(&mut self, id: TicketId, now: DateTime<Utc>) -> Result<Ticket, Code> {
        let until = now + self.terms.lease();
        self.queue.update(id, |ticket| {
            ticket.last_seen_at = ticket.last_seen_at.max(now);
            ticket.lease_until = ticket.lease_until.max(until);
        });
        self.queue.get(id).cloned().ok_or(Code::NotFound)
    }

    /// Accepts the offer of a ticket and creates the session.
    ///
    /// # Errors
    /// Returns a refusal if there is no such ticket in the queue, it has no offer, or a rule that changed since the
    /// offer refuses.
    pub fn accept_offer(&mut self, id: TicketId, new: NewSession, now: DateTime<Utc>) -> Result<Session, Refusal> {
        let Some(ticket) = self.queue.get(id).cloned() else {
            return Err(Refusal { code: Code::NotFound, facts: None });
        };
        if ticket.offer_until.is_none() {
            return Err(self.refusal(Code::NoOffer, None));
        }
        self.admit(ticket.user, new.of_ticket(ticket), now)
    }

    /// Passes the offer to the next ticket that may have the seat, and moves this one right behind it. Does nothing if
    /// there is none.
    ///
    /// # Errors
    /// Returns an error if there is no such ticket in the queue or it has no offer.
    pub fn pass_offer(&mut self, id: TicketId, now: DateTime<Utc>) -> Result<Ticket, Code> {
        let ticket = self.queue.get(id).cloned().ok_or(Code::NotFound)?;
        if ticket.offer_until.is_none() {
            return Err(Code::NoOffer);
        }
        // Withdrawn first: the offer counts towards a group's cap, which may be all that excludes the next ticket.
        self.queue.update(id, |ticket| ticket.offer_until = None);
        let Some(next) = self.next_waiter(Some(id), now).map(|next| next.id) else {
            self.queue.update(id, |passing| passing.offer_until = ticket.offer_until);
            return Ok(ticket);
        };
        self.record(SeatChange::Offered { ticket: id, user: ticket.user, until: None });
        let position = self.queue.position(next);
        if position > self.queue.position(id) {
            self.move_ticket(id, position);
        }
        self.queue.get(id).cloned().ok_or(Code::NotFound)
    }

    /// Moves a ticket to a position, 1 being the head. `None` if it is not in the queue.
    pub fn move_ticket(&mut self, id: TicketId, position: i64) -> Option<Ticket> {
        for moved in self.queue.move_to(id, position) {
            self.record(SeatChange::Moved { ticket: moved.id, user: moved.user, place: moved.place });
        }
        self.queue.get(id).cloned()
    }

    /// Removes a ticket from the queue. Returns whether it was there.
    pub fn remove_ticket(
        &mut self,
        id: TicketId,
        reason: TicketEnd,
        session: Option<SessionId>,
        now: DateTime<Utc>,
    ) -> bool {
        let Some(ticket) = self.queue.remove(id) else { return false };
        self.record(SeatChange::TicketEnded { ticket: id, user: ticket.user, reason, session, at: now });
        true
    }

    /// Removes the ticket of a user, if there is one.
    pub fn remove_ticket_of(
        &mut self,
        user: UserId,
        reason: TicketEnd,
        session: Option<SessionId>,
        now: DateTime<Utc>,
    ) {
        if let Some(id) = self.queue.of_user(user).map(|ticket| ticket.id) {
            self.remove_ticket(id, reason, session, now);
        }
    }

    /// The ticket of the user that a session at this device would use.
    pub(super) fn ticket_for(&self, user: UserId, device: &str, session: SessionId) -> Option<&Ticket> {
        let ticket = self.queue.of_user(user)?;
        let is_same_seat =
            ticket.device == device || self.holder(user, device, session) == self.holder(user, &ticket.device, session);
        is_same_seat.then_some(ticket)
    }

    /// Ends tickets whose lease or offer has expired.
    pub(super) fn settle_queue(&mut self, now: DateTime<Utc>) {
        let is_closed = self.terms.archived || self.terms.ends_at.is_some_and(|end| end <= now);
        let ended = self.queue.iter().filter_map(|ticket| {
            let reason = if is_closed {
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
            self.remove_ticket(id, reason, None, now);
        }
    }

    /// Offers each free seat to the first ticket that may have it. Call it after each decision.
    pub fn offer_seats(&mut self, now: DateTime<Utc>) {
        if self.queue.is_empty() {
            return;
        }
        self.withdraw_offers(now);
        let until = now + TimeDelta::seconds(self.terms.rules.offer_seconds);
        // Starts from the head each time: an offer can fill a group's floor, which frees a seat for a ticket further
        // ahead.
        while self.free_seats() > 0
            && let Some((id, user)) = self.next_waiter(None, now).map(|ticket| (ticket.id, ticket.user))
        {
            self.queue.update(id, |ticket| ticket.offer_until = Some(until));
            self.settle_by(until);
            self.record(SeatChange::Offered { ticket: id, user, until: Some(until) });
        }
    }

    /// Withdraws offers that could not be accepted any more, and the last ones if there are more offers than free
    /// seats.
    fn withdraw_offers(&mut self, now: DateTime<Utc>) {
        let offered = self.queue.iter().filter(|ticket| ticket.offer_until.is_some());
        let invalid: Vec<_> = offered.filter(|ticket| !self.can_accept(ticket, now)).map(|t| (t.id, t.user)).collect();
        for (id, user) in invalid {
            self.withdraw_offer(id, user);
        }
        while self.free_seats() < 0
            && let Some((id, user)) = self.last_offer()
        {
            self.withdraw_offer(id, user);
        }
    }

    fn last_offer(&self) -> Option<(TicketId, UserId)> {
        self.queue.iter().rev().find(|ticket| ticket.offer_until.is_some()).map(|ticket| (ticket.id, ticket.user))
    }

    fn withdraw_offer(&mut self, id: TicketId, user: UserId) {
        self.queue.update(id, |ticket| ticket.offer_until = None);
        self.record(SeatChange::Offered { ticket: id, user, until: None });
    }

    /// The first ticket without an offer that may have a free seat, except `except`.
    fn next_waiter(&self, except: Option<TicketId>, now: DateTime<Utc>) -> Option<&Ticket> {
        let mut waiting = self.queue.iter().filter(|t| t.offer_until.is_none() && Some(t.id) != except);
        waiting.find(|ticket| self.can_accept(ticket, now) && self.group_refusal(ticket.user).is_none())
    }

    /// Whether admission would accept an offer to this ticket.
    pub(super) fn can_accept(&self, ticket: &Ticket, now: DateTime<Utc>) -> bool {
        self.check_eligible(ticket.user, now).is_ok() && self.sessions_to_replace(ticket.user, &ticket.device).is_ok()
    }
}
