//! `seatkeeper completions`: what a shell needs to complete our commands.

use super::{Cli, failure::Failure, output};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use std::process::ExitCode;

/// For which shell.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell. For bash, for example: `seatkeeper completions bash > ~/.local/share/bash-completion/completions/seatkeeper`
    shell: Shell,
}

/// Prints it.
///
/// # Errors
/// It cannot be written.
pub fn run(asked: &Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut Cli::command(), "seatkeeper", &mut script);
    output::bytes(&script)?;
    Ok(ExitCode::SUCCESS)
}
