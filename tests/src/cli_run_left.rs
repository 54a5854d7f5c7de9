//! `seatkeeper run` and the processes that its program starts: no seat is free while one of them works, and none is lost at a
//! terminal or as a zombie.

use crate::world::{
    Engine, Scene, Started,
    command::{at_the_command_line, eventually},
    process,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::process::Stdio;
use tokio::process::Command;

/// The number behind a word that was said.
fn number(run: &Started, word: &str) -> Pid {
    let said = run.out();
    let number = said.lines().find_map(|line| line.trim().strip_prefix(word)).expect("it was said");
    Pid::from_raw(number.trim().parse().expect("a number"))
}

/// Whether a process runs; a zombie does not.
fn runs(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

at_the_command_line! {
    async fn what_a_program_leaves_behind_ends_before_the_seat_is_free(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        // In its process group; in a session of its own; and orphaned twice over, deaf to requests.
        let script = "sleep 600 >/dev/null 2>&1 & echo one $!; setsid sleep 600 >/dev/null 2>&1 & echo two $!; \
            (sh -c 'trap \"\" TERM; echo three $$; exec sleep 600 >/dev/null 2>&1' &); read line; exit 3";
        let mut run = scene.run(&scene.agents[0], &[], &["sh", "-c", script]);
        run.until_it_says("three ").await;
        let left = ["one ", "two ", "three "].map(|word| number(&run, word));
        assert!(left.iter().all(|pid| runs(*pid)));
        run.typed("\n").await;
        run.until_it_says("the program has ended and left processes behind; they are stopped").await;
        assert!(!runs(left[2]) || scene.usage().await["occupied"] == 1, "the seat is taken as long as one works");
        assert_eq!(run.code().await, 3);
        assert!(!left.iter().any(|pid| runs(*pid)), "{left:?}");
        assert!(run.err().contains("the program does not stop, and is killed"), "{}", run.err());
        assert_eq!(scene.usage().await["occupied"], 0);
    }

    async fn a_program_that_only_starts_another_keeps_the_seat_for_it_if_that_is_wished(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let script = "exec 3<&0; (read line <&3; echo late) & echo gone; exit 5";
        let mut run = scene.run(&scene.agents[0], &["--on-exit", "wait"], &["sh", "-c", script]);
        run.until_it_says("left a process behind; the seat is kept until it ends").await;
        assert_eq!(scene.usage().await["occupied"], 1);
        run.typed("\n").await;
        assert_eq!(run.code().await, 5);
        assert!(run.out().ends_with("late\n"), "{}", run.out());
        assert_eq!(scene.usage().await["occupied"], 0);
    }

    async fn what_is_left_behind_is_left_alone_if_that_is_wished(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let script = "sleep 600 >/dev/null 2>&1 & echo left $!; exit 0";
        let mut run = scene.run(&scene.agents[0], &["--on-exit", "leave"], &["sh", "-c", script]);
        assert_eq!((run.code().await, run.err().as_str()), (0, ""));
        assert_eq!(scene.usage().await["occupied"], 0);
        kill(number(&run, "left "), Signal::SIGKILL).expect("it lives on");
    }

    async fn a_signal_reaches_what_the_program_started_each_time_that_it_comes(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let inner = "trap 'echo inner; exit' TERM; echo ready; while :; do sleep 0.05; done";
        let script = format!("n=0; trap 'n=$((n+1)); echo term $n' TERM; trap 'echo quit' QUIT; sh -c \"{inner}\" & \
            while [ $n -lt 2 ]; do sleep 0.05; done; exit 9");
        let mut run = scene.run(&scene.agents[0], &[], &["sh", "-c", &script]);
        run.until_it_says("ready").await;
        run.signal(Signal::SIGTERM);
        run.until_it_says("inner").await;
        run.until_it_says("term 1").await;
        run.signal(Signal::SIGQUIT);
        run.until_it_says("quit").await;
        run.signal(Signal::SIGTERM);
        assert_eq!(run.code().await, 9);
        assert_eq!(scene.usage().await["occupied"], 0);
    }
}

/// A command in a terminal of its own.
fn in_a_terminal(scene: &Scene, command: &str) -> Started {
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", command, "/dev/null"]);
    let binary = process::binary().parent().expect("a folder").display().to_string();
    let path = format!("{binary}:{}", std::env::var("PATH").expect("a path"));
    let own = [("SEATKEEPER_URL", scene.url.as_str()), ("SEATKEEPER_TOKEN", scene.agents[0].secret()), ("PATH", &path)];
    scene.tidy(&mut terminal, &own);
    terminal.env("TERM", "dumb").env("PS1", "> ");
    Started::start(terminal)
}

const RUN: &str = "seatkeeper run --product remote-support-v5 --";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_reads_from_the_terminal_and_ctrl_z_and_fg_work_as_without_us() {
    let scene = Scene::start(Engine::Sqlite, 1, 1).await;
    let mut shell = in_a_terminal(&scene, "bash --norc --noprofile -i");
    shell.typed(&format!("{RUN} sh -c 'echo wor''ks; read a; echo got $a; read b < /dev/tty; echo and $b'\n")).await;
    shell.until_it_says("works").await;
    shell.typed("\x1a").await;
    shell.until_it_says("Stopped").await;
    shell.typed("echo the shell ha''s it\n").await;
    shell.until_it_says("the shell has it").await;
    shell.typed("fg\n").await;
    shell.typed("one\n").await;
    shell.until_it_says("got one").await;
    shell.typed("two\n").await;
    shell.until_it_says("and two").await;
    // In the background it stops when it wants to read, and goes on in the foreground.
    shell.typed(&format!("{RUN} sh -c 'read a; echo be''hind $a' &\n")).await;
    eventually("it has a seat", async || scene.usage().await["occupied"] == 1).await;
    shell.typed("while jobs %% | grep -q Running; do :; done; jobs | grep -c Stop''ped | sed 's/^/stopped: /'\n").await;
    shell.until_it_says("stopped: 1").await;
    shell.typed("fg\nthree\n").await;
    shell.until_it_says("behind three").await;
    shell.typed("exit 6\n").await;
    assert_eq!(shell.code().await, 6, "{}", shell.out());
    scene.until_used(0, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_of_a_pipeline_read_from_the_terminal_and_ctrl_c_reaches_all() {
    let scene = Scene::start(Engine::Sqlite, 1, 1).await;
    let mut shell = in_a_terminal(&scene, "bash --norc --noprofile -i");
    let reader = "sh -c 'read a; read b < /dev/tty; echo $a $b; cat'";
    shell.typed(&format!("{RUN} sh -c 'echo fir''st; exec sleep 600' | {reader}\n")).await;
    eventually("it has a seat", async || scene.usage().await["occupied"] == 1).await;
    shell.typed("second\n").await;
    shell.until_it_says("first second").await;
    shell.typed("\x03").await;
    scene.until_used(0, 0).await;
    shell.typed("exit 0\n").await;
    assert!([0, 130].contains(&shell.code().await), "{}", shell.out());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_ends_the_script_that_runs_us_too() {
    let scene = Scene::start(Engine::Sqlite, 1, 1).await;
    let script = format!("{RUN} sh -c 'echo works; exec sleep 600'; echo went on");
    let mut run = in_a_terminal(&scene, &format!("bash -c \"{script}\""));
    run.until_it_says("works").await;
    run.typed("\x03").await;
    assert_eq!(run.code().await, 130, "{}", run.out());
    assert!(!run.out().contains("went on"), "{}", run.out());
    scene.until_used(0, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_shell_could_continue_it_ctrl_z_stops_nothing() {
    let scene = Scene::start(Engine::Sqlite, 1, 1).await;
    let mut run = in_a_terminal(&scene, &format!("exec {RUN} sh -c 'echo works; read a; echo got $a; exit 4'"));
    run.until_it_says("works").await;
    run.typed("\x1a").await;
    run.typed("it\n").await;
    run.until_it_says("got it").await;
    assert_eq!(run.code().await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_the_first_process_of_a_container_it_reaps_and_passes_signals_on() {
    let scene = Scene::start(Engine::Sqlite, 1, 1).await;
    let alone = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    let may = Command::new("unshare").args(alone).arg("true").stderr(Stdio::null()).status().await;
    if !may.is_ok_and(|may| may.success()) {
        println!("no right to make process namespaces: a container is not tried");
        return;
    }
    // Orphans that end at once; when no zombie is left it says so, and waits for a signal.
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
    scene.tidy(&mut container, &[("SEATKEEPER_URL", &scene.url), ("SEATKEEPER_TOKEN", scene.agents[0].secret())]);
    let mut run = Started::start(container);
    run.until_it_says("parent 1 no zombies").await;
    // Which process of ours it is, from outside.
    let outside = scene.first_in_namespace(&run).await;
    kill(outside, Signal::SIGTERM).expect("it runs");
    assert_eq!(run.code().await, 4, "{}", run.err());
    assert_eq!(scene.usage().await["occupied"], 0);
}
