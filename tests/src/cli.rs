//! `seatkeeper status` and `seatkeeper sessions`.

use crate::harness::{
    CliFixture, RunningCommand,
    cli::{at_the_command_line, output},
    process,
};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::process::Output;
use tokio::process::Command;

fn successful_stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

at_the_command_line! {
    async fn status_shows_seats_holders_and_the_queue(engine: Engine) {
        let fixture = CliFixture::start(engine, 2, 3).await;
        fixture.agents[0].seated_at("NB-0001").await;
        fixture.agents[1].seated_at("NB-0002").await;
        fixture.agents[2].request_or_queue_at("NB-0003").await.accepted();
        let shown = successful_stdout(&fixture.output_of(&fixture.admin, &["status", "--once"]).await);
        for part in [
            "Remote Support v5 – Concurrent\n■■  2 of 2 taken, 1 waiting\n",
            "  Agent 0     NB-0001  connected",
            "  1. Agent 2  NB-0003  waits",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        let own = successful_stdout(&fixture.output_of(&fixture.agents[0], &["status"]).await);
        assert!(own.contains("Agent 0") && !own.contains("Agent 1"), "an agent sees only their own sessions: {own}");
        let json: Value =
            serde_json::from_str(&successful_stdout(&fixture.output_of(&fixture.admin, &["status", "--json"]).await))
                .expect("JSON");
        assert_eq!(
            (json["sessions"].as_array().map(Vec::len), &json["licenses"][0]["use"]["occupied"]),
            (Some(2), &json!(2))
        );
        assert_eq!(json["queues"][0]["tickets"][0]["user_name"], "Agent 2");
    }

    async fn sessions_are_listed_and_ended(engine: Engine) {
        let fixture = CliFixture::start(engine, 2, 2).await;
        let none = successful_stdout(&fixture.output_of(&fixture.admin, &["sessions", "list"]).await);
        assert_eq!(none, "No sessions.\n");
        fixture.agents[0].seated_at("NB-0001").await;
        let id = fixture.session().await["id"].as_str().expect("an id").to_owned();
        let list = successful_stdout(&fixture.output_of(&fixture.admin, &["sessions", "list"]).await);
        assert!(list.lines().nth(1).is_some_and(|row| row.starts_with(&format!("{id}  Agent 0"))), "{list}");
        let json: Value = serde_json::from_str(&successful_stdout(
            &fixture.output_of(&fixture.admin, &["sessions", "list", "--json"]).await,
        ))
        .expect("JSON");
        assert_eq!(json["items"][0]["id"], id.as_str());

        let not_own = fixture.output_of(&fixture.agents[1], &["sessions", "end", &id]).await;
        assert_eq!(not_own.status.code(), Some(1));
        let refusal = "not ended: This does not exist, or you have no access to it.";
        assert!(String::from_utf8_lossy(&not_own.stdout).contains(refusal));
        let ended =
            successful_stdout(&fixture.output_of(&fixture.admin, &["sessions", "end", &id, "--message", "Bye"]).await);
        assert_eq!(ended, format!("{id}  ended\n"));
        assert_eq!(
            (fixture.usage().await["occupied"].as_i64(), fixture.last_end().await["message"].as_str()),
            (Some(0), Some("Bye"))
        );
        let again = fixture.output_of(&fixture.admin, &["sessions", "end", &id, "--json"]).await;
        assert_eq!(again.status.code(), Some(1));
        let again: Value = serde_json::from_slice(&again.stdout).expect("JSON");
        assert_eq!(again["results"][0]["refused"], "session_ended");
        assert_eq!(fixture.output_of(&fixture.admin, &["sessions", "end", "nonsense"]).await.status.code(), Some(64));
        let ended_list =
            successful_stdout(&fixture.output_of(&fixture.admin, &["sessions", "list", "--state", "ended"]).await);
        assert!(ended_list.contains("ended: ended_by_admin"), "{ended_list}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_in_a_terminal_updates_live() {
    let mut fixture = CliFixture::start(crate::harness::Engine::Sqlite, 3, 1).await;
    let mut terminal = Command::new("script");
    let inner = format!("stty rows 24 cols 80; exec '{}' status", process::binary().display());
    terminal.args(["--quiet", "--return", "--command", &inner, "/dev/null"]);
    fixture.isolate(&mut terminal, &[("SEATKEEPER_URL", &fixture.url), ("SEATKEEPER_TOKEN", fixture.admin.secret())]);
    let mut status = RunningCommand::start(terminal);
    status.wait_for_output("□□□  0 of 3 taken").await;
    fixture.agents[0].seated().await;
    status.wait_for_output("■□□  1 of 3 taken").await;
    fixture.kill_server();
    status.wait_for_output("NOT LIVE").await;
    fixture.start_server().await;
    let is_live_again = |out: &str| out.rfind("1 of 3 taken") > out.rfind("NOT LIVE").map(|at| at + 400);
    status.wait_for_stdout("it is live again", is_live_again).await;
    status.type_text("\x03").await;
    assert_eq!(status.code().await, 0);
    assert!(status.out().contains("\x1b[?1049l"), "the terminal is restored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_reports_what_is_wrong() {
    let fixture = CliFixture::start(crate::harness::Engine::Sqlite, 1, 1).await;
    let wrong =
        fixture.command(&["status", "--json"], &[("SEATKEEPER_URL", &fixture.url), ("SEATKEEPER_TOKEN", "wrong")]);
    let output = output(wrong).await;
    let problem: Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!((output.status.code(), &problem["problem"]["code"]), (Some(77), &json!("not_signed_in")));
    let mut run = fixture.run(&fixture.agents[0], &[], &["sh", "-c", "echo works; sleep 600"]);
    run.wait_for_output("works").await;
    run.signal(Signal::SIGTERM);
    assert_eq!(run.code().await, 143);
}
