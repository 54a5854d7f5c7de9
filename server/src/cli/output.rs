//! Where commands write. A reader may have gone (`seatkeeper status | head -1`), a disk may be full: `println!` panics then, so
//! nothing here uses it, and clippy refuses it in this crate.

use super::failure::{Exit, Failure};
use std::{
    fmt,
    io::{self, Write as _},
};

/// Writes to standard output, at once.
///
/// # Errors
/// Nobody reads any more, which ends a command without a word, or it cannot be written.
pub fn write(text: fmt::Arguments<'_>) -> Result<(), Failure> {
    bytes(text.to_string().as_bytes())
}

/// The same for what is no text.
///
/// # Errors
/// As for [`write`].
pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(failure)
}

/// Writes a line to standard error. If nobody reads it, there is nobody to tell.
pub fn complain(text: fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// What it means for a command that its output cannot be written.
pub fn failure(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::new(Exit::NoReader, "nobody reads the output"),
        _ => Failure::new(Exit::CannotWrite, format!("cannot write to standard output: {error}")),
    }
}

/// A line on standard output: `outln!("{x}")?`.
macro_rules! outln {
    ($($text:tt)*) => { $crate::cli::output::write(format_args!("{}\n", format_args!($($text)*))) };
}
/// A line on standard error, which cannot fail.
macro_rules! errln {
    ($($text:tt)*) => { $crate::cli::output::complain(format_args!($($text)*)) };
}
pub(crate) use {errln, outln};
