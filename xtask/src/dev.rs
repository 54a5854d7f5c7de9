//! `cargo xtask dev`: runs a debug build of the server behind `trunk serve`; both are rebuilt when their sources
//! change.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, RunningProcess, cargo, say};
use crate::{fingerprint, run, tools, workspace};

/// The sources of the server. trunk watches those of the app.
const SERVER_SOURCES: [&str; 7] = ["server", "client", "pool", "shared", "migrations", "Cargo.toml", "Cargo.lock"];
/// The port to which Trunk.toml forwards requests for `/api/`.
const SERVER_PORT: u16 = 3100;
/// The URL at which trunk serves the app, as set in Trunk.toml.
const APP_URL: &str = "http://127.0.0.1:8080";

/// The number of source files, and the time of the last change.
#[derive(PartialEq)]
struct SourceState(usize, Option<SystemTime>);

/// Serves the app on <http://127.0.0.1:8080> until Ctrl-C.
pub fn run() -> Result<()> {
    let mut trunk = tools::trunk()?;
    let mut built = source_state()?;
    let mut server = None;
    // Before trunk starts, because two builds at once slow each other down.
    rebuild(&mut server)?;
    let mut trunk = RunningProcess::start(trunk.arg("serve"))?;
    loop {
        thread::sleep(Duration::from_millis(500));
        if process::interrupted() {
            return Ok(());
        }
        if let Some(status) = trunk.exit_status()? {
            bail!("trunk exited ({status}); see its messages above");
        }
        if let Some(status) = server.as_mut().map(RunningProcess::exit_status).transpose()?.flatten() {
            say(format!("the server exited ({status}); waiting for a change"));
            server = None;
        }
        let current = source_state()?;
        if current != built {
            built = current;
            rebuild(&mut server)?;
        }
    }
}

/// Rebuilds and restarts the server; keeps the running one if the build fails.
fn rebuild(server: &mut Option<RunningProcess>) -> Result<()> {
    say("building the server");
    if process::run(cargo().args(["build", "--package", "seatkeeper"])).is_err() {
        say("the server did not build; waiting for a change");
        return Ok(());
    }
    let data = workspace::root().join("data");
    fs::create_dir_all(&data).with_context(|| format!("cannot create {}", data.display()))?;
    let database = format!("sqlite:{}", data.join("dev.sqlite3").display());
    let binary = workspace::target()?.join("debug/seatkeeper");
    // Stop the old server first, since the new one needs its port and its database.
    *server = None;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, SERVER_PORT));
    let mut serve = run::serve(&binary, address, &database);
    // The setup link must lead to trunk, which serves the current app.
    serve.env("SEATKEEPER_PUBLIC_URL", APP_URL);
    *server = Some(RunningProcess::start(&mut serve)?);
    Ok(())
}

fn source_state() -> Result<SourceState> {
    let mut files: Vec<PathBuf> = Vec::new();
    for source in SERVER_SOURCES {
        fingerprint::collect(&workspace::root().join(source), &mut files)?;
    }
    let modified = |file: &PathBuf| fs::metadata(file).and_then(|file| file.modified()).ok();
    Ok(SourceState(files.len(), files.iter().filter_map(modified).max()))
}
