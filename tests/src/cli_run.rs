//! `seatkeeper run` holds a seat while a program runs, whatever happens to the program, the client and the server.

use crate::harness::{
    CliFixture, RunningCommand,
    cli::{at_the_command_line, output},
    eventually, process,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::process::Command;

/// A program that prints when it runs, and ends when a line is typed.
const LINE_PROGRAM: [&str; 3] = ["sh", "-c", "echo works $$; read line; echo done"];
/// A program that outlasts any test.
const SLEEP_PROGRAM: [&str; 3] = ["sh", "-c", "echo works $$; exec sleep 600"];

/// The process id that the program printed.
fn program(run: &RunningCommand) -> Pid {
    let out = run.out();
    let number = out.lines().find_map(|line| line.strip_prefix("works ")).expect("it works");
    Pid::from_raw(number.parse().expect("a number"))
}

at_the_command_line! {
    async fn the_program_gets_a_seat_and_our_input_and_we_return_its_exit_code(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let script = "echo \"$SEATKEEPER_PRODUCT $SEATKEEPER_SESSION\"; read line; echo \"$line\" >&2; exit 42";
        let mut run = fixture.run(&fixture.agents[0], &["--device", "Workbench 3"], &["sh", "-c", script]);
        run.wait_for_output("remote-support-v5 ").await;
        let session = fixture.session().await;
        assert_eq!((&session["device"], &session["mode"]), (&json!("Workbench 3"), &json!("application")));
        assert_eq!(run.out().trim(), format!("remote-support-v5 {}", session["id"].as_str().expect("an id")));
        run.type_text("from the keyboard\n").await;
        assert_eq!(run.code().await, 42);
        assert_eq!(run.err(), "from the keyboard\n", "and nothing from the client");
        assert_eq!(fixture.usage().await["occupied"], 0, "the seat is free before the command ends");
        assert_eq!(fixture.last_end().await["reason"], "finished");
    }

    async fn after_kill_9_the_session_is_lost_and_the_seat_is_freed_with_the_lease(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let mut run = fixture.run(&fixture.agents[0], &[], &SLEEP_PROGRAM);
        run.wait_for_output("works").await;
        let program = program(&run);
        run.kill().await;
        let shown = async || {
            let output = fixture.output_of(&fixture.agents[0], &["status", "--once"]).await;
            String::from_utf8_lossy(&output.stdout).contains("lost contact")
        };
        eventually("it is shown as lost", shown).await;
        assert_eq!(fixture.usage().await["occupied"], 1, "the seat stays occupied until the lease expires");
        fixture.wait_for_usage(0, 0).await;
        let has_reason = async || fixture.last_end().await["reason"] == "lease_expired";
        eventually("the history shows the reason", has_reason).await;
        kill(program, Signal::SIGKILL).expect("the program outlives the client");
    }

    async fn interrupting_the_process_group_ends_both_and_frees_the_seat(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let mut run = fixture.run(&fixture.agents[0], &[], &SLEEP_PROGRAM);
        run.wait_for_output("works").await;
        run.signal_group(Signal::SIGINT);
        assert_eq!(run.code().await, 130);
        assert_eq!(
            (fixture.usage().await["occupied"].as_i64(), fixture.last_end().await["reason"].as_str()),
            (Some(0), Some("finished"))
        );
    }

    async fn signals_are_forwarded_and_the_exit_status_is_returned(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let script = "trap 'echo usr1' USR1; trap 'echo hup' HUP; trap 'echo bye; exit 7' TERM; echo works; \
            while :; do sleep 0.05; done";
        let mut run = fixture.run(&fixture.agents[0], &[], &["sh", "-c", script]);
        run.wait_for_output("works").await;
        run.signal(Signal::SIGUSR1);
        run.wait_for_output("usr1").await;
        run.signal(Signal::SIGHUP);
        run.wait_for_output("hup").await;
        run.signal(Signal::SIGTERM);
        assert_eq!(run.code().await, 7);
        assert!(run.out().ends_with("bye\n"), "{}", run.out());
        assert_eq!(fixture.usage().await["occupied"], 0);
    }

    async fn a_program_that_crashes_returns_its_seat(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let mut run = fixture.run(&fixture.agents[0], &[], &["sh", "-c", "kill -SEGV $$"]);
        assert_eq!(run.code().await, 139);
        assert_eq!(fixture.usage().await["occupied"], 0);
    }

    async fn a_program_that_cannot_be_started_takes_no_seat(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let mut run = fixture.run(&fixture.agents[0], &[], &["no-such-program"]);
        assert_eq!(run.code().await, 127);
        assert_eq!(run.err(), "seatkeeper: the program no-such-program was not found\n");
        let mut run = fixture.run(&fixture.agents[0], &[], &["/etc/passwd"]);
        assert_eq!(run.code().await, 126);
        assert_eq!(fixture.usage().await["occupied"], 0);
        assert_eq!(fixture.admin.get("/sessions?state=ended").await.ok()["total"], 2);
    }

    async fn the_second_run_waits_for_the_seat_of_the_first(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 2).await;
        let mut first = fixture.run(&fixture.agents[0], &[], &LINE_PROGRAM);
        first.wait_for_output("works").await;
        let mut second = fixture.run(&fixture.agents[1], &["--wait", "2m"], &LINE_PROGRAM);
        second.wait_for_output("you are number 1 in the queue").await;
        assert_eq!(second.out(), "", "the program has not started");
        first.type_text("\n").await;
        assert_eq!(first.code().await, 0);
        second.wait_for_output("works").await;
        assert_eq!(fixture.session().await["user_name"], "Agent 1");
        second.type_text("\n").await;
        assert_eq!(second.code().await, 0);
        fixture.wait_for_usage(0, 0).await;
    }

    async fn a_timed_out_or_interrupted_wait_leaves_the_queue(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 2).await;
        let seated = fixture.agents[0].seated().await;
        let mut at_once = fixture.run(&fixture.agents[1], &[], &LINE_PROGRAM);
        assert_eq!(at_once.code().await, 69);
        assert!(at_once.err().contains("All shared licenses are in use"), "{}", at_once.err());
        assert!(
            at_once.err().contains("1 of 1 seats are occupied, 0 are waiting. To wait for one"),
            "{}",
            at_once.err()
        );
        let mut patient = fixture.run(&fixture.agents[1], &["--wait", "1s"], &LINE_PROGRAM);
        assert_eq!(patient.code().await, 69);
        assert!(patient.err().ends_with("no seat became free within 1 s; nothing was started\n"), "{}", patient.err());
        fixture.wait_for_usage(1, 0).await;
        fixture.agents[0].post_action(&seated, "heartbeat").await.ok();
        let mut interrupted = fixture.run(&fixture.agents[1], &["--wait", "5m"], &LINE_PROGRAM);
        interrupted.wait_for_output("number 1").await;
        interrupted.signal_group(Signal::SIGINT);
        assert_eq!((interrupted.code().await, interrupted.out().as_str()), (130, ""));
        fixture.wait_for_usage(1, 0).await;
    }

    async fn a_run_keeps_its_seat_when_the_server_is_killed_and_restarted(engine: Engine) {
        let mut fixture = CliFixture::start(engine, 1, 1).await;
        let mut run = fixture.run(&fixture.agents[0], &["--on-lost", "stop"], &LINE_PROGRAM);
        run.wait_for_output("works").await;
        let session = fixture.session().await;
        fixture.kill_server();
        run.wait_for_output("the seat stays yours for").await;
        fixture.start_server().await;
        run.wait_for_output("the server is back, and the seat is still yours").await;
        assert_eq!(fixture.session().await["id"], session["id"]);
        run.type_text("\n").await;
        assert_eq!(run.code().await, 0);
        assert!(!run.err().contains("lost"), "{}", run.err());
        fixture.wait_for_usage(0, 0).await;
    }

    async fn without_a_server_it_runs_until_the_lease_ends_and_then_as_configured(engine: Engine) {
        let mut fixture = CliFixture::start(engine, 2, 2).await;
        let mut stops = fixture.run(&fixture.agents[0], &["--on-lost", "stop", "--grace", "0"], &SLEEP_PROGRAM);
        let mut continues = fixture.run(&fixture.agents[1], &[], &LINE_PROGRAM);
        stops.wait_for_output("works").await;
        continues.wait_for_output("works").await;
        fixture.kill_server();
        assert_eq!(stops.code().await, 143);
        assert!(stops.err().contains("the seat is lost; the program will be stopped"), "{}", stops.err());
        assert!(stops.err().contains("the seat could not be given back"), "{}", stops.err());
        continues.wait_for_output("the seat is lost; the program runs on").await;
        fixture.start_server().await;
        continues.wait_for_output("the server is back").await;
        continues.type_text("\n").await;
        assert_eq!((continues.code().await, continues.out().ends_with("done\n")), (0, true));
    }

    async fn when_an_admin_ends_the_session_the_program_continues_with_a_warning(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let mut run = fixture.run(&fixture.agents[0], &[], &LINE_PROGRAM);
        run.wait_for_output("works").await;
        fixture.end_session(json!({ "message": "Inventory tonight" })).await.ok();
        let says = "the session was ended by Anja Krüger: \"Inventory tonight\"; the program runs on without a seat";
        run.wait_for_output(says).await;
        assert_eq!(fixture.usage().await["occupied"], 0);
        run.type_text("\n").await;
        assert_eq!((run.code().await, run.out().ends_with("done\n")), (0, true));
        assert_eq!(fixture.last_end().await["reason"], "ended_by_admin");
    }

    async fn when_an_admin_ends_the_session_the_program_is_stopped_if_requested(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let mut run =
            fixture.run(&fixture.agents[0], &["--on-ended", "stop", "--grace", "1s", "--json"], &SLEEP_PROGRAM);
        run.wait_for_output("works").await;
        fixture.end_session(json!({ "in_seconds": 5 })).await.ok();
        assert_eq!(run.code().await, 143);
        let events: Vec<Value> = run.err().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let names: Vec<_> = events.iter().map(|event| event["event"].as_str().expect("a name")).collect();
        assert_eq!(names, ["seated", "ending", "ended", "stopping"]);
        assert_eq!(events[1]["ending"]["by"], "Anja Krüger");
        assert_eq!((&events[2]["end"]["reason"], &events[2]["stop_in_seconds"]), (&json!("ended_by_admin"), &json!(1)));
    }

    async fn a_run_paused_beyond_its_lease_takes_a_new_seat(engine: Engine) {
        let fixture = CliFixture::start(engine, 1, 1).await;
        let mut run = fixture.run(&fixture.agents[0], &[], &LINE_PROGRAM);
        run.wait_for_output("works").await;
        let before = fixture.session().await;
        run.signal(Signal::SIGSTOP);
        fixture.wait_for_usage(0, 0).await;
        run.signal(Signal::SIGCONT);
        run.wait_for_output("you have a seat again").await;
        let after = fixture.session().await;
        assert_ne!(after["id"], before["id"], "an expired lease is never revived");
        run.type_text("\n").await;
        assert_eq!(run.code().await, 0);
        fixture.wait_for_usage(0, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_at_a_terminal_reaches_the_program_once() {
    let fixture = CliFixture::start(crate::harness::Engine::Sqlite, 1, 1).await;
    let program =
        "trap 'echo interrupted; n=1' INT; echo works; while [ -z \"$n\" ]; do sleep 0.05; done; sleep 0.3; exit 5";
    let inner = format!(
        "exec '{}' run --product remote-support-v5 -- sh -c '{}'",
        process::binary().display(),
        program.replace('\'', r"'\''")
    );
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &inner, "/dev/null"]);
    fixture
        .isolate(&mut terminal, &[("SEATKEEPER_URL", &fixture.url), ("SEATKEEPER_TOKEN", fixture.agents[0].secret())]);
    let mut run = RunningCommand::start(terminal);
    run.wait_for_output("works").await;
    run.type_text("\x03").await;
    assert_eq!(run.code().await, 5, "{}{}", run.out(), run.err());
    assert_eq!(run.out().matches("interrupted").count(), 1, "{}", run.out());
    assert_eq!(fixture.usage().await["occupied"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_started_to_ignore_hangups_ignores_them() {
    let fixture = CliFixture::start(crate::harness::Engine::Sqlite, 1, 1).await;
    let mut nohup = Command::new("nohup");
    nohup.arg(process::binary()).args(["run", "--product", "remote-support-v5", "--"]).args(LINE_PROGRAM);
    fixture.isolate(&mut nohup, &[("SEATKEEPER_URL", &fixture.url), ("SEATKEEPER_TOKEN", fixture.agents[0].secret())]);
    let mut run = RunningCommand::start(nohup);
    run.wait_for_output("works").await;
    run.signal_group(Signal::SIGHUP);
    run.type_text("\n").await;
    assert_eq!((run.code().await, run.out().ends_with("done\n")), (0, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_has_its_message_and_exit_code() {
    let mut fixture = CliFixture::start(crate::harness::Engine::Sqlite, 1, 1).await;
    let agent = fixture.agents[0].clone();
    let arguments = ["run", "--product", "remote-support-v5", "--", "true"];
    let with = |url: &str, token: &str| {
        let mut command = fixture.command(&arguments, &[("SEATKEEPER_URL", url), ("SEATKEEPER_TOKEN", token)]);
        command.stdin(Stdio::null());
        command
    };
    let wrong = with(&fixture.url, "wrong");
    let nowhere = fixture.command(&arguments, &[]);
    let strange = with(&format!("{}/elsewhere", fixture.url), agent.secret());
    let not_assigned = fixture.command_as(&fixture.admin, &arguments);
    let no_product = fixture.command_as(&agent, &["run", "--product", "no-such", "--", "true"]);
    let no_program = fixture.command_as(&agent, &["run", "--product", "remote-support-v5"]);
    let bad_wait = fixture.command_as(&agent, &["run", "--product", "x", "--wait", "soon", "--", "true"]);
    let cases = [
        (wrong, 77, "The API token is wrong, has expired or was deleted"),
        (nowhere, 78, "run `seatkeeper login URL`"),
        (strange, 76, "Check that the address is that of a Seatkeeper server"),
        (not_assigned, 77, "Ask your administrator to assign one"),
        (no_product, 64, "There is no such product"),
        (no_program, 64, "PROGRAM"),
        (bad_wait, 64, "is not a duration"),
    ];
    for (command, code, says) in cases {
        let output = output(command).await;
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{err}");
        assert!(err.contains(says), "{says}: {err}");
    }
    fixture.kill_server();
    let mut away = fixture.run(&agent, &["--json"], &["true"]);
    assert_eq!(away.code().await, 75);
    let events: Vec<Value> = away.err().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        (&events[0]["event"], &events[1]["event"], &events[1]["exit"]),
        (&json!("away"), &json!("failed"), &json!(75))
    );
}
