//! A line between the processes that share a PostgreSQL database: LISTEN and NOTIFY, without content.

use super::{Db, DbError};
use sqlx::{
    Executor as _,
    postgres::{PgListener, PgPoolOptions},
};
use std::{io, time::Duration};

const CHANNEL: &str = "seatkeeper";
const KNOCK: &str = "NOTIFY seatkeeper";

/// A line to all processes on the same database, this one included.
pub struct Line(PgListener);

impl Db {
    /// Opens a line to the processes on the same database; none where there can be only one process, or behind a pooler.
    ///
    /// # Errors
    /// The database is away, or knows no LISTEN.
    pub async fn line(&self) -> Result<Option<Line>, DbError> {
        let Self::Postgres { pool, endpoint } = self else { return Ok(None) };
        // It would be listened for on a connection that others get next.
        if endpoint.is_behind_pooler() {
            return Ok(None);
        }
        // A connection of its own, so that listening takes none away from those who wait for one.
        let own = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with((*pool.connect_options()).clone());
        let located = |error: sqlx::Error| endpoint.locate(error.into());
        let mut listener = PgListener::connect_with(&own).await.map_err(located)?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await.map_err(located)?;
        Ok(Some(Line(listener)))
    }
}

impl Line {
    /// Wakes everybody on the line.
    ///
    /// # Errors
    /// The line is broken.
    pub async fn knock(&mut self) -> Result<(), DbError> {
        self.0.execute(KNOCK).await?;
        Ok(())
    }

    /// Waits until somebody has knocked. Whoever stops waiting misses nothing by it.
    ///
    /// # Errors
    /// The line is broken.
    pub async fn knocked(&mut self) -> Result<(), DbError> {
        if self.0.try_recv().await?.is_none() {
            return Err(DbError::Sqlx(io::Error::from(io::ErrorKind::ConnectionAborted).into()));
        }
        while self.0.next_buffered().is_some() {}
        Ok(())
    }
}
