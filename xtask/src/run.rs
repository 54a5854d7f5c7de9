//! `cargo xtask run`: from a checkout to a server that people can use, with or without invented agents.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Running, command, say};
use crate::{release, scratch, workspace};

#[derive(clap::Args)]
pub struct Options {
    /// Use a new, temporary database and let invented agents work with it.
    #[arg(long)]
    demo: bool,
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where the data lies: sqlite:FILE or postgres://…; data/seatkeeper.sqlite3 unless told.
    #[arg(long, conflicts_with = "demo")]
    database: Option<String>,
}

/// Builds what is not up to date and serves until Ctrl-C.
pub fn run(options: &Options) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    // Asked before a build of minutes rather than after it.
    TcpListener::bind(address)
        .with_context(|| format!("{address} is taken: stop what listens there or choose another --port"))?;
    let binary = release::build()?;
    if options.demo {
        return demo(&binary, address);
    }
    let database = match &options.database {
        Some(database) => database.clone(),
        None => format!("sqlite:{}", fresh_or_kept(&workspace::root().join("data"))?.display()),
    };
    process::run(&mut serve(&binary, address, &database))
}

/// Server and agents, until Ctrl-C or until one of them ends.
fn demo(binary: &Path, address: SocketAddr) -> Result<()> {
    let folder = workspace::target()?.join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let database = format!("sqlite:{}", fresh_or_kept(&folder)?.display());
    // Both learn it by the environment: arguments can be read by every user of the machine.
    let token = scratch::token();
    let mut server = Running::start(serve(binary, address, &database).env("SEATKEEPER_SETUP_TOKEN", &token))?;
    wait_for(&mut server, address)?;
    say(format!("the demo's agents start to work; look at http://{address}"));
    let mut agents = command(binary);
    agents.args(["demo-agents", "--server", &format!("http://{address}")]).env("SEATKEEPER_SETUP_TOKEN", &token);
    let mut agents = Running::start(&mut agents)?;
    loop {
        if let Some(status) = server.ended()? {
            bail!("the server ended ({status}); its own messages are above");
        }
        if let Some(status) = agents.ended()? {
            bail!("the demo's agents ended ({status}); their own messages are above");
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

/// Waits until the server answers.
fn wait_for(server: &mut Running, address: SocketAddr) -> Result<()> {
    let patience = Duration::from_secs(30);
    let started = Instant::now();
    while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
        if let Some(status) = server.ended()? {
            bail!("the server ended ({status}) instead of listening; its own messages are above");
        }
        if started.elapsed() > patience {
            bail!("the server does not answer on {address} after {} s", patience.as_secs());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The database file in a folder that is made if it is missing.
fn fresh_or_kept(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder.join("seatkeeper.sqlite3"))
}
