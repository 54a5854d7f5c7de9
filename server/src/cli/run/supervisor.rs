//! Supervises the program and the processes that it leaves running: forwards signals, and stops them if required.

use super::{
    OnEnded, OnExit, OnLost, RunArgs,
    children::{ChildChange, Children},
    program::Program,
    reporter::{Reporter, RunEvent},
    seat_keeper::SeatUpdate,
    signals::{CaughtSignal, Signals},
};
use crate::monotonic::MonotonicClock;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    collections::HashSet,
    io,
    time::{Duration, Instant},
};
use tokio::{
    signal::unix::{self, SignalKind},
    sync::mpsc,
    time::sleep,
};

/// How long a program may take to stop after SIGTERM before it is killed.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);
/// How often to look for processes that the program has left running. The exit of a child is noticed at once.
const DESCENDANT_POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Supervises a running program.
pub struct Supervisor<'a> {
    args: &'a RunArgs,
    reporter: Reporter,
    updates: mpsc::UnboundedReceiver<SeatUpdate>,
    signals: &'a mut Signals,
    children: Children,
    continued: unix::Signal,
    stop: Option<ScheduledStop>,
    monotonic: MonotonicClock,
}

/// When the program is to be stopped, and how.
#[derive(Clone, Copy)]
struct ScheduledStop {
    at: Instant,
    /// Whether SIGTERM was sent before, so that SIGKILL is next.
    terminated: bool,
}

enum SupervisorEvent {
    Child(ChildChange),
    Signal(CaughtSignal),
    /// This process was continued (SIGCONT).
    Continued,
    Seat(SeatUpdate),
    /// The scheduled stop is due.
    StopDue,
    /// The remaining processes are to be listed again.
    Poll,
}

impl<'a> Supervisor<'a> {
    /// Starts to watch for signals and child processes; to be called before the program starts.
    ///
    /// # Errors
    /// Returns an error if the system does not allow it.
    pub fn new(
        args: &'a RunArgs,
        reporter: Reporter,
        updates: mpsc::UnboundedReceiver<SeatUpdate>,
        signals: &'a mut Signals,
        monotonic: MonotonicClock,
    ) -> io::Result<Self> {
        let children = Children::watch(args.on_exit != OnExit::Leave)?;
        let continued = unix::signal(SignalKind::from_raw(Signal::SIGCONT as i32))?;
        Ok(Self { args, reporter, updates, signals, children, continued, stop: None, monotonic })
    }

    /// Supervises the program until it has exited and, unless they are to be left alone, all processes it has started.
    /// Returns its exit code, and the signal that the process group of `run` has missed.
    pub async fn run(&mut self, program: &Program) -> (u8, Option<Signal>) {
        let code = loop {
            match self.next_event(None).await {
                SupervisorEvent::Child(ChildChange::Ended(pid, code)) if pid == program.pid => break code,
                SupervisorEvent::Child(ChildChange::Stopped(pid, signal)) if pid == program.pid => {
                    program.handle_stopped(signal);
                }
                SupervisorEvent::Child(_) | SupervisorEvent::Poll => {}
                SupervisorEvent::Signal(caught) if caught.from_terminal && program.receives_terminal_signals() => {}
                SupervisorEvent::Signal(caught) => program.signal(caught.signal),
                SupervisorEvent::Continued => program.resume(),
                SupervisorEvent::Seat(update) => self.handle_update(update),
                SupervisorEvent::StopDue => self.stop_program(program),
            }
        };
        let missed_signal = program.handle_exit(code);
        if self.args.on_exit != OnExit::Leave {
            self.wait_for_descendants().await;
        }
        (code, missed_signal)
    }

    async fn next_event(&mut self, poll_interval: Option<Duration>) -> SupervisorEvent {
        let stop_in = self.stop.map(|stop| self.monotonic.until(stop.at));
        tokio::select! {
            change = self.children.next() => SupervisorEvent::Child(change),
            caught = self.signals.next() => SupervisorEvent::Signal(caught),
            _ = self.continued.recv() => SupervisorEvent::Continued,
            Some(update) = self.updates.recv() => SupervisorEvent::Seat(update),
            () = sleep(stop_in.unwrap_or_default()), if stop_in.is_some() => SupervisorEvent::StopDue,
            () = sleep(poll_interval.unwrap_or_default()), if poll_interval.is_some() => SupervisorEvent::Poll,
        }
    }

    /// Waits for the processes that the program has left running and that still use the seat; stops them if required.
    async fn wait_for_descendants(&mut self) {
        let left = self.children.descendants();
        if left.is_empty() {
            return;
        }
        let stopping = self.args.on_exit == OnExit::Stop;
        self.reporter.report(&RunEvent::LeftBehind { processes: left.len(), stopping });
        let mut terminated = HashSet::new();
        if stopping {
            self.stop = Some(ScheduledStop { at: self.monotonic.now() + KILL_TIMEOUT, terminated: true });
        }
        loop {
            let left = self.children.descendants();
            if left.is_empty() {
                return;
            }
            if self.stop.is_some_and(|stop| stop.terminated) {
                send_signal(left.iter().filter(|pid| terminated.insert(**pid)), Signal::SIGTERM);
            }
            match self.next_event(Some(DESCENDANT_POLL_INTERVAL)).await {
                SupervisorEvent::Signal(caught) => send_signal(&left, caught.signal),
                SupervisorEvent::Continued => send_signal(&left, Signal::SIGCONT),
                SupervisorEvent::Seat(update) => self.handle_update(update),
                SupervisorEvent::StopDue => {
                    if self.escalate_stop() {
                        send_signal(&left, Signal::SIGKILL);
                    }
                }
                SupervisorEvent::Child(_) | SupervisorEvent::Poll => {}
            }
        }
    }

    /// Reports an update, and schedules the stop of the program if the options say so.
    fn handle_update(&mut self, update: SeatUpdate) {
        let stops = match &update {
            SeatUpdate::Lost => self.args.on_lost == OnLost::Stop,
            SeatUpdate::Ended(_) => self.args.on_ended == OnEnded::Stop,
            SeatUpdate::Report(_) => false,
        };
        let stop_in_seconds = stops.then_some(self.args.grace.as_secs());
        match update {
            SeatUpdate::Report(event) => self.reporter.report(&event),
            SeatUpdate::Lost => self.reporter.report(&RunEvent::Lost { stop_in_seconds }),
            SeatUpdate::Ended(end) => self.reporter.report(&RunEvent::Ended { end, stop_in_seconds }),
        }
        if stops && self.stop.is_none() {
            self.stop = Some(ScheduledStop { at: self.monotonic.now() + self.args.grace, terminated: false });
        }
    }

    /// Sends SIGTERM the first time, SIGKILL the second time.
    fn stop_program(&mut self, program: &Program) {
        let kill = self.escalate_stop();
        program.stop(kill);
    }

    /// Reports the stop and schedules the kill; returns whether SIGTERM was sent before, so that SIGKILL is due.
    fn escalate_stop(&mut self) -> bool {
        let terminated = self.stop.is_some_and(|stop| stop.terminated);
        self.reporter.report(&RunEvent::Stopping { killed: terminated });
        self.stop = Some(ScheduledStop { at: self.monotonic.now() + KILL_TIMEOUT, terminated: true });
        terminated
    }
}

/// Sends a signal to each of the processes that still runs.
fn send_signal<'p>(pids: impl IntoIterator<Item = &'p Pid>, signal: Signal) {
    for pid in pids {
        // Fails if the process has exited.
        let _ = kill(*pid, signal);
    }
}
