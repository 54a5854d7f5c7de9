//! `cargo xtask dist`: builds the release binary and copies it to `target/dist/`.

use std::fs;

use anyhow::{Context as _, Result};

use crate::process::say;
use crate::{release, workspace};

/// Builds the app and the server, and copies the binary to `target/dist/`.
pub fn run() -> Result<()> {
    let binary = release::build()?;
    let folder = workspace::target()?.join("dist");
    let shipped = folder.join("seatkeeper");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::copy(&binary, &shipped).with_context(|| format!("cannot write {}", shipped.display()))?;
    say(format!("{} is ready: copy it to a server and run `seatkeeper serve`", shipped.display()));
    Ok(())
}
