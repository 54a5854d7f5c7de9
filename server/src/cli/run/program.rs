//! The program that is run with a seat.

use crate::cli::failure::{Exit, Failure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use seatkeeper_shared::ids::SessionId;
use std::{ffi::OsString, io, os::unix::process::ExitStatusExt as _, process::ExitCode};
use tokio::process::{Child, Command};

/// A running program. It has our terminal, input and output.
pub struct Program {
    child: Child,
}

impl Program {
    /// Starts it.
    ///
    /// # Errors
    /// It is not there, or cannot be started: the exit codes are those of shells.
    pub fn start(command: &[OsString], session: SessionId, product: &str) -> Result<Self, Failure> {
        let (name, arguments) =
            command.split_first().ok_or_else(|| Failure::new(Exit::Usage, "say which program to run"))?;
        let mut program = Command::new(name);
        program.args(arguments).env("SEATKEEPER_SESSION", session.to_string()).env("SEATKEEPER_PRODUCT", product);
        program.spawn().map(|child| Self { child }).map_err(|error| {
            let name = name.to_string_lossy();
            match error.kind() {
                io::ErrorKind::NotFound => Failure::new(Exit::NoProgram, format!("there is no program {name}")),
                _ => Failure::new(Exit::CannotStart, format!("cannot start {name}: {error}")),
            }
        })
    }

    /// Waits until it is over: its exit code, or 128 and the number of the signal that ended it.
    ///
    /// # Errors
    /// The system does not tell.
    pub async fn wait(&mut self) -> Result<ExitCode, Failure> {
        let status = self.child.wait().await;
        let status =
            status.map_err(|error| Failure::new(Exit::Fault, format!("cannot wait for the program: {error}")))?;
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
        Ok(ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)))
    }

    /// Sends it a signal, if it still runs.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid {
            // It may be over: then there is nobody to tell.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// Asks it to stop, or kills it.
    pub fn stop(&self, at_once: bool) {
        self.signal(if at_once { Signal::SIGKILL } else { Signal::SIGTERM });
    }
}
