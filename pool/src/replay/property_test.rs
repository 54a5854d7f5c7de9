//! Property test: a random history is recorded as the event log records it, the demand is derived from the record
//! alone, and replaying it leads to the same record.

use super::{
    demand::Demand,
    engine::Engine,
    history::{History, HistoryEvent, RecordedChange},
    plan::Plan,
    *,
};
use crate::{
    Pool, Terms,
    changes::PoolUser,
    property_test::{Step, StepOutcome, chosen, decide, groups_of, seat_rule, second_device, step},
    tests::{group, now, pool_user, terms, user},
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    license::{GroupLimit, Model, Rules},
    people::UserStatus,
    problem::Code,
};
use std::collections::HashMap;

/// A step of the pool, or a change that reaches it from elsewhere.
#[derive(Clone, Debug)]
enum RecordedStep {
    OfPool(Step),
    Activate(u128),
    ChangeGroups(u128, Vec<u128>),
    ChangePeriod(Option<i64>, Option<i64>),
    Archive(bool),
}

fn recorded_step() -> impl Strategy<Value = RecordedStep> {
    use RecordedStep::{Activate, Archive, ChangeGroups, ChangePeriod, OfPool};
    prop_oneof![
        40 => step().prop_map(OfPool),
        1 => (1..6_u128).prop_map(Activate),
        1 => (1..6_u128, prop::sample::subsequence(vec![1, 2], 0..=2))
            .prop_map(|(agent, groups)| ChangeGroups(agent, groups)),
        1 => (prop::option::weighted(0.3, -50..50_i64), prop::option::weighted(0.3, -20..200_i64))
            .prop_map(|(starts, ends)| ChangePeriod(starts, ends)),
        1 => prop::bool::weighted(0.3).prop_map(Archive),
    ]
}

/// A pool and the log of what happens to it.
struct Recorder {
    pool: Pool,
    at: DateTime<Utc>,
    events: Vec<HistoryEvent>,
}

impl Recorder {
    /// Writes what the pool has done to the log.
    fn record(&mut self) {
        for (change, _) in self.pool.take_changes() {
            self.events.extend(RecordedChange::of(&change).map(|change| HistoryEvent { at: self.at, change }));
        }
    }

    fn log(&mut self, change: RecordedChange) {
        self.events.push(HistoryEvent { at: self.at, change });
    }

    /// Time passes. The server ends what has expired at most a second later.
    fn advance(&mut self, seconds: i64, delay: TimeDelta) {
        let to = self.at + TimeDelta::seconds(seconds);
        while let Some(expiry) = self.pool.next_expiry.filter(|expiry| *expiry <= to) {
            self.at = self.at.max(expiry) + delay;
            self.pool.settle(self.at);
            self.pool.offer_seats(self.at);
            self.record();
        }
        self.at = self.at.max(to);
    }

    /// Carries out a step. `number` identifies what it creates.
    fn carry_out(&mut self, step: &RecordedStep, number: u128) {
        if let RecordedStep::OfPool(step) = step {
            return self.carry_out_in_pool(step, number);
        }
        self.pool.settle(self.at);
        self.pool.offer_seats(self.at);
        self.record();
        let time = |seconds: &i64| self.at + TimeDelta::seconds(*seconds);
        match step {
            RecordedStep::OfPool(_) => {}
            RecordedStep::Activate(agent) => {
                self.pool.users.get_mut(&user(*agent)).unwrap().status = UserStatus::Active;
                self.log(RecordedChange::Activated(user(*agent)));
            }
            RecordedStep::ChangeGroups(agent, numbers) => {
                let groups: Vec<_> = numbers.iter().map(|number| group(*number)).collect();
                self.pool.users.get_mut(&user(*agent)).unwrap().groups.clone_from(&groups);
                self.log(RecordedChange::GroupsChanged { user: user(*agent), groups });
            }
            RecordedStep::ChangePeriod(starts, ends) => {
                let (starts_at, ends_at) = (starts.as_ref().map(time), ends.as_ref().map(time));
                (self.pool.terms.starts_at, self.pool.terms.ends_at) = (starts_at, ends_at);
                self.log(RecordedChange::PeriodChanged { starts_at, ends_at });
            }
            RecordedStep::Archive(archived) => {
                self.pool.terms.archived = *archived;
                self.log(RecordedChange::Archived(*archived));
            }
        }
        self.pool.next_expiry = Some(self.at);
        self.pool.offer_seats(self.at);
        self.record();
    }

    fn carry_out_in_pool(&mut self, step: &Step, number: u128) {
        let delay = TimeDelta::milliseconds(i64::try_from(number).unwrap() * 37 % 1_000);
        match step {
            Step::Advance(seconds) => self.advance(*seconds, delay),
            // The log has it before what follows from it, but after what had expired.
            Step::Suspend(agent) => {
                self.pool.settle(self.at);
                self.pool.offer_seats(self.at);
                self.record();
                self.log(RecordedChange::Suspended(user(*agent)));
            }
            _ => {}
        }
        let is_waiting = |by: &u128, pool: &Pool| pool.is_waiting(user(*by));
        let outcome = decide(&mut self.pool, step, self.at, number);
        self.record();
        if let (Step::Request { by, wait, .. }, StepOutcome::Admission { device, result: Err(refusal), .. }) =
            (step, &outcome)
            && !(*wait && refusal.can_wait())
        {
            assert!(!*wait || !refusal.can_wait() || is_waiting(by, &self.pool));
            self.log(RecordedChange::Refused { user: user(*by), code: refusal.code, device: Some(device.clone()) });
        } else if let StepOutcome::Exchange { by, device, result: Err(refusal), .. } = outcome
            // That there is no such session is no refusal by a rule.
            && !matches!(refusal.code, Code::NotFound | Code::Borrowed | Code::WrongState)
        {
            self.log(RecordedChange::Refused { user: by, code: refusal.code, device: Some(device) });
        }
    }
}

/// The record of a random history: all of it, or from its middle on.
fn history(terms: Terms, steps: &[RecordedStep], skipped: usize) -> History {
    let assigned = terms.model == Model::Concurrent;
    let users = || (1..6).map(|number| PoolUser { groups: groups_of(number), ..pool_user(number, assigned) });
    let mut pool = Pool::new(terms, [], []);
    users().for_each(|user| pool.set_user(user));
    pool.set_assigned_count(if assigned { 5 } else { 0 });
    let mut recorder = Recorder { pool, at: now(), events: Vec::new() };
    for (step, number) in steps[..skipped].iter().zip(1..) {
        recorder.carry_out(step, number);
    }
    recorder.pool.offer_seats(recorder.at);
    recorder.events.clear();
    recorder.pool.take_changes();
    let (from, pool) = (recorder.at, recorder.pool.clone());
    for (step, number) in steps[skipped..].iter().zip(u128::try_from(skipped).unwrap() + 1..) {
        recorder.carry_out(step, number);
    }
    let cool_until = |user: UserId| pool.cool_downs.get(&user).copied();
    // That an assignment ends is in the record when it does.
    let users = pool.users.values();
    let users = users.map(|user| PoolUser { cool_until: cool_until(user.id), grant_ends_at: None, ..user.clone() });
    let mut users: Vec<_> = users.collect();
    users.sort_by_key(|user| user.id);
    History {
        from,
        until: recorder.at,
        terms: pool.terms.clone(),
        users,
        sessions: pool.sessions().cloned().collect(),
        tickets: pool.tickets().cloned().collect(),
        events: recorder.events,
    }
}

/// The changes of a history or a replay, with numbers for the ids, in the order in which they appear.
#[derive(Default)]
struct Numbering {
    sessions: HashMap<SessionId, usize>,
    tickets: HashMap<TicketId, usize>,
}

impl Numbering {
    fn session(&mut self, id: SessionId) -> SessionId {
        let next = self.sessions.len();
        SessionId(uuid::Uuid::from_u128(*self.sessions.entry(id).or_insert(next) as u128))
    }

    fn ticket(&mut self, id: TicketId) -> TicketId {
        let next = self.tickets.len();
        TicketId(uuid::Uuid::from_u128(*self.tickets.entry(id).or_insert(next) as u128))
    }

    /// The change with numbers, with this name of the user and the device.
    fn change(
        &mut self,
        change: &RecordedChange,
        person: impl Fn(UserId) -> UserId,
        name: impl Fn(&str) -> String,
    ) -> RecordedChange {
        use RecordedChange as R;
        match change.clone() {
            R::Created { session, user, device, mode, platform } => {
                R::Created { session: self.session(session), user: person(user), device: name(&device), mode, platform }
            }
            R::Connected { session } => R::Connected { session: self.session(session) },
            R::Continued { session, to } => R::Continued { session: self.session(session), to: name(&to) },
            R::Borrowed { session, until } => R::Borrowed { session: self.session(session), until },
            R::Ended { session, user, reason } => {
                R::Ended { session: self.session(session), user: person(user), reason }
            }
            R::Refused { user, code, .. } => R::Refused { user: person(user), code, device: None },
            R::Queued { ticket, user, device, mode, platform } => {
                R::Queued { ticket: self.ticket(ticket), user: person(user), device: name(&device), mode, platform }
            }
            R::Offered { ticket } => R::Offered { ticket: self.ticket(ticket) },
            R::OfferWithdrawn { ticket } => R::OfferWithdrawn { ticket: self.ticket(ticket) },
            R::Moved { ticket, place } => R::Moved { ticket: self.ticket(ticket), place },
            R::TicketEnded { ticket, user, reason, session } => R::TicketEnded {
                ticket: self.ticket(ticket),
                user: person(user),
                reason,
                session: session.map(|session| self.session(session)),
            },
            R::Granted(user) => R::Granted(person(user)),
            R::Revoked(user) => R::Revoked(person(user)),
            R::LimitsChanged(limits) => {
                // Groups have other ids in a replay.
                R::LimitsChanged(limits.into_iter().map(|limit| GroupLimit { group_id: group(0), ..limit }).collect())
            }
            other => other,
        }
    }
}

/// Whether a change is in both: connections matter only to borrowing, so that a replay leaves out the others, and the
/// changes of users are not the license's.
fn is_compared(change: &RecordedChange) -> bool {
    use RecordedChange as R;
    let elsewhere = matches!(change, R::Activated(_) | R::Suspended(_) | R::GroupsChanged { .. });
    let of_contract = matches!(change, R::PeriodChanged { .. } | R::Archived(_));
    !matches!(change, R::Connected { .. }) && !elsewhere && !of_contract
}

/// Sorts what one decision has ended, whose order does not matter and follows the ids.
fn sorted(mut changes: Vec<(Micros, RecordedChange)>) -> Vec<String> {
    let is_end =
        |change: &RecordedChange| matches!(change, RecordedChange::Ended { .. } | RecordedChange::Continued { .. });
    let mut lines = Vec::new();
    while !changes.is_empty() {
        let (at, first) = (changes[0].0, is_end(&changes[0].1));
        let count = changes.iter().take_while(|(time, change)| *time == at && is_end(change) && first).count().max(1);
        let mut group: Vec<_> = changes.drain(..count).map(|(at, change)| format!("{} {change:?}", at.0)).collect();
        group.sort();
        lines.extend(group);
    }
    lines
}

fn recorded(history: &History) -> Vec<String> {
    let mut numbering = Numbering::default();
    for live in &history.sessions {
        numbering.session(live.id);
    }
    for ticket in &history.tickets {
        numbering.ticket(ticket.id);
    }
    let compared = history.events.iter().filter(|event| is_compared(&event.change));
    let changes = compared.map(|event| {
        let at = Micros::of(event.at - history.from);
        (at, numbering.change(&event.change, |user| user, str::to_owned))
    });
    sorted(changes.collect())
}

fn replayed(history: &History, derived: &DerivedDemand, assumptions: &Assumptions) -> Vec<String> {
    let (settings, demand) = (Settings::default(), &derived.demand);
    let plan = Plan::new(demand, &settings, assumptions);
    let mut changes = Vec::new();
    let observe = |at, change: &_, _| changes.extend(RecordedChange::of(change).map(|change| (at, change)));
    let engine = Engine::new(demand, &plan, &settings, assumptions, observe);
    engine.run(&mut |_| ControlFlow::Continue(())).unwrap();
    let mut numbering = Numbering::default();
    for number in 0..history.sessions.len() {
        numbering.session(SessionId(uuid::Uuid::from_u128(number as u128)));
    }
    for number in 0..history.tickets.len() {
        numbering.ticket(TicketId(uuid::Uuid::from_u128((history.sessions.len() + number) as u128)));
    }
    let person = |user: UserId| derived.people[user.0.as_u128() as usize];
    let name = |device: &str| derived.devices[device.parse::<usize>().unwrap()].clone();
    changes.retain(|(_, change)| is_compared(change));
    let changes = changes.iter().map(|(at, change)| (*at, numbering.change(change, person, name)));
    sorted(changes.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn replaying_a_record_leads_to_the_same_record(
        model in prop_oneof![4 => Just(Model::Concurrent), 1 => Just(Model::Named)],
        (seat_rule, second_device) in (seat_rule(), second_device()),
        seats in 0..4_i64,
        chosen in chosen(),
        (starts, ends) in (prop::option::weighted(0.2, 1..120_i64), prop::option::weighted(0.2, 200..600_i64)),
        steps in prop::collection::vec(recorded_step(), 1..100),
        skipped in 0..40_usize,
    ) {
        let rules = chosen.apply_to(Rules { seat_rule, second_device, lease_seconds: 60, ..Rules::default() });
        let at = |seconds| now() + TimeDelta::seconds(seconds);
        let (starts_at, ends_at) = (starts.map(at), ends.map(at));
        let terms = Terms { starts_at, ends_at, key_lifetime: TimeDelta::seconds(150), ..terms(model, seats, rules) };
        let history = history(terms, &steps, skipped.min(steps.len()));
        let derived = Demand::from_history(&history);
        let lines: Vec<_> = history.events.iter().map(|event| format!("{event:?}")).collect();
        prop_assert_eq!(derived.demand.unexplained, 0, "{:#?}", lines);
        prop_assert!(consistency::is_consistent(&derived.demand));
        let assumptions = Assumptions { refused: RefusedBehavior::AsRecorded, ..Assumptions::default() };
        let (found, expected) = (replayed(&history, &derived, &assumptions), recorded(&history));
        let first = found.iter().zip(&expected).position(|(found, expected)| found != expected);
        let first = first.unwrap_or(found.len().min(expected.len()));
        let until = |lines: &[String]| lines[..lines.len().min(first + 2)].to_vec();
        prop_assert!(found == expected, "replayed {:#?}\nrecorded {:#?}", until(&found), until(&expected));
    }
}
