//! Invalid input to the queue routes: malformed ids, positions out of range, waits that are too long.

use crate::harness::{World, on_both_engines, queue::place, seat_request};
use reqwest::Method;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// The field and the code of the only error.
fn only_error(problem: &Value) -> (&str, &str) {
    let errors = problem["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{problem:#}");
    (errors[0]["field"].as_str().expect("a field"), errors[0]["error"].as_str().expect("an error"))
}

/// Posts a body unchanged.
async fn post_raw(world: &World, path: &str, body: &str) -> crate::harness::Answer {
    let request = world.admin.request(Method::POST, path).header("content-type", "application/json");
    world.admin.send(request.body(body.to_owned())).await
}

on_both_engines! {
    async fn an_unknown_or_malformed_ticket_id_is_not_found(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let before = world.head().await;
        for id in [UNKNOWN, "42", "not-a-uuid", "%00", "..%2f..%2fetc", "'%20OR%201=1--"] {
            for by in [&world.admin, &people[0]] {
                for path in ["", "/events", "?wait=30&position=1"] {
                    by.get(&format!("/tickets/{id}{path}")).await.problem(404, "not_found");
                }
                by.delete(&format!("/tickets/{id}")).await.problem(404, "not_found");
                for what in ["accept", "pass"] {
                    by.post_action(&format!("/tickets/{id}"), what).await.problem(404, "not_found");
                }
            }
            let path = format!("/tickets/{id}/move");
            world.admin.post(&path, &json!({ "position": 1 })).await.problem(404, "not_found");
            for what in ["cancel-end", "protect"] {
                let path = format!("/sessions/{id}/{what}");
                world.admin.post(&path, &json!({ "protected": true })).await.problem(404, "not_found");
            }
        }
        assert_eq!(world.head().await, before);
    }

    async fn an_invalid_position_is_refused(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let (first, _) = (people[1].queued().await, people[2].queued().await);
        let path = format!("{first}/move");
        let before = world.head().await;
        for position in [0, -1, 1_000_001, i64::MAX, i64::MIN] {
            let problem = world.admin.post(&path, &json!({ "position": position })).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), ("position", "out_of_range"), "{position}");
        }
        for body in [
            "",
            "{",
            "[",
            "null",
            "{}",
            "{\"position\":null}",
            "{\"position\":\"1\"}",
            "{\"position\":1.5}",
            "{\"position\":99999999999999999999}",
            "{\"position\":1e400}",
        ] {
            post_raw(&world, &path, body).await.problem(400, "bad_request");
        }
        assert_eq!(world.head().await, before);
        assert_eq!(place(&people[1].get(&first).await.ok()), ("waiting", 1));
    }

    async fn a_wait_that_is_too_long_or_not_a_number_is_refused(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        for wait in ["-1", "31", "9223372036854775807"] {
            let problem = people[1].get(&format!("{ticket}?wait={wait}")).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), ("wait", "out_of_range"));
        }
        for query in ["wait=long", "wait=1.5", "wait=", "position=first", "position=99999999999999999999"] {
            people[1].get(&format!("{ticket}?{query}")).await.problem(400, "bad_request");
        }
        for position in ["0", "-1", "9223372036854775807"] {
            let seen = people[1].get(&format!("{ticket}?wait=30&position={position}")).await.ok();
            assert_eq!(place(&seen), ("waiting", 1), "a position other than the current one is answered at once");
        }
    }

    async fn an_invalid_request_to_wait_is_refused(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let before = world.head().await;
        for wait in [json!("yes"), json!(1), json!(null), json!([])] {
            let mut body = seat_request("application");
            body["wait"] = wait;
            people[1].post("/sessions", &body).await.problem(400, "bad_request");
        }
        let mut body = seat_request("application");
        body["wait"] = json!(true);
        body["product"] = json!("no-such-product");
        assert_eq!(
            only_error(&people[1].post("/sessions", &body).await.problem(422, "invalid")),
            ("product", "unknown")
        );
        assert_eq!(world.head().await, before);
    }

    async fn waiting_without_an_assignment_is_refused(world: World) {
        let product = world.product("Remote Support v5").await;
        let named = world.license(product, Model::Named, 1).await;
        let (owner, other) = (world.agent("Erna Eigen").await, world.agent("Otto Ohne").await);
        world.grant(named, &[owner.id]).await;
        owner.request_or_queue().await.created();
        other.request_or_queue().await.problem(409, "not_assigned");
        assert_eq!(world.admin.get("/queues").await.ok(), json!([]));
    }

    async fn of_two_full_licenses_the_one_with_the_shorter_queue_is_chosen(world: World) {
        let product = world.product("Remote Support v5").await;
        let large = world.license(product, Model::Concurrent, 2).await;
        let small = world.license(product, Model::Concurrent, 1).await;
        let mut people = Vec::new();
        for number in 0..6 {
            people.push(world.agent(&format!("Agent {number}")).await);
        }
        let ids: Vec<_> = people.iter().map(|agent| agent.id).collect();
        world.grant(large, &ids).await;
        world.grant(small, &ids).await;
        for agent in &people[..3] {
            agent.request_seat().await.created();
        }
        let mut license_ids = Vec::new();
        for agent in &people[3..] {
            license_ids.push(agent.request_or_queue().await.accepted()["license_id"].clone());
        }
        let at =
            |license: seatkeeper_shared::ids::LicenseId| license_ids.iter().filter(|id| **id == json!(license)).count();
        assert_eq!((at(large), at(small)), (2, 1), "two for two seats, one for one");
        let again = people[3].request_or_queue().await.accepted();
        assert_eq!(again["license_id"], license_ids[0], "a repeated request stays in its queue");
        assert_eq!(world.admin.get("/queues").await.ok().as_array().map(Vec::len), Some(2));
    }
}
