//! The processes below this one: what becomes of them, and which are left when the program is over.

use nix::{
    errno::Errno,
    sys::{
        signal::Signal,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{Pid, getpid},
};
use std::{collections::HashMap, collections::HashSet, fs, io};
use tokio::signal::unix::{self, SignalKind};

/// What became of a child.
pub enum Change {
    /// It is over, with this exit code, or 128 and the number of the signal that ended it.
    Ended(Pid, u8),
    /// It stands still.
    Stopped(Pid, Signal),
}

/// All children of this process. Orphans come to it, too: when it is the first process of a container, and as their subreaper.
pub struct Children {
    changed: unix::Signal,
    /// Those that were there before the program.
    inherited: HashSet<Pid>,
}

impl Children {
    /// Watches them from now on. With `adopt`, processes whose parent ends become children of this one (prctl(2),
    /// PR_SET_CHILD_SUBREAPER), so that none is lost sight of.
    ///
    /// # Errors
    /// The system does not let us.
    pub fn watch(adopt: bool) -> io::Result<Self> {
        let changed = unix::signal(SignalKind::child())?;
        if adopt {
            become_subreaper()?;
        }
        Ok(Self { changed, inherited: below(getpid()).into_iter().collect() })
    }

    /// The next change. Whatever has ended is reaped on the way, so that no zombie stays.
    pub async fn next(&mut self) -> Change {
        loop {
            let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED;
            match waitpid(Pid::from_raw(-1), Some(flags)) {
                Ok(WaitStatus::Exited(pid, code)) => return Change::Ended(pid, u8::try_from(code).unwrap_or(u8::MAX)),
                Ok(WaitStatus::Signaled(pid, signal, _)) => return Change::Ended(pid, 128 + signal as u8),
                Ok(WaitStatus::Stopped(pid, signal)) => return Change::Stopped(pid, signal),
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => drop(self.changed.recv().await),
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// The processes that run below this one, however deep, other than those that were there before the program.
    pub fn left(&self) -> Vec<Pid> {
        let mut left = below(getpid());
        left.retain(|pid| !self.inherited.contains(pid));
        left
    }
}

#[cfg(target_os = "linux")]
fn become_subreaper() -> io::Result<()> {
    nix::sys::prctl::set_child_subreaper(true).map_err(io::Error::from)
}

/// Elsewhere orphans go to the first process of the system.
#[cfg(not(target_os = "linux"))]
fn become_subreaper() -> io::Result<()> {
    Ok(())
}

/// The parent of a process; nothing if it is gone, or has none.
pub fn parent_of(pid: Pid) -> Option<Pid> {
    stat(pid).map(|(_, parent)| parent).filter(|parent| parent.as_raw() > 0)
}

/// All that runs below a process; nothing where the system has no /proc.
fn below(root: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw));
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    for pid in numbers {
        if let Some((state, parent)) = stat(pid)
            && !matches!(state, 'Z' | 'X')
        {
            children.entry(parent).or_default().push(pid);
        }
    }
    let (mut found, mut next) = (Vec::new(), vec![root]);
    while let Some(parent) = next.pop() {
        let here = children.remove(&parent).unwrap_or_default();
        found.extend(&here);
        next.extend(here);
    }
    found
}

/// State and parent of a process (proc(5)). Its name stands in brackets before them, and may have any signs in it.
fn stat(pid: Pid) -> Option<(char, Pid)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, Pid::from_raw(fields.next()?.parse().ok()?)))
}
