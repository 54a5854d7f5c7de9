//! Connections to PostgreSQL outside of the pool, for a task that runs one transaction after another: handing out a
//! pooled connection and taking it back costs extra rounds of scheduling.

use super::{BEGIN_BY_INDEX, DbError, PlanDiscardTimer, RECENTLY_USED, postgres::was_closed};
use crate::monotonic::MonotonicClock;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::time::timeout;

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Two suffice: one is being committed while the next transaction has begun.
const MAX_IDLE_CONNECTIONS: usize = 2;
/// As in a pool, because an old connection may lead to a server that is no longer the primary.
const MAX_CONNECTION_AGE: Duration = Duration::from_secs(30 * 60);

/// Opens connections and keeps the idle ones. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct ConnectionCache(Arc<CacheState>);

#[derive(Debug)]
struct CacheState {
    options: PgConnectOptions,
    idle: Mutex<Vec<DedicatedConnection>>,
    plan_discard: PlanDiscardTimer,
    monotonic: MonotonicClock,
}

#[derive(Debug)]
struct DedicatedConnection {
    connection: PgConnection,
    opened_at: Instant,
    used_at: Instant,
}

/// A transaction for statements that go to single rows of large tables. It is rolled back unless
/// [`DedicatedTx::commit`] is called.
#[derive(Debug)]
pub(super) struct DedicatedTx {
    /// `None` only while it is being dropped.
    dedicated: Option<DedicatedConnection>,
    cache: ConnectionCache,
}

impl ConnectionCache {
    /// No connections yet.
    pub fn new(options: PgConnectOptions, monotonic: MonotonicClock) -> Self {
        let plan_discard = PlanDiscardTimer::new(monotonic.clone());
        Self(Arc::new(CacheState { options, idle: Mutex::default(), plan_discard, monotonic }))
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached in time.
    pub async fn begin(&self) -> Result<DedicatedTx, DbError> {
        let begun = timeout(ACQUIRE_TIMEOUT, async {
            loop {
                let may_be_closed = !self.idle().is_empty();
                let mut dedicated = self.connection().await?;
                match dedicated.connection.execute(BEGIN_BY_INDEX).await {
                    // The database has restarted since it was used.
                    Err(error) if may_be_closed && was_closed(&error) => {}
                    begun => {
                        begun?;
                        return Ok(DedicatedTx { dedicated: Some(dedicated), cache: self.clone() });
                    }
                }
            }
        });
        begun.await.unwrap_or(Err(DbError::Sqlx(sqlx::Error::PoolTimedOut)))
    }

    /// An idle connection that is still alive, or a new one.
    async fn connection(&self) -> Result<DedicatedConnection, DbError> {
        while let Some(mut dedicated) = self.pop() {
            let is_alive = if self.0.plan_discard.take_due() {
                dedicated.connection.execute("DISCARD PLANS").await.is_ok()
            } else {
                self.0.monotonic.since(dedicated.used_at) < RECENTLY_USED || dedicated.connection.ping().await.is_ok()
            };
            if is_alive {
                return Ok(dedicated);
            }
        }
        let (connection, now) = (self.0.options.connect().await?, self.0.monotonic.now());
        Ok(DedicatedConnection { connection, opened_at: now, used_at: now })
    }

    fn pop(&self) -> Option<DedicatedConnection> {
        self.idle().pop()
    }

    fn put_back(&self, dedicated: DedicatedConnection) {
        let (mut idle, monotonic) = (self.idle(), &self.0.monotonic);
        if idle.len() < MAX_IDLE_CONNECTIONS && monotonic.since(dedicated.opened_at) < MAX_CONNECTION_AGE {
            idle.push(DedicatedConnection { used_at: monotonic.now(), ..dedicated });
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<DedicatedConnection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DedicatedTx {
    pub fn connection(&mut self) -> Result<&mut PgConnection, DbError> {
        self.dedicated.as_mut().map(|dedicated| &mut dedicated.connection).ok_or(DbError::Undone)
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// Returns an error if the outcome is unknown.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.connection()?.execute("COMMIT").await?;
        self.dedicated.take().into_iter().for_each(|dedicated| self.cache.put_back(dedicated));
        Ok(())
    }
}

impl Drop for DedicatedTx {
    #[expect(clippy::disallowed_methods, reason = "it ends after a timeout")]
    fn drop(&mut self) {
        let Some(mut dedicated) = self.dedicated.take() else { return };
        let cache = self.cache.clone();
        // When the process ends, no runtime is left; the server rolls back when the connection closes.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let rolled_back = timeout(ACQUIRE_TIMEOUT, dedicated.connection.execute("ROLLBACK")).await;
                if rolled_back.is_ok_and(|done| done.is_ok()) {
                    cache.put_back(dedicated);
                }
            });
        }
    }
}
