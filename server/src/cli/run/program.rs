//! The program that is run with a seat.

use super::{OnExit, terminal::Terminal};
use crate::cli::failure::{Exit, Failure};
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use seatkeeper_shared::ids::SessionId;
use std::{ffi::OsString, io, os::unix::process::CommandExt as _, process::Command};

/// A running program. It has our input and output. Whoever has it waits for it, among all other children.
pub struct Program {
    /// Its number, which is also that of its process group, if it has one of its own.
    pub pid: Pid,
    has_group: bool,
    terminal: Option<Terminal>,
}

impl Program {
    /// Starts it, in a process group of its own unless what it leaves behind is left alone.
    ///
    /// # Errors
    /// It is not there, or cannot be started: the exit codes are those of shells.
    pub fn start(command: &[OsString], session: SessionId, product: &str, on_exit: OnExit) -> Result<Self, Failure> {
        let (name, arguments) =
            command.split_first().ok_or_else(|| Failure::new(Exit::Usage, "say which program to run"))?;
        let has_group = on_exit != OnExit::Leave;
        let mut program = Command::new(name);
        program.args(arguments).env("SEATKEEPER_SESSION", session.to_string()).env("SEATKEEPER_PRODUCT", product);
        if has_group {
            program.process_group(0);
        }
        let started = program.spawn().map_err(|error| {
            let name = name.to_string_lossy();
            match error.kind() {
                io::ErrorKind::NotFound => Failure::new(Exit::NoProgram, format!("there is no program {name}")),
                _ => Failure::new(Exit::CannotStart, format!("cannot start {name}: {error}")),
            }
        })?;
        let pid = Pid::from_raw(i32::try_from(started.id()).unwrap_or(i32::MAX));
        let program = Self { pid, has_group, terminal: Terminal::open().filter(|_| has_group) };
        if super::terminal::is_for_program() {
            program.hand_over_terminal();
        }
        Ok(program)
    }

    /// Whether the terminal sends it signals by itself (Ctrl-C, Ctrl-\, closing the window).
    pub fn hears_terminal(&self) -> bool {
        !self.has_group || self.terminal.as_ref().is_some_and(|terminal| terminal.belongs_to(self.pid))
    }

    /// Sends it a signal, if it still runs; also to what it started, if that is what the signal is for.
    pub fn signal(&self, signal: Signal) {
        // What these two mean is a matter between the sender and one program.
        let alone = !self.has_group || matches!(signal, Signal::SIGUSR1 | Signal::SIGUSR2);
        // It may be over: then there is nobody to tell.
        let _ = if alone { kill(self.pid, signal) } else { killpg(self.pid, signal) };
    }

    /// Asks it to stop, or kills it.
    pub fn stop(&self, at_once: bool) {
        self.signal(if at_once { Signal::SIGKILL } else { Signal::SIGTERM });
    }

    /// We were continued: so is the program, and it has the terminal again if we have it.
    pub fn go_on(&self) {
        self.hand_over_terminal();
        self.signal(Signal::SIGCONT);
    }

    /// It was stopped. By the terminal, we stop like a job of a shell does, so that the shell has the terminal.
    pub fn has_stopped(&self, signal: Signal) {
        let Some(terminal) = &self.terminal else { return };
        let wants_terminal = matches!(signal, Signal::SIGTTIN | Signal::SIGTTOU);
        if !wants_terminal && signal != Signal::SIGTSTP {
            // Whoever did that will continue it, too.
            return;
        }
        if (wants_terminal && terminal.is_ours()) || !super::terminal::can_be_continued() {
            return self.go_on();
        }
        terminal.take_back_from(self.pid);
        // The whole group: the others of a pipeline stop with us. Then the shell has it, until somebody continues us.
        let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
    }

    /// It is over, with this exit code; the signal that our own group has missed. Ctrl-C ends a script that runs us, too, but
    /// the terminal sent it to the program's group alone.
    pub fn is_over(&self, code: u8) -> Option<Signal> {
        let terminal = self.terminal.as_ref().filter(|terminal| terminal.belongs_to(self.pid))?;
        terminal.take_back_from(self.pid);
        [Signal::SIGINT, Signal::SIGQUIT].into_iter().find(|signal| code == 128 + *signal as u8)
    }

    fn hand_over_terminal(&self) {
        if let Some(terminal) = self.terminal.as_ref().filter(|terminal| terminal.is_ours()) {
            terminal.give_to(self.pid);
            // It may have been faster than we, and was stopped for it.
            self.signal(Signal::SIGCONT);
        }
    }
}
