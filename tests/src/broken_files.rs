//! An unusable database file: the server reports it at startup, names the file, and leaves every byte unchanged.

use crate::harness::{Database, Engine, Person, ServerProcess, seed};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// A database with data in it, its file, and its admin.
async fn create_database() -> (Database, PathBuf, Person) {
    let (database, file) = missing_database().await;
    let (admin, _) = seed::people(&database.address, 50).await;
    (database, file, admin)
}

/// A database that does not exist yet, and its file.
async fn missing_database() -> (Database, PathBuf) {
    let database = Database::create(Engine::Sqlite).await;
    let file = PathBuf::from(database.address.strip_prefix("sqlite:").expect("a file"));
    (database, file)
}

/// All files of the folder with their contents.
fn contents(file: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = file.parent().expect("a folder");
    let files = fs::read_dir(folder).expect("it can be listed").map(|entry| entry.expect("an entry").path());
    // The lock file is empty, and SQLite rebuilds the shared-memory index of the journal whenever it opens the file.
    let holds_data =
        |path: &PathBuf| ["lock", "sqlite3-shm"].iter().all(|kind| path.extension() != Some(kind.as_ref()));
    let files = files.filter(holds_data);
    files.map(|path| (path.clone(), fs::read(&path).expect("it can be read"))).collect()
}

/// Asserts that the server does not start on the file, says why, and changes nothing.
#[track_caller]
fn assert_refused(database: &Database, file: &Path, why: &str) {
    let before = contents(file);
    let output = ServerProcess::failed_start(&database.address);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the server started on {}", file.display());
    assert!(stderr.contains(why) && stderr.contains(&file.display().to_string()), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "one line is enough: {stderr}");
    let after = contents(file);
    assert!(before.iter().all(|(path, contents)| after.get(path) == Some(contents)), "the server overwrote a file");
}

/// Overwrites a part of the file.
fn damage(file: &Path, from: usize, length: usize) {
    let mut contents = fs::read(file).expect("it can be read");
    contents[from..from + length].fill(0xa5);
    fs::write(file, contents).expect("it can be written");
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_left_unchanged() {
    let (database, file) = missing_database().await;
    for text in ["Dear diary", "Dear diary, today I was taken for a database by a server that could not read."] {
        fs::write(&file, text).expect("it can be written");
        assert_refused(&database, &file, "is not a SQLite database");
    }
}

#[tokio::test]
async fn a_database_with_a_broken_header_is_left_unchanged() {
    let (database, file, _) = create_database().await;
    damage(&file, 0, 16);
    assert_refused(&database, &file, "is not a SQLite database");
}

#[tokio::test]
async fn a_database_with_a_broken_page_is_left_unchanged() {
    let (database, file, _) = create_database().await;
    // A migration has left free pages, which nothing reads.
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'users'";
    let page: u32 = database.sqlite().query_row(root, [], |row| row.get(0)).expect("the table exists");
    damage(&file, usize::try_from(page - 1).expect("a small file") * 4096, 4096);
    assert_refused(&database, &file, "is damaged");
}

#[tokio::test]
async fn a_truncated_database_is_left_unchanged() {
    let (database, file, _) = create_database().await;
    let whole = fs::metadata(&file).expect("it is there").len();
    fs::File::options().write(true).open(&file).and_then(|file| file.set_len(whole / 2)).expect("it is cut off");
    assert_refused(&database, &file, "is damaged");
}

#[tokio::test]
async fn a_broken_database_with_the_journal_of_a_killed_server_is_left_unchanged() {
    let (database, file, admin) = create_database().await;
    let mut server = ServerProcess::start(&database.address).await;
    admin.at(&server.url).post("/products", &json!({ "name": "Remote Support v5" })).await.created();
    server.kill();
    let journal = file.with_extension("sqlite3-wal");
    assert!(fs::metadata(&journal).is_ok_and(|about| about.len() > 0), "the killed server left no journal");
    let whole = usize::try_from(fs::metadata(&file).expect("it is there").len()).expect("a small file");
    damage(&file, 4096, whole - 4096);
    assert_refused(&database, &file, "is damaged");
}

#[tokio::test]
async fn the_database_of_another_program_is_left_unchanged() {
    let (database, file) = missing_database().await;
    let theirs = rusqlite::Connection::open(&file).expect("a new file");
    theirs.execute_batch("CREATE TABLE recipes (name TEXT)").expect("a table");
    theirs.close().expect("it is written");
    assert_refused(&database, &file, "is the database of another program");
}

#[tokio::test]
async fn the_server_does_not_start_on_a_read_only_database() {
    let (database, file, _) = create_database().await;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).expect("it is ours");
    assert_refused(&database, &file, "is read-only");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let server = ServerProcess::start(&database.address).await;
    assert!(Person::anonymous(&server.url).get("/setup").await.status.is_success(), "the database still works");
}
