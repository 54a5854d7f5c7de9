//! A full disk: the server reports that it cannot save, loses nothing, and recovers when space is freed.

use crate::harness::{Answer, Person, ServerProcess, SmallDisk, id_of, process, seed};
use seatkeeper_shared::ids::SessionId;
use serde_json::json;

/// Far more writes than fit into the allocated pages of the journal.
const MAX_WRITES: usize = 2_000;

/// Adds products until the server reports that it cannot save.
async fn write_until_full(admin: &Person) -> Answer {
    for number in 0..MAX_WRITES {
        let answer = admin.post("/products", &json!({ "name": format!("Product {number}") })).await;
        if answer.status != 201 {
            return answer;
        }
    }
    panic!("the disk is full and writes still succeed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_answered_with_503_and_recovers_when_space_is_freed() {
    let disk = SmallDisk::create(16);
    if !disk.is_limited() {
        return;
    }
    let database = format!("sqlite:{}", disk.path().join("seatkeeper.sqlite3").display());
    let (admin, agents) = seed::people(&database, 1).await;
    let quiet = [("SEATKEEPER_LOG", "off".to_owned())];
    let server = ServerProcess::start_at(process::free_address(), &database, &quiet).await.expect("the server starts");
    let (admin, agent) = (admin.at(&server.url), agents[0].at(&server.url));
    let product = admin.post("/products", &json!({ "name": "Remote Support v5" })).await.created();
    let license = json!({ "product_id": product["id"], "model": "concurrent", "seats": 1 });
    let license = admin.post("/licenses", &license).await.created()["id"].clone();
    let path = format!("/licenses/{}/grant", license.as_str().expect("an id"));
    admin.post(&path, &json!({ "user_ids": [agent.id] })).await.ok();
    let session: SessionId = id_of(&agent.request_seat().await.created());

    disk.fill();
    write_until_full(&admin).await.problem(503, "unavailable");
    let seen = agent.get(&format!("/sessions/{session}")).await.ok();
    assert_eq!(seen["state"], "connected", "saved data can still be read");

    disk.clear();
    agent.post(&format!("/sessions/{session}/end"), &json!({})).await.ok();
    agent.request_seat().await.created();
}
