//! The version of the tables: whether this program knows it, at the start and as long as it runs.

use super::{Db, DbError, OpenError, postgres};
use crate::store;
use sqlx::migrate::{MigrateError, Migrator};
use std::{sync::LazyLock, time::Duration};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often it is compared.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long the database may take to answer before it is asked why it does not.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// The newest version that this program knows; the same on both engines (a test compares them).
static KNOWN: LazyLock<i64> = LazyLock::new(|| newest(&sqlx::migrate!("../migrations/sqlite")));

/// The newest version that this program knows.
pub fn known() -> i64 {
    *KNOWN
}

fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Why the tables cannot be brought up to date.
pub(super) fn not_up_to_date(database: &str, migrator: &Migrator, error: MigrateError) -> OpenError {
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

/// Looks again and again whether a newer version of Seatkeeper has changed the tables: then nothing more is written to them. Says once
/// when the database cannot be reached, and why. Ends when nobody has the database any more.
pub async fn watch(db: impl Fn() -> Option<Db>) {
    let mut tick = interval(INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some(db) = db() else { return };
        look(&db).await;
    }
}

async fn look(db: &Db) {
    let endpoint = db.endpoint();
    let failure = match timeout(ANSWER_TIMEOUT, store::schema::newest(db)).await {
        Ok(Ok(version)) => {
            compare(db, version);
            None
        }
        Ok(Err(DbError::Unusable { reason, .. })) => Some(why(db).await.unwrap_or(reason)),
        Ok(Err(error)) => Some(error.to_string()),
        // If it can be reached, it only has much to do.
        Err(_) => why(db).await,
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
            "a newer version of Seatkeeper has changed the database; nothing more is written: start that version"
        ),
        None => tracing::info!(database = db.endpoint().name(), "the database is of this version again"),
    }
}

async fn why(db: &Db) -> Option<String> {
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
