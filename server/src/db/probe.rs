//! Checks that the database can be written to: a real write to one row kept for this, through to the disk.

use super::{Db, DbError};
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, PgPool};

/// Changes a row that nothing depends on and no event records. It is a single statement, so that a pooler sends it as a
/// unit.
pub(super) const PROBE_SQL: &str = "UPDATE readiness SET checks = checks + 1";

/// Writes on its own connection, so that an exhausted pool is not mistaken for an unreachable database.
#[derive(Debug)]
pub struct WriteProbe {
    db: Db,
    connection: Option<PgConnection>,
}

impl WriteProbe {
    /// Connects at the first write.
    pub fn new(db: Db) -> Self {
        Self { db, connection: None }
    }

    /// Writes once.
    ///
    /// # Errors
    /// Returns an error that says why the database cannot be written to.
    pub async fn write(&mut self) -> Result<(), DbError> {
        self.db.endpoint().may_write()?;
        let written = match self.db.clone() {
            Db::Sqlite { writer, .. } => writer.probe().await,
            Db::Postgres { pool, .. } => self.write_to(&pool).await,
        };
        written.map_err(|error| self.db.endpoint().locate(error))
    }

    async fn write_to(&mut self, pool: &PgPool) -> Result<(), DbError> {
        // Taken out, so that a caller that stops waiting drops the connection together with the statement in progress.
        if let Some(mut connection) = self.connection.take()
            && connection.execute(PROBE_SQL).await.is_ok()
        {
            self.connection = Some(connection);
            return Ok(());
        }
        // The old connection may have been lost long ago; only a new one shows the present state.
        let mut connection = pool.connect_options().connect().await?;
        connection.execute(PROBE_SQL).await?;
        self.connection = Some(connection);
        Ok(())
    }
}
