//! `seatkeeper completions`: prints a shell completion script.

use super::{Cli, failure::Failure, output};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use std::process::ExitCode;

/// Arguments of `seatkeeper completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell. For bash, for example:
    /// `seatkeeper completions bash > ~/.local/share/bash-completion/completions/seatkeeper`
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn run(args: &CompletionsArgs) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "seatkeeper", &mut script);
    output::write_bytes(&script)?;
    Ok(ExitCode::SUCCESS)
}
