//! The measured servers, each in a process of its own: the real one, and the two it is compared with.

use crate::connection::{Connection, get};
use anyhow::{Context as _, bail};
use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The interval between checks whether a server is ready.
const READY_POLL_INTERVAL: Duration = Duration::from_millis(20);
/// The maximum number of these checks; loading a large account takes some time.
const MAX_READY_POLLS: u32 = 3_000;

/// A running server. It is killed when dropped.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
}

/// The resource usage of a process, from `/proc`, so on Linux only.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// CPU time since its start, in seconds.
    pub cpu_seconds: f64,
    /// Current resident memory, in megabytes.
    pub resident: f64,
    /// Peak resident memory, in megabytes.
    pub peak: f64,
}

impl Server {
    /// Starts the release build of the real server on a database.
    pub async fn seatkeeper(database: &str) -> anyhow::Result<Self> {
        let binary = env::var_os("SEATKEEPER_BENCH_SERVER").map(PathBuf::from);
        let binary = binary.context("SEATKEEPER_BENCH_SERVER is not set: run this with `cargo xtask bench`")?;
        let port = free_port()?;
        let mut serve = Command::new(binary);
        serve.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database", database]);
        // Hide sqlx's warnings about slow connection acquisition: a thousand simultaneous viewers are part of the test.
        Self::start(serve.env("SEATKEEPER_LOG", "warn,sqlx=error"), port).await
    }

    /// Starts the server with one transaction per request.
    pub async fn reference(database: &str) -> anyhow::Result<Self> {
        let port = free_port()?;
        Self::start(Command::new(env::current_exe()?).args(["serve-reference", &port.to_string(), database]), port)
            .await
    }

    /// Starts a handler that does nothing, and that sends frames of this size to viewers.
    pub async fn no_op(frame: usize) -> anyhow::Result<Self> {
        let port = free_port()?;
        let (port_argument, frame) = (port.to_string(), frame.to_string());
        Self::start(Command::new(env::current_exe()?).args(["serve-no-op", &port_argument, &frame]), port).await
    }

    async fn start(command: &mut Command, port: u16) -> anyhow::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context("cannot start a server")?;
        let mut server = Self { address, child };
        for _ in 0..MAX_READY_POLLS {
            if server.is_ready().await {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("a server exited ({status}) instead of serving; see its messages above");
            }
            tokio::time::sleep(READY_POLL_INTERVAL).await;
        }
        bail!("a server did not become ready")
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut connection) = Connection::open(self.address).await else { return false };
        matches!(connection.request(&get("/readyz", "")).await, Ok((200, _)))
    }

    /// The resource usage of the process so far.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let folder = PathBuf::from(format!("/proc/{}", self.child.id()));
        let read = |name: &str| fs::read_to_string(folder.join(name));
        let (stat, status) = (read("stat"), read("status"));
        let usage = stat.ok().zip(status.ok()).and_then(|(stat, status)| parse_usage(&stat, &status));
        usage.context("resource usage can be measured on Linux only (/proc)")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if it has exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Parses `stat` and `status`. User and system time are fields 14 and 15, in 1/100 s; see proc_pid_stat(5).
fn parse_usage(stat: &str, status: &str) -> Option<Usage> {
    // The second field is the program's name, which may contain spaces.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? / 1_024.0)
    };
    Some(Usage {
        cpu_seconds: (ticks(14)? + ticks(15)?) / 100.0,
        resident: megabytes("VmRSS:")?,
        peak: megabytes("VmHWM:")?,
    })
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
