//! What clients were told, held against itself and against the tables.

use super::{Evidence, Holder, Row, Violation};
use crate::torture::history::{Asked, Moment, Operation, Told};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    session::EndReason,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What the clients know of one session.
#[derive(Debug)]
struct Known {
    user: UserId,
    license: LicenseId,
    /// Before this it was not asked for.
    wished: Moment,
    /// From then on a client knew that he had it.
    held_from: Option<Moment>,
    /// The last promise of a lease.
    until: Moment,
    /// The promise of the key, while no customer is known to have connected.
    key_until: Option<Moment>,
    /// The first time that anybody asked for its end.
    end_asked: Option<Moment>,
    /// The first time that somebody knew that it was over.
    over: Option<Moment>,
}

/// All contradictions.
pub fn violations(evidence: &Evidence) -> Vec<Violation> {
    let rows: HashMap<_, _> = evidence.sessions.iter().map(|row| (row.id, row)).collect();
    let known = known(&evidence.operations);
    let mut found = two_sessions(evidence);
    found.extend(nonsense(&evidence.operations));
    for (id, known) in &known {
        let row = rows.get(id).filter(|row| (row.user, row.license) == (known.user, known.license));
        match row {
            None => found.push(Violation::LostGrant(*id)),
            Some(row) => found.extend(known.against(row)),
        }
    }
    found.extend(revived(&evidence.operations, &known));
    found.extend(unasked_ends(evidence));
    found.extend(oversold(evidence, &known));
    found
}

fn known(operations: &[Operation]) -> BTreeMap<SessionId, Known> {
    let mut known = granted(operations);
    for operation in operations {
        let Some(session) = operation.session().and_then(|id| known.get_mut(&id)) else { continue };
        session.hear(operation);
    }
    for operation in operations {
        let Asked::Revoke(license, user) = operation.asked else { continue };
        for session in known.values_mut().filter(|known| (known.license, known.user) == (license, user)) {
            // What was over before it was asked for cannot have ended it; what was never answered may come at any time.
            if operation.told == Told::Unknown || operation.completed >= session.wished {
                session.end_asked = earlier(session.end_asked, operation.invoked);
            }
        }
    }
    known
}

/// The sessions that were given, each with the first time at which its wish was uttered.
fn granted(operations: &[Operation]) -> BTreeMap<SessionId, Known> {
    let mut wished: HashMap<(UserId, &str), Moment> = HashMap::new();
    let mut known = BTreeMap::new();
    for operation in operations {
        let Asked::Create { user, license, key } = &operation.asked else { continue };
        let first = wished.entry((*user, key)).or_insert(operation.invoked);
        *first = operation.invoked.min(*first);
        let Told::Session(id, _) = operation.told else { continue };
        known.entry(id).or_insert(Known {
            user: *user,
            license: *license,
            wished: *first,
            held_from: None,
            until: Moment::ZERO,
            key_until: None,
            end_asked: None,
            over: None,
        });
    }
    known
}

impl Known {
    fn hear(&mut self, operation: &Operation) {
        match (&operation.asked, &operation.told) {
            (Asked::Create { .. }, Told::Session(_, Some(lease))) => {
                self.held_from = earlier(self.held_from, operation.completed);
                self.until = self.until.max(lease.until);
                self.key_until = lease.key_until;
            }
            (Asked::Connect(_), Told::Session(_, Some(lease))) => {
                self.until = self.until.max(lease.until);
                self.key_until = None;
            }
            (_, Told::Renewed(until)) => self.until = self.until.max(*until),
            (_, Told::Over | Told::Session(_, None)) => self.over = earlier(self.over, operation.completed),
            _ => {}
        }
        if let Asked::End(_) = operation.asked {
            self.end_asked = earlier(self.end_asked, operation.invoked);
        }
    }

    /// Until when it certainly lived.
    fn certain_until(&self) -> Moment {
        [self.key_until, self.end_asked, self.over].into_iter().flatten().fold(self.until, Moment::min)
    }

    fn against(&self, row: &Row) -> Option<Violation> {
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
    /// The session that it is about, as far as that is known.
    fn session(&self) -> Option<SessionId> {
        match (&self.asked, &self.told) {
            (Asked::Connect(id) | Asked::Heartbeat(id) | Asked::End(id), _) | (_, Told::Session(id, _)) => Some(*id),
            _ => None,
        }
    }
}

/// The same key stands for one session, in what clients were told and in the table.
fn two_sessions(evidence: &Evidence) -> Vec<Violation> {
    let mut sessions: BTreeMap<(UserId, &str), BTreeSet<SessionId>> = BTreeMap::new();
    for operation in &evidence.operations {
        if let (Asked::Create { user, key, .. }, Told::Session(id, _)) = (&operation.asked, &operation.told) {
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

fn nonsense(operations: &[Operation]) -> impl Iterator<Item = Violation> {
    operations.iter().filter_map(|operation| match &operation.told {
        Told::Nonsense(what) => Some(Violation::Nonsense(format!("{:?}: {what}", operation.asked))),
        _ => None,
    })
}

/// Whoever knows a session is told that there is none, or is told that it goes on after somebody was told its end.
fn revived<'a>(
    operations: &'a [Operation],
    known: &'a BTreeMap<SessionId, Known>,
) -> impl Iterator<Item = Violation> + 'a {
    operations.iter().filter_map(|operation| {
        let id = operation.session()?;
        let session = known.get(&id)?;
        let after = |moment: Option<Moment>| moment.is_some_and(|moment| moment < operation.invoked);
        match operation.told {
            Told::NotThere if after(session.held_from) => Some(Violation::LostGrant(id)),
            Told::Renewed(_) | Told::Session(_, Some(_)) if after(session.over) => Some(Violation::LostEnd(id)),
            _ => None,
        }
    })
}

/// Sessions whose end nobody asked for and which could not come by itself.
fn unasked_ends(evidence: &Evidence) -> Vec<Violation> {
    let asked: HashSet<&Asked> = evidence.operations.iter().map(|operation| &operation.asked).collect();
    let may_be = |row: &&Row| match row.ended {
        None | Some((_, EndReason::LeaseExpired | EndReason::KeyExpired)) => true,
        Some((_, EndReason::Finished | EndReason::EndedByAdmin)) => asked.contains(&Asked::End(row.id)),
        Some((_, EndReason::AssignmentRevoked)) => asked.contains(&Asked::Revoke(row.license, row.user)),
        Some(_) => false,
    };
    evidence.sessions.iter().filter(|row| !may_be(row)).map(|row| Violation::UnaskedEnd(row.id)).collect()
}

/// Instants at which more holders than seats were certain. A license whose seats were changed is held against the most
/// that it can have had.
fn oversold(evidence: &Evidence, known: &BTreeMap<SessionId, Known>) -> Vec<Violation> {
    let mut changes: BTreeMap<LicenseId, Vec<(Moment, bool, Holder)>> = BTreeMap::new();
    for (id, session) in known {
        let (Some(from), until) = (session.held_from, session.certain_until()) else { continue };
        let Some(terms) = evidence.licenses.get(&session.license).filter(|_| from < until) else { continue };
        let holder = terms.holder(session.user, *id);
        changes.entry(session.license).or_default().extend([(from, true, holder), (until, false, holder)]);
    }
    let over = |(license, changes)| {
        let (at, most) = peak(changes);
        let seats = most_seats(evidence, license);
        (most > seats).then(|| Violation::Oversold(license, format!("{most} of {seats} seats at {at:?}")))
    };
    changes.into_iter().filter_map(over).collect()
}

fn peak(mut changes: Vec<(Moment, bool, Holder)>) -> (Moment, i64) {
    // At the same instant those who leave go first.
    changes.sort_by_key(|(at, comes, _)| (*at, *comes));
    let mut holders: HashMap<Holder, i64> = HashMap::new();
    let mut peak = (Moment::ZERO, 0);
    for (at, comes, holder) in changes {
        let sessions = holders.entry(holder).or_default();
        *sessions += if comes { 1 } else { -1 };
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

fn most_seats(evidence: &Evidence, license: LicenseId) -> i64 {
    let bought = evidence.licenses.get(&license).map_or(0, |terms| terms.seats);
    let asked = evidence.operations.iter().filter_map(|operation| match operation.asked {
        Asked::Resize(of, seats) if of == license => Some(seats),
        _ => None,
    });
    asked.fold(bought, i64::max)
}
