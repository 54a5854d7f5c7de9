//! Three servers on one PostgreSQL behind a round-robin proxy behave like one.

use crate::harness::{
    Database, Engine, Frame, Person, Proxy, ServerProcess, Watcher, faketime, process, seat_request, seed,
};
use futures_util::future::join_all;
use seatkeeper_shared::ids::LicenseId;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Instant};

const SEATS: usize = 10;

/// Servers, the proxy in front of them, and a license with agents.
struct Replicas {
    servers: Vec<ServerProcess>,
    /// Closed when dropped.
    _proxy: Proxy,
    /// Deleted after the test.
    _database: Database,
    admin: Person,
    agents: Vec<Person>,
    license: LicenseId,
}

impl Replicas {
    async fn start(agents: usize, lease_seconds: u32) -> Self {
        let database = Database::migrated(Engine::Postgres).await;
        let (admin, agents) = seed::people(&database.address, agents).await;
        let (mut servers, mut addresses) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let address = process::free_address();
            servers.push(ServerProcess::start_at(address, &database.address, &[]).await.expect("the server starts"));
            addresses.push(address);
        }
        let proxy = Proxy::start(addresses).await;
        let url = format!("http://{}", proxy.address);
        let admin = admin.at(&url);
        let agents: Vec<_> = agents.iter().map(|agent| agent.at(&url)).collect();
        let license = seed::pool(&admin, &agents, SEATS, lease_seconds).await;
        Self { servers, _proxy: proxy, _database: database, admin, agents, license }
    }
}

fn has_session(id: &Value) -> impl Fn(&Frame) -> bool {
    move |frame| frame.session(id).is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_requests_get_exactly_the_available_seats() {
    let replicas = Replicas::start(50, 120).await;
    for round in 0..10 {
        let answers = join_all(replicas.agents.iter().map(Person::request_seat)).await;
        let granted: Vec<_> = answers.into_iter().filter(|a| a.status == 201).map(|a| a.body["id"].clone()).collect();
        assert_eq!(granted.len(), SEATS, "round {round}");
        for server in &replicas.servers {
            let seen = replicas.admin.at(&server.url).get(&format!("/licenses/{}", replicas.license)).await.ok();
            assert_eq!(seen["use"]["occupied"], SEATS, "round {round}");
        }
        replicas.admin.post("/sessions/end", &json!({ "ids": granted })).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_at_three_servers_is_one_session() {
    let replicas = Replicas::start(1, 120).await;
    let answers = join_all((0..60).map(|_| replicas.agents[0].try_request_seat("one-click"))).await;
    let ids: BTreeSet<_> = answers.into_iter().map(|a| a.expect("an answer").body["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_at_one_server_reaches_the_viewers_of_all() {
    let replicas = Replicas::start(3, 120).await;
    let mut watchers = Vec::new();
    for server in &replicas.servers {
        watchers.push(Watcher::with_snapshot(&replicas.admin.at(&server.url)).await.0);
    }
    for (server, agent) in replicas.servers.iter().zip(&replicas.agents) {
        let session = agent.at(&server.url).request_seat().await.created();
        let created_at = Instant::now();
        for watcher in &mut watchers {
            watcher.until(has_session(&session["id"])).await;
        }
        println!("a session reached the viewers of all servers {:?} after its agent", created_at.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_server_is_killed_the_others_continue_and_sweep() {
    let mut replicas = Replicas::start(SEATS + 1, 10).await;
    let mut sessions = Vec::new();
    for agent in &replicas.agents[..SEATS] {
        sessions.push(agent.at(&replicas.servers[0].url).request_seat().await.created());
    }
    replicas.servers[0].kill();
    let late = &replicas.agents[SEATS];
    late.request_seat().await.problem(409, "pool_full");
    let (mut admin, _) = Watcher::with_snapshot(&replicas.admin.at(&replicas.servers[1].url)).await;
    let over = admin.until(has_session(&sessions[0]["id"])).await;
    assert_eq!(over.session(&sessions[0]["id"]).expect("it")["ended"]["reason"], "lease_expired");
    late.request_seat().await.created();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_wrong_clock_reports_the_same_as_the_others() {
    let database = Database::migrated(Engine::Postgres).await;
    let (admin, agents) = seed::people(&database.address, 1).await;
    let right = ServerProcess::start(&database.address).await;
    let (admin, agent) = (admin.at(&right.url), agents[0].at(&right.url));
    let license = seed::pool(&admin, &agents, SEATS, 30).await;
    let session = agent.post("/sessions", &seat_request("attended")).await.created();
    for off in ["+7m", "-7m"] {
        let Some(clock) = faketime::environment(off) else { return };
        let wrong =
            ServerProcess::start_at(process::free_address(), &database.address, &clock).await.expect("it starts");
        let seen = admin.at(&wrong.url).get(&format!("/licenses/{license}")).await.ok();
        assert_eq!(seen["use"]["occupied"], 1, "{off}");
        let (_watcher, snapshot) = Watcher::with_snapshot(&admin.at(&wrong.url)).await;
        assert_eq!(snapshot.license(license).expect("the license")["use"]["occupied"], 1, "{off}");
        let path = format!("/sessions/{}/heartbeat", session["id"].as_str().expect("an id"));
        let until = |answer: Value| -> chrono::DateTime<chrono::Utc> {
            serde_json::from_value(answer["lease_until"].clone()).expect("a time")
        };
        let there = until(agent.at(&wrong.url).post(&path, &json!({})).await.ok());
        let here = until(agent.post(&path, &json!({})).await.ok());
        assert!((here - there).num_seconds().abs() < 30, "{off}: {here} and {there}");
        // A session id begins with its time, by which lists are sorted.
        let other = agent.at(&wrong.url).request_seat().await.created();
        assert!(other["id"].as_str() > session["id"].as_str(), "{off}");
    }
}
