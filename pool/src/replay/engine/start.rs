//! The beginning of a replay: the pool as it was, at the settings, and the ids of what is in it.

use super::{Agenda, Engine, Entry, Fate, Outcome, ReplayedTicket, changing::group_limits};
use crate::{
    Pool, Session, Terms, Ticket,
    changes::{PoolUser, SeatChange},
    replay::{
        demand::{Demand, EarlierSession, EarlierTicket, GroupIndex, Micros, Person, PersonIndex},
        derive::{new_user, seat_request},
        plan::Plan,
        settings::{Assumptions, Settings},
        stage::Stage,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, ProductId, SessionId, TicketId, UserId},
    people::UserStatus,
    session::{Mode, SessionState},
};
use std::collections::HashMap;
use uuid::Uuid;

/// The number in an id of a replay.
pub fn number(id: Uuid) -> u32 {
    u32::try_from(id.as_u128()).unwrap_or(u32::MAX)
}

fn id(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number))
}

pub fn user_id(person: PersonIndex) -> UserId {
    UserId(id(person.0))
}

pub fn group_id(group: GroupIndex) -> GroupId {
    GroupId(id(group.0))
}

pub fn session_id(entry: Entry) -> SessionId {
    SessionId(id(entry.0))
}

pub fn ticket_id(entry: Entry) -> TicketId {
    TicketId(id(entry.0))
}

impl<'a, F: FnMut(Micros, &SeatChange, i64)> Engine<'a, F> {
    pub fn new(
        demand: &'a Demand,
        plan: &'a Plan,
        settings: &'a Settings,
        assumptions: &'a Assumptions,
        observe: F,
    ) -> Self {
        let devices: Vec<_> = (0..plan.devices).map(|device| device.to_string()).collect();
        let count = plan.requests.len();
        let mut engine = Self {
            demand,
            plan,
            settings,
            assumptions,
            observe,
            stage: Stage::new(
                pool(demand, plan, settings, &devices),
                demand.terms.period.end_noticed_at.map(|at| demand.from + at.length()),
            ),
            devices,
            agenda: Agenda::default(),
            tickets: HashMap::new(),
            giving_up: Vec::new(),
            now: Micros(0),
            is_satisfied: vec![false; count],
            fates: vec![Fate::SameAttempt; count],
            outcome: Outcome::default(),
        };
        engine.schedule_start();
        engine
    }

    /// Schedules what happens to the earlier sessions and tickets.
    fn schedule_start(&mut self) {
        let demand = self.demand;
        self.outcome.totals.peak = self.occupied();
        self.wake_at_end_of_license();
        for (index, original) in (0..).map(PersonIndex).zip(&self.plan.originals) {
            if let Some(until) = demand.people[original.0 as usize].cool_until {
                self.end_cool_down(user_id(index), demand.from + until.length());
            }
        }
        for (entry, earlier) in (0..).map(Entry).zip(&demand.sessions) {
            self.start_work(entry, &earlier.work, earlier.began);
        }
        let first = u32::try_from(demand.sessions.len()).unwrap_or(u32::MAX);
        for (entry, earlier) in (first..).map(Entry).zip(&demand.tickets) {
            self.tickets.insert(entry, ReplayedTicket::since(earlier.joined));
            self.schedule_leaving(entry, earlier.joined);
            if earlier.offered {
                self.offered(entry, true);
            }
        }
    }
}

/// The pool at the beginning.
fn pool(demand: &Demand, plan: &Plan, settings: &Settings, devices: &[String]) -> Pool {
    let terms = terms(demand, settings);
    let sessions: Vec<_> = (0..)
        .map(Entry)
        .zip(&demand.sessions)
        .map(|(entry, live)| session(demand, &terms, devices, entry, live))
        .collect();
    let first = u32::try_from(demand.sessions.len()).unwrap_or(u32::MAX);
    let tickets: Vec<_> = (first..)
        .map(Entry)
        .zip(&demand.tickets)
        .map(|(entry, early)| ticket(demand, &terms, devices, entry, early))
        .collect();
    let mut pool = Pool::new(terms, sessions, tickets);
    let mut assigned = 0;
    for (index, original) in (0..).map(PersonIndex).zip(&plan.originals) {
        let person = &demand.people[original.0 as usize];
        assigned += i64::from(person.assigned);
        pool.set_user(pool_user(demand.from, user_id(index), person));
    }
    pool.set_assigned_count(assigned);
    pool
}

fn terms(demand: &Demand, settings: &Settings) -> Terms {
    let terms = &demand.terms;
    let time = |at: Micros| demand.from + at.length();
    Terms {
        license: LicenseId(Uuid::nil()),
        product: ProductId(Uuid::nil()),
        product_name: String::new(),
        // Keys expire when the record says so.
        key_lifetime: TimeDelta::days(36_500),
        model: terms.model,
        seats: settings.seats.unwrap_or(terms.seats),
        starts_at: terms.period.starts_at.map(time),
        ends_at: terms.period.ends_at.map(time),
        archived: terms.archived,
        rules: settings.rules.apply_to(terms.rules),
        groups: group_limits(settings.limits.as_deref().unwrap_or(&terms.limits)),
    }
}

fn pool_user(from: DateTime<Utc>, id: UserId, person: &Person) -> PoolUser {
    PoolUser {
        assigned: person.assigned,
        status: if person.suspended { UserStatus::Suspended } else { UserStatus::Active },
        cool_until: person.cool_until.map(|until| from + until.length()),
        groups: person.groups.iter().map(|group| group_id(*group)).collect(),
        ..new_user(id)
    }
}

fn session(demand: &Demand, terms: &Terms, devices: &[String], entry: Entry, live: &EarlierSession) -> Session {
    let began = demand.from + live.began.length();
    let request = seat_request(session_id(entry), device(devices, live.device.0), live.mode, None);
    let mut session = Session::start(user_id(live.person), request, terms, began);
    if live.connected && live.mode == Mode::Attended {
        (session.state, session.support_key, session.key_expires_at) = (SessionState::Connected, None, None);
    }
    if let Some(until) = live.borrowed_until {
        session.borrowed_until = Some(demand.from + until.length());
        session.lease_until = demand.from + until.length();
    }
    session
}

fn ticket(demand: &Demand, terms: &Terms, devices: &[String], entry: Entry, earlier: &EarlierTicket) -> Ticket {
    let joined = demand.from + earlier.joined.length();
    let device = device(devices, earlier.device.0);
    let request = seat_request(session_id(entry), device, earlier.mode, earlier.platform);
    let ticket = Ticket::take(ticket_id(entry), user_id(earlier.person), request, earlier.place, terms, joined);
    let offer_until = earlier.offered.then(|| demand.from + TimeDelta::seconds(terms.rules.offer_seconds));
    Ticket { offer_until, ..ticket }
}

fn device(devices: &[String], index: u32) -> &str {
    devices.get(index as usize).map(String::as_str).unwrap_or_default()
}
