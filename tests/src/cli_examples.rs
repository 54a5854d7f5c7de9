//! The examples for integrators do what they say: wait in the line, keep the seat, give it back.

use crate::world::{Scene, Started, command::at_the_command_line, process};
use std::path::PathBuf;
use tokio::process::Command;

fn example(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples")).join(name)
}

/// An example waits for the seat that an agent has, gets it, works longer than until the next heartbeat, and gives it back.
async fn waits_works_and_ends(engine: crate::world::Engine, program: PathBuf, arguments: &[PathBuf]) {
    let scene = Scene::start(engine, 1, 2).await;
    let seated = scene.agents[0].seated().await;
    let mut command = Command::new(program);
    command.args(arguments).arg("remote-support-v5");
    let (url, token) = (scene.url.as_str(), scene.agents[1].secret());
    scene.tidy(&mut command, &[("SEATKEEPER_URL", url), ("SEATKEEPER_TOKEN", token), ("WORK_SECONDS", "4")]);
    let mut example = Started::start(command);
    example.until_it_says("waiting, number 1 in the line").await;
    scene.agents[0].act(&seated, "end").await.ok();
    example.until_it_says("seated: ").await;
    let session = scene.session().await;
    assert_eq!(session["user_name"], "Agent 1");
    assert_eq!(example.code().await, 0, "{}", example.err());
    let out = example.out();
    assert!(out.contains(session["id"].as_str().expect("an id")) && out.ends_with("the seat is given back\n"), "{out}");
    scene.until_used(0, 0).await;
    assert_eq!(scene.last_end().await["reason"], "finished");
}

/// An example borrows a seat, checks the lease, finds a forged one out, and gives the seat back.
async fn borrows_checks_and_returns(engine: crate::world::Engine, program: PathBuf, arguments: &[PathBuf]) {
    let scene = Scene::start(engine, 1, 1).await;
    let change = serde_json::json!({ "borrow_seconds": 86_400 });
    scene.admin.patch(&format!("/licenses/{}", scene.license), &change).await.ok();
    let mut command = Command::new(program);
    command.args(arguments).arg("remote-support-v5");
    let (url, token) = (scene.url.as_str(), scene.agents[0].secret());
    scene.tidy(&mut command, &[("SEATKEEPER_URL", url), ("SEATKEEPER_TOKEN", token)]);
    let mut example = Started::start(command);
    assert_eq!(example.code().await, 0, "{}{}", example.out(), example.err());
    let out = example.out();
    let told = ["borrowed: ", "good until ", "a forged one is not", "the seat is given back"];
    assert!(out.lines().zip(told).all(|(line, told)| line.starts_with(told)) && out.lines().count() == 4, "{out}");
    scene.until_used(0, 0).await;
    assert_eq!(scene.last_end().await["reason"], "finished");
}

at_the_command_line! {
    async fn borrowing_with_curl_and_openssl(engine: Engine) {
        borrows_checks_and_returns(engine, "sh".into(), &[example("borrow.sh")]).await;
    }

    async fn borrowing_with_python(engine: Engine) {
        borrows_checks_and_returns(engine, "python3".into(), &[example("borrow.py")]).await;
    }

    async fn borrowing_with_rust(engine: Engine) {
        let built = process::binary().parent().expect("target/debug").join("examples/borrow");
        borrows_checks_and_returns(engine, built, &[]).await;
    }

    async fn with_curl(engine: Engine) {
        waits_works_and_ends(engine, "sh".into(), &[example("seat.sh")]).await;
    }

    async fn with_python(engine: Engine) {
        waits_works_and_ends(engine, "python3".into(), &[example("seat.py")]).await;
    }

    async fn with_rust(engine: Engine) {
        let built = process::binary().parent().expect("target/debug").join("examples/seat");
        waits_works_and_ends(engine, built, &[]).await;
    }
}
