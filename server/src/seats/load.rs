//! Loads the data of a batch: locks the licenses of its commands, then reads the time, then everything that decisions
//! count. Cached licenses are not read again. Commands that arrive while the batch waits for locks may join it.

mod lock_set;

use super::{
    batch::{Batch, Group},
    command::{DeletionBlockers, SeatCommand},
    pool_cache::PoolCache,
};
use crate::{
    clock::Clock,
    db::{DbError, Tx},
    pool::{Pool, Terms},
    store,
};
use lock_set::LockSet;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
};
use std::collections::{BTreeMap, BTreeSet};

/// A batch whose licenses are locked but not read yet.
#[derive(Default)]
pub(super) struct Locked {
    lock_set: LockSet,
    batch: Batch,
    /// The terms of the licenses that are not cached.
    terms: Vec<Terms>,
}

/// Locks the licenses that the commands touch.
pub(super) async fn lock<'a>(
    tx: &mut Tx,
    clock: &Clock,
    cache: &mut PoolCache,
    commands: impl Iterator<Item = &'a SeatCommand>,
) -> Result<Locked, DbError> {
    let mut locked = Locked { lock_set: LockSet::of(commands), ..Locked::default() };
    let Locked { lock_set, batch, terms } = &mut locked;
    find_licenses(tx, clock, cache, lock_set, batch).await?;
    let mut missing = Vec::new();
    for license in &lock_set.licenses {
        match cache.check_out(*license) {
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
    /// Adds a command if it is of a frequent kind and uses only licenses that are locked. Returns whether it was added.
    pub fn try_add(&mut self, cache: &PoolCache, command: &SeatCommand) -> bool {
        let licenses: Option<Vec<_>> = match command {
            SeatCommand::Create(wanted) => cache.candidates(wanted.user, wanted.product).cloned(),
            SeatCommand::End { sessions, .. } => sessions.iter().map(|id| cache.license_of(*id)).collect(),
            _ => None,
        };
        let is_locked = |license: &LicenseId| self.terms.iter().any(|terms| terms.license == *license);
        let Some(licenses) = licenses.filter(|licenses| licenses.iter().all(is_locked)) else { return false };
        match command {
            SeatCommand::Create(wanted) => drop(self.batch.candidates.insert((wanted.user, wanted.product), licenses)),
            SeatCommand::End { sessions, .. } => self.batch.license_of.extend(sessions.iter().copied().zip(licenses)),
            _ => {}
        }
        self.lock_set.add(command);
        true
    }

    /// Reads the data that decisions need.
    pub async fn read(self, tx: &mut Tx, clock: &Clock, cache: &mut PoolCache) -> Result<Batch, DbError> {
        let Self { lock_set, mut batch, terms } = self;
        read_pools(tx, clock, cache, &lock_set, terms, &mut batch).await?;
        read_contracts(tx, &lock_set, &mut batch).await?;
        lock_groups(tx, clock, &lock_set, &mut batch).await?;
        lock_requests(tx, &lock_set, &mut batch).await?;
        lock_users(tx, clock, &lock_set, &mut batch).await?;
        batch.user_changes.prepare(tx, &lock_set.user_changes).await?;
        read_users(tx, &lock_set, &mut batch).await?;
        Ok(batch)
    }
}

/// Finds the licenses to lock. The license of a session or ticket never changes, so that finding it needs no lock.
async fn find_licenses(
    tx: &mut Tx,
    clock: &Clock,
    cache: &PoolCache,
    lock_set: &mut LockSet,
    batch: &mut Batch,
) -> Result<(), DbError> {
    let (cached, missing) = split(&lock_set.sessions, |id| cache.license_of(*id));
    batch.license_of.extend(cached);
    if !missing.is_empty() {
        batch.license_of.extend(store::seats::licenses_of_sessions(tx, &missing).await?);
    }
    let (cached, missing) = split(&lock_set.tickets, |id| cache.queue_of(*id));
    batch.queue_of.extend(cached);
    if !missing.is_empty() {
        batch.queue_of.extend(store::queue::licenses_of_tickets(tx, &missing).await?);
    }
    let (cached, missing) = split(&lock_set.requests, |(user, product)| cache.candidates(*user, *product).cloned());
    batch.candidates.extend(cached);
    if !missing.is_empty() {
        batch.candidates.extend(missing.iter().map(|request| (*request, Vec::new())));
        for (user, product, license) in store::seats::candidates(tx, &missing).await? {
            batch.candidates.entry((user, product)).or_default().push(license);
        }
    }
    lock_set.licenses.extend(batch.license_of.values().chain(batch.queue_of.values()));
    lock_set.licenses.extend(batch.candidates.values().flatten());
    if !lock_set.removed_users.is_empty() {
        lock_set.licenses.extend(store::seats::licenses_of_users(tx, &lock_set.removed_users).await?);
    }
    for group in &lock_set.deleted_groups {
        lock_set.licenses.extend(store::groups::licenses_limited_for(tx, *group).await?);
    }
    if lock_set.sweep {
        let now = clock.now_in(tx).await?;
        lock_set.licenses.extend(store::seats::licenses_to_sweep(tx, now).await?);
        // Their assignments end when the licenses are settled.
        for (license, user) in store::seats::ended_grants(tx, now).await? {
            lock_set.licenses.insert(license);
            lock_set.assignees.insert((license, user));
        }
    }
    Ok(())
}

/// Splits keys into those that are cached, with their values, and those that must be read.
fn split<K: Clone, V>(keys: &[K], cached: impl Fn(&K) -> Option<V>) -> (Vec<(K, V)>, Vec<K>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for key in keys {
        match cached(key) {
            Some(value) => found.push((key.clone(), value)),
            None => missing.push(key.clone()),
        }
    }
    (found, missing)
}

async fn read_pools(
    tx: &mut Tx,
    clock: &Clock,
    cache: &mut PoolCache,
    lock_set: &LockSet,
    terms: Vec<Terms>,
    batch: &mut Batch,
) -> Result<(), DbError> {
    if terms.is_empty() {
        batch.now = clock.now_in(tx).await?;
        return Ok(());
    }
    let licenses: Vec<_> = terms.iter().map(|terms| terms.license).collect();
    // The time is read after the locks: a decision must not use the time at which the wait for a lock began.
    let requesting = requesting_users(lock_set, batch, &terms);
    let (now, mut occupancies) = clock.now_with(store::seats::occupancy(tx, &licenses, &requesting)).await?;
    batch.now = now;
    for terms in terms {
        let license = terms.license;
        let occupancy = occupancies.remove(&license).unwrap_or_default();
        let mut pool = Pool::new(terms, occupancy.sessions, occupancy.tickets);
        occupancy.users.into_iter().for_each(|user| pool.set_user(user));
        cache.index(&pool);
        batch.pools.insert(license, pool);
    }
    Ok(())
}

/// The users who request a seat of a license that was just locked, and who can be read together with its occupancy. Not
/// possible if the license has group limits, or if the status of users must be locked first.
fn requesting_users(lock_set: &LockSet, batch: &Batch, locked: &[Terms]) -> BTreeSet<(LicenseId, UserId)> {
    if !lock_set.granted_users.is_empty() || !lock_set.removed_users.is_empty() {
        return BTreeSet::new();
    }
    let unlimited =
        locked.iter().filter(|terms| terms.groups.is_empty() && !lock_set.limited_licenses.contains(&terms.license));
    let unlimited: BTreeSet<_> = unlimited.map(|terms| terms.license).collect();
    let pairs = batch.candidates.iter().flat_map(|((user, _), of)| of.iter().map(|license| (*license, *user)));
    pairs.filter(|(license, _)| unlimited.contains(license)).collect()
}

/// Reads the contracts of licenses that are locked already.
async fn read_contracts(tx: &mut Tx, lock_set: &LockSet, batch: &mut Batch) -> Result<(), DbError> {
    for license in &lock_set.contracts {
        if let Some(contract) = store::contracts::lock(tx, *license).await? {
            batch.contracts.insert(*license, contract);
        }
    }
    Ok(())
}

/// Locks the groups that are to be deleted or limited. Checks that all licenses with limits for a group to be deleted
/// are locked.
async fn lock_groups(tx: &mut Tx, clock: &Clock, lock_set: &LockSet, batch: &mut Batch) -> Result<(), DbError> {
    for id in &lock_set.deleted_groups {
        let Some(name) = store::groups::lock(tx, *id).await? else { continue };
        // Another transaction may just have added limits for the group to a license that is not locked.
        if store::groups::licenses_limited_for(tx, *id).await?.iter().any(|license| !batch.pools.contains_key(license))
        {
            return Err(DbError::Retry);
        }
        let uses = store::memberships::uses(tx, *id).await?;
        let uses = DeletionBlockers {
            gives_licenses: !uses.licenses.is_empty(),
            gives_roles: !uses.roles.is_empty(),
            is_settled: uses.managed || uses.ruled,
            is_reserved: uses.reserved,
        };
        batch.groups.insert(*id, Group { name, members: store::groups::members(tx, *id).await?, uses });
        batch.now = clock.now_in(tx).await?;
    }
    if !lock_set.limiting_groups.is_empty() {
        batch.limitable_groups = store::groups::lock_some(tx, &lock_set.limiting_groups).await?.into_keys().collect();
        batch.now = clock.now_in(tx).await?;
    }
    Ok(())
}

/// Locks the requests for licenses that are to be decided, before the users, after which the time is read again.
async fn lock_requests(tx: &mut Tx, lock_set: &LockSet, batch: &mut Batch) -> Result<(), DbError> {
    if !lock_set.license_requests.is_empty() {
        let open = store::license_requests::lock_open(tx, &lock_set.license_requests).await?;
        batch.open_requests = open.into_iter().collect();
    }
    Ok(())
}

/// Locks the users whose status matters, and checks that all their licenses are locked.
async fn lock_users(tx: &mut Tx, clock: &Clock, lock_set: &LockSet, batch: &mut Batch) -> Result<(), DbError> {
    if !lock_set.removed_users.is_empty() {
        store::seats::lock_admins(tx).await?;
    }
    let users: BTreeSet<_> = lock_set.removed_users.iter().chain(&lock_set.granted_users).copied().collect();
    if !users.is_empty() {
        store::seats::lock_users(tx, &users).await?;
        batch.now = clock.now_in(tx).await?;
    }
    if !lock_set.removed_users.is_empty() {
        // A license that was assigned in the meantime is not locked, and sessions on it would not be ended.
        let current = store::seats::licenses_of_users(tx, &lock_set.removed_users).await?;
        if current.iter().any(|license| !batch.pools.contains_key(license)) {
            return Err(DbError::Retry);
        }
    }
    Ok(())
}

async fn read_users(tx: &mut Tx, lock_set: &LockSet, batch: &mut Batch) -> Result<(), DbError> {
    for license in &lock_set.limited_licenses {
        // Cached users may lack groups that the new limits name.
        if let Some(pool) = batch.pools.get_mut(license) {
            pool.clear_users();
        }
    }
    let missing = missing_users(lock_set, batch);
    if !missing.is_empty() {
        let limits = batch.pools.values().flat_map(|pool| &pool.terms.groups);
        let groups = limits.map(|limit| limit.group_id).chain(lock_set.limiting_groups.iter().copied()).collect();
        for (license, user) in store::seats::pool_users(tx, &missing, &groups).await? {
            if let Some(pool) = batch.pools.get_mut(&license) {
                pool.set_user(user);
            }
        }
    }
    if !lock_set.granted_users.is_empty() {
        let named = batch.pools.values().filter(|pool| pool.terms.model == Model::Named);
        let named: Vec<_> = named.map(|pool| pool.terms.license).collect();
        let mut counts: BTreeMap<_, i64> = named.iter().map(|license| (*license, 0)).collect();
        counts.extend(store::seats::assignment_counts(tx, &named).await?);
        for (license, count) in counts {
            if let Some(pool) = batch.pools.get_mut(&license) {
                pool.set_assigned_count(count);
            }
        }
    }
    if !lock_set.idempotency_keys.is_empty() {
        batch.repeated_requests =
            store::seats::repeated_requests(tx, &lock_set.idempotency_keys).await?.into_iter().collect();
    }
    if !lock_set.removed_users.is_empty() {
        for standing in store::seats::user_standings(tx, &lock_set.removed_users).await? {
            batch.existing_users.insert(standing.user);
            if standing.admin {
                batch.admins.insert(standing.user);
            }
            if standing.elevated {
                batch.elevated.insert(standing.user);
            }
            if standing.suspended {
                batch.suspended_users.insert(standing.user);
            }
        }
    }
    Ok(())
}

/// The users that decisions on a license refer to and that are not cached.
fn missing_users(lock_set: &LockSet, batch: &Batch) -> BTreeSet<(LicenseId, UserId)> {
    let mut pairs: BTreeSet<(LicenseId, UserId)> = BTreeSet::new();
    let mut add = |license: LicenseId, user: UserId| {
        if batch.pools.get(&license).is_some_and(|pool| pool.user(user).is_none()) {
            pairs.insert((license, user));
        }
    };
    for (license, user) in &lock_set.assignees {
        add(*license, *user);
    }
    for ((user, _), licenses) in &batch.candidates {
        licenses.iter().for_each(|license| add(*license, *user));
    }
    for id in &lock_set.viewed {
        let license = batch.license_of.get(id).and_then(|license| batch.pools.get_key_value(license));
        if let Some((license, live)) = license.and_then(|(license, pool)| Some((license, pool.session(*id)?))) {
            add(*license, live.user);
        }
    }
    for (license, pool) in &batch.pools {
        lock_set.removed_users.iter().for_each(|user| add(*license, *user));
        let named_grant = !lock_set.granted_users.is_empty() && pool.terms.model == Model::Named;
        if named_grant || !pool.terms.groups.is_empty() || lock_set.limited_licenses.contains(license) {
            pool.active_users().for_each(|user| add(*license, user));
        } else {
            pool.tickets().for_each(|ticket| add(*license, ticket.user));
        }
    }
    pairs
}
