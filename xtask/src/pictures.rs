//! `cargo xtask pictures`: takes the pictures in the documents again.

use anyhow::{Result, bail};

use crate::process::{self, say};
use crate::suite::{self, Plan};
use crate::{
    postgres::{Cluster, Durability},
    test, workspace,
};

/// Runs the stories that take pictures, with the app as it ships; they write to `frontend/screenshots`.
///
/// # Errors
/// Returns an error if a story fails, or if something it needs is missing.
pub fn run() -> Result<()> {
    let folder = workspace::root().join("frontend/screenshots");
    let cluster = Cluster::start(Durability::None)?;
    let outcome = suite::run("pictures", || {
        let mut command = test::e2e()?;
        command.env("SEATKEEPER_PICTURES", &folder).env("SEATKEEPER_TEST_POSTGRES", cluster.url());
        command.arg("e2e::pictures::");
        Ok(Plan::of(vec![command]))
    });
    process::print(outcome.line());
    if outcome.has_failed() {
        bail!("the pictures are as they were");
    }
    say(format!("see {}", folder.display()));
    Ok(())
}
