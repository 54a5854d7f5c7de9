//! Catches the signals that `seatkeeper run` forwards to the program.

use crate::tasks::spawn_thread;
use nix::sys::signal::Signal;
use signal_hook::{
    iterator::{SignalsInfo, exfiltrator::WithOrigin},
    low_level::siginfo::Cause,
};
use std::io;
use tokio::sync::mpsc;

/// The signals that users, shells and service managers send.
const FORWARDED_SIGNALS: [Signal; 6] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2];

/// A received signal.
#[derive(Clone, Copy, Debug)]
pub struct CaughtSignal {
    pub signal: Signal,
    /// Whether the terminal sent it (Ctrl-C, Ctrl-\, closing the window), in which case the program has received it,
    /// too.
    pub from_terminal: bool,
}

/// The caught signals, in order of arrival.
pub struct Signals(mpsc::UnboundedReceiver<CaughtSignal>);

impl Signals {
    /// Catches the signals from now on, so that they do not terminate this process. Signals that it was started to
    /// ignore (nohup) stay ignored, here and in the program.
    ///
    /// # Errors
    /// The system does not let us.
    pub fn catch() -> io::Result<Self> {
        let handled = FORWARDED_SIGNALS.iter().filter(|signal| !is_ignored(**signal));
        let mut signals = SignalsInfo::<WithOrigin>::new(handled.map(|signal| *signal as i32))?;
        let (sender, receiver) = mpsc::unbounded_channel();
        // On a thread of its own, because tokio does not report the sender of a signal.
        spawn_thread("signals", move || {
            for origin in signals.forever() {
                let Ok(signal) = Signal::try_from(origin.signal) else { continue };
                let from_terminal = matches!(origin.cause, Cause::Kernel);
                if sender.send(CaughtSignal { signal, from_terminal }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self(receiver))
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> CaughtSignal {
        match self.0.recv().await {
            Some(caught) => caught,
            None => std::future::pending().await,
        }
    }
}

/// Whether this process was started to ignore a signal (nohup).
pub fn is_ignored(signal: Signal) -> bool {
    ignored_signals() >> (signal as u32 - 1) & 1 == 1
}

/// The ignored signals of this process as a bit mask (`SigIgn` in proc(5)); empty on systems without /proc.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
