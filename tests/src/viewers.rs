//! Viewers of the live feed who read slowly, or in times when nothing changes.

use crate::world::{Person, Watcher, World, on_both_engines, wanted};
use futures_util::{Stream, StreamExt as _};
use seatkeeper::{
    auth::{StreamGuard, caller::Admission, callers::Credential, secret},
    live::watch,
};
use seatkeeper_shared::ids::LicenseId;
use serde_json::json;
use std::{pin::Pin, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};

/// How many changes somebody who does not read can be behind before he has to resync.
const BEHIND: i64 = 64;
/// Within which time a change is seen.
const PROMISED: Duration = Duration::from_secs(1);

/// A viewer who is read from by hand.
async fn by_hand(world: &World, person: &Person) -> Pin<Box<dyn Stream<Item = String> + Send>> {
    let program = person.with_token().await;
    let admission = Admission::to_read(Credential::Token(secret::digest(program.secret())));
    let guard = StreamGuard::open(&world.app, admission).await.expect("a good token");
    let stream = watch(world.app.clone(), &guard, None);
    Box::pin(stream.map(|bytes| String::from_utf8(bytes.expect("the database answers").to_vec()).expect("UTF-8")))
}

/// A viewer at the other end of a line who takes in very little and reads nothing.
async fn deaf(world: &World) -> TcpStream {
    let token = world.admin.post("/tokens", &json!({ "name": "deaf", "days": 1 })).await.created();
    let secret = token["secret"].as_str().expect("a secret");
    let address = world.url.trim_start_matches("http://");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut line = socket.connect(address.parse().expect("an address")).await.expect("the server answers");
    let request = format!(
        "GET /api/v1/live HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n\r\n"
    );
    line.write_all(request.as_bytes()).await.expect("the server reads");
    line
}

/// What somebody who was deaf finds when he reads at last, up to a text that says that he missed nothing or has to resync.
async fn read_on(line: &mut TcpStream, ends: &[&str]) -> String {
    let (mut all, mut part) = (Vec::new(), [0; 8_192]);
    loop {
        let read = timeout(Duration::from_secs(10), line.read(&mut part)).await.expect("it comes in time");
        let read = read.expect("the line stands");
        all.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&all);
        if read == 0 || ends.iter().any(|end| text.contains(end)) {
            return text.into_owned();
        }
    }
}

/// Changes the seats so often that each change is told by itself; the longest time until the viewer saw one.
async fn change(admin: &Person, license: LicenseId, viewer: &mut Watcher, times: i64) -> Duration {
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
    async fn whoever_does_not_read_has_to_resync_and_nobody_waits_for_him(world: World) {
        let (license, _) = world.pool(500, 1).await;
        let mut slow = by_hand(&world, &world.admin).await;
        assert_eq!(slow.next().await.expect("a greeting"), "retry: 1000\n\n");
        assert!(slow.next().await.expect("a snapshot").contains("event: snapshot\n"));
        let mut lines = Vec::new();
        for _ in 0..5 {
            lines.push(deaf(&world).await);
        }
        let (mut fast, _) = Watcher::with_snapshot(&world.admin).await;
        let longest = change(&world.admin, license, &mut fast, BEHIND + 1).await;
        assert!(longest < PROMISED, "a change took {longest:?}");

        assert_eq!(slow.next().await.expect("one more"), "event: resync\ndata: {}\n\n");
        assert_eq!(slow.next().await, None, "and then he has to come again");
        let head = format!("id: {}\n", world.head().await);
        for line in &mut lines {
            let text = read_on(line, &[&head, "event: resync\n"]).await;
            assert!(text.contains(&head) || text.contains("event: resync\n"), "silently less: {text}");
        }
    }

    async fn whoever_is_a_little_slow_misses_nothing(world: World) {
        let (license, _) = world.pool(500, 1).await;
        let mut slow = by_hand(&world, &world.admin).await;
        assert!(slow.next().await.is_some() && slow.next().await.is_some());
        let (mut fast, _) = Watcher::with_snapshot(&world.admin).await;
        change(&world.admin, license, &mut fast, 8).await;
        for seats in 1..=8 {
            let told = slow.next().await.expect("a change");
            assert!(told.contains(&format!("\"seats\":{seats},")), "{told}");
        }
    }

    async fn whoever_comes_while_much_changes_misses_nothing(world: World) {
        let (_, people) = world.pool(20, 20).await;
        let asking = futures_util::future::join_all(people.iter().map(Person::ask));
        let coming = futures_util::future::join_all((0..20).map(|_| Watcher::with_snapshot(&world.admin)));
        let (answers, watchers) = tokio::join!(asking, coming);
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

    async fn heartbeats_arrive_as_contacts_at_those_who_see_all(world: World) {
        let (_, people) = world.pool(2, 1).await;
        let session = people[0].post("/sessions", &wanted("application")).await.created();
        let (mut admin, snapshot) = Watcher::with_snapshot(&world.admin).await;
        let (mut agent, _) = Watcher::with_snapshot(&people[0]).await;
        world.pass(chrono::TimeDelta::seconds(30));
        let beat = format!("/sessions/{}/heartbeat", session["id"].as_str().expect("an id"));
        people[0].post(&beat, &json!({})).await.ok();
        world.app.seats.sweep().await.expect("heartbeats are written together");
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

    async fn a_heartbeat_is_told_however_late_it_is_written_down(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].post("/sessions", &wanted("application")).await.created();
        let (mut admin, _) = Watcher::with_snapshot(&world.admin).await;
        let beat = format!("/sessions/{}/heartbeat", session["id"].as_str().expect("an id"));
        people[0].post(&beat, &json!({})).await.ok();
        // It was answered; by now somebody has looked who was heard of, and a second later it is written.
        world.pass(chrono::TimeDelta::seconds(1));
        let looked = admin.until(|frame| frame.event == "contacts" || frame.event == "alive");
        let _ = tokio::time::timeout(std::time::Duration::from_secs(6), looked).await;
        world.app.seats.sweep().await.expect("heartbeats are written together");
        let told = admin.until(|frame| frame.event == "contacts").await;
        assert_eq!(told.data["contacts"][0]["id"], session["id"]);
    }

    /// What viewers are told is looked at for each of them; the database is asked for all of them together.
    async fn many_viewers_cost_one_question_at_a_time(world: World) {
        let (license, _) = world.pool(500, 1).await;
        let program = world.admin.with_token().await;
        let mut guards = Vec::new();
        for _ in 0..200 {
            let admission = Admission::to_read(Credential::Token(secret::digest(program.secret())));
            guards.push(StreamGuard::open(&world.app, admission).await.expect("a good token"));
        }
        let (begun, before) = (Instant::now(), world.app.streams.questions());
        for seats in 1..=50 {
            world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": seats })).await.ok();
            for guard in &mut guards {
                assert!(guard.run(async {}).await.is_some());
            }
        }
        let (asked, most) = (world.app.streams.questions() - before, begun.elapsed().as_millis() / 750 + 2);
        assert!(u128::from(asked) <= most, "asked {asked} times for 10,000 messages, and may {most} times");
        for guard in &guards {
            assert_eq!(guard.caller().id, world.admin.id);
        }
    }

    async fn the_line_shows_that_it_lives_when_nothing_changes(world: World) {
        let agent = world.agent("Nora Neu").await;
        for mut line in [by_hand(&world, &world.admin).await, by_hand(&world, &agent).await] {
            let mut alive = String::new();
            while !alive.starts_with("event: alive\n") {
                alive = timeout(Duration::from_secs(30), line.next()).await.expect("it lives").expect("it goes on");
            }
            assert_eq!(alive, "event: alive\ndata: {\"at\":\"2026-03-02T09:00:00Z\"}\n\n");
        }
    }
}
