//! System dependencies: installs their Debian packages when running as root, and names them otherwise.

use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::{Result, bail};
use nix::unistd::Uid;

use crate::process::{command, run, say};

static LISTS_UPDATED: Once = Once::new();

/// A program or library that the system must have, and the Debian packages that contain it.
pub struct SystemDependency {
    /// Its name in messages.
    pub name: &'static str,
    pub debian: &'static [&'static str],
}

/// Returns what `find` finds; installs the packages first if it finds nothing.
pub fn ensure<T>(dependency: &SystemDependency, find: impl Fn() -> Option<T>) -> Result<T> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let packages = dependency.debian.join(" ");
    if !Uid::effective().is_root() || !Path::new("/usr/bin/apt-get").exists() {
        bail!("{} not found: install it and put it on PATH (on Debian: apt-get install {packages})", dependency.name);
    }
    say(format!("installing {packages} (a minute or two)"));
    install(dependency.debian)?;
    match find() {
        Some(found) => Ok(found),
        None => bail!("{} not found even after installing {packages}: put it on PATH", dependency.name),
    }
}

/// The path of the first of these programs that is on PATH.
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
    // Without a pseudo-terminal: as a background process group, it would be stopped for using the terminal.
    apt_get.args(["--quiet", "-o", "Dpkg::Use-Pty=0"]).args(arguments);
    run(apt_get.env("DEBIAN_FRONTEND", "noninteractive"))
}
