//! Ending all sessions that match a filter: the filter decides at the time of the request, a dry run says before what
//! cannot be ended, and each session has its result.

use crate::harness::{Person, World, on_both_engines, seat_request};
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

/// Ends what matches; the names and refusals of the results, sorted, and the whole answer.
async fn end(by: &Person, body: Value) -> (Vec<(String, Value)>, Value) {
    let answer = by.post("/sessions/end-matching", &body).await.ok();
    let results = answer["results"].as_array().expect("results");
    let name = |result: &Value| result["user_name"].as_str().expect("a name").to_owned();
    let mut refusals: Vec<_> = results.iter().map(|result| (name(result), result["refused"].clone())).collect();
    refusals.sort_by(|one, other| one.0.cmp(&other.0));
    (refusals, answer)
}

fn result(name: &str, refused: Value) -> (String, Value) {
    (name.to_owned(), refused)
}

async fn live(world: &World) -> Value {
    world.admin.get("/sessions?state=live").await.ok()["total"].clone()
}

fn path(session: &Value) -> String {
    format!("/sessions/{}", session["id"].as_str().expect("an id"))
}

on_both_engines! {
    async fn all_that_match_are_ended_also_those_that_began_since_the_dry_run(world: World) {
        let (_, people) = world.pool(9, 4).await;
        for person in &people[..2] {
            person.post("/sessions", &seat_request("attended")).await.created();
        }
        people[2].seated().await;
        let waiting = json!({ "filter": { "state": "waiting" }, "dry_run": true });
        let (results, answer) = end(&world.admin, waiting).await;
        assert_eq!(results, [result("Agent 0", Value::Null), result("Agent 1", Value::Null)]);
        assert_eq!((&answer["dry_run"], &answer["total"]), (&json!(true), &json!(2)));
        assert!(answer["results"][0].get("ended").is_none() && answer.get("next").is_none());
        assert_eq!(live(&world).await, 3, "nothing was ended");

        people[3].post("/sessions", &seat_request("attended")).await.created();
        let how = json!({ "filter": { "state": "waiting" }, "message": "Maintenance" });
        let (results, answer) = end(&world.admin, how.clone()).await;
        assert_eq!(results.len(), 3);
        let ended = &answer["results"][2]["ended"];
        assert_eq!((&ended["reason"], &ended["message"]), (&json!("ended_by_admin"), &json!("Maintenance")));
        assert_eq!(live(&world).await, 1);
        let (results, answer) = end(&world.admin, how).await;
        assert_eq!((results.len(), &answer["total"]), (0, &json!(0)), "a second time, nothing matches");
    }

    async fn what_cannot_be_ended_is_said_before_and_after(world: World) {
        let (_, people) = world.pool_with_terms(json!({ "seats": 5, "borrow_seconds": 7_200 }), 3).await;
        let mut borrow = seat_request("application");
        borrow["borrow_seconds"] = json!(3_600);
        people[0].post("/sessions", &borrow).await.created();
        let spared = people[1].seated().await;
        world.admin.post(&format!("{spared}/protect"), &json!({ "protected": true })).await.ok();
        people[2].seated().await;
        let expected = [
            result("Agent 0", json!("borrowed")),
            result("Agent 1", json!("protected")),
            result("Agent 2", Value::Null),
        ];
        for dry_run in [true, false] {
            let (results, answer) = end(&world.admin, json!({ "filter": {}, "dry_run": dry_run })).await;
            assert_eq!((results.as_slice(), &answer["total"]), (&expected[..], &json!(3)), "{dry_run}");
        }
        assert_eq!(live(&world).await, 2);
        let too = json!({ "filter": { "q": "agent 1" }, "protected_too": true });
        assert_eq!(end(&world.admin, too).await.0, [result("Agent 1", Value::Null)]);
        let later = json!({ "filter": {}, "in_seconds": 60 });
        assert_eq!(end(&world.admin, later).await.0, [result("Agent 0", json!("borrowed"))]);
    }

    async fn each_condition_of_the_filter_counts(world: World) {
        let (license, people) = world.pool(9, 3).await;
        let session = people[0].post("/sessions", &seat_request("attended")).await.created();
        let connect = json!({ "platform": "windows" });
        people[0].post(&format!("{}/connect", path(&session)), &connect).await.ok();
        people[1].post("/sessions", &seat_request("attended")).await.created();
        let (first, second) = (result("Agent 0", Value::Null), result("Agent 1", Value::Null));
        for (filter, expected) in [
            (json!({}), vec![first.clone(), second.clone()]),
            (json!({ "license": license }), vec![first.clone(), second.clone()]),
            (json!({ "license": uuid::Uuid::nil() }), vec![]),
            (json!({ "model": "named" }), vec![]),
            (json!({ "user": people[1].id }), vec![second.clone()]),
            (json!({ "state": "connected" }), vec![first.clone()]),
            (json!({ "platform": "windows", "model": "concurrent", "state": "live" }), vec![first.clone()]),
            (json!({ "q": "agent 1" }), vec![second.clone()]),
            (json!({ "q": "agent 1", "state": "connected" }), vec![]),
        ] {
            let (results, _) = end(&world.admin, json!({ "filter": filter, "dry_run": true })).await;
            assert_eq!(results, expected, "{filter}");
        }
    }

    async fn a_limited_manager_ends_only_what_they_see(world: World) {
        let (_, people) = world.pool(9, 3).await;
        for person in &people {
            person.seated().await;
        }
        let group = world.group("Tag", &[people[1].id]).await;
        let manager = world.person("Mia Manager", Role::Manager, &[Permission::ManageSessions]).await;
        world.limit_to_groups(&manager, &[group]).await;
        let (results, answer) = end(&manager, json!({ "filter": {} })).await;
        assert_eq!((results, &answer["total"]), (vec![result("Agent 1", Value::Null)], &json!(1)));
        assert_eq!(live(&world).await, 2);
        let other = json!({ "filter": { "user": people[0].id } });
        assert_eq!(end(&manager, other).await.1["total"], 0);
    }

    async fn more_than_a_request_takes_are_ended_page_by_page(world: World) {
        let (_, people) = world.pool_with_terms(json!({ "seats": 1_100, "seat_rule": "session" }), 1).await;
        let seat = json!({ "create": seat_request("application") });
        for _ in 0..11 {
            people[0].post("/sessions/batch", &json!({ "operations": vec![&seat; 91] })).await.ok();
        }
        assert_eq!(live(&world).await, 1_001);
        let (results, answer) = end(&world.admin, json!({ "filter": {} })).await;
        assert_eq!((results.len(), &answer["total"]), (1_000, &json!(1_001)));
        let rest = json!({ "filter": {}, "after": answer["next"] });
        let (results, answer) = end(&world.admin, rest).await;
        assert!(results.len() == 1 && answer.get("next").is_none(), "{answer}");
        assert_eq!(live(&world).await, 0);
    }

    async fn nonsense_is_refused_and_ends_nothing(world: World) {
        let (_, people) = world.pool(1, 1).await;
        people[0].seated().await;
        for (body, status, code) in [
            (json!({}), 400, "bad_request"),
            (json!({ "filter": null }), 400, "bad_request"),
            (json!({ "filter": [] }), 400, "bad_request"),
            (json!({ "filter": { "state": "asleep" } }), 400, "bad_request"),
            (json!({ "filter": { "license": "all" } }), 400, "bad_request"),
            (json!({ "filter": { "state": "ended" } }), 422, "invalid"),
            (json!({ "filter": {}, "after": "nonsense" }), 422, "invalid"),
            (json!({ "filter": {}, "in_seconds": -1 }), 422, "invalid"),
            (json!({ "filter": {}, "message": "x".repeat(501) }), 422, "invalid"),
        ] {
            world.admin.post("/sessions/end-matching", &body).await.problem(status, code);
        }
        people[0].post("/sessions/end-matching", &json!({ "filter": {} })).await.problem(403, "forbidden");
        Person::anonymous(&world.url)
            .post("/sessions/end-matching", &json!({ "filter": {} }))
            .await
            .problem(401, "not_signed_in");
        assert_eq!(live(&world).await, 1);
    }
}
