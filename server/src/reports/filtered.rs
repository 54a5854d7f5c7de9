//! The usage by some people or on one platform: the log says how many seats were occupied by all, so the seats of these
//! are counted from their sessions, by the current seat rule of each license.

use super::{
    local_time::time,
    record::{RecordKind, UsageRecord},
    seat_time::{SeatHolder, SeatSession, SharingRule},
    state::UsageState,
};
use seatkeeper_shared::ids::{LicenseId, Position, UserId};
use std::collections::BTreeMap;

/// The records of these sessions, together with other records, in order of time. Positions are numbered anew.
pub fn records(
    sessions: &[SeatSession],
    rules: &BTreeMap<LicenseId, SharingRule>,
    others: impl IntoIterator<Item = UsageRecord>,
) -> Vec<UsageRecord> {
    // Ends first: a seat that is free at the same moment is not occupied twice.
    let mut changes: Vec<(i64, bool, &SeatSession)> = Vec::with_capacity(sessions.len() * 2);
    for session in sessions {
        changes.push((session.created_at, true, session));
        changes.extend(session.ended_at.map(|ended_at| (ended_at.max(session.created_at), false, session)));
    }
    changes.sort_by_key(|(at, begins, session)| (*at, *begins && session.ended_at != Some(*at), session.id));
    let mut occupied: BTreeMap<LicenseId, BTreeMap<SeatHolder, i64>> = BTreeMap::new();
    let mut records: Vec<_> = Vec::with_capacity(changes.len());
    for (at, begins, session) in changes {
        let Some(rule) = rules.get(&session.license) else { continue };
        let holders = occupied.entry(session.license).or_default();
        let holder = rule.holder(session);
        let sessions = holders.entry(holder.clone()).or_default();
        *sessions += if begins { 1 } else { -1 };
        if *sessions <= 0 {
            holders.remove(&holder);
        }
        records.push(UsageRecord {
            position: Position(0),
            at: time(at),
            license: Some(session.license),
            user: Some(session.user),
            kind: if begins { RecordKind::Created(session.id) } else { RecordKind::Ended(session.id) },
            occupied: Some(i64::try_from(holders.len()).unwrap_or(i64::MAX)),
            seats: None,
        });
    }
    records.extend(others.into_iter().map(|record| UsageRecord { occupied: None, ..record }));
    records.sort_by_key(|record| record.at);
    for (record, number) in records.iter_mut().zip(1..) {
        record.position = Position(number);
    }
    records
}

/// The state without sessions, and only with the tickets of the people whom `is_included` accepts.
pub fn initial_state(state: &UsageState, is_included: impl Fn(UserId) -> bool) -> UsageState {
    let mut state = UsageState { sessions: BTreeMap::new(), last_at: 0, ..state.clone() };
    state.licenses.values_mut().for_each(|license| license.occupied = 0);
    state.tickets.retain(|_, ticket| is_included(ticket.user));
    state
}
