//! ReplayedTicket in a replay: joining the queue, reacting to offers, leaving.

use super::{Engine, Entry, Fate, Item, Micros, Order, session_id, ticket_id};
use crate::{
    NewSession, SeatRequest,
    changes::SeatChange,
    replay::demand::{OfferReaction, ReactionKind},
};
use seatkeeper_shared::{ids::UserId, ticket::TicketEnd};

/// A ticket in the queue.
#[derive(Clone, Copy, Debug)]
pub struct ReplayedTicket {
    pub joined: Micros,
    /// How many offers it has had.
    offers: usize,
    is_offered: bool,
    /// A later request of the same person, made while they waited, that tells what they needed the seat for.
    pub repeated_by: Option<usize>,
}

impl ReplayedTicket {
    pub fn since(joined: Micros) -> Self {
        Self { joined, offers: 0, is_offered: false, repeated_by: None }
    }
}

impl<'a, F: FnMut(Micros, &SeatChange, i64)> Engine<'a, F> {
    /// A request takes a ticket, unless its person waits already.
    pub(super) fn join_queue(&mut self, number: usize, user: UserId, request: SeatRequest) -> Fate {
        if let Some(waiting) = self.stage.pool.queue.of_user(user) {
            let ticket = self.tickets.get_mut(&Entry::of_ticket(waiting.id));
            ticket.into_iter().for_each(|ticket| ticket.repeated_by = Some(number));
            return Fate::SameAttempt;
        }
        let (entry, now) = (self.entry_of_request(number), self.time(self.now));
        self.stage.pool.enqueue(user, ticket_id(entry), request, now);
        if let Some(until) = self.stage.pool.cool_down_until(user, now) {
            self.end_cool_down(user, until);
        }
        self.tickets.insert(entry, ReplayedTicket::since(self.now));
        self.schedule_leaving(entry, self.now);
        Fate::Waiting(Micros(0))
    }

    /// Schedules when a ticket leaves the queue: as recorded, or when its person's patience ends. Who is known to have
    /// waited for longer has more patience.
    pub(super) fn schedule_leaving(&mut self, entry: Entry, joined: Micros) {
        let wait = self.recorded_wait(entry);
        let item = |reason, offers_after| Item::Leave { entry, reason, offers_after };
        if let Some(end) = wait.and_then(|wait| wait.end) {
            self.agenda.add(joined.plus(end.after), end.order, item(end.reason, end.offers_after));
            return;
        }
        let patience = wait.map_or(Micros(0), |wait| wait.waited).max(self.assumptions.patience);
        self.agenda.add(joined.plus(patience), Order::LAST, item(TicketEnd::Withdrawn, true));
    }

    /// A seat is offered to a ticket, or no longer.
    pub(super) fn offered(&mut self, entry: Entry, is_offered: bool) {
        let Some(waiting) = self.tickets.get_mut(&entry) else { return };
        waiting.is_offered = is_offered;
        if !is_offered {
            return;
        }
        waiting.offers += 1;
        let offer = waiting.offers;
        let delay = self.plan.accept_delay.min(Micros::seconds(self.stage.pool.terms.rules.offer_seconds));
        let (after, order) = match self.reaction(entry, offer) {
            Some(OfferReaction { after, kind: ReactionKind::Open, .. }) => (delay.max(*after), Order::LAST),
            Some(reaction) => (reaction.after, reaction.order),
            None => (delay, Order::LAST),
        };
        self.agenda.add(self.now.plus(after), order, Item::React { entry, offer });
    }

    /// The recorded reaction to the offer of this number, the first being 1.
    fn reaction(&self, entry: Entry, offer: usize) -> Option<&'a OfferReaction> {
        self.recorded_wait(entry)?.offers.get(offer.checked_sub(1)?)
    }

    /// Whether a ticket still has the offer of this number.
    pub(super) fn has_offer(&self, entry: Entry, offer: usize) -> bool {
        self.tickets.get(&entry).is_some_and(|waiting| waiting.is_offered && waiting.offers == offer)
    }

    /// A waiter reacts to an offer that they still have. It is accepted unless they did something else in truth.
    pub(super) fn react(&mut self, entry: Entry, offer: usize) {
        let reaction = self.reaction(entry, offer);
        let offers_after = reaction.is_some_and(|reaction| reaction.offers_after);
        match reaction.map(|reaction| &reaction.kind) {
            Some(ReactionKind::Declined) => self.leave_queue(entry, TicketEnd::Declined, offers_after),
            Some(ReactionKind::Missed) => self.leave_queue(entry, TicketEnd::Missed, offers_after),
            Some(ReactionKind::Passed) => self.pass(entry),
            Some(ReactionKind::Accepted(_) | ReactionKind::Open) | None => self.accept(entry, offer),
        }
    }

    fn pass(&mut self, entry: Entry) {
        self.catch_up_if_due();
        // Fails only if the offer was withdrawn just now.
        drop(self.stage.pool.pass_offer(ticket_id(entry), self.time(self.now)));
        // Without another waiter who may have the seat, the offer stays, and this one lets it expire.
        if self.stage.pool.ticket(ticket_id(entry)).is_some_and(|ticket| ticket.offer_until.is_some())
            && !self.stage.pool.has_changes()
        {
            let expires = self.now.plus(Micros::seconds(self.stage.pool.terms.rules.offer_seconds));
            self.agenda.add(expires, Order::LAST, Item::Leave { entry, reason: TicketEnd::Missed, offers_after: true });
        }
        self.collect();
        self.catch_up();
    }

    fn accept(&mut self, entry: Entry, offer: usize) {
        self.catch_up_if_due();
        let new = NewSession { id: session_id(entry), support_key: String::new() };
        // Fails only if the offer was withdrawn just now.
        if self.stage.pool.accept_offer(ticket_id(entry), new, self.time(self.now)).is_ok() {
            self.start_work_of_offer(entry, offer);
        }
        self.collect();
        self.catch_up();
    }

    pub(super) fn leave_queue(&mut self, entry: Entry, reason: TicketEnd, offers_after: bool) {
        if self.tickets.contains_key(&entry) {
            self.stage.pool.remove_ticket(ticket_id(entry), reason, None, self.time(self.now));
            self.after_change(offers_after);
        }
    }

    /// A ticket has left the queue.
    pub(super) fn ticket_ended(&mut self, entry: Entry, reason: TicketEnd) {
        let Some(waiting) = self.tickets.remove(&entry) else { return };
        let wait = self.now.since(waiting.joined);
        let fate = match reason {
            TicketEnd::Seated => Fate::SeatedAfter(wait),
            TicketEnd::Withdrawn | TicketEnd::Declined | TicketEnd::Missed | TicketEnd::Lapsed => Fate::GaveUp(wait),
            TicketEnd::Dropped
            | TicketEnd::UserDeactivated
            | TicketEnd::AssignmentRevoked
            | TicketEnd::LicenseEnded => Fate::Removed(reason, wait),
        };
        self.set_fate(entry, fate);
    }
}
