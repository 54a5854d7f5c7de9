//! `seatkeeper run`: takes a seat, runs a program with it, keeps the seat as long as the program runs, and gives it back.

mod keep;
mod program;
pub(super) mod signals;
pub(super) mod take;
pub(super) mod voice;

use super::{
    config,
    failure::{Exit, Failure},
    span,
};
use clap::{Args, ValueEnum};
use keep::{Keeper, News};
use program::Program;
use seatkeeper_client::{Client, application};
use seatkeeper_shared::{ids::SessionId, wire::sessions::EndSession};
use signals::Signals;
use std::{ffi::OsString, process::ExitCode, time::Duration};
use take::{Taken, Taking};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use voice::{Event, Voice};

/// For how long the seat is tried to be given back at the end; then the end of its lease does it.
const RELEASE: Duration = Duration::from_secs(5);
/// How long a program that was asked to stop may take before it is killed.
const LAST: Duration = Duration::from_secs(10);

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
    let mut at_work = Work { asked: &asked, voice, news, signals, stop: None };
    let ended = match Program::start(&asked.program, session.id, &asked.product) {
        Ok(program) => at_work.until_it_ends(program).await,
        Err(failure) => Err(failure),
    };
    keeping.abort();
    let last = *current.borrow();
    give_back(&client, last, voice).await;
    ended
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

/// The program at work.
struct Work<'a> {
    asked: &'a Run,
    voice: Voice,
    news: mpsc::UnboundedReceiver<News>,
    signals: Signals,
    stop: Option<Stop>,
}

/// The program is to be stopped.
#[derive(Clone, Copy)]
struct Stop {
    at: Instant,
    asked_already: bool,
}

impl Work<'_> {
    /// Passes on signals and news until the program is over.
    async fn until_it_ends(&mut self, mut program: Program) -> Result<ExitCode, Failure> {
        loop {
            let stop = self.stop;
            tokio::select! {
                code = program.wait() => return code,
                caught = self.signals.next() => {
                    // What a terminal sends, it sends to the program as well.
                    if !caught.from_terminal {
                        program.signal(caught.signal);
                    }
                }
                Some(news) = self.news.recv() => self.hear(news),
                () = sleep_until(stop.map_or_else(Instant::now, |stop| stop.at)), if stop.is_some() => {
                    self.stop_now(&program);
                }
            }
        }
    }

    fn hear(&mut self, news: News) {
        let stops = match &news {
            News::Lost => self.asked.on_lost == OnLost::Stop,
            News::Over(_) => self.asked.on_ended == OnEnded::Stop,
            News::Told(_) => false,
        };
        let stop_in_seconds = stops.then_some(self.asked.grace.as_secs());
        match news {
            News::Told(event) => self.voice.say(&event),
            News::Lost => self.voice.say(&Event::Lost { stop_in_seconds }),
            News::Over(end) => self.voice.say(&Event::Ended { end, stop_in_seconds }),
        }
        if stops && self.stop.is_none() {
            self.stop = Some(Stop { at: Instant::now() + self.asked.grace, asked_already: false });
        }
    }

    /// First asks, then kills.
    fn stop_now(&mut self, program: &Program) {
        let Some(stop) = &mut self.stop else { return };
        self.voice.say(&Event::Stopping { killed: stop.asked_already });
        program.stop(stop.asked_already);
        *stop = Stop { at: Instant::now() + LAST, asked_already: true };
    }
}

/// How this device is called.
pub(super) fn device() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}
