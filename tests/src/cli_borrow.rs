//! `seatkeeper borrow`, `return` and `lease`.

use crate::harness::{
    CliFixture, RunningCommand,
    cli::{at_the_command_line, output},
};
use serde_json::{Value, json};
use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, process::Output};

fn successful_stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn failure(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

async fn start_with_borrowing(engine: crate::harness::Engine, seats: usize, agents: usize) -> CliFixture {
    let fixture = CliFixture::start(engine, seats, agents).await;
    let path = format!("/licenses/{}", fixture.license);
    fixture.admin.patch(&path, &json!({ "borrow_seconds": 86_400 })).await.ok();
    fixture
}

const BORROW: [&str; 5] = ["borrow", "--product", "remote-support-v5", "--for", "8h"];

at_the_command_line! {
    async fn a_seat_is_borrowed_verified_offline_and_returned(engine: Engine) {
        let mut fixture = start_with_borrowing(engine, 1, 1).await;
        let (lease, keys) = (fixture.home().join("lease.jwt"), fixture.home().join("keys.json"));
        let (lease, keys) = (lease.to_str().expect("a path").to_owned(), keys.to_str().expect("a path").to_owned());
        let agent = fixture.agents[0].clone();
        for old in [&lease, &keys] {
            std::fs::write(old, "old").expect("a file");
            std::fs::set_permissions(old, Permissions::from_mode(0o644)).expect("it is ours");
        }
        let printed = successful_stdout(
            &fixture.output_of(&agent, &[&BORROW[..], &["--device", "NB-1", "--out", &lease]].concat()).await,
        );
        let session = fixture.session().await;
        assert!(
            printed.starts_with(session["id"].as_str().expect("an id")) && printed.contains("borrowed until"),
            "{printed}"
        );
        assert_eq!(successful_stdout(&fixture.output_of(&agent, &["lease", "keys", "--out", &keys]).await), "");
        let mode = |file: &String| std::fs::metadata(file).expect("it is there").permissions().mode() & 0o777;
        assert_eq!([mode(&lease), mode(&keys)], [0o600, 0o600], "also when the file existed and was world-readable");
        let list = successful_stdout(&fixture.output_of(&agent, &["sessions", "list"]).await);
        assert!(list.contains("offline until"), "{list}");
        assert!(
            successful_stdout(&fixture.output_of(&agent, &["status", "--once"]).await).contains("offline for 8 h more")
        );

        fixture.kill_server();
        let verify = ["lease", "verify", &lease, "--keys", &keys];
        let alone = |more: &[&str]| output(fixture.command(&[&verify[..], more].concat(), &[]));
        let good = successful_stdout(&alone(&["--product", "remote-support-v5", "--device", "NB-1"]).await);
        assert!(good.starts_with("valid for 8 h: Agent 0 at NB-1, Remote Support v5"), "{good}");
        let claims: Value = serde_json::from_str(&successful_stdout(&alone(&["--json"]).await)).expect("JSON");
        assert_eq!((&claims["jti"], &claims["aud"]), (&session["id"], &json!("remote-support-v5")));
        assert_eq!(
            failure(&alone(&["--product", "service-desk"]).await),
            (Some(77), "seatkeeper: the lease is for another product\n".to_owned())
        );
        assert_eq!(failure(&alone(&["--device", "NB-2"]).await).0, Some(77));
        let away = failure(&fixture.output_of(&agent, &["return", &lease]).await);
        assert_eq!(away.0, Some(75), "{}", away.1);

        fixture.start_server().await;
        assert!(successful_stdout(&fixture.output_of(&agent, &["return", &lease]).await).ends_with("given back\n"));
        fixture.wait_for_usage(0, 0).await;
        assert!(!std::path::Path::new(&lease).exists(), "a returned lease is deleted");
        assert_eq!(failure(&fixture.output_of(&agent, &["return", &lease]).await).0, Some(64));
    }

    async fn a_refusal_gives_the_reason_and_takes_no_seat(engine: Engine) {
        let fixture = start_with_borrowing(engine, 1, 1).await;
        let agent = &fixture.agents[0];
        let long =
            failure(&fixture.output_of(agent, &["borrow", "--product", "remote-support-v5", "--for", "3d"]).await);
        assert_eq!(
            long,
            (Some(77), "seatkeeper: Seats of this license cannot be borrowed for that long. At most 24 h.\n".to_owned())
        );
        let nowhere = failure(&fixture.output_of(agent, &[&BORROW[..], &["--out", "/nowhere/lease"]].concat()).await);
        assert_eq!(nowhere.0, Some(70), "{}", nowhere.1);
        fixture.wait_for_usage(0, 0).await;
        fixture.admin.patch(&format!("/licenses/{}", fixture.license), &json!({ "borrow_seconds": 0 })).await.ok();
        let none = failure(&fixture.output_of(agent, &BORROW).await);
        assert!(none.0 == Some(77) && none.1.contains("cannot be borrowed"), "{none:?}");
        fixture.wait_for_usage(0, 0).await;
    }

    async fn a_waiting_agent_borrows_the_freed_seat(engine: Engine) {
        let fixture = start_with_borrowing(engine, 1, 2).await;
        let seated = fixture.agents[0].seated().await;
        let waiting = [&BORROW[..], &["--wait", "1m", "--json"]].concat();
        let mut borrower = RunningCommand::start(fixture.command_as(&fixture.agents[1], &waiting));
        fixture.wait_for_usage(1, 1).await;
        fixture.agents[0].post_action(&seated, "end").await.ok();
        assert_eq!(borrower.code().await, 0, "{}", borrower.err());
        let session: Value = serde_json::from_str(borrower.out().trim()).expect("JSON");
        assert!(session["lease"].is_string() && session["borrowed_until"].is_string(), "{session:#}");
        assert_eq!(fixture.session().await["borrowed_until"], session["borrowed_until"]);
        let id = session["id"].as_str().expect("an id");
        let back: Value = serde_json::from_str(&successful_stdout(
            &fixture.output_of(&fixture.agents[1], &["return", id, "--json"]).await,
        ))
        .expect("JSON");
        assert_eq!(back["ended"]["reason"], "finished");
    }
}
