//! Transactions on PostgreSQL that begin before they are needed, so that one that follows soon does not wait for the
//! server to begin it. Until its first statement, such a transaction has no snapshot and no locks, and only occupies
//! its connection.

use super::{Db, DbError, Endpoint, Engine, Tx, dedicated_connection::ConnectionCache, nested_tx_guard};
use crate::monotonic::MonotonicClock;
use std::time::{Duration, Instant};
use tokio::{sync::oneshot, time::sleep};

/// A transaction is prepared only if the last one began within this time, and is rolled back if it is not used within
/// it.
const PREPARE_WINDOW: Duration = Duration::from_millis(50);

/// Begins one transaction after another, for statements that go to single rows of large tables.
#[derive(Debug)]
pub struct PreparedTx {
    engine: PreparedEngine,
    prepared: Option<oneshot::Sender<oneshot::Sender<Tx>>>,
    last_prepared: Option<Instant>,
    monotonic: MonotonicClock,
}

#[derive(Debug)]
enum PreparedEngine {
    /// Has one writer and begins without a round trip.
    Sqlite(Db),
    Postgres(ConnectionCache, Endpoint),
}

impl PreparedTx {
    /// No transaction is prepared yet.
    pub fn new(db: &Db, monotonic: MonotonicClock) -> Self {
        let engine = match db {
            Db::Sqlite { .. } => PreparedEngine::Sqlite(db.clone()),
            Db::Postgres { pool, endpoint } => {
                let connections = ConnectionCache::new(pool.connect_options().as_ref().clone(), monotonic.clone());
                PreparedEngine::Postgres(connections, endpoint.clone())
            }
        };
        Self { engine, prepared: None, last_prepared: None, monotonic }
    }

    /// Begins the next transaction in advance if transactions follow each other closely. Call it while one is being
    /// committed.
    #[expect(clippy::disallowed_methods, reason = "it ends by itself after a moment")]
    pub fn prepare(&mut self) {
        let before = self.last_prepared.replace(self.monotonic.now());
        let PreparedEngine::Postgres(connections, endpoint) = &self.engine else { return };
        if before.is_none_or(|before| self.monotonic.since(before) > PREPARE_WINDOW) {
            return;
        }
        let (prepared, taker) = oneshot::channel::<oneshot::Sender<Tx>>();
        let (connections, endpoint) = (connections.clone(), endpoint.clone());
        tokio::spawn(async move {
            let Ok(dedicated) = connections.begin().await else { return };
            let tx = Tx::on(Engine::Dedicated(dedicated), endpoint);
            tokio::select! {
                taker = taker => if let Ok(taker) = taker { drop(taker.send(tx)) },
                () = sleep(PREPARE_WINDOW) => {}
            }
        });
        self.prepared = Some(prepared);
    }

    /// The prepared transaction, or a new one if there is none.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached in time or must not be written to.
    pub async fn take(&mut self) -> Result<Tx, DbError> {
        nested_tx_guard::assert_none_open();
        if let PreparedEngine::Postgres(_, endpoint) = &self.engine {
            endpoint.may_write()?;
        }
        let (taker, tx) = oneshot::channel();
        if self.prepared.take().is_some_and(|prepared| prepared.send(taker).is_ok())
            && let Ok(tx) = tx.await
        {
            return Ok(tx.handed_over());
        }
        match &self.engine {
            PreparedEngine::Sqlite(db) => db.begin().await,
            PreparedEngine::Postgres(connections, endpoint) => {
                let dedicated = connections.begin().await.map_err(|error| endpoint.locate(error))?;
                Ok(Tx::on(Engine::Dedicated(dedicated), endpoint.clone()))
            }
        }
    }
}
