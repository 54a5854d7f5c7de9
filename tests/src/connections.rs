//! Connections that nobody uses, or too slowly: they are closed, and others get in meanwhile. Told at the real binary, with
//! few connections and short times.
#![cfg(target_os = "linux")]

use crate::world::{Database, Engine, PASSWORD, Process, Wire, command::eventually, process::free_address, setup};
use nix::sys::signal::Signal;
use reqwest::{StatusCode, header::ORIGIN};
use serde_json::{Value, json};
use std::{net::Ipv4Addr, process::Command, time::Instant};

/// A second address of this machine.
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// A request head that does not end.
const HALF_A_HEAD: &str = "GET /api/v1/me HTTP/1.1\r\nHost: seats.example.org\r\nX-Slow: ";
/// A request that is answered.
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: seats.example.org\r\n\r\n";

/// A server whose limits are these.
async fn limited(limits: &[(&str, u32)]) -> (Process, Database) {
    let database = Database::create(Engine::Sqlite).await;
    let environment: Vec<_> =
        limits.iter().map(|(name, value)| (format!("SEATKEEPER_{name}"), value.to_string())).collect();
    let environment: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let server = Process::start_at(free_address(), &database.address, &environment).await.expect("the server starts");
    (server, database)
}

/// What somebody at an address of his own is answered to a POST, on a new connection.
async fn post(url: &str, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
    let http = reqwest::Client::builder().local_address(Some(NEIGHBOUR.into())).build().expect("a client");
    http.post(format!("{url}/api/v1{path}")).header(ORIGIN, url).json(body).send().await
}

/// Sets the account up from the neighbour's address.
async fn set_up(url: &str) {
    let answer = post(url, "/setup", &serde_json::to_value(setup()).expect("JSON")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED);
}

async fn signs_in(url: &str) -> Option<StatusCode> {
    let body = json!({ "email": setup().email, "password": PASSWORD });
    post(url, "/sign-in", &body).await.ok().map(|answer| answer.status())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_heads_are_closed_and_others_sign_in_meanwhile() {
    let limits = [("MAX_CONNECTIONS", 100), ("MAX_CONNECTIONS_PER_ADDRESS", 80), ("HEADER_TIMEOUT", 3)];
    let (server, _database) = limited(&limits).await;
    set_up(&server.url).await;
    let mut attackers = Vec::new();
    for _ in 0..300 {
        let mut wire = Wire::open(&server.url, None).await;
        wire.try_send(HALF_A_HEAD).await;
        attackers.push(wire);
    }
    assert_eq!(signs_in(&server.url).await, Some(StatusCode::OK), "room is kept for others");
    let mut turned_away = 0;
    for wire in &mut attackers {
        let rest = wire.rest().await;
        turned_away += usize::from(rest.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
    }
    assert!(turned_away >= 200, "{turned_away} of 300 were one too many");
    assert_eq!(signs_in(&server.url).await, Some(StatusCode::OK));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_are_used_those_go_first_that_nobody_needs() {
    let limits = [("MAX_CONNECTIONS", 40), ("MAX_CONNECTIONS_PER_ADDRESS", 40), ("HEADER_TIMEOUT", 600)];
    let (server, _database) = limited(&limits).await;
    set_up(&server.url).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut wire = Wire::open(&server.url, None).await;
        wire.send(HEALTH).await;
        assert!(wire.until("ok\n").await.starts_with("HTTP/1.1 200"));
        idle.push(wire);
    }
    let mut half_open = Vec::new();
    for _ in 0..20 {
        let mut wire = Wire::open(&server.url, None).await;
        wire.send(HALF_A_HEAD).await;
        half_open.push(wire);
    }
    for _ in 0..5 {
        assert_eq!(signs_in(&server.url).await, Some(StatusCode::OK), "an idle one makes room");
    }
    assert_eq!(idle[0].rest().await, "", "the one that was idle for the longest time was closed");
    idle.clear();
    // All are used by heads that do not end, and would not be closed for ten minutes.
    for _ in 0..60 {
        let mut wire = Wire::open(&server.url, None).await;
        wire.try_send(HALF_A_HEAD).await;
        half_open.push(wire);
    }
    eventually("one that has come for long makes room", async || signs_in(&server.url).await == Some(StatusCode::OK))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_body_ends_in_408_however_it_trickles() {
    let (server, _database) = limited(&[("BODY_TIMEOUT", 1)]).await;
    for (path, kind) in [("/api/v1/sign-in", "application/problem+json"), ("/scim/v2/Users", "application/scim+json")] {
        let mut wire = Wire::open(&server.url, None).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: seats.example.org\r\nAuthorization: Bearer none\r\nContent-Type: \
             application/json\r\nContent-Length: 100000\r\n\r\n{{"
        );
        wire.send(head).await;
        let trickle = async {
            let (mut said, mut beats) = (String::new(), tokio::time::interval(std::time::Duration::from_millis(100)));
            while said.is_empty() {
                beats.tick().await;
                let _ = wire.try_send(" ").await;
                let next = tokio::time::timeout(std::time::Duration::from_millis(10), wire.rest()).await;
                said = next.unwrap_or_default();
            }
            said
        };
        let said = trickle.await;
        // Without a good token the directory's body is not read at all.
        let status = if path.starts_with("/scim") { "401" } else { "408" };
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
        assert!(said.contains(&format!("content-type: {kind}")) && said.contains("nosniff"), "{said}");
        assert!(status == "401" || said.contains("connection: close") && said.contains("request_timeout"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_stream_outlives_all_timeouts_and_an_idle_connection_does_not() {
    let names = ["HEADER_TIMEOUT", "BODY_TIMEOUT", "IDLE_TIMEOUT", "WRITE_TIMEOUT"];
    let (server, _database) = limited(&names.map(|name| (name, 1))).await;
    set_up(&server.url).await;
    let body = json!({ "email": setup().email, "password": PASSWORD });
    let answer = post(&server.url, "/sign-in", &body).await.expect("an answer");
    let cookies = answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().expect("text"));
    let cookie = cookies.map(|cookie| cookie.split(';').next().expect("a value")).collect::<Vec<_>>().join("; ");
    let mut live = Wire::open(&server.url, None).await;
    let mut idle = Wire::open(&server.url, None).await;
    idle.send(HEALTH).await;
    live.send(format!("GET /api/v1/live HTTP/1.1\r\nHost: seats.example.org\r\nCookie: {cookie}\r\n\r\n")).await;
    let begun = Instant::now();
    assert!(live.until("event: snapshot").await.contains("event: snapshot"));
    assert!(idle.rest().await.ends_with("ok\n"), "and then it is closed");
    assert!(live.until("event: alive").await.contains("event: alive"));
    assert!(begun.elapsed().as_secs() >= 2, "the stream said nothing for longer than every timeout");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_cut_off() {
    let (server, _database) = limited(&[("WRITE_TIMEOUT", 1)]).await;
    let mut deaf = Wire::with_buffer(&server.url, None, Some(4_096)).await;
    let ask = "GET /api/openapi.json HTTP/1.1\r\nHost: seats.example.org\r\n\r\n";
    // Each answer is a third of a megabyte. Once they fill all buffers, the server reads no more either, until it closes.
    let mut asked = 0;
    while deaf.try_send(ask.repeat(100)).await {
        asked += 100;
    }
    let got = deaf.rest().await;
    assert!(got.matches("HTTP/1.1 200 OK").count() < asked, "not all of {asked} were answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_files_to_open_waits_and_goes_on() {
    let (server, _database) = limited(&[("HEADER_TIMEOUT", 1)]).await;
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.id())).expect("its files").count();
    let limit = format!("--nofile={0}:{0}", open + 4);
    let set = Command::new("prlimit").args(["--pid", &server.id().to_string(), &limit]).status();
    assert!(set.expect("prlimit is part of util-linux").success());
    let (begun, before) = (Instant::now(), ticks(server.id()));
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let mut wire = Wire::open(&server.url, None).await;
        wire.try_send(HALF_A_HEAD).await;
        waiting.push(wire);
    }
    // One after the other is accepted as those before it are closed.
    for wire in &mut waiting {
        assert_eq!(wire.rest().await, "");
    }
    let (passed, used) = (begun.elapsed().as_secs_f64(), (ticks(server.id()) - before) as f64 / 100.0);
    assert!(used < passed / 2.0, "it worked for {used} s in {passed} s with nothing to do");
    let mut wire = Wire::open(&server.url, None).await;
    wire.send(HEALTH).await;
    assert!(wire.until("ok\n").await.starts_with("HTTP/1.1 200"), "it goes on");
}

/// Hundredths of a second that a process has worked (proc_pid_stat(5)).
fn ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    let fields: Vec<_> = stat.rsplit_once(") ").expect("a name").1.split(' ').collect();
    fields[11..13].iter().map(|field| field.parse::<u64>().expect("a number")).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_closes_idle_connections_at_once() {
    let (server, _database) = limited(&[]).await;
    let mut idle = Wire::open(&server.url, None).await;
    idle.send(HEALTH).await;
    assert!(idle.until("ok\n").await.starts_with("HTTP/1.1 200"));
    server.signal(Signal::SIGTERM);
    assert_eq!(idle.rest().await, "", "closed in order");
    server.stop().await;
}

#[tokio::test]
async fn more_connections_than_files_are_refused_with_a_sentence() {
    let database = Database::create(Engine::Sqlite).await;
    let said = Process::refusing_with(&database.address, &["--max-connections", "100000000"]);
    let error = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && error.contains("--max-connections 100000000 is too much"), "{error}");
}
