//! The caller cache: a revoked credential is refused on the next request by the same server, and within the promised
//! time by other servers.

use crate::harness::{Engine, PASSWORD, Person, World, email_of, id_of, on_both_engines, seat_request};
use reqwest::{Method, header};
use seatkeeper_shared::{
    ids::TokenId,
    license::Model,
    people::{Permission, Role},
};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// The time within which another server refuses a revoked credential. It reads the log about once a second.
const MAX_REVOCATION_DELAY: Duration = Duration::from_secs(5);

/// A client that keeps sending a cookie, unlike a browser, which discards it at sign-out.
struct CookieClient {
    url: String,
    header: (header::HeaderName, String),
}

impl CookieClient {
    /// Signs in and keeps the cookie.
    async fn sign_in(url: &str, name: &str) -> Self {
        let body = json!({ "email": email_of(name), "password": PASSWORD });
        let answer = Person::anonymous(url).post("/sign-in", &body).await;
        let set = answer.cookie("seatkeeper_session");
        Self { url: url.to_owned(), header: (header::COOKIE, set.split(';').next().expect("a value").to_owned()) }
    }

    fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), header: self.header.clone() }
    }

    async fn is_accepted(&self) -> bool {
        let me = Person::anonymous(&self.url);
        let answer = me.send(me.request(Method::GET, "/me").header(&self.header.0, &self.header.1)).await;
        if answer.status != 200 {
            answer.problem(401, "not_signed_in");
            return false;
        }
        true
    }

    async fn sign_out(&self) {
        let me = Person::anonymous(&self.url);
        me.send(me.request(Method::POST, "/sign-out").header(&self.header.0, &self.header.1)).await;
    }
}

/// Waits until access is refused, and returns how long that took.
async fn time_until_refused(is_accepted: impl AsyncFn() -> bool) -> Duration {
    let begun = Instant::now();
    while is_accepted().await {
        assert!(begun.elapsed() < MAX_REVOCATION_DELAY, "still accepted after {:?}", begun.elapsed());
    }
    begun.elapsed()
}

async fn is_accepted(person: &Person) -> bool {
    person.get("/me").await.status == 200
}

async fn delete_tokens(person: &Person) {
    for token in person.get("/tokens").await.ok().as_array().expect("tokens") {
        person.delete(&format!("/tokens/{}", id_of::<TokenId>(token))).await;
    }
}

on_both_engines! {
    async fn a_cached_caller_is_read_again_when_it_is_too_old(world: World) {
        let program = world.agent("Nora Neu").await.with_token().await;
        program.get("/me").await.ok();
        // By hand, so that no event invalidates the cache.
        world.execute("DELETE FROM api_tokens").await;
        program.get("/me").await.ok();
        world.clock.monotonic().advance(Duration::from_secs(20));
        program.get("/me").await.problem(401, "not_signed_in");
    }

    async fn a_deleted_token_is_refused_on_the_next_request(world: World) {
        let agent = world.agent("Nora Neu").await;
        let program = agent.with_token().await;
        let other = agent.with_token().await;
        for _ in 0..3 {
            assert_eq!(program.get("/me").await.ok()["name"], "Nora Neu");
        }
        let listed = agent.get("/tokens").await.ok();
        agent.delete(&format!("/tokens/{}", id_of::<TokenId>(&listed[0]))).await;
        agent.get("/me").await.ok();
        let answers = [program.get("/me").await.status, other.get("/me").await.status];
        assert_eq!(answers.iter().filter(|status| **status == 401).count(), 1, "the other token is valid");
        delete_tokens(&agent).await;
        program.get("/me").await.problem(401, "not_signed_in");
        other.get("/me").await.problem(401, "not_signed_in");
    }

    async fn a_suspended_user_is_refused_on_the_next_request(world: World) {
        let (_, people) = world.pool(2, 2).await;
        let program = people[0].with_token().await;
        let session = program.request_seat().await.created();
        people[0].get("/me").await.ok();
        let user = format!("/users/{}", people[0].id);
        world.admin.patch(&user, &json!({ "status": "suspended" })).await.ok();
        people[0].get("/me").await.problem(401, "not_signed_in");
        let beat = format!("/sessions/{}/heartbeat", session["id"].as_str().expect("an id"));
        program.post(&beat, &json!({})).await.problem(401, "not_signed_in");
        people[1].request_seat().await.created();
        world.admin.patch(&user, &json!({ "status": "active" })).await.ok();
        people[0].get("/me").await.problem(401, "not_signed_in");
    }

    async fn signing_out_refuses_only_that_browser(world: World) {
        world.user("Nora Neu", Role::Agent, &[]).await;
        let browsers =
            [CookieClient::sign_in(&world.url, "Nora Neu").await, CookieClient::sign_in(&world.url, "Nora Neu").await];
        assert!(browsers[0].is_accepted().await && browsers[1].is_accepted().await);
        browsers[0].sign_out().await;
        assert!(!browsers[0].is_accepted().await && browsers[1].is_accepted().await);
    }

    async fn new_rights_apply_on_the_next_request(world: World) {
        let manager = world.person("Max Manager", Role::Manager, &[Permission::ManageProducts]).await;
        let program = manager.with_token().await;
        program.post("/products", &json!({ "name": "Service Desk" })).await.created();
        let user = format!("/users/{}", manager.id);
        world.admin.patch(&user, &json!({ "permissions": [] })).await.ok();
        program.post("/products", &json!({ "name": "Remote Support" })).await.problem(403, "forbidden");
        world.admin.patch(&user, &json!({ "permissions": ["manage_products"] })).await.ok();
        program.post("/products", &json!({ "name": "Remote Support" })).await.created();
        world.admin.patch(&user, &json!({ "role": "agent", "permissions": [], "name": "Max Agent" })).await.ok();
        program.get("/users").await.problem(403, "forbidden");
        assert_eq!(program.get("/me").await.ok()["name"], "Max Agent");
        manager.patch("/me", &json!({ "locale": "de" })).await.ok();
        assert_eq!(program.get("/me").await.ok()["locale"], "de");
    }

    async fn revoking_during_many_requests_leaves_no_access(world: World) {
        let agent = world.agent("Nora Neu").await;
        for _ in 0..20 {
            let program = agent.with_token().await;
            let asking = futures_util::future::join_all((0..10).map(|_| program.get("/me")));
            tokio::join!(asking, delete_tokens(&agent));
            program.get("/me").await.problem(401, "not_signed_in");
        }
    }

    async fn an_unknown_product_is_found_once_it_is_created(world: World) {
        let agent = world.agent("Nora Neu").await;
        agent.request_seat().await.problem(422, "invalid");
        let product = world.product("Remote Support v5").await;
        agent.request_seat().await.problem(409, "not_assigned");
        let license = world.license(product, Model::Concurrent, 1).await;
        world.grant(license, &[agent.id]).await;
        for name in [product.to_string(), product.to_string().to_uppercase(), "remote-support-v5".to_owned()] {
            let mut body = seat_request("application");
            body["product"] = json!(name);
            agent.post("/sessions", &body).await.created();
        }
        agent
            .post("/sessions", &json!({ "product": "Remote-Support-v5", "device": "PC", "mode": "application" }))
            .await
            .problem(422, "invalid");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_revoked_at_one_server_is_refused_at_the_other_in_time() {
    let world = World::start(Engine::Postgres).await;
    let other = world.second_server().await;
    let (nora, lena) = (world.agent("Nora Neu").await, world.agent("Lena Schubert").await);
    let programs = [nora.with_token().await.at(&other), lena.with_token().await.at(&other)];
    let browser = CookieClient::sign_in(&world.url, "Nora Neu").await;
    let there = browser.at(&other);
    assert!(is_accepted(&programs[0]).await && is_accepted(&programs[1]).await && there.is_accepted().await);
    delete_tokens(&nora).await;
    let waited = time_until_refused(async || is_accepted(&programs[0]).await).await;
    let suspended = json!({ "status": "suspended" });
    world.admin.patch(&format!("/users/{}", lena.id), &suspended).await.ok();
    let waited = waited.max(time_until_refused(async || is_accepted(&programs[1]).await).await);
    assert!(there.is_accepted().await);
    browser.sign_out().await;
    let waited = waited.max(time_until_refused(async || there.is_accepted().await).await);
    assert!(waited < Duration::from_secs(3), "the log should invalidate the cache before it expires: {waited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_changed_at_one_server_apply_at_the_other_in_time() {
    let world = World::start(Engine::Postgres).await;
    let other = world.second_server().await;
    let manager = world.person("Max Manager", Role::Manager, &[]).await.at(&other);
    manager.get("/users").await.ok();
    world.admin.patch(&format!("/users/{}", manager.id), &json!({ "role": "agent" })).await.ok();
    time_until_refused(async || manager.get("/users").await.status == 200).await;
    manager.get("/users").await.problem(403, "forbidden");
    assert_eq!(manager.get("/me").await.ok()["rights"]["role"], "agent");
}
