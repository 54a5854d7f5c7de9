//! The key file beside a SQLite database, and the commands that rotate keys, with the real binary.

use crate::harness::{Database, Engine, Person, SETUP_TOKEN, ServerProcess, process};
use serde_json::json;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

const NO_KEYS: (&str, &str) = ("SEATKEEPER_SECRET_KEYS", "");

/// Runs a command of the binary without a key in the environment.
fn run_command(command: &[&str], database: &Database) -> Output {
    let mut command_line = Command::new(process::binary());
    command_line.args(command).args(["--database", &database.address]).env_remove(NO_KEYS.0).stdin(Stdio::null());
    command_line.output().expect("it starts")
}

fn success_and_output(output: &Output) -> (bool, String) {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.success(), String::from_utf8_lossy(&both).into_owned())
}

/// Starts a server that has to find the key file.
async fn start_server(database: &Database) -> ServerProcess {
    let environment = [(NO_KEYS.0, NO_KEYS.1.to_owned())];
    ServerProcess::start_at(process::free_address(), &database.address, &environment).await.expect("the server starts")
}

fn key_file(database: &Database) -> PathBuf {
    Path::new(database.address.strip_prefix("sqlite:").expect("a file")).with_extension("key")
}

/// A database with an admin who has started to set up a code app, so that it contains a secret.
async fn database_with_secret() -> Database {
    let database = Database::migrated(Engine::Sqlite).await;
    let server = start_server(&database).await;
    let admin = Person::setting_up(&server.url).await;
    admin.post("/me/second-factor", &json!({})).await.created();
    server.stop().await;
    assert!(!SETUP_TOKEN.is_empty());
    database
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_file_is_created_owner_only_beside_the_database_and_reused() {
    let database = database_with_secret().await;
    let file = key_file(&database);
    let mode = fs::metadata(&file).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let made = fs::read_to_string(&file).expect("it can be read");
    start_server(&database).await.stop().await;
    assert_eq!(fs::read_to_string(&file).expect("it can be read"), made);
    let bytes = database.copy().await;
    let key = made.lines().find(|line| !line.starts_with('#')).expect("a key");
    assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "the key is not in the database");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_its_key_reports_it_and_changes_nothing() {
    let database = database_with_secret().await;
    let file = key_file(&database);
    let key = fs::read(&file).expect("it can be read");
    fs::remove_file(&file).expect("it is ours");
    let stored = async || {
        database.first_column("SELECT secret FROM second_factors UNION ALL SELECT secret FROM borrow_keys").await
    };
    let before = stored().await;
    assert_eq!(before.len(), 1);
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["secrets", "rotate"], &["lease-key", "rotate"]] {
        let (good, text) = success_and_output(&run_command(command, &database));
        assert!(
            !good && text.contains("seatkeeper.key is missing") && text.contains("--secret-key-file"),
            "{command:?}: {text}"
        );
        assert!(!file.exists(), "no other key is created");
    }
    // Another key does not help.
    let other = file.with_extension("other");
    let (good, _) = success_and_output(&run_command(
        &["secrets", "new-key", "--secret-key-file", &other.display().to_string()],
        &database,
    ));
    assert!(good);
    let (good, text) = success_and_output(&run_command(
        &["serve", "--listen", "127.0.0.1:0", "--secret-key-file", &other.display().to_string()],
        &database,
    ));
    assert!(!good && text.contains("which is not configured; nothing was changed"), "{text}");
    fs::write(&other, "nonsense\n").expect("it is ours");
    let (good, text) = success_and_output(&run_command(
        &["serve", "--listen", "127.0.0.1:0", "--secret-key-file", &other.display().to_string()],
        &database,
    ));
    assert!(!good && text.contains("key 1 is not 32 bytes in base64"), "{text}");
    assert_eq!(stored().await, before, "nothing was changed");
    fs::write(&file, key).expect("the file is restored");
    start_server(&database).await.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_rotated_by_commands() {
    let database = database_with_secret().await;
    let file = key_file(&database);
    let keys = || {
        let text = fs::read_to_string(&file).expect("it can be read");
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    let old = keys();
    assert_eq!(old.len(), 1);
    let (good, text) = success_and_output(&run_command(&["secrets", "new-key"], &database));
    assert!(good, "{text}");
    let both = keys();
    assert_eq!((both.len(), &both[1]), (2, &old[0]), "the new key is the first");
    let (good, text) = success_and_output(&run_command(&["secrets", "rotate"], &database));
    assert!(good && text.contains("1 of 1 secrets were reencrypted"), "{text}");
    fs::write(&file, &both[0]).expect("the old key is removed");
    start_server(&database).await.stop().await;
    let (good, text) = success_and_output(&run_command(&["lease-key", "rotate"], &database));
    assert!(good && text.contains("signs leases from now on"), "{text}");
    let server = start_server(&database).await;
    let published = Person::anonymous(&server.url).get("/borrow/keys").await.ok();
    let kid = published["keys"][0]["kid"].as_str().expect("an id").to_owned();
    assert!(text.contains(&kid), "{text}");
    let (good, text) = success_and_output(&run_command(&["lease-key", "rotate"], &database));
    assert!(!good && text.contains("another Seatkeeper process uses"), "{text}");
    server.stop().await;
}
