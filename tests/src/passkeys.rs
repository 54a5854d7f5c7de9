//! Passkeys: adding one, signing in with it, and refusing invalid ones.

use crate::harness::{Authenticator, PASSWORD, Person, World, email_of, on_both_engines};
use serde_json::{Value, json};

const OTHER_ORIGIN: &str = "http://seats.example.org";

/// The client at the server's host name, because passkeys do not work at an IP address.
fn at_host_name(world: &World, person: &Person) -> Person {
    person.at(&world.url.replace("127.0.0.1", "localhost"))
}

/// An agent who is signed in at the server's host name.
async fn agent(world: &World) -> Person {
    let person = world.agent("Nora Neu").await;
    let mut named = at_host_name(world, &Person::anonymous(&world.url));
    named.id = person.id;
    let body = json!({ "email": email_of("Nora Neu"), "password": PASSWORD });
    named.post("/sign-in", &body).await.ok();
    named
}

async fn begin(person: &Person) -> Value {
    person.post("/me/passkeys/begin", &json!({})).await.ok()
}

/// Adds a passkey on this device, and returns its id.
async fn add(person: &Person, device: &mut Authenticator) -> String {
    let credential = device.register(&begin(person).await);
    let added = person.post("/me/passkeys", &json!({ "name": "Notebook", "credential": credential })).await.created();
    added["id"].as_str().expect("an id").to_owned()
}

async fn sign_in(browser: &Person, device: &mut Authenticator) -> crate::harness::Answer {
    let challenge = browser.post("/sign-in/passkey/begin", &json!({})).await.ok();
    browser.post("/sign-in/passkey", &json!({ "credential": device.sign(&challenge) })).await
}

on_both_engines! {
    async fn a_user_adds_a_passkey_and_signs_in_with_it(world: World) {
        let agent = agent(&world).await;
        let mut device = Authenticator::at(&agent.url, 1);
        let id = add(&agent, &mut device).await;
        let listed = json!([{ "id": id, "name": "Notebook", "created_at": "2026-03-02T09:00:00Z" }]);
        assert_eq!(agent.get("/me/passkeys").await.ok(), listed);
        for _ in 0..2 {
            let browser = at_host_name(&world, &Person::anonymous(&world.url));
            let me = sign_in(&browser, &mut device).await.ok();
            assert_eq!(me["email"], email_of("Nora Neu"));
            browser.get("/me").await.ok();
        }
        assert_eq!(agent.get("/me/passkeys").await.ok()[0]["last_used_at"], "2026-03-02T09:00:00Z");
        let log = world.event_log().await;
        assert!(log.contains("passkey_added") && log.contains("\"by\":\"passkey\""), "{log}");
    }

    async fn a_passkey_is_renamed_and_removed_by_its_owner_only(world: World) {
        let agent = agent(&world).await;
        let mut device = Authenticator::at(&agent.url, 1);
        let path = format!("/me/passkeys/{}", add(&agent, &mut device).await);
        world.admin.patch(&path, &json!({ "name": "Mine" })).await.problem(404, "not_found");
        world.admin.delete(&path).await.problem(404, "not_found");
        agent.patch(&path, &json!({ "name": " " })).await.problem(422, "invalid");
        assert_eq!(agent.patch(&path, &json!({ "name": "Phone" })).await.ok()["name"], "Phone");
        let before = world.head().await;
        agent.patch(&path, &json!({ "name": "Phone" })).await.ok();
        assert_eq!(world.head().await, before, "a repetition changes nothing");
        assert_eq!(agent.delete(&path).await.status, 204);
        agent.delete(&path).await.problem(404, "not_found");
        agent.delete("/me/passkeys/nonsense").await.problem(404, "not_found");
        let browser = at_host_name(&world, &Person::anonymous(&world.url));
        sign_in(&browser, &mut device).await.problem(403, "passkey_refused");
    }

    async fn passkeys_are_refused_where_only_providers_are_allowed(world: World) {
        let agent = agent(&world).await;
        let mut device = Authenticator::at(&agent.url, 1);
        add(&agent, &mut device).await;
        assert_eq!(world.execute("UPDATE account SET providers_only = TRUE").await, 1);
        let browser = at_host_name(&world, &Person::anonymous(&world.url));
        sign_in(&browser, &mut device).await.problem(403, "passwords_off");
    }

    async fn an_invalid_passkey_is_refused(world: World) {
        let agent = agent(&world).await;
        let mut device = Authenticator::at(&agent.url, 1);
        let refused = async |credential: Value| {
            let body = json!({ "name": "Mine", "credential": credential });
            agent.post("/me/passkeys", &body).await.problem(403, "passkey_refused");
        };
        for nonsense in [json!({}), json!(null), json!("x"), json!({ "id": "AA", "response": {} })] {
            refused(nonsense).await;
        }
        let challenge = begin(&agent).await;
        let mut elsewhere = Authenticator::at(OTHER_ORIGIN, 2);
        refused(elsewhere.register(&challenge)).await;
        let mut unasked = begin(&agent).await;
        unasked["options"]["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
        refused(device.register(&unasked)).await;
        let mut unverified = Authenticator::at(&agent.url, 3);
        unverified.verifies = false;
        refused(unverified.register(&begin(&agent).await)).await;
        let of_another = at_host_name(&world, &Person::anonymous(&world.url));
        let body = json!({ "email": "anja.krueger@example.org", "password": PASSWORD });
        of_another.post("/sign-in", &body).await.ok();
        refused(device.register(&begin(&of_another).await)).await;
        assert_eq!(agent.get("/me/passkeys").await.ok(), json!([]));
        let once = json!({ "name": "Mine", "credential": device.register(&begin(&agent).await) });
        agent.post("/me/passkeys", &once).await.created();
        agent.post("/me/passkeys", &once).await.problem(403, "passkey_refused");
        let again = json!({ "name": "Twice", "credential": device.register(&begin(&agent).await) });
        agent.post("/me/passkeys", &again).await.problem(409, "already_exists");
    }

    async fn a_wrong_signature_does_not_sign_in(world: World) {
        let agent = agent(&world).await;
        let mut device = Authenticator::at(&agent.url, 1);
        add(&agent, &mut device).await;
        let browser = at_host_name(&world, &Person::anonymous(&world.url));
        for nonsense in [json!({}), json!(null), json!([1])] {
            browser.post("/sign-in/passkey", &json!({ "credential": nonsense })).await.problem(403, "passkey_refused");
        }
        let challenge = browser.post("/sign-in/passkey/begin", &json!({})).await.ok();
        let mut signed = device.sign(&challenge);
        signed["response"]["signature"] =
            device.sign(&browser.post("/sign-in/passkey/begin", &json!({})).await.ok())["response"]["signature"]
                .clone();
        browser.post("/sign-in/passkey", &json!({ "credential": signed })).await.problem(403, "passkey_refused");
        let mut elsewhere = device.copy();
        elsewhere.origin = OTHER_ORIGIN.to_owned();
        sign_in(&browser, &mut elsewhere).await.problem(403, "passkey_refused");
        let mut unverified = device.copy();
        unverified.verifies = false;
        sign_in(&browser, &mut unverified).await.problem(403, "passkey_refused");
        let mut unknown = Authenticator::at(&agent.url, 9);
        unknown.register(&begin(&agent).await);
        sign_in(&browser, &mut unknown).await.problem(403, "passkey_refused");
        browser.get("/me").await.problem(401, "not_signed_in");

        let mut copied = device.copy();
        let challenge = browser.post("/sign-in/passkey/begin", &json!({})).await.ok();
        let signed = json!({ "credential": device.sign(&challenge) });
        browser.post("/sign-in/passkey", &signed).await.ok();
        browser.post("/sign-in/passkey", &signed).await.problem(403, "passkey_refused");
        sign_in(&browser, &mut copied).await.problem(403, "passkey_refused");
        world.admin.patch(&format!("/users/{}", agent.id), &json!({ "status": "suspended" })).await.ok();
        sign_in(&browser, &mut device).await.problem(403, "passkey_refused");
    }

    async fn a_passkey_counts_as_second_factor_and_requires_a_host_name(world: World) {
        let agent = agent(&world).await;
        world.admin.post("/me/passkeys/begin", &json!({})).await.problem(409, "no_passkeys");
        Person::anonymous(&world.url).post("/sign-in/passkey/begin", &json!({})).await.problem(409, "no_passkeys");
        let mut device = Authenticator::at(&agent.url, 1);
        add(&agent, &mut device).await;
        agent.sign_in_again(&email_of("Nora Neu")).await;
        world.admin.patch("/account", &json!({ "second_factor": "everybody" })).await.ok();
        agent.get("/sessions").await.ok();
        let body = json!({ "email": email_of("Nora Neu"), "password": PASSWORD });
        let half = Person::anonymous(&world.url).post("/sign-in", &body).await;
        assert_eq!(
            (half.status.as_u16(), &half.body["code"], &half.body["passkey"]),
            (202, &json!(false), &json!(true))
        );
        let browser = at_host_name(&world, &Person::anonymous(&world.url));
        sign_in(&browser, &mut device).await.ok();
        browser.get("/sessions").await.ok();
    }
}
