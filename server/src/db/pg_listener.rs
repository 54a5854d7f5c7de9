//! LISTEN and NOTIFY, without payloads, between the processes that share a PostgreSQL database.

use super::{Db, DbError};
use sqlx::{Executor as _, postgres::PgPoolOptions};
use std::{io, time::Duration};

const CHANNEL: &str = "seatkeeper";
const NOTIFY: &str = "NOTIFY seatkeeper";

/// Notifies, and is notified by, all processes on the same database, including this one.
pub struct PgListener(sqlx::postgres::PgListener);

impl Db {
    /// Starts to listen. `None` on SQLite, which only one process uses, and behind a pooler.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached, or does not support LISTEN.
    pub async fn listen(&self) -> Result<Option<PgListener>, DbError> {
        let Self::Postgres { pool, endpoint } = self else { return Ok(None) };
        // LISTEN would stay on a server connection that the pooler gives to others next.
        if endpoint.is_behind_pooler() {
            return Ok(None);
        }
        // Its own connection, so that listening does not occupy one of the pool.
        let pool_of_one = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with((*pool.connect_options()).clone());
        let located = |error: sqlx::Error| endpoint.locate(error.into());
        let mut listener = sqlx::postgres::PgListener::connect_with(&pool_of_one).await.map_err(located)?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await.map_err(located)?;
        Ok(Some(PgListener(listener)))
    }
}

impl PgListener {
    /// Notifies all listeners.
    ///
    /// # Errors
    /// Returns an error if the connection is lost.
    pub async fn notify(&mut self) -> Result<(), DbError> {
        self.0.execute(NOTIFY).await?;
        Ok(())
    }

    /// Waits for a notification. Cancel safe: a notification that arrives while nothing waits is returned next time.
    ///
    /// # Errors
    /// Returns an error if the connection is lost.
    pub async fn notified(&mut self) -> Result<(), DbError> {
        if self.0.try_recv().await?.is_none() {
            return Err(DbError::Sqlx(io::Error::from(io::ErrorKind::ConnectionAborted).into()));
        }
        while self.0.next_buffered().is_some() {}
        Ok(())
    }
}
