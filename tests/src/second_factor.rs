//! The second factor: setup, signing in with two steps, one-time codes, recovery codes, the account's requirement, and
//! help by an admin after a phone is lost.

use crate::harness::{PASSWORD, Person, World, email_of, on_both_engines};
use chrono::TimeDelta;
use seatkeeper::auth::second_factor::code_at;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

/// The current code of an app with this secret.
fn code(world: &World, secret: &str) -> String {
    code_at(secret, world.app.clock.now()).expect("a code")
}

/// Sets up a second factor, which uses its first code, and returns the secret and the recovery codes.
async fn set_up(world: &World, person: &Person) -> (String, Vec<String>) {
    let started = person.post("/me/second-factor", &json!({})).await.created();
    let secret = started["secret"].as_str().expect("a secret").to_owned();
    let body = json!({ "code": code(world, &secret) });
    let codes = person.post("/me/second-factor/confirm", &body).await.ok();
    (secret, serde_json::from_value(codes["recovery_codes"].clone()).expect("codes"))
}

/// The first step of a sign-in: the browser and the answer.
async fn password_step(world: &World, email: &str) -> (Person, Value) {
    let browser = Person::anonymous(&world.url);
    let answer = browser.post("/sign-in", &json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    assert!(!answer.headers.contains_key("set-cookie"), "not signed in yet");
    (browser, answer.body)
}

fn second_step(first_step: &Value, code: &str) -> Value {
    json!({ "challenge": first_step["challenge"], "code": code })
}

on_both_engines! {
    async fn a_user_sets_up_an_app_and_signs_in_with_two_steps(world: World) {
        let agent = world.agent("Nora Neu").await;
        let started = agent.post("/me/second-factor", &json!({})).await.created();
        let (secret, uri) = (started["secret"].as_str().expect("a secret"), started["uri"].as_str().expect("a uri"));
        assert!(
            secret.len() == 32 && uri.starts_with("otpauth://totp/Muster%20Support%20GmbH:nora%2Eneu%40example%2Eorg?"),
            "{uri}"
        );
        let picture = started["picture"].as_str().expect("a picture");
        assert!(picture.contains("<svg") && !picture.contains("href") && !picture.contains("<script"), "{picture}");
        agent.post("/me/second-factor/confirm", &json!({ "code": "000000" })).await.problem(403, "wrong_code");
        assert_eq!(agent.get("/me/second-factor").await.ok(), json!({ "on": false, "recovery_codes": 0 }));
        agent.sign_in_again(&email_of("Nora Neu")).await;

        let now = json!({ "code": code(&world, secret) });
        let codes = agent.post("/me/second-factor/confirm", &now).await.ok();
        assert_eq!(codes["recovery_codes"].as_array().map(Vec::len), Some(10));
        assert_eq!(agent.get("/me/second-factor").await.ok(), json!({ "on": true, "recovery_codes": 10 }));
        agent.post("/me/second-factor/confirm", &now).await.problem(409, "second_factor_on");
        agent.post("/me/second-factor", &json!({})).await.problem(409, "second_factor_on");

        world.advance_clock(TimeDelta::seconds(30));
        let (browser, first_step) = password_step(&world, &email_of("Nora Neu")).await;
        assert_eq!((&first_step["code"], &first_step["passkey"]), (&json!(true), &json!(false)));
        browser.get("/me").await.problem(401, "not_signed_in");
        browser.post("/sign-in/second-factor", &second_step(&first_step, "123456")).await.problem(403, "wrong_code");
        let me = browser.post("/sign-in/second-factor", &second_step(&first_step, &code(&world, secret))).await.ok();
        assert_eq!(me["email"], email_of("Nora Neu"));
        browser.get("/me").await.ok();
        let log = world.event_log().await;
        assert!(log.contains("second_factor_set") && log.contains("wrong_code") && !log.contains(secret), "{log}");
    }

    async fn no_code_is_accepted_twice(world: World) {
        let agent = world.agent("Nora Neu").await;
        let (secret, _) = set_up(&world, &agent).await;
        let (browser, first_step) = password_step(&world, &email_of("Nora Neu")).await;
        let used = code(&world, &secret);
        browser.post("/sign-in/second-factor", &second_step(&first_step, &used)).await.problem(403, "wrong_code");
        world.advance_clock(TimeDelta::seconds(30));
        let fresh = code(&world, &secret);
        browser.post("/sign-in/second-factor", &second_step(&first_step, &fresh)).await.ok();
        browser.post("/sign-in/second-factor", &second_step(&first_step, &fresh)).await.problem(410, "sign_in_over");
        let (other, first_step) = password_step(&world, &email_of("Nora Neu")).await;
        for old in [&used, &fresh] {
            other.post("/sign-in/second-factor", &second_step(&first_step, old)).await.problem(403, "wrong_code");
        }
        other.get("/me").await.problem(401, "not_signed_in");
    }

    async fn of_two_concurrent_uses_of_one_code_one_succeeds(world: World) {
        let agent = world.agent("Nora Neu").await;
        let (secret, _) = set_up(&world, &agent).await;
        world.advance_clock(TimeDelta::seconds(30));
        let fresh = code(&world, &secret);
        let one = async || {
            let (browser, first_step) = password_step(&world, &email_of("Nora Neu")).await;
            browser.post("/sign-in/second-factor", &second_step(&first_step, &fresh)).await.status.as_u16()
        };
        let (a, b) = tokio::join!(one(), one());
        let mut both = [a, b];
        both.sort_unstable();
        assert_eq!(both, [200, 403]);
    }

    async fn a_recovery_code_works_once_and_new_ones_void_the_old(world: World) {
        let agent = world.agent("Nora Neu").await;
        let (_, codes) = set_up(&world, &agent).await;
        let (browser, first_step) = password_step(&world, &email_of("Nora Neu")).await;
        let typed = format!(" {} ", codes[0].to_uppercase().replace('-', " "));
        browser.post("/sign-in/second-factor", &second_step(&first_step, &typed)).await.ok();
        assert_eq!(browser.get("/me/second-factor").await.ok(), json!({ "on": true, "recovery_codes": 9 }));
        let (other, first_step) = password_step(&world, &email_of("Nora Neu")).await;
        other.post("/sign-in/second-factor", &second_step(&first_step, &codes[0])).await.problem(403, "wrong_code");

        browser.post("/me/second-factor/recovery-codes", &json!({})).await.problem(422, "invalid");
        let wrong = json!({ "password": "wrong horse" });
        browser.post("/me/second-factor/recovery-codes", &wrong).await.problem(403, "wrong_password");
        let renewed = browser.post("/me/second-factor/recovery-codes", &json!({ "password": PASSWORD })).await.ok();
        other.post("/sign-in/second-factor", &second_step(&first_step, &codes[1])).await.problem(403, "wrong_code");
        let new = renewed["recovery_codes"][9].as_str().expect("a code");
        other.post("/sign-in/second-factor", &second_step(&first_step, new)).await.ok();
    }

    async fn removing_the_second_factor_requires_the_password_or_a_code(world: World) {
        let agent = world.agent("Nora Neu").await;
        agent.post("/me/second-factor/remove", &json!({ "password": PASSWORD })).await.problem(404, "not_found");
        let (_, codes) = set_up(&world, &agent).await;
        let remove = async |body: Value| agent.post("/me/second-factor/remove", &body).await;
        remove(json!({})).await.problem(422, "invalid");
        remove(json!({ "password": "wrong horse" })).await.problem(403, "wrong_password");
        remove(json!({ "code": "123456" })).await.problem(403, "wrong_code");
        remove(json!({ "password": 7 })).await.problem(400, "bad_request");
        assert_eq!(remove(json!({ "code": codes[3] })).await.status, 204);
        remove(json!({ "password": PASSWORD })).await.problem(404, "not_found");
        agent.sign_in_again(&email_of("Nora Neu")).await;
        set_up(&world, &agent).await;
        assert_eq!(remove(json!({ "password": PASSWORD })).await.status, 204);
        assert_eq!(agent.get("/me/second-factor").await.ok(), json!({ "on": false, "recovery_codes": 0 }));
    }

    async fn code_guesses_restart_the_sign_in_and_are_throttled(world: World) {
        let agent = world.agent("Nora Neu").await;
        set_up(&world, &agent).await;
        let (browser, first_step) = password_step(&world, &email_of("Nora Neu")).await;
        for _ in 0..5 {
            browser
                .post("/sign-in/second-factor", &second_step(&first_step, "000000"))
                .await
                .problem(403, "wrong_code");
        }
        browser.post("/sign-in/second-factor", &second_step(&first_step, "000000")).await.problem(410, "sign_in_over");
        let (browser, first_step) = password_step(&world, &email_of("Nora Neu")).await;
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(
                browser.post("/sign-in/second-factor", &second_step(&first_step, "000000")).await.status.as_u16(),
            );
        }
        assert!(seen.contains(&429) && seen.iter().all(|status| [403, 429].contains(status)), "{seen:?}");
    }

    async fn the_second_step_expires_and_rechecks_the_user(world: World) {
        let agent = world.agent("Nora Neu").await;
        let (secret, _) = set_up(&world, &agent).await;
        let (browser, first_step) = password_step(&world, &email_of("Nora Neu")).await;
        for nonsense in ["", "made-up", "\u{0}"] {
            let body = json!({ "challenge": nonsense, "code": "000000" });
            browser.post("/sign-in/second-factor", &body).await.problem(410, "sign_in_over");
        }
        browser.post("/sign-in/second-factor", &json!({})).await.problem(400, "bad_request");
        world.advance_clock(TimeDelta::minutes(5));
        browser
            .post("/sign-in/second-factor", &second_step(&first_step, &code(&world, &secret)))
            .await
            .problem(410, "sign_in_over");
        let (browser, first_step) = password_step(&world, &email_of("Nora Neu")).await;
        world.admin.patch(&format!("/users/{}", agent.id), &json!({ "status": "suspended" })).await.ok();
        browser
            .post("/sign-in/second-factor", &second_step(&first_step, &code(&world, &secret)))
            .await
            .problem(410, "sign_in_over");
    }

    async fn a_required_second_factor_must_be_set_up_before_anything_else(world: World) {
        let agent = world.agent("Nora Neu").await;
        let program = agent.with_token().await;
        agent.get("/sessions").await.ok();
        world.admin.patch("/account", &json!({ "second_factor": "everybody" })).await.ok();
        let me = agent.get("/me").await.ok();
        assert_eq!(me["needs_second_factor"], true);
        for path in ["/sessions", "/products", "/tokens", "/live", "/queues"] {
            agent.get(path).await.problem(403, "second_factor_required");
        }
        world
            .admin
            .patch("/account", &json!({ "second_factor": "optional" }))
            .await
            .problem(403, "second_factor_required");
        program.get("/sessions").await.ok();
        set_up(&world, &agent).await;
        assert!(agent.get("/me").await.ok().get("needs_second_factor").is_none());
        agent.get("/sessions").await.ok();
        agent.post("/me/second-factor/remove", &json!({ "password": PASSWORD })).await;
        agent.get("/sessions").await.problem(403, "second_factor_required");

        set_up(&world, &world.admin).await;
        world.admin.patch("/account", &json!({ "second_factor": "admins" })).await.ok();
        agent.get("/sessions").await.ok();
        world.admin.get("/users").await.ok();
        world.admin.patch("/account", &json!({ "second_factor": "some" })).await.problem(400, "bad_request");
    }

    async fn an_admin_helps_a_user_who_lost_their_phone(world: World) {
        let agent = world.agent("Nora Neu").await;
        let second = world.person("Bernd Maier", Role::Admin, &[]).await;
        let manager = world.person("Mona Manager", Role::Manager, &[Permission::ManageUsers]).await;
        let path = |person: &Person| format!("/users/{}/second-factor", person.id);
        world.admin.delete(&path(&agent)).await.problem(404, "not_found");
        set_up(&world, &agent).await;
        set_up(&world, &second).await;
        agent.delete(&path(&agent)).await.problem(403, "forbidden");
        manager.delete(&path(&second)).await.problem(403, "forbidden");
        world.limit_to_groups(&manager, &[]).await;
        manager.delete(&path(&agent)).await.problem(404, "not_found");
        let group = world.group("Nachtschicht", &[agent.id]).await;
        world.limit_to_groups(&manager, &[group]).await;
        assert_eq!(manager.delete(&path(&agent)).await.status, 204);
        manager.delete(&path(&agent)).await.problem(404, "not_found");
        agent.sign_in_again(&email_of("Nora Neu")).await;
        assert_eq!(world.admin.delete(&path(&second)).await.status, 204);
        let log = world.admin.get("/audit?kind=second_factor_removed").await.ok();
        assert_eq!(log["items"][1]["actor"]["name"], "Mona Manager");
        assert_eq!(log["items"][1]["user"]["id"], json!(agent.id));
    }

    async fn an_unconfirmed_setup_does_not_count(world: World) {
        let agent = world.agent("Nora Neu").await;
        agent.post("/me/second-factor/confirm", &json!({ "code": "000000" })).await.problem(404, "not_found");
        let first = agent.post("/me/second-factor", &json!({})).await.created();
        let second = agent.post("/me/second-factor", &json!({})).await.created();
        assert_ne!(first["secret"], second["secret"]);
        let old = code(&world, first["secret"].as_str().expect("a secret"));
        agent.post("/me/second-factor/confirm", &json!({ "code": old })).await.problem(403, "wrong_code");
        agent.sign_in_again(&email_of("Nora Neu")).await;
        let new = code(&world, second["secret"].as_str().expect("a secret"));
        agent.post("/me/second-factor/confirm", &json!({ "code": new })).await.ok();
    }

    async fn deleting_a_user_deletes_the_second_factor(world: World) {
        let agent = world.agent("Nora Neu").await;
        set_up(&world, &agent).await;
        assert_eq!(world.admin.delete(&format!("/users/{}", agent.id)).await.status, 204);
        let left =
            world.execute("DELETE FROM second_factors").await + world.execute("DELETE FROM recovery_codes").await;
        assert_eq!(left, 0);
    }
}
