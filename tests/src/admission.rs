//! Admission: which license is tried, which sessions share a seat, what a refusal contains, and how repeated
//! requests are answered.

use crate::harness::{World, id_of, on_both_engines, seat_request};
use chrono::TimeDelta;
use seatkeeper_shared::{ids::LicenseId, license::Model};
use serde_json::{Value, json};

fn on(device: &str) -> Value {
    json!({ "product": "remote-support-v5", "device": device, "mode": "unattended" })
}

async fn occupied(world: &World, license: LicenseId) -> Value {
    world.admin.get(&format!("/licenses/{license}")).await.ok()["use"]["occupied"].clone()
}

on_both_engines! {
    async fn a_full_pool_refuses_with_message_and_details(world: World) {
        let (license, people) = world.pool(2, 3).await;
        people[0].request_seat().await.created();
        people[1].request_seat().await.created();
        let refused = people[2].request_seat().await.problem(409, "pool_full");
        assert_eq!(
            refused,
            json!({
                "type": "/problems/pool_full",
                "title": "All shared licenses are in use. To start a session, please wait for an available license.",
                "status": 409, "code": "pool_full",
                "refusal": { "license_id": license, "seats": 2, "occupied": 2, "waiting": 0 },
            })
        );
    }

    async fn without_an_assignment_there_is_no_seat(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 1).await;
        let agent = world.agent("Nora Neu").await;
        let refused = agent.request_seat().await.problem(409, "not_assigned");
        assert_eq!(refused["refusal"], Value::Null);
        world.grant(license, &[agent.id]).await;
        agent.request_seat().await.created();
    }

    async fn a_named_license_cut_below_its_assignments_admits_the_first_and_queues_the_others(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 3).await;
        let [nora, otto, pia] =
            [world.agent("Nora Neu").await, world.agent("Otto Ohm").await, world.agent("Pia Post").await];
        world.grant(license, &[nora.id, otto.id, pia.id]).await;
        let path = format!("/licenses/{license}");
        world.admin.patch(&path, &json!({ "seats": 1 })).await.ok();
        // The user assigned last requests first.
        let session = pia.post("/sessions", &on("NB-1")).await.created();
        let refused = nora.post("/sessions", &on("NB-2")).await.problem(409, "over_capacity");
        let facts = json!({ "license_id": license, "seats": 1, "occupied": 1, "waiting": 0 });
        assert_eq!(refused["refusal"], facts);
        let mut waits = on("NB-2");
        waits["wait"] = json!(true);
        let ticket = nora.post("/sessions", &waits).await;
        assert_eq!(ticket.status, 202, "{:#}", ticket.body);
        let at = format!("/tickets/{}", ticket.body["id"].as_str().expect("an id"));
        pia.post(&format!("/sessions/{}/end", session["id"].as_str().expect("an id")), &json!({})).await.ok();
        assert_eq!(nora.get(&at).await.ok()["state"], "offered");
        otto.post("/sessions", &on("NB-3")).await.problem(409, "over_capacity");
        nora.post(&format!("{at}/accept"), &Value::Null).await.created();
        assert_eq!(occupied(&world, license).await, 1);
        world.admin.patch(&path, &json!({ "seats": 3 })).await.ok();
        otto.post("/sessions", &on("NB-3")).await.created();
        pia.post("/sessions", &on("NB-1")).await.created();
        assert_eq!(occupied(&world, license).await, 3, "no assignment was lost");
    }

    async fn a_license_is_valid_from_its_start_to_its_end(world: World) {
        let terms = json!({ "starts_at": "2026-03-02T09:01:00Z", "ends_at": "2026-03-02T09:02:00Z" });
        let (license, people) = world.pool_with_terms(terms, 2).await;
        let facts = |at: &str| json!({ "license_id": license, "seats": 1, "occupied": 0, "waiting": 0, "at": at });
        let early = people[0].request_seat().await.problem(409, "license_not_started");
        assert_eq!(early["refusal"], facts("2026-03-02T09:01:00Z"));
        world.advance_clock(TimeDelta::seconds(60));
        let session = people[0].request_seat().await.created();
        world.advance_clock(TimeDelta::seconds(60));
        let late = people[1].request_seat().await.problem(409, "license_ended");
        assert_eq!(late["refusal"], facts("2026-03-02T09:02:00Z"));
        let heartbeat = format!("/sessions/{}/heartbeat", session["id"].as_str().expect("an id"));
        let problem = people[0].post(&heartbeat, &json!({})).await.problem(410, "session_ended");
        assert_eq!(problem["ended"]["reason"], "license_ended");
    }

    async fn an_agents_own_named_license_comes_first_then_the_shared_one(world: World) {
        let product = world.product("Remote Support v5").await;
        let concurrent = world.license(product, Model::Concurrent, 1).await;
        let named = world.license(product, Model::Named, 1).await;
        let (both, shared) = (world.agent("Berta Beides").await, world.agent("Gerd Geteilt").await);
        world.grant(named, &[both.id]).await;
        world.grant(concurrent, &[both.id, shared.id]).await;
        assert_eq!(both.request_seat().await.created()["license_id"], json!(named));
        assert_eq!(shared.request_seat().await.created()["license_id"], json!(concurrent));
        assert_eq!(both.request_seat().await.created()["license_id"], json!(named), "the shared license is full");
    }

    async fn an_ended_named_license_falls_back_to_the_shared_one(world: World) {
        let terms = json!({ "model": "named", "ends_at": "2026-03-02T09:00:00Z" });
        let (_, people) = world.pool_with_terms(terms, 1).await;
        people[0].request_seat().await.problem(409, "license_ended");
        let product = world.admin.get("/products").await.ok()[0].clone();
        let concurrent = world.license(id_of(&product), Model::Concurrent, 1).await;
        world.grant(concurrent, &[people[0].id]).await;
        assert_eq!(people[0].request_seat().await.created()["license_id"], json!(concurrent));
    }

    async fn all_sessions_of_an_agent_share_a_seat_if_the_rule_says_agent(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seat_rule": "agent" }), 2).await;
        people[0].post("/sessions", &on("NB-1")).await.created();
        people[0].post("/sessions", &on("NB-2")).await.created();
        people[1].post("/sessions", &on("NB-1")).await.problem(409, "pool_full");
        assert_eq!(occupied(&world, license).await, 1);
    }

    async fn the_sessions_on_a_device_share_a_seat_if_the_rule_says_device(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seat_rule": "device", "seats": 2 }), 2).await;
        people[0].post("/sessions", &on("NB-1")).await.created();
        people[0].post("/sessions", &on("NB-1")).await.created();
        assert_eq!(occupied(&world, license).await, 1);
        people[0].post("/sessions", &on("NB-2")).await.created();
        assert_eq!(occupied(&world, license).await, 2);
        people[1].post("/sessions", &on("NB-1")).await.problem(409, "pool_full");
    }

    async fn each_session_takes_a_seat_if_the_rule_says_session(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seat_rule": "session", "seats": 2 }), 1).await;
        people[0].post("/sessions", &on("NB-1")).await.created();
        people[0].post("/sessions", &on("NB-1")).await.created();
        people[0].post("/sessions", &on("NB-1")).await.problem(409, "pool_full");
        assert_eq!(occupied(&world, license).await, 2);
    }

    async fn the_seat_is_free_when_the_holders_last_session_ends(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let first = people[0].request_seat().await.created()["id"].clone();
        let second = people[0].request_seat().await.created()["id"].clone();
        people[0].post("/sessions/end", &json!({ "ids": [first] })).await.ok();
        people[1].request_seat().await.problem(409, "pool_full");
        people[0].post("/sessions/end", &json!({ "ids": [second] })).await.ok();
        people[1].request_seat().await.created();
    }

    async fn a_repeated_request_returns_the_same_session(world: World) {
        let (_, people) = world.pool(2, 2).await;
        world.product("Service Desk").await;
        let first = people[0].try_request_seat("one-click").await.expect("an answer").created();
        let again = people[0].try_request_seat("one-click").await.expect("an answer").ok();
        assert_eq!(again, first);
        let other = json!({ "product": "service-desk", "device": "NB-0412", "mode": "application" });
        let mismatch = people[0].request(reqwest::Method::POST, "/sessions").header("idempotency-key", "one-click");
        people[0].send(mismatch.json(&other)).await.problem(422, "idempotency_mismatch");
        let others = people[1].try_request_seat("one-click").await.expect("an answer").created();
        assert_ne!(others["id"], first["id"], "a key belongs to one user");
        let listed = world.admin.get("/sessions").await.ok();
        assert_eq!(listed["total"], 2);
    }

    async fn a_repeated_request_whose_session_ended_gets_no_new_one(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let first = people[0].try_request_seat("one-click").await.expect("an answer").created();
        people[0].post("/sessions/end", &json!({ "ids": [first["id"]] })).await.ok();
        let again = people[0].try_request_seat("one-click").await.expect("an answer").ok();
        assert_eq!((&again["id"], &again["state"]), (&first["id"], &json!("ended")));
        assert_eq!(occupied(&world, license).await, 0);
    }

    async fn ending_many_sessions_reports_each_outcome(world: World) {
        let (_, people) = world.pool(3, 2).await;
        let mut ids = Vec::new();
        for (agent, mode) in [(0, "attended"), (0, "application"), (1, "attended")] {
            ids.push(people[agent].post("/sessions", &seat_request(mode)).await.created()["id"].clone());
        }
        people[0].post("/sessions/end", &json!({ "ids": [ids[1]] })).await.ok();
        let unknown = json!("00000000-0000-4000-8000-000000000000");
        let body = json!({ "ids": [ids[0], ids[1], ids[2], unknown] });
        let end = json!({ "reason": "finished", "at": "2026-03-02T09:00:00Z", "by": "Agent 0" });
        assert_eq!(
            people[0].post("/sessions/end", &body).await.ok()["results"],
            json!([
                { "id": ids[0], "ended": end },
                { "id": ids[1], "ended": end, "refused": "session_ended" },
                { "id": ids[2], "refused": "not_found" },
                { "id": unknown, "refused": "not_found" },
            ])
        );
        let by_admin = json!({ "reason": "ended_by_admin", "at": "2026-03-02T09:00:00Z", "by": "Anja Krüger" });
        assert_eq!(
            world.admin.post("/sessions/end", &body).await.ok()["results"],
            json!([
                { "id": ids[0], "ended": end, "refused": "session_ended" },
                { "id": ids[1], "ended": end, "refused": "session_ended" },
                { "id": ids[2], "ended": by_admin },
                { "id": unknown, "refused": "not_found" },
            ])
        );
        let twice = json!({ "ids": [ids[2], ids[2]] });
        let results = world.admin.post("/sessions/end", &twice).await.ok();
        assert_eq!(results["results"].as_array().map(Vec::len), Some(2), "one result for each, in order");
    }
}
