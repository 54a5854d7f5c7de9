//! The servers that are measured, each a process of its own: the real one and those that it is compared with.

use crate::connection::{Connection, get};
use anyhow::{Context as _, bail};
use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How often it is asked whether a server is ready.
const ASK_EVERY: Duration = Duration::from_millis(20);
/// How often it is asked at most: a large account takes its time to be loaded.
const ASK: u32 = 3_000;

/// A running server. It is killed when dropped.
pub struct Server {
    /// Where it serves.
    pub address: SocketAddr,
    child: Child,
}

/// What a process has used, as Linux tells it in `/proc`; elsewhere it cannot be measured.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Seconds on a core since its start.
    pub seconds: f64,
    /// Resident memory now, in megabytes.
    pub resident: f64,
    /// The most resident memory at any time, in megabytes.
    pub peak: f64,
}

impl Server {
    /// The real server, as it ships, on a database.
    pub async fn seatkeeper(database: &str) -> anyhow::Result<Self> {
        let binary = env::var_os("SEATKEEPER_BENCH_SERVER").map(PathBuf::from);
        let binary = binary.context("SEATKEEPER_BENCH_SERVER names no server: run this with `cargo xtask bench`")?;
        let port = free_port()?;
        let mut serve = Command::new(binary);
        serve.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database", database]);
        // Not that a thousand viewers at once wait for a connection: that is among what is measured.
        Self::start(serve.env("SEATKEEPER_LOG", "warn,sqlx=error"), port).await
    }

    /// One transaction per request.
    pub async fn reference(database: &str) -> anyhow::Result<Self> {
        let port = free_port()?;
        Self::start(Command::new(env::current_exe()?).args(["serve-reference", &port.to_string(), database]), port)
            .await
    }

    /// A handler that does nothing, and sends frames of this size to viewers.
    pub async fn no_op(frame: usize) -> anyhow::Result<Self> {
        let port = free_port()?;
        let (told, frame) = (port.to_string(), frame.to_string());
        Self::start(Command::new(env::current_exe()?).args(["serve-no-op", &told, &frame]), port).await
    }

    async fn start(command: &mut Command, port: u16) -> anyhow::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context("a server does not start")?;
        let mut server = Self { address, child };
        for _ in 0..ASK {
            if server.is_ready().await {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("a server ended ({status}) instead of serving; its own messages are above");
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        bail!("a server did not become ready")
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut connection) = Connection::open(self.address).await else { return false };
        matches!(connection.ask(&get("/readyz", "")).await, Ok((200, _)))
    }

    /// What the process has used until now.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let folder = PathBuf::from(format!("/proc/{}", self.child.id()));
        let read = |name: &str| fs::read_to_string(folder.join(name));
        let (stat, status) = (read("stat"), read("status"));
        let told = stat.ok().zip(status.ok()).and_then(|(stat, status)| usage(&stat, &status));
        told.context("what a process uses can only be measured on Linux, which tells it in /proc")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// See proc_pid_stat(5): user and system time are the 14th and 15th field, in hundredths of a second.
fn usage(stat: &str, status: &str) -> Option<Usage> {
    // The second field is the program's name, which may have spaces in it.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |place: usize| fields.get(place - 3)?.parse::<f64>().ok();
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? / 1_024.0)
    };
    Some(Usage {
        seconds: (ticks(14)? + ticks(15)?) / 100.0,
        resident: megabytes("VmRSS:")?,
        peak: megabytes("VmHWM:")?,
    })
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
