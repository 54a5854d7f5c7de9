//! Idle and slow connections are closed, and other clients get in meanwhile. Tested on the real binary, with low
//! connection limits and short timeouts.
#![cfg(target_os = "linux")]

use crate::harness::{
    Database, Engine, PASSWORD, RawConnection, ServerProcess, eventually, http, process::free_address, setup,
};
use nix::sys::signal::Signal;
use reqwest::{StatusCode, header::ORIGIN};
use serde_json::{Value, json};
use std::{net::Ipv4Addr, process::Command, time::Instant};

/// A second loopback address, for clients with their own connection limit.
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// An incomplete request head.
const INCOMPLETE_HEAD: &str = "GET /api/v1/me HTTP/1.1\r\nHost: seats.example.org\r\nX-Slow: ";
/// A complete request.
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: seats.example.org\r\n\r\n";

/// Starts a server with these limits.
async fn start_with_limits(limits: &[(&str, u32)]) -> (ServerProcess, Database) {
    let database = Database::migrated(Engine::Sqlite).await;
    let environment: Vec<_> =
        limits.iter().map(|(name, value)| (format!("SEATKEEPER_{name}"), value.to_string())).collect();
    let environment: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let server =
        ServerProcess::start_at(free_address(), &database.address, &environment).await.expect("the server starts");
    (server, database)
}

/// Posts from the neighbour's address on a new connection.
async fn post(url: &str, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
    let http = http::client_builder().local_address(Some(NEIGHBOUR.into())).build().expect("a client");
    http.post(format!("{url}/api/v1{path}")).header(ORIGIN, url).json(body).send().await
}

/// Sets the account up from the neighbour's address.
async fn set_up(url: &str) {
    let answer = post(url, "/setup", &serde_json::to_value(setup()).expect("JSON")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED);
}

async fn sign_in_status(url: &str) -> Option<StatusCode> {
    let body = json!({ "email": setup().email, "password": PASSWORD });
    post(url, "/sign-in", &body).await.ok().map(|answer| answer.status())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incomplete_request_heads_are_closed_while_others_sign_in() {
    let limits = [("MAX_CONNECTIONS", 100), ("MAX_CONNECTIONS_PER_ADDRESS", 80), ("HEADER_TIMEOUT", 3)];
    let (server, _database) = start_with_limits(&limits).await;
    set_up(&server.url).await;
    let mut attackers = Vec::new();
    for _ in 0..300 {
        let mut wire = RawConnection::open(&server.url, None).await;
        wire.try_send(INCOMPLETE_HEAD).await;
        attackers.push(wire);
    }
    assert_eq!(sign_in_status(&server.url).await, Some(StatusCode::OK), "other addresses still get a connection");
    let mut refused = 0;
    for wire in &mut attackers {
        let rest = wire.rest().await;
        refused += usize::from(rest.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
    }
    assert!(refused >= 200, "only {refused} of 300 connections were refused");
    assert_eq!(sign_in_status(&server.url).await, Some(StatusCode::OK));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_limit_idle_connections_are_closed_first() {
    let limits = [("MAX_CONNECTIONS", 40), ("MAX_CONNECTIONS_PER_ADDRESS", 40), ("HEADER_TIMEOUT", 600)];
    let (server, _database) = start_with_limits(&limits).await;
    set_up(&server.url).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut wire = RawConnection::open(&server.url, None).await;
        wire.send(HEALTH).await;
        assert!(wire.until("ok\n").await.starts_with("HTTP/1.1 200"));
        idle.push(wire);
    }
    let mut half_open = Vec::new();
    for _ in 0..20 {
        let mut wire = RawConnection::open(&server.url, None).await;
        wire.send(INCOMPLETE_HEAD).await;
        half_open.push(wire);
    }
    for _ in 0..5 {
        assert_eq!(sign_in_status(&server.url).await, Some(StatusCode::OK), "an idle connection makes room");
    }
    assert_eq!(idle[0].rest().await, "", "the longest idle connection was closed");
    idle.clear();
    // Incomplete heads use all connections, and their timeout is ten minutes.
    for _ in 0..60 {
        let mut wire = RawConnection::open(&server.url, None).await;
        wire.try_send(INCOMPLETE_HEAD).await;
        half_open.push(wire);
    }
    eventually("the slowest head makes room", async || sign_in_status(&server.url).await == Some(StatusCode::OK)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_body_is_answered_with_408() {
    let (server, _database) = start_with_limits(&[("BODY_TIMEOUT", 1)]).await;
    for (path, kind) in [("/api/v1/sign-in", "application/problem+json"), ("/scim/v2/Users", "application/scim+json")] {
        let mut wire = RawConnection::open(&server.url, None).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: seats.example.org\r\nAuthorization: Bearer none\r\nContent-Type: \
             application/json\r\nContent-Length: 100000\r\n\r\n{{"
        );
        wire.send(head).await;
        let mut answer = String::new();
        loop {
            match wire.next(std::time::Duration::from_millis(100)).await {
                Some(text) if text.is_empty() => break,
                Some(text) => answer += &text,
                // The server may have closed the connection.
                None => drop(wire.try_send(" ").await),
            }
        }
        // Without a valid token, SCIM does not read the body at all.
        let status = if path.starts_with("/scim") { "401" } else { "408" };
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains(&format!("content-type: {kind}")) && answer.contains("nosniff"), "{answer}");
        assert!(
            status == "401" || answer.contains("connection: close") && answer.contains("request_timeout"),
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_stream_outlives_all_timeouts_and_an_idle_connection_does_not() {
    let names = ["HEADER_TIMEOUT", "BODY_TIMEOUT", "IDLE_TIMEOUT", "WRITE_TIMEOUT"];
    let (server, _database) = start_with_limits(&names.map(|name| (name, 1))).await;
    set_up(&server.url).await;
    let body = json!({ "email": setup().email, "password": PASSWORD });
    let answer = post(&server.url, "/sign-in", &body).await.expect("an answer");
    let cookies = answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().expect("text"));
    let cookie = cookies.map(|cookie| cookie.split(';').next().expect("a value")).collect::<Vec<_>>().join("; ");
    let mut live = RawConnection::open(&server.url, None).await;
    let mut idle = RawConnection::open(&server.url, None).await;
    idle.send(HEALTH).await;
    live.send(format!("GET /api/v1/live HTTP/1.1\r\nHost: seats.example.org\r\nCookie: {cookie}\r\n\r\n")).await;
    let begun = Instant::now();
    assert!(live.until("event: snapshot").await.contains("event: snapshot"));
    assert!(idle.rest().await.ends_with("ok\n"), "the idle connection is closed");
    assert!(live.until("event: alive").await.contains("event: alive"));
    assert!(begun.elapsed().as_secs() >= 2, "the stream was silent for longer than every timeout");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_disconnected() {
    let (server, _database) = start_with_limits(&[("WRITE_TIMEOUT", 1)]).await;
    let mut unread = RawConnection::with_buffer(&server.url, None, Some(4_096)).await;
    let request = "GET /api/openapi.json HTTP/1.1\r\nHost: seats.example.org\r\n\r\n";
    // Each response is a third of a megabyte. Once they fill all buffers, the server stops reading, and closes later.
    let mut sent = 0;
    while unread.try_send(request.repeat(100)).await {
        sent += 100;
    }
    let got = unread.rest().await;
    assert!(got.matches("HTTP/1.1 200 OK").count() < sent, "some of the {sent} requests were not answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_out_of_file_descriptors_waits_and_recovers() {
    let (server, _database) = start_with_limits(&[("HEADER_TIMEOUT", 1)]).await;
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.id())).expect("its files").count();
    let limit = format!("--nofile={0}:{0}", open + 4);
    let set = Command::new("prlimit").args(["--pid", &server.id().to_string(), &limit]).status();
    assert!(set.expect("prlimit is part of util-linux").success());
    let (begun, before) = (Instant::now(), cpu_ticks(server.id()));
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let mut wire = RawConnection::open(&server.url, None).await;
        wire.try_send(INCOMPLETE_HEAD).await;
        waiting.push(wire);
    }
    // Connections are accepted one by one as earlier ones are closed.
    for wire in &mut waiting {
        assert_eq!(wire.rest().await, "");
    }
    let (passed, used) = (begun.elapsed().as_secs_f64(), (cpu_ticks(server.id()) - before) as f64 / 100.0);
    assert!(used < passed / 2.0, "it used {used} s of CPU time in {passed} s of idling");
    let mut wire = RawConnection::open(&server.url, None).await;
    wire.send(HEALTH).await;
    assert!(wire.until("ok\n").await.starts_with("HTTP/1.1 200"), "the server works again");
}

/// The CPU time of a process in hundredths of a second (proc_pid_stat(5)).
fn cpu_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    let fields: Vec<_> = stat.rsplit_once(") ").expect("a name").1.split(' ').collect();
    fields[11..13].iter().map(|field| field.parse::<u64>().expect("a number")).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_closes_idle_connections_at_once() {
    let (server, _database) = start_with_limits(&[]).await;
    let mut idle = RawConnection::open(&server.url, None).await;
    idle.send(HEALTH).await;
    assert!(idle.until("ok\n").await.starts_with("HTTP/1.1 200"));
    server.signal(Signal::SIGTERM);
    assert_eq!(idle.rest().await, "", "the connection is closed without a response");
    server.stop().await;
}

#[tokio::test]
async fn a_connection_limit_above_the_file_limit_is_refused() {
    let database = Database::migrated(Engine::Sqlite).await;
    let output = ServerProcess::failed_start_with(&database.address, &["--max-connections", "100000000"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("--max-connections 100000000 is too high"), "{error}");
}
