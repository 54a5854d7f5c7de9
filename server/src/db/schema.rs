//! The version of the schema: checks at startup and while the program runs that it is not newer than the program.

use super::{Db, DbError, OpenError, postgres};
use crate::store;
use sqlx::migrate::{MigrateError, Migrator};
use std::{sync::LazyLock, time::Duration};
use tokio::time::{MissedTickBehavior, interval, timeout};

const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long the database may take to answer before its availability is checked with a new connection.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// The newest version that this program knows. It is the same for both engines, as a test verifies.
static NEWEST_KNOWN_VERSION: LazyLock<i64> = LazyLock::new(|| newest(&sqlx::migrate!("../migrations/sqlite")));

/// The newest version that this program knows.
pub fn known() -> i64 {
    *NEWEST_KNOWN_VERSION
}

fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Turns a failed migration into the error to report.
pub(super) fn migration_error(database: &str, migrator: &Migrator, error: MigrateError) -> OpenError {
    let database = database.to_owned();
    match error {
        MigrateError::VersionMissing(version) if version > newest(migrator) => {
            OpenError::NewerSchema { database, version, known: newest(migrator) }
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            OpenError::Migration { database, reason: super::endpoint::reason(&error) }
        }
        other => OpenError::Migration { database, reason: other.to_string() },
    }
}

/// Checks periodically whether a newer version of Seatkeeper has changed the schema, in which case this program stops
/// writing. Logs once when the database becomes unreachable, and why. Returns when `db` does.
pub async fn watch(db: impl Fn() -> Option<Db>) {
    let mut tick = interval(CHECK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some(db) = db() else { return };
        check(&db).await;
    }
}

async fn check(db: &Db) {
    let endpoint = db.endpoint();
    let failure = match timeout(ANSWER_TIMEOUT, store::schema::version(db)).await {
        Ok(Ok(version)) => {
            compare(db, version);
            None
        }
        Ok(Err(DbError::Unusable { reason, .. })) => Some(unavailability(db).await.unwrap_or(reason)),
        Ok(Err(error)) => Some(error.to_string()),
        // A database that accepts a connection is only busy.
        Err(_) => unavailability(db).await,
    };
    if endpoint.set_failure(failure.clone()) {
        match failure {
            Some(reason) => tracing::error!(database = endpoint.name(), reason, "the database cannot be used"),
            None => tracing::info!(database = endpoint.name(), "the database can be used again"),
        }
    }
}

fn compare(db: &Db, version: i64) {
    let newer = (version > known()).then_some(version);
    if !db.endpoint().set_newer_schema(newer) {
        return;
    }
    match newer {
        Some(version) => tracing::error!(
            database = db.endpoint().name(),
            version,
            known = known(),
            "a newer version of Seatkeeper has changed the database; this version no longer writes: start the newer one"
        ),
        None => {
            tracing::info!(database = db.endpoint().name(), "the schema of the database matches this version again")
        }
    }
}

/// Why a new connection cannot be opened. `None` if it can.
async fn unavailability(db: &Db) -> Option<String> {
    match db {
        Db::Sqlite { .. } => None,
        Db::Postgres { pool, .. } => postgres::failure(&pool.connect_options(), ANSWER_TIMEOUT).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_have_the_same_newest_version() {
        assert_eq!(known(), newest(&sqlx::migrate!("../migrations/postgres")));
    }
}
