//! Reads what the commands of a batch touch: first the locks, then the time, then everything that is counted.

use super::{batch::Batch, command::Command, pool::Pool};
use crate::{
    clock::Clock,
    db::{DbError, Tx},
    store,
};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::Model,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the commands name.
#[derive(Default)]
struct Wanted {
    asks: Vec<(UserId, ProductId)>,
    keys: Vec<(UserId, String)>,
    sessions: Vec<SessionId>,
    licenses: BTreeSet<LicenseId>,
    /// Users to whom a named license is to be assigned or from whom it is to be taken.
    assignees: BTreeSet<(LicenseId, UserId)>,
    /// Users who act on their own sessions.
    owners: BTreeSet<UserId>,
    suspended: Vec<UserId>,
    grants: bool,
    sweep: bool,
}

impl Wanted {
    fn of<'a>(commands: impl Iterator<Item = &'a Command>) -> Self {
        let mut wanted = Self::default();
        for command in commands {
            wanted.add(command);
        }
        wanted
    }

    fn add(&mut self, command: &Command) {
        match command {
            Command::Create { user, product, ask } => {
                self.asks.push((*user, *product));
                self.owners.insert(*user);
                self.keys.extend(ask.idempotency_key.as_ref().map(|key| (*user, key.clone())));
            }
            Command::Connect { session, user, .. } => {
                self.sessions.push(*session);
                self.owners.insert(*user);
            }
            Command::Renew { session, .. } => self.sessions.push(*session),
            Command::End { sessions, .. } => self.sessions.extend(sessions),
            Command::Grant { license, users } => {
                self.grants = true;
                self.assign(*license, users);
            }
            Command::Revoke { license, users, .. } => self.assign(*license, users),
            Command::Resize { license, .. } => drop(self.licenses.insert(*license)),
            Command::Suspend { user } => {
                self.suspended.push(*user);
                self.owners.insert(*user);
            }
            Command::Sweep => self.sweep = true,
        }
    }

    fn assign(&mut self, license: LicenseId, users: &[UserId]) {
        self.licenses.insert(license);
        self.assignees.extend(users.iter().map(|user| (license, *user)));
    }
}

/// Locks the licenses that the commands touch and reads what their decisions need.
pub(super) async fn batch<'a>(
    tx: &mut Tx,
    clock: &Clock,
    commands: impl Iterator<Item = &'a Command>,
) -> Result<Batch, DbError> {
    let mut wanted = Wanted::of(commands);
    let license_of = find(tx, clock, &mut wanted).await?;
    let pools = pools(tx, &wanted).await?;
    if !wanted.suspended.is_empty() {
        // Whoever was given a license while we waited for the locks must not keep a session on it.
        let now_of = store::seats::licenses_of_users(tx, &wanted.suspended).await?;
        if now_of.iter().any(|license| !pools.contains_key(license)) {
            return Err(DbError::Retry);
        }
    }
    if !wanted.suspended.is_empty() {
        store::seats::lock_admins(tx).await?;
    }
    let mut batch = Batch {
        // After the locks: whoever waited for one must not decide by the time at which he began to wait.
        now: clock.now_in(tx).await?,
        pools,
        license_of,
        repeats: HashMap::new(),
        known: BTreeSet::new(),
        admins: BTreeSet::new(),
        facts: Vec::new(),
        renewed: BTreeSet::new(),
        suspended: Vec::new(),
        events: Vec::new(),
    };
    people(tx, &wanted, &mut batch).await?;
    Ok(batch)
}

/// Finds out which licenses are touched. Which license a session is in never changes, so that needs no lock.
async fn find(tx: &mut Tx, clock: &Clock, wanted: &mut Wanted) -> Result<HashMap<SessionId, LicenseId>, DbError> {
    let mut license_of = HashMap::new();
    if !wanted.sessions.is_empty() {
        license_of.extend(store::seats::licenses_of_sessions(tx, &wanted.sessions).await?);
        wanted.licenses.extend(license_of.values());
    }
    if !wanted.asks.is_empty() {
        wanted.licenses.extend(store::seats::candidates(tx, &wanted.asks).await?);
    }
    if !wanted.suspended.is_empty() {
        wanted.licenses.extend(store::seats::licenses_of_users(tx, &wanted.suspended).await?);
    }
    if wanted.sweep {
        let now = clock.now_in(tx).await?;
        wanted.licenses.extend(store::seats::licenses_to_sweep(tx, now).await?);
    }
    Ok(license_of)
}

async fn pools(tx: &mut Tx, wanted: &Wanted) -> Result<BTreeMap<LicenseId, Pool>, DbError> {
    if wanted.licenses.is_empty() {
        return Ok(BTreeMap::new());
    }
    let terms = store::seats::lock(tx, &wanted.licenses).await?;
    let mut live: HashMap<_, Vec<_>> = HashMap::new();
    for (license, session) in store::seats::live(tx, &wanted.licenses).await? {
        live.entry(license).or_default().push(session);
    }
    let assigned: HashMap<_, _> = if wanted.grants && terms.iter().any(|t| t.model == Model::Named) {
        store::seats::assigned(tx, &wanted.licenses).await?.into_iter().collect()
    } else {
        HashMap::new()
    };
    let pool = |terms: super::pool::Terms| {
        let license = terms.license;
        let assigned = assigned.get(&license).copied().unwrap_or_default();
        (license, Pool::new(terms, live.remove(&license).unwrap_or_default(), assigned))
    };
    Ok(terms.into_iter().map(pool).collect())
}

async fn people(tx: &mut Tx, wanted: &Wanted, batch: &mut Batch) -> Result<(), DbError> {
    let mut pairs = wanted.assignees.clone();
    for (license, pool) in &batch.pools {
        pairs.extend(wanted.owners.iter().map(|user| (*license, *user)));
        if wanted.grants && pool.terms.model == Model::Named {
            pairs.extend(pool.users().map(|user| (*license, user)));
        }
    }
    if !pairs.is_empty() {
        for (license, person, assigned) in store::seats::people(tx, &pairs).await? {
            batch.know(license, person, assigned);
        }
    }
    if !wanted.keys.is_empty() {
        batch.repeats = store::seats::repeats(tx, &wanted.keys).await?.into_iter().collect();
    }
    if !wanted.suspended.is_empty() {
        for (user, admin) in store::seats::known_and_admins(tx, &wanted.suspended).await? {
            batch.known.insert(user);
            if admin {
                batch.admins.insert(user);
            }
        }
    }
    Ok(())
}
