//! Changes to users that suspend them, written in the same transaction that ends their sessions.

use super::{
    Seats, SeatsError,
    batch::Batch,
    command::{Actor, Outcome, RemovableUsers, SeatCommand},
};
use crate::{
    db::{DbError, Tx},
    user_changes::{self, AllowedChange, RefusedChange, UserChange, UserChangeError},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{ids::UserId, problem::Code};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The changes that come with the suspensions of a batch.
#[derive(Debug, Default)]
pub struct UserChanges {
    prepared: BTreeMap<UserId, Prepared>,
    /// The values in unique indexes that the written changes take.
    claimed: BTreeSet<(&'static str, String)>,
    /// The changes to write.
    pub written: Vec<AllowedChange>,
}

#[derive(Debug)]
struct Prepared {
    change: Arc<UserChange>,
    /// Why it cannot be written, if it cannot.
    checked: Result<AllowedChange, RefusedChange>,
}

impl UserChanges {
    /// Locks the users and checks whether the changes can be written. Of two changes to one user in a batch, only the
    /// first can.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached or the transaction conflicts with another one.
    pub async fn prepare(&mut self, tx: &mut Tx, changes: &[Arc<UserChange>]) -> Result<(), DbError> {
        let mut changes: Vec<_> = changes.iter().collect();
        // Stable: the first of a user stays the first.
        changes.sort_by_key(|change| change.user());
        changes.dedup_by_key(|change| change.user());
        for change in changes {
            let checked = match user_changes::check(tx, change).await {
                Ok(allowed) => Ok(allowed),
                Err(UserChangeError::Refused(why)) => Err(why),
                Err(UserChangeError::Db(error)) => return Err(error),
            };
            self.prepared.insert(change.user(), Prepared { change: change.clone(), checked });
        }
        Ok(())
    }

    fn check(&self, change: &Arc<UserChange>) -> Result<AllowedChange, RefusedChange> {
        match self.prepared.get(&change.user()).filter(|prepared| Arc::ptr_eq(&prepared.change, change)) {
            None => Err(RefusedChange::ChangedMeanwhile),
            Some(Prepared { checked: Err(why), .. }) => Err(*why),
            Some(Prepared { checked: Ok(allowed), .. }) => {
                // Of two users in one batch who need the same value, the first gets it.
                let taken = change.unique_values().into_iter().find(|claim| self.claimed.contains(claim));
                taken.map_or(Ok(allowed.clone()), |(index, _)| Err(RefusedChange::Taken(index)))
            }
        }
    }

    /// Writes the changes that were decided, but not their events.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn write(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(), DbError> {
        for change in &self.written {
            change.write(tx, now).await?;
        }
        Ok(())
    }
}

impl Batch {
    /// Suspends a user and writes the other changes to them.
    pub(super) fn suspend_and_change(
        &mut self,
        actor: &Actor,
        change: &Arc<UserChange>,
        removable: RemovableUsers,
    ) -> Outcome {
        let user = change.user();
        if self.suspended_users.contains(&user) && self.existing_users.contains(&user) {
            return Outcome::Failed(Code::ChangedMeanwhile);
        }
        let allowed = match self.user_changes.check(change) {
            Ok(allowed) => allowed,
            Err(RefusedChange::Gone) => return Outcome::Failed(Code::NotFound),
            Err(RefusedChange::ChangedMeanwhile) => return Outcome::Failed(Code::ChangedMeanwhile),
            Err(RefusedChange::LastAdmin) => return Outcome::Failed(Code::LastAdmin),
            Err(RefusedChange::Taken(index)) => return Outcome::Taken(index),
        };
        let outcome = self.suspend(actor, user, removable);
        if let Outcome::Done = outcome {
            self.user_changes.claimed.extend(change.unique_values());
            self.events.extend(allowed.events().iter().cloned());
            self.user_changes.written.push(allowed);
        }
        outcome
    }
}

impl Seats {
    /// Suspends a user, ends their sessions and writes the other changes to them, all in one transaction.
    ///
    /// # Errors
    /// Returns `changed_meanwhile` if the user is no longer as they were when the change was prepared. Returns an error
    /// if there is no such user, `removable` excludes them, they are the last admin, another user has a value that must
    /// be unique, or the commit failed.
    pub async fn suspend_and_change(&self, change: UserChange, removable: RemovableUsers) -> Result<(), SeatsError> {
        let (actor, user) = (change.actor().clone(), change.user());
        self.unit_command(&actor, SeatCommand::SuspendUser { user, removable, change: Some(Arc::new(change)) }).await
    }
}
