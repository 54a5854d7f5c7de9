//! `seatkeeper serve` and signals: the first one stops it gracefully, the second one at once.

use crate::harness::{
    Database, Engine, Person,
    cli::RunningCommand,
    http,
    process::{self, ServerProcess},
};
use futures_util::StreamExt as _;
use nix::sys::signal::Signal;
use tokio::process::Command;

fn serve(database: &str, address: &str) -> String {
    format!("exec '{}' serve --listen {address} --database '{database}'", process::binary().display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_four_signals_stops_the_server_gracefully() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::create(engine).await;
        for signal in [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT] {
            let mut server = ServerProcess::start(&database.address).await;
            assert_eq!(server.stop_with(signal).await.code(), Some(0), "{signal}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_stops_the_server_at_once() {
    let database = Database::create(Engine::Sqlite).await;
    let address = process::free_address();
    let mut shell = Command::new("sh");
    shell.args(["-c", &serve(&database.address, &address.to_string())]).kill_on_drop(true);
    shell.env("SEATKEEPER_SETUP_TOKEN", crate::harness::SETUP_TOKEN);
    let mut server = RunningCommand::start(shell);
    server.wait_for_output("Seatkeeper serves on").await;
    // A viewer's feed never ends by itself, so a graceful stop takes a while.
    let admin = Person::setting_up(&format!("http://{address}")).await;
    let feed = admin.raw(reqwest::Method::GET, &format!("http://{address}/api/v1/live")).send().await.expect("a feed");
    let mut feed = feed.bytes_stream();
    assert!(feed.next().await.is_some_and(|part| part.is_ok()));
    server.signal(Signal::SIGTERM);
    server.wait_for_output("Seatkeeper stops\n").await;
    server.signal(Signal::SIGQUIT);
    assert_eq!(server.code().await, 128 + Signal::SIGQUIT as i32, "{}{}", server.out(), server.err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_started_to_ignore_hangups_ignores_them() {
    let database = Database::create(Engine::Sqlite).await;
    let address = process::free_address().to_string();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("trap '' HUP; {}", serve(&database.address, &address))]).kill_on_drop(true);
    let mut server = RunningCommand::start(shell);
    server.wait_for_output("Seatkeeper serves on").await;
    server.signal(Signal::SIGHUP);
    let ready = http::get(format!("http://{address}/readyz")).await.expect("an answer");
    assert_eq!(ready.status(), 200);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.code().await, 0);
    assert_eq!(server.out().matches("Seatkeeper stops").count(), 1);
}
