//! The state of the model: what would be stored, the pool that is read from it, and the rules that must hold in it.

use super::{
    super::{tests::*, *},
    Step,
};
use seatkeeper_shared::{
    license::{Model, Rules},
    session::Mode,
};

/// The seconds by which time advances. Leases last three ticks, keys four, offers and cool-downs two.
pub const TICK_SECONDS: i64 = 30;
/// For how many ticks seats are borrowed.
pub const BORROW_TICKS: i64 = 4;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelState {
    pub named: bool,
    pub seats: i64,
    /// Sorted, because agents are interchangeable.
    pub agents: [Agent; 3],
    /// The rule that the last step broke, if it did.
    pub broken: Option<&'static str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Agent {
    pub assigned: bool,
    pub cooling: i64,
    pub session: Option<Seated>,
    pub ticket: Option<Waiting>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seated {
    pub lease: i64,
    /// The part of the lease that survives a crash, because a heartbeat is answered before it is written.
    pub written: i64,
    pub key: Option<i64>,
    pub borrowed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Waiting {
    pub place: i64,
    pub lease: i64,
    pub written: i64,
    pub offer: Option<i64>,
}

impl ModelState {
    /// The pool as it would be read.
    pub fn pool(&self) -> Pool {
        let rules = Rules {
            lease_seconds: 3 * TICK_SECONDS,
            offer_seconds: 2 * TICK_SECONDS,
            cool_down_seconds: 2 * TICK_SECONDS,
            borrow_seconds: BORROW_TICKS * TICK_SECONDS,
            ..Rules::default()
        };
        let model = if self.named { Model::Named } else { Model::Concurrent };
        let terms = Terms { key_lifetime: TimeDelta::seconds(4 * TICK_SECONDS), ..terms(model, self.seats, rules) };
        let agents = || self.agents.iter().enumerate();
        let live = agents().filter_map(|(n, agent)| Some(agent.session.as_ref()?.session(number(n), &terms)));
        let line = agents().filter_map(|(n, agent)| Some(agent.ticket.as_ref()?.ticket(number(n), &terms)));
        let (live, line): (Vec<_>, Vec<_>) = (live.collect(), line.collect());
        let mut pool = Pool::new(terms, live, line);
        for (n, agent) in agents() {
            let cool_until = (agent.cooling > 0).then(|| from_now(agent.cooling));
            pool.set_user(PoolUser { cool_until, ..pool_user(number(n), agent.assigned) });
        }
        pool.set_assigned_count(agents().filter(|(_, agent)| agent.assigned).count() as i64);
        pool
    }

    /// The state after a decision. All its changes are written, except heartbeats.
    pub fn after(&self, pool: &Pool, at: DateTime<Utc>) -> Self {
        let mut next = self.clone();
        next.seats = pool.terms.seats;
        for (n, agent) in next.agents.iter_mut().enumerate() {
            let ticks_left = |until: &DateTime<Utc>| ticks(*until, at);
            agent.assigned = pool.is_assigned(user(number(n)));
            agent.cooling = pool.cool_down_until(user(number(n)), at).map_or(0, |until| ticks(until, at));
            let session = pool.session(session(number(n)));
            agent.session = session.map(|live| {
                let lease = ticks_left(&live.lease_until);
                let written = agent.session.as_ref().map_or(lease, |before| before.written);
                let borrowed = live.borrowed_until.is_some();
                // Borrowing is written at once, like all changes but heartbeats.
                let written = if borrowed { lease } else { written };
                Seated { lease, written, key: live.key_expires_at.as_ref().map(ticks_left), borrowed }
            });
            let place = pool.position(ticket(number(n)));
            agent.ticket = pool.ticket(ticket(number(n))).map(|ticket| {
                let lease = ticks_left(&ticket.lease_until);
                let written = agent.ticket.as_ref().map_or(lease, |before| before.written);
                Waiting { place, lease, written, offer: ticket.offer_until.as_ref().map(ticks_left) }
            });
        }
        next
    }

    /// Writes heartbeats, which happens within a second, long before the next tick.
    pub fn write_heartbeats(&mut self) {
        for agent in &mut self.agents {
            agent.session.iter_mut().for_each(|seated| seated.written = seated.lease - 1);
            agent.ticket.iter_mut().for_each(|waiting| waiting.written = waiting.lease - 1);
        }
    }

    /// Loses heartbeats that were answered but not written.
    pub fn crash(&mut self) {
        for agent in &mut self.agents {
            agent.session.iter_mut().for_each(|seated| seated.lease = seated.written);
            agent.ticket.iter_mut().for_each(|waiting| waiting.lease = waiting.written);
        }
    }

    fn occupied(&self) -> i64 {
        self.agents.iter().filter(|agent| agent.session.is_some()).count() as i64
    }

    /// The number of agents who have a named seat: by assignment, or by a session that may finish.
    fn seat_owners(&self) -> i64 {
        self.agents.iter().filter(|agent| agent.assigned || agent.session.is_some()).count() as i64
    }

    pub fn offers(&self) -> i64 {
        self.agents.iter().filter(|agent| agent.is_offered()).count() as i64
    }

    pub fn free(&self) -> i64 {
        self.seats - self.occupied() - self.offers()
    }

    /// The first place in the queue of an agent who could have a free seat.
    pub fn first_place(&self) -> Option<i64> {
        self.agents
            .iter()
            .filter(|agent| agent.could_have())
            .filter_map(|agent| agent.ticket.as_ref())
            .map(|t| t.place)
            .min()
    }

    /// The rule that was broken by the step that led to this state, if one was.
    pub fn broken_since(&self, before: &Self, step: Step, refused: Option<(usize, Code)>) -> Option<&'static str> {
        let offered = (0..3).filter(|n| self.agents[*n].is_offered() && !before.agents[*n].is_offered());
        let place = |n: usize| self.agents[n].ticket.as_ref().map_or(0, |ticket| ticket.place);
        let overtaken = offered.map(place).any(|place| self.first_place().is_some_and(|first| first < place));
        let wrong = refused.is_some_and(|(by, code)| match step {
            Step::Exchange(_) => before.exchange_refusal(by) != Some(code),
            _ => before.refusal(by) != Some(code),
        });
        let rules = [
            (self.free() < 0 && self.occupied() > before.occupied(), "more seats are occupied than there are"),
            (
                self.named && self.seat_owners() > before.seat_owners().max(self.seats),
                "a named license was assigned beyond its seats",
            ),
            (overtaken, "an offer skipped an earlier agent who could have had it"),
            (self.lost_borrowed_seat(before, step), "a borrowed seat was freed early"),
            (wrong, "a refusal named a rule that did not refuse"),
        ];
        rules.into_iter().find_map(|(broken, rule)| broken.then_some(rule))
    }

    /// Whether a step freed a borrowed seat that it must not free. The agents are not sorted yet.
    fn lost_borrowed_seat(&self, before: &Self, step: Step) -> bool {
        let borrows = |state: &Self, n: usize| state.agents[n].session.as_ref().is_some_and(|seated| seated.borrowed);
        let lost = (0..3).filter(|n| borrows(before, *n) && !borrows(self, *n));
        let may = |n: usize| step == Step::Tick || [Step::Finish(n), Step::Suspend(n)].contains(&step);
        lost.into_iter().any(|n| !may(n))
    }

    /// Why an agent with a session cannot exchange it: never for lack of seats.
    fn exchange_refusal(&self, agent: usize) -> Option<Code> {
        let agent = &self.agents[agent];
        let rules = [
            (agent.session.as_ref().is_some_and(|seated| seated.borrowed), Code::Borrowed),
            (!agent.assigned, Code::NotAssigned),
            (agent.cooling > 0, Code::CoolingDown),
        ];
        rules.into_iter().find_map(|(refuses, code)| refuses.then_some(code))
    }

    /// Why an agent without a session gets no seat in this state.
    fn refusal(&self, agent: usize) -> Option<Code> {
        let agent = &self.agents[agent];
        let rules = [
            (!agent.assigned, Code::NotAssigned),
            (agent.cooling > 0, Code::CoolingDown),
            (agent.is_offered(), Code::NoOffer),
            (self.occupied() > self.seats, Code::OverCapacity),
            (self.free() < 1, if self.named { Code::OverCapacity } else { Code::PoolFull }),
        ];
        rules.into_iter().find_map(|(refuses, code)| refuses.then_some(code))
    }
}

impl Agent {
    pub fn is_offered(&self) -> bool {
        self.ticket.as_ref().is_some_and(|ticket| ticket.offer.is_some())
    }

    fn could_have(&self) -> bool {
        self.assigned && self.cooling == 0 && self.ticket.as_ref().is_some_and(|ticket| ticket.offer.is_none())
    }
}

impl Seated {
    fn session(&self, number: u128, terms: &Terms) -> Session {
        // Once connected, the mode does not matter.
        let mode = if self.key.is_some() { Mode::Attended } else { Mode::Unattended };
        Session {
            key_expires_at: self.key.map(from_now),
            lease_until: from_now(self.lease),
            borrowed_until: self.borrowed.then(|| from_now(self.lease)),
            ..Session::start(user(number), request(number, "", mode), terms, now())
        }
    }
}

impl Waiting {
    fn ticket(&self, number: u128, terms: &Terms) -> Ticket {
        let request = request(number, "", Mode::Attended);
        Ticket {
            lease_until: from_now(self.lease),
            offer_until: self.offer.map(from_now),
            ..Ticket::take(ticket(number), user(number), request, self.place, terms, now())
        }
    }
}

fn ticks(until: DateTime<Utc>, at: DateTime<Utc>) -> i64 {
    (until - at).num_seconds() / TICK_SECONDS
}

pub fn from_now(ticks: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(ticks * TICK_SECONDS)
}

pub fn number(agent: usize) -> u128 {
    agent as u128 + 1
}
