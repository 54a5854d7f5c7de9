//! The command line: the server, and what people and scripts do at one.

pub mod audit;
pub mod borrow;
pub mod completions;
pub mod config;
pub mod demo_agents;
pub mod failure;
pub mod lease;
pub mod lease_key;
pub mod login;
pub mod output;
pub mod run;
pub mod secrets;
pub mod serve;
pub mod sessions;
pub mod span;
pub mod status;

use clap::{Parser, Subcommand};
use failure::{Exit, Failure};
use output::errln;
use seatkeeper_shared::causes::causes;
use std::process::ExitCode;

/// Hands out the seats of your licenses, never one too many.
#[derive(Debug, Parser)]
#[command(name = "seatkeeper", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the exit codes mean; they are those of sysexits.h where it has one.
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    not everything could be done
  64   wrong usage, or no such product
  69   no seat: all are in use, none became free in the time given by --wait, or a lease is over
  70   a fault in the server
  74   the output cannot be written
  75   the server cannot be reached or cannot save; try again later
  76   what answers is no Seatkeeper server, or of another version
  77   not permitted: no or a wrong token, or the license is not assigned to you
  78   no server is known, or the stored login cannot be used
`run` passes the exit code of the program on, or 128 and the number of the signal that ended it;
126 and 127 mean that the program cannot be started or is not there.
A command whose output nobody reads to the end, as in `seatkeeper status | head -1`, ends with 141 and says nothing.
Signals: `serve` stops in order at INT, TERM, QUIT and HUP, and at once at a second one; `run` passes them on.";

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    Serve(Box<serve::Serve>),
    /// Takes a seat, runs a program with it, and gives the seat back when the program ends.
    Run(Box<run::Run>),
    /// Borrows a seat for work offline: it is kept until a fixed time, and a signed lease proves it without the server.
    Borrow(Box<borrow::Borrow>),
    /// Gives a borrowed seat back before its time is over.
    Return(borrow::Return),
    /// Checks leases of borrowed seats, without a server.
    Lease(lease::Lease),
    /// Shows the licenses, who holds their seats and who waits, live.
    Status(status::Status),
    /// Lists sessions, ends sessions.
    Sessions(sessions::Sessions),
    /// Keeps the address of a server and an API token for the other commands.
    Login(login::Login),
    /// Forgets the server and the token.
    Logout(login::Logout),
    /// Prints what a shell needs to complete these commands.
    Completions(completions::Completions),
    /// Checks the audit log.
    Audit(audit::Audit),
    /// Encrypts the secrets in the database with a new key.
    Secrets(secrets::Secrets),
    /// Replaces the key that leases of borrowed seats are signed with.
    LeaseKey(lease_key::LeaseKey),
    /// Sets up the sample account at a server and works there as its agents would, through the public API.
    DemoAgents(demo_agents::DemoAgents),
}

/// Does what the command line says.
pub async fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => {
            // Help and versions go to standard output.
            return match error.print() {
                _ if error.use_stderr() => Exit::Usage.into(),
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => told(&output::failure(error), false),
            };
        }
    };
    let (json, done) = match command {
        Command::Serve(options) => return plain(serve::run(*options).await),
        Command::Audit(asked) => return plain(audit::run(asked).await),
        Command::Secrets(asked) => return plain(secrets::run(asked).await),
        Command::LeaseKey(asked) => return plain(lease_key::run(asked).await),
        Command::DemoAgents(options) => return plain(demo_agents::run(options).await),
        Command::Completions(shell) => (false, completions::run(&shell)),
        Command::Run(asked) => (asked.json, run::run(*asked).await),
        Command::Borrow(asked) => (asked.json, borrow::borrow(*asked).await),
        Command::Return(asked) => (asked.json, borrow::give_back(asked).await),
        Command::Lease(asked) => (asked.json, lease::run(asked).await),
        Command::Status(asked) => (asked.json, status::run(asked).await),
        Command::Sessions(asked) => (asked.json, sessions::run(asked).await),
        Command::Login(asked) => (asked.json, login::login(asked).await),
        Command::Logout(asked) => (asked.json, login::logout(&asked)),
    };
    match done {
        Ok(code) => code,
        Err(failure) => told(&failure, json),
    }
}

fn plain(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<Failure>() {
            Some(failure) => told(failure, false),
            None => {
                errln!("seatkeeper: {}", causes(&*error));
                ExitCode::FAILURE
            }
        },
    }
}

fn told(failure: &Failure, json: bool) -> ExitCode {
    match (failure.exit, json) {
        // Whoever stopped reading knows it.
        (Exit::NoReader, _) => {}
        (_, true) => errln!("{}", failure.json()),
        (_, false) => errln!("seatkeeper: {failure}"),
    }
    failure.exit.into()
}
