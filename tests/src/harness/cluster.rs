//! A PostgreSQL cluster that a test can stop, kill and restart.

use super::{
    process::{free_address, pid},
    small_disk::SmallDisk,
    within,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, Uid, User},
};
use sqlx::{Connection as _, PgConnection};
use std::{
    fs::File,
    net::SocketAddr,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How long a start may take, including recovery after a crash.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A PostgreSQL cluster, stopped when dropped.
pub struct Cluster {
    pub address: SocketAddr,
    /// The disk that holds its data.
    pub disk: SmallDisk,
    server: Child,
}

impl Cluster {
    /// Creates a cluster on a disk of this size and waits until it accepts connections.
    pub async fn start(megabytes: u32) -> Self {
        let disk = SmallDisk::create(megabytes);
        if let Some(owner) = owner() {
            let (user, group) = (owner.uid.as_raw(), owner.gid.as_raw());
            chown(disk.path(), Some(user), Some(group)).expect("the owner of the folder can be changed");
        }
        let mut initdb = as_owner("initdb", disk.path());
        initdb.args(["--username", "postgres", "--auth", "trust", "--no-sync", "--encoding", "UTF8"]);
        // Small WAL segments, so that a small disk is soon full.
        initdb.args(["--locale", "C", "--wal-segsize", "1"]);
        let made = initdb.output().expect("initdb starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let address = free_address();
        let server = serve(disk.path(), address);
        let cluster = Self { address, disk, server };
        cluster.answers().await;
        cluster
    }

    /// The `--database` option for this cluster, reached at `address` (its own or a proxy's).
    pub fn database_at(address: SocketAddr) -> String {
        format!("postgres://postgres@{address}/postgres")
    }

    /// Stops it: SIGINT is the fast shutdown; SIGQUIT the immediate one, after which it recovers as from a crash.
    pub fn stop(&mut self, how: Signal) {
        kill(pid(&self.server), how).expect("it has not been waited for, so it can be signalled");
        self.server.wait().expect("it can be waited for");
    }

    /// Starts it again if it has stopped, and waits until it accepts connections.
    pub async fn start_again(&mut self) {
        if self.server.try_wait().expect("it can be waited for").is_some() {
            self.server = serve(self.disk.path(), self.address);
        }
        self.answers().await;
    }

    /// Kills a random backend with SIGKILL, after which PostgreSQL terminates all others and recovers.
    pub async fn kill_random_backend(&self) {
        let Ok(mut connection) = PgConnection::connect(&Self::database_at(self.address)).await else { return };
        let backends = "SELECT pid FROM pg_stat_activity WHERE client_addr IS NOT NULL AND pid <> pg_backend_pid()
                        ORDER BY random() LIMIT 1";
        // The cluster may be stopping for another reason.
        if let Ok(Some(backend)) = sqlx::query_scalar(backends).fetch_optional(&mut connection).await {
            let _ = kill(Pid::from_raw(backend), Signal::SIGKILL);
        }
    }

    async fn answers(&self) {
        let message = || format!("PostgreSQL answers; see {}", self.disk.path().join("log").display());
        let answers = async || PgConnection::connect(&Self::database_at(self.address)).await.is_ok();
        within(START_TIMEOUT, message, answers).await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The immediate shutdown also ends its child processes. It may have stopped already.
        let _ = kill(pid(&self.server), Signal::SIGQUIT);
        let _ = self.server.wait();
    }
}

fn serve(folder: &Path, address: SocketAddr) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("log")).expect("a log");
    let port = format!("port={}", address.port());
    let settings = [
        "listen_addresses=127.0.0.1",
        port.as_str(),
        "unix_socket_directories=",
        "min_wal_size=2MB",
        "max_wal_size=16MB",
        "shared_buffers=16MB",
    ];
    let mut postgres = as_owner("postgres", folder);
    postgres.args(settings.iter().flat_map(|setting| ["-c", setting]));
    let err = log.try_clone().expect("the log can be shared");
    postgres.stdin(Stdio::null()).stdout(log).stderr(err).spawn().expect("PostgreSQL starts")
}

fn as_owner(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(programs().join(program));
    command.arg("-D").arg(folder.join("data")).current_dir(folder);
    if let Some(owner) = owner() {
        command.uid(owner.uid.as_raw()).gid(owner.gid.as_raw());
    }
    command
}

/// The user that PostgreSQL runs as when the tests run as root, which PostgreSQL refuses.
pub(super) fn owner() -> Option<User> {
    let user = |name| User::from_name(name).expect("the user database can be read");
    Uid::effective().is_root().then(|| user("postgres").or_else(|| user("nobody")).expect("a user who is not root"))
}

/// The folder with PostgreSQL's programs, which Debian does not put on `PATH`.
fn programs() -> PathBuf {
    let reported = Command::new("pg_config").arg("--bindir").output().ok().filter(|output| output.status.success());
    let reported = reported.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("initdb"));
    let linked = on_path.filter_map(|initdb| Some(initdb.canonicalize().ok()?.parent()?.to_path_buf()));
    let mut folders = reported.into_iter().chain(linked).chain(newest_in_debian());
    let found = folders.find(|folder| folder.join("initdb").is_file());
    found.expect("PostgreSQL is not installed: run the tests with `cargo xtask test`, which installs it")
}

fn newest_in_debian() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    Some(versions.filter_map(|entry| Some(entry.ok()?.path())).max_by_key(number)?.join("bin"))
}
