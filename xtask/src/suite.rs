//! Runs one test suite: shows the output of `cargo test`, counts the tests, and kills the processes that they leave
//! running.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::process::{self, RunningProcess, say};
use crate::temp_folder;

/// The environment variable that identifies the processes of a suite.
const SUITE_VARIABLE: &str = "SEATKEEPER_SUITE";

/// How often remaining processes are looked for while the output is open.
const REMAINING_PROCESSES_INTERVAL: Duration = Duration::from_millis(50);

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TestCount {
    pub passed: u64,
    pub failed: u64,
}

/// The commands of a suite.
#[derive(Default)]
pub struct Plan {
    pub commands: Vec<Command>,
    /// What cannot be tested on this machine, and why; the whole suite if there are no commands.
    pub skipped: Option<String>,
}

impl Plan {
    /// A plan that skips nothing.
    pub fn of(commands: Vec<Command>) -> Self {
        Self { commands, skipped: None }
    }
}

/// The result of a suite.
pub struct Outcome {
    name: &'static str,
    duration: Duration,
    count: TestCount,
    status: SuiteStatus,
    skipped: Option<String>,
}

#[derive(PartialEq)]
enum SuiteStatus {
    Passed,
    Failed(String),
    NotRun,
}

impl Outcome {
    pub fn has_failed(&self) -> bool {
        matches!(self.status, SuiteStatus::Failed(_))
    }

    /// Whether any of its commands ran.
    pub fn has_run(&self) -> bool {
        self.status != SuiteStatus::NotRun
    }

    /// Its line in the summary.
    pub fn line(&self) -> String {
        let (name, passed, seconds) = (self.name, self.count.passed, self.duration.as_secs());
        let skipped = self.skipped.as_deref().unwrap_or_default();
        let line = match &self.status {
            SuiteStatus::NotRun => return format!("{name:<6} NOT RUN {skipped}"),
            SuiteStatus::Passed => format!("{name:<6} ok      {passed} passed, {seconds} s"),
            SuiteStatus::Failed(problem) => format!("{name:<6} FAILED  {problem}, {passed} passed, {seconds} s"),
        };
        if skipped.is_empty() { line } else { format!("{line}; SKIPPED: {skipped}") }
    }
}

/// Runs the commands of a suite, which `prepare` creates.
pub fn run(name: &'static str, prepare: impl FnOnce() -> Result<Plan>) -> Outcome {
    say(format!("tests: {name}"));
    let started = Instant::now();
    let (mut count, mut skipped) = (TestCount::default(), None);
    let result = prepare().and_then(|plan| {
        skipped = plan.skipped;
        if let Some(skipped) = &skipped {
            say(format!("skipping {skipped}"));
        }
        let has_commands = !plan.commands.is_empty();
        run_all(plan.commands, &mut count).map(|()| has_commands)
    });
    if let Err(problem) = &result {
        process::print_error(format_args!("error: {problem:#}"));
    }
    let status = match (result, count) {
        (Ok(false), _) => SuiteStatus::NotRun,
        (Ok(true), TestCount { passed: 0, failed: 0 }) => SuiteStatus::Failed("no test ran".to_owned()),
        (Ok(true), _) => SuiteStatus::Passed,
        (Err(_), TestCount { failed: 0, .. }) => SuiteStatus::Failed("see above".to_owned()),
        (Err(_), TestCount { failed, .. }) => SuiteStatus::Failed(format!("{failed} failed")),
    };
    Outcome { name, duration: started.elapsed(), count, status, skipped }
}

/// Runs every command, even after one has failed.
fn run_all(commands: Vec<Command>, count: &mut TestCount) -> Result<()> {
    let mut result = Ok(());
    for mut command in commands {
        let command_result = run_command(&mut command, count);
        result = result.and(command_result);
    }
    result
}

fn run_command(command: &mut Command, count: &mut TestCount) -> Result<()> {
    let suite_id = temp_folder::random_token();
    command.env(SUITE_VARIABLE, &suite_id).stdout(Stdio::piped());
    let mut running = RunningProcess::start(command)?;
    let stdout = running.take_stdout().context("the output of the tests cannot be read")?;
    let reader = thread::spawn(move || show_and_count(stdout));
    let status = running.wait()?;
    drop(running);
    // A remaining browser keeps the output open. One that was just executing a program had no environment to be known
    // by.
    kill_remaining_processes(&suite_id);
    while !reader.is_finished() {
        thread::sleep(REMAINING_PROCESSES_INTERVAL);
        kill_remaining_processes(&suite_id);
    }
    let total = reader.join().unwrap_or_default();
    count.passed += total.passed;
    count.failed += total.failed;
    if !status.success() {
        bail!("`cargo test` failed ({status})");
    }
    Ok(())
}

fn show_and_count(stdout: ChildStdout) -> TestCount {
    let mut count = TestCount::default();
    for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        process::print(&line);
        if let Some(reported) = parse_summary_line(&line) {
            count.passed += reported.passed;
            count.failed += reported.failed;
        }
    }
    count
}

/// Parses `test result: ok. 3 passed; 0 failed; …`, the last line of every test program.
fn parse_summary_line(line: &str) -> Option<TestCount> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |what| counts.split("; ").find_map(|part| part.strip_suffix(what)?.trim().parse().ok());
    Some(TestCount { passed: number("passed")?, failed: number("failed")? })
}

/// Kills the processes that a suite has left running: a killed driver, for example, leaves its browser in a process
/// group of its own.
fn kill_remaining_processes(suite_id: &str) {
    // Only Linux has /proc; on other systems, nothing is killed.
    let Ok(processes) = fs::read_dir("/proc") else { return };
    let entry = format!("{SUITE_VARIABLE}={suite_id}");
    for process in processes.filter_map(Result::ok) {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes()) {
            say(format!("killing process {id}, which the tests left running"));
            // Fails if it has exited meanwhile.
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Plan, TestCount, parse_summary_line, run};
    use crate::process::command;

    fn shell(script: &str) -> Plan {
        let mut shell = command("sh");
        shell.args(["-c", script]);
        Plan::of(vec![shell])
    }

    #[test]
    fn the_summary_line_is_parsed() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.31s";
        assert_eq!(parse_summary_line(line), Some(TestCount { passed: 12, failed: 3 }));
        assert_eq!(parse_summary_line("test result::tests::ok ... ok"), None);
    }

    #[test]
    fn a_suite_without_tests_fails() {
        let outcome = run("none", || Ok(shell("true")));
        assert!(outcome.has_failed());
        assert!(outcome.line().contains("no test ran"), "{}", outcome.line());
    }

    #[test]
    fn a_process_that_keeps_running_does_not_block_the_suite() {
        let script = "setsid sleep 600 & echo 'test result: ok. 1 passed; 0 failed; 0 ignored'";
        let outcome = run("left", || Ok(shell(script)));
        assert!(!outcome.has_failed(), "{}", outcome.line());
    }

    #[test]
    fn skipped_tests_are_named_in_the_summary() {
        let skipped = Some("the moon: no rocket".to_owned());
        let outcome = run("some", || {
            let plan = shell("echo 'test result: ok. 1 passed; 0 failed; 0 ignored'");
            Ok(Plan { skipped: skipped.clone(), ..plan })
        });
        assert!(!outcome.has_failed() && outcome.has_run());
        assert!(outcome.line().ends_with("; SKIPPED: the moon: no rocket"), "{}", outcome.line());
        let outcome = run("none", || Ok(Plan { skipped, ..Plan::default() }));
        assert!(!outcome.has_failed() && !outcome.has_run());
        assert_eq!(outcome.line(), "none   NOT RUN the moon: no rocket");
    }
}
