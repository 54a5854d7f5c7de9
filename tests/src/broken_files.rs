//! A database file that is no good: the server says so at the start, names the file, and leaves every byte as it was.

use crate::world::{Database, Engine, Person, Process, seed};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// A database with something in it, and its file.
async fn used() -> (Database, PathBuf, Person) {
    let (database, file) = unused().await;
    let (admin, _) = seed::people(&database.address, 50).await;
    (database, file, admin)
}

/// A place for a database where nothing is yet.
async fn unused() -> (Database, PathBuf) {
    let database = Database::create(Engine::Sqlite).await;
    let file = PathBuf::from(database.address.strip_prefix("sqlite:").expect("a file"));
    (database, file)
}

/// All files beside this one and what is in them.
fn bytes(file: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = file.parent().expect("a folder");
    let files = fs::read_dir(folder).expect("it can be listed").map(|entry| entry.expect("an entry").path());
    // The lock is empty; the shared memory is an index of the journal that SQLite makes anew whenever it opens the file.
    let holds_data =
        |path: &PathBuf| ["lock", "sqlite3-shm"].iter().all(|kind| path.extension() != Some(kind.as_ref()));
    let files = files.filter(holds_data);
    files.map(|path| (path.clone(), fs::read(&path).expect("it can be read"))).collect()
}

/// The server does not start on it, says why, and nothing is another afterwards.
#[track_caller]
fn is_refused(database: &Database, file: &Path, why: &str) {
    let before = bytes(file);
    let output = Process::refusing(&database.address);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it started on {}", file.display());
    assert!(said.contains(why) && said.contains(&file.display().to_string()), "{said}");
    assert_eq!(said.lines().count(), 1, "one sentence is enough: {said}");
    let after = bytes(file);
    assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)), "something was overwritten");
}

/// Overwrites a part of the file.
fn damage(file: &Path, from: usize, length: usize) {
    let mut bytes = fs::read(file).expect("it can be read");
    bytes[from..from + length].fill(0xa5);
    fs::write(file, bytes).expect("it can be written");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let (database, file) = unused().await;
    for letter in ["Dear diary", "Dear diary, today I was taken for a database by a server that could not read."] {
        fs::write(&file, letter).expect("it can be written");
        is_refused(&database, &file, "is not a SQLite database");
    }
}

#[tokio::test]
async fn a_database_whose_first_bytes_are_gone_is_left_alone() {
    let (database, file, _) = used().await;
    damage(&file, 0, 16);
    is_refused(&database, &file, "is not a SQLite database");
}

#[tokio::test]
async fn a_database_with_a_broken_page_is_left_alone() {
    let (database, file, _) = used().await;
    let pages = fs::metadata(&file).expect("it is there").len() / 4096;
    assert!(pages > 8, "{pages} pages");
    let middle = usize::try_from(pages / 2).expect("a small file") * 4096;
    damage(&file, middle, 4096);
    is_refused(&database, &file, "is damaged");
}

#[tokio::test]
async fn a_database_that_was_cut_off_is_left_alone() {
    let (database, file, _) = used().await;
    let whole = fs::metadata(&file).expect("it is there").len();
    fs::File::options().write(true).open(&file).and_then(|file| file.set_len(whole / 2)).expect("it is cut off");
    is_refused(&database, &file, "is damaged");
}

#[tokio::test]
async fn a_broken_database_with_a_journal_of_a_killed_server_is_left_alone() {
    let (database, file, admin) = used().await;
    let mut server = Process::start(&database.address).await;
    admin.at(&server.url).post("/products", &json!({ "name": "Remote Support v5" })).await.created();
    server.kill();
    let journal = file.with_extension("sqlite3-wal");
    assert!(fs::metadata(&journal).is_ok_and(|about| about.len() > 0), "the server left no journal");
    let whole = usize::try_from(fs::metadata(&file).expect("it is there").len()).expect("a small file");
    damage(&file, 4096, whole - 4096);
    is_refused(&database, &file, "is damaged");
}

#[tokio::test]
async fn the_database_of_another_program_is_left_alone() {
    use sqlx::{Connection as _, Executor as _};
    let (database, file) = unused().await;
    let address = format!("sqlite:{}?mode=rwc", file.display());
    let mut theirs = sqlx::SqliteConnection::connect(&address).await.expect("a new file");
    theirs.execute("CREATE TABLE recipes (name TEXT)").await.expect("a table");
    theirs.close().await.expect("it is written");
    is_refused(&database, &file, "is the database of another program");
}

#[tokio::test]
async fn a_read_only_database_is_not_started_on() {
    let (database, file, _) = used().await;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).expect("it is ours");
    is_refused(&database, &file, "is read-only");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let server = Process::start(&database.address).await;
    assert!(Person::stranger(&server.url).get("/setup").await.status.is_success(), "it is as good as before");
}
