//! Notices who asks for a second connection while holding one: with all connections held that way, nobody gets any. Debug
//! builds only, so that each story of the tests looks for it.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};
use tokio::task::{self, Id};

/// How many transactions each task has open.
static HELD: LazyLock<Mutex<HashMap<Id, usize>>> = LazyLock::new(Mutex::default);

/// One connection, held by the task that asked for it.
#[derive(Debug)]
pub struct Opened(Option<Id>);

impl Opened {
    /// Counts a transaction that begins now.
    pub fn one() -> Self {
        let by = if cfg!(debug_assertions) { task::try_id() } else { None };
        if let Some(task) = by {
            *count(&mut HELD.lock().unwrap_or_else(PoisonError::into_inner), task) += 1;
        }
        Self(by)
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let Some(task) = self.0 else { return };
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        *count(&mut held, task) -= 1;
        held.retain(|_, open| *open > 0);
    }
}

/// Asks for a connection on behalf of this task.
///
/// # Panics
/// The task holds one already; in debug builds.
#[track_caller]
pub fn ask() {
    let Some(task) = task::try_id().filter(|_| cfg!(debug_assertions)) else { return };
    let open = HELD.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&task);
    assert!(
        !open,
        "a second connection is asked for inside a transaction: ask before it begins, or ask the transaction"
    );
}

fn count(held: &mut HashMap<Id, usize>, task: Id) -> &mut usize {
    held.entry(task).or_default()
}

#[cfg(test)]
mod tests {
    use crate::db::Db;

    async fn in_a_task(work: impl Future<Output = ()> + Send + 'static) -> Result<(), tokio::task::JoinError> {
        tokio::spawn(work).await
    }

    async fn db() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite:{}", folder.path().join("db").display())).await.expect("a database");
        (folder, db)
    }

    #[tokio::test]
    async fn a_second_connection_inside_a_transaction_is_noticed() {
        let (_folder, db) = db().await;
        let asked = in_a_task(async move {
            let _tx = db.begin_read().await.expect("a transaction");
            drop(db.begin_read().await);
        });
        assert!(asked.await.is_err_and(|error| error.is_panic()));
    }

    #[tokio::test]
    async fn one_after_the_other_is_right() {
        let (_folder, db) = db().await;
        let asked = in_a_task(async move {
            db.begin().await.expect("a transaction").commit().await.expect("it is saved");
            drop(db.begin_read().await.expect("a transaction"));
            drop(db.begin().await.expect("a transaction"));
        });
        asked.await.expect("nothing to complain about");
    }
}
