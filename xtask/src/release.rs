//! Builds the one binary that ships, with the app inside.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::{cargo, run, say};
use crate::{app, workspace};

/// The binary, up to date.
pub fn build() -> Result<PathBuf> {
    app::build()?;
    say("building the server (some minutes the first time)");
    run(cargo().args(["build", "--release", "--package", "seatkeeper", "--features", "embed"]))?;
    Ok(workspace::target()?.join("release/seatkeeper"))
}
