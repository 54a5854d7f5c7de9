//! Decisions on tickets: joining the queue, accepting and passing offers, leaving.

use super::Batch;
use crate::{
    pool::{NewSession, Pool, SeatRequest, Ticket},
    seats::command::{Actor, Outcome, OwnerFilter, ticket_view},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, TicketId, UserId},
    problem::Code,
    ticket::TicketEnd,
};

impl Batch {
    pub(super) fn enqueue(&mut self, license: LicenseId, user: UserId, id: TicketId, request: &SeatRequest) -> Outcome {
        let now = self.now;
        let Some(pool) = self.pool(license) else { return Outcome::Failed(Code::NotFound) };
        let ticket = pool.enqueue(user, id, request.clone(), now);
        let view = ticket_view(pool, &ticket);
        self.queue_of.insert(ticket.id, license);
        self.renewed_tickets.insert(ticket.id);
        Outcome::Ticket(Box::new(view))
    }

    /// Changes a ticket in the queue.
    pub(super) fn change_ticket(
        &mut self,
        id: TicketId,
        owner: OwnerFilter,
        change: impl FnOnce(&mut Pool, DateTime<Utc>) -> Result<Ticket, Code>,
    ) -> Outcome {
        let now = self.now;
        let Some(pool) = self.queue_pool(id, owner) else { return Outcome::Failed(Code::NotFound) };
        match change(pool, now) {
            Ok(ticket) => {
                // Free seats are offered first, so that the answer shows an offer to this ticket.
                pool.offer_seats(now);
                let ticket = pool.ticket(id).cloned().unwrap_or(ticket);
                Outcome::Ticket(Box::new(ticket_view(pool, &ticket)))
            }
            Err(code) => Outcome::Failed(code),
        }
    }

    /// The license in whose queue the ticket is, if its owner matches.
    pub(super) fn queue_pool(&mut self, id: TicketId, owner: OwnerFilter) -> Option<&mut Pool> {
        let license = *self.queue_of.get(&id)?;
        let user = self.pools.get(&license)?.ticket(id)?.user;
        if matches!(owner, OwnerFilter::Own(own) if own != user) { None } else { self.pool(license) }
    }

    pub(super) fn accept(&mut self, actor: &Actor, id: TicketId, user: UserId, new: &NewSession) -> Outcome {
        let now = self.now;
        let Some(pool) = self.queue_pool(id, OwnerFilter::Own(user)) else { return Outcome::Failed(Code::NotFound) };
        let (license, product) = (pool.terms.license, pool.terms.product);
        let device = pool.ticket(id).map(|ticket| ticket.device.clone()).unwrap_or_default();
        match pool.accept_offer(id, new.clone(), now) {
            Ok(live) => self.created(license, &live, product),
            Err(refusal) if refusal.code == Code::NoOffer => Outcome::Failed(Code::NoOffer),
            Err(refusal) => {
                Outcome::Refused(self.record_refusal(actor, user, product, &device, vec![(license, refusal)]))
            }
        }
    }

    pub(super) fn leave(&mut self, actor: &Actor, id: TicketId, owner: OwnerFilter) -> Outcome {
        let now = self.now;
        let Some(pool) = self.queue_pool(id, owner) else { return Outcome::Failed(Code::NotFound) };
        let Some(ticket) = pool.ticket(id).cloned() else { return Outcome::Failed(Code::NotFound) };
        let reason = match (actor.id == Some(ticket.user), ticket.offer_until) {
            (false, _) => TicketEnd::Dropped,
            (true, Some(_)) => TicketEnd::Declined,
            (true, None) => TicketEnd::Withdrawn,
        };
        pool.remove_ticket(id, reason, None, now);
        Outcome::Done
    }
}
