//! The file with the key beside a SQLite database, and the commands that replace keys, with the real binary.

use crate::world::{Database, Engine, Person, Process, SETUP_TOKEN, process};
use serde_json::json;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

const NO_KEYS: (&str, &str) = ("SEATKEEPER_SECRET_KEYS", "");

/// What a command of the binary says where no key is in the environment.
fn said(command: &[&str], database: &Database) -> Output {
    let mut asked = Command::new(process::binary());
    asked.args(command).args(["--database", &database.address]).env_remove(NO_KEYS.0).stdin(Stdio::null());
    asked.output().expect("it starts")
}

fn texts(output: &Output) -> (bool, String) {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.success(), String::from_utf8_lossy(&both).into_owned())
}

/// A server that finds its key itself.
async fn served(database: &Database) -> Process {
    let environment = [(NO_KEYS.0, NO_KEYS.1.to_owned())];
    Process::start_at(process::free_address(), &database.address, &environment).await.expect("the server starts")
}

fn key_of(database: &Database) -> PathBuf {
    Path::new(database.address.strip_prefix("sqlite:").expect("a file")).with_extension("key")
}

/// A database with an admin whose code app is set up half-way, which takes a secret.
async fn used() -> Database {
    let database = Database::create(Engine::Sqlite).await;
    let server = served(&database).await;
    let admin = Person::setting_up(&server.url).await;
    admin.post("/me/second-factor", &json!({})).await.created();
    server.stop().await;
    assert!(!SETUP_TOKEN.is_empty());
    database
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_made_beside_the_database_for_its_owner_alone_and_found_again() {
    let database = used().await;
    let file = key_of(&database);
    let mode = fs::metadata(&file).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let made = fs::read_to_string(&file).expect("it can be read");
    served(&database).await.stop().await;
    assert_eq!(fs::read_to_string(&file).expect("it can be read"), made);
    let bytes = database.copy().await;
    let key = made.lines().find(|line| !line.starts_with('#')).expect("a key");
    assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "the key is not in the database");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_key_is_gone_says_so_and_changes_nothing() {
    let database = used().await;
    let file = key_of(&database);
    let key = fs::read(&file).expect("it can be read");
    fs::remove_file(&file).expect("it is ours");
    let stored =
        async || database.texts("SELECT secret FROM second_factors UNION ALL SELECT secret FROM borrow_keys").await;
    let before = stored().await;
    assert_eq!(before.len(), 1);
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["secrets", "rotate"], &["lease-key", "rotate"]] {
        let (good, text) = texts(&said(command, &database));
        assert!(
            !good && text.contains("seatkeeper.key, is missing") && text.contains("--secret-key-file"),
            "{command:?}: {text}"
        );
        assert!(!file.exists(), "no other key is made");
    }
    // Another one does not help either.
    let other = file.with_extension("other");
    let (good, _) = texts(&said(&["secrets", "new-key", "--secret-key-file", &other.display().to_string()], &database));
    assert!(good);
    let (good, text) = texts(&said(
        &["serve", "--listen", "127.0.0.1:0", "--secret-key-file", &other.display().to_string()],
        &database,
    ));
    assert!(!good && text.contains("which is not given; nothing was changed"), "{text}");
    fs::write(&other, "nonsense\n").expect("it is ours");
    let (good, text) = texts(&said(
        &["serve", "--listen", "127.0.0.1:0", "--secret-key-file", &other.display().to_string()],
        &database,
    ));
    assert!(!good && text.contains("key 1 is not 32 bytes in base64"), "{text}");
    assert_eq!(stored().await, before, "nothing was changed");
    fs::write(&file, key).expect("it is put back");
    served(&database).await.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_replaced_by_commands() {
    let database = used().await;
    let file = key_of(&database);
    let lines = || {
        let text = fs::read_to_string(&file).expect("it can be read");
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    let old = lines();
    assert_eq!(old.len(), 1);
    let (good, text) = texts(&said(&["secrets", "new-key"], &database));
    assert!(good, "{text}");
    let both = lines();
    assert_eq!((both.len(), &both[1]), (2, &old[0]), "the new one is the first");
    let (good, text) = texts(&said(&["secrets", "rotate"], &database));
    assert!(good && text.contains("1 of 1 secrets were encrypted anew"), "{text}");
    fs::write(&file, &both[0]).expect("the old one is taken away");
    served(&database).await.stop().await;
    let (good, text) = texts(&said(&["lease-key", "rotate"], &database));
    assert!(good && text.contains("signs leases from now on"), "{text}");
    let server = served(&database).await;
    let told = Person::stranger(&server.url).get("/borrow/keys").await.ok();
    let kid = told["keys"][0]["kid"].as_str().expect("an id").to_owned();
    assert!(text.contains(&kid), "{text}");
    let (good, text) = texts(&said(&["lease-key", "rotate"], &database));
    assert!(!good && text.contains("another Seatkeeper process uses"), "{text}");
    server.stop().await;
}
