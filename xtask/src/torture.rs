//! `cargo xtask torture`: runs the torture test, which checks client histories under faults, for minutes on each
//! database.

use std::path::PathBuf;
use std::{fs, process::Command};

use anyhow::{Result, bail};

use crate::packages::{SystemDependency, ensure};
use crate::process::{self, interrupted, say};
use crate::suite::{self, Plan};
use crate::{postgres, test};

#[derive(clap::Args)]
pub struct TortureArgs {
    /// The duration for each database, in minutes.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// Run only on this database.
    #[arg(long)]
    only: Option<Engine>,
    /// The seed of the random faults, as printed by the run to repeat.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

/// Runs the torture test on each database, and prints a summary.
pub fn run(args: &TortureArgs) -> Result<()> {
    let wanted = |engine: &Engine| args.only.is_none_or(|only| only == *engine);
    let mut outcomes = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres].into_iter().filter(wanted) {
        outcomes.push(suite::run(engine.name(), || Ok(Plan::of(vec![engine.command(args)?]))));
        if interrupted() {
            bail!("interrupted");
        }
    }
    say("summary");
    for outcome in &outcomes {
        process::print(outcome.line());
    }
    if outcomes.iter().any(suite::Outcome::has_failed) {
        bail!("a response to a client was wrong, or could not be checked");
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

    fn command(self, args: &TortureArgs) -> Result<Command> {
        if self == Self::Postgres {
            postgres::installed()?;
            // Without it, no server gets a wrong clock; the run reports that.
            if let Err(problem) = ensure(&SystemDependency { name: "libfaketime", debian: &["faketime"] }, faketime) {
                process::print_error(format_args!("warning: {problem:#}"));
            }
        }
        let mut cargo = test::host(&["--test", "*", "--", "--nocapture"]);
        cargo.arg(format!("torture::{}", self.name()));
        cargo.env("SEATKEEPER_TORTURE_MINUTES", args.minutes.to_string());
        if let Some(seed) = args.seed {
            cargo.env("SEATKEEPER_TORTURE_SEED", seed.to_string());
        }
        Ok(cargo)
    }
}

/// The path of libfaketime on Debian.
fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    folders.map(|folder| folder.join("faketime/libfaketime.so.1")).find(|library| library.is_file())
}
