//! Nonsense at the routes of the queue: ids that are none, positions that nobody can mean, waits without end.

use crate::world::{World, line::place, on_both_engines, wanted};
use reqwest::Method;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// The only field that is wrong, and what is wrong with it.
fn field(problem: &Value) -> (&str, &str) {
    let errors = problem["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{problem:#}");
    (errors[0]["field"].as_str().expect("a field"), errors[0]["error"].as_str().expect("an error"))
}

/// Sends a body as it is.
async fn raw(world: &World, path: &str, body: &str) -> crate::world::Answer {
    let request = world.admin.request(Method::POST, path).header("content-type", "application/json");
    world.admin.send(request.body(body.to_owned())).await
}

on_both_engines! {
    async fn a_ticket_that_is_unknown_or_no_id_is_not_there(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let before = world.head().await;
        for id in [UNKNOWN, "42", "not-a-uuid", "%00", "..%2f..%2fetc", "'%20OR%201=1--"] {
            for by in [&world.admin, &people[0]] {
                for path in ["", "/events", "?wait=30&position=1"] {
                    by.get(&format!("/tickets/{id}{path}")).await.problem(404, "not_found");
                }
                by.delete(&format!("/tickets/{id}")).await.problem(404, "not_found");
                for what in ["accept", "pass"] {
                    by.act(&format!("/tickets/{id}"), what).await.problem(404, "not_found");
                }
            }
            let path = format!("/tickets/{id}/move");
            world.admin.post(&path, &json!({ "position": 1 })).await.problem(404, "not_found");
            for what in ["keep", "protect"] {
                let path = format!("/sessions/{id}/{what}");
                world.admin.post(&path, &json!({ "protected": true })).await.problem(404, "not_found");
            }
        }
        assert_eq!(world.head().await, before);
    }

    async fn a_position_that_nobody_could_mean_is_refused(world: World) {
        let (_, people) = world.pool(1, 3).await;
        people[0].seated().await;
        let (first, _) = (people[1].queued().await, people[2].queued().await);
        let path = format!("{first}/move");
        let before = world.head().await;
        for position in [0, -1, 1_000_001, i64::MAX, i64::MIN] {
            let problem = world.admin.post(&path, &json!({ "position": position })).await.problem(422, "invalid");
            assert_eq!(field(&problem), ("position", "out_of_range"), "{position}");
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
            raw(&world, &path, body).await.problem(400, "bad_request");
        }
        assert_eq!(world.head().await, before);
        assert_eq!(place(&people[1].get(&first).await.ok()), ("waiting", 1));
    }

    async fn a_wait_that_is_too_long_or_no_number_is_refused(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        for wait in ["-1", "31", "9223372036854775807"] {
            let problem = people[1].get(&format!("{ticket}?wait={wait}")).await.problem(422, "invalid");
            assert_eq!(field(&problem), ("wait", "out_of_range"));
        }
        for asked in ["wait=long", "wait=1.5", "wait=", "position=first", "position=99999999999999999999"] {
            people[1].get(&format!("{ticket}?{asked}")).await.problem(400, "bad_request");
        }
        for position in ["0", "-1", "9223372036854775807"] {
            let seen = people[1].get(&format!("{ticket}?wait=30&position={position}")).await.ok();
            assert_eq!(place(&seen), ("waiting", 1), "another position than it has is answered at once");
        }
    }

    async fn a_request_to_wait_that_nobody_could_mean_is_refused(world: World) {
        let (_, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let before = world.head().await;
        for wait in [json!("yes"), json!(1), json!(null), json!([])] {
            let mut body = wanted("application");
            body["wait"] = wait;
            people[1].post("/sessions", &body).await.problem(400, "bad_request");
        }
        let mut body = wanted("application");
        body["wait"] = json!(true);
        body["product"] = json!("no-such-product");
        assert_eq!(field(&people[1].post("/sessions", &body).await.problem(422, "invalid")), ("product", "unknown"));
        assert_eq!(world.head().await, before);
    }

    async fn waiting_promises_a_seat_or_is_refused(world: World) {
        let product = world.product("Remote Support v5").await;
        let named = world.license(product, Model::Named, 1).await;
        let (owner, other) = (world.agent("Erna Eigen").await, world.agent("Otto Ohne").await);
        world.grant(named, &[owner.id]).await;
        owner.wait().await.created();
        other.wait().await.problem(409, "not_assigned");
        assert_eq!(world.admin.get("/queues").await.ok(), json!([]));
    }

    async fn of_two_full_licenses_the_one_with_the_shorter_line_is_waited_for(world: World) {
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
            agent.ask().await.created();
        }
        let mut lines = Vec::new();
        for agent in &people[3..] {
            lines.push(agent.wait().await.accepted()["license_id"].clone());
        }
        let at =
            |license: seatkeeper_shared::ids::LicenseId| lines.iter().filter(|line| **line == json!(license)).count();
        assert_eq!((at(large), at(small)), (2, 1), "two for two seats, one for one");
        let again = people[3].wait().await.accepted();
        assert_eq!(again["license_id"], lines[0], "whoever asks again stays where he is");
        assert_eq!(world.admin.get("/queues").await.ok().as_array().map(Vec::len), Some(2));
    }
}
