//! `cargo xtask torture`: the histories of clients while everything around them fails, for longer than a test may take.

use std::path::PathBuf;
use std::{fs, process::Command};

use anyhow::{Result, bail};

use crate::packages::{Needed, ensure};
use crate::process::{self, interrupted, say};
use crate::suite::{self, Plan};
use crate::{postgres, test};

#[derive(clap::Args)]
pub struct Options {
    /// How long, for each database.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// This database only.
    #[arg(long)]
    only: Option<Engine>,
    /// The luck of a run that is to be repeated; it was printed.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

/// Tortures one database after the other; prints how much was done and how much failed.
pub fn run(options: &Options) -> Result<()> {
    let wanted = |engine: &Engine| options.only.is_none_or(|only| only == *engine);
    let mut outcomes = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres].into_iter().filter(wanted) {
        outcomes.push(suite::run(engine.name(), || Ok(Plan::of(vec![engine.command(options)?]))));
        if interrupted() {
            bail!("interrupted");
        }
    }
    say("summary");
    for outcome in &outcomes {
        process::print(outcome.line());
    }
    if outcomes.iter().any(suite::Outcome::has_failed) {
        bail!("what clients were told was not true, or could not be found out");
    }
    Ok(())
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    fn command(self, options: &Options) -> Result<Command> {
        if self == Self::Postgres {
            postgres::installed()?;
            // Without it all clocks are right; the run says so.
            if let Err(problem) = ensure(&Needed { name: "libfaketime", debian: &["faketime"] }, faketime) {
                process::complain(format_args!("warning: {problem:#}"));
            }
        }
        let mut cargo = test::host(&["--test", "*", "--", "--nocapture"]);
        cargo.arg(format!("torture::{}", self.name()));
        cargo.env("SEATKEEPER_TORTURE_MINUTES", options.minutes.to_string());
        if let Some(seed) = options.seed {
            cargo.env("SEATKEEPER_TORTURE_SEED", seed.to_string());
        }
        Ok(cargo)
    }
}

/// Where Debian puts libfaketime.
fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    folders.map(|folder| folder.join("faketime/libfaketime.so.1")).find(|library| library.is_file())
}
