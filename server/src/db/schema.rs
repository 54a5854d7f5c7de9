//! The version of the schema that this program knows, and the check at startup that the database is not newer.

use super::{Db, OpenError, postgres};
use sqlx::migrate::{MigrateError, Migrator};
use std::{sync::LazyLock, time::Duration};

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

impl Db {
    /// Why a new connection cannot be opened within this time. `None` if it can.
    pub async fn unavailability(&self, limit: Duration) -> Option<String> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres { pool, .. } => postgres::failure(&pool.connect_options(), limit).await,
        }
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
