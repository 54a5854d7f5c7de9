//! `seatkeeper run` and the processes that its program starts: the seat stays occupied while one of them runs, and
//! terminals, job control and zombies are handled.

use crate::harness::{CliFixture, Engine, RunningCommand, cli::at_the_command_line, eventually, process};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::process::Stdio;
use tokio::process::Command;

/// The process id printed after a word.
fn printed_pid(run: &RunningCommand, word: &str) -> Pid {
    let out = run.out();
    let number = out.lines().find_map(|line| line.trim().strip_prefix(word)).expect("it was printed");
    Pid::from_raw(number.trim().parse().expect("a number"))
}

/// Whether a process runs; a zombie does not count.
fn is_running(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

at_the_command_line! {
    async fn leftover_processes_end_before_the_seat_is_freed(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        // One in its process group, one in a session of its own, and a double-forked orphan that ignores SIGTERM.
        let script = "sleep 600 >/dev/null 2>&1 & echo one $!; setsid sleep 600 >/dev/null 2>&1 & echo two $!; \
            (sh -c 'trap \"\" TERM; echo three $$; exec sleep 600 >/dev/null 2>&1' &); read line; exit 3";
        let mut run = fixture.run(&fixture.agents[0], &[], &["sh", "-c", script]);
        run.wait_for_output("three ").await;
        let left = ["one ", "two ", "three "].map(|word| printed_pid(&run, word));
        assert!(left.iter().all(|pid| is_running(*pid)));
        run.type_text("\n").await;
        run.wait_for_output("the program has exited and left processes running; they are stopped").await;
        assert!(
            !is_running(left[2]) || fixture.usage().await["occupied"] == 1,
            "the seat is occupied while a process runs"
        );
        assert_eq!(run.code().await, 3);
        assert!(!left.iter().any(|pid| is_running(*pid)), "{left:?}");
        assert!(run.err().contains("the program does not stop, and is killed"), "{}", run.err());
        assert_eq!(fixture.usage().await["occupied"], 0);
    }

    async fn a_launcher_keeps_the_seat_for_its_child_if_requested(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let script = "exec 3<&0; (read line <&3; echo late) & echo gone; exit 5";
        let mut run = fixture.run(&fixture.agents[0], &["--on-exit", "wait"], &["sh", "-c", script]);
        run.wait_for_output("left a process running; the seat is kept until it ends").await;
        assert_eq!(fixture.usage().await["occupied"], 1);
        run.type_text("\n").await;
        assert_eq!(run.code().await, 5);
        assert!(run.out().ends_with("late\n"), "{}", run.out());
        assert_eq!(fixture.usage().await["occupied"], 0);
    }

    async fn leftover_processes_keep_running_if_requested(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let script = "sleep 600 >/dev/null 2>&1 & echo left $!; exit 0";
        let mut run = fixture.run(&fixture.agents[0], &["--on-exit", "leave"], &["sh", "-c", script]);
        assert_eq!((run.code().await, run.err().as_str()), (0, ""));
        assert_eq!(fixture.usage().await["occupied"], 0);
        kill(printed_pid(&run, "left "), Signal::SIGKILL).expect("it is still running");
    }

    async fn every_signal_reaches_the_children_of_the_program(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let inner = "trap 'echo inner; exit' TERM; echo ready; while :; do sleep 0.05; done";
        let script = format!(
            "n=0; trap 'n=$((n+1)); echo term $n' TERM; trap 'echo quit' QUIT; sh -c \"{inner}\" & \
            while [ $n -lt 2 ]; do sleep 0.05; done; exit 9"
        );
        let mut run = fixture.run(&fixture.agents[0], &[], &["sh", "-c", &script]);
        run.wait_for_output("ready").await;
        run.signal(Signal::SIGTERM);
        run.wait_for_output("inner").await;
        run.wait_for_output("term 1").await;
        run.signal(Signal::SIGQUIT);
        run.wait_for_output("quit").await;
        run.signal(Signal::SIGTERM);
        assert_eq!(run.code().await, 9);
        assert_eq!(fixture.usage().await["occupied"], 0);
    }
}

/// Starts a command in a terminal of its own.
fn start_in_terminal(fixture: &CliFixture, command: &str) -> RunningCommand {
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", command, "/dev/null"]);
    let binary = process::binary().parent().expect("a folder").display().to_string();
    let path = format!("{binary}:{}", std::env::var("PATH").expect("a path"));
    let own =
        [("SEATKEEPER_URL", fixture.url.as_str()), ("SEATKEEPER_TOKEN", fixture.agents[0].secret()), ("PATH", &path)];
    fixture.isolate(&mut terminal, &own);
    terminal.env("TERM", "dumb").env("PS1", "> ");
    RunningCommand::start(terminal)
}

const RUN_COMMAND: &str = "seatkeeper run --product remote-support-v5 --";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_reads_from_the_terminal_and_job_control_works() {
    let fixture = CliFixture::start(Engine::Sqlite, 1, 1).await;
    let mut shell = start_in_terminal(&fixture, "bash --norc --noprofile -i");
    shell
        .type_text(&format!(
            "{RUN_COMMAND} sh -c 'echo wor''ks; read a; echo got $a; \
         read b < /dev/tty; echo and $b'\n"
        ))
        .await;
    shell.wait_for_output("works").await;
    shell.type_text("\x1a").await;
    shell.wait_for_output("Stopped").await;
    shell.type_text("echo the shell ha''s it\n").await;
    shell.wait_for_output("the shell has it").await;
    shell.type_text("fg\n").await;
    shell.type_text("one\n").await;
    shell.wait_for_output("got one").await;
    shell.type_text("two\n").await;
    shell.wait_for_output("and two").await;
    // In the background it stops when it reads, and continues in the foreground.
    shell.type_text(&format!("{RUN_COMMAND} sh -c 'read a; echo be''hind $a' &\n")).await;
    eventually("it has a seat", async || fixture.usage().await["occupied"] == 1).await;
    shell
        .type_text(
            "while jobs %% | grep -q Running; do :; done; \
         jobs | grep -c Stop''ped | sed 's/^/stopped: /'\n",
        )
        .await;
    shell.wait_for_output("stopped: 1").await;
    shell.type_text("fg\nthree\n").await;
    shell.wait_for_output("behind three").await;
    shell.type_text("exit 6\n").await;
    assert_eq!(shell.code().await, 6, "{}", shell.out());
    fixture.wait_for_usage(0, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_reads_from_the_terminal_and_ctrl_c_reaches_all_of_it() {
    let fixture = CliFixture::start(Engine::Sqlite, 1, 1).await;
    let mut shell = start_in_terminal(&fixture, "bash --norc --noprofile -i");
    let reader = "sh -c 'read a; read b < /dev/tty; echo $a $b; cat'";
    shell.type_text(&format!("{RUN_COMMAND} sh -c 'echo fir''st; exec sleep 600' | {reader}\n")).await;
    eventually("it has a seat", async || fixture.usage().await["occupied"] == 1).await;
    shell.type_text("second\n").await;
    shell.wait_for_output("first second").await;
    shell.type_text("\x03").await;
    fixture.wait_for_usage(0, 0).await;
    shell.type_text("exit 0\n").await;
    assert!([0, 130].contains(&shell.code().await), "{}", shell.out());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_also_ends_the_calling_script() {
    let fixture = CliFixture::start(Engine::Sqlite, 1, 1).await;
    let script = format!("{RUN_COMMAND} sh -c 'echo works; exec sleep 600'; echo went on");
    let mut run = start_in_terminal(&fixture, &format!("bash -c \"{script}\""));
    run.wait_for_output("works").await;
    run.type_text("\x03").await;
    assert_eq!(run.code().await, 130, "{}", run.out());
    assert!(!run.out().contains("went on"), "{}", run.out());
    fixture.wait_for_usage(0, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_job_control_shell_ctrl_z_stops_nothing() {
    let fixture = CliFixture::start(Engine::Sqlite, 1, 1).await;
    let mut run =
        start_in_terminal(&fixture, &format!("exec {RUN_COMMAND} sh -c 'echo works; read a; echo got $a; exit 4'"));
    run.wait_for_output("works").await;
    run.type_text("\x1a").await;
    run.type_text("it\n").await;
    run.wait_for_output("got it").await;
    assert_eq!(run.code().await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_pid_1_it_reaps_children_and_forwards_signals() {
    let fixture = CliFixture::start(Engine::Sqlite, 1, 1).await;
    let alone = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    let may = Command::new("unshare").args(alone).arg("true").stderr(Stdio::null()).status().await;
    if !may.is_ok_and(|may| may.success()) {
        println!("skipped: no right to create process namespaces");
        return;
    }
    // Starts orphans that end at once, prints when no zombie is left, and waits for a signal.
    let script = "trap 'exit 4' TERM; for i in 1 2 3 4 5; do (true &); done; \
        while grep -qs '^State:.Z' /proc/[0-9]*/status; do :; done; echo parent $PPID no zombies; \
        while :; do sleep 0.05; done";
    let mut container = Command::new("unshare");
    container.args(alone).arg(process::binary()).args([
        "run",
        "--product",
        "remote-support-v5",
        "--",
        "sh",
        "-c",
        script,
    ]);
    fixture
        .isolate(&mut container, &[("SEATKEEPER_URL", &fixture.url), ("SEATKEEPER_TOKEN", fixture.agents[0].secret())]);
    let mut run = RunningCommand::start(container);
    run.wait_for_output("parent 1 no zombies").await;
    // The process id of PID 1, as seen from outside.
    let outside = fixture.namespace_init(&run).await;
    kill(outside, Signal::SIGTERM).expect("it runs");
    assert_eq!(run.code().await, 4, "{}", run.err());
    assert_eq!(fixture.usage().await["occupied"], 0);
}
