//! The examples for integrators work as described: they wait in the queue, renew the seat and return it.

use crate::harness::{CliFixture, RunningCommand, cli::at_the_command_line, process};
use std::path::PathBuf;
use tokio::process::Command;

fn example_path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples")).join(name)
}

/// An example waits for a seat that another agent holds, gets it, works past the next heartbeat, and returns it.
async fn waits_works_and_ends(engine: crate::harness::Engine, program: PathBuf, arguments: &[PathBuf]) {
    let fixture = CliFixture::start(engine, 1, 2).await;
    let seated = fixture.agents[0].seated().await;
    let mut command = Command::new(program);
    command.args(arguments).arg("remote-support-v5");
    let (url, token) = (fixture.url.as_str(), fixture.agents[1].secret());
    fixture.isolate(&mut command, &[("SEATKEEPER_URL", url), ("SEATKEEPER_TOKEN", token), ("WORK_SECONDS", "4")]);
    let mut example = RunningCommand::start(command);
    example.wait_for_output("waiting, number 1 in the queue").await;
    fixture.agents[0].post_action(&seated, "end").await.ok();
    example.wait_for_output("seated: ").await;
    let session = fixture.session().await;
    assert_eq!(session["user_name"], "Agent 1");
    assert_eq!(example.code().await, 0, "{}", example.err());
    let out = example.out();
    assert!(out.contains(session["id"].as_str().expect("an id")) && out.ends_with("the seat is given back\n"), "{out}");
    fixture.wait_for_usage(0, 0).await;
    assert_eq!(fixture.last_end().await["reason"], "finished");
}

/// An example borrows a seat, verifies the lease, rejects a forged one, and returns the seat.
async fn borrows_checks_and_returns(engine: crate::harness::Engine, program: PathBuf, arguments: &[PathBuf]) {
    let fixture = CliFixture::start(engine, 1, 1).await;
    let change = serde_json::json!({ "borrow_seconds": 86_400 });
    fixture.admin.patch(&format!("/licenses/{}", fixture.license), &change).await.ok();
    let mut command = Command::new(program);
    command.args(arguments).arg("remote-support-v5");
    let (url, token) = (fixture.url.as_str(), fixture.agents[0].secret());
    fixture.isolate(&mut command, &[("SEATKEEPER_URL", url), ("SEATKEEPER_TOKEN", token)]);
    let mut example = RunningCommand::start(command);
    assert_eq!(example.code().await, 0, "{}{}", example.out(), example.err());
    let out = example.out();
    let expected = ["borrowed: ", "good until ", "a forged one is not", "the seat is given back"];
    assert!(
        out.lines().zip(expected).all(|(line, expected)| line.starts_with(expected)) && out.lines().count() == 4,
        "{out}"
    );
    fixture.wait_for_usage(0, 0).await;
    assert_eq!(fixture.last_end().await["reason"], "finished");
}

at_the_command_line! {
    async fn borrowing_with_curl_and_openssl(engine: Engine) {
        borrows_checks_and_returns(engine, "sh".into(), &[example_path("borrow.sh")]).await;
    }

    async fn borrowing_with_python(engine: Engine) {
        borrows_checks_and_returns(engine, "python3".into(), &[example_path("borrow.py")]).await;
    }

    async fn borrowing_with_rust(engine: Engine) {
        let built = process::binary().parent().expect("target/debug").join("examples/borrow");
        borrows_checks_and_returns(engine, built, &[]).await;
    }

    async fn with_curl(engine: Engine) {
        waits_works_and_ends(engine, "sh".into(), &[example_path("seat.sh")]).await;
    }

    async fn with_python(engine: Engine) {
        waits_works_and_ends(engine, "python3".into(), &[example_path("seat.py")]).await;
    }

    async fn with_rust(engine: Engine) {
        let built = process::binary().parent().expect("target/debug").join("examples/seat");
        waits_works_and_ends(engine, built, &[]).await;
    }
}
