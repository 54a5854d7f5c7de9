//! The `seatkeeper` command.

use clap::Parser as _;
use seatkeeper::cli::{Cli, Command, audit, demo_agents, serve};
use std::process::ExitCode;

/// Answers are made of many small pieces, which are allocated on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SEATKEEPER_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match Cli::parse().command {
        Command::Serve(options) => serve::run(options).await,
        Command::Audit(asked) => audit::run(asked).await,
        Command::DemoAgents(options) => demo_agents::run(options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("seatkeeper: {error:#}");
            ExitCode::FAILURE
        }
    }
}
