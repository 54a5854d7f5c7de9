//! The program that runs with a seat: starts it, signals it, and hands the terminal over to it.

use super::{OnExit, terminal::Terminal};
use crate::cli::failure::{Exit, Failure};
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use seatkeeper_shared::ids::SessionId;
use std::{ffi::OsString, io, os::unix::process::CommandExt as _, process::Command};

/// A running program, with standard input and output of this process. It is waited for by
/// [`super::children::Children`].
pub struct Program {
    /// Its process id, which is also the id of its process group if it has its own.
    pub pid: Pid,
    has_group: bool,
    terminal: Option<Terminal>,
}

impl Program {
    /// Starts the program, in a process group of its own unless `on_exit` is `Leave`.
    ///
    /// # Errors
    /// Returns an error, with the exit code of shells, if the program is not found or cannot be started.
    pub fn start(command: &[OsString], session: SessionId, product: &str, on_exit: OnExit) -> Result<Self, Failure> {
        let (name, arguments) =
            command.split_first().ok_or_else(|| Failure::new(Exit::Usage, "give a program to run"))?;
        let has_group = on_exit != OnExit::Leave;
        let mut program = Command::new(name);
        program.args(arguments).env("SEATKEEPER_SESSION", session.to_string()).env("SEATKEEPER_PRODUCT", product);
        if has_group {
            program.process_group(0);
        }
        let started = program.spawn().map_err(|error| {
            let name = name.to_string_lossy();
            match error.kind() {
                io::ErrorKind::NotFound => {
                    Failure::new(Exit::ProgramNotFound, format!("the program {name} was not found"))
                }
                _ => Failure::new(Exit::CannotStart, format!("cannot start {name}: {error}")),
            }
        })?;
        let pid = Pid::from_raw(i32::try_from(started.id()).unwrap_or(i32::MAX));
        let program = Self { pid, has_group, terminal: Terminal::open().filter(|_| has_group) };
        if super::terminal::should_be_handed_over() {
            program.hand_over_terminal();
        }
        Ok(program)
    }

    /// Whether the terminal sends its signals (Ctrl-C, Ctrl-\, closing the window) to the program.
    pub fn receives_terminal_signals(&self) -> bool {
        !self.has_group || self.terminal.as_ref().is_some_and(|terminal| terminal.belongs_to(self.pid))
    }

    /// Sends a signal to the program if it still runs; to its whole process group unless the signal has a meaning that
    /// only the program knows.
    pub fn signal(&self, signal: Signal) {
        let only_program = !self.has_group || matches!(signal, Signal::SIGUSR1 | Signal::SIGUSR2);
        // Fails if the process has exited.
        let _ = if only_program { kill(self.pid, signal) } else { killpg(self.pid, signal) };
    }

    /// Sends SIGTERM or SIGKILL.
    pub fn stop(&self, kill: bool) {
        self.signal(if kill { Signal::SIGKILL } else { Signal::SIGTERM });
    }

    /// Continues the program after this process was continued; hands the terminal over again if this process has it.
    pub fn resume(&self) {
        self.hand_over_terminal();
        self.signal(Signal::SIGCONT);
    }

    /// Handles a stop of the program. If the terminal stopped it, this process stops as well, as a shell job does, so
    /// that the shell gets the terminal back.
    pub fn handle_stopped(&self, signal: Signal) {
        let Some(terminal) = &self.terminal else { return };
        let wants_terminal = matches!(signal, Signal::SIGTTIN | Signal::SIGTTOU);
        if !wants_terminal && signal != Signal::SIGTSTP {
            // Another process stopped it, and is expected to continue it.
            return;
        }
        if (wants_terminal && terminal.is_ours()) || !super::terminal::can_be_continued() {
            return self.resume();
        }
        terminal.take_back_from(self.pid);
        // Stop the whole group, including the other commands of a pipeline. The shell then has the terminal until it
        // continues the group.
        let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
    }

    /// Takes the terminal back after the program has exited. Returns the signal that this process group has missed:
    /// Ctrl-C should also end a script that runs this command, but the terminal sent it to the program's group only.
    pub fn handle_exit(&self, code: u8) -> Option<Signal> {
        let terminal = self.terminal.as_ref().filter(|terminal| terminal.belongs_to(self.pid))?;
        terminal.take_back_from(self.pid);
        [Signal::SIGINT, Signal::SIGQUIT].into_iter().find(|signal| code == 128 + *signal as u8)
    }

    fn hand_over_terminal(&self) {
        if let Some(terminal) = self.terminal.as_ref().filter(|terminal| terminal.is_ours()) {
            terminal.give_to(self.pid);
            // It may have used the terminal before it was handed over, and was stopped for that.
            self.signal(Signal::SIGCONT);
        }
    }
}
