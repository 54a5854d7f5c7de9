//! Derives the demand from a record: which of the recorded changes somebody asked for, and which followed by the rules.
//!
//! A pool is kept in step with the record. A recorded change that it has made by itself follows from the ones before;
//! any other has a cause of its own, which is found, applied to the pool and noted. So the demand contains only causes,
//! and replaying it at the recorded settings leads to the same record.

mod causes;
mod notes;

pub(super) use causes::{new_user, seat_request};

use super::{
    demand::{
        Change, ChangeKind, Demand, DemandTerms, GroupIndex, LicensePeriod, Limit, Micros, Order, Person, PersonIndex,
    },
    history::{History, HistoryEvent, RecordedChange},
    stage::Stage,
};
use crate::{
    Pool,
    changes::{PoolUser, SeatChange},
};
use chrono::{DateTime, TimeDelta, Utc};
use notes::{Flag, Notes};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    license::GroupLimit,
    people::UserStatus,
    session::EndReason,
    ticket::TicketEnd,
};
use std::collections::{BTreeSet, HashMap};

/// How long after its end a cool-down is noticed, at most: the server sweeps once a second.
pub(super) const SWEEP_DELAY: Micros = Micros::seconds(2);

/// A demand, and what its indexes stand for.
#[derive(Clone, Debug)]
pub struct DerivedDemand {
    pub demand: Demand,
    pub people: Vec<UserId>,
    pub devices: Vec<String>,
    pub groups: Vec<GroupId>,
}

impl Demand {
    /// Derives the demand from a record. Takes time proportional to its length.
    pub fn from_history(history: &History) -> DerivedDemand {
        let mut derivation = Derivation::new(history);
        for (number, event) in history.events.iter().enumerate() {
            derivation.advance(event.at);
            derivation.explain(number, event);
        }
        derivation.advance(history.until);
        derivation.finish()
    }
}

/// Indexes in the order of their first use.
#[derive(Debug)]
pub(super) struct Index<T> {
    pub values: Vec<T>,
    of: HashMap<T, u32>,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self { values: Vec::new(), of: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Index<T> {
    pub fn of(&mut self, value: &T) -> u32 {
        if let Some(index) = self.of.get(value) {
            return *index;
        }
        let index = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.of.insert(value.clone(), index);
        index
    }
}

struct Derivation<'a> {
    history: &'a History,
    stage: Stage,
    now: DateTime<Utc>,
    /// What the pool has done by itself and the record has not confirmed yet.
    expected: Vec<RecordedChange>,
    /// When it is noticed whose cool-downs are over.
    wakes: BTreeSet<(DateTime<Utc>, UserId)>,
    /// The last cause after which free seats were not offered yet.
    unoffered: Option<Flag>,
    /// Whether the record has a cause at the present time.
    has_cause: bool,
    notes: Notes,
}

impl<'a> Derivation<'a> {
    fn new(history: &'a History) -> Self {
        let mut terms = history.terms.clone();
        terms.starts_at = effective_start(history, terms.starts_at, 0);
        let mut pool = Pool::new(terms, history.sessions.iter().cloned(), history.tickets.iter().cloned());
        for user in &history.users {
            pool.set_user(user.clone());
        }
        let assigned = history.users.iter().filter(|user| user.assigned).count();
        pool.set_assigned_count(i64::try_from(assigned).unwrap_or(i64::MAX));
        Self {
            history,
            stage: Stage::new(pool, effective_end(history, history.terms.ends_at, 0)),
            now: history.from,
            expected: Vec::new(),
            wakes: history.users.iter().filter_map(|user| Some((after_sweep(user.cool_until?), user.id))).collect(),
            unoffered: None,
            has_cause: false,
            notes: Notes::new(history),
        }
    }

    /// Lets time pass.
    fn advance(&mut self, to: DateTime<Utc>) {
        while let Some((at, user)) = self.wakes.first().copied().filter(|(at, _)| *at < to) {
            self.wakes.pop_first();
            if at > self.now && self.stage.could_be_offered(user, at) {
                self.move_to(at);
                self.catch_up();
            }
        }
        self.move_to(to);
    }

    fn move_to(&mut self, to: DateTime<Utc>) {
        if to <= self.now {
            return;
        }
        if self.stage.is_due() {
            self.catch_up();
        }
        self.notes.demand.unexplained += u32::try_from(self.expected.len()).unwrap_or(u32::MAX);
        self.expected.clear();
        self.now = to;
        self.has_cause = false;
        self.stage.note_change();
    }

    /// Offers free seats, and notes that they were offered after the last cause.
    fn catch_up(&mut self) {
        if let Some(flag) = self.unoffered.take() {
            self.notes.set_offers_after(flag);
        }
        self.stage.catch_up(self.now);
        self.collect();
    }

    /// Takes what the pool has done.
    fn collect(&mut self) {
        for (change, _) in self.stage.take_changes() {
            if let SeatChange::CoolDownStarted { user, until } = &change {
                self.wakes.insert((after_sweep(*until), *user));
            }
            self.expected.extend(RecordedChange::of(&change));
        }
    }

    /// Finds the cause of a recorded change, unless it follows from the ones before.
    fn explain(&mut self, number: usize, event: &HistoryEvent) {
        let change = &event.change;
        let is_known = self.confirm(change) || {
            if self.stage.is_due() && !change.takes_no_seat() {
                self.catch_up();
            }
            self.confirm(change)
        };
        if is_known {
            let offered = matches!(change, RecordedChange::Offered { .. });
            if offered && !self.has_cause {
                self.note_sweep(number);
            }
            self.notes.follow(change, self.at(), order(number));
            return;
        }
        self.has_cause = true;
        self.find_cause(number, change);
        self.collect();
        if !change.takes_no_seat() {
            self.catch_up();
        }
        if !self.confirm(change) {
            self.notes.demand.unexplained += 1;
        }
    }

    fn note_sweep(&mut self, number: usize) {
        self.has_cause = true;
        let (at, order) = (self.at(), order(number));
        self.notes.demand.changes.push(Change { at, order, kind: ChangeKind::Swept, offers_after: true });
    }

    /// Whether the pool has made this change.
    fn confirm(&mut self, change: &RecordedChange) -> bool {
        let is_same = |expected: &RecordedChange| match (expected, change) {
            (RecordedChange::Refused { user, code, .. }, RecordedChange::Refused { user: of, code: recorded, .. }) => {
                (user, code) == (of, recorded)
            }
            (expected, change) => expected == change,
        };
        match self.expected.iter().position(is_same) {
            Some(index) => {
                self.expected.remove(index);
                true
            }
            None => false,
        }
    }

    fn at(&self) -> Micros {
        self.time(self.now)
    }

    fn time(&self, time: DateTime<Utc>) -> Micros {
        Micros::of(time - self.history.from)
    }

    fn finish(mut self) -> DerivedDemand {
        if self.unoffered.is_some() {
            self.catch_up();
        }
        self.notes.demand.unexplained += u32::try_from(self.expected.len()).unwrap_or(u32::MAX);
        let end = self.at();
        self.notes.finish(end)
    }
}

/// When the license started in effect, by the terms that are in force from this event on: with the first event
/// afterwards. Before, nobody noticed.
fn effective_start(history: &History, starts_at: Option<DateTime<Utc>>, from: usize) -> Option<DateTime<Utc>> {
    let start = starts_at?;
    if start <= time_before(history, from) {
        return Some(start);
    }
    let first = history.events.iter().skip(from).find(|event| event.at >= start);
    Some(first.map_or(start, |event| event.at))
}

/// When the license ended in effect, if it ends at `ends_at` by the terms that are in force from this event on: at the
/// first automatic end of a session or ticket afterwards, because that ends all of them.
fn effective_end(history: &History, ends_at: Option<DateTime<Utc>>, from: usize) -> Option<DateTime<Utc>> {
    let end = ends_at?;
    let later = history.events.iter().skip(from);
    let later = later.take_while(|event| !matches!(event.change, RecordedChange::PeriodChanged { .. }));
    let noticed = later.filter(|event| event.at >= end).find(|event| notices_end(&event.change));
    // An end in the last moment of the period is noticed after it.
    let due = end.max(time_before(history, from));
    let unnoticed = if after_sweep(due) < history.until { due } else { due.max(after_sweep(history.until)) };
    // What was recorded at that time comes first.
    Some(noticed.map_or(unnoticed, |event| event.at) + TimeDelta::microseconds(1))
}

/// The time of the event before this one.
fn time_before(history: &History, number: usize) -> DateTime<Utc> {
    let before = number.checked_sub(1).and_then(|before| history.events.get(before));
    before.map_or(history.from, |event| event.at)
}

/// Whether the end of the license, if it has come, has been noticed with this change.
fn notices_end(change: &RecordedChange) -> bool {
    use EndReason::{Idle, KeyExpired, LeaseExpired, LicenseEnded};
    match change {
        RecordedChange::Ended { reason, .. } => matches!(reason, Idle | KeyExpired | LeaseExpired | LicenseEnded),
        RecordedChange::TicketEnded { reason, .. } => {
            matches!(reason, TicketEnd::Missed | TicketEnd::Lapsed | TicketEnd::LicenseEnded)
        }
        _ => false,
    }
}

fn after_sweep(time: DateTime<Utc>) -> DateTime<Utc> {
    time + SWEEP_DELAY.length()
}

fn order(number: usize) -> Order {
    Order(u32::try_from(number).unwrap_or(u32::MAX - 1))
}

/// The limits with indexes of groups.
fn limits(groups: &mut Index<GroupId>, limits: &[GroupLimit]) -> Vec<Limit> {
    let limits = limits.iter().map(|limit| Limit {
        group: GroupIndex(groups.of(&limit.group_id)),
        floor: limit.floor,
        cap: limit.cap,
    });
    limits.collect()
}

/// A person as the record has them at the beginning.
fn person(groups: &mut Index<GroupId>, user: &PoolUser, from: DateTime<Utc>) -> Person {
    Person {
        assigned: user.assigned,
        suspended: user.status == UserStatus::Suspended,
        cool_until: user.cool_until.filter(|until| *until > from).map(|until| Micros::of(until - from)),
        groups: user.groups.iter().map(|group| GroupIndex(groups.of(group))).collect(),
    }
}

/// The terms at the beginning.
fn terms(groups: &mut Index<GroupId>, history: &History) -> DemandTerms {
    let terms = &history.terms;
    let time = |time: DateTime<Utc>| Micros::of(time - history.from);
    DemandTerms {
        model: terms.model,
        seats: terms.seats,
        period: LicensePeriod {
            starts_at: effective_start(history, terms.starts_at, 0).map(time),
            ends_at: terms.ends_at.map(time),
            end_noticed_at: effective_end(history, terms.ends_at, 0).map(time),
        },
        archived: terms.archived,
        rules: terms.rules,
        limits: limits(groups, &terms.groups),
    }
}

/// The number of a person, who may be new.
fn person_index(people: &mut Index<UserId>, demand: &mut Demand, user: UserId) -> PersonIndex {
    let index = people.of(&user);
    while demand.people.len() <= index as usize {
        demand.people.push(Person::default());
    }
    PersonIndex(index)
}
