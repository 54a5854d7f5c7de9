//! What the system must bring: installed on Debian when we may, named plainly when not.

use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::{Result, bail};
use nix::unistd::Uid;

use crate::process::{command, run, say};

static LISTS_UPDATED: Once = Once::new();

/// A thing the system must have, and the Debian packages that hold it.
pub struct Needed {
    /// As a reader would call it.
    pub name: &'static str,
    pub debian: &'static [&'static str],
}

/// What `find` finds, after installing the packages if it finds nothing.
pub fn ensure<T>(needed: &Needed, find: impl Fn() -> Option<T>) -> Result<T> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let packages = needed.debian.join(" ");
    if !Uid::effective().is_root() || !Path::new("/usr/bin/apt-get").exists() {
        bail!("{} not found: install it and put it on PATH (on Debian: apt-get install {packages})", needed.name);
    }
    say(format!("installing {packages} (a minute or two)"));
    install(needed.debian)?;
    match find() {
        Some(found) => Ok(found),
        None => bail!("{} not found even after installing {packages}: put it on PATH", needed.name),
    }
}

/// The first program of one of these names on PATH.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file()))
}

fn install(packages: &[&str]) -> Result<()> {
    let mut updated = Ok(());
    LISTS_UPDATED.call_once(|| updated = apt_get(&["update"]));
    updated?;
    apt_get(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut apt_get = command("apt-get");
    // Without a terminal of its own: in a background group it would be stopped for touching ours.
    apt_get.args(["--quiet", "-o", "Dpkg::Use-Pty=0"]).args(arguments);
    run(apt_get.env("DEBIAN_FRONTEND", "noninteractive"))
}
