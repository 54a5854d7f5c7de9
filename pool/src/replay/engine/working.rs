//! Sessions in a replay: how long they last and what changes in their course.

use super::{Engine, Entry, Item, Micros, Order, session_id};
use crate::{
    EndCause,
    changes::SeatChange,
    replay::{
        demand::{ReactionKind, RequestResult, Work, WorkEnd, WorkStepKind},
        plan::accepted,
    },
};
use seatkeeper_shared::session::{EndReason, Platform};

impl<F: FnMut(Micros, &SeatChange, i64)> Engine<'_, F> {
    /// A session begins whose work is that of a request.
    pub(super) fn start_work_of_request(&mut self, entry: Entry, number: usize) {
        let demand = self.demand;
        let mut next = Some(number);
        while let Some(planned) = next.and_then(|number| self.plan.requests.get(number)) {
            match &demand.requests[planned.source as usize].result {
                RequestResult::Seated(work) => return self.start_work(entry, work, self.now),
                RequestResult::Queued(wait) => {
                    if let Some(work) = accepted(wait) {
                        return self.start_work(entry, work, self.now);
                    }
                    break;
                }
                // The work is that of the attempt, which may have been granted later.
                RequestResult::Refused(_) => next = planned.next.map(|next| next as usize),
            }
        }
        self.start_typical_work(entry);
    }

    /// An offer was accepted.
    pub(super) fn start_work_of_offer(&mut self, entry: Entry, offer: usize) {
        match (self.recorded_wait(entry), self.request_of(entry)) {
            (None, Some(number)) => {
                let repeated_by = self.tickets.get(&entry).and_then(|ticket| ticket.repeated_by);
                self.start_work_of_request(entry, repeated_by.unwrap_or(number));
            }
            (wait, _) => {
                let recorded = wait.and_then(|wait| wait.offers.get(offer.checked_sub(1)?));
                let of_offer = recorded.and_then(|reaction| match &reaction.kind {
                    ReactionKind::Accepted(work) => Some(work),
                    _ => None,
                });
                match of_offer.or_else(|| wait.and_then(accepted)) {
                    Some(work) => self.start_work(entry, work, self.now),
                    None => self.start_typical_work(entry),
                }
            }
        }
    }

    fn start_typical_work(&mut self, entry: Entry) {
        let person = match self.request_of(entry) {
            Some(number) => self.plan.requests[number].person,
            None => {
                let earlier = (entry.0 as usize).checked_sub(self.demand.sessions.len());
                let ticket = earlier.and_then(|earlier| self.demand.tickets.get(earlier));
                ticket.map(|ticket| ticket.person).unwrap_or_default()
            }
        };
        let end = Item::End { entry, reason: EndReason::Finished, offers_after: true };
        self.agenda.add(self.now.plus(self.plan.length(person)), Order::LAST, end);
    }

    /// Schedules the course of a session that began at this time.
    pub(super) fn start_work(&mut self, entry: Entry, work: &Work, began: Micros) {
        for step in &work.steps {
            // A seat can be borrowed only once the customer is connected. Nothing else depends on that.
            if let (WorkStepKind::Borrowed(_), Some(connected)) = (step.kind, work.connected_after) {
                self.agenda.add(began.plus(connected), Order(0), Item::Connect { entry });
            }
            self.agenda.add(began.plus(step.after), step.order, Item::Step { entry, step: step.kind });
        }
        if let Some(end) = work.end {
            let after = self.end_after(work, &end);
            let (reason, offers_after) = (end.reason, end.offers_after || end.follows);
            self.agenda.add(began.plus(after), end.order, Item::End { entry, reason, offers_after });
        }
    }

    /// How long a session lasts at the lease and idle time of the settings, if these ended it.
    fn end_after(&self, work: &Work, end: &WorkEnd) -> Micros {
        let Some(limit) = end.limit_seconds else { return end.after };
        let rules = &self.settings.rules;
        // The last heartbeat, or the last activity.
        let last = end.after.since(Micros::seconds(limit));
        let other = match end.reason {
            EndReason::LeaseExpired => {
                let lease = rules.lease_seconds.unwrap_or(limit);
                let exempt = work.connected_after.is_some() && !self.stage.pool.terms.rules.idle_ends_connected;
                let idle = rules.idle_seconds.filter(|idle| *idle > 0 && !exempt);
                Some(idle.map_or(lease, |idle| idle.min(lease)))
            }
            EndReason::Idle => rules.idle_seconds.filter(|idle| *idle > 0),
            _ => None,
        };
        other
            .filter(|other| *other != limit)
            .map_or(end.after, |other| last.plus(Micros::seconds(other)).max(Micros(0)))
    }

    pub(super) fn end_session(&mut self, entry: Entry, reason: EndReason, offers_after: bool) {
        self.stage.pool.end(session_id(entry), &EndCause::automatic(reason), self.time(self.now));
        if self.stage.pool.has_changes() {
            self.after_change(offers_after);
        }
    }

    /// A customer connects, which takes no seat.
    pub(super) fn connect_session(&mut self, entry: Entry) {
        // Fails only if the session is over.
        drop(self.stage.pool.connect(session_id(entry), Platform::Windows, self.time(self.now)));
        self.collect();
    }

    pub(super) fn step_session(&mut self, entry: Entry, step: WorkStepKind) {
        let (id, now) = (session_id(entry), self.time(self.now));
        if self.stage.pool.session(id).is_none() {
            return;
        }
        self.catch_up_if_due();
        // In a replay, rules may refuse what they permitted in truth; the session goes on without.
        match step {
            WorkStepKind::Continued(device) => {
                let device = self.devices[device.0 as usize].clone();
                drop(self.stage.pool.continue_on_device(id, &device, now));
            }
            WorkStepKind::Borrowed(length) => drop(self.stage.pool.borrow(id, length.length(), now)),
        }
        self.collect();
        self.catch_up();
    }
}
