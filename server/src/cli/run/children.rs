//! The descendants of this process: waits for changes of its children, and lists the ones that still run.

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

/// A change of a child process.
pub enum ChildChange {
    /// It has ended, with this exit code or 128 plus the number of the signal that terminated it.
    Ended(Pid, u8),
    /// A signal has stopped it.
    Stopped(Pid, Signal),
}

/// All children of this process, including orphans that it adopts as process 1 of a container or as a subreaper.
pub struct Children {
    changed: unix::Signal,
    /// The descendants that existed before the program.
    inherited: HashSet<Pid>,
}

impl Children {
    /// Watches the children from now on. With `adopt`, descendants whose parent exits become children of this process
    /// (`PR_SET_CHILD_SUBREAPER` in prctl(2)), so that none escapes.
    ///
    /// # Errors
    /// Returns an error if the system does not allow it.
    pub fn watch(adopt: bool) -> io::Result<Self> {
        let changed = unix::signal(SignalKind::child())?;
        if adopt {
            become_subreaper()?;
        }
        Ok(Self { changed, inherited: descendants_of(getpid()).into_iter().collect() })
    }

    /// Waits for the next change, and reaps every child that has ended.
    pub async fn next(&mut self) -> ChildChange {
        loop {
            let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED;
            match waitpid(Pid::from_raw(-1), Some(flags)) {
                Ok(WaitStatus::Exited(pid, code)) => {
                    return ChildChange::Ended(pid, u8::try_from(code).unwrap_or(u8::MAX));
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) => return ChildChange::Ended(pid, 128 + signal as u8),
                Ok(WaitStatus::Stopped(pid, signal)) => return ChildChange::Stopped(pid, signal),
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => drop(self.changed.recv().await),
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// The running descendants of this process, at any depth, other than those that existed before the program.
    pub fn descendants(&self) -> Vec<Pid> {
        let mut descendants = descendants_of(getpid());
        descendants.retain(|pid| !self.inherited.contains(pid));
        descendants
    }
}

#[cfg(target_os = "linux")]
fn become_subreaper() -> io::Result<()> {
    nix::sys::prctl::set_child_subreaper(true).map_err(io::Error::from)
}

/// Other systems have no subreapers; there, orphans become children of process 1.
#[cfg(not(target_os = "linux"))]
fn become_subreaper() -> io::Result<()> {
    Ok(())
}

/// The parent of a process; `None` if the process has exited or has no parent.
pub fn parent_of(pid: Pid) -> Option<Pid> {
    stat(pid).map(|(_, parent)| parent).filter(|parent| parent.as_raw() > 0)
}

/// All running descendants of a process; empty on systems without /proc.
fn descendants_of(root: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw));
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    for pid in pids {
        if let Some((state, parent)) = stat(pid)
            && !matches!(state, 'Z' | 'X')
        {
            children.entry(parent).or_default().push(pid);
        }
    }
    let (mut found, mut unvisited) = (Vec::new(), vec![root]);
    while let Some(parent) = unvisited.pop() {
        let own = children.remove(&parent).unwrap_or_default();
        found.extend(&own);
        unvisited.extend(own);
    }
    found
}

/// The state and parent of a process (proc(5)). They follow its name, which is in parentheses and may contain any
/// character.
fn stat(pid: Pid) -> Option<(char, Pid)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, Pid::from_raw(fields.next()?.parse().ok()?)))
}
