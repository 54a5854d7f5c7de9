//! `seatkeeper status` and `seatkeeper sessions`.

use crate::world::{
    Scene, Started,
    command::{at_the_command_line, output},
    process,
};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::process::Output;
use tokio::process::Command;

fn text(said: &Output) -> String {
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).into_owned()
}

at_the_command_line! {
    async fn status_shows_seats_holders_and_the_line(engine: Engine) {
        let scene = Scene::start(engine, 2, 3).await;
        scene.agents[0].seated_at("NB-0001").await;
        scene.agents[1].seated_at("NB-0002").await;
        scene.agents[2].wait_at("NB-0003").await.accepted();
        let shown = text(&scene.said(&scene.admin, &["status", "--once"]).await);
        for part in [
            "Remote Support v5 – Concurrent\n■■  2 of 2 taken, 1 waiting\n",
            "  Agent 0     NB-0001  connected",
            "  1. Agent 2  NB-0003  waits",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        let own = text(&scene.said(&scene.agents[0], &["status"]).await);
        assert!(own.contains("Agent 0") && !own.contains("Agent 1"), "an agent sees his own: {own}");
        let json: Value = serde_json::from_str(&text(&scene.said(&scene.admin, &["status", "--json"]).await)).expect("JSON");
        assert_eq!((json["sessions"].as_array().map(Vec::len), &json["licenses"][0]["use"]["occupied"]), (Some(2), &json!(2)));
        assert_eq!(json["queues"][0]["tickets"][0]["user_name"], "Agent 2");
    }

    async fn sessions_are_listed_and_ended(engine: Engine) {
        let scene = Scene::start(engine, 2, 2).await;
        let none = text(&scene.said(&scene.admin, &["sessions", "list"]).await);
        assert_eq!(none, "No sessions.\n");
        scene.agents[0].seated_at("NB-0001").await;
        let id = scene.session().await["id"].as_str().expect("an id").to_owned();
        let list = text(&scene.said(&scene.admin, &["sessions", "list"]).await);
        assert!(list.lines().nth(1).is_some_and(|row| row.starts_with(&format!("{id}  Agent 0"))), "{list}");
        let json: Value = serde_json::from_str(&text(&scene.said(&scene.admin, &["sessions", "list", "--json"]).await)).expect("JSON");
        assert_eq!(json["items"][0]["id"], id.as_str());

        let not_his = scene.said(&scene.agents[1], &["sessions", "end", &id]).await;
        assert_eq!(not_his.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&not_his.stdout).contains("not ended: There is nothing here."));
        let ended = text(&scene.said(&scene.admin, &["sessions", "end", &id, "--message", "Bye"]).await);
        assert_eq!(ended, format!("{id}  ended\n"));
        assert_eq!((scene.usage().await["occupied"].as_i64(), scene.last_end().await["message"].as_str()), (Some(0), Some("Bye")));
        let again = scene.said(&scene.admin, &["sessions", "end", &id, "--json"]).await;
        assert_eq!(again.status.code(), Some(1));
        let again: Value = serde_json::from_slice(&again.stdout).expect("JSON");
        assert_eq!(again["results"][0]["refused"], "session_ended");
        assert_eq!(scene.said(&scene.admin, &["sessions", "end", "nonsense"]).await.status.code(), Some(64));
        let gone = text(&scene.said(&scene.admin, &["sessions", "list", "--state", "ended"]).await);
        assert!(gone.contains("ended: ended_by_admin"), "{gone}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_in_a_terminal_is_live() {
    let mut scene = Scene::start(crate::world::Engine::Sqlite, 3, 1).await;
    let mut terminal = Command::new("script");
    let inner = format!("stty rows 24 cols 80; exec '{}' status", process::binary().display());
    terminal.args(["--quiet", "--return", "--command", &inner, "/dev/null"]);
    scene.tidy(&mut terminal, &[("SEATKEEPER_URL", &scene.url), ("SEATKEEPER_TOKEN", scene.admin.secret())]);
    let mut status = Started::start(terminal);
    status.until_it_says("□□□  0 of 3 taken").await;
    scene.agents[0].seated().await;
    status.until_it_says("■□□  1 of 3 taken").await;
    scene.kill_server();
    status.until_it_says("NOT LIVE").await;
    scene.start_server().await;
    let is_live_again = |out: &str| out.rfind("1 of 3 taken") > out.rfind("NOT LIVE").map(|at| at + 400);
    status.until_its_output("it is live again", is_live_again).await;
    status.typed("\x03").await;
    assert_eq!(status.code().await, 0);
    assert!(status.out().contains("\x1b[?1049l"), "the terminal is as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_says_what_is_wrong() {
    let scene = Scene::start(crate::world::Engine::Sqlite, 1, 1).await;
    let wrong = scene.command(&["status", "--json"], &[("SEATKEEPER_URL", &scene.url), ("SEATKEEPER_TOKEN", "wrong")]);
    let said = output(wrong).await;
    let told: Value = serde_json::from_slice(&said.stderr).expect("JSON");
    assert_eq!((said.status.code(), &told["problem"]["code"]), (Some(77), &json!("not_signed_in")));
    let mut run = scene.run(&scene.agents[0], &[], &["sh", "-c", "echo works; sleep 600"]);
    run.until_it_says("works").await;
    run.signal(Signal::SIGTERM);
    assert_eq!(run.code().await, 143);
}
