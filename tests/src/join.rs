//! Customers join with only a support key, and both sides get a launch link to the meeting tool.

use crate::harness::{Answer, Person, World, on_both_engines, queue::path_of, seat_request};
use base64::Engine as _;
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

async fn join_with(world: &World, key: &str) -> Answer {
    let customer = Person::anonymous(&world.url);
    let request = customer.request(reqwest::Method::POST, "/join").header("user-agent", PHONE);
    customer.send(request.json(&json!({ "key": key }))).await
}

/// Creates a session that waits for its customer, and returns its path and key.
async fn waiting_session(agent: &Person) -> (String, String) {
    let session = agent.post("/sessions", &seat_request("attended")).await.created();
    (path_of("sessions", &session), session["support_key"].as_str().expect("a key").to_owned())
}

async fn set_launch_links(world: &World, links: Value) {
    let products = world.admin.get("/products").await.ok();
    world.admin.patch(&path_of("products", &products[0]), &links).await.ok();
}

/// The claims of the token in a launch link.
fn claims(link: &str) -> Value {
    let token = link.split("jwt=").nth(1).expect("a token");
    let body = token.split('.').nth(1).expect("three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

on_both_engines! {
    async fn a_customer_joins_with_the_key_and_the_agent_sees_the_platform(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (session, key) = waiting_session(&people[0]).await;
        let written = format!("{} {}-{}", &key[..3], &key[3..6], &key[6..]);
        let joined = join_with(&world, &written).await.ok();
        assert_eq!(joined, json!({ "product_name": "Remote Support v5", "agent_name": "Agent 0", "platform": "ios" }));
        let seen = people[0].get(&session).await.ok();
        assert_eq!(
            (&seen["state"], &seen["platform"], &seen["support_key"]),
            (&json!("connected"), &json!("ios"), &Value::Null)
        );
        join_with(&world, &key).await.problem(410, "key_used");
        let log = world.event_log().await;
        assert!(!log.contains(&key) && log.contains("session_connected"), "the log contains no keys");
    }

    async fn a_late_customer_gets_only_the_reason(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (session, key) = waiting_session(&people[0]).await;
        join_with(&world, &key).await.ok();
        world.admin.post(&format!("{session}/end"), &json!({ "message": "Only for the agent" })).await.ok();
        let problem = join_with(&world, &key).await.problem(410, "session_ended");
        assert_eq!(problem["ended"], json!({ "reason": "ended_by_admin", "at": "2026-03-02T09:00:00Z" }));
        let (_, late) = waiting_session(&people[0]).await;
        world.advance_clock(TimeDelta::seconds(600));
        join_with(&world, &late).await.problem(404, "key_unknown");
        world.sweep().await;
        join_with(&world, &late).await.problem(404, "key_unknown");
        for nonsense in ["", "12345678", "a'b;--1234", "000000000", "４８２９１０５３７"] {
            join_with(&world, nonsense).await.problem(404, "key_unknown");
        }
    }

    async fn of_many_concurrent_joins_with_one_key_one_connects(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (_, key) = waiting_session(&people[0]).await;
        let answers = join_all((0..20).map(|_| join_with(&world, &key))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.body["code"] == "key_used"));
    }

    async fn a_key_works_again_when_its_claim_was_never_completed(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (session, key) = waiting_session(&people[0]).await;
        let id = session["/sessions/".len()..].parse().expect("an id");
        // As if the server were killed between claim and connection.
        let mut tx = world.app.db.begin().await.expect("a transaction");
        assert!(seatkeeper::store::join::claim(&mut tx, &key, id, world.clock.now()).await.expect("claimed"));
        tx.commit().await.expect("saved");
        join_with(&world, &key).await.problem(410, "key_used");
        world.advance_clock(TimeDelta::seconds(31));
        join_with(&world, &key).await.ok();
        join_with(&world, &key).await.problem(410, "key_used");
    }

    async fn a_customer_without_a_platform_is_asked_for_it(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (_, key) = waiting_session(&people[0]).await;
        let customer = Person::anonymous(&world.url);
        let problem = customer.post("/join", &json!({ "key": key })).await.problem(422, "invalid");
        assert_eq!(problem["errors"], json!([{ "field": "platform", "error": "required" }]));
        assert_eq!(customer.post("/join", &json!({ "key": key, "platform": "mac" })).await.ok()["platform"], "mac");
    }

    async fn support_key_guesses_are_throttled(world: World) {
        // An address may try a third as many keys as sign-ins, and they are regained slowly.
        world.pool(1, 1).await;
        let strict = World::with_sign_in_burst(world.engine, 9).await;
        for _ in 0..3 {
            join_with(&strict, "123456789").await.problem(404, "key_unknown");
        }
        join_with(&strict, "123456789").await.problem(429, "too_many_requests");
    }

    async fn both_sides_get_a_launch_link_with_their_data(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let agent = "https://meet.example.org/{session_id}?key={support_key}&jwt={token}";
        let customer = "http://localhost:9000/j/{session_id}?jwt={token}";
        set_launch_links(&world, json!({ "agent_link": agent, "customer_link": customer, "link_secret": SECRET }))
            .await;
        let (session, key) = waiting_session(&people[0]).await;
        let id = session.rsplit('/').next().expect("an id").to_owned();
        let opened = people[0].post_action(&session, "open").await.ok()["link"].as_str().expect("a link").to_owned();
        assert!(opened.starts_with(&format!("https://meet.example.org/{id}?key={key}&jwt=eyJ")), "{opened}");
        let agent_claims = claims(&opened);
        assert_eq!(
            (&agent_claims["role"], &agent_claims["email"], &agent_claims["sub"]),
            (&json!("agent"), &json!("agent.0@example.org"), &json!(id))
        );
        assert_eq!(agent_claims["exp"].as_i64().expect("a time") - agent_claims["iat"].as_i64().expect("a time"), 300);
        let joined = join_with(&world, &key).await.ok()["link"].as_str().expect("a link").to_owned();
        assert!(joined.starts_with(&format!("http://localhost:9000/j/{id}?jwt=eyJ")), "{joined}");
        assert_eq!(
            (&claims(&joined)["role"], &claims(&joined)["aud"]),
            (&json!("customer"), &json!("remote-support-v5"))
        );
        let shown = people[0].get("/products").await.ok();
        assert_eq!((&shown[0]["opens"], &shown[0]["agent_link"]), (&json!(true), &Value::Null));
        people[0].post_action(&session, "end").await.ok();
        people[0].post_action(&session, "open").await.problem(410, "session_ended");
        let log = world.event_log().await;
        assert!(log.contains("agent_link") && !log.contains(SECRET), "the log contains no secrets");
    }

    async fn links_are_https_and_tokens_need_a_secret_that_is_never_shown(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        people[0].post_action(&session, "open").await.problem(404, "no_link");
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ManageProducts]).await;
        let path = path_of("products", &world.admin.get("/products").await.ok()[0]);
        for bad in
            ["http://meet.example.org/", "javascript:alert(1)", "https://x/{password}", "https://{token}.example.org"]
        {
            let problem = manager.patch(&path, &json!({ "agent_link": bad })).await.problem(422, "invalid");
            assert_eq!(problem["errors"], json!([{ "field": "agent_link", "error": "address" }]), "{bad}");
        }
        let signed = json!({ "customer_link": "https://x.example.org/?t={token}" });
        let problem = manager.patch(&path, &signed).await.problem(422, "invalid");
        assert_eq!(problem["errors"], json!([{ "field": "link_secret", "error": "required" }]));
        manager.patch(&path, &json!({ "link_secret": "short" })).await.problem(422, "invalid");
        let seen = manager.patch(&path, &json!({ "link_secret": SECRET })).await.ok();
        assert_eq!((&seen["has_link_secret"], &seen["link_secret"]), (&json!(true), &Value::Null));
        manager.patch(&path, &signed).await.ok();
        manager.patch(&path, &json!({ "link_secret": "" })).await.problem(422, "invalid");
        let seen = manager.patch(&path, &json!({ "link_secret": "", "customer_link": "" })).await.ok();
        assert_eq!((&seen["has_link_secret"], &seen["customer_link"]), (&Value::Null, &Value::Null));
    }
}
