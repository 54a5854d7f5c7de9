//! The command line.

pub mod audit;
pub mod demo_agents;
pub mod serve;

use clap::{Parser, Subcommand};

/// Hands out the seats of your licenses, never one too many.
#[derive(Debug, Parser)]
#[command(name = "seatkeeper", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    Serve(serve::Serve),
    /// Checks the audit log.
    Audit(audit::Audit),
    /// Sets up the sample account at a server and works there as its agents would, through the public API.
    DemoAgents(demo_agents::DemoAgents),
}
