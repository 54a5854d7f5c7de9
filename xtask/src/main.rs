//! `cargo xtask …`: the development tasks of this workspace, from a fresh checkout to a running server.

// These macros panic if the pipe is closed; `process::print` and `process::print_error` do not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod app;
mod bench;
mod browser;
mod dev;
mod dist;
mod fingerprint;
mod lint;
mod packages;
mod pictures;
mod postgres;
mod process;
mod prose;
mod release;
mod run;
mod suite;
mod temp_folder;
mod test;
mod tools;
mod torture;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Development tasks of this workspace. Missing tools are fetched into a cache on first use.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the app and the server for release, then start the server.
    Run(run::RunArgs),
    /// Run the tests on both databases and in a real browser.
    Test(test::TestArgs),
    /// Check the performance limits, as ratios within one run; takes about seven minutes.
    Bench(bench::BenchArgs),
    /// Inject faults for minutes, on both databases, and check every response to the clients.
    Torture(torture::TortureArgs),
    /// Check format, lints, dependencies, names and prose.
    Lint(lint::LintArgs),
    /// Take the pictures in the documents again.
    Pictures,
    /// Start the server and the app for development; both are rebuilt when their sources change.
    Dev,
    /// Build the release binary, with the app embedded, into target/dist/.
    Dist,
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let result = process::stop_all_on_interrupt().and_then(|()| match task {
        Task::Run(args) => run::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Torture(args) => torture::run(&args),
        Task::Lint(args) => lint::run(&args),
        Task::Pictures => pictures::run(),
        Task::Dev => dev::run(),
        Task::Dist => dist::run(),
    });
    match result {
        _ if process::interrupted() => ExitCode::from(130),
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            process::print_error(format_args!("error: {problem:#}"));
            ExitCode::FAILURE
        }
    }
}
