//! Connections to PostgreSQL of one's own, for whoever has one transaction after the other: a pool takes a turn to give a connection
//! away and two to get it back.

use super::{BEGIN_BY_INDEX, DbError, JUST_NOW, Plans};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// How long it may take to get a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// More are not kept: one is being committed, and the next one has begun.
const KEPT: usize = 2;

/// The connections that nobody uses at this moment. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Home(Arc<Idle>);

#[derive(Debug)]
struct Idle {
    options: PgConnectOptions,
    kept: Mutex<Vec<(PgConnection, Instant)>>,
    plans: Plans,
}

/// A transaction that goes to single rows of large tables. Dropped without [`Own::commit`], it never was.
#[derive(Debug)]
pub(super) struct Own {
    /// Nothing only while it is being dropped.
    connection: Option<PgConnection>,
    home: Home,
}

impl Home {
    /// No connections yet.
    pub fn new(options: PgConnectOptions) -> Self {
        Self(Arc::new(Idle { options, kept: Mutex::default(), plans: Plans::default() }))
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// The database is away or busy for too long.
    pub async fn begin(&self) -> Result<Own, DbError> {
        let begun = timeout(PATIENCE, async {
            let mut connection = self.connection().await?;
            connection.execute(BEGIN_BY_INDEX).await?;
            Ok(Own { connection: Some(connection), home: self.clone() })
        });
        begun.await.unwrap_or(Err(DbError::Sqlx(sqlx::Error::PoolTimedOut)))
    }

    /// One that was kept and lives, or a new one.
    async fn connection(&self) -> Result<PgConnection, DbError> {
        while let Some((mut connection, since)) = self.take() {
            let lives = if self.0.plans.are_old() {
                connection.execute("DISCARD PLANS").await.is_ok()
            } else {
                since.elapsed() < JUST_NOW || connection.ping().await.is_ok()
            };
            if lives {
                return Ok(connection);
            }
        }
        Ok(self.0.options.connect().await?)
    }

    fn take(&self) -> Option<(PgConnection, Instant)> {
        self.kept().pop()
    }

    fn keep(&self, connection: PgConnection) {
        let mut kept = self.kept();
        if kept.len() < KEPT {
            kept.push((connection, Instant::now()));
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(PgConnection, Instant)>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Own {
    /// The connection.
    pub fn connection(&mut self) -> Result<&mut PgConnection, DbError> {
        self.connection.as_mut().ok_or(DbError::Undone)
    }

    /// Makes it so.
    ///
    /// # Errors
    /// It is unknown whether it was saved.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.connection()?.execute("COMMIT").await?;
        self.connection.take().into_iter().for_each(|connection| self.home.keep(connection));
        Ok(())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let home = self.home.clone();
        // When the process ends, there is nobody to do that; the server undoes what it hears no more of.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if timeout(PATIENCE, connection.execute("ROLLBACK")).await.is_ok_and(|undone| undone.is_ok()) {
                    home.keep(connection);
                }
            });
        }
    }
}
