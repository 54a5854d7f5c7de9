//! Viewers of the live feed that read slowly, connect during changes, or see no changes for a while.

use crate::harness::{Person, Watcher, World, on_both_engines, seat_request};
use futures_util::{Stream, StreamExt as _};
use seatkeeper::{
    auth::{admission::Admission, secret},
    caller::Credential,
    live::{StreamOptions, watch},
};
use seatkeeper_shared::ids::LicenseId;
use serde_json::json;
use std::{pin::Pin, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};

/// The number of unread changes after which a viewer must resync.
const MAX_UNREAD_CHANGES: i64 = 64;
/// The time within which a change must be seen.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// A feed that a test reads chunk by chunk.
async fn raw_feed(world: &World, person: &Person) -> Pin<Box<dyn Stream<Item = String> + Send>> {
    let program = person.with_token().await;
    let admission = Admission::for_read(Credential::Token(secret::digest(program.secret())));
    let guard = world.stream_guard(admission).await;
    let stream = watch(world.app.live.clone(), &guard, StreamOptions::default());
    Box::pin(stream.map(|bytes| String::from_utf8(bytes.expect("the database answers").to_vec()).expect("UTF-8")))
}

/// A viewer with a tiny receive buffer that reads nothing.
async fn unread_connection(world: &World) -> TcpStream {
    let token = world.admin.post("/tokens", &json!({ "name": "unread", "days": 1 })).await.created();
    let secret = token["secret"].as_str().expect("a secret");
    let address = world.url.trim_start_matches("http://");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut connection = socket.connect(address.parse().expect("an address")).await.expect("the server answers");
    let request = format!(
        "GET /api/v1/live HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.expect("the server reads");
    connection
}

/// Reads such a connection until one of the texts.
async fn read_until(connection: &mut TcpStream, ends: &[&str]) -> String {
    let (mut all, mut part) = (Vec::new(), [0; 8_192]);
    loop {
        let read = timeout(Duration::from_secs(10), connection.read(&mut part)).await.expect("it comes in time");
        let read = read.expect("the connection is open");
        all.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&all);
        if read == 0 || ends.iter().any(|end| text.contains(end)) {
            return text.into_owned();
        }
    }
}

/// Changes the seats this many times, and returns the longest time until the viewer saw a change.
async fn change_seats(admin: &Person, license: LicenseId, viewer: &mut Watcher, times: i64) -> Duration {
    let mut longest = Duration::ZERO;
    for seats in 1..=times {
        let begun = Instant::now();
        admin.patch(&format!("/licenses/{license}"), &json!({ "seats": seats })).await.ok();
        viewer.until(|frame| frame.license(license).is_some_and(|seen| seen["seats"] == seats)).await;
        longest = longest.max(begun.elapsed());
    }
    longest
}

on_both_engines! {
    async fn a_viewer_that_does_not_read_must_resync_and_delays_no_other(world: World) {
        let (license, _) = world.pool(500, 1).await;
        let mut slow = raw_feed(&world, &world.admin).await;
        assert_eq!(slow.next().await.expect("a greeting"), "retry: 1000\n\n");
        assert!(slow.next().await.expect("a snapshot").contains("event: snapshot\n"));
        let mut connections = Vec::new();
        for _ in 0..5 {
            connections.push(unread_connection(&world).await);
        }
        let (mut fast, _) = Watcher::with_snapshot(&world.admin).await;
        let longest = change_seats(&world.admin, license, &mut fast, MAX_UNREAD_CHANGES + 1).await;
        assert!(longest < MAX_DELAY, "a change took {longest:?}");

        assert_eq!(slow.next().await.expect("one more"), "event: resync\ndata: {}\n\n");
        assert_eq!(slow.next().await, None, "then the stream ends");
        let head = format!("id: {}\n", world.head().await);
        for connection in &mut connections {
            let text = read_until(connection, &[&head, "event: resync\n"]).await;
            assert!(text.contains(&head) || text.contains("event: resync\n"), "changes were lost silently: {text}");
        }
    }

    async fn a_slightly_slow_viewer_misses_nothing(world: World) {
        let (license, _) = world.pool(500, 1).await;
        let mut slow = raw_feed(&world, &world.admin).await;
        assert!(slow.next().await.is_some() && slow.next().await.is_some());
        let (mut fast, _) = Watcher::with_snapshot(&world.admin).await;
        change_seats(&world.admin, license, &mut fast, 8).await;
        for seats in 1..=8 {
            let event = slow.next().await.expect("a change");
            assert!(event.contains(&format!("\"seats\":{seats},")), "{event}");
        }
    }

    async fn a_viewer_who_connects_during_many_changes_misses_nothing(world: World) {
        let (_, people) = world.pool(20, 20).await;
        let requests = futures_util::future::join_all(people.iter().map(Person::request_seat));
        let connecting = futures_util::future::join_all((0..20).map(|_| Watcher::with_snapshot(&world.admin)));
        let (answers, watchers) = tokio::join!(requests, connecting);
        let sessions: Vec<_> = answers.into_iter().map(|answer| answer.created()["id"].clone()).collect();
        let head = Some(world.head().await.0);
        for (mut watcher, snapshot) in watchers {
            let mut frames = vec![snapshot];
            while frames.last().is_some_and(|last| last.id < head) {
                frames.push(watcher.next().await);
            }
            let seen = |session| frames.iter().any(|frame| frame.session(session).is_some());
            assert!(sessions.iter().all(seen), "not all of {} are in {frames:?}", sessions.len());
        }
    }

    async fn heartbeats_reach_unrestricted_viewers_as_contacts(world: World) {
        let (_, people) = world.pool(2, 1).await;
        let session = people[0].post("/sessions", &seat_request("application")).await.created();
        let (mut admin, snapshot) = Watcher::with_snapshot(&world.admin).await;
        let (mut agent, _) = Watcher::with_snapshot(&people[0]).await;
        world.advance_clock(chrono::TimeDelta::seconds(30));
        let beat = format!("/sessions/{}/heartbeat", session["id"].as_str().expect("an id"));
        people[0].post(&beat, &json!({})).await.ok();
        world.app.seats.sweep().await.expect("heartbeats can be saved");
        let contacts = admin.until(|frame| frame.event == "contacts").await;
        assert_eq!((contacts.id, snapshot.id), (None, Some(world.head().await.0)), "heartbeats have no position");
        assert_eq!(
            contacts.data,
            json!({ "at": "2026-03-02T09:00:30Z", "contacts": [{
            "id": session["id"], "last_seen_at": "2026-03-02T09:00:30Z", "lease_until": "2026-03-02T09:02:30Z",
        }] })
        );
        let rest = agent.until_silence().await;
        assert!(rest.iter().all(|frame| frame.event != "contacts"), "{rest:?}");
    }

    async fn a_heartbeat_that_is_saved_late_still_reaches_viewers(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].post("/sessions", &seat_request("application")).await.created();
        let (mut admin, _) = Watcher::with_snapshot(&world.admin).await;
        let beat = format!("/sessions/{}/heartbeat", session["id"].as_str().expect("an id"));
        people[0].post(&beat, &json!({})).await.ok();
        // The heartbeat was answered. The feed looks for contacts first, and the heartbeat is saved a second later.
        world.advance_clock(chrono::TimeDelta::seconds(1));
        let contacts_or_alive = admin.until(|frame| frame.event == "contacts" || frame.event == "alive");
        let _ = tokio::time::timeout(std::time::Duration::from_secs(6), contacts_or_alive).await;
        world.app.seats.sweep().await.expect("heartbeats can be saved");
        let event = admin.until(|frame| frame.event == "contacts").await;
        assert_eq!(event.data["contacts"][0]["id"], session["id"]);
    }

    /// Messages are filtered for each viewer, but rights are rechecked with one query for all of them.
    async fn many_viewers_cost_one_query_at_a_time(world: World) {
        let (license, _) = world.pool(500, 1).await;
        let program = world.admin.with_token().await;
        let mut guards = Vec::new();
        for _ in 0..200 {
            let admission = Admission::for_read(Credential::Token(secret::digest(program.secret())));
            guards.push(world.stream_guard(admission).await);
        }
        let (begun, before) = (Instant::now(), world.app.streams.recheck_count());
        for seats in 1..=50 {
            world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": seats })).await.ok();
            for guard in &mut guards {
                assert!(guard.run(async {}).await.is_some());
            }
        }
        let (queries, most) = (world.app.streams.recheck_count() - before, begun.elapsed().as_millis() / 750 + 2);
        assert!(u128::from(queries) <= most, "{queries} queries for 10,000 messages, at most {most} allowed");
        for guard in &guards {
            assert_eq!(guard.caller().id, world.admin.id);
        }
    }

    async fn an_idle_stream_sends_keep_alives(world: World) {
        let agent = world.agent("Nora Neu").await;
        for mut connection in [raw_feed(&world, &world.admin).await, raw_feed(&world, &agent).await] {
            let mut alive = String::new();
            while !alive.starts_with("event: alive\n") {
                alive = timeout(Duration::from_secs(30), connection.next())
                    .await
                    .expect("in time")
                    .expect("an open stream");
            }
            assert_eq!(alive, "event: alive\ndata: {\"at\":\"2026-03-02T09:00:00Z\"}\n\n");
        }
    }
}
