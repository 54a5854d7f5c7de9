//! Replays the event log, entry by entry, to the state that the tables should have.

use super::{Entry, Evidence, Holder, Terms, Violation};
use seatkeeper_shared::ids::{LicenseId, SessionId, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The state of all licenses after some entries.
pub struct Replay {
    licenses: BTreeMap<LicenseId, License>,
}

struct License {
    terms: Terms,
    live: BTreeMap<SessionId, Holder>,
    holders: HashMap<Holder, i64>,
    assigned: BTreeSet<UserId>,
}

impl Replay {
    /// The state before the first entry.
    pub fn new(evidence: &Evidence) -> Self {
        let license = |terms: &Terms| License {
            terms: terms.clone(),
            live: BTreeMap::new(),
            holders: HashMap::new(),
            assigned: BTreeSet::new(),
        };
        Self { licenses: evidence.licenses.iter().map(|(id, terms)| (*id, license(terms))).collect() }
    }

    /// Applies an entry; returns what is impossible about it.
    pub fn apply(&mut self, entry: &Entry) -> Vec<Violation> {
        let Some((id, license)) = entry.license.and_then(|id| Some((id, self.licenses.get_mut(&id)?))) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        if let Err(problem) = license.apply(entry) {
            found.push(Violation::Impossible(entry.position, problem));
        }
        if entry.kind == "session_refused"
            && entry.facts["code"] == "pool_full"
            && license.occupied() < license.terms.seats
        {
            found.push(Violation::RefusedWithFreeSeat(id, entry.position));
        }
        let counted = (entry.occupied, entry.seats);
        let replayed = (Some(license.occupied()), Some(license.terms.seats));
        if entry.occupied.is_some() && counted != replayed {
            let problem = format!("{} says {counted:?} seats where there are {replayed:?}", entry.kind);
            found.push(Violation::Impossible(entry.position, problem));
        }
        found
    }

    pub fn table_differences(&self, evidence: &Evidence) -> Vec<Violation> {
        let rows = evidence.sessions.iter().filter(|row| row.ended.is_none());
        let live: BTreeSet<_> = rows.map(|row| (row.license, row.id)).collect();
        let assigned: BTreeSet<_> = evidence.assignments.iter().copied().collect();
        let mut found = differences("lives", &self.all(|license| license.live.keys().copied().collect()), &live);
        found.extend(differences(
            "assigned",
            &self.all(|license| license.assigned.iter().copied().collect()),
            &assigned,
        ));
        let seats = evidence.seats.iter().map(|(id, seats)| (*id, *seats)).collect();
        found.extend(differences("seats", &self.all(|license| vec![license.terms.seats]), &seats));
        found
    }

    fn all<T: Ord>(&self, each: impl Fn(&License) -> Vec<T>) -> BTreeSet<(LicenseId, T)> {
        self.licenses.iter().flat_map(|(id, license)| each(license).into_iter().map(|one| (*id, one))).collect()
    }
}

fn differences<T>(what: &str, log: &BTreeSet<(LicenseId, T)>, table: &BTreeSet<(LicenseId, T)>) -> Vec<Violation>
where
    T: Ord + std::fmt::Debug,
{
    let only = |place: &str, entries: Vec<&(LicenseId, T)>| -> Vec<Violation> {
        let outcome = |(license, one): &&(LicenseId, T)| format!("{what} {one:?} at {license:?} only in the {place}");
        entries.iter().map(outcome).map(Violation::TableDiffers).collect()
    };
    [only("log", log.difference(table).collect()), only("table", table.difference(log).collect())].concat()
}

impl License {
    fn occupied(&self) -> i64 {
        i64::try_from(self.holders.len()).unwrap_or(i64::MAX)
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), String> {
        let of_session = || entry.session.zip(entry.user).ok_or("has no session");
        match entry.kind.as_str() {
            "session_created" => {
                let (session, user) = of_session()?;
                self.create(session, user)
            }
            "session_connected" => {
                let (session, _) = of_session()?;
                self.live.contains_key(&session).then_some(()).ok_or_else(|| format!("{session} is not live"))
            }
            "session_ended" => {
                let (session, _) = of_session()?;
                self.end(session)
            }
            "seats_changed" => {
                self.terms.seats = entry.facts["changes"]["seats"][1].as_i64().ok_or("has no number of seats")?;
                Ok(())
            }
            "license_granted" => self.assign(entry.user, true),
            "license_revoked" => self.assign(entry.user, false),
            _ => Ok(()),
        }
    }

    fn create(&mut self, session: SessionId, user: UserId) -> Result<(), String> {
        let holder = self.terms.holder(user, session);
        if self.live.insert(session, holder).is_some() {
            return Err(format!("{session} is created a second time"));
        }
        let before = self.occupied();
        *self.holders.entry(holder).or_default() += 1;
        if self.occupied() > before && before >= self.terms.seats {
            return Err(format!("a seat is given while {before} of {} are occupied", self.terms.seats));
        }
        Ok(())
    }

    fn end(&mut self, session: SessionId) -> Result<(), String> {
        let holder = self.live.remove(&session).ok_or_else(|| format!("{session} is not live"))?;
        let sessions = self.holders.entry(holder).or_default();
        *sessions -= 1;
        if *sessions == 0 {
            self.holders.remove(&holder);
        }
        Ok(())
    }

    fn assign(&mut self, user: Option<UserId>, to: bool) -> Result<(), String> {
        let user = user.ok_or("has no user")?;
        let changed = if to { self.assigned.insert(user) } else { self.assigned.remove(&user) };
        changed.then_some(()).ok_or_else(|| "changes nothing".to_owned())
    }
}
