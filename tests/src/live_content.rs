//! How much of the live feed reaches a viewer: only their own sessions and tickets if they ask for no more, and, in an
//! account with many sessions, pages of a table instead of all of them.

use crate::harness::{Frame, Person, Watcher, on_both_engines, seat_request};
use chrono::TimeDelta;
use reqwest::Method;
use seatkeeper_shared::{
    endpoints::{
        Endpoint,
        live::{LiveRows, ROWS_PER_PAGE, SNAPSHOT_SESSIONS, rows, snapshot},
    },
    license::Model,
    people::Role,
    wire::{
        live::LiveContent,
        sessions::{SessionSort, StateFilter},
    },
};
use serde_json::{Value, json};

/// Live sessions in the large account.
const SESSIONS: usize = 2_000;
/// The most bytes that a tab receives at the beginning, compressed, whatever page it shows.
const MAX_BYTES: usize = 150_000;
/// The same for a page that shows no sessions of others, uncompressed.
const MAX_BYTES_WITHOUT_SESSIONS: usize = 8_000;

/// Opens a stream without snapshots, after its first event: what happens from now on is in it.
async fn follow(person: &Person, query: &str) -> Watcher {
    let mut stream = Watcher::on_stream(person, &format!("/live?snapshot=false{query}")).await;
    stream.next_alive().await;
    stream
}

/// Requests an endpoint as a browser does; returns the answer and the bytes that were sent.
async fn load<T>(person: &Person, endpoint: Endpoint<T>) -> (Value, usize) {
    let path = endpoint.into_request().path;
    let packed = person.request(Method::GET, &path).header("accept-encoding", "gzip").send().await.expect("an answer");
    assert_eq!(packed.headers()["content-encoding"], "gzip", "{path}");
    let bytes = packed.bytes().await.expect("a body").len();
    (person.get(&path).await.ok(), bytes)
}

/// The numbers of sessions that were inserted.
fn numbers(sessions: &Value) -> Vec<usize> {
    let number = |session: &Value| session["id"].as_str()?.rsplit('-').next()?.parse().ok();
    sessions.as_array().expect("sessions").iter().map(|session| number(session).expect("a number")).collect()
}

on_both_engines! {
    async fn a_tab_receives_little_however_many_sessions_there_are(world: World) {
        let (license, _) = world.pool(9_000, 1).await;
        world.insert_sessions(license, SESSIONS).await;
        let own = world.admin.get("/live/snapshot?content=own").await.ok();
        let counted = &own["snapshot"]["licenses"][0]["use"]["sessions"];
        assert_eq!((&own["snapshot"]["sessions"], counted), (&json!([]), &json!(SESSIONS)));
        assert!(own.to_string().len() < MAX_BYTES_WITHOUT_SESSIONS, "{own}");
        let first = Watcher::on_stream(&world.admin, "/live?content=own").await.next().await;
        assert_eq!((first.event.as_str(), &first.data["sessions"]), ("snapshot", &json!([])));
        assert!(first.data.to_string().len() < MAX_BYTES_WITHOUT_SESSIONS, "{first:?}");

        let (newest, snapshot_bytes) = load(&world.admin, snapshot(LiveContent::All, SNAPSHOT_SESSIONS)).await;
        let newest = &newest["snapshot"];
        assert_eq!(newest["sessions_total"], SESSIONS);
        assert_eq!(numbers(&newest["sessions"]), (SESSIONS - SNAPSHOT_SESSIONS..SESSIONS).rev().collect::<Vec<_>>());
        let table = LiveRows {
            license: None,
            model: Some(Model::Concurrent),
            state: StateFilter::Live,
            platform: None,
            q: None,
            order: (SessionSort::Created, false),
        };
        let (page, page_bytes) = load(&world.admin, rows(&table)).await;
        assert_eq!((numbers(&page["items"]), &page["total"]), ((0..ROWS_PER_PAGE).collect(), &json!(SESSIONS)));
        assert!(snapshot_bytes + page_bytes < MAX_BYTES, "{snapshot_bytes} and {page_bytes} bytes");

        let found = LiveRows { license: Some(license), q: Some("MASSE 01".to_owned()), ..table.clone() };
        let (page, _) = load(&world.admin, rows(&found)).await;
        assert_eq!(numbers(&page["items"]), (100..200).collect::<Vec<_>>());
        let waiting = LiveRows { state: StateFilter::Waiting, ..table };
        assert_eq!(world.admin.get(&rows(&waiting).into_request().path).await.ok()["items"], json!([]));
    }

    async fn a_stream_of_own_content_has_the_counts_but_not_the_sessions_of_others(world: World) {
        let (license, people) = world.pool(2, 2).await;
        world.grant(license, &[world.admin.id]).await;
        let mut all = follow(&world.admin, "").await;
        let mut stream = follow(&world.admin, "&content=own").await;
        let own = world.admin.post("/sessions", &seat_request("attended")).await.created();
        let change = stream.until(|frame| frame.session(&own["id"]).is_some()).await;
        assert_eq!(change.data["sessions"], json!([own]), "with the support key");
        assert_eq!(change.license(license).expect("the license")["use"]["occupied"], 1);

        let before = world.head().await;
        let other = people[0].post("/sessions", &seat_request("application")).await.created();
        let occupied = |count: i64| move |frame: &Frame| {
            frame.license(license).is_some_and(|license| license["use"]["occupied"] == count)
        };
        let change = stream.until(occupied(2)).await;
        assert_eq!(change.data["sessions"], json!([]));
        all.until(|frame| frame.session(&other["id"]).is_some()).await;
        people[1].queued().await;
        let change = stream.until(|frame| frame.data["queues"] != json!([])).await;
        assert_eq!(change.data["queues"], json!([{ "license_id": license, "tickets": [] }]), "the viewer has none");
        let missed = format!("/live?snapshot=false&content=own&after={before}");
        let missed = Watcher::on_stream(&world.admin, &missed).await.next().await;
        assert_eq!((missed.event.as_str(), &missed.data["sessions"]), ("change", &json!([])));
        assert!(occupied(2)(&missed), "{missed:?}");

        world.advance_clock(TimeDelta::seconds(30));
        let session = other["id"].as_str().expect("an id");
        people[0].post(&format!("/sessions/{session}/heartbeat"), &json!({})).await.ok();
        world.sweep().await;
        all.until(|frame| frame.event == "contacts").await;
        let rest = stream.until_silence().await;
        assert!(rest.iter().all(|frame| frame.event != "contacts"), "{rest:?}");
        world.admin.get("/live?content=some").await.problem(400, "bad_request");
    }

    async fn own_tickets_are_in_a_stream_of_own_content(world: World) {
        let (license, people) = world.pool(1, 2).await;
        world.grant(license, &[world.admin.id]).await;
        people[0].seated().await;
        let mut stream = follow(&world.admin, "&content=own").await;
        people[1].queued().await;
        let own = world.admin.queued().await;
        let change = stream.until(|frame| frame.data["queues"][0]["tickets"][0].is_object()).await;
        let ticket = world.admin.get(&own).await.ok();
        assert_eq!(change.data["queues"][0]["tickets"].as_array().map(Vec::len), Some(1));
        assert_eq!(change.data["queues"][0]["tickets"][0]["id"], ticket["id"]);
        world.admin.delete(&own).await.no_content();
        stream.until(|frame| frame.data["queues"] == json!([{ "license_id": license, "tickets": [] }])).await;
    }

    async fn a_manager_limited_to_groups_can_watch_own_work_only(world: World) {
        let (license, people) = world.pool(3, 2).await;
        let manager = world.person("Mia Manager", Role::Manager, &[]).await;
        world.grant(license, &[manager.id]).await;
        let mut feed = follow(&world.admin, "").await;
        let group = world.group("Nord", &[people[0].id]).await;
        world.limit_to_groups(&manager, &[group]).await;
        // With what follows in the same batch, the manager would have to request a new snapshot.
        let limited = Some(world.head().await.0);
        feed.until(|frame| frame.id >= limited).await;
        let mut all = follow(&manager, "").await;
        let mut stream = follow(&manager, "&content=own").await;
        let theirs = people[0].request_seat().await.created();
        all.until(|frame| frame.session(&theirs["id"]).is_some()).await;
        let change = stream.until(|frame| frame.license(license).is_some()).await;
        assert_eq!(change.data["sessions"], json!([]));
        let own = manager.request_seat().await.created();
        let change = stream.until(|frame| frame.session(&own["id"]).is_some()).await;
        assert_eq!(change.data["sessions"].as_array().map(Vec::len), Some(1));
        let snapshot = Watcher::on_stream(&manager, "/live?content=own").await.next().await;
        assert_eq!(snapshot.data["sessions"].as_array().map(Vec::len), Some(1));
        world.admin.put(&format!("/groups/{group}/members"), &json!({ "user_ids": [] })).await.ok();
        stream.until(|frame| frame.event == "resync").await;
    }
}
