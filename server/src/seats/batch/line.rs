//! What is decided on tickets: joining the line, taking the offer, letting others go first, leaving.

use super::Batch;
use crate::seats::{
    command::{Actor, Outcome, Reach, ticket_view},
    facts::Ticket,
    pool::{Ask, Pool},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, TicketId, UserId},
    problem::Code,
    ticket::TicketEnd,
};

impl Batch {
    pub(super) fn queue(&mut self, license: LicenseId, user: UserId, id: TicketId, ask: &Ask) -> Outcome {
        let now = self.now;
        let Some(pool) = self.pool(license) else { return Outcome::Failed(Code::NotFound) };
        let ticket = pool.queue(user, id, ask.clone(), now);
        let view = ticket_view(pool, &ticket);
        self.line_of.insert(ticket.id, license);
        self.kept.insert(ticket.id);
        Outcome::Ticket(Box::new(view))
    }

    /// Does something to a ticket in the line.
    pub(super) fn on_ticket(
        &mut self,
        id: TicketId,
        reach: Reach,
        change: impl FnOnce(&mut Pool, DateTime<Utc>) -> Result<Ticket, Code>,
    ) -> Outcome {
        let now = self.now;
        let Some(pool) = self.line(id, reach) else { return Outcome::Failed(Code::NotFound) };
        match change(pool, now) {
            Ok(ticket) => {
                // What is free now is offered before the answer is drawn.
                pool.offer_seats(now);
                let ticket = pool.ticket(id).cloned().unwrap_or(ticket);
                Outcome::Ticket(Box::new(ticket_view(pool, &ticket)))
            }
            Err(code) => Outcome::Failed(code),
        }
    }

    /// The license in whose line a ticket is, if it is within reach.
    pub(super) fn line(&mut self, id: TicketId, reach: Reach) -> Option<&mut Pool> {
        let license = *self.line_of.get(&id)?;
        let user = self.pools.get(&license)?.ticket(id)?.user;
        if matches!(reach, Reach::Own(own) if own != user) { None } else { self.pool(license) }
    }

    pub(super) fn accept(&mut self, actor: &Actor, id: TicketId, user: UserId, ask: &Ask) -> Outcome {
        let now = self.now;
        let Some(pool) = self.line(id, Reach::Own(user)) else { return Outcome::Failed(Code::NotFound) };
        let (license, product) = (pool.terms.license, pool.terms.product);
        match pool.accept(id, ask.clone(), now) {
            Ok(live) => self.created(license, &live, product),
            Err(refusal) if refusal.code == Code::NoOffer => Outcome::Failed(Code::NoOffer),
            Err(refusal) => Outcome::Refused(self.refuse(actor, user, product, vec![(license, refusal)])),
        }
    }

    pub(super) fn leave(&mut self, actor: &Actor, id: TicketId, reach: Reach) -> Outcome {
        let now = self.now;
        let Some(pool) = self.line(id, reach) else { return Outcome::Failed(Code::NotFound) };
        let Some(ticket) = pool.ticket(id).cloned() else { return Outcome::Failed(Code::NotFound) };
        let reason = match (actor.id == Some(ticket.user), ticket.offer_until) {
            (false, _) => TicketEnd::Dropped,
            (true, Some(_)) => TicketEnd::Declined,
            (true, None) => TicketEnd::Withdrawn,
        };
        pool.leave(id, reason, None, now);
        Outcome::Done
    }
}
