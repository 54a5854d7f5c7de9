//! Customers join with a support key and nothing else, and both sides are led on into the tool that they meet in.

use crate::world::{Answer, Person, World, line::path_of, on_both_engines, wanted};
use base64::Engine as _;
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

async fn joins(world: &World, key: &str) -> Answer {
    let customer = Person::stranger(&world.url);
    let request = customer.request(reqwest::Method::POST, "/join").header("user-agent", PHONE);
    customer.send(request.json(&json!({ "key": key }))).await
}

/// A session that waits for its customer: its path and its key.
async fn waiting(agent: &Person) -> (String, String) {
    let session = agent.post("/sessions", &wanted("attended")).await.created();
    (path_of("sessions", &session), session["support_key"].as_str().expect("a key").to_owned())
}

async fn with_links(world: &World, links: Value) {
    let products = world.admin.get("/products").await.ok();
    world.admin.patch(&path_of("products", &products[0]), &links).await.ok();
}

/// The claims of the token in an address.
fn claims(link: &str) -> Value {
    let token = link.split("jwt=").nth(1).expect("a token");
    let body = token.split('.').nth(1).expect("three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

on_both_engines! {
    async fn a_customer_joins_with_the_key_and_the_agent_sees_on_what(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (session, key) = waiting(&people[0]).await;
        let written = format!("{} {}-{}", &key[..3], &key[3..6], &key[6..]);
        let joined = joins(&world, &written).await.ok();
        assert_eq!(joined, json!({ "product_name": "Remote Support v5", "agent_name": "Agent 0", "platform": "ios" }));
        let seen = people[0].get(&session).await.ok();
        assert_eq!(
            (&seen["state"], &seen["platform"], &seen["support_key"]),
            (&json!("connected"), &json!("ios"), &Value::Null)
        );
        joins(&world, &key).await.problem(410, "key_used");
        let log = world.whole_log().await;
        assert!(!log.contains(&key) && log.contains("session_connected"), "the log has no keys");
    }

    async fn whoever_comes_too_late_is_told_why_and_nothing_more(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (session, key) = waiting(&people[0]).await;
        joins(&world, &key).await.ok();
        world.admin.post(&format!("{session}/end"), &json!({ "message": "Only for the agent" })).await.ok();
        let told = joins(&world, &key).await.problem(410, "session_ended");
        assert_eq!(told["ended"], json!({ "reason": "ended_by_admin", "at": "2026-03-02T09:00:00Z" }));
        let (_, late) = waiting(&people[0]).await;
        world.pass(TimeDelta::seconds(600));
        joins(&world, &late).await.problem(404, "key_unknown");
        world.sweep().await;
        joins(&world, &late).await.problem(404, "key_unknown");
        for nonsense in ["", "12345678", "a'b;--1234", "000000000", "４８２９１０５３７"] {
            joins(&world, nonsense).await.problem(404, "key_unknown");
        }
    }

    async fn of_many_who_come_with_one_key_one_is_connected(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (_, key) = waiting(&people[0]).await;
        let answers = join_all((0..20).map(|_| joins(&world, &key))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.body["code"] == "key_used"));
    }

    async fn a_key_is_good_again_when_its_customer_was_cut_off_before_he_was_connected(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (session, key) = waiting(&people[0]).await;
        let id = session["/sessions/".len()..].parse().expect("an id");
        // As when the server is killed between the two.
        let mut tx = world.app.db.begin().await.expect("a transaction");
        assert!(seatkeeper::store::join::claim(&mut tx, &key, id, world.clock.now()).await.expect("claimed"));
        tx.commit().await.expect("saved");
        joins(&world, &key).await.problem(410, "key_used");
        world.pass(TimeDelta::seconds(31));
        joins(&world, &key).await.ok();
        joins(&world, &key).await.problem(410, "key_used");
    }

    async fn whoever_does_not_say_what_he_has_is_asked(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let (_, key) = waiting(&people[0]).await;
        let customer = Person::stranger(&world.url);
        let told = customer.post("/join", &json!({ "key": key })).await.problem(422, "invalid");
        assert_eq!(told["errors"], json!([{ "field": "platform", "error": "required" }]));
        assert_eq!(customer.post("/join", &json!({ "key": key, "platform": "mac" })).await.ok()["platform"], "mac");
    }

    async fn keys_cannot_be_tried_by_the_thousand(world: World) {
        // The address has a third of its sign-ins, and they come back slowly.
        world.pool(1, 1).await;
        let strict = World::with_sign_in_burst(world.engine, 9).await;
        for _ in 0..3 {
            joins(&strict, "123456789").await.problem(404, "key_unknown");
        }
        joins(&strict, "123456789").await.problem(429, "too_many_requests");
    }

    async fn both_sides_are_led_on_with_what_they_need(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let agent = "https://meet.example.org/{session_id}?key={support_key}&jwt={token}";
        let customer = "http://localhost:9000/j/{session_id}?jwt={token}";
        with_links(&world, json!({ "agent_link": agent, "customer_link": customer, "link_secret": SECRET })).await;
        let (session, key) = waiting(&people[0]).await;
        let id = session.rsplit('/').next().expect("an id").to_owned();
        let opened = people[0].act(&session, "open").await.ok()["link"].as_str().expect("a link").to_owned();
        assert!(opened.starts_with(&format!("https://meet.example.org/{id}?key={key}&jwt=eyJ")), "{opened}");
        let said = claims(&opened);
        assert_eq!(
            (&said["role"], &said["email"], &said["sub"]),
            (&json!("agent"), &json!("agent.0@example.org"), &json!(id))
        );
        assert_eq!(said["exp"].as_i64().expect("a time") - said["iat"].as_i64().expect("a time"), 300);
        let joined = joins(&world, &key).await.ok()["link"].as_str().expect("a link").to_owned();
        assert!(joined.starts_with(&format!("http://localhost:9000/j/{id}?jwt=eyJ")), "{joined}");
        assert_eq!(
            (&claims(&joined)["role"], &claims(&joined)["aud"]),
            (&json!("customer"), &json!("remote-support-v5"))
        );
        let shown = people[0].get("/products").await.ok();
        assert_eq!((&shown[0]["opens"], &shown[0]["agent_link"]), (&json!(true), &Value::Null));
        people[0].act(&session, "end").await.ok();
        people[0].act(&session, "open").await.problem(410, "session_ended");
        let log = world.whole_log().await;
        assert!(log.contains("agent_link") && !log.contains(SECRET), "the log has no secrets");
    }

    async fn links_are_https_and_tokens_need_a_secret_that_nobody_is_shown(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let session = people[0].seated().await;
        people[0].act(&session, "open").await.problem(404, "no_link");
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ManageProducts]).await;
        let path = path_of("products", &world.admin.get("/products").await.ok()[0]);
        for bad in
            ["http://meet.example.org/", "javascript:alert(1)", "https://x/{password}", "https://{token}.example.org"]
        {
            let told = manager.patch(&path, &json!({ "agent_link": bad })).await.problem(422, "invalid");
            assert_eq!(told["errors"], json!([{ "field": "agent_link", "error": "address" }]), "{bad}");
        }
        let signed = json!({ "customer_link": "https://x.example.org/?t={token}" });
        let told = manager.patch(&path, &signed).await.problem(422, "invalid");
        assert_eq!(told["errors"], json!([{ "field": "link_secret", "error": "required" }]));
        manager.patch(&path, &json!({ "link_secret": "short" })).await.problem(422, "invalid");
        let seen = manager.patch(&path, &json!({ "link_secret": SECRET })).await.ok();
        assert_eq!((&seen["has_link_secret"], &seen["link_secret"]), (&json!(true), &Value::Null));
        manager.patch(&path, &signed).await.ok();
        manager.patch(&path, &json!({ "link_secret": "" })).await.problem(422, "invalid");
        let seen = manager.patch(&path, &json!({ "link_secret": "", "customer_link": "" })).await.ok();
        assert_eq!((&seen["has_link_secret"], &seen["customer_link"]), (&Value::Null, &Value::Null));
    }
}
