//! Session batches: results in order, all sessions or none, idempotent repeats, limits, and the rights of each
//! operation's own route.

use crate::harness::{Answer, Person, World, id_of, on_both_engines, seat_request};
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper_shared::{
    ids::LicenseId,
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

/// A request for a seat with these fields added.
fn create(fields: Value) -> Value {
    let mut body = seat_request("application");
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    json!({ "create": body })
}

fn end(session: &Value) -> Value {
    json!({ "end": { "id": session["id"] } })
}

impl Person {
    async fn batch(&self, operations: &[Value]) -> Answer {
        self.post("/sessions/batch", &json!({ "operations": operations })).await
    }

    async fn all_or_nothing(&self, operations: &[Value]) -> Answer {
        self.post("/sessions/batch", &json!({ "all_or_nothing": true, "operations": operations })).await
    }
}

/// The status and code of each result.
#[track_caller]
fn results(answer: Answer) -> Vec<(u64, String)> {
    let body = answer.ok();
    let results = body["results"].as_array().expect("results");
    let code = |result: &Value| result["problem"]["code"].as_str().unwrap_or_default().to_owned();
    results.iter().map(|result| (result["status"].as_u64().expect("a status"), code(result))).collect()
}

fn result(status: u64, code: &str) -> (u64, String) {
    (status, code.to_owned())
}

/// A license on which each session takes a seat.
async fn seats_for_sessions(world: &World, seats: i64, agents: usize) -> (LicenseId, Vec<Person>) {
    world.pool_with_terms(json!({ "seat_rule": "session", "seats": seats }), agents).await
}

async fn occupied(world: &World, license: LicenseId) -> Value {
    world.usage(license).await["occupied"].clone()
}

on_both_engines! {
    async fn each_operation_is_answered_as_by_its_own_route(world: World) {
        let (license, people) = seats_for_sessions(&world, 2, 2).await;
        let agent = &people[0];
        let first = agent.request_seat().await.created();
        let operations = [
            create(json!({ "device": "NB-1", "idempotency_key": "one" })),
            create(json!({ "device": "NB-2" })),
            end(&first),
            create(json!({ "device": "NB-3", "mode": "attended" })),
            create(json!({ "device": "NB-4", "wait": true })),
            end(&first),
            create(json!({ "device": "NB-1", "idempotency_key": "one" })),
            create(json!({ "product": "unknown", "device": "" })),
            create(json!({ "mode": "attended", "borrow_seconds": 60 })),
        ];
        let results = agent.batch(&operations).await.ok()["results"].clone();
        let single = agent.get(&format!("/sessions/{}", results[0]["session"]["id"].as_str().expect("an id"))).await;
        assert_eq!(results[0], json!({ "status": 201, "session": single.ok() }));
        let mut refused = agent.request_seat().await.problem(409, "pool_full");
        refused["refusal"]["waiting"] = json!(0);
        assert_eq!(results[1], json!({ "status": 409, "problem": refused }));
        let ended = json!({ "reason": "finished", "at": "2026-03-02T09:00:00Z", "by": "Agent 0" });
        assert_eq!(results[2], json!({ "status": 200, "end": { "id": first["id"], "ended": ended } }));
        assert_eq!((&results[3]["status"], &results[3]["session"]["state"]), (&json!(201), &json!("waiting")));
        assert!(results[3]["session"]["support_key"].is_string());
        assert_eq!((&results[4]["status"], &results[4]["ticket"]["position"]), (&json!(202), &json!(1)));
        let again = json!({ "id": first["id"], "ended": ended, "refused": "session_ended" });
        assert_eq!(results[5], json!({ "status": 200, "end": again }));
        assert_eq!((&results[6]["status"], &results[6]["session"]), (&json!(200), &results[0]["session"]));
        let invalid = agent.post("/sessions", &create(json!({ "product": "unknown", "device": "" }))["create"]).await;
        assert_eq!(results[7], json!({ "status": 422, "problem": invalid.problem(422, "invalid") }));
        assert_eq!(results[8]["problem"]["code"], "wrong_state");
        assert_eq!(occupied(&world, license).await, 2);
    }

    async fn a_seat_that_a_batch_frees_belongs_to_the_queue_first(world: World) {
        let (_, people) = seats_for_sessions(&world, 1, 2).await;
        let session = people[0].request_seat().await.created();
        let ticket = people[1].queued().await;
        let answer = people[0].batch(&[end(&session), create(json!({}))]).await;
        assert_eq!(results(answer), [result(200, ""), result(409, "pool_full")]);
        assert_eq!(people[1].get(&ticket).await.ok()["state"], "offered");
        let one = [create(json!({}))];
        assert_eq!(results(people[0].all_or_nothing(&one).await), [result(409, "pool_full")]);
        people[1].post_action(&ticket, "accept").await.created();
    }

    async fn all_sessions_are_created_or_none(world: World) {
        let (license, people) = seats_for_sessions(&world, 3, 2).await;
        let other = world.product("Service Desk").await;
        let second = world.license(other, Model::Concurrent, 1).await;
        world.grant(second, &[people[0].id]).await;
        let taken = people[1].request_seat().await.created();
        let wanted = [
            create(json!({ "device": "NB-1", "idempotency_key": "a" })),
            create(json!({ "product": "service-desk", "idempotency_key": "b" })),
            create(json!({ "device": "NB-2", "idempotency_key": "c" })),
            create(json!({ "device": "NB-3", "idempotency_key": "d" })),
        ];
        let before = world.event_log().await;
        let answer = people[0].all_or_nothing(&wanted).await.ok();
        let refusal = &answer["results"][3]["problem"];
        assert_eq!((&refusal["code"], &refusal["status"]), (&json!("pool_full"), &json!(409)));
        // The seats that the other sessions would have taken are free.
        assert_eq!((&refusal["refusal"]["seats"], &refusal["refusal"]["occupied"]), (&json!(3), &json!(1)));
        for number in 0..3 {
            let result = &answer["results"][number];
            assert_eq!((&result["status"], &result["problem"]["code"]), (&json!(424), &json!("not_attempted")));
            assert!(result["session"].is_null());
        }
        assert_eq!((occupied(&world, license).await, occupied(&world, second).await), (json!(1), json!(0)));
        let log = world.event_log().await;
        let written: Vec<_> = log[before.len()..].lines().filter(|line| !line.is_empty()).collect();
        assert!(written.len() == 1 && written[0].starts_with("session_refused "), "{written:?}");

        people[1].post("/sessions/end", &json!({ "ids": [taken["id"]] })).await.ok();
        let granted = people[0].all_or_nothing(&wanted).await.ok();
        let all = granted["results"].as_array().expect("results").clone();
        assert!(all.iter().all(|result| result["status"] == 201 && result["session"]["id"].is_string()), "{all:?}");
        assert_eq!((occupied(&world, license).await, occupied(&world, second).await), (json!(3), json!(1)));
        let listed = people[0].get("/sessions?state=live").await.ok();
        assert_eq!(listed["total"], 4);
    }

    async fn a_repeated_batch_returns_the_same_sessions(world: World) {
        let (license, people) = seats_for_sessions(&world, 4, 2).await;
        let key = |key: &str| create(json!({ "idempotency_key": key }));
        let both = [key("a"), key("b")];
        let ids = |body: Value| {
            let results = body["results"].as_array().expect("results").clone();
            results.iter().map(|result| (result["status"].clone(), result["session"]["id"].clone())).collect::<Vec<_>>()
        };
        let first = ids(people[0].all_or_nothing(&both).await.ok());
        let again = ids(people[0].all_or_nothing(&both).await.ok());
        assert_eq!(again, first.iter().map(|(_, id)| (json!(200), id.clone())).collect::<Vec<_>>());
        assert_eq!(ids(people[0].batch(&both).await.ok()), again);
        let single = people[0].try_request_seat("b").await.expect("an answer").ok();
        assert_eq!(single["id"], first[1].1, "a key is the same wherever it is sent");
        // A session that has ended was nevertheless created by this batch.
        people[0].batch(&[json!({ "end": { "id": first[0].1 } })]).await.ok();
        let repeated = people[0].all_or_nothing(&both).await.ok();
        assert_eq!(repeated["results"][0]["session"]["state"], "ended");
        assert_eq!(ids(repeated), again);

        let partly = [key("new"), key("b"), key("newer")];
        let not_attempted = result(424, "not_attempted");
        let expected = [not_attempted.clone(), result(422, "idempotency_mismatch"), not_attempted.clone()];
        assert_eq!(results(people[0].all_or_nothing(&partly).await), expected);
        let twice = [key("twice"), key("twice")];
        let expected = [not_attempted, result(422, "idempotency_mismatch")];
        assert_eq!(results(people[0].all_or_nothing(&twice).await), expected);
        assert_eq!(results(people[0].batch(&twice).await), [result(201, ""), result(200, "")]);
        assert_eq!(results(people[0].all_or_nothing(&twice).await), expected, "one session is not two");
        let others = results(people[1].all_or_nothing(&[key("a")]).await);
        assert_eq!(others, [result(201, "")], "a key belongs to one user");
        assert_eq!(occupied(&world, license).await, 3);
    }

    async fn racing_batches_never_get_some_of_their_seats(world: World) {
        let (license, people) = seats_for_sessions(&world, 7, 12).await;
        let wanted: Vec<_> = (0..3).map(|number| create(json!({ "device": format!("NB-{number}") }))).collect();
        for round in 0..10 {
            let answers = join_all(people.iter().map(|agent| agent.all_or_nothing(&wanted))).await;
            let mut granted = Vec::new();
            for answer in answers {
                let body = answer.ok();
                let ids = body["results"].as_array().expect("results").iter().map(|one| one["session"]["id"].clone());
                let ids: Vec<_> = ids.filter(|id| !id.is_null()).collect();
                assert!([0, 3].contains(&ids.len()), "{body:#}");
                granted.extend(ids);
            }
            assert_eq!(granted.len(), 6, "round {round}");
            assert_eq!(occupied(&world, license).await, 6);
            let ends: Vec<_> = granted.iter().map(|id| json!({ "end": { "id": id } })).collect();
            let ended = results(world.admin.batch(&ends).await);
            assert_eq!(ended, vec![result(200, ""); 6]);
        }
        assert_eq!(occupied(&world, license).await, 0);
    }

    async fn racing_batches_over_two_products_in_opposite_order_all_end(world: World) {
        let (first, people) = seats_for_sessions(&world, 5, 8).await;
        let other = world.product("Service Desk").await;
        let second = world.license(other, Model::Concurrent, 5).await;
        world.grant(second, &people.iter().map(|agent| agent.id).collect::<Vec<_>>()).await;
        let mut wanted = vec![create(json!({})), create(json!({ "product": "service-desk" }))];
        let forward = wanted.clone();
        wanted.reverse();
        let order = |number: usize| if number.is_multiple_of(2) { &forward } else { &wanted };
        let answers = join_all(people.iter().enumerate().map(|(n, agent)| agent.all_or_nothing(order(n)))).await;
        let granted = answers.into_iter().map(results).filter(|all| *all == [result(201, ""), result(201, "")]).count();
        assert_eq!(granted, 5);
        assert_eq!((occupied(&world, first).await, occupied(&world, second).await), (json!(5), json!(5)));
    }

    async fn a_batch_that_would_replace_its_own_session_gets_none(world: World) {
        let (license, people) =
            world.pool_with_terms(json!({ "second_device": "take_over", "seats": 2 }), 1).await;
        let seated = people[0].seated_at("NB-0").await;
        let two = [create(json!({ "device": "NB-1" })), create(json!({ "device": "NB-2" }))];
        let expected = [result(424, "not_attempted"), result(409, "other_device")];
        assert_eq!(results(people[0].all_or_nothing(&two).await), expected);
        assert_eq!(people[0].get(&seated).await.ok()["state"], "connected", "not even the first was replaced");
        assert_eq!(results(people[0].batch(&two).await), [result(201, ""), result(201, "")]);
        assert_eq!(world.usage(license).await["sessions"], 1);
    }

    async fn a_batch_that_breaks_a_rule_names_the_operation(world: World) {
        let (license, people) = seats_for_sessions(&world, 3, 1).await;
        let agent = &people[0];
        let field = |problem: Value| problem["errors"][0]["field"].clone();
        assert_eq!(field(agent.batch(&[]).await.problem(422, "invalid")), "operations");
        let many = vec![create(json!({})); 101];
        assert_eq!(field(agent.batch(&many).await.problem(422, "invalid")), "operations");
        let unknown = json!({ "end": { "id": uuid::Uuid::nil() } });
        for (second, at) in [
            (unknown.clone(), "end"),
            (create(json!({ "wait": true })), "create.wait"),
            (create(json!({})), "create.idempotency_key"),
        ] {
            let both = [create(json!({ "idempotency_key": "a" })), second];
            let problem = agent.all_or_nothing(&both).await.problem(422, "invalid");
            assert_eq!(field(problem), format!("operations[1].{at}"));
        }
        for (second, path) in [
            (json!({ "create": { "product": "p", "device": "d", "mode": "wrong" } }), "operations[1]"),
            (json!({ "end": { "id": "no id" } }), "operations[1]"),
            (json!({ "borrow": {} }), "operations[1]"),
            (json!("end"), "operations[1]"),
        ] {
            let problem = agent.batch(&[create(json!({})), second]).await.problem(400, "bad_request");
            let detail = problem["detail"].as_str().expect("a detail");
            assert!(detail.contains(path), "{detail}");
        }
        let invalid = [create(json!({ "idempotency_key": "a" })), create(json!({ "idempotency_key": "ä".repeat(10) }))];
        let expected = [result(424, "not_attempted"), result(422, "invalid")];
        assert_eq!(results(agent.all_or_nothing(&invalid).await), expected);
        assert_eq!(occupied(&world, license).await, 0, "nothing was done");
        let full = vec![unknown; 100];
        assert_eq!(results(agent.batch(&full).await), vec![result(404, "not_found"); 100]);
    }

    async fn a_batch_gives_no_rights_that_the_single_routes_do_not_give(world: World) {
        let (license, people) = seats_for_sessions(&world, 8, 3).await;
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ManageSessions]).await;
        let read_only = world.person("Lea Looks", Role::Manager, &[]).await;
        let group = world.group("Unsere", &[people[0].id]).await;
        world.limit_to_groups(&manager, &[group]).await;
        let [ours, foreign, protected] = [
            people[0].request_seat().await.created(),
            people[1].request_seat().await.created(),
            people[0].request_seat().await.created(),
        ];
        let path = format!("/sessions/{}", protected["id"].as_str().expect("an id"));
        world.admin.post(&format!("{path}/protect"), &json!({ "protected": true })).await.ok();
        let ends = [end(&foreign), end(&protected), end(&ours)];
        assert_eq!(results(people[2].batch(&ends).await), vec![result(404, "not_found"); 3]);
        assert_eq!(results(read_only.batch(&ends).await), vec![result(403, "forbidden"); 3]);
        let expected = [result(404, "not_found"), result(409, "protected"), result(200, "")];
        assert_eq!(results(manager.batch(&ends).await), expected);
        let named = json!({ "end": { "id": protected["id"], "protected_too": true, "message": "Tschüss" } });
        let ended = manager.batch(&[named]).await.ok()["results"][0]["end"]["ended"].clone();
        assert_eq!((&ended["by"], &ended["message"]), (&json!("Max Manager"), &json!("Tschüss")));
        // A seat is requested for the caller only, who needs the license.
        let for_other = create(json!({ "user_id": people[0].id }));
        assert_eq!(results(manager.batch(&[for_other]).await), [result(409, "not_assigned")]);
        assert_eq!(occupied(&world, license).await, 1);
        let token = json!({ "name": "reads", "days": 1, "scope": "read" });
        let secret = people[0].post("/tokens", &token).await.created()["secret"].as_str().expect("a secret").to_owned();
        let reader = Person::with_secret(people[0].id, secret).at(&world.url);
        reader.batch(&[create(json!({}))]).await.problem(403, "out_of_scope");
        Person::anonymous(&world.url).batch(&[create(json!({}))]).await.problem(401, "not_signed_in");
    }

    async fn only_its_agent_gets_the_lease_and_the_events_are_those_of_single_requests(world: World) {
        let (_, people) =
            world.pool_with_terms(json!({ "seat_rule": "session", "seats": 4, "borrow_seconds": 3_600 }), 1).await;
        let before = world.event_log().await;
        let wanted = [create(json!({ "borrow_seconds": 600 })), create(json!({}))];
        let results = people[0].all_or_nothing(&wanted).await.ok()["results"].clone();
        assert!(results[0]["session"]["lease"].is_string() && results[1]["session"]["lease"].is_null());
        let end = json!({ "end": { "id": results[1]["session"]["id"] } });
        people[0].batch(&[end]).await.ok();
        let log = world.event_log().await;
        let kinds: Vec<_> = log[before.len()..].lines().filter_map(|line| line.split(' ').next()).collect();
        let kinds: Vec<_> = kinds.into_iter().filter(|kind| !kind.is_empty()).collect();
        // The first lease makes the key.
        let expected =
            ["borrow_key_made", "session_created", "session_borrowed", "session_created", "session_ended"];
        assert_eq!(kinds, expected);
        world.advance_clock(TimeDelta::minutes(5));
        let session: uuid::Uuid = id_of(&results[0]["session"]);
        assert_eq!(people[0].get(&format!("/sessions/{session}")).await.ok()["state"], "connected");
    }
}
