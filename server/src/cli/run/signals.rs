//! The signals that are passed on to the program.

use nix::sys::signal::Signal;
use signal_hook::{
    iterator::{SignalsInfo, exfiltrator::WithOrigin},
    low_level::siginfo::Cause,
};
use std::io;
use tokio::sync::mpsc;

/// Those that people, shells and supervisors send.
const PASSED_ON: [Signal; 6] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2];

/// A signal that came.
#[derive(Clone, Copy, Debug)]
pub struct Caught {
    /// Which.
    pub signal: Signal,
    /// Whether it came from the terminal (Ctrl-C, Ctrl-\, closing the window), which sends it to the program too.
    pub from_terminal: bool,
}

/// Signals in the order in which they come.
pub struct Signals(mpsc::UnboundedReceiver<Caught>);

impl Signals {
    /// From now on these signals do not end this process. Those that it was started to ignore (nohup) stay ignored, here and
    /// in the program.
    ///
    /// # Errors
    /// The system does not let us.
    pub fn catch() -> io::Result<Self> {
        let wanted = PASSED_ON.iter().filter(|signal| !is_ignored(**signal));
        let mut signals = SignalsInfo::<WithOrigin>::new(wanted.map(|signal| *signal as i32))?;
        let (tell, told) = mpsc::unbounded_channel();
        // A thread of its own: who sent a signal is something that tokio does not tell.
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for origin in signals.forever() {
                let Ok(signal) = Signal::try_from(origin.signal) else { continue };
                let from_terminal = matches!(origin.cause, Cause::Kernel);
                if tell.send(Caught { signal, from_terminal }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self(told))
    }

    /// The next one.
    pub async fn next(&mut self) -> Caught {
        match self.0.recv().await {
            Some(caught) => caught,
            None => std::future::pending().await,
        }
    }
}

/// Whether this process was started to ignore a signal (nohup).
pub fn is_ignored(signal: Signal) -> bool {
    ignored() >> (signal as u32 - 1) & 1 == 1
}

/// The signals that this process ignores, one bit each; none where the system does not say (proc(5), SigIgn).
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
