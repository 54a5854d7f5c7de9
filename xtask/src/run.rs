//! `cargo xtask run`: builds and starts a server, with or without simulated agents.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, RunningProcess, command, say};
use crate::{release, workspace};

#[derive(clap::Args)]
pub struct RunArgs {
    /// Use a new, temporary database with simulated agents.
    #[arg(long)]
    demo: bool,
    /// The port to listen on, at 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The database: sqlite:FILE or postgres://…; data/seatkeeper.sqlite3 if absent.
    #[arg(long, conflicts_with = "demo")]
    database: Option<String>,
}

/// Builds what is not up to date, and serves until Ctrl-C.
pub fn run(args: &RunArgs) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    // Check before the build, which may take minutes.
    TcpListener::bind(address)
        .with_context(|| format!("{address} is in use: stop the program there, or choose another --port"))?;
    let binary = release::build()?;
    if args.demo {
        return demo(&binary, address);
    }
    let database = match &args.database {
        Some(database) => database.clone(),
        None => format!("sqlite:{}", database_file(&workspace::root().join("data"))?.display()),
    };
    process::run(&mut serve(&binary, address, &database))
}

/// Fills a new database with some weeks of history, and runs the server and the simulated agents until Ctrl-C, or until
/// one of them exits.
fn demo(binary: &Path, address: SocketAddr) -> Result<()> {
    let folder = workspace::target()?.join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let database = format!("sqlite:{}", database_file(&folder)?.display());
    say("simulating the last five weeks of the sample account");
    process::run(command(binary).args(["demo-history", "--database", &database]))?;
    let mut server = RunningProcess::start(&mut serve(binary, address, &database))?;
    wait_until_ready(&mut server, address)?;
    say(format!("the simulated agents are starting; open http://{address}"));
    let mut agents = command(binary);
    agents.args(["demo-agents", "--server", &format!("http://{address}")]);
    let mut agents = RunningProcess::start(&mut agents)?;
    loop {
        if let Some(status) = server.exit_status()? {
            bail!("the server exited ({status}); see its messages above");
        }
        if let Some(status) = agents.exit_status()? {
            bail!("the simulated agents exited ({status}); see their messages above");
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// `seatkeeper serve` with an address and a database.
pub fn serve(binary: &Path, address: SocketAddr, database: &str) -> Command {
    let mut serve = command(binary);
    serve.args(["serve", "--listen", &address.to_string(), "--database", database]);
    serve
}

/// Waits until the server accepts connections.
fn wait_until_ready(server: &mut RunningProcess, address: SocketAddr) -> Result<()> {
    let timeout = Duration::from_secs(30);
    let started = Instant::now();
    while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
        if let Some(status) = server.exit_status()? {
            bail!("the server exited ({status}) instead of listening; see its messages above");
        }
        if started.elapsed() > timeout {
            bail!("the server does not answer on {address} after {} s", timeout.as_secs());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The path of the database file in a folder, which is created if missing.
fn database_file(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder.join("seatkeeper.sqlite3"))
}
