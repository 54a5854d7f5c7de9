//! Checks the event log: against itself, the outcomes known to clients, and the tables.

use super::{Entry, Evidence, Violation, replay::Replay};
use crate::torture::history::{Action, Outcome};
use seatkeeper_shared::ids::SessionId;
use std::collections::{BTreeMap, HashSet};

pub fn violations(evidence: &Evidence) -> Vec<Violation> {
    let mut found = gaps(&evidence.log);
    let mut replay = Replay::new(evidence);
    for entry in &evidence.log {
        found.extend(replay.apply(entry));
    }
    found.extend(replay.table_differences(evidence));
    found.extend(missing_in_log(evidence));
    found.extend(lost_changes(evidence));
    found
}

fn gaps(log: &[Entry]) -> Vec<Violation> {
    let wrong = log.iter().zip(1..).filter(|(entry, expected)| entry.position != *expected);
    // After the first gap, every position is wrong.
    wrong.take(1).map(|(_, expected)| Violation::Gap(expected)).collect()
}

/// Grants and ends that clients know of, but that are missing in the log.
fn missing_in_log(evidence: &Evidence) -> Vec<Violation> {
    let of = |kind: &str| -> HashSet<SessionId> {
        evidence.log.iter().filter(|entry| entry.kind == kind).filter_map(|entry| entry.session).collect()
    };
    let (created, ended) = (of("session_created"), of("session_ended"));
    let missing = evidence.operations.iter().filter_map(|operation| match (&operation.action, &operation.outcome) {
        (_, Outcome::Session(id, _)) if !created.contains(id) => Some(Violation::LostGrant(*id)),
        (Action::End(id) | Action::Heartbeat(id) | Action::Connect(id), Outcome::Over) if !ended.contains(id) => {
            Some(Violation::LostEnd(*id))
        }
        _ => None,
    });
    missing.collect()
}

/// Changes of seats and assignments that were confirmed to clients more often than they are logged.
fn lost_changes(evidence: &Evidence) -> Vec<Violation> {
    let mut outcome: BTreeMap<String, usize> = BTreeMap::new();
    for operation in evidence.operations.iter().filter(|operation| operation.outcome == Outcome::Changed(true)) {
        *outcome.entry(format!("{:?}", operation.action)).or_default() += 1;
    }
    let mut logged: BTreeMap<String, usize> = BTreeMap::new();
    for action in evidence.log.iter().filter_map(action_of) {
        *logged.entry(format!("{action:?}")).or_default() += 1;
    }
    let lost = outcome.into_iter().filter(|(action, times)| logged.get(action).is_none_or(|logged| logged < times));
    lost.map(|(action, _)| Violation::LostChange(action)).collect()
}

/// The request that caused an entry.
fn action_of(entry: &Entry) -> Option<Action> {
    let license = entry.license?;
    match entry.kind.as_str() {
        "seats_changed" => Some(Action::Resize(license, entry.facts["changes"]["seats"][1].as_i64()?)),
        "license_granted" => Some(Action::Assign(license, entry.user?)),
        "license_revoked" => Some(Action::Revoke(license, entry.user?)),
        _ => None,
    }
}
