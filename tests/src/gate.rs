//! The gate in front of other web applications: the first request takes a seat, later ones renew it, and a user whose
//! session was ended does not get back in automatically.

mod keep_alive;
mod requests;

use crate::harness::{
    Answer, Engine, Person, World, email_of, eventually, http, on_both_engines, queue::path_of, within,
};
use axum::http::HeaderName;
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};
use std::time::Duration;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const PAGE: &str = "text/html,application/xhtml+xml";

impl Person {
    /// The proxy's request when this user opens a page of the application.
    pub async fn open_application(&self, product: &str) -> Answer {
        self.request_gate(&format!("/gate/{product}"), PAGE).await
    }

    async fn request_gate(&self, path: &str, accept: &str) -> Answer {
        let request = self.raw(reqwest::Method::GET, &format!("{}{path}", self.url));
        let request = request.header("user-agent", FIREFOX).header("accept", accept);
        self.send(request.header("x-original-url", "https://app.example.org/tickets?id=7")).await
    }

    /// The proxy's request for a request with these headers.
    async fn request_gate_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.raw(reqwest::Method::GET, &format!("{}{path}", self.url)).header("user-agent", FIREFOX);
        let read = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), value.parse().expect("a value"))
        };
        // They replace the default headers.
        self.send(request.headers(headers.iter().map(read).collect())).await
    }

    /// The request of the waiting page.
    async fn enter_waiting_page(&self, again: bool) -> Answer {
        let body = json!({ "return_to": "https://app.example.org/tickets?id=7", "again": again });
        let request = self.request(reqwest::Method::POST, "/gate/remote-support-v5").header("user-agent", FIREFOX);
        self.send(request.json(&body)).await
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// Asserts a refusal with this code that sends browsers to the waiting page, and returns the problem.
    #[track_caller]
    fn assert_refused(self, status: u16, code: &str) -> Value {
        let to = self.header("x-seatkeeper-redirect").expect("a page to wait on").to_owned();
        assert!(
            to.starts_with("/wait/remote-support-v5?return=https%3A%2F%2Fapp.example.org%2Ftickets%3Fid%3D7"),
            "{to}"
        );
        let problem = self.problem(status, code);
        assert_eq!(problem["status"], status);
        problem
    }
}

const PRODUCT: &str = "remote-support-v5";
const GATE: &str = "/gate/remote-support-v5";

impl World {
    /// Waits until the heartbeat that the gate sends in the background has renewed the lease.
    async fn wait_until_renewed(&self, session: &Value) {
        let until = json!(self.clock.now() + TimeDelta::seconds(120));
        let path = path_of("sessions", &json!({ "id": session }));
        eventually("the lease is renewed", async || {
            self.sweep().await;
            self.admin.get(&path).await.ok()["lease_until"] == until
        })
        .await;
    }
}

async fn live(world: &World) -> Vec<Value> {
    let sessions = world.admin.get("/sessions?state=live").await.ok();
    sessions["items"].as_array().expect("items").clone()
}

async fn register_application(world: &World) {
    let products = world.admin.get("/products").await.ok();
    let path = path_of("products", &products[0]);
    let origins = json!({ "gate_origins": ["https://app.example.org/", "https://APP.example.org"] });
    let seen = world.admin.patch(&path, &origins).await.ok();
    assert_eq!(seen["gate_origins"], json!(["https://app.example.org"]));
}

on_both_engines! {
    async fn the_first_request_takes_a_seat_and_later_ones_renew_it(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let answer = people[0].open_application(PRODUCT).await;
        let session = answer.header("x-seatkeeper-session").expect("a session").to_owned();
        assert_eq!(answer.header("x-seatkeeper-user"), Some(email_of("Agent 0").as_str()));
        assert_eq!(answer.header("x-seatkeeper-user-id"), Some(people[0].id.to_string().as_str()));
        answer.ok();
        let seen = people[0].get(&format!("/sessions/{session}")).await.ok();
        assert_eq!((&seen["state"], &seen["mode"]), (&json!("connected"), &json!("application")));
        assert!(seen["device"].as_str().is_some_and(|device| device.starts_with("Firefox · Linux · ")), "{seen}");
        for _ in 0..6 {
            world.advance_clock(TimeDelta::seconds(60));
            let answer = people[0].open_application(PRODUCT).await;
            assert_eq!(answer.header("x-seatkeeper-session"), Some(session.as_str()));
            // The gate sends the heartbeat in the background.
            world.wait_until_renewed(&json!(session)).await;
        }
        assert_eq!((world.usage(license).await)["occupied"], 1);
        world.advance_clock(TimeDelta::seconds(121));
        world.sweep().await;
        assert_eq!((world.usage(license).await)["occupied"], 0, "no requests, no seat");
        let answer = people[0].open_application(PRODUCT).await;
        assert_ne!(answer.header("x-seatkeeper-session").expect("another one"), session);
    }

    async fn all_requests_of_a_page_share_one_session(world: World) {
        let (_, people) = world.pool_with_terms(json!({ "seats": 10, "seat_rule": "session" }), 1).await;
        let answers = join_all((0..30).map(|_| people[0].open_application(PRODUCT))).await;
        let sessions: std::collections::BTreeSet<_> =
            answers.iter().map(|answer| answer.header("x-seatkeeper-session").expect("through").to_owned()).collect();
        assert_eq!(sessions.len(), 1);
        assert_eq!(live(&world).await.len(), 1);
    }

    async fn fifty_users_share_ten_seats_by_turns(world: World) {
        let (license, people) = world.pool(10, 50).await;
        let answers = join_all(people.iter().map(|one| one.open_application(PRODUCT))).await;
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for (person, answer) in people.iter().zip(answers) {
            if answer.status == 200 {
                inside.push(person);
            } else {
                answer.assert_refused(403, "pool_full");
                outside.push(person);
            }
        }
        assert_eq!((inside.len(), outside.len()), (10, 40));
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"]), (&json!(10), &json!(40)), "the others are queued");
        // A returned seat goes to the head of the queue, not to whoever requests first.
        let queues = world.admin.get("/queues").await.ok();
        let head: uuid::Uuid = serde_json::from_value(queues[0]["tickets"][0]["user_id"].clone()).expect("an id");
        let sessions = live(&world).await;
        let mine = |person: &&&Person| sessions[0]["user_id"] == json!(person.id);
        let leaver = inside.iter().find(mine).expect("a seated user");
        leaver.post_action(&path_of("sessions", &sessions[0]), "end").await.ok();
        world.advance_clock(TimeDelta::seconds(3));
        for person in &outside {
            let answer = person.open_application(PRODUCT).await;
            assert_eq!(answer.status == 200, person.id.0 == head, "only the head of the queue");
        }
        assert_eq!((world.usage(license).await)["occupied"], 10);
    }

    async fn visitors_sign_in_first_and_scripts_are_not_redirected(world: World) {
        world.pool(1, 1).await;
        let anonymous = Person::anonymous(&world.url);
        anonymous.open_application(PRODUCT).await.assert_refused(401, "not_signed_in");
        let script = anonymous.request_gate("/gate/remote-support-v5", "*/*").await;
        assert_eq!(script.header("x-seatkeeper-redirect"), None);
        script.problem(401, "not_signed_in");
        let sent = http::client_builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let sent = sent.get(format!("{}/gate/remote-support-v5?redirect=true", world.url)).header("accept", PAGE);
        let sent = sent.header("x-forwarded-proto", "https").header("x-forwarded-host", "app.example.org");
        let sent = sent.header("x-forwarded-uri", "/a?b").send().await.expect("an answer");
        let to = "/wait/remote-support-v5?return=https%3A%2F%2Fapp.example.org%2Fa%3Fb";
        assert_eq!((sent.status().as_u16(), sent.headers()["location"].to_str().ok()), (303, Some(to)));
    }

    async fn a_user_without_a_license_is_refused_without_flooding_the_log(world: World) {
        world.pool_with_terms(json!({}), 0).await;
        let unassigned = world.agent("Nora Neu").await;
        let before = world.head().await;
        for _ in 0..20 {
            unassigned.open_application(PRODUCT).await.assert_refused(403, "not_assigned");
        }
        assert_eq!(world.users_of_events("session_refused", before).await.len(), 1);
        unassigned.open_application("no-such-product").await.problem(403, "not_found");
        unassigned.enter_waiting_page(false).await.problem(409, "not_assigned");
    }

    async fn after_an_end_the_user_stays_out_until_they_choose_to_continue(world: World) {
        let (_, people) = world.pool(2, 1).await;
        register_application(&world).await;
        people[0].open_application(PRODUCT).await.ok();
        let session = path_of("sessions", &live(&world).await[0]);
        world.admin.post(&format!("{session}/end"), &json!({ "message": "Dringend" })).await.ok();
        let problem = people[0].open_application(PRODUCT).await.assert_refused(403, "session_ended");
        assert_eq!(
            (&problem["ended"]["by"], &problem["ended"]["message"]),
            (&json!("Anja Krüger"), &json!("Dringend"))
        );
        people[0].enter_waiting_page(false).await.problem(410, "session_ended");
        let entered = people[0].enter_waiting_page(true).await.ok();
        assert_eq!(entered["return_to"], "https://app.example.org/tickets?id=7");
        assert_eq!(entered["session"]["state"], "connected");
        people[0].open_application(PRODUCT).await.ok();
        assert_eq!(live(&world).await.len(), 1);
    }

    async fn setting_the_clock_back_locks_no_user_out(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let over = async || {
            world.advance_clock(TimeDelta::seconds(121));
            world.sweep().await;
        };
        people[0].open_application(PRODUCT).await.ok();
        over().await;
        world.advance_clock(TimeDelta::hours(-1));
        for _ in 0..3 {
            people[0].open_application(PRODUCT).await.ok();
            over().await;
        }
    }

    async fn an_end_is_forgotten_after_a_while(world: World) {
        let (_, people) = world.pool(1, 1).await;
        people[0].open_application(PRODUCT).await.ok();
        let session = path_of("sessions", &live(&world).await[0]);
        people[0].post_action(&session, "end").await.ok();
        people[0].open_application(PRODUCT).await.assert_refused(403, "session_ended");
        world.advance_clock(TimeDelta::minutes(10));
        people[0].open_application(PRODUCT).await.ok();
    }

    async fn two_browsers_do_not_take_the_seat_from_each_other(world: World) {
        let (_, people) = world.pool_with_terms(json!({ "seats": 5, "second_device": "take_over" }), 1).await;
        let other = people[0].sign_in_again(&email_of("Agent 0")).await;
        people[0].open_application(PRODUCT).await.ok();
        other.open_application(PRODUCT).await.ok();
        let problem = people[0].open_application(PRODUCT).await.assert_refused(403, "session_ended");
        assert_eq!(problem["ended"]["reason"], "replaced_by_other_device");
        other.open_application(PRODUCT).await.ok();
        people[0].enter_waiting_page(true).await.ok();
        people[0].open_application(PRODUCT).await.ok();
        other.open_application(PRODUCT).await.assert_refused(403, "session_ended");
    }

    async fn the_waiting_page_gets_the_queue_position_and_then_the_seat(world: World) {
        let (_, people) = world.pool(1, 2).await;
        register_application(&world).await;
        people[0].open_application(PRODUCT).await.ok();
        people[1].open_application(PRODUCT).await.assert_refused(403, "pool_full");
        let waits = people[1].enter_waiting_page(false).await.ok();
        assert_eq!((&waits["product_name"], &waits["ticket"]["position"]), (&json!("Remote Support v5"), &json!(1)));
        people[0].post_action(&path_of("sessions", &live(&world).await[0]), "end").await.ok();
        assert_eq!(people[1].get(&path_of("tickets", &waits["ticket"])).await.ok()["state"], "offered");
        let through = people[1].enter_waiting_page(false).await.ok();
        assert_eq!((&through["ticket"], &through["session"]["state"]), (&Value::Null, &json!("connected")));
        people[1].open_application(PRODUCT).await.ok();
    }

    async fn the_gate_redirects_only_to_registered_origins(world: World) {
        let (_, people) = world.pool(1, 1).await;
        assert_eq!(people[0].enter_waiting_page(false).await.ok()["return_to"], Value::Null);
        register_application(&world).await;
        for bad in
            ["https://evil.example/", "https://app.example.org.evil.example/", "//evil.example", "javascript:alert(1)"]
        {
            let answer = people[0].post("/gate/remote-support-v5", &json!({ "return_to": bad })).await.ok();
            assert_eq!(answer["return_to"], "https://app.example.org", "{bad}");
        }
        let products = world.admin.get("/products").await.ok();
        let path = path_of("products", &products[0]);
        for bad in ["app.example.org", "https://app.example.org/x", "javascript://x"] {
            let refused = world.admin.patch(&path, &json!({ "gate_origins": [bad] })).await.problem(422, "invalid");
            assert_eq!(refused["errors"], json!([{ "field": "gate_origins", "error": "address" }]));
        }
        let shown = people[0].get("/products").await.ok();
        assert_eq!(shown[0]["gate_origins"], Value::Null, "hidden from agents");
    }

    async fn tokens_pass_if_their_scope_allows_sessions(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        let agent = world.agent("Nora Neu").await;
        world.grant(license, &[agent.id]).await;
        for (scope, status) in [("read", 403), ("sessions", 200), ("all", 200)] {
            let body = json!({ "name": scope, "days": 1, "scope": scope });
            let secret = agent.post("/tokens", &body).await.created()["secret"].as_str().expect("a secret").to_owned();
            let program = Person::with_secret(agent.id, secret).at(&world.url);
            assert_eq!(program.open_application(PRODUCT).await.status, status, "{scope}");
        }
    }

    async fn a_user_who_is_suspended_or_loses_the_license_is_refused_at_once(world: World) {
        let (license, people) = world.pool(5, 2).await;
        for person in &people {
            person.open_application(PRODUCT).await.ok();
        }
        let revoke = json!({ "user_ids": [people[0].id], "end_now": true });
        world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        people[0].open_application(PRODUCT).await.assert_refused(403, "session_ended");
        world.admin.patch(&format!("/users/{}", people[1].id), &json!({ "status": "suspended" })).await.ok();
        people[1].open_application(PRODUCT).await.assert_refused(401, "not_signed_in");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ended_at_one_server_is_refused_by_another_within_a_second() {
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.pool(1, 1).await;
    let there = people[0].with_token().await.at(&world.second_server().await);
    there.open_application(PRODUCT).await.ok();
    world.admin.post_action(&path_of("sessions", &live(&world).await[0]), "end").await.ok();
    let refused = async || there.open_application(PRODUCT).await.status != 200;
    within(Duration::from_secs(1), || "the session is refused".to_owned(), refused).await;
    there.open_application(PRODUCT).await.assert_refused(403, "session_ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_requests_at_two_servers_share_one_session() {
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.pool_with_terms(json!({ "seats": 10, "seat_rule": "session" }), 1).await;
    let here = people[0].with_token().await;
    let there = here.at(&world.second_server().await);
    let answers =
        join_all((0..20).map(|number| {
            if number % 2 == 0 { here.open_application(PRODUCT) } else { there.open_application(PRODUCT) }
        }))
        .await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(live(&world).await.len(), 1);
}
