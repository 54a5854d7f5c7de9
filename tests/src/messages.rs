//! What the command line says when it cannot go on: the thing, the reason once, and the way out; and it leaves nothing behind.

use crate::world::{Database, Engine, Process, process::free_address};
use std::{fs, path::Path};

/// What a server says that cannot start, in one line.
fn said(database: &str, options: &[&str]) -> String {
    let output = Process::refusing_with(database, options);
    assert!(!output.status.success(), "it starts");
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

#[test]
fn a_taken_port_is_named_and_nothing_is_created() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = format!("sqlite:{}", folder.path().join("new/seatkeeper.sqlite3").display());
    for at in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        let said = said(&database, &["--listen", &at]);
        assert!(said.starts_with(&format!("seatkeeper: cannot listen on {at}")), "{said}");
        assert_eq!(said.matches("Address already in use").count(), 1, "{said}");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "a folder or file was left behind");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_listens_at_a_name_and_at_all_addresses() {
    for host in ["localhost", "[::]"] {
        let database = Database::create(Engine::Sqlite).await;
        let at = format!("{host}:{}", free_address().port());
        let server = Process::start_with(&at.replace("[::]", "127.0.0.1"), &database.address, &["--listen", &at]).await;
        if host == "localhost" || Path::new("/proc/net/if_inet6").exists() {
            assert!(server.is_some(), "it serves at {at}");
        }
    }
}

#[test]
fn each_cause_is_named_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    fs::write(&file, "text").expect("a file");
    let below = format!("sqlite:{}", file.join("below.sqlite3").display());
    let nobody = format!("postgres://anna:secret@127.0.0.1:{}/seats", free_address().port());
    for (database, reason) in [(below.as_str(), "Not a directory"), (nobody.as_str(), "Connection refused")] {
        let said = said(database, &[]);
        let line = said.lines().last().expect("a line");
        assert_eq!(line.matches(reason).count(), 1, "{said}");
        let parts: Vec<_> = line.split(": ").collect();
        let distinct: std::collections::BTreeSet<_> = parts.iter().collect();
        assert_eq!(parts.len(), distinct.len(), "{said}");
        assert!(!said.contains("secret"), "{said}");
        if let Some((_, at)) = database.split_once('@') {
            assert!(line.contains(at.split('/').next().expect("a host")), "the address is named: {said}");
        }
    }
}

#[test]
fn nothing_prints_a_chain_of_causes_as_it_is() {
    // `{error:#}` repeats what the types of other crates say already; `causes` does not.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut folders = vec![root.join("server/src"), root.join("client/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&entry).expect("text");
                let code = text.split("#[cfg(test)]").next().expect("code");
                assert!(!code.contains("error:#}") && !code.contains("{:#}"), "{}", entry.display());
            }
        }
    }
}
