//! The files of a SQLite database: nobody else reads them, one server uses them whatever they are called, and a server whose file
//! is taken away under it stops writing.

use crate::world::{Person, Process, process::free_address, seed};
use serde_json::json;
use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// A folder with a database in it, and its admin.
async fn used() -> (TempDir, PathBuf, Person) {
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

/// It did not start, and said why in one sentence.
#[track_caller]
fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it started; expected: {why}");
    assert!(said.contains(why), "{said}");
    assert_eq!(said.lines().count(), 1, "one sentence is enough: {said}");
}

async fn adds_a_product(admin: &Person, name: &str) -> u16 {
    admin.post("/products", &json!({ "name": name })).await.status.as_u16()
}

async fn products(admin: &Person) -> usize {
    admin.get("/products").await.ok().as_array().expect("a list").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_files_of_a_database_are_for_their_owner_alone_whatever_the_umask() {
    for umask in ["0000", "0022", "0027", "0077", "0777"] {
        let home = tempfile::tempdir().expect("a folder");
        let (above, folder, log) = (home.path().join("new"), home.path().join("new/data"), home.path().join("log"));
        let database = address(&folder.join("seatkeeper.sqlite3"));
        let server = Process::start_under(umask, &database, &log).await;
        assert_eq!([mode(&above), mode(&folder)], [0o700, 0o700], "umask {umask}");
        let files = files_in(&folder);
        assert!(files.len() >= 4, "the database, its journal, the index of it, the lock: {files:?}");
        assert!(files.iter().all(|file| mode(file) == 0o600), "umask {umask}: {files:?}");
        let said = fs::read_to_string(&log).expect("a log");
        assert!(!said.contains("others on this machine"), "nothing to warn of: {said}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_others_can_read_are_named_with_the_command_that_narrows_them() {
    let (home, file, _) = used().await;
    let log = home.path().join("log");
    let lock = home.path().join("seatkeeper.sqlite3.lock");
    let wide = [(home.path(), 0o755), (file.as_path(), 0o644), (lock.as_path(), 0o644)];
    for (path, mode) in wide {
        set_mode(path, mode);
    }
    let server = Process::start_under("0022", &address(&file), &log).await;
    let said = fs::read_to_string(&log).expect("a log");
    let command = said.split("command=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a command");
    // SQLite gives the journal and its index the mode of the file, so they may be named as well.
    for (path, _) in wide {
        assert!(command.contains(&format!("chmod go-rwx '{}'", path.display())), "{said}");
    }
    assert_eq!((mode(home.path()), mode(&file)), (0o755, 0o644), "it changes nothing that it did not make");
    assert!(Command::new("sh").args(["-c", command]).status().expect("a shell").success(), "{command}");
    assert_eq!((mode(home.path()), mode(&file)), (0o700, 0o600));
    server.stop().await;
    fs::remove_file(&log).expect("it is ours");
    Process::start_under("0022", &address(&file), &log).await.stop().await;
    let said = fs::read_to_string(&log).expect("a log");
    assert!(!said.contains("others on this machine"), "nothing is left to warn of: {said}");
}

/// Something that is mounted elsewhere, too; taken away when dropped.
struct Bound(PathBuf);

impl Bound {
    /// Without the right to do so it says that this is not tried.
    fn new(what: &Path, place: PathBuf) -> Option<Self> {
        let mount = Command::new("mount").arg("--bind").arg(what).arg(&place).output();
        let mounted = mount.is_ok_and(|done| done.status.success());
        if !mounted {
            println!("no right to mount: {} is not tried under a second path", what.display());
        }
        mounted.then_some(Self(place))
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_is_refused_by_whatever_name_it_comes() {
    let (home, file, admin) = used().await;
    let at = |name: &str| home.path().join(name);
    let server = Process::start(&address(&file)).await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    symlink(&file, elsewhere.path().join("link")).expect("a link");
    symlink(elsewhere.path().join("link"), at("link-to-link")).expect("a link");
    symlink(home.path(), elsewhere.path().join("folder")).expect("a link");
    let in_use = "another Seatkeeper process uses";
    let dots = home.path().join("../").join(home.path().file_name().expect("a name")).join("./seatkeeper.sqlite3");
    let paths = [file.clone(), elsewhere.path().join("link"), at("link-to-link"), dots];
    for path in paths.iter().chain([&elsewhere.path().join("folder/seatkeeper.sqlite3")]) {
        refused(&Process::refusing(&address(path)), in_use);
    }
    let cd = format!("cd '{}'", home.path().display());
    refused(&Process::refusing_after(&cd, "sqlite:seatkeeper.sqlite3"), in_use);
    refused(&Process::refusing_after(&cd, "sqlite:./seatkeeper.sqlite3"), in_use);
    refused(&Process::refusing_after(&cd, "sqlite://seatkeeper.sqlite3"), in_use);
    let descriptor = format!("exec 5<>'{}'", file.display());
    refused(&Process::refusing_after(&descriptor, "sqlite:/proc/self/fd/5"), in_use);
    // The lock beside the file is another one there: only that of the file itself is the same.
    for name in ["bound-folder", "bound-file"] {
        fs::create_dir(elsewhere.path().join(name)).expect("a folder");
    }
    let (bound_folder, bound_file) = (elsewhere.path().join("bound-folder"), elsewhere.path().join("bound-file/db"));
    fs::write(&bound_file, "").expect("a file to mount on");
    let bound = Bound::new(home.path(), bound_folder.clone());
    if bound.is_some() {
        fs::remove_file(at("seatkeeper.sqlite3.lock")).expect("somebody tidies up");
        refused(&Process::refusing(&address(&bound_folder.join("seatkeeper.sqlite3"))), in_use);
    }
    if let Some(_bound) = Bound::new(&file, bound_file.clone()) {
        refused(&Process::refusing(&address(&bound_file)), "is mounted as a single file");
    }
    fs::hard_link(&file, elsewhere.path().join("hard")).expect("a hard link");
    refused(&Process::refusing(&address(&elsewhere.path().join("hard"))), "hard links to the same file");
    assert_eq!(adds_a_product(&admin.at(&server.url), "Remote Support v5").await, 201, "the first one works on");
    server.stop().await;
    refused(&Process::refusing(&address(&file)), "hard links to the same file");
    fs::remove_file(elsewhere.path().join("hard")).expect("it is ours");
    Process::start(&address(&file)).await.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_by_every_name_after_a_crash() {
    let (home, file, admin) = used().await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (link, folder) = (elsewhere.path().join("link"), elsewhere.path().join("folder"));
    symlink(&file, &link).expect("a link");
    symlink(home.path(), &folder).expect("a link");
    let names = [file.clone(), link, folder.join("seatkeeper.sqlite3")];
    for (number, name) in names.iter().enumerate() {
        let mut server = Process::start(&address(name)).await;
        let admin = admin.at(&server.url);
        assert_eq!(products(&admin).await, number, "{}", name.display());
        assert_eq!(adds_a_product(&admin, &format!("Product {number}")).await, 201);
        server.kill();
    }
    assert!(!elsewhere.path().join("link-wal").exists(), "the journal is beside the file, not beside its other name");
    let audit = |path: &Path| Process::asked(&["audit", "verify"], &address(path));
    let server = Process::start(&address(&file)).await;
    for name in &names {
        assert!(audit(name).status.success(), "a check reads the live file by {}", name.display());
    }
    fs::hard_link(&file, elsewhere.path().join("hard")).expect("a hard link");
    refused(&audit(&elsewhere.path().join("hard")), "hard links to the same file");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_file_is_taken_away_stops_writing() {
    type Change = fn(&Path);
    let moved: Change = |file| fs::rename(file, file.with_extension("moved")).expect("it can be moved");
    let deleted: Change = |file| fs::remove_file(file).expect("it can be deleted");
    let replaced: Change = |file| {
        let copy = file.with_extension("copy");
        fs::copy(file, &copy).and_then(|_| fs::rename(&copy, file)).expect("it can be replaced");
    };
    let journal: Change = |file| fs::remove_file(file.with_extension("sqlite3-wal")).expect("it can be deleted");
    for (what, change) in [("moved", moved), ("deleted", deleted), ("replaced", replaced), ("journal", journal)] {
        let (_home, file, admin) = used().await;
        let quiet = [("SEATKEEPER_LOG", "off".to_owned())];
        let server = Process::start_at(free_address(), &address(&file), &quiet).await.expect("it starts");
        let admin = admin.at(&server.url);
        assert_eq!(adds_a_product(&admin, "Before").await, 201);
        change(&file);
        admin.post("/products", &json!({ "name": "After" })).await.problem(503, "unavailable");
        admin.get("/products").await.ok();
        if what == "moved" {
            fs::rename(file.with_extension("moved"), &file).expect("it can be moved back");
            admin.post("/products", &json!({ "name": "Later" })).await.problem(503, "unavailable");
            server.stop().await;
            let server = Process::start(&address(&file)).await;
            assert_eq!(adds_a_product(&admin.at(&server.url), "Again").await, 201, "after a new start");
        }
    }
}

#[tokio::test]
async fn what_is_no_file_is_named_as_that() {
    let home = tempfile::tempdir().expect("a folder");
    refused(&Process::refusing(&address(home.path())), "not a regular file");
    symlink("nowhere", home.path().join("link")).expect("a link");
    refused(&Process::refusing(&address(&home.path().join("link"))), "this symbolic link leads nowhere");
}
