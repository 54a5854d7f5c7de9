//! What assignments would come to: decided by the same rules on the same state, and never saved.

use super::pool::Pool;
use crate::{
    db::{Db, DbError},
    seats::facts::Person,
    store,
};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    people::UserStatus,
    problem::Code,
};
use std::collections::{BTreeSet, HashMap};

/// Licenses as they were when it began, with everything that was tried since.
#[derive(Debug, Default)]
pub struct Trial(HashMap<LicenseId, Pool>);

impl Trial {
    /// Reads these licenses as they are.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn read(db: &Db, licenses: &[LicenseId]) -> Result<Self, DbError> {
        // The statement locks; nothing is written, and all is let go at the end.
        let mut tx = db.begin().await?;
        let mut pools: HashMap<LicenseId, Pool> = HashMap::new();
        for terms in store::seats::lock(&mut tx, licenses).await? {
            pools.insert(terms.license, Pool::new(terms, [], []));
        }
        let named: Vec<_> = pools.values().filter(|p| p.terms.model == Model::Named).map(|p| p.terms.license).collect();
        // Whoever was revoked and may finish occupies a named seat.
        let mut pairs = BTreeSet::new();
        for (license, held) in store::seats::held(&mut tx, &named, &BTreeSet::new()).await?.1 {
            pairs.extend(held.live.iter().map(|session| (license, session.user)));
            if let Some(pool) = pools.get_mut(&license) {
                *pool = Pool::new(pool.terms.clone(), held.live, []);
            }
        }
        let mut assigned: HashMap<_, i64> = named.iter().map(|license| (*license, 0)).collect();
        assigned.extend(store::seats::assigned(&mut tx, &named).await?);
        for (license, number) in assigned {
            pools.get_mut(&license).into_iter().for_each(|pool| pool.know_assigned(number));
        }
        let mut trial = Self(pools);
        for (license, person) in store::seats::people(&mut tx, &pairs, &BTreeSet::new()).await? {
            trial.know(license, person);
        }
        Ok(trial)
    }

    /// Reads how these users stand at these licenses, if they exist.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn meet(&mut self, db: &Db, pairs: &BTreeSet<(LicenseId, UserId)>) -> Result<(), DbError> {
        let new =
            |(license, user): &&(LicenseId, UserId)| self.0.get(license).is_some_and(|p| p.person(*user).is_none());
        let strangers: BTreeSet<_> = pairs.iter().filter(new).copied().collect();
        if !strangers.is_empty() {
            let mut tx = db.begin_read().await?;
            for (license, person) in store::seats::people(&mut tx, &strangers, &BTreeSet::new()).await? {
                self.know(license, person);
            }
        }
        Ok(())
    }

    fn know(&mut self, license: LicenseId, person: Person) {
        self.0.get_mut(&license).into_iter().for_each(|pool| pool.know(person.clone()));
    }

    /// Assigns a license to a user who would have this status by then.
    ///
    /// # Errors
    /// The rule that refuses.
    pub fn grant(&mut self, license: LicenseId, user: UserId, status: UserStatus) -> Result<bool, Code> {
        let pool = self.0.get_mut(&license).ok_or(Code::NotFound)?;
        let person = pool.person(user).cloned().unwrap_or_else(|| Person {
            id: user,
            name: String::new(),
            email: String::new(),
            status,
            assigned: false,
            cool_until: None,
            groups: Vec::new(),
        });
        // As suspending does it: a named seat is free for somebody else.
        if status == UserStatus::Suspended && person.status == UserStatus::Active && person.assigned {
            return Err(Code::UserSuspended);
        }
        pool.know(Person { status, ..person });
        let granted = pool.grant(user);
        pool.take_facts();
        granted
    }
}
