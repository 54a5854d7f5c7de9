//! A real PgBouncer in front of the PostgreSQL cluster of the tests.

use super::{cluster, process::free_address, within};
use std::{
    fs::{self, File},
    net::SocketAddr,
    os::unix::{fs::chown, process::CommandExt as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::TcpStream;

/// How long PgBouncer may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A running PgBouncer, killed when dropped.
pub struct Pooler {
    address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Pooler {
    /// Starts a PgBouncer with `pool_mode` set to `session`, `transaction` or `statement`.
    pub async fn start(mode: &str) -> Self {
        let (folder, address) = (tempfile::tempdir().expect("a folder"), free_address());
        let cluster = std::env::var("SEATKEEPER_TEST_POSTGRES").expect("run the tests with `cargo xtask test`");
        let (host, port) = host_and_port(&cluster);
        let at = folder.path().display();
        // In session mode the server keeps its connections; in transaction mode it must work with fewer than it opens.
        let connections = if mode == "session" { 40 } else { 8 };
        // Round robin: consecutive transactions use different connections, as they would by chance under load.
        let config = format!(
            "[databases]\n* = host={host} port={port} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\nauth_type = trust\n\
             auth_file = {at}/users.txt\npool_mode = {mode}\ndefault_pool_size = {connections}\n\
             server_round_robin = 1\nmax_client_conn = 200\n",
            address.port()
        );
        fs::write(folder.path().join("pgbouncer.ini"), config).expect("the file can be written");
        fs::write(folder.path().join("users.txt"), "\"postgres\" \"\"\n").expect("the file can be written");
        let log = File::create(folder.path().join("log")).expect("a log");
        let mut command = Command::new(installed());
        command.arg(folder.path().join("pgbouncer.ini")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        if let Some(owner) = cluster::owner() {
            let (user, group) = (owner.uid.as_raw(), owner.gid.as_raw());
            chown(folder.path(), Some(user), Some(group)).expect("the owner of the folder can be changed");
            command.uid(user).gid(group);
        }
        let child = command.spawn().expect("PgBouncer starts");
        let pooler = Self { address, child, _folder: folder };
        let log = || fs::read_to_string(pooler._folder.path().join("log")).unwrap_or_default();
        within(START_TIMEOUT, log, async || TcpStream::connect(address).await.is_ok()).await;
        pooler
    }

    /// The address of the same database through the pooler.
    pub fn address_of(&self, database: &str) -> String {
        let (host, port) = host_and_port(database);
        database.replacen(&format!("{host}:{port}"), &self.address.to_string(), 1)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn host_and_port(address: &str) -> (String, u16) {
    let address: sqlx::postgres::PgConnectOptions = address.parse().expect("an address");
    (address.get_host().to_owned(), address.get_port())
}

/// The PgBouncer named by the environment, or the first installed one.
fn installed() -> PathBuf {
    if let Some(named) = std::env::var_os("SEATKEEPER_TEST_PGBOUNCER") {
        return named.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file());
    found.expect("PgBouncer is not installed (on Debian: apt-get install pgbouncer; `cargo xtask test` does that)")
}
