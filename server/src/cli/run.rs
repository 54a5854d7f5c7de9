//! `seatkeeper run`: takes a seat, runs a program with it, keeps the seat as long as the program runs, and gives it back.

mod children;
mod keep;
mod program;
pub(super) mod signals;
pub(super) mod take;
mod terminal;
pub(super) mod voice;
mod work;

use super::{
    config,
    failure::{Exit, Failure},
    span,
};
use clap::{Args, ValueEnum};
use keep::Keeper;
use program::Program;
use seatkeeper_client::{Client, application};
use seatkeeper_shared::{ids::SessionId, wire::sessions::EndSession};
use signals::Signals;
use std::{ffi::OsString, process::ExitCode, time::Duration};
use take::{Taken, Taking};
use tokio::sync::{mpsc, watch};
use voice::{Event, Voice};
use work::Work;

/// For how long the seat is tried to be given back at the end; then the end of its lease does it.
const RELEASE: Duration = Duration::from_secs(5);

/// Which seat, which program, and what happens in between.
#[derive(Debug, Args)]
pub struct Run {
    /// The product, by its short name, for example remote-support-v5.
    #[arg(long, value_name = "SLUG")]
    product: String,
    /// If no seat is free, wait in the line, for so long at most: 90s, 5m, 2h.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    wait: Option<Duration>,
    /// How this device is called in lists; its host name if absent.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// What happens when the seat is lost because the server cannot be reached until the lease ends.
    #[arg(long, value_enum, default_value = "continue")]
    on_lost: OnLost,
    /// What happens when the session is ended at the server.
    #[arg(long, value_enum, default_value = "warn")]
    on_ended: OnEnded,
    /// What happens to processes that the program leaves behind when it ends.
    #[arg(long, value_enum, default_value = "stop")]
    on_exit: OnExit,
    /// How much time there is between the message and stopping the program.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = span::parse)]
    grace: Duration,
    /// Tell what happens as lines of JSON.
    #[arg(long)]
    pub json: bool,
    /// The program, and what it is started with.
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

/// When the seat is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnLost {
    /// The program runs on, and a seat is asked for as soon as the server is back.
    Continue,
    /// The program is stopped.
    Stop,
}

/// When the session is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnEnded {
    /// It is only said who ended it and why; the program runs on without a seat.
    Warn,
    /// The program is stopped.
    Stop,
}

/// When the program ends and something that it started still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnExit {
    /// It is stopped, so that nothing works without a seat.
    Stop,
    /// The seat is kept until all of it has ended: for programs that only start others.
    Wait,
    /// It is left alone, and the seat is given back. The program then runs in the process group of `run`.
    Leave,
}

/// Does it; the exit code is the program's.
///
/// # Errors
/// There is no seat, or the program cannot be started.
pub async fn run(asked: Run) -> Result<ExitCode, Failure> {
    let voice = Voice { json: asked.json };
    let client = config::client()?;
    let fault = |error: std::io::Error| Failure::new(Exit::Fault, format!("cannot watch for signals: {error}"));
    // Before there is a seat that a signal could leave behind.
    let mut signals = Signals::catch().map_err(fault)?;
    let device = asked.device.clone().unwrap_or_else(device);
    let wanted = application(&asked.product, &device);
    let session = match Taking::new(&client, wanted.clone(), asked.wait, voice).take(&mut signals).await? {
        Taken::Seat(session) => *session,
        Taken::Interrupted(signal) => return Ok(ExitCode::from(128 + signal as u8)),
    };
    voice.say(&Event::Seated { session: session.id });
    let (own, current) = watch::channel(session.id);
    let (tell, news) = mpsc::unbounded_channel();
    let keeping = tokio::spawn(Keeper::new(client.clone(), wanted, session.clone(), tell, own).keep());
    let ended = match Work::new(&asked, voice, news, &mut signals).map_err(fault) {
        Ok(mut work) => match Program::start(&asked.program, session.id, &asked.product, asked.on_exit) {
            Ok(program) => Ok(work.until_it_ends(&program).await),
            Err(failure) => Err(failure),
        },
        Err(failure) => Err(failure),
    };
    keeping.abort();
    let last = *current.borrow();
    tokio::select! {
        () = give_back(&client, last, voice) => {}
        // Once more: whoever is in a hurry does not wait for a server.
        _ = signals.next() => {}
    }
    let (code, missed) = ended?;
    if let Some(signal) = missed {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(0), signal);
        if signal == nix::sys::signal::Signal::SIGINT {
            // A shell goes on with its script unless its command was ended by the signal itself.
            let _ = signal_hook::low_level::emulate_default_handler(signal as i32);
        }
    }
    Ok(ExitCode::from(code))
}

async fn give_back(client: &Client, session: SessionId, voice: Voice) {
    let client = client.clone().with_patience(RELEASE);
    let how = EndSession::default();
    let error = match tokio::time::timeout(RELEASE * 2, client.end(session, &how)).await {
        Ok(Ok(_)) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the server does not answer".to_owned(),
    };
    voice.say(&Event::NotReleased { error });
}

/// How this device is called.
pub(super) fn device() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}
