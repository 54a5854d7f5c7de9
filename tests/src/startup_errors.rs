//! Error messages of the command line: they name the object, the reason once, and the way out; nothing is left behind.

use crate::harness::{Database, Engine, ServerProcess, process::free_address};
use std::{fs, path::Path};

/// The stderr of a server that fails to start.
fn failed_start(database: &str, options: &[&str]) -> String {
    let output = ServerProcess::failed_start_with(database, options);
    assert!(!output.status.success(), "it starts");
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_created() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = format!("sqlite:{}", folder.path().join("new/seatkeeper.sqlite3").display());
    for at in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        let stderr = failed_start(&database, &["--listen", &at]);
        assert!(stderr.starts_with(&format!("seatkeeper: cannot listen on {at}")), "{stderr}");
        assert_eq!(stderr.matches("Address already in use").count(), 1, "{stderr}");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "a folder or file was left behind");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_listens_on_a_host_name_and_on_all_addresses() {
    for host in ["localhost", "[::]"] {
        let database = Database::create(Engine::Sqlite).await;
        let at = format!("{host}:{}", free_address().port());
        let server =
            ServerProcess::start_with(&at.replace("[::]", "127.0.0.1"), &database.address, &["--listen", &at]).await;
        if host == "localhost" || Path::new("/proc/net/if_inet6").exists() {
            assert!(server.is_some(), "it should serve at {at}");
        }
    }
}

#[test]
fn each_cause_is_printed_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    fs::write(&file, "text").expect("a file");
    let below = format!("sqlite:{}", file.join("below.sqlite3").display());
    let unreachable = format!("postgres://anna:secret@127.0.0.1:{}/seats", free_address().port());
    for (database, reason) in [(below.as_str(), "Not a directory"), (unreachable.as_str(), "Connection refused")] {
        let stderr = failed_start(database, &[]);
        let line = stderr.lines().last().expect("a line");
        assert_eq!(line.matches(reason).count(), 1, "{stderr}");
        let parts: Vec<_> = line.split(": ").collect();
        let distinct: std::collections::BTreeSet<_> = parts.iter().collect();
        assert_eq!(parts.len(), distinct.len(), "{stderr}");
        assert!(!stderr.contains("secret"), "{stderr}");
        if let Some((_, at)) = database.split_once('@') {
            assert!(line.contains(at.split('/').next().expect("a host")), "the address should be named: {stderr}");
        }
    }
}

#[test]
fn no_code_prints_a_raw_error_chain() {
    // `{error:#}` repeats causes that errors of other crates already print; `error_chain` does not.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut folders = vec![root.join("server/src"), root.join("pool/src"), root.join("client/src")];
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
