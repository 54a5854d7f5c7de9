//! A private PostgreSQL for the tests: a new cluster on a free port, gone when the tests are over.

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

use crate::packages::{Needed, ensure, on_path};
use crate::process::{Running, command, output, say};
use crate::scratch::Scratch;

/// A running cluster; dropping it stops the server and removes the data.
pub struct Cluster {
    port: u16,
    // The server ends before its folder goes: fields are dropped in this order.
    server: Running,
    folder: Scratch,
}

impl Cluster {
    /// Makes a cluster and waits until it answers.
    pub fn start() -> Result<Self> {
        let programs = installed()?;
        say("starting a private PostgreSQL");
        let owner = owner()?;
        let folder = Scratch::new("postgres")?;
        if let Some(owner) = &owner {
            chown(folder.path(), Some(owner.uid.as_raw()), Some(owner.gid.as_raw()))
                .context("cannot give PostgreSQL its folder")?;
        }
        init(&mut as_owner(&programs.join("initdb"), &folder, owner.as_ref()))?;
        let port = free_port()?;
        let mut postgres = as_owner(&programs.join("postgres"), &folder, owner.as_ref());
        let log = File::create(log(&folder)).context("cannot write PostgreSQL's log")?;
        configure(&mut postgres, port).stdout(log.try_clone()?).stderr(log);
        // SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for its clients.
        let server = Running::start_with_stop(&mut postgres, Signal::SIGINT)?;
        let mut cluster = Self { port, server, folder };
        cluster.wait_until_ready(&programs)?;
        Ok(cluster)
    }

    /// The superuser's connection; tests make their own databases.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result<()> {
        let patience = Duration::from_secs(30);
        let started = Instant::now();
        let mut ask = command(programs.join("pg_isready"));
        ask.args(["--host", "127.0.0.1", "--port", &self.port.to_string()]);
        while output(&mut ask).is_none() {
            let ended = self.server.ended()?;
            if ended.is_some() || started.elapsed() > patience {
                let log = fs::read_to_string(log(&self.folder)).unwrap_or_default();
                bail!("PostgreSQL did not start; it says:\n{log}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// The folder of PostgreSQL's programs, which are installed if need be.
pub fn installed() -> Result<PathBuf> {
    ensure(&Needed { name: "the PostgreSQL server (initdb)", debian: &["postgresql"] }, programs)
}

/// The folder of the newest installed initdb.
fn programs() -> Option<PathBuf> {
    let has_initdb = |folder: &PathBuf| folder.join("initdb").is_file();
    let told = output(command("pg_config").arg("--bindir")).map(|folder| PathBuf::from(folder.trim()));
    told.filter(has_initdb).or_else(|| debian().filter(has_initdb)).or_else(|| {
        let initdb = on_path(&["initdb"])?.canonicalize().ok()?;
        Some(initdb.parent()?.to_path_buf())
    })
}

/// Debian keeps the programs of each major version apart, and off PATH.
fn debian() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.filter_map(|entry| Some(entry.ok()?.path())).max_by_key(number)?;
    Some(newest.join("bin"))
}

/// Whom the server runs as when we are root: PostgreSQL refuses to be root.
fn owner() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name).context("cannot read the list of users")? {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL refuses to run as root and there is no user `postgres`: create it, or be another user")
}

fn as_owner(program: &Path, folder: &Scratch, owner: Option<&User>) -> Command {
    let mut command = command(program);
    command.arg("-D").arg(folder.path().join("data")).current_dir(folder.path());
    if let Some(owner) = owner {
        command.uid(owner.uid.as_raw()).gid(owner.gid.as_raw());
    }
    command
}

fn init(initdb: &mut Command) -> Result<()> {
    // Collation C as in SQLite; but letters beyond ASCII have an upper and a lower case.
    let ctype = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };
    initdb.args(["--username", "postgres", "--auth", "trust", "--no-sync", "--encoding", "UTF8"]);
    initdb.args(["--lc-collate", "C", "--lc-ctype", ctype, "--lc-messages", "C"]);
    let done = initdb.output().context("cannot start initdb")?;
    if !done.status.success() {
        bail!("initdb failed; it says:\n{}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(())
}

/// fsync stays on: the tests kill servers and count what survives.
fn configure(postgres: &mut Command, port: u16) -> &mut Command {
    let port = format!("port={port}");
    let settings = ["listen_addresses=127.0.0.1", &port, "unix_socket_directories=", "max_connections=900"];
    postgres.args(settings.iter().flat_map(|setting| ["-c", setting]))
}

fn log(folder: &Scratch) -> PathBuf {
    folder.path().join("log")
}

/// A port nobody listens on at this moment.
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
