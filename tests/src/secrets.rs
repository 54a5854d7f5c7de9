//! Encryption of reversible secrets: a copy of the database alone is useless, the key can be rotated, and a missing key
//! is reported without changes.

mod key_files;

use crate::harness::{
    PASSWORD, Person, SECRET_KEY, World, email_of, id_of, keyring, on_both_engines, seat_request, secret_in,
};
use chrono::TimeDelta;
use seatkeeper::{
    auth::second_factor::code_at,
    clock::Random,
    lease_signing,
    secrets::{Keyring, Reseal, SecretLocation, SecretsError, reseal},
    store,
};
use seatkeeper_client::lease;
use seatkeeper_shared::wire::borrow::BorrowKeys;
use serde_json::{Value, json};

const CLIENT_SECRET: &str = "client-s3cret-of-the-provider";
const LINK_SECRET: &str = "0123456789abcdef-launch-links-01";
const NEW_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

/// An account with every kind of secret.
struct Secrets {
    agent: Person,
    /// The secret of the agent's code app.
    code_app: String,
    /// All plaintext secrets with their names.
    all: Vec<(&'static str, String)>,
    session: Value,
}

async fn secrets(world: &World) -> Secrets {
    let (license, people) = world.pool(2, 1).await;
    let agent = people[0].clone();
    world.admin.patch(&format!("/licenses/{license}"), &json!({ "borrow_seconds": 72 * 3_600 })).await.ok();
    let product = world.admin.get("/products").await.ok()[0]["id"].as_str().expect("an id").to_owned();
    let links = json!({ "agent_link": "https://tool.example/?jwt={token}", "link_secret": LINK_SECRET });
    world.admin.patch(&format!("/products/{product}"), &links).await.ok();
    let provider = json!({
        "name": "Muster ID", "issuer": "https://id.example", "client_id": "x", "client_secret": CLIENT_SECRET,
    });
    world.admin.post("/sign-in-providers", &provider).await.created();
    let code_app =
        agent.post("/me/second-factor", &json!({})).await.created()["secret"].as_str().expect("a secret").to_owned();
    let code = code_at(&code_app, world.app.clock.now()).expect("a code");
    let codes = agent.post("/me/second-factor/confirm", &json!({ "code": code })).await.ok();
    let mut body = seat_request("application");
    body["borrow_seconds"] = json!(8 * 3_600);
    let session = agent.post("/sessions", &body).await.created();
    let signing_key = store::lease_keys::current(&world.app.db).await.expect("it can be read").expect("a key");
    let lease_key = keyring().open(&SecretLocation::LeaseKey(signing_key.kid), &signing_key.secret).expect("it opens");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let token = world.admin.post("/tokens", &json!({ "name": "CI", "days": 1 })).await.created();
    let directory = world.admin.post("/directories", &json!({ "name": "Entra ID" })).await.created();
    let nora = world.user("Nora Neu", seatkeeper_shared::people::Role::Agent, &[]).await;
    let link = world.admin.post(&format!("/users/{nora}/invite"), &()).await.created();
    let credentials = json!({ "email": email_of("Anja Krüger").replace('ü', "ue"), "password": PASSWORD });
    let signed_in = Person::anonymous(&world.url).post("/sign-in", &credentials).await;
    let cookie = signed_in.cookie("seatkeeper_session").to_owned();
    let cookie = cookie.split(['=', ';']).nth(1).expect("a value").to_owned();
    let all = vec![
        ("code app", code_app.clone()),
        ("client", CLIENT_SECRET.to_owned()),
        ("launch links", LINK_SECRET.to_owned()),
        ("lease key", lease_key),
        ("recovery code", text(&codes["recovery_codes"][0])),
        ("API token", text(&token["secret"])),
        ("directory's token", text(&directory["secret"])),
        ("link", secret_in(&text(&link["link"]))),
        ("password", PASSWORD.to_owned()),
        ("cookie", cookie),
        ("key", SECRET_KEY.to_owned()),
    ];
    Secrets { agent, code_app, all, session }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Replaces the encrypted secrets with plaintext, as an earlier version stored them.
async fn store_as_plaintext(world: &World) {
    let mut tx = world.app.db.begin().await.expect("a transaction");
    for (place, stored) in store::secrets::all(&mut tx).await.expect("secrets") {
        let plain =
            Keyring::default().seal(&Random::seeded(1), &place, &keyring().open(&place, &stored).expect("it opens"));
        assert!(
            store::secrets::replace(&mut tx, &place, &stored, &plain.expect("plaintext is unchanged"))
                .await
                .expect("it can be written")
        );
    }
    tx.commit().await.expect("it is saved");
}

/// Asserts that everything that needs a secret still works.
async fn assert_all_work(world: &World, secrets: &Secrets) {
    world.advance_clock(TimeDelta::minutes(2));
    let anonymous = Person::anonymous(&world.url);
    let half = anonymous.post("/sign-in", &json!({ "email": email_of("Agent 0"), "password": PASSWORD })).await.body;
    let code = code_at(&secrets.code_app, world.app.clock.now()).expect("a code");
    anonymous.post("/sign-in/second-factor", &json!({ "challenge": half["challenge"], "code": code })).await.ok();
    let session = secrets.session["id"].as_str().expect("an id");
    let lease = secrets.agent.get(&format!("/sessions/{session}")).await.ok();
    assert_valid_lease(world, &lease).await;
    let opened = secrets.agent.post(&format!("/sessions/{session}/open"), &json!({})).await.ok();
    assert!(opened["link"].as_str().is_some_and(|link| link.contains("jwt=ey")), "{opened}");
}

async fn keys(world: &World) -> BorrowKeys {
    serde_json::from_value(Person::anonymous(&world.url).get("/borrow/keys").await.ok()).expect("keys")
}

async fn assert_valid_lease(world: &World, session: &Value) {
    let lease = session["lease"].as_str().expect("a lease");
    lease::verify(lease, &keys(world).await, "remote-support-v5", world.clock.now().timestamp()).expect("a good lease");
}

on_both_engines! {
    async fn a_copy_of_the_database_contains_no_secret(world: World) {
        let secrets = secrets(&world).await;
        let copy = world.database.copy().await;
        assert!(contains(&copy, "Muster ID") && contains(&copy, "sealed:1:"), "the copy is complete");
        for (what, secret) in &secrets.all {
            assert!(!contains(&copy, secret), "the database contains the plaintext {what}");
        }
        assert_all_work(&world, &secrets).await;
    }

    async fn secrets_stored_by_an_earlier_version_are_encrypted_once(world: World) {
        let secrets = secrets(&world).await;
        store_as_plaintext(&world).await;
        let copy = world.database.copy().await;
        for (what, secret) in &secrets.all[..4] {
            assert!(contains(&copy, secret), "the {what} should be plaintext");
        }
        assert_all_work(&world, &secrets).await;
        let random = Random::seeded(5);
        let none = reseal(&world.app.db, &Keyring::default(), &random, Reseal::Plain).await.expect("no error");
        assert_eq!((none.found, none.sealed), (4, 0), "without a key nothing is encrypted");
        let done = reseal(&world.app.db, &keyring(), &random, Reseal::Plain).await.expect("resealed");
        assert_eq!((done.found, done.sealed), (4, 4));
        let copy = world.database.copy().await;
        for (what, secret) in &secrets.all {
            assert!(!contains(&copy, secret), "the database contains the plaintext {what}");
        }
        let again = reseal(&world.app.db, &keyring(), &random, Reseal::Plain).await.expect("resealed");
        assert_eq!(again.sealed, 0);
        assert_all_work(&world, &secrets).await;
    }

    async fn a_missing_key_is_named_and_nothing_is_changed(world: World) {
        let secrets = secrets(&world).await;
        let before = world.database.copy().await;
        let known = keyring().ids().next().expect("a key").to_owned();
        for which in [Reseal::Plain, Reseal::Outdated] {
            for keys in [Keyring::default(), Keyring::parse([NEW_KEY]).expect("a key")] {
                let error =
                    reseal(&world.app.db, &keys, &Random::seeded(1), which).await.expect_err("the key is missing");
                assert!(matches!(&error, SecretsError::UnknownKey { id, count: 4 } if *id == known), "{error}");
                assert!(
                    error.to_string().contains(&known) && error.to_string().contains("--secret-key-file"),
                    "{error}"
                );
            }
        }
        assert!(world.database.copy().await == before, "nothing was changed");
        assert_all_work(&world, &secrets).await;
    }

    async fn a_value_moved_to_another_row_does_not_decrypt(world: World) {
        secrets(&world).await;
        world.admin.post("/me/second-factor", &json!({})).await.created();
        let sql =
            "UPDATE second_factors SET secret = (SELECT secret FROM second_factors WHERE confirmed_at IS NOT NULL)
                   WHERE confirmed_at IS NULL";
        assert_eq!(world.execute(sql).await, 1);
        let error = reseal(&world.app.db, &keyring(), &Random::seeded(1), Reseal::Plain)
            .await
            .expect_err("the value belongs to another row");
        assert!(error.to_string().starts_with(&format!("second_factors.secret/{}", world.admin.id)), "{error}");
        let answer = world.admin.post("/me/second-factor/confirm", &json!({ "code": "123456" })).await;
        assert!(answer.status.is_server_error(), "{answer:?}");
    }

    async fn the_key_can_be_rotated_and_the_old_one_forgotten(world: World) {
        let secrets = secrets(&world).await;
        let (both, new) =
            (Keyring::parse([NEW_KEY, SECRET_KEY]).expect("keys"), Keyring::parse([NEW_KEY]).expect("a key"));
        let (db, random) = (&world.app.db, Random::seeded(5));
        assert_eq!(
            reseal(db, &both, &random, Reseal::Plain).await.expect("resealed").sealed,
            0,
            "starting does not rotate"
        );
        assert_eq!(reseal(db, &both, &random, Reseal::Outdated).await.expect("resealed").sealed, 4);
        assert_eq!(
            reseal(db, &both, &random, Reseal::Outdated).await.expect("resealed").sealed,
            0,
            "a second rotation changes nothing"
        );
        assert_eq!(reseal(db, &new, &random, Reseal::Plain).await.expect("the old key is not needed").found, 4);
        let back = Keyring::parse([SECRET_KEY, NEW_KEY]).expect("keys");
        assert_eq!(reseal(db, &back, &random, Reseal::Outdated).await.expect("resealed").sealed, 4);
        assert_all_work(&world, &secrets).await;
    }

    async fn the_lease_key_can_be_rotated_and_old_leases_stay_valid(world: World) {
        let secrets = secrets(&world).await;
        let old = keys(&world).await.keys[0].kid.clone();
        let sources = (&world.clock, &Random::seeded(5));
        let rotated = lease_signing::rotate(&world.app.db, &keyring(), sources, false)
            .await
            .expect("it is saved")
            .expect("an account");
        // A seat may have just been borrowed for the maximum time.
        assert_eq!(rotated.old_until, world.clock.now() + TimeDelta::hours(72));
        let published = keys(&world).await.keys;
        assert_eq!(published.iter().map(|key| &key.kid).collect::<Vec<_>>(), [&rotated.kid, &old], "the new key first");
        assert_valid_lease(&world, &secrets.session).await;
        let again =
            secrets.agent.get(&format!("/sessions/{}", secrets.session["id"].as_str().expect("an id"))).await.ok();
        assert_ne!(again["lease"], secrets.session["lease"]);
        assert_valid_lease(&world, &again).await;
        let retired = world.database.first_column("SELECT secret FROM borrow_keys WHERE retired_at IS NOT NULL").await;
        assert_eq!(retired, [""], "the private part of the old key is deleted");
        let log = world.event_log().await;
        assert!(log.lines().any(|line| line.starts_with("borrow_key_made") && line.contains(&old)), "{log}");

        world.advance_clock(TimeDelta::hours(72));
        assert_eq!(keys(&world).await.keys.len(), 1, "all its leases have expired");
        let last = lease_signing::rotate(&world.app.db, &keyring(), sources, true)
            .await
            .expect("it is saved")
            .expect("an account");
        let published = keys(&world).await.keys;
        assert_eq!(
            published.iter().map(|key| &key.kid).collect::<Vec<_>>(),
            [&last.kid],
            "a compromised key is no longer published"
        );
    }

    async fn the_same_client_secret_again_changes_nothing(world: World) {
        let body =
            json!({ "name": "A", "issuer": "https://a.example", "client_id": "x", "client_secret": CLIENT_SECRET });
        let id =
            id_of::<seatkeeper_shared::ids::ProviderId>(&world.admin.post("/sign-in-providers", &body).await.created());
        let path = format!("/sign-in-providers/{id}");
        let before = world.head().await;
        world.admin.patch(&path, &json!({ "client_secret": CLIENT_SECRET })).await.ok();
        assert_eq!(world.head().await, before);
        world.admin.patch(&path, &json!({ "client_secret": "another" })).await.ok();
        assert_eq!(world.head().await.0, before.0 + 1);
    }
}
