//! Dry runs of assignments: decided by the same rules on the current state, and never saved.

use crate::{
    db::{Db, DbError},
    pool::{Pool, changes::PoolUser},
    store,
};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    people::UserStatus,
    problem::Code,
};
use std::collections::{BTreeSet, HashMap};

/// The licenses as they were when the dry run began, with the assignments that were tried since.
#[derive(Debug, Default)]
pub struct DryRun(HashMap<LicenseId, Pool>);

impl DryRun {
    /// Reads the current state of licenses.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn read(db: &Db, licenses: &[LicenseId]) -> Result<Self, DbError> {
        // The statement takes locks, which the rollback at the end releases.
        let mut tx = db.begin().await?;
        let mut pools: HashMap<LicenseId, Pool> = HashMap::new();
        for terms in store::seats::lock(&mut tx, licenses).await? {
            pools.insert(terms.license, Pool::new(terms, [], []));
        }
        let named: Vec<_> = pools.values().filter(|p| p.terms.model == Model::Named).map(|p| p.terms.license).collect();
        // A user whose assignment was revoked but who has a live session still occupies a named seat.
        let mut pairs = BTreeSet::new();
        for (license, occupancy) in store::seats::occupancy(&mut tx, &named, &BTreeSet::new()).await?.1 {
            pairs.extend(occupancy.sessions.iter().map(|session| (license, session.user)));
            if let Some(pool) = pools.get_mut(&license) {
                *pool = Pool::new(pool.terms.clone(), occupancy.sessions, []);
            }
        }
        let mut counts: HashMap<_, i64> = named.iter().map(|license| (*license, 0)).collect();
        counts.extend(store::seats::assignment_counts(&mut tx, &named).await?);
        for (license, count) in counts {
            pools.get_mut(&license).into_iter().for_each(|pool| pool.set_assigned_count(count));
        }
        let mut dry_run = Self(pools);
        for (license, user) in store::seats::pool_users(&mut tx, &pairs, &BTreeSet::new()).await? {
            dry_run.set_user(license, user);
        }
        Ok(dry_run)
    }

    /// Reads users and their assignments to the license beside each. Users who do not exist are skipped.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn load_users(&mut self, db: &Db, pairs: &BTreeSet<(LicenseId, UserId)>) -> Result<(), DbError> {
        let is_missing =
            |(license, user): &&(LicenseId, UserId)| self.0.get(license).is_some_and(|p| p.user(*user).is_none());
        let missing: BTreeSet<_> = pairs.iter().filter(is_missing).copied().collect();
        if !missing.is_empty() {
            let mut tx = db.begin_read().await?;
            for (license, user) in store::seats::pool_users(&mut tx, &missing, &BTreeSet::new()).await? {
                self.set_user(license, user);
            }
        }
        Ok(())
    }

    fn set_user(&mut self, license: LicenseId, user: PoolUser) {
        self.0.get_mut(&license).into_iter().for_each(|pool| pool.set_user(user.clone()));
    }

    /// Assigns a license to a user with this status. Returns whether they did not have it before.
    ///
    /// # Errors
    /// Returns the rule that refuses.
    pub fn grant(&mut self, license: LicenseId, user: UserId, status: UserStatus) -> Result<bool, Code> {
        let pool = self.0.get_mut(&license).ok_or(Code::NotFound)?;
        let current = pool.user(user).cloned().unwrap_or_else(|| PoolUser {
            id: user,
            name: String::new(),
            email: String::new(),
            status,
            assigned: false,
            grant_ends_at: None,
            cool_until: None,
            groups: Vec::new(),
        });
        // As in a real change, the user would be suspended first, which frees their named seat.
        if status == UserStatus::Suspended && current.status == UserStatus::Active && current.assigned {
            return Err(Code::UserSuspended);
        }
        pool.set_user(PoolUser { status, ..current });
        let granted = pool.grant(user);
        pool.take_changes();
        granted
    }
}
