//! While the program runs, and until nothing of it is left: signals and news are passed on.

use super::{
    OnEnded, OnExit, OnLost, Run,
    children::{Change, Children},
    keep::News,
    program::Program,
    signals::{Caught, Signals},
    voice::{Event, Voice},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{collections::HashSet, io, time::Duration};
use tokio::{
    signal::unix::{self, SignalKind},
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

/// How long a program that was asked to stop may take before it is killed.
const LAST: Duration = Duration::from_secs(10);
/// How often we look for what the program left behind; that something of it has ended is heard at once.
const LOOK: Duration = Duration::from_millis(200);

/// The program at work.
pub struct Work<'a> {
    asked: &'a Run,
    voice: Voice,
    news: mpsc::UnboundedReceiver<News>,
    signals: &'a mut Signals,
    children: Children,
    continued: unix::Signal,
    stop: Option<Stop>,
}

/// The program is to be stopped.
#[derive(Clone, Copy)]
struct Stop {
    at: Instant,
    asked_already: bool,
}

/// What comes first.
enum Happened {
    Child(Change),
    Signal(Caught),
    Continued,
    News(News),
    /// It is time to stop the program.
    Time,
    /// It is time to look again.
    Tick,
}

impl<'a> Work<'a> {
    /// Gets ready, before there is a program.
    ///
    /// # Errors
    /// The system does not let us watch.
    pub fn new(
        asked: &'a Run,
        voice: Voice,
        news: mpsc::UnboundedReceiver<News>,
        signals: &'a mut Signals,
    ) -> io::Result<Self> {
        let children = Children::watch(asked.on_exit != OnExit::Leave)?;
        let continued = unix::signal(SignalKind::from_raw(Signal::SIGCONT as i32))?;
        Ok(Self { asked, voice, news, signals, children, continued, stop: None })
    }

    /// Passes on signals and news until the program is over, and until nothing of it is left unless that is left alone; its exit
    /// code, and the signal that our own group has missed.
    pub async fn until_it_ends(&mut self, program: &Program) -> (u8, Option<Signal>) {
        let code = loop {
            match self.happened(None).await {
                Happened::Child(Change::Ended(pid, code)) if pid == program.pid => break code,
                Happened::Child(Change::Stopped(pid, signal)) if pid == program.pid => program.has_stopped(signal),
                Happened::Child(_) | Happened::Tick => {}
                Happened::Signal(caught) if caught.from_terminal && program.hears_terminal() => {}
                Happened::Signal(caught) => program.signal(caught.signal),
                Happened::Continued => program.go_on(),
                Happened::News(news) => self.hear(news),
                Happened::Time => self.stop_now(program),
            }
        };
        let missed = program.is_over(code);
        if self.asked.on_exit != OnExit::Leave {
            self.until_nothing_is_left().await;
        }
        (code, missed)
    }

    async fn happened(&mut self, tick: Option<Duration>) -> Happened {
        let stop = self.stop;
        tokio::select! {
            change = self.children.next() => Happened::Child(change),
            caught = self.signals.next() => Happened::Signal(caught),
            _ = self.continued.recv() => Happened::Continued,
            Some(news) = self.news.recv() => Happened::News(news),
            () = sleep_until(stop.map_or_else(Instant::now, |stop| stop.at)), if stop.is_some() => Happened::Time,
            () = sleep(tick.unwrap_or_default()), if tick.is_some() => Happened::Tick,
        }
    }

    /// What the program left behind still works with the seat: it is stopped, or the seat is kept for it.
    async fn until_nothing_is_left(&mut self) {
        let left = self.children.left();
        if left.is_empty() {
            return;
        }
        let stopping = self.asked.on_exit == OnExit::Stop;
        self.voice.say(&Event::LeftBehind { processes: left.len(), stopping });
        let mut asked = HashSet::new();
        if stopping {
            self.stop = Some(Stop { at: Instant::now() + LAST, asked_already: true });
        }
        loop {
            let left = self.children.left();
            if left.is_empty() {
                return;
            }
            if self.stop.is_some_and(|stop| stop.asked_already) {
                send(left.iter().filter(|pid| asked.insert(**pid)), Signal::SIGTERM);
            }
            match self.happened(Some(LOOK)).await {
                Happened::Signal(caught) => send(&left, caught.signal),
                Happened::Continued => send(&left, Signal::SIGCONT),
                Happened::News(news) => self.hear(news),
                Happened::Time => {
                    let killed = self.is_asked_to_stop();
                    if killed {
                        send(&left, Signal::SIGKILL);
                    }
                }
                Happened::Child(_) | Happened::Tick => {}
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
        let at_once = self.is_asked_to_stop();
        program.stop(at_once);
    }

    /// Says that it is stopped now, and whether it was asked before; then it is killed.
    fn is_asked_to_stop(&mut self) -> bool {
        let asked_already = self.stop.is_some_and(|stop| stop.asked_already);
        self.voice.say(&Event::Stopping { killed: asked_already });
        self.stop = Some(Stop { at: Instant::now() + LAST, asked_already: true });
        asked_already
    }
}

/// Sends a signal to each of these that still runs.
fn send<'p>(to: impl IntoIterator<Item = &'p Pid>, signal: Signal) {
    for pid in to {
        // It may be over: then there is nobody to tell.
        let _ = kill(*pid, signal);
    }
}
