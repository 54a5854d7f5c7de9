//! How long seats were occupied, and by whom. Sessions that share a seat count once.

use super::SECOND;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::{Model, Price, SeatRule, SecondDevice},
    session::Platform,
    wire::reports::SeatTime,
};
use std::collections::{BTreeMap, BTreeSet};

/// What decides which sessions of a license share a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharingRule {
    pub model: Model,
    pub seat_rule: SeatRule,
    pub second_device: SecondDevice,
}

/// A session that was live in a period. Times are in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatSession {
    pub id: SessionId,
    pub license: LicenseId,
    pub product: ProductId,
    pub user: UserId,
    pub device: String,
    pub platform: Option<Platform>,
    pub created_at: i64,
    pub connected_at: Option<i64>,
    /// When activity was last reported; `None`, or not after the session was connected, if it never was.
    pub active_at: Option<i64>,
    /// `None` while it is live.
    pub ended_at: Option<i64>,
}

/// What occupies a seat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeatHolder {
    Agent(UserId),
    Device(UserId, String),
    Session(SessionId),
}

impl SharingRule {
    /// What occupies the seat of this session.
    pub fn holder(self, session: &SeatSession) -> SeatHolder {
        match (self.model, self.seat_rule, self.second_device) {
            (Model::Named, ..) => SeatHolder::Agent(session.user),
            (_, SeatRule::Session, _) => SeatHolder::Session(session.id),
            (_, SeatRule::Device, _) | (_, _, SecondDevice::SecondSeat) => {
                SeatHolder::Device(session.user, session.device.clone())
            }
            (_, SeatRule::Agent, _) => SeatHolder::Agent(session.user),
        }
    }
}

/// The seat time of a row. Times are in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeasuredTime {
    pub seat: i64,
    pub connected: i64,
    pub idle: i64,
    pub sessions: i64,
    /// The seat time by license.
    pub by_license: BTreeMap<LicenseId, i64>,
}

impl MeasuredTime {
    pub fn seconds(&self) -> SeatTime {
        SeatTime {
            seat_seconds: self.seat / SECOND,
            connected_seconds: self.connected / SECOND,
            // So that the parts add up in spite of rounding.
            waiting_seconds: self.seat / SECOND - self.connected / SECOND,
            idle_seconds: self.idle / SECOND,
            sessions: self.sessions,
        }
    }
}

/// The seat time between two times by what `keys` returns for a session. A seat that sessions with different keys share
/// counts for each key.
pub fn seat_times<K: Ord + Clone>(
    sessions: &[SeatSession],
    rules: &BTreeMap<LicenseId, SharingRule>,
    (from, to): (i64, i64),
    keys: impl Fn(&SeatSession) -> Vec<K>,
) -> BTreeMap<K, MeasuredTime> {
    let mut seats: BTreeMap<(K, LicenseId, SeatHolder), Vec<&SeatSession>> = BTreeMap::new();
    for session in sessions {
        let Some(rule) = rules.get(&session.license) else { continue };
        for key in keys(session) {
            seats.entry((key, session.license, rule.holder(session))).or_default().push(session);
        }
    }
    let mut times: BTreeMap<K, MeasuredTime> = BTreeMap::new();
    for ((key, license, _), sessions) in seats {
        let time = times.entry(key).or_default();
        let (seat, connected, idle) = measure(&sessions, from, to);
        time.seat += seat;
        time.connected += connected;
        time.idle += idle;
        time.sessions += i64::try_from(sessions.len()).unwrap_or(i64::MAX);
        *time.by_license.entry(license).or_default() += seat;
    }
    times
}

/// The seat time of sessions that share a seat: how long one was live, one was connected, and all connected ones idle.
fn measure(sessions: &[&SeatSession], from: i64, to: i64) -> (i64, i64, i64) {
    // Changes of the number of live, connected and idle sessions.
    let mut changes: Vec<(i64, [i64; 3])> = Vec::with_capacity(sessions.len() * 2);
    for session in sessions {
        let end = session.ended_at.unwrap_or(to).min(to);
        let mut count = |begin: i64, change: [i64; 3]| {
            if begin.max(from) < end {
                changes.push((begin.max(from), change));
                changes.push((end, change.map(|number| -number)));
            }
        };
        count(session.created_at, [1, 0, 0]);
        if let Some(connected_at) = session.connected_at {
            count(connected_at, [0, 1, 0]);
            // Creating and connecting count as activity; if nothing was reported since, the client reports none.
            if let Some(active_at) = session.active_at.filter(|active_at| *active_at > connected_at) {
                count(active_at, [0, 0, 1]);
            }
        }
    }
    changes.sort_unstable();
    let (mut at, mut counts, mut times) = (from, [0; 3], [0; 3]);
    for (next, change) in changes {
        let [live, connected, idle] = counts;
        let is_so = [live > 0, connected > 0, connected > 0 && idle == connected];
        for (time, is_so) in times.iter_mut().zip(is_so) {
            *time += if is_so { next - at } else { 0 };
        }
        at = next;
        for (count, change) in counts.iter_mut().zip(change) {
            *count += change;
        }
    }
    let [seat, connected, idle] = times;
    (seat, connected, idle)
}

/// The different users.
pub fn count_users(sessions: &[SeatSession]) -> i64 {
    let users: BTreeSet<_> = sessions.iter().map(|session| session.user).collect();
    i64::try_from(users.len()).unwrap_or(i64::MAX)
}

/// What the seats of a license cost in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseCost {
    pub price_per_seat: Price,
    /// Purchased seats times microseconds.
    pub available: i128,
    /// Occupied seats times microseconds.
    pub occupied: i64,
}

/// A month of 30 days, in microseconds.
const MONTH: i128 = 30 * 24 * 3_600 * SECOND as i128;

/// The share of the cost of all licenses, by seat time; `None` if a license of the row has no price, or if there are
/// several currencies.
pub fn cost(row: &MeasuredTime, licenses: &BTreeMap<LicenseId, LicenseCost>) -> Option<Price> {
    let mut sum: Option<Price> = None;
    for (license, time) in row.by_license.iter().filter(|(_, time)| **time > 0) {
        let license = licenses.get(license)?;
        let (minor, occupied) = (i128::from(license.price_per_seat.minor), i128::from(license.occupied.max(1)));
        // In this order, so that nothing overflows: the occupied part of the available time, then its price.
        let share = license.available / occupied * i128::from(*time)
            + license.available % occupied * i128::from(*time) / occupied;
        let minor = i64::try_from((minor * share + MONTH / 2) / MONTH).ok()?;
        match &mut sum {
            Some(price) if price.currency == license.price_per_seat.currency => price.minor += minor,
            Some(_) => return None,
            none => *none = Some(Price { minor, currency: license.price_per_seat.currency.clone() }),
        }
    }
    sum
}

#[cfg(test)]
mod tests;
