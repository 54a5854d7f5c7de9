//! Reads what the commands of a batch touch: first the locks, then the time, then everything that is counted. What this
//! process knows already, because no other writes, is not read again. Whoever comes while the locks are waited for may be taken
//! along.

mod wanted;

use super::{
    batch::{Batch, Group},
    command::{Command, KeepIf},
    memory::Memory,
    pool::{Pool, Terms},
};
use crate::{
    clock::Clock,
    db::{DbError, Tx},
    store,
};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
};
use std::collections::{BTreeMap, BTreeSet};
use wanted::Wanted;

/// Licenses that are locked for commands. What their decisions need is not read yet.
#[derive(Default)]
pub(super) struct Locked {
    wanted: Wanted,
    batch: Batch,
    /// The terms of those licenses that this process does not know.
    terms: Vec<Terms>,
}

/// Locks the licenses that the commands touch.
pub(super) async fn lock<'a>(
    tx: &mut Tx,
    clock: &Clock,
    memory: &mut Memory,
    commands: impl Iterator<Item = &'a Command>,
) -> Result<Locked, DbError> {
    let mut locked = Locked { wanted: Wanted::of(commands), ..Locked::default() };
    let Locked { wanted, batch, terms } = &mut locked;
    find(tx, clock, memory, wanted, batch).await?;
    let mut missing = Vec::new();
    for license in &wanted.licenses {
        match memory.take(*license) {
            Some(pool) => drop(batch.pools.insert(*license, pool)),
            None => missing.push(*license),
        }
    }
    if !missing.is_empty() {
        *terms = store::seats::lock(tx, &missing).await?;
    }
    Ok(locked)
}

impl Locked {
    /// Takes another command along if it is one of those that come all the time and touches no other licenses.
    pub fn takes(&mut self, memory: &Memory, command: &Command) -> bool {
        let of: Option<Vec<_>> = match command {
            Command::Create { user, product, .. } => memory.candidates(*user, *product).cloned(),
            Command::End { sessions, .. } => sessions.iter().map(|id| memory.license_of(*id)).collect(),
            _ => None,
        };
        let is_locked = |license: &LicenseId| self.terms.iter().any(|terms| terms.license == *license);
        let Some(of) = of.filter(|of| of.iter().all(is_locked)) else { return false };
        match command {
            Command::Create { user, product, .. } => drop(self.batch.candidates.insert((*user, *product), of)),
            Command::End { sessions, .. } => self.batch.license_of.extend(sessions.iter().copied().zip(of)),
            _ => {}
        }
        self.wanted.add(command);
        true
    }

    /// Reads what the decisions need.
    pub async fn read(self, tx: &mut Tx, clock: &Clock, memory: &mut Memory) -> Result<Batch, DbError> {
        let Self { wanted, mut batch, terms } = self;
        pools(tx, clock, memory, &wanted, terms, &mut batch).await?;
        papers(tx, &wanted, &mut batch).await?;
        lock_groups(tx, clock, &wanted, &mut batch).await?;
        lock_users(tx, clock, &wanted, &mut batch).await?;
        batch.user_changes.prepare(tx, &wanted.user_changes).await?;
        people(tx, &wanted, &mut batch).await?;
        Ok(batch)
    }
}

/// Finds out which licenses are touched. Which license a session or ticket is in never changes, so that needs no lock.
async fn find(
    tx: &mut Tx,
    clock: &Clock,
    memory: &Memory,
    wanted: &mut Wanted,
    batch: &mut Batch,
) -> Result<(), DbError> {
    let (known, unknown) = split(&wanted.sessions, |id| memory.license_of(*id));
    batch.license_of.extend(known);
    if !unknown.is_empty() {
        batch.license_of.extend(store::seats::licenses_of_sessions(tx, &unknown).await?);
    }
    let (known, unknown) = split(&wanted.tickets, |id| memory.line_of(*id));
    batch.line_of.extend(known);
    if !unknown.is_empty() {
        batch.line_of.extend(store::queue::licenses_of_tickets(tx, &unknown).await?);
    }
    let (known, unknown) = split(&wanted.asks, |(user, product)| memory.candidates(*user, *product).cloned());
    batch.candidates.extend(known);
    if !unknown.is_empty() {
        batch.candidates.extend(unknown.iter().map(|ask| (*ask, Vec::new())));
        for (user, product, license) in store::seats::candidates(tx, &unknown).await? {
            batch.candidates.entry((user, product)).or_default().push(license);
        }
    }
    wanted.licenses.extend(batch.license_of.values().chain(batch.line_of.values()));
    wanted.licenses.extend(batch.candidates.values().flatten());
    if !wanted.suspended.is_empty() {
        wanted.licenses.extend(store::seats::licenses_of_users(tx, &wanted.suspended).await?);
    }
    for group in &wanted.groups {
        wanted.licenses.extend(store::groups::limited(tx, *group).await?);
    }
    if wanted.sweep {
        let now = clock.now_in(tx).await?;
        wanted.licenses.extend(store::seats::licenses_to_sweep(tx, now).await?);
    }
    Ok(())
}

/// What is known, and what has to be read.
fn split<K: Clone, V>(wanted: &[K], known: impl Fn(&K) -> Option<V>) -> (Vec<(K, V)>, Vec<K>) {
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for key in wanted {
        match known(key) {
            Some(value) => found.push((key.clone(), value)),
            None => unknown.push(key.clone()),
        }
    }
    (found, unknown)
}

async fn pools(
    tx: &mut Tx,
    clock: &Clock,
    memory: &mut Memory,
    wanted: &Wanted,
    terms: Vec<Terms>,
    batch: &mut Batch,
) -> Result<(), DbError> {
    if terms.is_empty() {
        batch.now = clock.now_in(tx).await?;
        return Ok(());
    }
    let licenses: Vec<_> = terms.iter().map(|terms| terms.license).collect();
    // After the locks: whoever waited for one must not decide by the time at which he began to wait.
    let asking = asking(wanted, batch, &terms);
    let (now, mut held) = clock.now_beside(store::seats::held(tx, &licenses, &asking)).await?;
    batch.now = now;
    for terms in terms {
        let license = terms.license;
        let held = held.remove(&license).unwrap_or_default();
        let mut pool = Pool::new(terms, held.live, held.line);
        held.people.into_iter().for_each(|person| pool.know(person));
        memory.index(&pool);
        batch.pools.insert(license, pool);
    }
    Ok(())
}

/// Users who ask for a seat, at the licenses that were just locked: how they stand can be read together with what is held. Not
/// where groups count, nor if a user's status has to be locked first.
fn asking(wanted: &Wanted, batch: &Batch, locked: &[Terms]) -> BTreeSet<(LicenseId, UserId)> {
    if !wanted.granted.is_empty() || !wanted.suspended.is_empty() {
        return BTreeSet::new();
    }
    let plain = locked.iter().filter(|terms| terms.groups.is_empty() && !wanted.limits.contains(&terms.license));
    let plain: BTreeSet<_> = plain.map(|terms| terms.license).collect();
    let pairs = batch.candidates.iter().flat_map(|((user, _), of)| of.iter().map(|license| (*license, *user)));
    pairs.filter(|(license, _)| plain.contains(license)).collect()
}

/// Reads what stands on paper about licenses that are locked already.
async fn papers(tx: &mut Tx, wanted: &Wanted, batch: &mut Batch) -> Result<(), DbError> {
    for license in &wanted.papers {
        if let Some(paper) = store::contracts::lock(tx, *license).await? {
            batch.papers.insert(*license, paper);
        }
    }
    Ok(())
}

/// Locks the groups that are to be deleted or limited. Of those to be deleted it checks that the set of licenses is still the
/// right one.
async fn lock_groups(tx: &mut Tx, clock: &Clock, wanted: &Wanted, batch: &mut Batch) -> Result<(), DbError> {
    for id in &wanted.groups {
        let Some(name) = store::groups::lock(tx, *id).await? else { continue };
        // Whoever has just said that another license keeps seats for it shall not have said so in vain.
        if store::groups::limited(tx, *id).await?.iter().any(|license| !batch.pools.contains_key(license)) {
            return Err(DbError::Retry);
        }
        let uses = store::memberships::uses(tx, *id).await?;
        let uses = KeepIf {
            gives_licenses: !uses.licenses.is_empty(),
            gives_roles: !uses.roles.is_empty(),
            is_settled: uses.managed || uses.ruled,
            is_reserved: uses.reserved,
        };
        batch.groups.insert(*id, Group { name, members: store::groups::members(tx, *id).await?, uses });
        batch.now = clock.now_in(tx).await?;
    }
    if !wanted.limited.is_empty() {
        batch.limitable = store::groups::lock_some(tx, &wanted.limited).await?;
        batch.now = clock.now_in(tx).await?;
    }
    Ok(())
}

/// Locks the users whose status counts, and checks that the set of licenses is still the right one.
async fn lock_users(tx: &mut Tx, clock: &Clock, wanted: &Wanted, batch: &mut Batch) -> Result<(), DbError> {
    if !wanted.suspended.is_empty() {
        store::seats::lock_admins(tx).await?;
    }
    let users: BTreeSet<_> = wanted.suspended.iter().chain(&wanted.granted).copied().collect();
    if !users.is_empty() {
        store::seats::lock_users(tx, &users).await?;
        batch.now = clock.now_in(tx).await?;
    }
    if !wanted.suspended.is_empty() {
        // Whoever was given a license while we waited for the locks must not keep a session on it.
        let now_of = store::seats::licenses_of_users(tx, &wanted.suspended).await?;
        if now_of.iter().any(|license| !batch.pools.contains_key(license)) {
            return Err(DbError::Retry);
        }
    }
    Ok(())
}

async fn people(tx: &mut Tx, wanted: &Wanted, batch: &mut Batch) -> Result<(), DbError> {
    for license in &wanted.limits {
        // They are known with other groups, if at all.
        if let Some(pool) = batch.pools.get_mut(license) {
            pool.know_nobody();
        }
    }
    let unknown = strangers(wanted, batch);
    if !unknown.is_empty() {
        let limits = batch.pools.values().flat_map(|pool| &pool.terms.groups);
        let groups = limits.map(|limit| limit.group_id).chain(wanted.limited.iter().copied()).collect();
        for (license, person) in store::seats::people(tx, &unknown, &groups).await? {
            if let Some(pool) = batch.pools.get_mut(&license) {
                pool.know(person);
            }
        }
    }
    if !wanted.granted.is_empty() {
        let named = batch.pools.values().filter(|pool| pool.terms.model == Model::Named);
        let named: Vec<_> = named.map(|pool| pool.terms.license).collect();
        let mut assigned: BTreeMap<_, i64> = named.iter().map(|license| (*license, 0)).collect();
        assigned.extend(store::seats::assigned(tx, &named).await?);
        for (license, number) in assigned {
            if let Some(pool) = batch.pools.get_mut(&license) {
                pool.know_assigned(number);
            }
        }
    }
    if !wanted.keys.is_empty() {
        batch.repeats = store::seats::repeats(tx, &wanted.keys).await?.into_iter().collect();
    }
    if !wanted.suspended.is_empty() {
        for standing in store::seats::known_and_admins(tx, &wanted.suspended).await? {
            batch.known.insert(standing.user);
            if standing.admin {
                batch.admins.insert(standing.user);
            }
            if standing.elevated {
                batch.elevated.insert(standing.user);
            }
            if standing.suspended {
                batch.out.insert(standing.user);
            }
        }
    }
    Ok(())
}

/// Users whose standing at a license counts and is not known.
fn strangers(wanted: &Wanted, batch: &Batch) -> BTreeSet<(LicenseId, UserId)> {
    let mut pairs: BTreeSet<(LicenseId, UserId)> = BTreeSet::new();
    let mut add = |license: LicenseId, user: UserId| {
        if batch.pools.get(&license).is_some_and(|pool| pool.person(user).is_none()) {
            pairs.insert((license, user));
        }
    };
    for (license, user) in &wanted.assignees {
        add(*license, *user);
    }
    for ((user, _), licenses) in &batch.candidates {
        licenses.iter().for_each(|license| add(*license, *user));
    }
    for id in &wanted.viewed {
        let license = batch.license_of.get(id).and_then(|license| batch.pools.get_key_value(license));
        if let Some((license, live)) = license.and_then(|(license, pool)| Some((license, pool.session(*id)?))) {
            add(*license, live.user);
        }
    }
    for (license, pool) in &batch.pools {
        wanted.suspended.iter().for_each(|user| add(*license, *user));
        let named_grant = !wanted.granted.is_empty() && pool.terms.model == Model::Named;
        if named_grant || !pool.terms.groups.is_empty() || wanted.limits.contains(license) {
            pool.users().for_each(|user| add(*license, user));
        } else {
            pool.tickets().for_each(|ticket| add(*license, ticket.user));
        }
    }
    pairs
}
