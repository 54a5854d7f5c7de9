//! `seatkeeper run`: takes a seat, runs a program with it, keeps the seat while the program runs, and gives it back.

pub(super) mod acquire;
mod children;
mod program;
pub(super) mod reporter;
mod seat_keeper;
pub(super) mod signals;
mod supervisor;
mod terminal;

use super::{
    config, duration,
    failure::{Exit, Failure},
};
use crate::{clock::Random, monotonic::MonotonicClock};
use acquire::{Acquired, SeatAcquisition};
use clap::{Args, ValueEnum};
use program::Program;
use reporter::{Reporter, RunEvent};
use seat_keeper::SeatKeeper;
use seatkeeper_client::{Client, application};
use seatkeeper_shared::{ids::SessionId, wire::sessions::EndSession};
use signals::Signals;
use std::{ffi::OsString, process::ExitCode, time::Duration};
use supervisor::Supervisor;
use tokio::sync::{mpsc, watch};

/// How long giving the seat back is retried at the end; after that, the seat is free when its lease expires.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// Arguments of `seatkeeper run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The product, by its short name, for example remote-support-v5.
    #[arg(long, value_name = "SLUG")]
    product: String,
    /// If no seat is free, wait in the queue for at most this time: 90s, 5m, 2h.
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    wait: Option<Duration>,
    /// The name of this device in lists; its host name if absent.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// What happens when the seat is lost because the server cannot be reached until the lease expires.
    #[arg(long, value_enum, default_value = "continue")]
    on_lost: OnLost,
    /// What happens when the session is ended on the server.
    #[arg(long, value_enum, default_value = "warn")]
    on_ended: OnEnded,
    /// What happens to processes that the program leaves running when it exits.
    #[arg(long, value_enum, default_value = "stop")]
    on_exit: OnExit,
    /// The time between the message and stopping the program.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::parse)]
    grace: Duration,
    /// Report events as lines of JSON.
    #[arg(long)]
    pub json: bool,
    /// The program and its arguments.
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

/// What `run` does when the seat is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnLost {
    /// The program runs on, and a new seat is requested once the server is back.
    Continue,
    /// The program is stopped.
    Stop,
}

/// What `run` does when the session is ended on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnEnded {
    /// A message says who ended it and why; the program runs on without a seat.
    Warn,
    /// The program is stopped.
    Stop,
}

/// What `run` does when the program exits and processes that it started still run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnExit {
    /// They are stopped, so that nothing runs without a seat.
    Stop,
    /// The seat is kept until all of them have exited: for programs that only start others.
    Wait,
    /// They run on, and the seat is given back. The program then runs in the process group of `run`.
    Leave,
}

/// Runs the program with a seat; returns the exit code of the program.
///
/// # Errors
/// Returns an error if there is no seat, or the program cannot be started.
#[expect(clippy::disallowed_methods, reason = "aborted below")]
pub async fn run(args: RunArgs) -> Result<ExitCode, Failure> {
    let reporter = Reporter { json: args.json };
    let client = config::client()?;
    let internal = |error: std::io::Error| Failure::new(Exit::Internal, format!("cannot listen for signals: {error}"));
    // Before taking a seat, so that a signal cannot leave it occupied.
    let mut signals = Signals::catch().map_err(internal)?;
    let monotonic = MonotonicClock::default();
    let device = args.device.clone().unwrap_or_else(default_device_name);
    let request = application(&args.product, &device);
    let acquisition = SeatAcquisition::new(&client, request.clone(), args.wait, reporter, monotonic.clone());
    let session = match acquisition.run(&mut signals).await? {
        Acquired::Seat(session) => *session,
        Acquired::Interrupted(signal) => return Ok(ExitCode::from(128 + signal as u8)),
    };
    reporter.report(&RunEvent::Seated { session: session.id });
    let (session_sender, current_session) = watch::channel(session.id);
    let (update_sender, updates) = mpsc::unbounded_channel();
    let sources = (Random::default(), monotonic.clone());
    let keeper = SeatKeeper::new(client.clone(), request, session.clone(), (update_sender, session_sender), sources);
    let keeping = tokio::spawn(keeper.run());
    let result = match Supervisor::new(&args, reporter, updates, &mut signals, monotonic).map_err(internal) {
        Ok(mut supervisor) => match Program::start(&args.program, session.id, &args.product, args.on_exit) {
            Ok(program) => Ok(supervisor.run(&program).await),
            Err(failure) => Err(failure),
        },
        Err(failure) => Err(failure),
    };
    keeping.abort();
    let last_session = *current_session.borrow();
    tokio::select! {
        () = give_back(&client, last_session, reporter) => {}
        // A second signal skips waiting for the server.
        _ = signals.next() => {}
    }
    let (code, missed_signal) = result?;
    if let Some(signal) = missed_signal {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(0), signal);
        if signal == nix::sys::signal::Signal::SIGINT {
            // A shell continues its script unless the signal itself terminated the command.
            let _ = signal_hook::low_level::emulate_default_handler(signal as i32);
        }
    }
    Ok(ExitCode::from(code))
}

async fn give_back(client: &Client, session: SessionId, reporter: Reporter) {
    let client = client.clone().with_retry_timeout(RELEASE_TIMEOUT);
    let request = EndSession::default();
    let error = match tokio::time::timeout(RELEASE_TIMEOUT * 2, client.end(session, &request)).await {
        Ok(Ok(_)) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the server does not answer".to_owned(),
    };
    reporter.report(&RunEvent::NotReleased { error });
}

/// The host name, or `unknown`.
pub(super) fn default_device_name() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}
