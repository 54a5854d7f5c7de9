//! `cargo xtask …`: the chores of this workspace, from a fresh checkout to a running server.

// They panic if nobody reads: `process::print` and `process::complain` do not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod app;
mod bench;
mod browser;
mod dev;
mod dist;
mod fingerprint;
mod lint;
mod packages;
mod postgres;
mod process;
mod release;
mod run;
mod scratch;
mod suite;
mod test;
mod tools;
mod torture;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The chores of this workspace. Tools that are missing are fetched into a cache on first use.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build app and server as they ship, then start the server.
    Run(run::Options),
    /// Run the tests on both databases and in a real browser.
    Test(test::Options),
    /// Measure the promises about speed, as ratios in one run; about seven minutes.
    Bench(bench::Options),
    /// Let everything fail for minutes, on both databases, and check what clients were told.
    Torture(torture::Options),
    /// Check format, lints and dependencies.
    Lint,
    /// Start server and app for development; both are rebuilt when their sources change.
    Dev,
    /// Build the one binary that ships, with the app inside, into target/dist/.
    Dist,
}

fn main() -> ExitCode {
    let chore = Arguments::parse().chore;
    let done = process::stop_all_on_interrupt().and_then(|()| match chore {
        Chore::Run(options) => run::run(&options),
        Chore::Test(options) => test::run(&options),
        Chore::Bench(options) => bench::run(&options),
        Chore::Torture(options) => torture::run(&options),
        Chore::Lint => lint::run(),
        Chore::Dev => dev::run(),
        Chore::Dist => dist::run(),
    });
    match done {
        _ if process::interrupted() => ExitCode::from(130),
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            process::complain(format_args!("error: {problem:#}"));
            ExitCode::FAILURE
        }
    }
}
