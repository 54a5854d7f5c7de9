//! `seatkeeper run`: a seat as long as a program runs, whatever happens to program, client and server.

use crate::world::{
    Scene, Started,
    command::{at_the_command_line, eventually, output},
    process,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::process::Command;

/// A program that says when it runs, and ends when a line is typed.
const WORKS: [&str; 3] = ["sh", "-c", "echo works $$; read line; echo done"];
/// A program that runs for as long as a test can.
const SLEEPS: [&str; 3] = ["sh", "-c", "echo works $$; exec sleep 600"];

/// The number of the program that said it works.
fn program(run: &Started) -> Pid {
    let said = run.out();
    let number = said.lines().find_map(|line| line.strip_prefix("works ")).expect("it works");
    Pid::from_raw(number.parse().expect("a number"))
}

at_the_command_line! {
    async fn the_program_has_a_seat_and_our_input_and_its_exit_code_is_ours(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let script = "echo \"$SEATKEEPER_PRODUCT $SEATKEEPER_SESSION\"; read line; echo \"$line\" >&2; exit 42";
        let mut run = scene.run(&scene.agents[0], &["--device", "Workbench 3"], &["sh", "-c", script]);
        run.until_it_says("remote-support-v5 ").await;
        let session = scene.session().await;
        assert_eq!((&session["device"], &session["mode"]), (&json!("Workbench 3"), &json!("application")));
        assert_eq!(run.out().trim(), format!("remote-support-v5 {}", session["id"].as_str().expect("an id")));
        run.typed("from the keyboard\n").await;
        assert_eq!(run.code().await, 42);
        assert_eq!(run.err(), "from the keyboard\n", "and nothing of ours");
        assert_eq!(scene.usage().await["occupied"], 0, "the seat is free before the command ends");
        assert_eq!(scene.last_end().await["reason"], "finished");
    }

    async fn killed_with_9_it_is_shown_as_lost_and_its_seat_is_free_after_the_lease(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let mut run = scene.run(&scene.agents[0], &[], &SLEEPS);
        run.until_it_says("works").await;
        let program = program(&run);
        run.kill().await;
        let shown = async || {
            let said = scene.said(&scene.agents[0], &["status", "--once"]).await;
            String::from_utf8_lossy(&said.stdout).contains("lost contact")
        };
        eventually("it is shown as lost", shown).await;
        assert_eq!(scene.usage().await["occupied"], 1, "until the lease is over the seat is its own");
        scene.until_used(0, 0).await;
        let says_so = async || scene.last_end().await["reason"] == "lease_expired";
        eventually("the history says why", says_so).await;
        kill(program, Signal::SIGKILL).expect("the program lives on without us");
    }

    async fn an_interrupt_of_the_whole_group_ends_both_and_frees_the_seat(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let mut run = scene.run(&scene.agents[0], &[], &SLEEPS);
        run.until_it_says("works").await;
        run.signal_group(Signal::SIGINT);
        assert_eq!(run.code().await, 130);
        assert_eq!((scene.usage().await["occupied"].as_i64(), scene.last_end().await["reason"].as_str()), (Some(0), Some("finished")));
    }

    async fn signals_reach_the_program_and_its_answer_reaches_us(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let script = "trap 'echo usr1' USR1; trap 'echo hup' HUP; trap 'echo bye; exit 7' TERM; echo works; \
            while :; do sleep 0.05; done";
        let mut run = scene.run(&scene.agents[0], &[], &["sh", "-c", script]);
        run.until_it_says("works").await;
        run.signal(Signal::SIGUSR1);
        run.until_it_says("usr1").await;
        run.signal(Signal::SIGHUP);
        run.until_it_says("hup").await;
        run.signal(Signal::SIGTERM);
        assert_eq!(run.code().await, 7);
        assert!(run.out().ends_with("bye\n"), "{}", run.out());
        assert_eq!(scene.usage().await["occupied"], 0);
    }

    async fn a_program_that_crashes_gives_its_seat_back(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let mut run = scene.run(&scene.agents[0], &[], &["sh", "-c", "kill -SEGV $$"]);
        assert_eq!(run.code().await, 139);
        assert_eq!(scene.usage().await["occupied"], 0);
    }

    async fn a_program_that_cannot_be_started_costs_no_seat(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let mut run = scene.run(&scene.agents[0], &[], &["no-such-program"]);
        assert_eq!(run.code().await, 127);
        assert_eq!(run.err(), "seatkeeper: there is no program no-such-program\n");
        let mut run = scene.run(&scene.agents[0], &[], &["/etc/passwd"]);
        assert_eq!(run.code().await, 126);
        assert_eq!(scene.usage().await["occupied"], 0);
        assert_eq!(scene.admin.get("/sessions?state=ended").await.ok()["total"], 2);
    }

    async fn the_second_waits_and_gets_the_seat_of_the_first(engine: Engine) {
        let scene = Scene::start(engine, 1, 2).await;
        let mut first = scene.run(&scene.agents[0], &[], &WORKS);
        first.until_it_says("works").await;
        let mut second = scene.run(&scene.agents[1], &["--wait", "2m"], &WORKS);
        second.until_it_says("you are number 1 in the line").await;
        assert_eq!(second.out(), "", "the program waits, too");
        first.typed("\n").await;
        assert_eq!(first.code().await, 0);
        second.until_it_says("works").await;
        assert_eq!(scene.session().await["user_name"], "Agent 1");
        second.typed("\n").await;
        assert_eq!(second.code().await, 0);
        scene.until_used(0, 0).await;
    }

    async fn who_waits_in_vain_or_is_interrupted_leaves_the_line(engine: Engine) {
        let scene = Scene::start(engine, 1, 2).await;
        let seated = scene.agents[0].seated().await;
        let mut at_once = scene.run(&scene.agents[1], &[], &WORKS);
        assert_eq!(at_once.code().await, 69);
        assert!(at_once.err().contains("All shared licenses are in use"), "{}", at_once.err());
        assert!(at_once.err().contains("1 of 1 seats are occupied, 0 are waiting. To wait for one"), "{}", at_once.err());
        let mut patient = scene.run(&scene.agents[1], &["--wait", "1s"], &WORKS);
        assert_eq!(patient.code().await, 69);
        assert!(patient.err().ends_with("no seat became free within 1 s; nothing was started\n"), "{}", patient.err());
        scene.until_used(1, 0).await;
        scene.agents[0].act(&seated, "heartbeat").await.ok();
        let mut interrupted = scene.run(&scene.agents[1], &["--wait", "5m"], &WORKS);
        interrupted.until_it_says("number 1").await;
        interrupted.signal_group(Signal::SIGINT);
        assert_eq!((interrupted.code().await, interrupted.out().as_str()), (130, ""));
        scene.until_used(1, 0).await;
    }

    async fn the_server_is_killed_and_comes_back_and_the_seat_is_still_its_own(engine: Engine) {
        let mut scene = Scene::start(engine, 1, 1).await;
        let mut run = scene.run(&scene.agents[0], &["--on-lost", "stop"], &WORKS);
        run.until_it_says("works").await;
        let session = scene.session().await;
        scene.kill_server();
        run.until_it_says("the seat stays yours for").await;
        scene.start_server().await;
        run.until_it_says("the server is back, and the seat is still yours").await;
        assert_eq!(scene.session().await["id"], session["id"]);
        run.typed("\n").await;
        assert_eq!(run.code().await, 0);
        assert!(!run.err().contains("lost"), "{}", run.err());
        scene.until_used(0, 0).await;
    }

    async fn without_the_server_it_runs_until_the_lease_ends_and_then_as_was_wished(engine: Engine) {
        let mut scene = Scene::start(engine, 2, 2).await;
        let mut stops = scene.run(&scene.agents[0], &["--on-lost", "stop", "--grace", "0"], &SLEEPS);
        let mut goes_on = scene.run(&scene.agents[1], &[], &WORKS);
        stops.until_it_says("works").await;
        goes_on.until_it_says("works").await;
        scene.kill_server();
        assert_eq!(stops.code().await, 143);
        assert!(stops.err().contains("the seat is lost; the program will be stopped"), "{}", stops.err());
        assert!(stops.err().contains("the seat could not be given back"), "{}", stops.err());
        goes_on.until_it_says("the seat is lost; the program runs on").await;
        scene.start_server().await;
        goes_on.until_it_says("the server is back").await;
        goes_on.typed("\n").await;
        assert_eq!((goes_on.code().await, goes_on.out().ends_with("done\n")), (0, true));
    }

    async fn when_an_admin_ends_it_the_program_runs_on_with_a_warning(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let mut run = scene.run(&scene.agents[0], &[], &WORKS);
        run.until_it_says("works").await;
        scene.end_session(json!({ "message": "Inventory tonight" })).await.ok();
        let says = "the session was ended by Anja Krüger: \"Inventory tonight\"; the program runs on without a seat";
        run.until_it_says(says).await;
        assert_eq!(scene.usage().await["occupied"], 0);
        run.typed("\n").await;
        assert_eq!((run.code().await, run.out().ends_with("done\n")), (0, true));
        assert_eq!(scene.last_end().await["reason"], "ended_by_admin");
    }

    async fn when_an_admin_ends_it_the_program_is_stopped_if_that_was_wished(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let mut run = scene.run(&scene.agents[0], &["--on-ended", "stop", "--grace", "1s", "--json"], &SLEEPS);
        run.until_it_says("works").await;
        scene.end_session(json!({ "in_seconds": 5 })).await.ok();
        assert_eq!(run.code().await, 143);
        let told: Vec<Value> = run.err().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let names: Vec<_> = told.iter().map(|event| event["event"].as_str().expect("a name")).collect();
        assert_eq!(names, ["seated", "ending", "ended", "stopping"]);
        assert_eq!(told[1]["ending"]["by"], "Anja Krüger");
        assert_eq!((&told[2]["end"]["reason"], &told[2]["stop_in_seconds"]), (&json!("ended_by_admin"), &json!(1)));
    }

    async fn paused_for_longer_than_its_lease_it_takes_a_seat_anew(engine: Engine) {
        let scene = Scene::start(engine, 1, 1).await;
        let mut run = scene.run(&scene.agents[0], &[], &WORKS);
        run.until_it_says("works").await;
        let before = scene.session().await;
        run.signal(Signal::SIGSTOP);
        scene.until_used(0, 0).await;
        run.signal(Signal::SIGCONT);
        run.until_it_says("you have a seat again").await;
        let after = scene.session().await;
        assert_ne!(after["id"], before["id"], "an expired lease is never revived");
        run.typed("\n").await;
        assert_eq!(run.code().await, 0);
        scene.until_used(0, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_at_a_terminal_reaches_the_program_once() {
    let scene = Scene::start(crate::world::Engine::Sqlite, 1, 1).await;
    let program =
        "trap 'echo interrupted; n=1' INT; echo works; while [ -z \"$n\" ]; do sleep 0.05; done; sleep 0.3; exit 5";
    let inner = format!(
        "exec '{}' run --product remote-support-v5 -- sh -c '{}'",
        process::binary().display(),
        program.replace('\'', r"'\''")
    );
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &inner, "/dev/null"]);
    scene.tidy(&mut terminal, &[("SEATKEEPER_URL", &scene.url), ("SEATKEEPER_TOKEN", scene.agents[0].secret())]);
    let mut run = Started::start(terminal);
    run.until_it_says("works").await;
    run.typed("\x03").await;
    assert_eq!(run.code().await, 5, "{}{}", run.out(), run.err());
    assert_eq!(run.out().matches("interrupted").count(), 1, "{}", run.out());
    assert_eq!(scene.usage().await["occupied"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_started_to_ignore_hangups_ignores_them() {
    let scene = Scene::start(crate::world::Engine::Sqlite, 1, 1).await;
    let mut nohup = Command::new("nohup");
    nohup.arg(process::binary()).args(["run", "--product", "remote-support-v5", "--"]).args(WORKS);
    scene.tidy(&mut nohup, &[("SEATKEEPER_URL", &scene.url), ("SEATKEEPER_TOKEN", scene.agents[0].secret())]);
    let mut run = Started::start(nohup);
    run.until_it_says("works").await;
    run.signal_group(Signal::SIGHUP);
    run.typed("\n").await;
    assert_eq!((run.code().await, run.out().ends_with("done\n")), (0, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_work_is_said_with_its_exit_code() {
    let mut scene = Scene::start(crate::world::Engine::Sqlite, 1, 1).await;
    let agent = scene.agents[0].clone();
    let asked = ["run", "--product", "remote-support-v5", "--", "true"];
    let with = |url: &str, token: &str| {
        let mut command = scene.command(&asked, &[("SEATKEEPER_URL", url), ("SEATKEEPER_TOKEN", token)]);
        command.stdin(Stdio::null());
        command
    };
    let wrong = with(&scene.url, "wrong");
    let nowhere = scene.command(&asked, &[]);
    let strange = with(&format!("{}/elsewhere", scene.url), agent.secret());
    let not_assigned = scene.of(&scene.admin, &asked);
    let no_product = scene.of(&agent, &["run", "--product", "no-such", "--", "true"]);
    let no_program = scene.of(&agent, &["run", "--product", "remote-support-v5"]);
    let bad_wait = scene.of(&agent, &["run", "--product", "x", "--wait", "soon", "--", "true"]);
    let cases = [
        (wrong, 77, "The API token is wrong, has run out or was deleted"),
        (nowhere, 78, "run `seatkeeper login URL`"),
        (strange, 76, "Is the address that of a Seatkeeper server"),
        (not_assigned, 77, "Ask your administrator to assign one"),
        (no_product, 64, "There is no such product"),
        (no_program, 64, "PROGRAM"),
        (bad_wait, 64, "is no span of time"),
    ];
    for (command, code, says) in cases {
        let said = output(command).await;
        let err = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(code), "{err}");
        assert!(err.contains(says), "{says}: {err}");
    }
    scene.kill_server();
    let mut away = scene.run(&agent, &["--json"], &["true"]);
    assert_eq!(away.code().await, 75);
    let told: Vec<Value> = away.err().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        (&told[0]["event"], &told[1]["event"], &told[1]["exit"]),
        (&json!("away"), &json!("failed"), &json!(75))
    );
}
