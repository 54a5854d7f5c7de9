//! Writes the output of commands. `println!` is forbidden in this crate (by clippy), because a closed pipe, as in
//! `seatkeeper status | head -1`, or a full disk makes it panic.

use super::failure::{Exit, Failure};
use std::{
    fmt,
    io::{self, Write as _},
};

/// Writes to standard output and flushes it.
///
/// # Errors
/// Returns an error if the pipe is closed, after which a command exits silently, or if writing fails.
pub fn write(text: fmt::Arguments<'_>) -> Result<(), Failure> {
    write_bytes(text.to_string().as_bytes())
}

/// Writes bytes to standard output and flushes it.
///
/// # Errors
/// As for [`write`].
pub fn write_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(failure)
}

/// Writes a line to standard error. Errors are ignored, since there is nowhere to report them.
pub fn write_error_line(text: fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// The failure of a command whose output cannot be written.
pub fn failure(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::new(Exit::BrokenPipe, "the output is closed"),
        _ => Failure::new(Exit::WriteFailed, format!("cannot write to standard output: {error}")),
    }
}

/// Writes a line to standard output: `outln!("{x}")?`.
macro_rules! outln {
    ($($text:tt)*) => { $crate::cli::output::write(format_args!("{}\n", format_args!($($text)*))) };
}
/// Writes a line to standard error; cannot fail.
macro_rules! errln {
    ($($text:tt)*) => { $crate::cli::output::write_error_line(format_args!($($text)*)) };
}
pub(crate) use {errln, outln};
