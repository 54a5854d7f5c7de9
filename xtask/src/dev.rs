//! `cargo xtask dev`: the server in debug behind `trunk serve`; either is rebuilt when its sources change.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Running, cargo, say};
use crate::{fingerprint, run, tools, workspace};

/// What the server is built from. trunk watches what the app is built from.
const SOURCES: [&str; 6] = ["server", "client", "shared", "migrations", "Cargo.toml", "Cargo.lock"];
/// Where Trunk.toml sends the requests for `/api/`.
const PORT: u16 = 3100;
/// Where trunk serves the app, also by Trunk.toml.
const APP: &str = "http://127.0.0.1:8080";

/// How many sources there are, and when the last one was written.
#[derive(PartialEq)]
struct Stand(usize, Option<SystemTime>);

/// Serves the app on <http://127.0.0.1:8080> until Ctrl-C.
pub fn run() -> Result<()> {
    let mut trunk = tools::trunk()?;
    let mut built = stand()?;
    let mut server = None;
    // Before trunk starts: two builds at once only make each other slow.
    rebuild(&mut server)?;
    let mut trunk = Running::start(trunk.arg("serve"))?;
    loop {
        thread::sleep(Duration::from_millis(500));
        if process::interrupted() {
            return Ok(());
        }
        if let Some(status) = trunk.ended()? {
            bail!("trunk ended ({status}); its own messages are above");
        }
        if let Some(status) = server.as_mut().map(Running::ended).transpose()?.flatten() {
            say(format!("the server ended ({status}); waiting for a change"));
            server = None;
        }
        let now = stand()?;
        if now != built {
            built = now;
            rebuild(&mut server)?;
        }
    }
}

/// Replaces the running server, or keeps it if the new one does not build.
fn rebuild(server: &mut Option<Running>) -> Result<()> {
    say("building the server");
    if process::run(cargo().args(["build", "--package", "seatkeeper"])).is_err() {
        say("the server did not build; waiting for a change");
        return Ok(());
    }
    let data = workspace::root().join("data");
    fs::create_dir_all(&data).with_context(|| format!("cannot create {}", data.display()))?;
    let database = format!("sqlite:{}", data.join("dev.sqlite3").display());
    let binary = workspace::target()?.join("debug/seatkeeper");
    // The old one must be gone before the new one asks for its port and its database.
    *server = None;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    let mut serve = run::serve(&binary, address, &database);
    // Its setup link must lead to trunk, which has the present app.
    serve.env("SEATKEEPER_PUBLIC_URL", APP);
    *server = Some(Running::start(&mut serve)?);
    Ok(())
}

fn stand() -> Result<Stand> {
    let mut files: Vec<PathBuf> = Vec::new();
    for source in SOURCES {
        fingerprint::collect(&workspace::root().join(source), &mut files)?;
    }
    let written = |file: &PathBuf| fs::metadata(file).and_then(|file| file.modified()).ok();
    Ok(Stand(files.len(), files.iter().filter_map(written).max()))
}
