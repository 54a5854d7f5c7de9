//! `kill -9` in the middle of racing requests: whatever was acknowledged is there afterwards, and nothing twice.

use crate::world::{Database, Engine, PASSWORD, Person, Process};
use futures_util::future::join_all;
use seatkeeper_shared::ids::LicenseId;
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// A concurrent license of Remote Support with agents who have tokens, made through the API of a process.
pub async fn pool_at(admin: &Person, seats: i64, agents: usize) -> (LicenseId, Vec<Person>) {
    let product = admin.post("/products", &json!({ "name": "Remote Support v5" })).await.created();
    let license = json!({ "product_id": product["id"], "model": "concurrent", "seats": seats });
    let license = admin.post("/licenses", &license).await.created()["id"].clone();
    let license: LicenseId = serde_json::from_value(license).expect("an id");
    let mut people = Vec::new();
    for number in 0..agents {
        let email = format!("agent{number}@example.org");
        let body = json!({ "name": format!("Agent {number}"), "email": email, "password": PASSWORD, "role": "agent" });
        let id = serde_json::from_value(admin.post("/users", &body).await.created()["id"].clone()).expect("an id");
        people.push((email, id));
    }
    let ids: Vec<_> = people.iter().map(|(_, id)| id).collect();
    admin.post(&format!("/licenses/{license}/grant"), &json!({ "user_ids": ids })).await.ok();
    let mut signed_in = Vec::new();
    for (email, id) in people {
        signed_in.push(Person::signing_in(&admin.url, &email, id).await.with_token().await);
    }
    (license, signed_in)
}

async fn acknowledged_sessions_survive(engine: Engine) {
    let database = Database::create(engine).await;
    let mut server = Process::start(&database.address).await;
    let mut admin = Person::setting_up(&server.url).await;
    let (license, mut people) = pool_at(&admin, 10, 30).await;

    for round in 0..3 {
        let acknowledged = AtomicUsize::new(0);
        let asks = join_all(people.iter().enumerate().map(|(place, person)| {
            let acknowledged = &acknowledged;
            async move {
                let answer = person.try_ask(&format!("round-{round}-{place}")).await.ok()?;
                acknowledged.fetch_add(1, Ordering::Relaxed);
                Some(answer)
            }
        }));
        let kill = async {
            for _ in 0..2_000 {
                if acknowledged.load(Ordering::Relaxed) >= 5 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            server.kill();
        };
        let (answers, ()) = tokio::join!(asks, kill);

        server = Process::start(&database.address).await;
        admin = admin.at(&server.url);
        people = people.iter().map(|person| person.at(&server.url)).collect();
        assert!(acknowledged.into_inner() >= 5, "round {round}: the server was killed before it answered anybody");
        let live = admin.get("/sessions?state=live&limit=500").await.ok();
        let live: Vec<&str> =
            live["items"].as_array().expect("items").iter().filter_map(|s| s["id"].as_str()).collect();
        for answer in answers.iter().flatten().filter(|answer| answer.status == 201) {
            let id = answer.body["id"].as_str().expect("an id");
            assert!(live.contains(&id), "round {round}: an acknowledged session is gone");
        }
        // Everybody asks again with the same key: whoever has a seat gets his own session back.
        let again = join_all(people.iter().enumerate().map(|(place, p)| {
            let key = format!("round-{round}-{place}");
            async move { p.try_ask(&key).await.expect("an answer") }
        }))
        .await;
        for (first, second) in answers.iter().zip(&again) {
            if let Some(first) = first.as_ref().filter(|first| first.status == 201) {
                assert_eq!(second.body["id"], first.body["id"], "the retry got another session");
            }
        }
        let seen = admin.get(&format!("/licenses/{license}")).await.ok();
        assert_eq!((&seen["use"]["occupied"], &seen["use"]["sessions"]), (&json!(10), &json!(10)), "round {round}");
        let ids: Vec<Value> = again.iter().filter(|a| a.status.is_success()).map(|a| a.body["id"].clone()).collect();
        admin.post("/sessions/end", &json!({ "ids": ids })).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_on_sqlite() {
    acknowledged_sessions_survive(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_on_postgres() {
    acknowledged_sessions_survive(Engine::Postgres).await;
}
