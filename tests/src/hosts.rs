//! What is answered before any route: to heads that cannot be read, and to requests that do not say for which host they are.

use crate::world::{World, on_both_engines, wire::said_to};
use seatkeeper::app::Options;

/// Whether an answer is a problem with the headers that every answer has.
#[track_caller]
fn is_problem(answer: &str, status: u16) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")) || answer.starts_with(&format!("HTTP/1.0 {status} ")),
        "{answer}"
    );
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    for line in [
        "content-type: application/problem+json",
        "x-content-type-options: nosniff",
        "x-frame-options: DENY",
        "referrer-policy: same-origin",
        "cache-control: no-store",
        if answer.starts_with("HTTP/1.0") { "content-length: " } else { "connection: close" },
    ] {
        assert!(head.lines().any(|one| one.starts_with(line)), "{line} is not in {answer}");
    }
    let problem: serde_json::Value = serde_json::from_str(body).expect("a problem");
    assert_eq!(
        (problem["status"].as_u64(), &problem["code"]),
        (Some(status.into()), &"bad_request".into()),
        "{answer}"
    );
}

fn at(options: Options, public_url: &str) -> Options {
    Options { public_url: Some(public_url.to_owned()), ..options }
}

on_both_engines! {
    async fn a_head_that_cannot_be_read_is_answered_as_all_others(world: World) {
        is_problem(&said_to(&world.url, "NONSENSE\r\n\r\n").await, 400);
        is_problem(&said_to(&world.url, "GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n").await, 400);
        assert_eq!(said_to(&world.url, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await, "", "who speaks HTTP/2 is left");
        let long = "x".repeat(70_000);
        is_problem(&said_to(&world.url, format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {long}")).await, 431);
        let many = "X-One: 1\r\n".repeat(101);
        is_problem(&said_to(&world.url, format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).await, 431);
    }

    async fn a_request_names_one_host_once(world: World) {
        for head in [
            "GET /healthz HTTP/1.1",
            "GET /healthz HTTP/1.0",
            "GET /healthz HTTP/1.1\r\nHost:",
            "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a",
            "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b",
            "GET /healthz HTTP/1.1\r\nHost: user@a",
            "GET http://a/healthz HTTP/1.1\r\nHost: b",
            "GET http://a/healthz HTTP/1.0",
        ] {
            let close = if head.contains("1.0") { "" } else { "Connection: close\r\n" };
            is_problem(&said_to(&world.url, format!("{head}\r\n{close}\r\n")).await, 400);
        }
        for head in
            ["GET /healthz HTTP/1.0\r\nHost: a", "GET http://A/healthz HTTP/1.1\r\nHost: a\r\nConnection: close"]
        {
            let answer = said_to(&world.url, format!("{head}\r\n\r\n")).await;
            assert!(answer.contains(" 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
        }
    }

    async fn an_origin_is_compared_with_the_whole_address(world: World) {
        let own = world.url.trim_start_matches("http://").to_owned();
        let asks = async |url: &str, host: &str, origin: &str| {
            let head = format!("POST /api/v1/sign-out HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}");
            let answer = said_to(url, format!("{head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")).await;
            answer[9..12].parse::<u16>().expect("a status")
        };
        assert_eq!(asks(&world.url, &own, &format!("http://{own}")).await, 204);
        assert_eq!(asks(&world.url, &own, &format!("https://{own}")).await, 403, "another scheme is another origin");
        assert_eq!(asks(&world.url, &own, &format!("ftp://{own}")).await, 403);
        assert_eq!(asks(&world.url, &own, "null").await, 403);

        let (public, _database) = World::unset(world.engine, |options| at(options, "https://seats.example.org")).await;
        for host in ["seats.example.org", "10.0.0.1:8080"] {
            assert_eq!(asks(&public, host, "https://seats.example.org").await, 204, "whatever the proxy calls us");
            assert_eq!(asks(&public, host, &format!("http://{host}")).await, 403, "pages by HTTP are not ours");
            assert_eq!(asks(&public, host, "https://seats.example.org:8443").await, 403);
        }
        assert_eq!(
            asks(&public, "10.0.0.1:8080", "https://10.0.0.1:8080").await,
            403,
            "another host is another origin"
        );

        let (plain, _database) = World::unset(world.engine, |options| at(options, "http://seats.example.org")).await;
        assert_eq!(asks(&plain, "10.0.0.1:8080", "http://seats.example.org").await, 204);
        assert_eq!(asks(&plain, "10.0.0.1:8080", "http://10.0.0.1:8080").await, 204, "in the house without the proxy");
        assert_eq!(asks(&plain, "seats.example.org", "https://seats.example.org").await, 403);
    }
}
