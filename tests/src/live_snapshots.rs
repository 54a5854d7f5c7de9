//! The live feed of the app: a stream without snapshots, the snapshot requested beside it, and compression.

use crate::harness::{Engine, Frame, Person, Watcher, World, on_both_engines, queue::place, seat_request, within};
use chrono::TimeDelta;
use futures_util::StreamExt as _;
use reqwest::Method;
use seatkeeper::{
    auth::{admission::Admission, secret},
    caller::Credential,
    live::{StreamOptions, watch},
};
use seatkeeper_shared::people::Role;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Opens a stream without snapshots; returns it with its first event.
async fn follow(person: &Person, query: &str) -> (Watcher, Frame) {
    let mut watcher = Watcher::on_stream(person, &format!("/live?snapshot=false{query}")).await;
    let first = watcher.next_alive().await;
    (watcher, first)
}

/// Requests the snapshot; returns it with the cursor of further sessions.
async fn snapshot(person: &Person, query: &str) -> (Value, Value) {
    let reply = person.get(&format!("/live/snapshot{query}")).await.ok();
    assert_eq!(reply["user_id"], json!(person.id));
    (reply["snapshot"].clone(), reply["next"].clone())
}

/// The ids of the sessions in a snapshot or a list.
fn ids(sessions: &Value) -> Vec<&Value> {
    sessions.as_array().expect("sessions").iter().map(|session| &session["id"]).collect()
}

on_both_engines! {
    async fn a_stream_without_snapshots_names_its_position_and_continues_with_changes(world: World) {
        let (_, people) = world.pool(2, 2).await;
        let before = people[0].request_seat().await.created()["id"].clone();
        let (mut stream, first) = follow(&world.admin, "").await;
        assert_eq!(first.id, Some(world.head().await.0));
        let (seen, next) = snapshot(&world.admin, "").await;
        assert_eq!((ids(&seen["sessions"]), &seen["position"], &next), (vec![&before], &json!(first.id), &Value::Null));
        let after = people[1].request_seat().await.created()["id"].clone();
        let change = stream.until(|frame| frame.session(&after).is_some()).await;
        assert!(change.id > first.id, "{change:?}");
    }

    async fn a_stream_continues_after_the_position_in_the_query(world: World) {
        let (_, people) = world.pool(2, 1).await;
        let (_, first) = follow(&world.admin, "").await;
        let missed = people[0].request_seat().await.created()["id"].clone();
        let head = world.head().await.0;
        let query = format!("/live?snapshot=false&after={}", first.id.expect("a position"));
        let change = Watcher::on_stream(&world.admin, &query).await.next().await;
        assert_eq!((change.event.as_str(), change.id, change.session(&missed).is_some()), ("change", Some(head), true));
        let (_, nothing_missed) = follow(&world.admin, &format!("&after={head}")).await;
        assert_eq!(nothing_missed.id, Some(head), "the client learns that the stream reaches it");
        for unknown in [head + 1, i64::MAX] {
            let query = format!("/live?snapshot=false&after={unknown}");
            let first = Watcher::on_stream(&world.admin, &query).await.next().await;
            assert_eq!((first.event.as_str(), first.id), ("resync", Some(head)));
        }
    }

    async fn own_content_has_all_licenses_but_only_the_callers_sessions_and_tickets(world: World) {
        let (license, people) = world.pool(2, 3).await;
        world.grant(license, &[world.admin.id]).await;
        let own = world.admin.post("/sessions", &seat_request("attended")).await.created();
        world.advance_clock(TimeDelta::seconds(1));
        let others = people[0].post("/sessions", &seat_request("attended")).await.created();
        people[1].queued().await;
        let (seen, _) = snapshot(&world.admin, "?content=own").await;
        assert_eq!(seen["sessions"], json!([own]), "with the support key");
        assert_eq!((&seen["sessions_total"], &seen["queues"]), (&json!(1), &json!([])));
        assert_eq!(seen["licenses"][0]["use"]["occupied"], 2);
        let (all, _) = snapshot(&world.admin, "?content=all").await;
        assert_eq!((&all["sessions_total"], ids(&all["sessions"])), (&json!(2), vec![&others["id"], &own["id"]]));
        assert_eq!(all["sessions"][0]["support_key"], Value::Null, "only the agent sees it");
        assert_eq!(all["queues"][0]["tickets"].as_array().map(Vec::len), Some(1));
        let (agents, _) = snapshot(&people[0], "?content=all").await;
        assert_eq!((ids(&agents["sessions"]), &agents["queues"]), (vec![&others["id"]], &json!([])));
        world.admin.get("/live/snapshot?content=most").await.problem(400, "bad_request");
    }

    async fn a_snapshot_of_some_sessions_says_where_the_list_continues(world: World) {
        let (_, people) = world.pool(3, 3).await;
        for agent in &people {
            agent.request_seat().await.created();
            world.advance_clock(TimeDelta::seconds(1));
        }
        let (newest, next) = snapshot(&world.admin, "?limit=2").await;
        assert_eq!((ids(&newest["sessions"]).len(), &newest["sessions_total"]), (2, &json!(3)));
        let next = next.as_str().expect("a cursor");
        let rest = world.admin.get(&format!("/sessions?state=live&after={next}")).await.ok();
        assert_eq!((ids(&rest["items"]).len(), &rest["next"]), (1, &Value::Null));
        assert!(!ids(&newest["sessions"]).contains(&ids(&rest["items"])[0]));
        for limit in [0, 5_001] {
            world.admin.get(&format!("/live/snapshot?limit={limit}")).await.problem(422, "invalid");
        }
    }

    async fn a_viewer_who_sees_other_data_must_request_a_new_snapshot_and_stays_connected(world: World) {
        let (license, people) = world.pool(3, 1).await;
        let agent = world.agent("Nora Neu").await;
        let (mut stream, _) = follow(&agent, "").await;
        assert_eq!(snapshot(&agent, "").await.0["licenses"], json!([]));
        world.grant(license, &[agent.id]).await;
        let resync = stream.until(|frame| frame.event == "resync").await;
        assert_eq!(snapshot(&agent, "").await.0["licenses"][0]["id"], json!(license));
        people[0].request_seat().await.created();
        let change = stream.until(|frame| frame.license(license).is_some()).await;
        assert!(change.id > resync.id);

        let manager = world.person("Mia Manager", Role::Manager, &[]).await;
        let group = world.group("Nord", &[people[0].id]).await;
        world.limit_to_groups(&manager, &[group]).await;
        let (mut stream, _) = follow(&manager, "").await;
        world.admin.put(&format!("/groups/{group}/members"), &json!({ "user_ids": [] })).await.ok();
        stream.until(|frame| frame.event == "resync").await;
        assert_eq!(snapshot(&manager, "").await.0["sessions"], json!([]));
    }

    async fn a_viewer_that_fell_behind_must_request_a_new_snapshot_and_stays_connected(world: World) {
        let (license, _) = world.pool(500, 1).await;
        let program = world.admin.with_token().await;
        let admission = Admission::for_read(Credential::Token(secret::digest(program.secret())));
        let guard = world.stream_guard(admission).await;
        let options = StreamOptions { has_snapshots: false, ..StreamOptions::default() };
        let stream = watch(world.app.live.clone(), &guard, options);
        let mut slow = Box::pin(stream.map(|bytes| String::from_utf8(bytes.expect("rows").to_vec()).expect("UTF-8")));
        assert_eq!(slow.next().await.expect("a greeting"), "retry: 1000\n\n");
        assert!(slow.next().await.expect("a first event").contains("event: alive\n"));
        let (mut fast, _) = follow(&world.admin, "").await;
        let change = async |seats: i64, fast: &mut Watcher| {
            world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": seats })).await.ok();
            fast.until(|frame| frame.license(license).is_some_and(|seen| seen["seats"] == seats)).await;
        };
        for seats in 1..=70 {
            change(seats, &mut fast).await;
        }
        assert!(slow.next().await.expect("an event").contains("event: resync\n"));
        change(99, &mut fast).await;
        let mut next = slow.next().await.expect("an event");
        while next.contains("event: alive") {
            next = slow.next().await.expect("an event");
        }
        assert!(next.contains("event: change") && next.contains(r#""seats":99"#), "{next}");
    }

    async fn a_stream_keeps_the_callers_tickets_alive_but_not_those_of_others(world: World) {
        let (_, people) = world.pool(1, 3).await;
        let session = people[0].seated().await;
        let early = people[1].queued().await;
        let (stream, _) = follow(&people[1], "&renew_tickets=true").await;
        let (mut others, _) = follow(&world.admin, "&renew_tickets=true").await;
        people[1].delete(&early).await.no_content();
        let (late, foreign) = (people[1].queued().await, people[2].queued().await);
        others.until(|frame| frame.data["queues"][0]["tickets"].as_array().map(Vec::len) == Some(2)).await;
        world.advance_clock(TimeDelta::seconds(100));
        people[0].post_action(&session, "heartbeat").await.ok();
        // The stream renews tickets every few seconds of real time.
        let is_renewed = async || {
            // On SQLite, renewals are written by the sweep.
            world.sweep().await;
            world.admin.get(&late).await.ok()["last_seen_at"] == "2026-03-02T09:01:40Z"
        };
        within(Duration::from_secs(20), || "the ticket is renewed".to_owned(), is_renewed).await;
        world.advance_clock(TimeDelta::seconds(30));
        people[0].post_action(&session, "heartbeat").await.ok();
        world.sweep().await;
        assert_eq!(place(&world.admin.get(&late).await.ok()), ("waiting", 1));
        assert_eq!(world.admin.get(&foreign).await.ok()["over"]["reason"], "lapsed");
        drop(stream);
    }

    async fn a_stream_without_the_option_keeps_no_ticket_alive(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        let (mut stream, _) = follow(&people[1], "").await;
        world.advance_clock(TimeDelta::seconds(100));
        stream.next_alive().await;
        stream.next_alive().await;
        assert_eq!(world.admin.get(&ticket).await.ok()["last_seen_at"], "2026-03-02T09:00:00Z");
    }

    async fn long_json_is_compressed_on_request_and_streams_are_not(world: World) {
        for number in 0..20 {
            world.agent(&format!("Agent {number}")).await;
        }
        let get = async |path: &str, accepted: &str| {
            let request = world.admin.request(Method::GET, path).header("accept-encoding", accepted);
            request.send().await.expect("an answer")
        };
        let coding = |answer: &reqwest::Response| {
            answer.headers().get("content-encoding").map(|coding| coding.to_str().expect("text").to_owned())
        };
        let plain = get("/users", "identity").await;
        assert_eq!((coding(&plain), &plain.headers()["vary"]), (None, &"accept-encoding".parse().expect("a value")));
        let plain = plain.bytes().await.expect("a body").len();
        for accepted in ["br", "gzip"] {
            let packed = get("/users", accepted).await;
            assert_eq!(coding(&packed).as_deref(), Some(accepted));
            let packed = packed.bytes().await.expect("a body").len();
            assert!(packed * 3 < plain, "{packed} of {plain} bytes");
        }
        assert_eq!(coding(&get("/me", "br").await), None, "too short");
        assert_eq!(coding(&get("/live", "br").await), None);
        assert_eq!(coding(&get("/users/export?format=json", "br").await), None);
    }
}

#[tokio::test]
async fn alive_events_name_the_build_of_the_app_that_is_delivered_now() {
    let dist = tempfile::tempdir().expect("a folder");
    let page = dist.path().join("index.html");
    std::fs::write(&page, "<title>1</title>").expect("a file");
    let world = World::with_app(dist.path().to_owned()).await;
    let (mut stream, first) = follow(&world.admin, "").await;
    let build = first.data["build"].clone();
    assert!(build.is_string());
    assert_eq!(world.admin.get("/live/snapshot").await.ok()["build"], build);
    let begun = Instant::now();
    assert_eq!(stream.next_alive().await.data["build"], build);
    std::fs::write(&page, "<title>2</title>").expect("a file");
    assert_ne!(stream.next_alive().await.data["build"], build);
    assert!(begun.elapsed() < Duration::from_secs(15), "two alive events in {:?}", begun.elapsed());
    std::fs::remove_file(&page).expect("a file");
    stream.next_alive().await;
    assert_eq!(stream.next_alive().await.data["build"], Value::Null, "the app is not built");
    assert_eq!(world.engine, Engine::Sqlite);
}
