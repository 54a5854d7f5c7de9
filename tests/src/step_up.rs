//! Step-up authentication: adding or replacing a credential requires a recent reauthentication.

use crate::{
    harness::{Answer, Authenticator, Engine, PASSWORD, Person, World, email_of, on_both_engines},
    oidc::{browser::add_provider, provider::Provider},
    permissions::{REAUTHENTICATED_ROUTES, needs_reauthentication, permission_table},
};
use chrono::TimeDelta;
use reqwest::Method;
use seatkeeper::auth::second_factor::code_at;
use serde_json::{Value, json};

const EMAIL: &str = "anja.krueger@example.org";

/// Advances the clock past the validity of a reauthentication.
fn expire_reauthentication(world: &World) {
    world.advance_clock(TimeDelta::minutes(10));
}

async fn send_to(person: &Person, (method, path): (&str, &str), body: Value) -> Answer {
    let path = path.replace("{id}", "00000000-0000-4000-8000-000000000000");
    person.send(person.request(method.parse::<Method>().expect("a method"), &path).json(&body)).await
}

async fn make_token(person: &Person) -> Answer {
    person.post("/tokens", &json!({ "name": "a", "days": 1 })).await
}

on_both_engines! {
    async fn credentials_are_added_only_after_reauthentication(world: World) {
        let program = world.admin.with_token().await;
        world.advance_clock(TimeDelta::minutes(9));
        make_token(&world.admin).await.created();
        world.advance_clock(TimeDelta::minutes(1));
        for route in REAUTHENTICATED_ROUTES {
            send_to(&world.admin, route, json!({})).await.problem(403, "verification_required");
            send_to(&program, route, json!({})).await.problem(403, "browser_required");
        }
        program.post("/me/verify", &json!({ "password": PASSWORD })).await.problem(403, "browser_required");
        world.admin.post("/me/verify", &json!({ "password": "wrong" })).await.problem(403, "wrong_password");
        world.admin.post("/me/verify", &json!({ "code": "123456" })).await.problem(403, "wrong_code");
        world.admin.post("/me/verify", &json!({})).await.problem(422, "invalid");
        make_token(&world.admin).await.problem(403, "verification_required");
        world.admin.post("/me/verify", &json!({ "password": PASSWORD })).await.no_content();
        make_token(&world.admin).await.created();
        for route in REAUTHENTICATED_ROUTES {
            let answer = send_to(&world.admin, route, json!({})).await;
            assert_ne!(answer.body["code"], "verification_required", "{route:?}");
        }
        // The reauthentication counts only for this browser.
        let other = world.admin.sign_in_again(EMAIL).await;
        expire_reauthentication(&world);
        other.post("/me/verify", &json!({ "password": PASSWORD })).await.no_content();
        make_token(&other).await.created();
        make_token(&world.admin).await.problem(403, "verification_required");
        let log = world.event_log().await;
        assert!(
            log.contains("sign_in_failed") && log.contains("wrong_password") && log.contains("wrong_code"),
            "{log}"
        );
    }

    /// No other route requires a reauthentication.
    async fn other_actions_need_no_reauthentication(world: World) {
        expire_reauthentication(&world);
        // Without public routes, which have no caller and sign in and out, and without the endless stream.
        let rows = permission_table()
            .into_iter()
            .filter(|row| !needs_reauthentication(row) && !row.4.contains(' ') && row.1 != "/live");
        for row in rows {
            let answer = send_to(&world.admin, (row.0, row.1), row.3.clone()).await;
            assert_ne!(answer.body["code"], "verification_required", "{} {}", row.0, row.1);
        }
        make_token(&world.admin).await.problem(403, "verification_required");
    }

    async fn a_code_reauthenticates_once(world: World) {
        let nora = world.agent("Nora Neu").await;
        let started = nora.post("/me/second-factor", &json!({})).await.created();
        let secret = started["secret"].as_str().expect("a secret").to_owned();
        let code = || json!({ "code": code_at(&secret, world.clock.now()).expect("a code") });
        nora.post("/me/second-factor/confirm", &code()).await.ok();
        expire_reauthentication(&world);
        make_token(&nora).await.problem(403, "verification_required");
        let options = nora.get("/me/verify").await.ok();
        assert_eq!(options, json!({ "password": true, "code": true, "passkey": false, "providers": [] }));
        nora.post("/me/verify", &code()).await.no_content();
        make_token(&nora).await.created();
        expire_reauthentication(&world);
        world.advance_clock(-TimeDelta::minutes(10));
        nora.post("/me/verify", &code()).await.problem(403, "wrong_code");
    }

    async fn a_fresh_sign_in_by_passkey_or_provider_counts(world: World) {
        let url = world.url.replace("127.0.0.1", "localhost");
        let id = world.user("Nora Neu", seatkeeper_shared::people::Role::Agent, &[]).await;
        let nora = Person::signing_in(&url, &email_of("Nora Neu"), id).await;
        let mut device = Authenticator::at(&url, 1);
        let challenge = nora.post("/me/passkeys/begin", &json!({})).await.ok();
        let body = json!({ "name": "Notebook", "credential": device.register(&challenge) });
        nora.post("/me/passkeys", &body).await.created();
        let provider = Provider::start(&world.clock).await;
        let by = add_provider(&world, &provider, json!({})).await;
        provider.set_signed_in_user("nora-1", "Nora Neu", &email_of("Nora Neu"));
        expire_reauthentication(&world);
        make_token(&nora).await.problem(403, "verification_required");
        let options = nora.get("/me/verify").await.ok();
        assert_eq!((&options["passkey"], &options["providers"][0]["id"]), (&json!(true), &json!(by)));
        let challenge = nora.post("/sign-in/passkey/begin", &json!({})).await.ok();
        nora.post("/sign-in/passkey", &json!({ "credential": device.sign(&challenge) })).await.ok();
        make_token(&nora).await.created();
        expire_reauthentication(&world);
        make_token(&nora).await.problem(403, "verification_required");
        nora.raw(Method::GET, &format!("{url}/auth/oidc/{by}/start")).send().await.expect("an answer");
        make_token(&nora).await.created();
        // Where passwords are off, they do not reauthenticate.
        expire_reauthentication(&world);
        world.admin.post("/me/verify", &json!({ "password": PASSWORD })).await.no_content();
        let only = json!({ "providers_only": true, "emergency_user_id": world.admin.id });
        world.admin.patch("/sign-in-rules", &only).await.ok();
        assert_eq!(nora.get("/me/verify").await.ok()["password"], false);
        nora.post("/me/verify", &json!({ "password": PASSWORD })).await.problem(403, "passwords_off");
    }

    async fn changing_ones_own_address_requires_reauthentication(world: World) {
        let me = format!("/users/{}", world.admin.id);
        let other = format!("/users/{}", world.agent("Nora Neu").await.id);
        let program = world.admin.with_token().await;
        expire_reauthentication(&world);
        let email = json!({ "email": "anja.other@example.org" });
        world.admin.patch(&me, &email).await.problem(403, "verification_required");
        program.patch(&me, &email).await.problem(403, "browser_required");
        world.admin.patch(&me, &json!({ "name": "Anja K.", "email": EMAIL })).await.ok();
        world.admin.patch(&other, &json!({ "email": "nora.other@example.org" })).await.ok();
        world.admin.post("/me/verify", &json!({ "password": PASSWORD })).await.no_content();
        world.admin.patch(&me, &email).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reauthentication_at_one_server_counts_at_the_other_at_once() {
    let world = World::start(Engine::Postgres).await;
    let there = world.admin.at(&world.second_server().await);
    expire_reauthentication(&world);
    make_token(&there).await.problem(403, "verification_required");
    world.admin.post("/me/verify", &json!({ "password": PASSWORD })).await.no_content();
    make_token(&there).await.created();
}

/// Statements that write credential tables are listed here with the route that requires the reauthentication, or with
/// the reason why none does.
#[test]
fn every_statement_that_adds_a_credential_is_listed() {
    const LISTED: [(&str, &str); 14] = [
        ("credentials::INSERT_TOKEN", "POST /tokens"),
        ("passkeys::INSERT", "POST /me/passkeys"),
        ("passkeys::RENAME", "adds none"),
        ("passkeys::USED", "adds none"),
        ("second_factors::START", "POST /me/second-factor"),
        ("second_factors::CONFIRM", "POST /me/second-factor/confirm"),
        ("second_factors::USE_STEP", "adds none"),
        (
            "second_factors::INSERT_CODES",
            "takes password or code in its body, or follows POST /me/second-factor/confirm",
        ),
        ("directories::INSERT", "POST /directories"),
        ("directories::ROTATE", "POST /directories/{id}/rotate"),
        ("directories::USED", "adds none"),
        ("providers::INSERT", "POST /sign-in-providers"),
        ("providers::CHANGE", "PATCH /sign-in-providers/{id}"),
        ("oidc_identities::LINK", "the user has just authenticated at the provider"),
    ];
    let tables = [
        "api_tokens",
        "passkeys",
        "second_factors",
        "recovery_codes",
        "directories",
        "sign_in_providers",
        "identities",
    ];
    let writes = |sql: &str| {
        let words: Vec<_> = sql.split_whitespace().collect();
        words.windows(3).any(|some| {
            (some[0] == "INSERT" && some[1] == "INTO" && tables.contains(&some[2]))
                || (some[0] == "UPDATE" && tables.contains(&some[1]) && some[2] == "SET")
        })
    };
    let unnamed: Vec<_> = seatkeeper::store::statements()
        .into_iter()
        .filter(|(_, sql)| writes(&sql.source()))
        .map(|(name, _)| name)
        .filter(|name| {
            ![
                "oidc_identities::USED",
                "browser_sessions::TOKENS_USED",
                "secrets::REPLACE_CODE_APP",
                "secrets::REPLACE_CLIENT",
            ]
            .contains(&&**name)
        })
        .filter(|name| LISTED.iter().all(|(named, _)| named != name))
        .collect();
    assert!(unnamed.is_empty(), "list the reauthentication of these statements: {unnamed:?}");
    for (name, route) in LISTED {
        let (method, path) = route.split_once(' ').expect("a route or a reason");
        assert!(
            !path.starts_with('/') || REAUTHENTICATED_ROUTES.contains(&(method, path)),
            "{name}: {route} requires no reauthentication"
        );
    }
}
