//! The command line: the server itself, and the commands for users and scripts.

pub mod audit;
pub mod borrow;
pub mod completions;
pub mod config;
pub mod demo_agents;
pub mod demo_history;
pub mod duration;
pub mod failure;
pub mod lease;
pub mod lease_key;
pub mod login;
pub mod output;
pub mod run;
pub mod secrets;
pub mod serve;
pub mod sessions;
pub mod status;

use clap::{Parser, Subcommand};
use failure::{Exit, Failure};
use output::errln;
use seatkeeper_shared::error_chain::error_chain;
use std::process::ExitCode;

/// Hands out the seats of your licenses, never one too many.
#[derive(Debug, Parser)]
#[command(name = "seatkeeper", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// Explains the exit codes, which follow sysexits.h where it defines one.
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    not everything could be done
  64   wrong usage, or no such product
  69   no seat: all are in use, none became free within --wait, or the lease has expired
  70   an error in the server
  74   the output cannot be written
  75   the server cannot be reached or cannot save; try again later
  76   the address is not that of a Seatkeeper server, or its version does not match
  77   not permitted: the token is missing or wrong, or the license is not assigned to you
  78   no server is configured, or the stored login cannot be used
`run` exits with the exit code of the program, or with 128 plus the number of the signal that terminated it;
126 and 127 mean that the program cannot be started or was not found.
A command whose output is closed early, as in `seatkeeper status | head -1`, exits with 141 and prints nothing.
Signals: `serve` shuts down in order on INT, TERM, QUIT and HUP, and at once on a second one; `run` forwards them.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    Serve(Box<serve::ServeArgs>),
    /// Takes a seat, runs a program with it, and gives the seat back when the program ends.
    Run(Box<run::RunArgs>),
    /// Borrows a seat for offline work: the seat is yours until a fixed time, and a signed lease proves it without the
    /// server.
    Borrow(Box<borrow::BorrowArgs>),
    /// Gives a borrowed seat back early.
    Return(borrow::ReturnArgs),
    /// Checks leases of borrowed seats, without a server.
    Lease(lease::LeaseArgs),
    /// Shows the licenses, their seat holders and their queues, live.
    Status(status::StatusArgs),
    /// Lists and ends sessions.
    Sessions(sessions::SessionsArgs),
    /// Stores the address of a server and an API token for the other commands.
    Login(login::LoginArgs),
    /// Deletes the stored address and token.
    Logout(login::LogoutArgs),
    /// Prints a shell completion script.
    Completions(completions::CompletionsArgs),
    /// Checks the audit log.
    Audit(audit::AuditArgs),
    /// Manages the keys that encrypt the secrets in the database.
    Secrets(secrets::SecretsArgs),
    /// Manages the key that signs the leases of borrowed seats.
    LeaseKey(lease_key::LeaseKeyArgs),
    /// Sets up a sample account on a server and simulates its agents through the public API.
    DemoAgents(demo_agents::DemoAgentsArgs),
    /// Fills an empty database with the sample account and some weeks of its simulated work.
    DemoHistory(demo_history::DemoHistoryArgs),
}

/// Parses the command line and runs the command.
pub async fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => {
            // `--help` and `--version` are errors for clap, but go to standard output.
            return match error.print() {
                _ if error.use_stderr() => Exit::Usage.into(),
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => print_failure(&output::failure(error), false),
            };
        }
    };
    let (json, result) = match command {
        Command::Serve(args) => return exit_code(serve::run(*args).await),
        Command::Audit(args) => return exit_code(audit::run(args).await),
        Command::Secrets(args) => return exit_code(secrets::run(args).await),
        Command::LeaseKey(args) => return exit_code(lease_key::run(args).await),
        Command::DemoAgents(args) => return exit_code(demo_agents::run(args).await),
        Command::DemoHistory(args) => return exit_code(demo_history::run(args).await),
        Command::Completions(args) => (false, completions::run(&args)),
        Command::Run(args) => (args.json, run::run(*args).await),
        Command::Borrow(args) => (args.json, borrow::borrow(*args).await),
        Command::Return(args) => (args.json, borrow::give_back(args).await),
        Command::Lease(args) => (args.json, lease::run(args).await),
        Command::Status(args) => (args.json, status::run(args).await),
        Command::Sessions(args) => (args.json, sessions::run(args).await),
        Command::Login(args) => (args.json, login::login(args).await),
        Command::Logout(args) => (args.json, login::logout(&args)),
    };
    match result {
        Ok(code) => code,
        Err(failure) => print_failure(&failure, json),
    }
}

/// Prints the error of a command without JSON output.
fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<Failure>() {
            Some(failure) => print_failure(failure, false),
            None => {
                errln!("seatkeeper: {}", error_chain(&*error));
                ExitCode::FAILURE
            }
        },
    }
}

fn print_failure(failure: &Failure, json: bool) -> ExitCode {
    match (failure.exit, json) {
        // The reader closed the pipe on purpose.
        (Exit::BrokenPipe, _) => {}
        (_, true) => errln!("{}", failure.json()),
        (_, false) => errln!("seatkeeper: {failure}"),
    }
    failure.exit.into()
}
