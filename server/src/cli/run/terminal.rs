//! The controlling terminal, whose foreground is one process group at a time (POSIX.1-2017, §11.1.4). The program has a
//! group of its own, so the terminal is handed over to it and taken back, as a shell does with its jobs.

use nix::{
    sys::signal::{SigSet, Signal},
    unistd::{Pid, getpgid, getpgrp, getsid, tcgetpgrp, tcsetpgrp},
};
use std::{
    fs::File,
    io::IsTerminal as _,
    os::{fd::AsFd as _, unix::fs::FileTypeExt as _},
};

/// The controlling terminal of this process.
pub struct Terminal {
    tty: File,
    own_group: Pid,
}

impl Terminal {
    /// Opens the terminal; `None` without one, as for a service or in some containers.
    pub fn open() -> Option<Self> {
        let tty = File::options().read(true).write(true).open("/dev/tty").ok()?;
        Some(Self { tty, own_group: getpgrp() })
    }

    /// Whether the group of this process is in the foreground.
    pub fn is_ours(&self) -> bool {
        self.belongs_to(self.own_group)
    }

    /// Whether a group is in the foreground.
    pub fn belongs_to(&self, group: Pid) -> bool {
        tcgetpgrp(&self.tty) == Ok(group)
    }

    /// Brings a group into the foreground.
    pub fn give_to(&self, group: Pid) {
        // Fails if the terminal is gone.
        let _ = without_being_stopped(|| tcsetpgrp(&self.tty, group));
    }

    /// Brings the group of this process into the foreground, if that of the program is.
    pub fn take_back_from(&self, group: Pid) {
        if self.belongs_to(group) {
            self.give_to(self.own_group);
        }
    }
}

/// Whether the program should have the terminal from its start: if it reads from the terminal and is not part of a
/// pipeline, whose other programs may read from it, too. Otherwise it gets the terminal on its first attempt to use it.
pub fn should_be_handed_over() -> bool {
    let stdout = std::io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let is_pipe = stdout.and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.file_type().is_fifo());
    std::io::stdin().is_terminal() && !is_pipe
}

/// Whether a shell can continue the group of this process once it is stopped; an orphaned process group, without a
/// parent in the same session, would stay stopped.
pub fn can_be_continued() -> bool {
    let (own_group, session) = (getpgrp(), getsid(None));
    let mut parent = nix::unistd::getppid();
    loop {
        match getpgid(Some(parent)) {
            Ok(group) if group != own_group => return session.is_ok() && getsid(Some(parent)) == session,
            Ok(_) => match super::children::parent_of(parent) {
                Some(next) => parent = next,
                None => return false,
            },
            Err(_) => return false,
        }
    }
}

/// Runs an operation on the terminal with SIGTTOU blocked, which would stop a background process.
pub fn without_being_stopped<T>(operation: impl FnOnce() -> T) -> T {
    let signal = SigSet::from_iter([Signal::SIGTTOU]);
    let before = signal.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK);
    let result = operation();
    if let Ok(before) = before {
        // Cannot fail: this mask was in use a moment ago.
        let _ = before.thread_set_mask();
    }
    result
}
