//! Child processes that are stopped when this program ends: on return, on error, on panic and on Ctrl-C.
//!
//! Each child leads a process group of its own, so that a signal reaches its children too. Ctrl-C signals the
//! groups; the main thread then sees its child exit, returns through its callers and drops the other children.

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

/// How long a child may take to exit after its stop signal before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

static INTERRUPTS: AtomicUsize = AtomicUsize::new(0);
static GROUPS: Mutex<Vec<(Pid, Signal)>> = Mutex::new(Vec::new());

/// Prints a progress message to stderr.
pub fn say(what: impl Display) {
    print_error(format_args!("==> {what}"));
}

/// Prints a line to stderr. Unlike `eprintln!`, it does not panic if the pipe is closed.
pub fn print_error(what: impl Display) {
    let _ = io::stderr().lock().write_all(format!("{what}\n").as_bytes());
}

/// Prints a line to stdout. Unlike `println!`, it does not panic if the pipe is closed (`cargo xtask test | head`).
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
    cargo.current_dir(crate::workspace::root());
    // Remove what `cargo run` sets for this package. Build scripts that watch these variables, as ring's does, would
    // otherwise run again after each switch between xtask and cargo in a shell, and rebuild half of the workspace.
    for (name, _) in std::env::vars_os() {
        let of_package = |prefix| name.as_encoded_bytes().starts_with(prefix);
        if of_package(b"CARGO_PKG_") || of_package(b"CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs a command to its end; it inherits stdout and stderr.
pub fn run(command: &mut Command) -> Result<()> {
    let status = RunningProcess::start(command)?.wait()?;
    if !status.success() {
        bail!("`{}` failed ({status}); see its messages above", command_line(command));
    }
    Ok(())
}

/// The stdout of a short command, or `None` if it does not start or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether Ctrl-C was pressed, or SIGTERM or SIGHUP received.
pub fn interrupted() -> bool {
    INTERRUPTS.load(Ordering::SeqCst) > 0
}

/// Makes Ctrl-C, SIGTERM and SIGHUP send the children their stop signals, and a second one kill them.
pub fn stop_all_on_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        let is_repeated = INTERRUPTS.fetch_add(1, Ordering::SeqCst) > 0;
        if !is_repeated {
            say("stopping (Ctrl-C again to kill)");
        }
        for (group, stop_signal) in groups().iter() {
            signal(*group, if is_repeated { Signal::SIGKILL } else { *stop_signal });
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// A running child in a process group of its own; dropping it stops the whole group.
pub struct RunningProcess {
    child: Child,
    group: Pid,
    stop_signal: Signal,
}

impl RunningProcess {
    /// Starts a command made by [`command`].
    pub fn start(command: &mut Command) -> Result<Self> {
        Self::start_with_stop(command, Signal::SIGTERM)
    }

    /// Starts a command that must be stopped by another signal than SIGTERM.
    pub fn start_with_stop(command: &mut Command, stop_signal: Signal) -> Result<Self> {
        // Hold the lock while the child starts, so that an interrupt meanwhile finds it in the list.
        let mut groups = groups();
        if interrupted() {
            bail!("interrupted");
        }
        let child = command.spawn().with_context(|| format!("cannot start `{}`", command_line(command)))?;
        let group = Pid::from_raw(i32::try_from(child.id()).context("a process id out of range")?);
        groups.push((group, stop_signal));
        Ok(Self { child, group, stop_signal })
    }

    /// The child's stdout, if it is piped and not yet taken.
    pub fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for the child to exit.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().context("cannot wait for a child process")
    }

    /// The exit status of the child, or `None` while it runs.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("cannot query a child process")
    }

    fn stop(&mut self) {
        let started = Instant::now();
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(self.group, self.stop_signal);
        }
        while matches!(self.child.try_wait(), Ok(None)) && started.elapsed() < STOP_TIMEOUT {
            thread::sleep(Duration::from_millis(20));
        }
        // Even if the leader has exited: it may have left children running.
        signal(self.group, Signal::SIGKILL);
        // Nothing can be done about a child that cannot be waited for.
        let _ = self.child.wait();
    }
}

impl Drop for RunningProcess {
    fn drop(&mut self) {
        self.stop();
        groups().retain(|(group, _)| *group != self.group);
    }
}

fn groups() -> MutexGuard<'static, Vec<(Pid, Signal)>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal(group: Pid, signal: Signal) {
    // Fails if the group has already exited.
    let _ = killpg(group, signal);
}

/// The command as a user would type it.
fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
