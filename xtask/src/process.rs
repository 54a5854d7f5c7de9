//! Child processes that end when we do: on return, on error, on panic and on Ctrl-C.
//!
//! Each child leads a process group of its own, so that a signal reaches its children too. Ctrl-C signals the
//! groups; the main thread then sees its child end, returns through its callers and drops what it still holds.

use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How long a child may take to end when asked before it is killed.
const PATIENCE: Duration = Duration::from_secs(15);

static INTERRUPTS: AtomicUsize = AtomicUsize::new(0);
static GROUPS: Mutex<Vec<(Pid, Signal)>> = Mutex::new(Vec::new());

/// Tells the user what is going on, on stderr.
pub fn say(what: impl Display) {
    complain(format_args!("==> {what}"));
}

/// A line on stderr. If nobody reads it, there is nobody to tell: `eprintln!` would panic.
pub fn complain(what: impl Display) {
    let _ = io::stderr().lock().write_all(format!("{what}\n").as_bytes());
}

/// A line on stdout. Work goes on if nobody reads it any more (`cargo xtask test | head`).
pub fn print(what: impl Display) {
    let _ = io::stdout().lock().write_all(format!("{what}\n").as_bytes());
}

/// A command that reads nothing from the terminal and leads its own process group.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).process_group(0);
    command
}

/// `cargo` of the toolchain that runs this program, in the root of the workspace.
pub fn cargo() -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What our own cargo told us about this package would make build scripts run again that look at it (ring's does),
    // and with them half of what was built from a shell.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(crate::workspace::root());
    // What `cargo run` tells this program about its own package. Build scripts that watch these variables, as ring's
    // does, would run again whenever cargo is called now from here and now by hand, and with them half of the build.
    for (name, _) in std::env::vars_os() {
        let of_package = |prefix| name.as_encoded_bytes().starts_with(prefix);
        if of_package(b"CARGO_PKG_") || of_package(b"CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs a command to its end; its output goes where ours goes.
pub fn run(command: &mut Command) -> Result<()> {
    let status = Running::start(command)?.wait()?;
    if !status.success() {
        bail!("`{}` failed ({status}); its own messages are above", line(command));
    }
    Ok(())
}

/// What a short command prints on stdout, or `None` if it does not start or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether Ctrl-C was pressed or we were asked to terminate.
pub fn interrupted() -> bool {
    INTERRUPTS.load(Ordering::SeqCst) > 0
}

/// From now on Ctrl-C, SIGTERM and SIGHUP end the children gently, and a second one kills them.
pub fn stop_all_on_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        let again = INTERRUPTS.fetch_add(1, Ordering::SeqCst) > 0;
        if !again {
            say("stopping (once more to kill)");
        }
        for (group, gently) in groups().iter() {
            signal(*group, if again { Signal::SIGKILL } else { *gently });
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// A running child with all its descendants in one process group; dropping it ends them.
pub struct Running {
    child: Child,
    group: Pid,
    gently: Signal,
}

impl Running {
    /// Starts a command made by [`command`].
    pub fn start(command: &mut Command) -> Result<Self> {
        Self::start_with_stop(command, Signal::SIGTERM)
    }

    /// Starts a command that wants to be ended by another signal than SIGTERM.
    pub fn start_with_stop(command: &mut Command, gently: Signal) -> Result<Self> {
        // The lock is held while the child starts, so that an interrupt meanwhile finds it in the list.
        let mut groups = groups();
        if interrupted() {
            bail!("interrupted");
        }
        let child = command.spawn().with_context(|| format!("cannot start `{}`", line(command)))?;
        let group = Pid::from_raw(i32::try_from(child.id()).context("a process id out of range")?);
        groups.push((group, gently));
        Ok(Self { child, group, gently })
    }

    /// The child's stdout, if it is piped and was not taken before.
    pub fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for the child to end by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().context("cannot wait for a child process")
    }

    /// How the child ended, or `None` while it runs.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("cannot ask after a child process")
    }

    fn stop(&mut self) {
        let started = Instant::now();
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(self.group, self.gently);
        }
        while matches!(self.child.try_wait(), Ok(None)) && started.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
        // Also after the leader has gone: it may have left children behind.
        signal(self.group, Signal::SIGKILL);
        // Nothing more can be done about a child that cannot be waited for.
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        groups().retain(|(group, _)| *group != self.group);
    }
}

fn groups() -> MutexGuard<'static, Vec<(Pid, Signal)>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal(group: Pid, signal: Signal) {
    // The group may have ended by itself in this moment; that is what we wanted.
    let _ = killpg(group, signal);
}

/// The command as the user would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
