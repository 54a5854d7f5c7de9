//! Migrations of new files, of files of earlier versions, and of files that must not be changed.

use super::*;
use crate::db::Db;
use rusqlite::types::FromSql;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What sqlx's migrator recorded in the files of released versions: version, checksum, description. A line is added
/// with each migration and never changed: a file with another checksum does not open.
const RECORDED: &str = include_str!("recorded.txt");

/// A record as a tuple of version, description, completeness and checksum.
type Line = (i64, String, bool, String);

fn recorded() -> Vec<Line> {
    let line = |line: &'static str| {
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().expect("three parts");
        let (version, checksum) = (part().parse().expect("a number"), part().to_owned());
        (version, part().to_owned(), true, checksum)
    };
    RECORDED.lines().map(line).collect()
}

struct File {
    path: PathBuf,
    _folder: TempDir,
}

impl File {
    /// An empty file.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { path: folder.path().join("db"), _folder: folder }
    }

    /// A file as an earlier version left it, which knew the migrations up to this one.
    fn of_version(last: i64) -> Self {
        let file = Self::new();
        let connection = file.connect();
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON").expect("it is configured");
        connection.execute_batch(CREATE_RECORD).expect("a table");
        for migration in sqlx::migrate!("../migrations/sqlite").iter().take_while(|it| it.version <= last) {
            connection.execute_batch(migration.sql.as_str()).expect("it applies");
        }
        for (version, description, success, checksum) in recorded().iter().filter(|line| line.0 <= last) {
            let sql = "INSERT INTO _sqlx_migrations VALUES (?1, ?2, '2026-01-31 12:00:00', ?3, unhex(?4), 12345)";
            connection.execute(sql, (version, description, success, checksum)).expect("a record");
        }
        file
    }

    fn connect(&self) -> Connection {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_CREATE;
        Connection::open_with_flags(&self.path, flags).expect("it opens")
    }

    fn execute(&self, sql: &str) {
        assert_eq!(self.connect().execute(sql, []).expect("the statement succeeds"), 1);
    }

    fn one<T: FromSql>(&self, sql: &str) -> T {
        self.connect().query_row(sql, [], |row| row.get(0)).expect("a row")
    }

    fn record(&self) -> Vec<Line> {
        let connection = self.connect();
        let sql = "SELECT version, description, success, lower(hex(checksum)) FROM _sqlx_migrations ORDER BY version";
        let mut statement = connection.prepare(sql).expect("the table exists");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }

    async fn open(&self) -> Result<(), OpenError> {
        let db = Db::open(&format!("sqlite:{}", self.path.display()), &MonotonicClock::default()).await?;
        db.close().await;
        Ok(())
    }

    /// Opens the file, which must fail and leave every byte of its data alone; returns the message.
    async fn refusal(&self) -> String {
        let before = contents(&self.path);
        let error = self.open().await.expect_err("it must not open");
        assert_eq!(contents(&self.path), before, "the file was changed");
        error.to_string().replace(&self.path.display().to_string(), "FILE")
    }
}

/// All rows of the record and the whole schema: SQLite may write a log back into the file at any time.
fn contents(path: &Path) -> String {
    let connection = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE).expect("it opens");
    let sql = "SELECT group_concat(type || name || ifnull(sql, ''))
                      || (SELECT group_concat(version || hex(checksum) || execution_time) FROM _sqlx_migrations)
                 FROM sqlite_schema";
    connection.query_row(sql, [], |row| row.get(0)).expect("a row")
}

#[tokio::test]
async fn a_new_file_gets_the_record_that_sqlx_made() {
    let file = File::new();
    file.open().await.expect("it opens");
    assert_eq!(file.record(), recorded());
    let untimed: i64 = file.one("SELECT count(*) FROM _sqlx_migrations WHERE execution_time < 0");
    assert_eq!(untimed, 0, "the durations are recorded");
    let table: String = file.one("SELECT sql FROM sqlite_schema WHERE name = '_sqlx_migrations'");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&table), words(CREATE_RECORD).replace("IF NOT EXISTS ", ""));
    let before = contents(&file.path);
    file.open().await.expect("it opens again");
    assert_eq!(contents(&file.path), before, "and runs nothing again");
}

#[tokio::test]
async fn a_file_of_an_earlier_version_gets_only_what_it_lacks() {
    for last in [1, 11, 16, 24, 25, 26, 27, 28, 29, 30, 31] {
        let file = File::of_version(last);
        file.open().await.expect("it opens");
        assert_eq!(file.record(), recorded(), "from version {last}");
        let kept = "SELECT count(*) FROM _sqlx_migrations WHERE installed_on = '2026-01-31 12:00:00'";
        let lines = recorded().iter().filter(|line| line.0 <= last).count();
        assert_eq!(usize::try_from(file.one::<i64>(kept)), Ok(lines), "old records are kept");
    }
}

#[tokio::test]
async fn the_sessions_of_earlier_versions_are_filed() {
    let file = File::of_version(25);
    file.connect()
        .execute_batch(
            r#"PRAGMA foreign_keys = OFF;
             INSERT INTO sessions (id, license_id, user_id, device, state, mode, created_at, last_seen_at, lease_until,
                                   remote_device)
             SELECT value ->> 0, 'aa', value ->> 1, 'd', 'connected', 'attended',
                    '1970-01-01T00:00:00.00000' || (value ->> 2) || 'Z',
                    '1970-01-01T00:00:00.000000Z', '1970-01-01T00:00:00.000000Z', value ->> 3
             FROM json_each('[["51", "b2", 3, null], ["52", "b1", 2, "SRV-1"], ["53", "b2", 1, null]]');
             INSERT INTO products (id, slug, name, key_seconds, created_at)
             VALUES ('cc', 'p', 'P', 1, '1970-01-01T00:00:00.000000Z');
             INSERT INTO licenses (id, product_id, model, seats, seat_rule, lease_seconds, created_at)
             VALUES ('aa', 'cc', 'named', 1, 'agent', 1, '1970-01-01T00:00:00.000000Z');
             INSERT INTO users (id, name, name_key, email, email_key, role, permissions, billing_contact, status,
                                created_at)
             SELECT value, value, value, value, value, 'agent', '[]', 0, 'active', '1970-01-01T00:00:00.000000Z'
             FROM json_each('["b1", "b2"]')"#,
        )
        .expect("sessions");
    file.open().await.expect("it opens");
    let filed = "SELECT group_concat(hex(user_id) || created_at || hex(session_id) || ifnull(remote_device, ''))
                 FROM (SELECT * FROM user_sessions ORDER BY user_id, created_at)";
    assert_eq!(file.one::<String>(filed), "B1252SRV-1,B2153,B2351");
    assert_eq!(file.one::<i64>("SELECT count(*) FROM unfiled_sessions"), 0);
}

#[tokio::test]
async fn both_ways_lead_to_the_same_schema() {
    let schema = |file: &File| file.one::<String>("SELECT group_concat(name || ifnull(sql, '')) FROM sqlite_schema");
    let new = File::new();
    new.open().await.expect("it opens");
    let old = File::of_version(16);
    old.open().await.expect("it opens");
    let record = "CREATE TABLE _sqlx_migrations";
    assert!(schema(&new).contains(record) && schema(&new).len() > 10_000);
    assert_eq!(schema(&new), schema(&old));
}

#[tokio::test]
async fn a_migration_that_was_changed_later_is_reported() {
    let file = File::of_version(20);
    file.execute("UPDATE _sqlx_migrations SET checksum = X'00' WHERE version = 4");
    assert_eq!(file.refusal().await, "cannot migrate FILE: migration 4 was previously applied but has been modified");
}

#[tokio::test]
async fn an_incomplete_migration_is_reported() {
    let file = File::of_version(20);
    file.execute("UPDATE _sqlx_migrations SET success = FALSE WHERE version = 7");
    // Also if it is one of a newer version.
    file.execute("INSERT INTO _sqlx_migrations VALUES (9999, 'newer', '', TRUE, X'00', 0)");
    assert_eq!(
        file.refusal().await,
        "cannot migrate FILE: migration 7 is partially applied; fix and remove row from `_sqlx_migrations` table"
    );
}

#[tokio::test]
async fn a_newer_schema_is_reported_before_anything_runs() {
    let file = File::of_version(20);
    file.execute("INSERT INTO _sqlx_migrations VALUES (9999, 'newer', '', TRUE, X'00', 0)");
    let refusal = file.refusal().await;
    let known = schema::known();
    assert!(
        refusal.contains(&format!("schema is version 9999, this version knows versions up to {known}")),
        "{refusal}"
    );
    assert!(refusal.starts_with("FILE was changed by a newer version of Seatkeeper"), "{refusal}");
}

#[tokio::test]
async fn an_older_migration_that_never_was_is_reported() {
    let file = File::of_version(20);
    file.execute("INSERT INTO _sqlx_migrations VALUES (12, 'unknown', '', TRUE, X'00', 0)");
    assert_eq!(
        file.refusal().await,
        "cannot migrate FILE: migration 12 was previously applied but is missing in the resolved migrations"
    );
}

#[tokio::test]
async fn a_failing_migration_leaves_nothing_behind_and_runs_again_later() {
    let file = File::of_version(20);
    let connection = file.connect();
    connection.execute_batch("CREATE TABLE readiness (in_the_way TEXT)").expect("a table");
    let refused = file.open().await.expect_err("version 24 cannot create its table").to_string();
    let name = file.path.display();
    assert_eq!(refused, format!("cannot migrate {name}: table readiness already exists"));
    let applied: Vec<_> = file.record().iter().map(|line| line.0).filter(|version| *version > 20).collect();
    assert_eq!(applied, [21, 22, 23], "those before it stay");
    connection.execute_batch("DROP TABLE readiness").expect("it can be removed");
    file.open().await.expect("it opens");
    assert_eq!(file.record(), recorded());
}

/// Half of a migration must not stay if its other half fails.
#[test]
fn a_migration_is_applied_completely_or_not_at_all() {
    use sqlx::{SqlSafeStr as _, migrate::MigrationType};
    let file = File::new();
    let mut connection = file.connect();
    connection.execute_batch(CREATE_RECORD).expect("a table");
    let sql = "CREATE TABLE half (a TEXT); CREATE TABLE half (b TEXT);".into_sql_str();
    let migration = Migration::new(1, "half".into(), MigrationType::Simple, sql, false);
    assert_eq!(
        endpoint::sqlite_reason(&apply(&mut connection, &migration).expect_err("it fails")),
        "table half already exists"
    );
    assert!(connection.is_autocommit(), "the transaction has ended");
    assert_eq!(file.one::<i64>("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
    assert_eq!(file.record(), []);
}

/// [`apply`] opens a transaction for each, and knows no other kind.
#[test]
fn every_migration_is_one_that_runs_in_a_transaction_and_only_forwards() {
    let migrator = sqlx::migrate!("../migrations/sqlite");
    assert!(migrator.iter().all(|it| !it.no_tx && !it.migration_type.is_down_migration()));
    assert!(migrator.iter().is_sorted_by_key(|it| it.version));
}
