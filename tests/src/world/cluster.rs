//! A PostgreSQL of its own, which can be stopped in every way there is.

use super::{
    ground::Ground,
    process::{free_address, pid},
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

/// How long a start may take; recovery after a crash included.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster with one database that counts. It is killed when dropped.
pub struct Cluster {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it lies.
    pub ground: Ground,
    server: Child,
}

impl Cluster {
    /// Makes a cluster and waits until it answers.
    pub async fn start(megabytes: u32) -> Self {
        let ground = Ground::small(megabytes);
        if let Some(owner) = owner() {
            let (user, group) = (owner.uid.as_raw(), owner.gid.as_raw());
            chown(ground.path(), Some(user), Some(group)).expect("PostgreSQL is given its folder");
        }
        let mut initdb = as_owner("initdb", ground.path());
        initdb.args(["--username", "postgres", "--auth", "trust", "--no-sync", "--encoding", "UTF8"]);
        // Small pieces of log, so that a small disk is soon full.
        initdb.args(["--locale", "C", "--wal-segsize", "1"]);
        let made = initdb.output().expect("initdb starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let address = free_address();
        let server = serve(ground.path(), address);
        let cluster = Self { address, ground, server };
        cluster.answers().await;
        cluster
    }

    /// The database at an address that leads here.
    pub fn database_at(address: SocketAddr) -> String {
        format!("postgres://postgres@{address}/postgres")
    }

    /// Stops it: SIGINT cuts connections, SIGQUIT is the immediate stop, after which it recovers as from a crash.
    pub fn stop(&mut self, how: Signal) {
        kill(pid(&self.server), how).expect("it has not been waited for, so it can be signalled");
        self.server.wait().expect("it is gone");
    }

    /// Starts it again, if it has stopped, and waits until it answers.
    pub async fn start_again(&mut self) {
        if self.server.try_wait().expect("its state can be asked").is_some() {
            self.server = serve(self.ground.path(), self.address);
        }
        self.answers().await;
    }

    /// `kill -9` for one of its processes that serve connections: all others are restarted by it.
    pub async fn kill_a_backend(&self) {
        let Ok(mut connection) = PgConnection::connect(&Self::database_at(self.address)).await else { return };
        let backends = "SELECT pid FROM pg_stat_activity WHERE client_addr IS NOT NULL AND pid <> pg_backend_pid()
                        ORDER BY random() LIMIT 1";
        // It may be going down for another reason.
        if let Ok(Some(backend)) = sqlx::query_scalar(backends).fetch_optional(&mut connection).await {
            let _ = kill(Pid::from_raw(backend), Signal::SIGKILL);
        }
    }

    async fn answers(&self) {
        let patience = tokio::time::Instant::now() + PATIENCE;
        while PgConnection::connect(&Self::database_at(self.address)).await.is_err() {
            let log = self.ground.path().join("log");
            assert!(tokio::time::Instant::now() < patience, "PostgreSQL does not answer; see {}", log.display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The immediate stop takes its children along; it may be gone already.
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

/// Whom the server runs as when we are root: PostgreSQL refuses to be root.
pub(super) fn owner() -> Option<User> {
    let known = |name| User::from_name(name).expect("the list of users can be read");
    Uid::effective().is_root().then(|| known("postgres").or_else(|| known("nobody")).expect("a user who is not root"))
}

/// The folder of PostgreSQL's programs, which Debian keeps off PATH.
fn programs() -> PathBuf {
    let told = Command::new("pg_config").arg("--bindir").output().ok().filter(|told| told.status.success());
    let told = told.map(|told| PathBuf::from(String::from_utf8_lossy(&told.stdout).trim()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("initdb"));
    let linked = on_path.filter_map(|initdb| Some(initdb.canonicalize().ok()?.parent()?.to_path_buf()));
    let mut found = told.into_iter().chain(linked).chain(debian()).filter(|folder| folder.join("initdb").is_file());
    found.next().expect("PostgreSQL is installed: `cargo xtask test` sees to that")
}

fn debian() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    Some(versions.filter_map(|entry| Some(entry.ok()?.path())).max_by_key(number)?.join("bin"))
}
