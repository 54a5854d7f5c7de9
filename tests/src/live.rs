//! The live feed: which changes each viewer receives, which not, and how a viewer resumes after a broken connection.

use crate::harness::{Frame, Person, Watcher, on_both_engines, seat_request};
use seatkeeper_shared::{license::Model, people::Role};
use serde_json::{Value, json};

/// A predicate for events that contain the session with this id.
fn has_session(id: &Value) -> impl Fn(&Frame) -> bool {
    let id = id.clone();
    move |frame| frame.session(&id).is_some()
}

async fn end(by: &Person, id: &Value) {
    by.post("/sessions/end", &json!({ "ids": [id] })).await.ok();
}

on_both_engines! {
    async fn the_snapshot_is_complete_and_names_its_position(world: World) {
        let (license, people) = world.pool(2, 1).await;
        let session = people[0].post("/sessions", &seat_request("attended")).await.created();
        let (_watcher, snapshot) = Watcher::with_snapshot(&world.admin).await;
        assert_eq!(snapshot.id, Some(world.head().await.0));
        assert_eq!(snapshot.data["position"], json!(snapshot.id));
        assert_eq!(snapshot.data["at"], "2026-03-02T09:00:00Z");
        assert_eq!(snapshot.data["sessions_total"], 1);
        let mut seen = session.clone();
        seen.as_object_mut().expect("a session").remove("support_key");
        assert_eq!(snapshot.data["sessions"], json!([seen]), "without the support key, which only the agent sees");
        let seen = snapshot.license(license).expect("the license");
        assert_eq!((&seen["use"]["occupied"], &seen["use"]["connected"]), (&json!(1), &json!(0)));
    }

    async fn a_new_session_arrives_with_the_new_counters_and_its_end_arrives_once(world: World) {
        let (license, people) = world.pool(2, 2).await;
        let (mut admin, snapshot) = Watcher::with_snapshot(&world.admin).await;
        let session = people[0].post("/sessions", &seat_request("attended")).await.created();
        let change = admin.until(has_session(&session["id"])).await;
        assert_eq!((change.event.as_str(), change.id), ("change", change.data["position"].as_i64()));
        assert!(change.id > snapshot.id);
        let seen = change.session(&session["id"]).expect("the session");
        assert_eq!((&seen["state"], &seen["support_key"]), (&json!("waiting"), &Value::Null));
        assert_eq!(change.license(license).expect("the license")["use"]["occupied"], 1);

        let path = format!("/sessions/{}/connect", session["id"].as_str().expect("an id"));
        people[0].post(&path, &json!({ "platform": "android" })).await.ok();
        let change = admin.until(has_session(&session["id"])).await;
        assert_eq!(change.session(&session["id"]).expect("the session")["platform"], "android");
        assert_eq!(change.license(license).expect("the license")["use"]["connected"], 1);

        end(&world.admin, &session["id"]).await;
        let change = admin.until(has_session(&session["id"])).await;
        let seen = change.session(&session["id"]).expect("the session");
        assert_eq!(
            seen["ended"],
            json!({
                "reason": "ended_by_admin", "at": "2026-03-02T09:00:00Z", "by": "Anja Krüger",
            })
        );
        assert_eq!(change.license(license).expect("the license")["use"]["occupied"], 0);
        let other = people[1].request_seat().await.created();
        let change = admin.until(has_session(&other["id"])).await;
        assert_eq!(change.session(&session["id"]), None, "an end is sent once");
    }

    async fn positions_increase_and_the_last_change_has_the_last_position(world: World) {
        let (_, people) = world.pool(5, 5).await;
        let (mut admin, snapshot) = Watcher::with_snapshot(&world.admin).await;
        for agent in &people {
            agent.request_seat().await.created();
        }
        let head = world.head().await.0;
        let mut last = snapshot.id.expect("a position");
        while last < head {
            let change = admin.next().await;
            assert!(change.id > Some(last), "{change:?}");
            last = change.id.expect("a position");
        }
        assert_eq!(last, head);
    }

    async fn a_reconnecting_viewer_gets_exactly_the_missed_changes(world: World) {
        let (_, people) = world.pool(5, 3).await;
        let before = people[0].request_seat().await.created()["id"].clone();
        let (_, snapshot) = Watcher::with_snapshot(&world.admin).await;
        let (mut stays, _) = Watcher::with_snapshot(&world.admin).await;
        let missed = people[1].request_seat().await.created()["id"].clone();
        end(&people[0], &before).await;
        let head = world.head().await.0;
        let mut back = Watcher::open(&world.admin, snapshot.id).await;
        let change = back.next().await;
        assert_eq!((change.event.as_str(), change.id), ("change", Some(head)), "no snapshot");
        assert_eq!(change.data["sessions"].as_array().map(Vec::len), Some(2));
        assert!(change.session(&missed).is_some_and(|session| session["state"] == "connected"));
        assert!(change.session(&before).is_some_and(|session| session["ended"]["reason"] == "finished"));

        // A batch is sent again to viewers that connect in between, so wait until this one is sent.
        stays.until(|frame| frame.id == Some(head)).await;
        let mut nothing_missed = Watcher::open(&world.admin, Some(head)).await;
        let new = people[2].request_seat().await.created()["id"].clone();
        let change = nothing_missed.next().await;
        assert_eq!(change.data["sessions"].as_array().map(Vec::len), Some(1), "only the new changes");
        assert!(change.session(&new).is_some());
        assert_eq!(back.until(has_session(&new)).await.id, change.id);
    }

    async fn reconnecting_with_an_unknown_position_yields_a_snapshot(world: World) {
        let head = world.head().await.0;
        for position in [head + 1, i64::MAX] {
            let first = Watcher::open(&world.admin, Some(position)).await.next().await;
            assert_eq!((first.event.as_str(), first.id), ("snapshot", Some(head)));
        }
    }

    async fn an_agent_sees_only_their_own_sessions_keys_and_licenses(world: World) {
        let (license, people) = world.pool(3, 2).await;
        let desk = world.product("Service Desk").await;
        let hidden = world.license(desk, Model::Concurrent, 1).await;
        let others = people[1].request_seat().await.created()["id"].clone();
        let (mut agent, snapshot) = Watcher::with_snapshot(&people[0]).await;
        assert_eq!(snapshot.data["sessions"], json!([]));
        assert!(snapshot.license(license).is_some() && snapshot.license(hidden).is_none());

        let own = people[0].post("/sessions", &seat_request("attended")).await.created();
        let change = agent.until(has_session(&own["id"])).await;
        assert_eq!(change.session(&own["id"]), Some(&own), "with the support key");
        end(&people[1], &others).await;
        let change = agent.until(|frame| frame.license(license).is_some_and(|l| l["use"]["occupied"] == 1)).await;
        assert_eq!(change.data["sessions"], json!([]), "the counters, but not the sessions of others");
        world.admin.patch(&format!("/licenses/{hidden}"), &json!({ "seats": 9 })).await.ok();
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 4 })).await.ok();
        let mut rest = vec![agent.until(|frame| frame.license(license).is_some_and(|l| l["seats"] == 4)).await];
        rest.extend(agent.until_silence().await);
        assert!(rest.iter().all(|frame| frame.license(hidden).is_none()), "{rest:?}");
    }

    async fn an_admin_sees_only_the_keys_of_their_own_sessions(world: World) {
        let (license, people) = world.pool(3, 1).await;
        world.grant(license, &[world.admin.id]).await;
        let (mut admin, _) = Watcher::with_snapshot(&world.admin).await;
        let others = people[0].post("/sessions", &seat_request("attended")).await.created();
        assert_eq!(
            admin.until(has_session(&others["id"])).await.session(&others["id"]).expect("it")["support_key"],
            Value::Null
        );
        let own = world.admin.post("/sessions", &seat_request("attended")).await.created();
        let keyed = |frame: &Frame| frame.session(&own["id"]).is_some_and(|s| s["support_key"] == own["support_key"]);
        admin.until(keyed).await;
        let (_watcher, snapshot) = Watcher::with_snapshot(&world.admin).await;
        assert_eq!(snapshot.session(&own["id"]), Some(&own));
        assert_eq!(snapshot.session(&others["id"]).expect("it")["support_key"], Value::Null);
    }

    async fn an_agent_sees_an_assignment_and_its_revocation_at_once(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 2).await;
        let nora = world.agent("Nora Neu").await;
        let (mut agent, snapshot) = Watcher::with_snapshot(&nora).await;
        assert_eq!(snapshot.data["licenses"], json!([]));
        world.grant(license, &[nora.id]).await;
        let snapshot = agent.until(|frame| frame.event == "snapshot").await;
        assert_eq!(snapshot.license(license).expect("the license")["use"]["assigned"], 1);
        nora.request_seat().await.created();
        let change = agent.until(|frame| frame.event == "change").await;
        assert_eq!(change.license(license).expect("the license")["use"]["occupied"], 1);
        let revoke = json!({ "user_ids": [nora.id], "end_now": true });
        world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        let snapshot = agent.until(|frame| frame.event == "snapshot").await;
        assert_eq!((&snapshot.data["licenses"], &snapshot.data["sessions"]), (&json!([]), &json!([])));
    }

    async fn the_stream_of_a_suspended_user_ends(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let (mut out, _) = Watcher::with_snapshot(&people[0]).await;
        let (mut stays, _) = Watcher::with_snapshot(&people[1]).await;
        world.admin.patch(&format!("/users/{}", people[0].id), &json!({ "status": "suspended" })).await.ok();
        out.until_the_end().await;
        let answer = people[0].get("/live").await;
        answer.problem(401, "not_signed_in");
        let session = people[1].request_seat().await.created();
        stays.until(has_session(&session["id"])).await;
    }

    async fn the_stream_ends_when_the_user_signs_out(world: World) {
        let agent = world.agent("Lena Schubert").await;
        let (mut stream, _) = Watcher::with_snapshot(&agent).await;
        agent.send(agent.request(reqwest::Method::POST, "/sign-out")).await;
        stream.until_the_end().await;
    }

    async fn a_demoted_manager_stops_seeing_everything(world: World) {
        let manager = world.person("Max Manager", Role::Manager, &[]).await;
        let (mut watcher, _) = Watcher::with_snapshot(&manager).await;
        world.admin.patch(&format!("/users/{}", manager.id), &json!({ "role": "agent" })).await.ok();
        let rest = watcher.until_the_end().await;
        assert!(rest.iter().all(|frame| frame.data["licenses"] == Value::Null), "{rest:?}");
        let (_, people) = world.pool(1, 1).await;
        people[0].request_seat().await.created();
        let (_again, snapshot) = Watcher::with_snapshot(&manager).await;
        assert_eq!((&snapshot.data["licenses"], &snapshot.data["sessions"]), (&json!([]), &json!([])));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_one_server_reach_the_viewers_of_the_other() {
    let world = crate::harness::World::start(crate::harness::Engine::Postgres).await;
    let (license, people) = world.pool(2, 1).await;
    let other = world.second_server().await;
    let (mut admin, _) = Watcher::with_snapshot(&world.admin.at(&other)).await;
    let begun = tokio::time::Instant::now();
    let session = people[0].request_seat().await.created();
    let change = admin.until(has_session(&session["id"])).await;
    assert_eq!(change.license(license).expect("the license")["use"]["occupied"], 1);
    end(&people[0].at(&other), &session["id"]).await;
    let change = admin.until(has_session(&session["id"])).await;
    assert_eq!(change.session(&session["id"]).expect("it")["ended"]["reason"], "finished");
    assert!(begun.elapsed() < std::time::Duration::from_secs(6), "{:?} for two changes", begun.elapsed());
}
