//! The event log, held against itself, against what clients were told, and against the tables.

use super::{Entry, Evidence, Violation, replay::Replay};
use crate::torture::history::{Asked, Told};
use seatkeeper_shared::ids::SessionId;
use std::collections::{BTreeMap, HashSet};

/// All contradictions.
pub fn violations(evidence: &Evidence) -> Vec<Violation> {
    let mut found = gaps(&evidence.log);
    let mut replay = Replay::new(evidence);
    for entry in &evidence.log {
        found.extend(replay.follow(entry));
    }
    found.extend(replay.against(evidence));
    found.extend(not_in_it(evidence));
    found.extend(lost_changes(evidence));
    found
}

fn gaps(log: &[Entry]) -> Vec<Violation> {
    let wrong = log.iter().zip(1..).filter(|(entry, expected)| entry.position != *expected);
    // Behind the first gap everything is in the wrong place.
    wrong.take(1).map(|(_, expected)| Violation::Gap(expected)).collect()
}

/// Grants and ends that clients were told of.
fn not_in_it(evidence: &Evidence) -> Vec<Violation> {
    let of = |kind: &str| -> HashSet<SessionId> {
        evidence.log.iter().filter(|entry| entry.kind == kind).filter_map(|entry| entry.session).collect()
    };
    let (created, ended) = (of("session_created"), of("session_ended"));
    let missing = evidence.operations.iter().filter_map(|operation| match (&operation.asked, &operation.told) {
        (_, Told::Session(id, _)) if !created.contains(id) => Some(Violation::LostGrant(*id)),
        (Asked::End(id) | Asked::Heartbeat(id) | Asked::Connect(id), Told::Over) if !ended.contains(id) => {
            Some(Violation::LostEnd(*id))
        }
        _ => None,
    });
    missing.collect()
}

/// Changes of seats and assignments that clients were told of more often than they stand in the log.
fn lost_changes(evidence: &Evidence) -> Vec<Violation> {
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for operation in evidence.operations.iter().filter(|operation| operation.told == Told::Changed(true)) {
        *told.entry(format!("{:?}", operation.asked)).or_default() += 1;
    }
    let mut logged: BTreeMap<String, usize> = BTreeMap::new();
    for asked in evidence.log.iter().filter_map(change) {
        *logged.entry(format!("{asked:?}")).or_default() += 1;
    }
    let lost = told.into_iter().filter(|(asked, times)| logged.get(asked).is_none_or(|logged| logged < times));
    lost.map(|(asked, _)| Violation::LostChange(asked)).collect()
}

/// The question whose answer an entry is.
fn change(entry: &Entry) -> Option<Asked> {
    let license = entry.license?;
    match entry.kind.as_str() {
        "seats_changed" => Some(Asked::Resize(license, entry.facts["changes"]["seats"][1].as_i64()?)),
        "license_granted" => Some(Asked::Assign(license, entry.user?)),
        "license_revoked" => Some(Asked::Revoke(license, entry.user?)),
        _ => None,
    }
}
