//! Answers before routing, to unparsable request heads and requests without exactly one host, and the check of origins.

use crate::harness::{World, on_both_engines, raw_connection::raw_response};
use seatkeeper::app::Options;

/// Asserts that a raw response is a problem document with the usual headers.
#[track_caller]
fn assert_problem(answer: &str, status: u16) {
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
    async fn an_unparsable_request_head_is_answered_with_a_problem(world: World) {
        assert_problem(&raw_response(&world.url, "NONSENSE\r\n\r\n").await, 400);
        assert_problem(&raw_response(&world.url, "GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n").await, 400);
        assert_eq!(raw_response(&world.url, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await, "", "who speaks HTTP/2 is left");
        let long = "x".repeat(70_000);
        assert_problem(&raw_response(&world.url, format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {long}")).await, 431);
        let many = "X-One: 1\r\n".repeat(101);
        assert_problem(&raw_response(&world.url, format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).await, 431);
    }

    async fn a_request_must_name_exactly_one_host(world: World) {
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
            assert_problem(&raw_response(&world.url, format!("{head}\r\n{close}\r\n")).await, 400);
        }
        for head in
            ["GET /healthz HTTP/1.0\r\nHost: a", "GET http://A/healthz HTTP/1.1\r\nHost: a\r\nConnection: close"]
        {
            let answer = raw_response(&world.url, format!("{head}\r\n\r\n")).await;
            assert!(answer.contains(" 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
        }
    }

    async fn an_origin_is_compared_with_the_whole_public_url(world: World) {
        let own = world.url.trim_start_matches("http://").to_owned();
        let sign_out_status = async |url: &str, host: &str, origin: &str| {
            let head = format!("POST /api/v1/sign-out HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}");
            let answer = raw_response(url, format!("{head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")).await;
            answer[9..12].parse::<u16>().expect("a status")
        };
        assert_eq!(sign_out_status(&world.url, &own, &format!("http://{own}")).await, 204);
        assert_eq!(
            sign_out_status(&world.url, &own, &format!("https://{own}")).await,
            403,
            "another scheme is another origin"
        );
        assert_eq!(sign_out_status(&world.url, &own, &format!("ftp://{own}")).await, 403);
        assert_eq!(sign_out_status(&world.url, &own, "null").await, 403);

        let (public, _database) =
            World::not_set_up_with(world.engine, |options| at(options, "https://seats.example.org")).await;
        for host in ["seats.example.org", "10.0.0.1:8080"] {
            assert_eq!(
                sign_out_status(&public, host, "https://seats.example.org").await,
                204,
                "whichever host the proxy sends"
            );
            assert_eq!(
                sign_out_status(&public, host, &format!("http://{host}")).await,
                403,
                "pages over HTTP are another origin"
            );
            assert_eq!(sign_out_status(&public, host, "https://seats.example.org:8443").await, 403);
        }
        assert_eq!(
            sign_out_status(&public, "10.0.0.1:8080", "https://10.0.0.1:8080").await,
            403,
            "another host is another origin"
        );

        let (plain, _database) =
            World::not_set_up_with(world.engine, |options| at(options, "http://seats.example.org")).await;
        assert_eq!(sign_out_status(&plain, "10.0.0.1:8080", "http://seats.example.org").await, 204);
        assert_eq!(
            sign_out_status(&plain, "10.0.0.1:8080", "http://10.0.0.1:8080").await,
            204,
            "internal access without the proxy"
        );
        assert_eq!(sign_out_status(&plain, "seats.example.org", "https://seats.example.org").await, 403);
    }
}
