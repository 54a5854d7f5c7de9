//! A private PostgreSQL for the tests: a new cluster on a free port, deleted when the tests end.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};

use crate::packages::{SystemDependency, ensure, on_path};
use crate::process::{RunningProcess, command, output, say};
use crate::temp_folder::TempFolder;

/// How a cluster treats its data.
#[derive(Clone, Copy, PartialEq)]
pub enum Durability {
    /// As in production; for measurements.
    Full,
    /// Faster: the tests kill servers of Seatkeeper, and clusters of their own, but the machine never loses power, and
    /// databases that live for a second need no cleaning.
    None,
}

/// A running cluster; dropping it stops the server and deletes the data.
pub struct Cluster {
    port: u16,
    // Fields are dropped in this order: the server stops before its folder is deleted.
    server: RunningProcess,
    folder: TempFolder,
}

impl Cluster {
    /// Creates a cluster and waits until it accepts connections.
    pub fn start(durability: Durability) -> Result<Self> {
        let programs = installed()?;
        say("starting a private PostgreSQL");
        let owner = owner()?;
        let folder = TempFolder::new("postgres")?;
        if let Some(owner) = &owner {
            chown(folder.path(), Some(owner.uid.as_raw()), Some(owner.gid.as_raw()))
                .context("cannot change the owner of PostgreSQL's folder")?;
        }
        init(&mut as_owner(&programs.join("initdb"), &folder, owner.as_ref()))?;
        let port = free_port()?;
        let mut postgres = as_owner(&programs.join("postgres"), &folder, owner.as_ref());
        let log = File::create(log(&folder)).context("cannot write PostgreSQL's log")?;
        configure(&mut postgres, port, durability).stdout(log.try_clone()?).stderr(log);
        // SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for its clients.
        let server = RunningProcess::start_with_stop(&mut postgres, Signal::SIGINT)?;
        let mut cluster = Self { port, server, folder };
        cluster.wait_until_ready(&programs)?;
        Ok(cluster)
    }

    /// The connection URL of the superuser; tests create their own databases.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result<()> {
        let timeout = Duration::from_secs(30);
        let started = Instant::now();
        let mut is_ready = command(programs.join("pg_isready"));
        is_ready.args(["--host", "127.0.0.1", "--port", &self.port.to_string()]);
        while output(&mut is_ready).is_none() {
            let ended = self.server.exit_status()?;
            if ended.is_some() || started.elapsed() > timeout {
                let log = fs::read_to_string(log(&self.folder)).unwrap_or_default();
                bail!("PostgreSQL did not start; its log:\n{log}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// The folder of PostgreSQL's programs, which are installed if missing.
pub fn installed() -> Result<PathBuf> {
    ensure(&SystemDependency { name: "the PostgreSQL server (initdb)", debian: &["postgresql"] }, programs)
}

/// The folder of the newest installed initdb.
fn programs() -> Option<PathBuf> {
    let has_initdb = |folder: &PathBuf| folder.join("initdb").is_file();
    let reported = output(command("pg_config").arg("--bindir")).map(|folder| PathBuf::from(folder.trim()));
    reported.filter(has_initdb).or_else(|| newest_in_debian().filter(has_initdb)).or_else(|| {
        let initdb = on_path(&["initdb"])?.canonicalize().ok()?;
        Some(initdb.parent()?.to_path_buf())
    })
}

/// The programs of the newest version on Debian, which keeps a folder for each and none on PATH.
fn newest_in_debian() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.filter_map(|entry| Some(entry.ok()?.path())).max_by_key(number)?;
    Some(newest.join("bin"))
}

/// The user that the server runs as when this program runs as root, which PostgreSQL refuses.
fn owner() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name).context("cannot read the user database")? {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is no user `postgres`: create it, or run as another user")
}

fn as_owner(program: &Path, folder: &TempFolder, owner: Option<&User>) -> Command {
    let mut command = command(program);
    command.arg("-D").arg(folder.path().join("data")).current_dir(folder.path());
    if let Some(owner) = owner {
        command.uid(owner.uid.as_raw()).gid(owner.gid.as_raw());
    }
    command
}

fn init(initdb: &mut Command) -> Result<()> {
    // Collation C, as in SQLite, but a character type with upper and lower case beyond ASCII.
    let ctype = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };
    initdb.args(["--username", "postgres", "--auth", "trust", "--no-sync", "--encoding", "UTF8"]);
    initdb.args(["--lc-collate", "C", "--lc-ctype", ctype, "--lc-messages", "C"]);
    let output = initdb.output().context("cannot start initdb")?;
    if !output.status.success() {
        bail!("initdb failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The settings of a cluster that is not durable.
const NOT_DURABLE: [&str; 4] = ["fsync=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=8GB"];

fn configure(postgres: &mut Command, port: u16, durability: Durability) -> &mut Command {
    let port = format!("port={port}");
    let settings = ["listen_addresses=127.0.0.1", &port, "unix_socket_directories=", "max_connections=900"];
    let not_durable = if durability == Durability::None { &NOT_DURABLE[..] } else { &[] };
    postgres.args(settings.iter().chain(not_durable).flat_map(|setting| ["-c", setting]))
}

fn log(folder: &TempFolder) -> PathBuf {
    folder.path().join("log")
}

/// A port on which nothing listens at this moment.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::free_port;

    #[test]
    fn a_free_port_can_be_listened_on() {
        let port = free_port().unwrap();
        assert!(std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
}
