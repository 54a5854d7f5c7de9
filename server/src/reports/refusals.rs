//! The report of refused requests.

use super::{
    SECOND,
    attempts::{self, AttemptFolder, AttemptOutcome, SeatAttempt},
    local_time,
    record::{RecordKind, UsageRecord},
};
use chrono_tz::Tz;
use seatkeeper_shared::{ids::UserId, problem::Code, wire::reports::WindowAttempts};
use std::collections::{BTreeMap, HashMap};

/// The windows, in seconds, for which the number of attempts is given.
pub const SENSITIVITY_SECONDS: [i64; 4] = [1, 10, 60, 600];

/// Requests and attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub requests: i64,
    pub attempts: i64,
}

/// What the refused requests of a period come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoldedRefusals {
    pub requests: i64,
    pub repeated: i64,
    pub soon_seated: i64,
    /// The attempts that count, in the order in which they began, each with how long after it the user got a seat, in
    /// microseconds.
    pub attempts: Vec<(SeatAttempt, Option<i64>)>,
    pub sensitivity: Vec<WindowAttempts>,
    /// Requests by the rule that refused them, attempts by the rule that refused first.
    pub by_rule: BTreeMap<Code, Counts>,
    pub by_user: BTreeMap<UserId, Counts>,
    /// The attempts by the local hour in which they began.
    pub by_hour: [i64; 24],
}

/// A record with the time at which it counts.
type TimedRecord<'a> = (&'a UsageRecord, i64);

/// Folds the refused requests among these records with a window in seconds. The records are in the order of the log,
/// and contain the sessions that were created.
pub fn fold(zone: Tz, records: &[UsageRecord], window_seconds: i64) -> FoldedRefusals {
    let mut last_at = i64::MIN;
    let timed = records.iter().map(|record| {
        last_at = last_at.max(record.at.timestamp_micros());
        (record, last_at)
    });
    let timed: Vec<_> = timed.collect();
    let mut folded = FoldedRefusals::default();
    for (record, _) in &timed {
        if let (RecordKind::Refused(refused), Some(user)) = (&record.kind, record.user) {
            folded.requests += 1;
            folded.by_rule.entry(refused.code).or_default().requests += 1;
            folded.by_user.entry(user).or_default().requests += 1;
        }
    }
    let seats = seats_by_user(&timed);
    for attempt in attempts(&timed, window_seconds) {
        folded.repeated += attempt.requests - 1;
        if attempt.outcome == AttemptOutcome::SoonSeated {
            folded.soon_seated += 1;
            continue;
        }
        folded.by_rule.entry(attempt.code).or_default().attempts += 1;
        folded.by_user.entry(attempt.key.user).or_default().attempts += 1;
        let hour = usize::from(local_time::weekday_and_hour(zone, attempt.first_at).1);
        if let Some(count) = folded.by_hour.get_mut(hour) {
            *count += 1;
        }
        let seated_after = seated_after(&seats, &attempt);
        folded.attempts.push((attempt, seated_after));
    }
    folded.sensitivity = SENSITIVITY_SECONDS
        .iter()
        .map(|&window_seconds| WindowAttempts { window_seconds, attempts: count(&attempts(&timed, window_seconds)) })
        .collect();
    folded
}

fn attempts(records: &[TimedRecord<'_>], window_seconds: i64) -> Vec<SeatAttempt> {
    let mut folder = AttemptFolder::new(window_seconds * SECOND);
    for (record, at) in records {
        match (&record.kind, record.user) {
            (RecordKind::Refused(refused), _) => {
                attempts::request(record, refused, *at, None).into_iter().for_each(|request| folder.refuse(request));
            }
            (RecordKind::Created(_), Some(user)) => folder.seat(user, *at),
            _ => {}
        }
    }
    folder.finish(i64::MAX / 2)
}

fn count(attempts: &[SeatAttempt]) -> i64 {
    let counted = attempts.iter().filter(|attempt| attempt.outcome != AttemptOutcome::SoonSeated).count();
    i64::try_from(counted).unwrap_or(i64::MAX)
}

/// When each user got seats, with the positions in the log, in order.
fn seats_by_user(records: &[TimedRecord<'_>]) -> HashMap<UserId, Vec<(i64, i64)>> {
    let mut seats: HashMap<_, Vec<_>> = HashMap::new();
    for (record, at) in records {
        if let (RecordKind::Created(_), Some(user)) = (&record.kind, record.user) {
            seats.entry(user).or_default().push((record.position.0, *at));
        }
    }
    seats
}

fn seated_after(seats: &HashMap<UserId, Vec<(i64, i64)>>, attempt: &SeatAttempt) -> Option<i64> {
    let seats = seats.get(&attempt.key.user)?;
    let next = seats.partition_point(|(position, _)| *position <= attempt.last_position.0);
    seats.get(next).map(|(_, at)| at - attempt.last_at)
}
