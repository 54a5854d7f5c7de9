//! Whoever guesses is slowed, from however many networks and at whichever server; and locks nobody out.

use crate::world::{Engine, PASSWORD, Person, SETUP_TOKEN, World, email_of, on_both_engines, setup};
use axum_extra::extract::CookieJar;
use chrono::TimeDelta;
use reqwest::Method;
use seatkeeper::auth::{
    throttle::Throttle,
    tries::{Tried, Try},
};
use seatkeeper_shared::people::Role;
use serde_json::json;

/// The status of a try to sign in, from a network of its own.
async fn tries(person: &Person, url: &str, network: u32, email: &str, password: &str) -> u16 {
    let from = format!("10.{}.{}.7", network / 250, network % 250);
    let request = person.at(url).request(Method::POST, "/sign-in").header("x-forwarded-for", from);
    person.send(request.json(&json!({ "email": email, "password": password }))).await.status.as_u16()
}

/// A server that believes us where we come from.
async fn believing(engine: Engine) -> World {
    World::behind(engine, "127.0.0.1", 10_000).await
}

on_both_engines! {
    async fn an_account_is_tried_a_hundred_times_an_hour_and_nobody_is_locked_out(world: World) {
        let world = believing(world.engine).await;
        world.user("Agent", Role::Agent, &[]).await;
        let email = email_of("Agent");
        let known = Person::stranger(&world.url);
        assert_eq!(tries(&known, &world.url, 0, &email, PASSWORD).await, 200);
        let stranger = || Person::stranger(&world.url);
        let (mut network, mut counted) = (1, 0);
        for minute in 0..60 {
            let rounds = if minute == 0 { 80 } else { 2 };
            for _ in 0..rounds {
                network += 1;
                counted += i32::from(tries(&stranger(), &world.url, network, &email, "wrong").await == 401);
            }
            if minute == 0 {
                assert_eq!(counted, 30, "so many at once");
                assert_eq!(tries(&stranger(), &world.url, 8_000, &email, PASSWORD).await, 429, "however right it is");
                assert_eq!(
                    tries(&known, &world.url, 8_001, &email, PASSWORD).await,
                    200,
                    "who has been here is not kept out"
                );
            }
            world.pass(TimeDelta::minutes(1));
        }
        assert!((50..=60).contains(&counted), "strangers: {counted}");
        let mut of_known = 0;
        for network in 9_000..9_060 {
            of_known += i32::from(tries(&known, &world.url, network, &email, "wrong").await == 401);
        }
        assert!(
            counted + of_known + 20 <= 100,
            "all together: {counted} + {of_known}, and those that come back in an hour"
        );
        assert_eq!(
            tries(&stranger(), &world.url, 9_999, "anja.krueger@example.org", PASSWORD).await,
            200,
            "others are others"
        );
    }

    async fn what_is_counted_does_not_tell_which_addresses_are_known(world: World) {
        let world = believing(world.engine).await;
        world.user("Agent", Role::Agent, &[]).await;
        let (mut real, mut made_up) = (Vec::new(), Vec::new());
        for network in 0..40 {
            let stranger = Person::stranger(&world.url);
            real.push(tries(&stranger, &world.url, network, &email_of("Agent"), "wrong").await);
            made_up.push(tries(&stranger, &world.url, network, "nobody@example.org", "wrong").await);
        }
        assert_eq!(real, made_up);
        assert!(real.contains(&401) && real.contains(&429));
    }

    async fn tries_are_counted_by_all_servers_together(world: World) {
        let engine = world.engine;
        let world = believing(engine).await;
        // With SQLite there is one server; what it has counted outlives it.
        let other = if engine == Engine::Postgres { world.beside().await } else { world.url.clone() };
        let mut counted = 0;
        for n in 0..80 {
            let url = if n % 2 == 0 { &world.url } else { &other };
            // The other one trusts no proxy and sees one network, which has ten tries: enough for this.
            counted +=
                i32::from(tries(&Person::stranger(url), url, n, "anja.krueger@example.org", "wrong").await == 401);
        }
        assert_eq!(counted, 30);
        assert_eq!(world.database.texts("SELECT key_hash FROM sign_in_tries").await.len(), 1);
    }

    async fn codes_are_counted_like_passwords_and_right_ones_not_at_all(world: World) {
        let (id, key, jar) = (world.admin.id, "anja.krueger@example.org", CookieJar::new());
        let mut counted = 0;
        for _ in 0..100 {
            counted += i32::from(Try::in_browser(&world.app, Tried::Code(id), key, &jar).await.is_ok());
        }
        assert_eq!(counted, 30);
        assert!(Try::signed_in(&world.app, Tried::Code(id)).await.is_ok(), "who is signed in has tries of their own");
        for _ in 0..100 {
            let tried =
                Try::in_browser(&world.app, Tried::Password(key), key, &jar).await.expect("those before were right");
            let mut tx = world.app.db.begin().await.expect("a transaction");
            tried.was_right(&mut tx).await.expect("it is given back");
            tx.commit().await.expect("it is saved");
        }
    }

    async fn whoever_is_signed_in_has_the_same_tries_wherever_a_password_is_asked(world: World) {
        for _ in 0..20 {
            let tried = Try::signed_in(&world.app, Tried::Password("anja.krueger@example.org")).await;
            assert!(tried.is_ok(), "so many at once");
        }
        let proof = json!({ "password": PASSWORD });
        let change = json!({ "old": PASSWORD, "new": "another horse battery" });
        world.admin.post("/me/verify", &proof).await.problem(429, "too_many_requests");
        world.admin.post("/me/password", &change).await.problem(429, "too_many_requests");
        world.pass(TimeDelta::minutes(3));
        for _ in 0..2 {
            assert_eq!(world.admin.post("/me/verify", &proof).await.status, 204, "right ones are given back");
        }
        let wrong = json!({ "password": "wrong" });
        world.admin.post("/me/verify", &wrong).await.problem(403, "wrong_password");
        world.admin.post("/me/verify", &proof).await.problem(429, "too_many_requests");
    }

    async fn a_new_password_forgets_the_browsers_that_were_known(world: World) {
        let known = "SELECT secret_hash FROM known_devices";
        assert_eq!(world.database.texts(known).await.len(), 1, "the admin's");
        let change = json!({ "old": PASSWORD, "new": "another horse battery" });
        assert_eq!(world.admin.post("/me/password", &change).await.status, 204);
        assert_eq!(world.database.texts(known).await.len(), 0);
    }

    async fn guesses_at_the_setup_token_are_slowed(world: World) {
        let strict =
            |options: seatkeeper::app::Options| seatkeeper::app::Options { throttle: Throttle::new(9), ..options };
        let (url, _database) = World::unset(world.engine, strict).await;
        let stranger = Person::stranger(&url);
        let guess = async |token: &str| {
            let mut body = serde_json::to_value(setup()).expect("JSON");
            body["token"] = json!(token);
            stranger.post("/setup", &body).await.status.as_u16()
        };
        let mut seen = Vec::new();
        for n in 0..6 {
            seen.push(guess(&format!("guess {n}")).await);
        }
        assert!(seen.starts_with(&[403, 403, 403]) && seen.contains(&429), "{seen:?}");
        // Another one comes back in three seconds; a guess in between is answered in the same way.
        crate::world::command::eventually("who has the token is let in", async || guess(SETUP_TOKEN).await == 201)
            .await;
    }
}
