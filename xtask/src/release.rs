//! Builds the release binary, with the app embedded.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::{cargo, run, say};
use crate::{app, workspace};

/// Builds the binary; returns its path.
pub fn build() -> Result<PathBuf> {
    app::build()?;
    say("building the server (some minutes the first time)");
    run(cargo().args(["build", "--release", "--package", "seatkeeper", "--features", "embed"]))?;
    Ok(workspace::target()?.join("release/seatkeeper"))
}
