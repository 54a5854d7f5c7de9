//! One suite of tests: runs `cargo test`, shows what it says, counts what it ran and cleans up after it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::process::{self, Running, say};
use crate::scratch;

/// Every process of a suite carries it in its environment.
const MARK: &str = "SEATKEEPER_SUITE";

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
}

/// What a suite is going to do.
#[derive(Default)]
pub struct Plan {
    pub commands: Vec<Command>,
    /// What cannot be tried on this machine, and why; without commands, the suite as a whole.
    pub untried: Option<String>,
}

impl Plan {
    /// These commands, with which all is tried.
    pub fn of(commands: Vec<Command>) -> Self {
        Self { commands, untried: None }
    }
}

/// How a suite ended.
pub struct Outcome {
    name: &'static str,
    took: Duration,
    count: Count,
    ended: Ended,
    untried: Option<String>,
}

#[derive(PartialEq)]
enum Ended {
    Well,
    Badly(String),
    NotRun,
}

impl Outcome {
    pub fn has_failed(&self) -> bool {
        matches!(self.ended, Ended::Badly(_))
    }

    /// Whether any of its tests ran.
    pub fn has_run(&self) -> bool {
        self.ended != Ended::NotRun
    }

    /// The line for the summary.
    pub fn line(&self) -> String {
        let (name, passed, seconds) = (self.name, self.count.passed, self.took.as_secs());
        let untried = self.untried.as_deref().unwrap_or_default();
        let line = match &self.ended {
            Ended::NotRun => return format!("{name:<6} NOT RUN {untried}"),
            Ended::Well => format!("{name:<6} ok      {passed} passed, {seconds} s"),
            Ended::Badly(problem) => format!("{name:<6} FAILED  {problem}, {passed} passed, {seconds} s"),
        };
        if untried.is_empty() { line } else { format!("{line}; NOT TRIED: {untried}") }
    }
}

/// Runs the commands of a suite, which `prepare` makes.
pub fn run(name: &'static str, prepare: impl FnOnce() -> Result<Plan>) -> Outcome {
    say(format!("tests: {name}"));
    let started = Instant::now();
    let (mut count, mut untried) = (Count::default(), None);
    let done = prepare().and_then(|plan| {
        untried = plan.untried;
        if let Some(untried) = &untried {
            say(format!("not tried: {untried}"));
        }
        let some = !plan.commands.is_empty();
        all(plan.commands, &mut count).map(|()| some)
    });
    if let Err(problem) = &done {
        process::complain(format_args!("error: {problem:#}"));
    }
    let ended = match (done, count) {
        (Ok(false), _) => Ended::NotRun,
        (Ok(true), Count { passed: 0, failed: 0 }) => Ended::Badly("no test ran".to_owned()),
        (Ok(true), _) => Ended::Well,
        (Err(_), Count { failed: 0, .. }) => Ended::Badly("see above".to_owned()),
        (Err(_), Count { failed, .. }) => Ended::Badly(format!("{failed} failed")),
    };
    Outcome { name, took: started.elapsed(), count, ended, untried }
}

/// Runs every command, also after one has failed.
fn all(commands: Vec<Command>, count: &mut Count) -> Result<()> {
    let mut result = Ok(());
    for mut command in commands {
        let done = one(&mut command, count);
        result = result.and(done);
    }
    result
}

fn one(command: &mut Command, count: &mut Count) -> Result<()> {
    let mark = scratch::token();
    command.env(MARK, &mark).stdout(Stdio::piped());
    let mut running = Running::start(command)?;
    let stdout = running.take_stdout().context("the tests' output is not readable")?;
    let reader = thread::spawn(move || show_and_count(stdout));
    let status = running.wait()?;
    drop(running);
    // Before the output is read to its end: a browser left behind would hold it open.
    kill_marked(&mark);
    let seen = reader.join().unwrap_or_default();
    count.passed += seen.passed;
    count.failed += seen.failed;
    if !status.success() {
        bail!("`cargo test` failed ({status})");
    }
    Ok(())
}

fn show_and_count(stdout: ChildStdout) -> Count {
    let mut count = Count::default();
    for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        process::print(&line);
        if let Some(seen) = closing_line(&line) {
            count.passed += seen.passed;
            count.failed += seen.failed;
        }
    }
    count
}

/// Reads `test result: ok. 3 passed; 0 failed; …`, which ends the output of every test program.
fn closing_line(line: &str) -> Option<Count> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |what| counts.split("; ").find_map(|part| part.strip_suffix(what)?.trim().parse().ok());
    Some(Count { passed: number("passed")?, failed: number("failed")? })
}

/// Kills what a suite left behind: a driver that is killed leaves its browser, in a process group of its own.
fn kill_marked(mark: &str) {
    // Only Linux tells the environment of a process in this way; elsewhere there is nothing to read here.
    let Ok(processes) = fs::read_dir("/proc") else { return };
    let entry = format!("{MARK}={mark}");
    for process in processes.filter_map(Result::ok) {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes()) {
            say(format!("killing process {id}, which the tests left behind"));
            // It may have ended by itself meanwhile.
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, Plan, closing_line, run};
    use crate::process::command;

    fn shell(script: &str) -> Plan {
        let mut shell = command("sh");
        shell.args(["-c", script]);
        Plan::of(vec![shell])
    }

    #[test]
    fn the_closing_line_is_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.31s";
        assert_eq!(closing_line(line), Some(Count { passed: 12, failed: 3 }));
        assert_eq!(closing_line("test result::tests::ok ... ok"), None);
    }

    #[test]
    fn a_suite_without_tests_has_failed() {
        let outcome = run("none", || Ok(shell("true")));
        assert!(outcome.has_failed());
        assert!(outcome.line().contains("no test ran"), "{}", outcome.line());
    }

    #[test]
    fn a_process_left_behind_does_not_hold_up_the_suite() {
        let left = "setsid sleep 600 & echo 'test result: ok. 1 passed; 0 failed; 0 ignored'";
        let outcome = run("left", || Ok(shell(left)));
        assert!(!outcome.has_failed(), "{}", outcome.line());
    }

    #[test]
    fn what_was_not_tried_stands_in_the_summary() {
        let untried = Some("the moon: no rocket".to_owned());
        let outcome = run("some", || {
            let plan = shell("echo 'test result: ok. 1 passed; 0 failed; 0 ignored'");
            Ok(Plan { untried: untried.clone(), ..plan })
        });
        assert!(!outcome.has_failed() && outcome.has_run());
        assert!(outcome.line().ends_with("; NOT TRIED: the moon: no rocket"), "{}", outcome.line());
        let outcome = run("none", || Ok(Plan { untried, ..Plan::default() }));
        assert!(!outcome.has_failed() && !outcome.has_run());
        assert_eq!(outcome.line(), "none   NOT RUN the moon: no rocket");
    }
}
