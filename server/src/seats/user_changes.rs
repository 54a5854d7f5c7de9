//! Changes of users that suspend them: written in the transaction that ends their sessions, or not at all.

use super::{
    Seats, SeatsError,
    batch::Batch,
    command::{Actor, Command, Outcome, Whom},
};
use crate::{
    db::{DbError, Tx},
    events::Event,
    store::user_changes::{self, NotWritten, UserChange},
};
use seatkeeper_shared::{ids::UserId, problem::Code};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The changes that come with the suspensions of a batch.
#[derive(Debug, Default)]
pub struct UserChanges {
    prepared: BTreeMap<UserId, Prepared>,
    /// What the changes that are written take for their users.
    claimed: BTreeSet<(&'static str, String)>,
    /// Those that are written.
    pub written: Vec<Arc<UserChange>>,
}

#[derive(Debug)]
struct Prepared {
    change: Arc<UserChange>,
    /// What the log has of it, or why it cannot be written.
    checked: Result<Vec<Event>, NotWritten>,
}

impl UserChanges {
    /// Locks the users and looks whether the changes can be written. Of two changes of one user in a batch only the first can.
    ///
    /// # Errors
    /// The database does not answer, or somebody is in the way.
    pub async fn prepare(&mut self, tx: &mut Tx, changes: &[Arc<UserChange>]) -> Result<(), DbError> {
        let mut changes: Vec<_> = changes.iter().collect();
        // Stable: the first of a user stays the first.
        changes.sort_by_key(|change| change.user);
        changes.dedup_by_key(|change| change.user);
        for change in changes {
            let checked = user_changes::prepare(tx, change).await?;
            self.prepared.insert(change.user, Prepared { change: change.clone(), checked });
        }
        Ok(())
    }

    fn check(&self, change: &Arc<UserChange>) -> Result<&[Event], NotWritten> {
        match self.prepared.get(&change.user).filter(|prepared| Arc::ptr_eq(&prepared.change, change)) {
            None => Err(NotWritten::ChangedMeanwhile),
            Some(Prepared { checked: Err(why), .. }) => Err(*why),
            Some(Prepared { checked: Ok(events), .. }) => {
                // Of two users in one batch who want the same, the first has it.
                let taken = change.claims().into_iter().find(|claim| self.claimed.contains(claim));
                taken.map_or(Ok(events), |(index, _)| Err(NotWritten::Taken(index)))
            }
        }
    }
}

impl Batch {
    /// Suspends a user and writes what else changes about them.
    pub(super) fn suspend_and_change(&mut self, actor: &Actor, change: &Arc<UserChange>, whom: Whom) -> Outcome {
        if self.out.contains(&change.user) && self.known.contains(&change.user) {
            return Outcome::Failed(Code::ChangedMeanwhile);
        }
        let events = match self.user_changes.check(change) {
            Ok(events) => events.to_vec(),
            Err(NotWritten::Gone) => return Outcome::Failed(Code::NotFound),
            Err(NotWritten::ChangedMeanwhile) => return Outcome::Failed(Code::ChangedMeanwhile),
            Err(NotWritten::Taken(index)) => return Outcome::Taken(index),
        };
        let outcome = self.suspend(actor, change.user, whom);
        if let Outcome::Done = outcome {
            self.user_changes.claimed.extend(change.claims());
            self.user_changes.written.push(change.clone());
            self.events.extend(events);
        }
        outcome
    }
}

impl Seats {
    /// Suspends a user, ends their sessions and writes what else changes about them, all in one transaction.
    ///
    /// # Errors
    /// `changed_meanwhile`: the user is not as they were when the change was worked out. No such user, or not one of these; the last
    /// admin; somebody else has what the change needs; not saved.
    pub async fn suspend_and_change(&self, change: UserChange, whom: Whom) -> Result<(), SeatsError> {
        let (actor, user) = (change.actor.clone(), change.user);
        self.done(&actor, Command::Suspend { user, whom, change: Some(Arc::new(change)) }).await
    }
}
