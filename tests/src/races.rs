//! A hundred concurrent requests: never one seat too many, never a named license assigned beyond its seats.

use crate::harness::{Database, Engine, Person, on_both_engines};
use futures_util::future::join_all;
use seatkeeper::{db::Db, monotonic::MonotonicClock};
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

const ROUNDS: usize = 20;

/// All agents request a seat concurrently; returns the sessions and the codes of the refusals.
async fn request_all(people: &[Person]) -> (Vec<Value>, Vec<String>) {
    let answers = join_all(people.iter().map(Person::request_seat)).await;
    let (mut granted, mut refused) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer.status.as_u16() {
            201 => granted.push(answer.body),
            409 => refused.push(answer.body["code"].as_str().unwrap_or_default().to_owned()),
            other => panic!("{other}: {:#}", answer.body),
        }
    }
    (granted, refused)
}

async fn end_all(admin: &Person, granted: &[Value]) {
    let ids: Vec<_> = granted.iter().map(|session| &session["id"]).collect();
    let results = admin.post("/sessions/end", &json!({ "ids": ids })).await.ok();
    assert!(
        results["results"].as_array().is_some_and(|all| all.iter().all(|one| one["refused"].is_null())),
        "{results:#}"
    );
}

on_both_engines! {
    async fn a_hundred_concurrent_requests_on_ten_seats_get_exactly_ten(world: World) {
        let (license, people) = world.pool(10, 100).await;
        for round in 0..ROUNDS {
            let (granted, refused) = request_all(&people).await;
            assert_eq!((granted.len(), refused.len()), (10, 90), "round {round}");
            assert!(refused.iter().all(|code| code == "pool_full"), "{refused:?}");
            let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
            assert_eq!(seen["use"]["occupied"], 10);
            end_all(&world.admin, &granted).await;
        }
    }

    async fn a_hundred_concurrent_assignments_on_ten_named_seats_get_exactly_ten(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 10).await;
        let mut users = Vec::new();
        for number in 0..100 {
            users.push(world.user(&format!("Agent {number}"), seatkeeper_shared::people::Role::Agent, &[]).await);
        }
        let path = format!("/licenses/{license}/grant");
        let (path, admin) = (&path, &world.admin);
        let answers = join_all(
            users.iter().map(|user| async move { admin.post(path, &json!({ "user_ids": [user] })).await.ok() }),
        )
        .await;
        let granted = answers.iter().filter(|answer| answer["results"][0]["changed"] == true).count();
        let taken = answers.iter().filter(|answer| answer["results"][0]["refused"] == "named_seats_taken").count();
        assert_eq!((granted, taken), (10, 90));
        let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(seen["use"]["assigned"], 10);
    }

    async fn a_hundred_concurrent_requests_on_a_named_license_cut_to_ten_seats_get_exactly_ten(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 100).await;
        let mut people = Vec::new();
        for number in 0..100 {
            people.push(world.agent(&format!("Agent {number}")).await);
        }
        world.grant(license, &people.iter().map(|person| person.id).collect::<Vec<_>>()).await;
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 10 })).await.ok();
        for round in 0..5 {
            let (granted, refused) = request_all(&people).await;
            assert_eq!((granted.len(), refused.len()), (10, 90), "round {round}");
            assert!(refused.iter().all(|code| code == "over_capacity"), "{refused:?}");
            let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
            assert_eq!((&seen["use"]["occupied"], &seen["use"]["assigned"]), (&json!(10), &json!(100)));
            end_all(&world.admin, &granted).await;
        }
    }

    async fn a_hundred_concurrent_uses_of_one_idempotency_key_make_one_session(world: World) {
        let (license, people) = world.pool(10, 1).await;
        let answers = join_all((0..100).map(|_| people[0].try_request_seat("one-click"))).await;
        let mut ids: Vec<_> =
            answers.into_iter().map(|answer| answer.expect("an answer").body["id"].to_string()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 1);
        let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(seen["use"]["sessions"], 1);
    }
}

#[tokio::test]
async fn a_second_process_on_one_sqlite_file_is_refused() {
    let database = Database::migrated(Engine::Sqlite).await;
    let clock = MonotonicClock::default();
    let _first = Db::open(&database.address, &clock).await.expect("the first opens it");
    let second = Db::open(&database.address, &clock).await.expect_err("the second must not");
    assert!(second.to_string().contains("another Seatkeeper process"), "{second}");
}
