//! The busiest hours of a replay: how many seats they need, and who occupies them.

use crate::{
    pool::replay::{SessionStep, demand::PersonIndex},
    reports::local_time::hour_ends,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use seatkeeper_shared::ids::SessionId;
use std::collections::{BTreeMap, HashMap};

/// The share of the hours that count as the busiest, in percent.
const BUSY_PERCENT: usize = 5;

/// What a replay says about the busiest hours, and about sessions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BusyUsage {
    /// The mean number of occupied seats in the busiest hours.
    pub load: f64,
    /// The sessions that ended.
    pub sessions: usize,
    /// Their mean length, in seconds. What was before the beginning is not counted.
    pub session_seconds: f64,
    /// The share of the busiest hours in which each person had a session.
    pub shares: BTreeMap<PersonIndex, f64>,
    /// The busiest hours, in order, in microseconds since 1970.
    pub hours: Vec<(i64, i64)>,
}

/// An hour, in microseconds since 1970, and the occupied seats times microseconds in it.
#[derive(Clone, Copy, Debug)]
struct Hour {
    from: i64,
    to: i64,
    seat_time: i64,
    is_busy: bool,
    /// How much busy time there is before it.
    busy_before: i64,
}

impl BusyUsage {
    /// Of a replay that begins at `from`. Hours are those of the clock.
    pub fn of(steps: &[SessionStep], (from, to): (DateTime<Utc>, DateTime<Utc>), zone: Tz) -> Self {
        let (begin, end) = (from.timestamp_micros(), to.timestamp_micros());
        let mut hours = hours(steps, begin, end, zone);
        mark_busy(&mut hours);
        let busy = hours.iter().filter(|hour| hour.is_busy);
        let (seat_time, time) =
            busy.fold((0, 0), |(seats, time), hour| (seats + hour.seat_time, time + hour.to - hour.from));
        let (sessions, total) = lengths(steps);
        let shares = busy_times(steps, &hours, begin, end);
        let share = |part: i64, of: i64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        Self {
            load: share(seat_time, time),
            sessions,
            session_seconds: if sessions == 0 { 0.0 } else { total as f64 / 1e6 / sessions as f64 },
            shares: shares.into_iter().map(|(person, busy)| (person, share(busy, time))).collect(),
            hours: hours.iter().filter(|hour| hour.is_busy).map(|hour| (hour.from, hour.to)).collect(),
        }
    }
}

fn hours(steps: &[SessionStep], begin: i64, end: i64, zone: Tz) -> Vec<Hour> {
    let (mut hours, mut from) = (Vec::new(), begin);
    for to in hour_ends(zone, begin, end) {
        hours.push(Hour { from, to, seat_time: 0, is_busy: false, busy_before: 0 });
        from = to;
    }
    let (mut at, mut level, mut current) = (begin, 0, 0);
    let changes = steps.iter().map(|step| (begin + step.at.0, step.occupied)).chain([(end, 0)]);
    for (until, next) in changes {
        while at < until {
            let Some(hour) = hours.get_mut(current) else { break };
            let stop = until.min(hour.to);
            hour.seat_time += level * (stop - at);
            at = stop;
            current += usize::from(stop == hour.to);
        }
        level = next;
    }
    hours
}

/// Marks the hours with the highest mean, of equal ones the earlier.
fn mark_busy(hours: &mut [Hour]) {
    let mean = |hour: &Hour| hour.seat_time as f64 / (hour.to - hour.from).max(1) as f64;
    let mut order: Vec<_> = (0..hours.len()).collect();
    order.sort_by(|one, other| mean(&hours[*other]).total_cmp(&mean(&hours[*one])).then(one.cmp(other)));
    for index in order.into_iter().take((hours.len() * BUSY_PERCENT).div_ceil(100)) {
        hours[index].is_busy = true;
    }
    let mut busy = 0;
    for hour in hours {
        hour.busy_before = busy;
        busy += if hour.is_busy { hour.to - hour.from } else { 0 };
    }
}

/// How much busy time there is before a time.
fn busy_before(hours: &[Hour], at: i64) -> i64 {
    let index = hours.partition_point(|hour| hour.from <= at).saturating_sub(1);
    hours.get(index).map_or(0, |hour| hour.busy_before + if hour.is_busy { at.min(hour.to) - hour.from } else { 0 })
}

/// The sessions that ended, and their lengths added up.
fn lengths(steps: &[SessionStep]) -> (usize, i64) {
    let (mut begins, mut count, mut total) = (HashMap::<SessionId, i64>::new(), 0, 0);
    for step in steps {
        if step.begins {
            begins.insert(step.session, step.at.0);
        } else if let Some(begin) = begins.remove(&step.session) {
            count += 1;
            total += step.at.0 - begin;
        }
    }
    (count, total)
}

/// The busy time in which each person had a session.
fn busy_times(steps: &[SessionStep], hours: &[Hour], begin: i64, end: i64) -> BTreeMap<PersonIndex, i64> {
    let mut live = HashMap::<PersonIndex, (u32, i64)>::new();
    let mut times = BTreeMap::new();
    let mut add = |person: PersonIndex, since: i64, until: i64| {
        *times.entry(person).or_default() += busy_before(hours, until) - busy_before(hours, since);
    };
    for step in steps {
        let at = begin + step.at.0;
        let (count, since) = live.entry(step.person).or_insert((0, at));
        if step.begins {
            *since = if *count == 0 { at } else { *since };
            *count += 1;
        } else if *count > 0 {
            *count -= 1;
            if *count == 0 {
                add(step.person, *since, at);
            }
        }
    }
    for (person, (count, since)) in live {
        if count > 0 {
            add(person, since, end);
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::replay::demand::Micros;
    use chrono::TimeDelta;
    use uuid::Uuid;

    fn step(minute: i64, person: u32, session: u128, begins: bool, occupied: i64) -> SessionStep {
        let (at, session) = (Micros::seconds(minute * 60), SessionId(Uuid::from_u128(session)));
        SessionStep { at, person: PersonIndex(person), session, begins, occupied }
    }

    /// Of 20 hours, one is the busiest: the third, with two seats for its first half and one for the rest.
    #[test]
    fn the_busiest_hour_is_the_one_with_the_highest_mean() {
        let steps = [
            step(60, 0, 1, true, 1),
            step(110, 1, 2, true, 2),
            step(150, 0, 1, false, 1),
            step(200, 1, 2, false, 0),
            step(300, 0, 3, true, 1),
        ];
        let from = DateTime::UNIX_EPOCH;
        let usage = BusyUsage::of(&steps, (from, from + TimeDelta::hours(20)), Tz::UTC);
        assert_eq!((usage.load, usage.sessions, usage.session_seconds), (1.5, 2, 90.0 * 60.0));
        assert_eq!(usage.shares, BTreeMap::from([(PersonIndex(0), 0.5), (PersonIndex(1), 1.0)]));
        assert_eq!(usage.hours, [(7_200_000_000, 10_800_000_000)]);
    }

    #[test]
    fn nothing_has_no_busy_hours() {
        let from = DateTime::UNIX_EPOCH;
        assert_eq!(BusyUsage::of(&[], (from, from), Tz::UTC), BusyUsage::default());
    }
}
