//! The replay itself: feeds requests, reactions and ends to the pool in the order of their times.

mod agenda;
mod changing;
mod start;
mod waiting;
mod working;

use super::{
    Progress, ReplayError, SessionStep,
    demand::{Demand, Micros, Order, PersonIndex, RequestResult, TicketSource, Wait},
    outcome::{Fate, Outcome, RequestOutcome},
    plan::Plan,
    settings::{Assumptions, RefusedBehavior, Settings},
    stage::Stage,
};
use crate::{SeatRequest, Session, changes::SeatChange};
use agenda::{Agenda, Item};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    problem::Code,
    session::EndReason,
};
pub(super) use start::number as number_of;
use start::{group_id, session_id, ticket_id, user_id};
use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
};
use waiting::ReplayedTicket;

/// How many requests are replayed between two calls of the progress callback.
const PROGRESS_REQUESTS: usize = 4_096;

/// What a session or ticket comes from: first the earlier sessions, then the earlier tickets, then the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Entry(u32);

/// A replay. `observe` is told of every change in the pool, with its time and the occupied seats after it.
pub(super) struct Engine<'a, F> {
    demand: &'a Demand,
    plan: &'a Plan,
    settings: &'a Settings,
    assumptions: &'a Assumptions,
    observe: F,
    stage: Stage,
    devices: Vec<String>,
    agenda: Agenda,
    tickets: HashMap<Entry, ReplayedTicket>,
    /// Sessions that end at this time, if no request is granted in their place.
    giving_up: Vec<Entry>,
    now: Micros,
    /// Requests that belong to an attempt that got a seat or a ticket.
    is_satisfied: Vec<bool>,
    fates: Vec<Fate>,
    outcome: Outcome,
}

impl<F: FnMut(Micros, &SeatChange, i64)> Engine<'_, F> {
    /// The sessions at the beginning, as if they began then, with the occupied seats.
    pub fn earlier_steps(&self) -> Vec<SessionStep> {
        let occupied = self.stage.pool.occupied();
        let step = |live: &Session| SessionStep {
            at: Micros(0),
            person: PersonIndex(start::number(live.user.0)),
            session: live.id,
            begins: true,
            occupied,
        };
        self.stage.pool.sessions().map(step).collect()
    }

    /// Replays everything.
    pub fn run(mut self, progress: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<Outcome, ReplayError> {
        let (demand, plan) = (self.demand, self.plan);
        let (mut request, mut change) = (0, 0);
        let end = demand.length();
        loop {
            let next_request = plan.requests.get(request).map(|next| (next.at, next.order));
            let next_change = demand.changes.get(change).map(|next| (next.at, next.order));
            let next_item = self.agenda.next();
            let first = [next_request, next_change, next_item].into_iter().flatten().min();
            let Some((at, _)) = first.filter(|(at, _)| *at < end || (*at == end && first_is_recorded(first))) else {
                break;
            };
            if next_item == first && !self.happens(at) {
                self.agenda.take();
                continue;
            }
            self.move_to(at);
            if next_item == first {
                self.run_item();
            } else if next_change == first {
                self.change(change);
                change += 1;
            } else {
                if request.is_multiple_of(PROGRESS_REQUESTS) {
                    let of = plan.requests.len();
                    if progress(Progress { requests: request, of }).is_break() {
                        return Err(ReplayError::Cancelled);
                    }
                }
                self.request(request);
                request += 1;
            }
        }
        self.move_to(end);
        Ok(self.finish())
    }

    fn move_to(&mut self, at: Micros) {
        if at <= self.now {
            return;
        }
        for entry in std::mem::take(&mut self.giving_up) {
            self.end_session(entry, EndReason::GivenUp, true);
        }
        if self.stage.is_due() {
            self.catch_up();
        }
        self.outcome.totals.add_occupied(self.occupied(), at.since(self.now));
        self.now = at;
        self.stage.note_change();
    }

    fn occupied(&self) -> usize {
        usize::try_from(self.stage.pool.occupied()).unwrap_or_default()
    }

    fn time(&self, at: Micros) -> DateTime<Utc> {
        self.demand.from + at.length()
    }

    /// Ends what has expired and offers free seats.
    fn catch_up(&mut self) {
        self.stage.catch_up(self.time(self.now));
        self.collect();
    }

    /// Before a decision that may take a seat.
    fn catch_up_if_due(&mut self) {
        if self.stage.is_due() {
            self.catch_up();
        }
    }

    /// After a change that takes no seat.
    fn after_change(&mut self, offers_after: bool) {
        self.collect();
        self.stage.note_change();
        if offers_after {
            self.catch_up();
        }
    }

    /// Takes note of what the pool has done.
    fn collect(&mut self) {
        if !self.stage.pool.has_changes() {
            return;
        }
        for (change, occupied) in self.stage.take_changes() {
            (self.observe)(self.now, &change, occupied);
            match &change {
                SeatChange::Offered { ticket, until, .. } => self.offered(Entry::of_ticket(*ticket), until.is_some()),
                SeatChange::TicketEnded { ticket, reason, .. } => self.ticket_ended(Entry::of_ticket(*ticket), *reason),
                SeatChange::CoolDownStarted { user, until } => self.end_cool_down(*user, *until),
                _ => {}
            }
        }
        self.outcome.totals.peak = self.outcome.totals.peak.max(self.occupied());
    }

    /// Whether the next item happens: what it happens to may be over. Otherwise time does not stop for it, because the
    /// record shows no decision then.
    fn happens(&self, at: Micros) -> bool {
        match self.agenda.peek() {
            Some(Item::End { entry, .. } | Item::Connect { entry } | Item::Step { entry, .. }) => {
                self.stage.pool.session(session_id(entry)).is_some()
            }
            Some(Item::Leave { entry, .. }) => self.tickets.contains_key(&entry),
            Some(Item::React { entry, offer }) => self.has_offer(entry, offer),
            Some(Item::EndCoolDown { user }) => self.stage.could_be_offered(user, self.time(at)),
            Some(Item::EndLicense) => self.stage.end_noticed_at.is_some_and(|end| end <= self.time(at)),
            None => false,
        }
    }

    /// Schedules the end of a cool-down.
    fn end_cool_down(&mut self, user: UserId, until: DateTime<Utc>) {
        let noticed = Micros::of(until - self.demand.from).plus(super::derive::SWEEP_DELAY);
        self.agenda.add(noticed, Order::LAST, Item::EndCoolDown { user });
    }

    fn run_item(&mut self) {
        match self.agenda.take() {
            Some(Item::End { entry, reason: EndReason::GivenUp, .. }) => self.giving_up.push(entry),
            Some(Item::End { entry, reason, offers_after }) => self.end_session(entry, reason, offers_after),
            Some(Item::Connect { entry }) => self.connect_session(entry),
            Some(Item::Step { entry, step }) => self.step_session(entry, step),
            Some(Item::Leave { entry, reason, offers_after }) => self.leave_queue(entry, reason, offers_after),
            Some(Item::React { entry, offer }) => self.react(entry, offer),
            Some(Item::EndCoolDown { .. } | Item::EndLicense) => self.catch_up(),
            None => {}
        }
    }

    /// A request, which may be one of an attempt that has got what it wanted.
    fn request(&mut self, number: usize) {
        let planned = self.plan.requests[number];
        let source = &self.demand.requests[planned.source as usize];
        let entry = self.entry_of_request(number);
        if self.is_satisfied[number] {
            return;
        }
        self.catch_up_if_due();
        let now = self.time(self.now);
        let (user, device) = (user_id(planned.person), self.devices[planned.device.0 as usize].clone());
        let request = SeatRequest {
            platform: source.platform,
            borrow: source.borrow.map(Micros::length),
            in_place_of: self.given_up_by(user).filter(|_| source.in_place),
            ..SeatRequest::new(session_id(entry), device, source.mode, String::new())
        };
        self.fates[number] = match self.check_person_cap(user, &request) {
            Some(code) => Fate::Refused(code),
            None => match self.stage.pool.admit(user, request.clone(), now) {
                Ok(_) => {
                    self.satisfy(number);
                    self.start_work_of_request(entry, number);
                    Fate::Seated
                }
                Err(refusal) if refusal.can_wait() && self.may_wait(&source.result) => {
                    self.satisfy(number);
                    self.join_queue(number, user, request)
                }
                Err(refusal) => {
                    self.stage.pool.record_refusal(user, request.device, refusal.code);
                    Fate::Refused(refusal.code)
                }
            },
        };
        self.collect();
        self.catch_up();
    }

    /// The session that a person gives up at this time.
    fn given_up_by(&self, user: UserId) -> Option<SessionId> {
        let sessions = self.giving_up.iter().filter_map(|entry| self.stage.pool.session(session_id(*entry)));
        sessions.filter(|live| live.user == user).map(|live| live.id).next()
    }

    /// Marks the later requests of the same attempt.
    fn satisfy(&mut self, number: usize) {
        let mut next = self.plan.requests[number].next;
        while let Some(later) = next {
            self.is_satisfied[later as usize] = true;
            self.fates[later as usize] = Fate::SameAttempt;
            next = self.plan.requests[later as usize].next;
        }
    }

    fn may_wait(&self, result: &RequestResult) -> bool {
        let assumed = self.assumptions.refused == RefusedBehavior::Wait;
        self.settings.queue && (assumed || matches!(result, RequestResult::Queued(_)))
    }

    /// Why a person may have no more seats, if there is a cap for each person and they have reached it.
    fn check_person_cap(&mut self, user: UserId, request: &SeatRequest) -> Option<Code> {
        let (cap, pool) = (self.settings.person_cap?, &self.stage.pool);
        let holder = pool.holder(user, &request.device, request.session);
        if pool.holders.contains_key(&holder) {
            return None;
        }
        let own = pool.sessions_of(user).into_iter().filter(|id| Some(*id) != request.in_place_of);
        let sessions = own.filter_map(|id| pool.session(id));
        let held: HashSet<_> = sessions.map(|live| pool.holder(user, &live.device, live.id)).collect();
        (held.len() >= cap).then(|| {
            self.stage.pool.record_refusal(user, request.device.clone(), Code::GroupLimit);
            Code::GroupLimit
        })
    }

    fn wake_at_end_of_license(&mut self) {
        if let Some(end) = self.stage.end_noticed_at {
            self.agenda.add(Micros::of(end - self.demand.from), Order::LAST, Item::EndLicense);
        }
    }

    fn finish(mut self) -> Outcome {
        for (entry, waiting) in std::mem::take(&mut self.tickets) {
            self.set_fate(entry, Fate::Waiting(self.now.since(waiting.joined)));
        }
        self.outcome.requests.reserve(self.fates.len());
        for (planned, fate) in self.plan.requests.iter().zip(&self.fates) {
            let is_retried = planned.next.is_some() && matches!(fate, Fate::Refused(_));
            let request = RequestOutcome { at: planned.at, person: planned.person, fate: *fate, is_retried };
            self.outcome.totals.count(&request);
            self.outcome.requests.push(request);
        }
        self.outcome
    }
}

/// Whether something was recorded at this time: at the very end of the period nothing is assumed any more.
fn first_is_recorded(first: Option<(Micros, Order)>) -> bool {
    first.is_some_and(|(_, order)| order != Order::LAST)
}

impl<'a, F> Engine<'a, F> {
    fn first_request(&self) -> usize {
        self.demand.sessions.len() + self.demand.tickets.len()
    }

    fn entry_of_request(&self, number: usize) -> Entry {
        Entry(u32::try_from(self.first_request() + number).unwrap_or(u32::MAX))
    }

    /// The entry of a recorded ticket. Requests of the plan have other numbers if there is growth.
    fn entry_of_ticket(&self, ticket: TicketSource) -> Entry {
        match ticket {
            TicketSource::Earlier(number) => {
                Entry(u32::try_from(self.demand.sessions.len()).unwrap_or(u32::MAX).saturating_add(number))
            }
            TicketSource::Request(source) => {
                let order = self.demand.requests.get(source as usize).map(|request| (request.at, request.order));
                let planned = &self.plan.requests;
                let first = planned.partition_point(|request| Some((request.at, request.order)) < order);
                self.entry_of_request(first)
            }
        }
    }

    /// The number of the request that an entry comes from.
    fn request_of(&self, entry: Entry) -> Option<usize> {
        (entry.0 as usize).checked_sub(self.first_request())
    }

    /// What is recorded about the wait of an entry, if it waited in truth.
    fn recorded_wait(&self, entry: Entry) -> Option<&'a Wait> {
        let (demand, plan) = (self.demand, self.plan);
        let Some(number) = self.request_of(entry) else {
            let earlier = (entry.0 as usize).checked_sub(self.demand.sessions.len())?;
            return demand.tickets.get(earlier).map(|ticket| &ticket.wait);
        };
        match &demand.requests[plan.requests[number].source as usize].result {
            RequestResult::Queued(wait) => Some(wait),
            _ => None,
        }
    }

    fn set_fate(&mut self, entry: Entry, fate: Fate) {
        if let Some(number) = self.request_of(entry) {
            self.fates[number] = fate;
        }
    }
}

impl Entry {
    fn of_ticket(id: TicketId) -> Self {
        Self(start::number(id.0))
    }
}
