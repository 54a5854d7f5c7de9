//! Checks the outcomes known to clients: against each other, and against the tables.

use super::{Evidence, Holder, SessionRow, Violation};
use crate::torture::history::{Action, Moment, Operation, Outcome};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    session::EndReason,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What clients know about one session.
#[derive(Debug)]
struct SessionKnowledge {
    user: UserId,
    license: LicenseId,
    /// The time of the first request for it.
    requested: Moment,
    /// When a client first knew that it had the session.
    held_from: Option<Moment>,
    /// The end of the latest promised lease.
    until: Moment,
    /// The promised validity of the key, unless a customer is known to have connected.
    key_until: Option<Moment>,
    /// The time of the first request for its end.
    end_requested: Option<Moment>,
    /// When a client first knew that it had ended.
    over: Option<Moment>,
}

pub fn violations(evidence: &Evidence) -> Vec<Violation> {
    let rows: HashMap<_, _> = evidence.sessions.iter().map(|row| (row.id, row)).collect();
    let known = known(&evidence.operations);
    let mut found = two_sessions(evidence);
    found.extend(invalid_responses(&evidence.operations));
    for (id, known) in &known {
        let row = rows.get(id).filter(|row| (row.user, row.license) == (known.user, known.license));
        match row {
            None => found.push(Violation::LostGrant(*id)),
            Some(row) => found.extend(known.against(row)),
        }
    }
    found.extend(revived(&evidence.operations, &known));
    found.extend(unrequested_ends(evidence));
    found.extend(oversold(evidence, &known));
    found
}

fn known(operations: &[Operation]) -> BTreeMap<SessionId, SessionKnowledge> {
    let mut known = granted(operations);
    for operation in operations {
        let Some(session) = operation.session().and_then(|id| known.get_mut(&id)) else { continue };
        session.learn(operation);
    }
    for operation in operations {
        let Action::Revoke(license, user) = operation.action else { continue };
        for session in known.values_mut().filter(|known| (known.license, known.user) == (license, user)) {
            // A revocation that completed before the request cannot have ended the session; one without a response may
            // take effect at any time.
            if operation.outcome == Outcome::Unknown || operation.completed >= session.requested {
                session.end_requested = earlier(session.end_requested, operation.invoked);
            }
        }
    }
    known
}

/// The granted sessions, each with the time of the first request for it.
fn granted(operations: &[Operation]) -> BTreeMap<SessionId, SessionKnowledge> {
    let mut requested: HashMap<(UserId, &str), Moment> = HashMap::new();
    let mut known = BTreeMap::new();
    for operation in operations {
        let Action::Create { user, license, key } = &operation.action else { continue };
        let first = requested.entry((*user, key)).or_insert(operation.invoked);
        *first = operation.invoked.min(*first);
        let Outcome::Session(id, _) = operation.outcome else { continue };
        known.entry(id).or_insert(SessionKnowledge {
            user: *user,
            license: *license,
            requested: *first,
            held_from: None,
            until: Moment::ZERO,
            key_until: None,
            end_requested: None,
            over: None,
        });
    }
    known
}

impl SessionKnowledge {
    fn learn(&mut self, operation: &Operation) {
        match (&operation.action, &operation.outcome) {
            (Action::Create { .. }, Outcome::Session(_, Some(lease))) => {
                self.held_from = earlier(self.held_from, operation.completed);
                self.until = self.until.max(lease.until);
                self.key_until = lease.key_until;
            }
            (Action::Connect(_), Outcome::Session(_, Some(lease))) => {
                self.until = self.until.max(lease.until);
                self.key_until = None;
            }
            (_, Outcome::Renewed(until)) => self.until = self.until.max(*until),
            (_, Outcome::Over | Outcome::Session(_, None)) => self.over = earlier(self.over, operation.completed),
            _ => {}
        }
        if let Action::End(_) = operation.action {
            self.end_requested = earlier(self.end_requested, operation.invoked);
        }
    }

    /// Until when it was certainly live.
    fn certain_until(&self) -> Moment {
        [self.key_until, self.end_requested, self.over].into_iter().flatten().fold(self.until, Moment::min)
    }

    fn against(&self, row: &SessionRow) -> Option<Violation> {
        match row.ended {
            None if self.over.is_some() => Some(Violation::LostEnd(row.id)),
            Some((at, EndReason::LeaseExpired)) if at < self.until => Some(Violation::CutShort(row.id)),
            Some((at, EndReason::KeyExpired)) if self.key_until.is_none_or(|until| at < until) => {
                Some(Violation::CutShort(row.id))
            }
            _ => None,
        }
    }
}

fn earlier(known: Option<Moment>, other: Moment) -> Option<Moment> {
    Some(known.map_or(other, |known| known.min(other)))
}

impl Operation {
    /// The session of the operation, if known.
    fn session(&self) -> Option<SessionId> {
        match (&self.action, &self.outcome) {
            (Action::Connect(id) | Action::Heartbeat(id) | Action::End(id), _) | (_, Outcome::Session(id, _)) => {
                Some(*id)
            }
            _ => None,
        }
    }
}

/// Idempotency keys with more than one session, in outcomes or in the table.
fn two_sessions(evidence: &Evidence) -> Vec<Violation> {
    let mut sessions: BTreeMap<(UserId, &str), BTreeSet<SessionId>> = BTreeMap::new();
    for operation in &evidence.operations {
        if let (Action::Create { user, key, .. }, Outcome::Session(id, _)) = (&operation.action, &operation.outcome) {
            sessions.entry((*user, key)).or_default().insert(*id);
        }
    }
    for row in &evidence.sessions {
        if let Some(key) = &row.key {
            sessions.entry((row.user, key)).or_default().insert(row.id);
        }
    }
    let twice = sessions.into_iter().filter(|(_, sessions)| sessions.len() > 1);
    twice.map(|((user, key), _)| Violation::TwoSessions(user, key.to_owned())).collect()
}

fn invalid_responses(operations: &[Operation]) -> impl Iterator<Item = Violation> {
    operations.iter().filter_map(|operation| match &operation.outcome {
        Outcome::Invalid(what) => Some(Violation::InvalidResponse(format!("{:?}: {what}", operation.action))),
        _ => None,
    })
}

/// A known session was reported as missing, or as live after its end was reported.
fn revived<'a>(
    operations: &'a [Operation],
    known: &'a BTreeMap<SessionId, SessionKnowledge>,
) -> impl Iterator<Item = Violation> + 'a {
    operations.iter().filter_map(|operation| {
        let id = operation.session()?;
        let session = known.get(&id)?;
        let after = |moment: Option<Moment>| moment.is_some_and(|moment| moment < operation.invoked);
        match operation.outcome {
            Outcome::NotFound if after(session.held_from) => Some(Violation::LostGrant(id)),
            Outcome::Renewed(_) | Outcome::Session(_, Some(_)) if after(session.over) => Some(Violation::LostEnd(id)),
            _ => None,
        }
    })
}

/// Sessions that ended without a request, and for a reason that needs one.
fn unrequested_ends(evidence: &Evidence) -> Vec<Violation> {
    let action: HashSet<&Action> = evidence.operations.iter().map(|operation| &operation.action).collect();
    let may_be = |row: &&SessionRow| match row.ended {
        None | Some((_, EndReason::LeaseExpired | EndReason::KeyExpired)) => true,
        Some((_, EndReason::Finished | EndReason::EndedByAdmin)) => action.contains(&Action::End(row.id)),
        Some((_, EndReason::AssignmentRevoked)) => action.contains(&Action::Revoke(row.license, row.user)),
        Some(_) => false,
    };
    evidence.sessions.iter().filter(|row| !may_be(row)).map(|row| Violation::UnrequestedEnd(row.id)).collect()
}

/// Instants at which more holders than seats were certain. For a license with changing seats, the limit is the most
/// seats it can have had.
fn oversold(evidence: &Evidence, known: &BTreeMap<SessionId, SessionKnowledge>) -> Vec<Violation> {
    let mut changes: BTreeMap<LicenseId, Vec<(Moment, bool, Holder)>> = BTreeMap::new();
    for (id, session) in known {
        let (Some(from), until) = (session.held_from, session.certain_until()) else { continue };
        let Some(terms) = evidence.licenses.get(&session.license).filter(|_| from < until) else { continue };
        let holder = terms.holder(session.user, *id);
        changes.entry(session.license).or_default().extend([(from, true, holder), (until, false, holder)]);
    }
    let over = |(license, changes)| {
        let (at, most) = peak(changes);
        let seats = max_seats(evidence, license);
        (most > seats).then(|| Violation::Oversold(license, format!("{most} of {seats} seats at {at:?}")))
    };
    changes.into_iter().filter_map(over).collect()
}

fn peak(mut changes: Vec<(Moment, bool, Holder)>) -> (Moment, i64) {
    // At the same instant, ends come before starts.
    changes.sort_by_key(|(at, starts, _)| (*at, *starts));
    let mut holders: HashMap<Holder, i64> = HashMap::new();
    let mut peak = (Moment::ZERO, 0);
    for (at, starts, holder) in changes {
        let sessions = holders.entry(holder).or_default();
        *sessions += if starts { 1 } else { -1 };
        if *sessions == 0 {
            holders.remove(&holder);
        }
        let occupied = i64::try_from(holders.len()).unwrap_or(i64::MAX);
        if occupied > peak.1 {
            peak = (at, occupied);
        }
    }
    peak
}

fn max_seats(evidence: &Evidence, license: LicenseId) -> i64 {
    let bought = evidence.licenses.get(&license).map_or(0, |terms| terms.seats);
    let action = evidence.operations.iter().filter_map(|operation| match operation.action {
        Action::Resize(of, seats) if of == license => Some(seats),
        _ => None,
    });
    action.fold(bought, i64::max)
}
