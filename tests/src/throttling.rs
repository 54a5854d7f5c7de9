//! Throttling of guesses: across networks and servers, and without locking the owner of an account out.

use crate::harness::{Engine, PASSWORD, Person, SETUP_TOKEN, World, email_of, on_both_engines, setup};
use chrono::TimeDelta;
use reqwest::Method;
use seatkeeper::auth::{
    attempt_limit::{Attempt, AttemptedSecret},
    throttle::Throttle,
};
use seatkeeper_shared::people::Role;
use serde_json::json;

/// Tries to sign in from the given network, and returns the status.
async fn sign_in_status(person: &Person, url: &str, network: u32, email: &str, password: &str) -> u16 {
    let from = format!("10.{}.{}.7", network / 250, network % 250);
    let request = person.at(url).request(Method::POST, "/sign-in").header("x-forwarded-for", from);
    person.send(request.json(&json!({ "email": email, "password": password }))).await.status.as_u16()
}

/// A server that trusts our `X-Forwarded-For` header.
async fn behind_trusted_proxy(engine: Engine) -> World {
    World::behind_proxy(engine, "127.0.0.1", 10_000).await
}

on_both_engines! {
    async fn an_account_allows_a_hundred_attempts_an_hour_and_is_never_locked_out(world: World) {
        let world = behind_trusted_proxy(world.engine).await;
        world.user("Agent", Role::Agent, &[]).await;
        let email = email_of("Agent");
        let known = Person::anonymous(&world.url);
        assert_eq!(sign_in_status(&known, &world.url, 0, &email, PASSWORD).await, 200);
        let anonymous = || Person::anonymous(&world.url);
        let (mut network, mut counted) = (1, 0);
        for minute in 0..60 {
            let rounds = if minute == 0 { 80 } else { 2 };
            for _ in 0..rounds {
                network += 1;
                counted += i32::from(sign_in_status(&anonymous(), &world.url, network, &email, "wrong").await == 401);
            }
            if minute == 0 {
                assert_eq!(counted, 30, "the burst limit");
                assert_eq!(
                    sign_in_status(&anonymous(), &world.url, 8_000, &email, PASSWORD).await,
                    429,
                    "even with the right password"
                );
                assert_eq!(
                    sign_in_status(&known, &world.url, 8_001, &email, PASSWORD).await,
                    200,
                    "a known browser is not locked out"
                );
            }
            world.advance_clock(TimeDelta::minutes(1));
        }
        assert!((50..=60).contains(&counted), "unknown browsers: {counted}");
        let mut of_known = 0;
        for network in 9_000..9_060 {
            of_known += i32::from(sign_in_status(&known, &world.url, network, &email, "wrong").await == 401);
        }
        assert!(counted + of_known + 20 <= 100, "in total: {counted} + {of_known}, and those regained within an hour");
        assert_eq!(
            sign_in_status(&anonymous(), &world.url, 9_999, "anja.krueger@example.org", PASSWORD).await,
            200,
            "other accounts are not affected"
        );
    }

    async fn throttling_does_not_reveal_which_addresses_exist(world: World) {
        let world = behind_trusted_proxy(world.engine).await;
        world.user("Agent", Role::Agent, &[]).await;
        let (mut real, mut unknown) = (Vec::new(), Vec::new());
        for network in 0..40 {
            let anonymous = Person::anonymous(&world.url);
            real.push(sign_in_status(&anonymous, &world.url, network, &email_of("Agent"), "wrong").await);
            unknown.push(sign_in_status(&anonymous, &world.url, network, "nobody@example.org", "wrong").await);
        }
        assert_eq!(real, unknown);
        assert!(real.contains(&401) && real.contains(&429));
    }

    async fn attempts_are_counted_across_servers(world: World) {
        let engine = world.engine;
        let world = behind_trusted_proxy(engine).await;
        // With SQLite there is only one server.
        let other = if engine == Engine::Postgres { world.second_server().await } else { world.url.clone() };
        let mut counted = 0;
        for n in 0..80 {
            let url = if n % 2 == 0 { &world.url } else { &other };
            // The other server trusts no proxy and sees one network, whose ten attempts are enough here.
            counted += i32::from(
                sign_in_status(&Person::anonymous(url), url, n, "anja.krueger@example.org", "wrong").await == 401,
            );
        }
        assert_eq!(counted, 30);
        assert_eq!(world.database.first_column("SELECT key_hash FROM sign_in_tries").await.len(), 1);
    }

    async fn wrong_codes_count_like_passwords_and_right_ones_do_not_count(world: World) {
        let (id, key) = (world.admin.id, "anja.krueger@example.org");
        let mut counted = 0;
        for _ in 0..100 {
            let tried = Attempt::in_browser(&world.app.journal, AttemptedSecret::Code(id), key, None).await;
            counted += i32::from(tried.is_ok());
        }
        assert_eq!(counted, 30);
        assert!(
            Attempt::signed_in(&world.app.journal, AttemptedSecret::Code(id)).await.is_ok(),
            "signed-in users have their own limit"
        );
        for _ in 0..100 {
            let tried = Attempt::in_browser(&world.app.journal, AttemptedSecret::Password(key), key, None)
                .await
                .expect("correct attempts are not counted");
            let mut tx = world.app.db.begin().await.expect("a transaction");
            tried.refund(&mut tx).await.expect("the attempt is returned");
            tx.commit().await.expect("the transaction commits");
        }
    }

    async fn a_signed_in_user_has_one_attempt_limit_across_all_password_prompts(world: World) {
        for _ in 0..20 {
            let password = AttemptedSecret::Password("anja.krueger@example.org");
            let tried = Attempt::signed_in(&world.app.journal, password).await;
            assert!(tried.is_ok(), "the burst limit");
        }
        let proof = json!({ "password": PASSWORD });
        let change = json!({ "old": PASSWORD, "new": "another horse battery" });
        world.admin.post("/me/verify", &proof).await.problem(429, "too_many_requests");
        world.admin.post("/me/password", &change).await.problem(429, "too_many_requests");
        world.advance_clock(TimeDelta::minutes(3));
        for _ in 0..2 {
            assert_eq!(world.admin.post("/me/verify", &proof).await.status, 204, "correct attempts are returned");
        }
        let wrong = json!({ "password": "wrong" });
        world.admin.post("/me/verify", &wrong).await.problem(403, "wrong_password");
        world.admin.post("/me/verify", &proof).await.problem(429, "too_many_requests");
    }

    async fn a_new_password_forgets_known_browsers(world: World) {
        let known = "SELECT secret_hash FROM known_devices";
        assert_eq!(world.database.first_column(known).await.len(), 1, "the admin's");
        let change = json!({ "old": PASSWORD, "new": "another horse battery" });
        assert_eq!(world.admin.post("/me/password", &change).await.status, 204);
        assert_eq!(world.database.first_column(known).await.len(), 0);
    }

    async fn setup_token_guesses_are_throttled(world: World) {
        let strict =
            |options: seatkeeper::app::Options| seatkeeper::app::Options { throttle: Throttle::new(9), ..options };
        let (url, _database) = World::not_set_up_with(world.engine, strict).await;
        let anonymous = Person::anonymous(&url);
        let guess = async |token: &str| {
            let mut body = serde_json::to_value(setup()).expect("JSON");
            body["token"] = json!(token);
            anonymous.post("/setup", &body).await.status.as_u16()
        };
        let mut seen = Vec::new();
        for n in 0..6 {
            seen.push(guess(&format!("guess {n}")).await);
        }
        assert!(seen.starts_with(&[403, 403, 403]) && seen.contains(&429), "{seen:?}");
        // An attempt is regained in three seconds; a guess before that gets the same answer.
        crate::harness::eventually("the right token is accepted", async || guess(SETUP_TOKEN).await == 201).await;
    }
}
