//! The browser and its driver, for the tests of the app.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::packages::{Needed, ensure, on_path};

const DEBIAN: &[&str] = &["chromium", "chromium-driver", "fonts-dejavu-core"];

/// Chromium or Chrome.
pub fn chromium() -> Result<PathBuf> {
    let needed = Needed { name: "Chromium", debian: DEBIAN };
    ensure(&needed, || {
        on_path(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
            .or_else(|| existing("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"))
    })
}

/// ChromeDriver, which must be of the browser's major version.
pub fn chromedriver() -> Result<PathBuf> {
    let needed = Needed { name: "ChromeDriver", debian: DEBIAN };
    ensure(&needed, || on_path(&["chromedriver"]).or_else(|| existing("/usr/lib/chromium-browser/chromedriver")))
}

/// node and npm, with which wasm-opt and the accessibility checker come.
pub fn node() -> Result<()> {
    let needed = Needed { name: "node and npm", debian: &["nodejs", "npm"] };
    ensure(&needed, || on_path(&["node"]).and(on_path(&["npm"]))).map(drop)
}

fn existing(path: &str) -> Option<PathBuf> {
    Some(Path::new(path)).filter(|path| path.is_file()).map(Path::to_path_buf)
}
