//! Runs the migrations of a SQLite file by the driver that does all other work on it.
//!
//! The record of what was applied is the one that sqlx's own migrator writes, which earlier versions of Seatkeeper used
//! and PostgreSQL still does: the same table, the same checksums, the same refusals.

use crate::{
    db::{OpenError, endpoint, schema},
    monotonic::MonotonicClock,
};
use rusqlite::Connection;
use sqlx::migrate::{MigrateError, Migration, Migrator};
use std::collections::BTreeMap;

const CREATE_RECORD: &str = "
    CREATE TABLE IF NOT EXISTS _sqlx_migrations (
        version BIGINT PRIMARY KEY,
        description TEXT NOT NULL,
        installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
        success BOOLEAN NOT NULL,
        checksum BLOB NOT NULL,
        execution_time BIGINT NOT NULL
    )";
const APPLIED: &str = "
    SELECT version, success <> FALSE AS is_complete, CAST(checksum AS BLOB) AS checksum FROM _sqlx_migrations";
const RECORD: &str = "
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES (?1, ?2, TRUE, ?3, -1)";
const RECORD_DURATION: &str = "
    UPDATE _sqlx_migrations SET execution_time = ?2 WHERE version = ?1";

/// A migration that the file's record contains.
struct Applied {
    is_complete: bool,
    checksum: Vec<u8>,
}

/// Why the migrations did not run.
#[derive(Debug)]
enum Failure {
    /// SQLite returned an error. What the migration has done until then is undone.
    Sqlite(rusqlite::Error),
    /// The record does not match the migrations of this program. Nothing was changed.
    Refused(MigrateError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Runs the migrations that the file does not have yet, each in a transaction of its own.
///
/// # Errors
/// Returns an error, and changes no table, if the file has a newer, another or an incomplete migration. If a migration
/// fails, those before it stay applied.
pub fn run(connection: &mut Connection, file: &str) -> Result<(), OpenError> {
    let migrator = sqlx::migrate!("../migrations/sqlite");
    run_all(connection, &migrator).map_err(|failure| match failure {
        Failure::Refused(error) => schema::migration_error(file, &migrator, error),
        Failure::Sqlite(error) => {
            OpenError::Migration { database: file.to_owned(), reason: endpoint::sqlite_reason(&error) }
        }
    })
}

fn run_all(connection: &mut Connection, migrator: &Migrator) -> Result<(), Failure> {
    connection.execute_batch(CREATE_RECORD)?;
    let applied = applied(connection)?;
    check(&applied, migrator).map_err(Failure::Refused)?;
    for migration in migrator.iter().filter(|migration| !applied.contains_key(&migration.version)) {
        apply(connection, migration)?;
    }
    Ok(())
}

fn applied(connection: &Connection) -> Result<BTreeMap<i64, Applied>, rusqlite::Error> {
    let mut statement = connection.prepare(APPLIED)?;
    let rows = statement.query_map([], |row| {
        Ok((row.get("version")?, Applied { is_complete: row.get("is_complete")?, checksum: row.get("checksum")? }))
    })?;
    rows.collect()
}

/// Checks what was applied against the migrations of this program, all of it before any migration runs.
fn check(applied: &BTreeMap<i64, Applied>, migrator: &Migrator) -> Result<(), MigrateError> {
    if let Some((version, _)) = applied.iter().find(|(_, applied)| !applied.is_complete) {
        return Err(MigrateError::Dirty(*version));
    }
    if let Some(version) = applied.keys().find(|version| !migrator.version_exists(**version)) {
        return Err(MigrateError::VersionMissing(*version));
    }
    let has_changed =
        |migration: &&Migration| applied.get(&migration.version).is_some_and(|it| it.checksum != *migration.checksum);
    migrator.iter().find(has_changed).map_or(Ok(()), |changed| Err(MigrateError::VersionMismatch(changed.version)))
}

/// Runs a migration and records it in one transaction, so that it never runs twice.
fn apply(connection: &mut Connection, migration: &Migration) -> Result<(), rusqlite::Error> {
    let monotonic = MonotonicClock::default();
    let started = monotonic.now();
    let tx = connection.transaction()?;
    tx.execute_batch(migration.sql.as_str())?;
    tx.execute(RECORD, (migration.version, &*migration.description, &*migration.checksum))?;
    tx.commit()?;
    // Only for the operator: it stays -1 if the process is killed before this.
    let took = i64::try_from(monotonic.since(started).as_nanos()).unwrap_or(i64::MAX);
    connection.execute(RECORD_DURATION, (migration.version, took))?;
    Ok(())
}

#[cfg(test)]
mod tests;
