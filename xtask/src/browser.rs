//! Finds or installs the browser, its driver and node, for the tests of the app.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::packages::{SystemDependency, ensure, on_path};

const DEBIAN: &[&str] = &["chromium", "chromium-driver", "fonts-dejavu-core"];

/// The path of Chromium or Chrome.
pub fn chromium() -> Result<PathBuf> {
    let dependency = SystemDependency { name: "Chromium", debian: DEBIAN };
    ensure(&dependency, || {
        on_path(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
            .or_else(|| existing("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"))
    })
}

/// ChromeDriver, whose major version must match the browser's.
pub fn chromedriver() -> Result<PathBuf> {
    let dependency = SystemDependency { name: "ChromeDriver", debian: DEBIAN };
    ensure(&dependency, || on_path(&["chromedriver"]).or_else(|| existing("/usr/lib/chromium-browser/chromedriver")))
}

/// node and npm, needed for wasm-opt and the accessibility checker.
pub fn node() -> Result<()> {
    let dependency = SystemDependency { name: "node and npm", debian: &["nodejs", "npm"] };
    ensure(&dependency, || on_path(&["node"]).and(on_path(&["npm"]))).map(drop)
}

fn existing(path: &str) -> Option<PathBuf> {
    Some(Path::new(path)).filter(|path| path.is_file()).map(Path::to_path_buf)
}
