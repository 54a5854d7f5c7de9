//! How simulated agents behave: their office hours, how long they work and pause, and what they do at a refusal.

use chrono::{DateTime, Datelike as _, Days, NaiveTime, TimeDelta, TimeZone as _, Timelike as _, Utc, Weekday};
use chrono_tz::{Europe::Berlin, Tz};
use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};
use seatkeeper_shared::session::Platform;

/// The time zone of the sample account.
const ZONE: Tz = Berlin;

/// When an agent works on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// The next shift of an agent that begins after a time. On Saturdays one agent in five works in the morning; one day in
/// twelve an agent is away.
pub fn next_shift(after: DateTime<Utc>, rng: &mut StdRng) -> Shift {
    let mut day = after.with_timezone(&ZONE).date_naive();
    loop {
        let works = match day.weekday() {
            Weekday::Sun => false,
            Weekday::Sat => rng.random_ratio(1, 5),
            _ => rng.random_ratio(11, 12),
        };
        // Two in three begin at about eight, the others at about half past nine.
        let begin = if rng.random_ratio(2, 3) { 7 * 60 + 30 } else { 9 * 60 };
        let begin = begin + rng.random_range(0..50);
        let minutes = if day.weekday() == Weekday::Sat { 4 * 60 } else { 8 * 60 + rng.random_range(0..60) };
        let from = NaiveTime::from_num_seconds_from_midnight_opt(begin * 60, 0).unwrap_or_default();
        // No shift begins at a time that a change of the clocks leaves out or repeats.
        if let Some(from) = ZONE.from_local_datetime(&day.and_time(from)).earliest().map(|at| at.to_utc())
            && works
            && from > after
        {
            return Shift { from, to: from + TimeDelta::minutes(minutes) };
        }
        day = day.checked_add_days(Days::new(1)).unwrap_or(day);
    }
}

/// How long an agent pauses between two sessions: shorter when many customers call.
pub fn pause(at: DateTime<Utc>, rng: &mut StdRng) -> TimeDelta {
    let local = at.with_timezone(&ZONE);
    let mean_minutes = match (local.weekday(), local.hour()) {
        (_, 12) => 45.0,
        (Weekday::Mon | Weekday::Tue, 9..=11) => 9.0,
        (_, 9 | 10 | 14) => 15.0,
        (Weekday::Fri, 13..) => 50.0,
        _ => 27.0,
    };
    exponential(mean_minutes, rng)
}

/// How long a session lasts once it is connected. A few last for hours.
pub fn session_length(rng: &mut StdRng) -> TimeDelta {
    let mean = if rng.random_ratio(1, 25) { 80.0 } else { 16.0 };
    TimeDelta::minutes(2) + exponential(mean, rng)
}

/// How long it takes until the customer has entered the key.
pub fn connect_delay(rng: &mut StdRng) -> TimeDelta {
    TimeDelta::seconds(rng.random_range(15..150))
}

/// How long an agent waits in the queue before giving up.
pub fn patience(rng: &mut StdRng) -> TimeDelta {
    TimeDelta::minutes(2) + exponential(14.0, rng)
}

/// Exponentially distributed with this mean.
fn exponential(mean_minutes: f64, rng: &mut StdRng) -> TimeDelta {
    let uniform: f64 = rng.random_range(f64::EPSILON..1.0);
    let seconds = -uniform.ln() * mean_minutes * 60.0;
    TimeDelta::milliseconds((seconds * 1_000.0).round() as i64)
}

/// What an agent does after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRefusal {
    /// The client asks again within seconds, as impatient people click.
    AskAgain(TimeDelta),
    /// Asks again after some minutes.
    TryLater(TimeDelta),
    /// Does something else.
    GiveUp,
}

/// What an agent does after this many refusals in a row.
pub fn after_refusal(refusals: u32, rng: &mut StdRng) -> AfterRefusal {
    match refusals {
        1..=4 if rng.random_ratio(3, 5) => {
            AfterRefusal::AskAgain(TimeDelta::milliseconds(rng.random_range(1_200..8_000)))
        }
        1..=6 if rng.random_ratio(3, 4) => AfterRefusal::TryLater(TimeDelta::seconds(rng.random_range(90..600))),
        _ => AfterRefusal::GiveUp,
    }
}

/// The platform of a customer's device.
pub fn platform(rng: &mut StdRng) -> Platform {
    use Platform::{Android, Ios, Linux, Mac, Windows};
    *[Windows, Windows, Windows, Windows, Mac, Mac, Ios, Android, Linux].choose(rng).unwrap_or(&Windows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn shifts_are_in_office_hours_and_never_on_sundays() {
        let mut rng = StdRng::seed_from_u64(7);
        let mut after = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        for _ in 0..200 {
            let shift = next_shift(after, &mut rng);
            let (from, to) = (shift.from.with_timezone(&ZONE), shift.to.with_timezone(&ZONE));
            assert!(shift.from > after && (7..=9).contains(&from.hour()) && to.hour() <= 19, "{from} {to}");
            assert_ne!(from.weekday(), Weekday::Sun);
            after = shift.to;
        }
    }
}
