//! Commits transactions together with the events that say what they changed.

use crate::{
    clock::Clock,
    commit_hooks::CommitHooks,
    db::{Db, DbError, Tx},
    events::Event,
    store,
    tasks::Tasks,
};

/// What every decision needs: the database with its event log, the clock, and where work goes on beside requests.
/// Clones share them.
#[derive(Clone)]
pub struct Journal {
    pub db: Db,
    pub clock: Clock,
    pub tasks: Tasks,
    hooks: CommitHooks,
}

impl Journal {
    /// The journal of this database, whose commits these hooks learn of.
    pub fn new(db: Db, clock: Clock, hooks: CommitHooks, tasks: Tasks) -> Self {
        Self { db, clock, tasks, hooks }
    }

    /// Writes the events of a transaction and commits it. Then invalidates the affected caches and wakes the live feed.
    ///
    /// # Errors
    /// Returns an error if the transaction was not committed or its outcome is unknown.
    pub async fn commit(&self, mut tx: Tx, events: &[Event]) -> Result<(), DbError> {
        let now = self.clock.now_in(&mut tx).await?;
        store::events::append(&mut tx, now, events).await?;
        // Before the next transaction can begin, so that no decision uses what this one changes.
        self.hooks.notify_transaction(events);
        let committed = tx.commit().await;
        // Also after an error: the transaction may have been committed nevertheless.
        self.hooks.notify_transaction(events);
        self.hooks.notify_committed(events);
        committed
    }
}
