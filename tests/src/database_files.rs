//! The files of a SQLite database: only the owner reads them, one server uses them whatever path leads there, and a
//! server whose file is removed stops writing.

use crate::harness::{Person, ServerProcess, process::free_address, seed};
use serde_json::json;
use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// A folder with a database, the file, and its admin.
async fn create_database() -> (TempDir, PathBuf, Person) {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("seatkeeper.sqlite3");
    let (admin, _) = seed::people(&address(&file), 0).await;
    (home, file, admin)
}

fn address(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// Asserts that the program failed and said why in one line.
#[track_caller]
fn assert_failed(output: &Output, why: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it started; expected: {why}");
    assert!(stderr.contains(why), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "one line is enough: {stderr}");
}

async fn add_product(admin: &Person, name: &str) -> u16 {
    admin.post("/products", &json!({ "name": name })).await.status.as_u16()
}

async fn count_products(admin: &Person) -> usize {
    admin.get("/products").await.ok().as_array().expect("a list").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_files_are_owner_only_whatever_the_umask() {
    for umask in ["0000", "0022", "0027", "0077", "0777"] {
        let home = tempfile::tempdir().expect("a folder");
        let (above, folder, log) = (home.path().join("new"), home.path().join("new/data"), home.path().join("log"));
        let database = address(&folder.join("seatkeeper.sqlite3"));
        let server = ServerProcess::start_with_umask(umask, &database, &log).await;
        assert_eq!([mode(&above), mode(&folder)], [0o700, 0o700], "umask {umask}");
        let files = files_in(&folder);
        assert!(files.len() >= 4, "the database, its journal, the journal's index and the lock: {files:?}");
        assert!(files.iter().all(|file| mode(file) == 0o600), "umask {umask}: {files:?}");
        let log_text = fs::read_to_string(&log).expect("a log");
        assert!(!log_text.contains("other users of this machine"), "there is nothing to warn about: {log_text}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_readable_by_others_are_reported_with_the_command_that_fixes_them() {
    let (home, file, _) = create_database().await;
    let log = home.path().join("log");
    let lock = home.path().join("seatkeeper.sqlite3.lock");
    let wide = [(home.path(), 0o755), (file.as_path(), 0o644), (lock.as_path(), 0o644)];
    for (path, mode) in wide {
        set_mode(path, mode);
    }
    let server = ServerProcess::start_with_umask("0022", &address(&file), &log).await;
    let log_text = fs::read_to_string(&log).expect("a log");
    let command = log_text.split("command=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a command");
    // SQLite gives the journal and its index the mode of the file, so they may be reported too.
    for (path, _) in wide {
        assert!(command.contains(&format!("chmod go-rwx '{}'", path.display())), "{log_text}");
    }
    assert_eq!((mode(home.path()), mode(&file)), (0o755, 0o644), "it changes only files it created");
    assert!(Command::new("sh").args(["-c", command]).status().expect("a shell").success(), "{command}");
    assert_eq!((mode(home.path()), mode(&file)), (0o700, 0o600));
    server.stop().await;
    fs::remove_file(&log).expect("it is ours");
    ServerProcess::start_with_umask("0022", &address(&file), &log).await.stop().await;
    let log_text = fs::read_to_string(&log).expect("a log");
    assert!(!log_text.contains("other users of this machine"), "there is nothing left to warn about: {log_text}");
}

/// A bind mount, unmounted when dropped.
struct BindMount(PathBuf);

impl BindMount {
    /// Mounts a path at another place. Without the right to mount it prints that this part is skipped.
    fn new(what: &Path, place: PathBuf) -> Option<Self> {
        let mount = Command::new("mount").arg("--bind").arg(what).arg(&place).output();
        let mounted = mount.is_ok_and(|done| done.status.success());
        if !mounted {
            println!("skipped: no right to mount {} at a second path", what.display());
        }
        mounted.then_some(Self(place))
    }
}

impl Drop for BindMount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_is_refused_under_every_name_of_the_file() {
    let (home, file, admin) = create_database().await;
    let at = |name: &str| home.path().join(name);
    let server = ServerProcess::start(&address(&file)).await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    symlink(&file, elsewhere.path().join("link")).expect("a link");
    symlink(elsewhere.path().join("link"), at("link-to-link")).expect("a link");
    symlink(home.path(), elsewhere.path().join("folder")).expect("a link");
    let in_use = "another Seatkeeper process uses";
    let dots = home.path().join("../").join(home.path().file_name().expect("a name")).join("./seatkeeper.sqlite3");
    let paths = [file.clone(), elsewhere.path().join("link"), at("link-to-link"), dots];
    for path in paths.iter().chain([&elsewhere.path().join("folder/seatkeeper.sqlite3")]) {
        assert_failed(&ServerProcess::failed_start(&address(path)), in_use);
    }
    let cd = format!("cd '{}'", home.path().display());
    assert_failed(&ServerProcess::failed_start_after(&cd, "sqlite:seatkeeper.sqlite3"), in_use);
    assert_failed(&ServerProcess::failed_start_after(&cd, "sqlite:./seatkeeper.sqlite3"), in_use);
    assert_failed(&ServerProcess::failed_start_after(&cd, "sqlite://seatkeeper.sqlite3"), in_use);
    let descriptor = format!("exec 5<>'{}'", file.display());
    assert_failed(&ServerProcess::failed_start_after(&descriptor, "sqlite:/proc/self/fd/5"), in_use);
    // At this path the lock file is another one: only the lock on the database file is shared.
    for name in ["bound-folder", "bound-file"] {
        fs::create_dir(elsewhere.path().join(name)).expect("a folder");
    }
    let (bound_folder, bound_file) = (elsewhere.path().join("bound-folder"), elsewhere.path().join("bound-file/db"));
    fs::write(&bound_file, "").expect("a file to mount on");
    let bound = BindMount::new(home.path(), bound_folder.clone());
    if bound.is_some() {
        fs::remove_file(at("seatkeeper.sqlite3.lock")).expect("the lock file is deleted");
        assert_failed(&ServerProcess::failed_start(&address(&bound_folder.join("seatkeeper.sqlite3"))), in_use);
    }
    if let Some(_bound) = BindMount::new(&file, bound_file.clone()) {
        assert_failed(&ServerProcess::failed_start(&address(&bound_file)), "is mounted as a single file");
    }
    fs::hard_link(&file, elsewhere.path().join("hard")).expect("a hard link");
    assert_failed(
        &ServerProcess::failed_start(&address(&elsewhere.path().join("hard"))),
        "hard links to the same file",
    );
    assert_eq!(add_product(&admin.at(&server.url), "Remote Support v5").await, 201, "the first server still works");
    server.stop().await;
    assert_failed(&ServerProcess::failed_start(&address(&file)), "hard links to the same file");
    fs::remove_file(elsewhere.path().join("hard")).expect("it is ours");
    ServerProcess::start(&address(&file)).await.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_a_crash_under_every_name_of_the_file() {
    let (home, file, admin) = create_database().await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (link, folder) = (elsewhere.path().join("link"), elsewhere.path().join("folder"));
    symlink(&file, &link).expect("a link");
    symlink(home.path(), &folder).expect("a link");
    let names = [file.clone(), link, folder.join("seatkeeper.sqlite3")];
    for (number, name) in names.iter().enumerate() {
        let mut server = ServerProcess::start(&address(name)).await;
        let admin = admin.at(&server.url);
        assert_eq!(count_products(&admin).await, number, "{}", name.display());
        assert_eq!(add_product(&admin, &format!("Product {number}")).await, 201);
        server.kill();
    }
    assert!(!elsewhere.path().join("link-wal").exists(), "the journal is beside the file, not beside the link");
    let audit = |path: &Path| ServerProcess::run_command(&["audit", "verify"], &address(path));
    let server = ServerProcess::start(&address(&file)).await;
    for name in &names {
        assert!(audit(name).status.success(), "a check reads the live file through {}", name.display());
    }
    fs::hard_link(&file, elsewhere.path().join("hard")).expect("a hard link");
    assert_failed(&audit(&elsewhere.path().join("hard")), "hard links to the same file");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_file_is_removed_stops_writing() {
    type Change = fn(&Path);
    let moved: Change = |file| fs::rename(file, file.with_extension("moved")).expect("it can be moved");
    let deleted: Change = |file| fs::remove_file(file).expect("it can be deleted");
    let replaced: Change = |file| {
        let copy = file.with_extension("copy");
        fs::copy(file, &copy).and_then(|_| fs::rename(&copy, file)).expect("it can be replaced");
    };
    let journal: Change = |file| fs::remove_file(file.with_extension("sqlite3-wal")).expect("it can be deleted");
    for (what, change) in [("moved", moved), ("deleted", deleted), ("replaced", replaced), ("journal", journal)] {
        let (_home, file, admin) = create_database().await;
        let quiet = [("SEATKEEPER_LOG", "off".to_owned())];
        let server = ServerProcess::start_at(free_address(), &address(&file), &quiet).await.expect("it starts");
        let admin = admin.at(&server.url);
        assert_eq!(add_product(&admin, "Before").await, 201);
        change(&file);
        admin.post("/products", &json!({ "name": "After" })).await.problem(503, "unavailable");
        admin.get("/products").await.ok();
        if what == "moved" {
            fs::rename(file.with_extension("moved"), &file).expect("it can be moved back");
            admin.post("/products", &json!({ "name": "Later" })).await.problem(503, "unavailable");
            server.stop().await;
            let server = ServerProcess::start(&address(&file)).await;
            assert_eq!(add_product(&admin.at(&server.url), "Again").await, 201, "after a restart");
        }
    }
}

#[tokio::test]
async fn a_path_that_is_not_a_file_is_reported_as_such() {
    let home = tempfile::tempdir().expect("a folder");
    assert_failed(&ServerProcess::failed_start(&address(home.path())), "not a regular file");
    symlink("nowhere", home.path().join("link")).expect("a link");
    assert_failed(
        &ServerProcess::failed_start(&address(&home.path().join("link"))),
        "this symbolic link leads nowhere",
    );
}
