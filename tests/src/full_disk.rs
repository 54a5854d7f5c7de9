//! A full disk: the server says that it cannot save, loses nothing, and goes on when there is room again.

use crate::world::{Answer, Ground, Person, Process, id_of, process, seed};
use seatkeeper_shared::ids::SessionId;
use serde_json::json;

/// Much more than it takes to fill the journal's pages that are there already.
const MANY: usize = 2_000;

/// A product for each try, until the server says that it cannot save.
async fn until_full(admin: &Person) -> Answer {
    for number in 0..MANY {
        let answer = admin.post("/products", &json!({ "name": format!("Product {number}") })).await;
        if answer.status != 201 {
            return answer;
        }
    }
    panic!("the disk is full and still everything is saved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_saved_is_503_and_all_goes_on_when_there_is_room() {
    let ground = Ground::small(16);
    if !ground.is_small() {
        return;
    }
    let database = format!("sqlite:{}", ground.path().join("seatkeeper.sqlite3").display());
    let (admin, agents) = seed::people(&database, 1).await;
    let quiet = [("SEATKEEPER_LOG", "off".to_owned())];
    let server = Process::start_at(process::free_address(), &database, &quiet).await.expect("the server starts");
    let (admin, agent) = (admin.at(&server.url), agents[0].at(&server.url));
    let product = admin.post("/products", &json!({ "name": "Remote Support v5" })).await.created();
    let license = json!({ "product_id": product["id"], "model": "concurrent", "seats": 1 });
    let license = admin.post("/licenses", &license).await.created()["id"].clone();
    let path = format!("/licenses/{}/grant", license.as_str().expect("an id"));
    admin.post(&path, &json!({ "user_ids": [agent.id] })).await.ok();
    let session: SessionId = id_of(&agent.ask().await.created());

    ground.fill();
    until_full(&admin).await.problem(503, "unavailable");
    let seen = agent.get(&format!("/sessions/{session}")).await.ok();
    assert_eq!(seen["state"], "connected", "what was saved can still be read");

    ground.clear();
    agent.post(&format!("/sessions/{session}/end"), &json!({})).await.ok();
    agent.ask().await.created();
}
