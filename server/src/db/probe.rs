//! Whether something can be written at this moment: a real write of one row that nobody needs, all the way to the disk.

use super::{Db, DbError};
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, PgPool};

/// Changes what nothing depends on; it stands in no log. One statement, so that a pooler passes it on as a whole.
pub(super) const WRITE: &str = "UPDATE readiness SET checks = checks + 1";

/// Writes on a connection of its own, so that a busy pool does not look like a database that is away.
#[derive(Debug)]
pub struct WriteProbe {
    db: Db,
    connection: Option<PgConnection>,
}

impl WriteProbe {
    /// Nothing is connected yet.
    pub fn new(db: Db) -> Self {
        Self { db, connection: None }
    }

    /// Writes.
    ///
    /// # Errors
    /// Nothing can be written, and why.
    pub async fn write(&mut self) -> Result<(), DbError> {
        self.db.endpoint().may_write()?;
        let written = match self.db.clone() {
            Db::Sqlite { writer, .. } => writer.probe().await,
            Db::Postgres { pool, .. } => self.write_to(&pool).await,
        };
        written.map_err(|error| self.db.endpoint().locate(error))
    }

    async fn write_to(&mut self, pool: &PgPool) -> Result<(), DbError> {
        // Whoever gives up waiting drops the connection with what is under way on it.
        if let Some(mut kept) = self.connection.take()
            && kept.execute(WRITE).await.is_ok()
        {
            self.connection = Some(kept);
            return Ok(());
        }
        // It may have been cut long ago; what is wrong now shows on a new one.
        let mut connection = pool.connect_options().connect().await?;
        connection.execute(WRITE).await?;
        self.connection = Some(connection);
        Ok(())
    }
}
