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
/// None is used for longer, as in a pool: it may lead to a server that is no longer the right one.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// The connections that nobody uses at this moment. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Home(Arc<Idle>);

#[derive(Debug)]
struct Idle {
    options: PgConnectOptions,
    kept: Mutex<Vec<Connected>>,
    plans: Plans,
}

#[derive(Debug)]
struct Connected {
    connection: PgConnection,
    since: Instant,
    used: Instant,
}

/// A transaction that goes to single rows of large tables. Dropped without [`Own::commit`], it never was.
#[derive(Debug)]
pub(super) struct Own {
    /// Nothing only while it is being dropped.
    connected: Option<Connected>,
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
            let mut connected = self.connected().await?;
            connected.connection.execute(BEGIN_BY_INDEX).await?;
            Ok(Own { connected: Some(connected), home: self.clone() })
        });
        begun.await.unwrap_or(Err(DbError::Sqlx(sqlx::Error::PoolTimedOut)))
    }

    /// One that was kept and lives, or a new one.
    async fn connected(&self) -> Result<Connected, DbError> {
        while let Some(mut kept) = self.take() {
            let lives = if self.0.plans.are_old() {
                kept.connection.execute("DISCARD PLANS").await.is_ok()
            } else {
                kept.used.elapsed() < JUST_NOW || kept.connection.ping().await.is_ok()
            };
            if lives {
                return Ok(kept);
            }
        }
        let (connection, now) = (self.0.options.connect().await?, Instant::now());
        Ok(Connected { connection, since: now, used: now })
    }

    fn take(&self) -> Option<Connected> {
        self.kept().pop()
    }

    fn keep(&self, connected: Connected) {
        let mut kept = self.kept();
        if kept.len() < KEPT && connected.since.elapsed() < LIFE {
            kept.push(Connected { used: Instant::now(), ..connected });
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Connected>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Own {
    /// The connection.
    pub fn connection(&mut self) -> Result<&mut PgConnection, DbError> {
        self.connected.as_mut().map(|connected| &mut connected.connection).ok_or(DbError::Undone)
    }

    /// Makes it so.
    ///
    /// # Errors
    /// It is unknown whether it was saved.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.connection()?.execute("COMMIT").await?;
        self.connected.take().into_iter().for_each(|connected| self.home.keep(connected));
        Ok(())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let Some(mut connected) = self.connected.take() else { return };
        let home = self.home.clone();
        // When the process ends, there is nobody to do that; the server undoes what it hears no more of.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let undone = timeout(PATIENCE, connected.connection.execute("ROLLBACK")).await;
                if undone.is_ok_and(|undone| undone.is_ok()) {
                    home.keep(connected);
                }
            });
        }
    }
}
