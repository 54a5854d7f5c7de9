//! Detects a task that requests a second connection while it holds one, which can deadlock the pool. It is active in
//! debug builds only, so that every test checks for it.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};
use tokio::task::{self, Id};

/// How many transactions each task has open.
static OPEN_TRANSACTIONS: LazyLock<Mutex<HashMap<Id, usize>>> = LazyLock::new(Mutex::default);

/// Counts one open transaction of the task that began it.
#[derive(Debug)]
pub struct NestedTxGuard(Option<Id>);

impl NestedTxGuard {
    /// Counts a transaction that begins now.
    pub fn new() -> Self {
        let task = if cfg!(debug_assertions) { task::try_id() } else { None };
        if let Some(task) = task {
            *count(&mut OPEN_TRANSACTIONS.lock().unwrap_or_else(PoisonError::into_inner), task) += 1;
        }
        Self(task)
    }
}

impl Drop for NestedTxGuard {
    fn drop(&mut self) {
        let Some(task) = self.0 else { return };
        let mut transactions = OPEN_TRANSACTIONS.lock().unwrap_or_else(PoisonError::into_inner);
        *count(&mut transactions, task) -= 1;
        transactions.retain(|_, open| *open > 0);
    }
}

/// Checks that this task has no open transaction. Call it before every request for a connection.
///
/// # Panics
/// Panics in debug builds if the task has one.
#[track_caller]
pub fn assert_none_open() {
    let Some(task) = task::try_id().filter(|_| cfg!(debug_assertions)) else { return };
    let open = OPEN_TRANSACTIONS.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&task);
    assert!(
        !open,
        "this task requests a second connection inside a transaction; query before the transaction begins, or within it"
    );
}

fn count(transactions: &mut HashMap<Id, usize>, task: Id) -> &mut usize {
    transactions.entry(task).or_default()
}

#[cfg(test)]
mod tests {
    use crate::{db::Db, monotonic::MonotonicClock};

    #[expect(clippy::disallowed_methods, reason = "awaited at once")]
    async fn in_a_task(work: impl Future<Output = ()> + Send + 'static) -> Result<(), tokio::task::JoinError> {
        tokio::spawn(work).await
    }

    async fn db() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("sqlite:{}", folder.path().join("db").display());
        let db = Db::open(&address, &MonotonicClock::default()).await.expect("a database");
        (folder, db)
    }

    #[tokio::test]
    async fn a_second_connection_inside_a_transaction_is_detected() {
        let (_folder, db) = db().await;
        let done = in_a_task(async move {
            let _tx = db.begin_read().await.expect("a transaction");
            drop(db.begin_read().await);
        });
        assert!(done.await.is_err_and(|error| error.is_panic()));
    }

    #[tokio::test]
    async fn consecutive_transactions_are_allowed() {
        let (_folder, db) = db().await;
        let done = in_a_task(async move {
            db.begin().await.expect("a transaction").commit().await.expect("committed");
            drop(db.begin_read().await.expect("a transaction"));
            drop(db.begin().await.expect("a transaction"));
        });
        done.await.expect("no transaction is nested");
    }
}
