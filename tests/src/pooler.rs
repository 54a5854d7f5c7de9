//! PostgreSQL behind a real PgBouncer. In transaction mode no connection state is reliable: prepared statements,
//! session locks, LISTEN, settings.

use crate::harness::{Database, Engine, Frame, Pooler, ServerProcess, Watcher, seed};
use futures_util::future::join_all;
use serde_json::{Value, json};

const SEATS: usize = 10;

fn has_session(id: &Value) -> impl Fn(&Frame) -> bool {
    move |frame| frame.session(id).is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_transaction_mode_two_servers_grant_exactly_the_available_seats() {
    let (database, pooler) = (Database::create(Engine::Postgres).await, Pooler::start("transaction").await);
    let address = pooler.address_of(&database.address);
    // Both migrate the empty database at once.
    let (one, other) = tokio::join!(ServerProcess::start(&address), ServerProcess::start(&address));
    let (admin, agents) = seed::people(&address, 30).await;
    let (admin, urls) = (admin.at(&one.url), [&one.url, &other.url]);
    let agents: Vec<_> = agents.iter().enumerate().map(|(number, agent)| agent.at(urls[number % 2])).collect();
    seed::pool(&admin, &agents, SEATS, 60).await;
    for round in 0..3 {
        let answers = join_all(agents.iter().map(|agent| agent.request_seat())).await;
        let granted = answers.iter().filter(|answer| answer.status == 201);
        let granted: Vec<_> = granted.map(|answer| answer.body["id"].clone()).collect();
        assert_eq!(granted.len(), SEATS, "round {round}");
        let refused = answers.iter().filter(|answer| answer.body["code"] == "pool_full").count();
        assert_eq!(refused, agents.len() - SEATS, "round {round}: {answers:?}");
        admin.post("/sessions/end", &json!({ "ids": granted })).await.ok();
    }
    let mut viewer = Watcher::open(&admin.at(&other.url), None).await;
    let session = agents[0].request_seat().await.created();
    viewer.until(has_session(&session["id"])).await;
    let checked = ServerProcess::run_command(&["audit", "verify"], &address);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    // A start on the migrated database.
    one.stop().await;
    let again = ServerProcess::start(&address).await;
    let admin = admin.at(&again.url);
    assert_eq!(admin.get("/sessions?state=live").await.ok()["items"].as_array().expect("a list").len(), 1);
    assert_eq!(admin.post("/products", &json!({ "name": "Service Desk" })).await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_session_mode_the_server_works() {
    let (database, pooler) = (Database::create(Engine::Postgres).await, Pooler::start("session").await);
    let address = pooler.address_of(&database.address);
    let (admin, agents) = seed::people(&address, 1).await;
    let server = ServerProcess::start(&address).await;
    let admin = admin.at(&server.url);
    let agents = [agents[0].at(&server.url)];
    seed::pool(&admin, &agents, 1, 60).await;
    agents[0].request_seat().await.created();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_statement_mode_the_start_is_refused_and_names_the_setting() {
    let (database, pooler) = (Database::create(Engine::Postgres).await, Pooler::start("statement").await);
    let refused = ServerProcess::failed_start(&pooler.address_of(&database.address));
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "it started");
    for part in ["connection pooler", "127.0.0.1:", "statement mode", "pool_mode"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    assert_eq!(stderr.lines().count(), 1, "one line is enough: {stderr}");
}
