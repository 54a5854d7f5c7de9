//! Paths: the checkout, cargo's target directory, and the cache of tools.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result};

/// The root of the checkout.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// The folder of the built app, which trunk writes and the server embeds.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Cargo's target directory, however configured: this program is two levels below it.
pub fn target() -> Result<PathBuf> {
    let program = env::current_exe().context("cannot determine the path of this program")?;
    let target = program.ancestors().nth(2).context("this program is not in a target directory")?;
    Ok(target.to_path_buf())
}

/// The folder for tools, shared by all checkouts of this user; created if missing.
pub fn tools() -> Result<PathBuf> {
    let tools = cache()?.join("tools");
    fs::create_dir_all(&tools)
        .with_context(|| format!("cannot create {}; set SEATKEEPER_CACHE to a writable folder", tools.display()))?;
    Ok(tools)
}

fn cache() -> Result<PathBuf> {
    let folder = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("SEATKEEPER_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("seatkeeper")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache/seatkeeper")))
        .context("no folder for tools: set SEATKEEPER_CACHE to a writable folder")
}

/// The version of a package that Cargo.lock pins.
pub fn locked_version(package: &str) -> Result<String> {
    let path = root().join("Cargo.lock");
    let lock = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    find_version(&lock, package)
        .with_context(|| format!("{package} is not in Cargo.lock; run `cargo update --workspace` to complete it"))
}

fn find_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let line = lock.lines().skip_while(|line| *line != name).nth(1)?;
    Some(line.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::find_version;

    #[test]
    fn a_version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(find_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(find_version(lock, "leptos"), None);
    }
}
