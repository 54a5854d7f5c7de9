//! Files the sessions of each user in sorted runs. SQLite only: PostgreSQL has an index instead.
//!
//! An index by user would be the largest part of what a batch of seats writes, because each new session belongs on
//! another page. So a trigger appends new sessions to a table of unfiled ones. Once these make up a run, they are
//! copied in their order, which fills page after page, and removed. The view `user_sessions` combines both.

use super::{Db, DbError, Sql, Value, args, fields, statement};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{SessionId, UserId};

/// The number of sessions in a run. The sessions of a user are found by a scan of up to as many, and one look into each
/// run.
pub const SESSIONS_PER_RUN: i64 = 8_192;
/// How many sessions are copied in one transaction. Seats wait meanwhile, for some milliseconds.
const SESSIONS_PER_TRANSACTION: usize = 1_024;

static NUMBERS: Sql = statement!(
    "SELECT (SELECT MIN(number) FROM unfiled_sessions) AS oldest, (SELECT MAX(number) FROM unfiled_sessions) AS newest"
);
static SESSIONS_OF_RUN: Sql = statement!(
    "SELECT user_id, created_at, session_id, remote_device
     FROM unfiled_sessions
     WHERE number <= $1
     ORDER BY user_id, created_at, session_id"
);
static FILE: Sql = statement!(
    "INSERT OR IGNORE INTO filed_sessions (run, user_id, created_at, session_id, remote_device)
     SELECT run, user_id, created_at, session_id, remote_device
     FROM ROWS($1: run int, user_id uuid, created_at time, session_id uuid, remote_device text)"
);
static COMPLETE: Sql = statement!("INSERT INTO session_runs (run) VALUES ($1)");
static REMOVE: Sql = statement!("DELETE FROM unfiled_sessions WHERE number <= $1");

impl Db {
    /// Whether sessions have to be filed by [`Self::file_run`].
    pub fn files_sessions(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    /// Files the next run. Returns false if there are too few sessions for one, or an index.
    ///
    /// May be interrupted at any time: the run counts once it is complete, and what was copied before that is
    /// not copied again.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read or written to. The sessions stay unfiled.
    pub async fn file_run(&self) -> Result<bool, DbError> {
        if !self.files_sessions() {
            return Ok(false);
        }
        let Some(numbers) = self.one(&NUMBERS, args![]).await? else { return Ok(false) };
        let (Some(oldest), Some(newest)) = (numbers.opt::<i64>("oldest")?, numbers.opt::<i64>("newest")?) else {
            return Ok(false);
        };
        let last = (oldest / SESSIONS_PER_RUN + 1) * SESSIONS_PER_RUN - 1;
        if newest <= last {
            return Ok(false);
        }
        let rows = self.all(&SESSIONS_OF_RUN, args![last]).await?;
        for rows in rows.chunks(SESSIONS_PER_TRANSACTION) {
            let filed = rows.iter().map(|row| {
                let (user, created_at): (UserId, DateTime<Utc>) = (row.get("user_id")?, row.get("created_at")?);
                let (session, remote_device): (SessionId, Option<String>) =
                    (row.get("session_id")?, row.opt("remote_device")?);
                Ok(fields! {
                    "run": last, "user_id": user, "created_at": created_at, "session_id": session,
                    "remote_device": remote_device,
                })
            });
            let filed = Value::Rows(filed.collect::<Result<_, DbError>>()?);
            let mut tx = self.begin().await?;
            tx.write(&FILE, args![filed]).await?;
            tx.commit().await?;
        }
        let mut tx = self.begin().await?;
        tx.write(&COMPLETE, args![last]).await?;
        tx.write(&REMOVE, args![last]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
