//! The terminal, which belongs to one process group at a time (POSIX.1-2017, §11.1.4). The program has a group of its own, so it
//! is given the terminal and it is taken back, as a shell does with its jobs.

use nix::{
    sys::signal::{SigSet, Signal},
    unistd::{Pid, getpgid, getpgrp, getsid, tcgetpgrp, tcsetpgrp},
};
use std::{
    fs::File,
    io::IsTerminal as _,
    os::{fd::AsFd as _, unix::fs::FileTypeExt as _},
};

/// The terminal that this process was started from.
pub struct Terminal {
    tty: File,
    own: Pid,
}

impl Terminal {
    /// It; nothing for a service, or in a container without one.
    pub fn open() -> Option<Self> {
        let tty = File::options().read(true).write(true).open("/dev/tty").ok()?;
        Some(Self { tty, own: getpgrp() })
    }

    /// Whether our group has it.
    pub fn is_ours(&self) -> bool {
        self.belongs_to(self.own)
    }

    /// Whether this group has it.
    pub fn belongs_to(&self, group: Pid) -> bool {
        tcgetpgrp(&self.tty) == Ok(group)
    }

    /// Gives it to a group.
    pub fn give_to(&self, group: Pid) {
        // The terminal may be gone: then there is nothing to give.
        let _ = without_being_stopped(|| tcsetpgrp(&self.tty, group));
    }

    /// Takes it back from the program's group, if it is there.
    pub fn take_back_from(&self, group: Pid) {
        if self.belongs_to(group) {
            self.give_to(self.own);
        }
    }
}

/// Whether the program should have the terminal from its start: it reads from it, and is no part of a pipeline, whose other
/// programs may read from it, too. Otherwise it gets it when it first wants it.
pub fn is_for_program() -> bool {
    let out = std::io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let pipes = out.and_then(|out| out.metadata()).is_ok_and(|out| out.file_type().is_fifo());
    std::io::stdin().is_terminal() && !pipes
}

/// Whether a shell could continue our group once it is stopped. Nobody could if it has no parent in the same session.
pub fn can_be_continued() -> bool {
    let (own, session) = (getpgrp(), getsid(None));
    let mut parent = nix::unistd::getppid();
    loop {
        match getpgid(Some(parent)) {
            Ok(group) if group != own => return session.is_ok() && getsid(Some(parent)) == session,
            Ok(_) => match super::children::parent_of(parent) {
                Some(next) => parent = next,
                None => return false,
            },
            Err(_) => return false,
        }
    }
}

/// Does something to the terminal for which a background process would be stopped.
pub fn without_being_stopped<T>(act: impl FnOnce() -> T) -> T {
    let signal = SigSet::from_iter([Signal::SIGTTOU]);
    let before = signal.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK);
    let done = act();
    if let Ok(before) = before {
        // It was valid a moment ago.
        let _ = before.thread_set_mask();
    }
    done
}
