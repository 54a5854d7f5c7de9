//! Commits transactions together with the events that say what they changed.

use crate::{
    clock::Clock,
    commit_hooks::CommitHooks,
    db::{Db, DbError, Tx},
    events::Event,
    store,
    tasks::Tasks,
};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// What follows from committed events, if anything does: begun when this returns, and awaited by the commit. It must do
/// no harm if the events were not committed.
pub type Consequences = Arc<dyn Fn(&[Event]) -> Option<BoxFuture<'static, ()>> + Send + Sync>;

/// What every decision needs: the database with its event log, the clock, and where work goes on beside requests.
/// Clones share them.
#[derive(Clone)]
pub struct Journal {
    pub db: Db,
    pub clock: Clock,
    pub tasks: Tasks,
    hooks: CommitHooks,
    /// Absent only in the journal that the consequences themselves commit with: they have none of their own.
    consequences: Option<Consequences>,
}

impl Journal {
    /// The journal of this database, whose commits these hooks learn of, and whose commits have no consequences.
    pub fn new(db: Db, clock: Clock, hooks: CommitHooks, tasks: Tasks) -> Self {
        Self { db, clock, tasks, hooks, consequences: None }
    }

    /// The same journal, whose commits have these consequences.
    #[must_use]
    pub fn with_consequences(&self, consequences: Consequences) -> Self {
        Self { consequences: Some(consequences), ..self.clone() }
    }

    /// Writes the events of a transaction and commits it. Then invalidates the affected caches, wakes the live feed,
    /// and reconciles what the events concern, so that no caller has to remember it. All of it continues if the caller
    /// is cancelled.
    ///
    /// # Errors
    /// Returns an error if the transaction was not committed or its outcome is unknown.
    pub async fn commit(&self, mut tx: Tx, events: &[Event]) -> Result<(), DbError> {
        let now = self.clock.now_in(&mut tx).await?;
        store::events::append(&mut tx, now, events).await?;
        let (journal, events) = (self.clone(), events.to_vec());
        let committing = self.tasks.spawn_to_end(async move { journal.finish(tx.handed_over(), &events).await });
        // Only a panic ends it early.
        committing.await.unwrap_or(Err(DbError::Undone))
    }

    async fn finish(&self, tx: Tx, events: &[Event]) -> Result<(), DbError> {
        // Before the next transaction can begin, so that no decision uses what this one changes.
        self.hooks.notify_transaction(events);
        let committed = tx.commit().await;
        // Also after an error: the transaction may have been committed nevertheless.
        self.hooks.notify_transaction(events);
        self.hooks.notify_committed(events);
        let following = self.consequences.as_ref().and_then(|follow| follow(events));
        committed?;
        if let Some(following) = following {
            following.await;
        }
        Ok(())
    }
}
