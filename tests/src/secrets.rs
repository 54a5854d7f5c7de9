//! Secrets that have to be used as they are: a copy of the database alone is of no use, their key can be replaced,
//! and a key that is missing is said and costs nothing.

mod key_files;

use crate::world::{PASSWORD, Person, SECRET_KEY, World, email_of, id_of, keyring, on_both_engines, secret_in, wanted};
use chrono::TimeDelta;
use seatkeeper::{
    auth::second_factor::shown,
    borrow,
    clock::Dice,
    secrets::{Keyring, Place, Reseal, SecretsError, reseal},
    store,
};
use seatkeeper_client::lease;
use seatkeeper_shared::wire::borrow::BorrowKeys;
use serde_json::{Value, json};

const CLIENT_SECRET: &str = "client-s3cret-of-the-provider";
const LINK_SECRET: &str = "0123456789abcdef-launch-links-01";
const NEW_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

/// An account in which there is every kind of secret.
struct Secrets {
    agent: Person,
    /// What the app of the agent makes codes of.
    code_app: String,
    /// All of them, and what they are.
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
    let provider = json!({ "name": "Muster ID", "issuer": "https://id.example", "client_id": "x", "client_secret": CLIENT_SECRET });
    world.admin.post("/sign-in-providers", &provider).await.created();
    let code_app =
        agent.post("/me/second-factor", &json!({})).await.created()["secret"].as_str().expect("a secret").to_owned();
    let code = shown(&code_app, world.app.clock.now()).expect("a code");
    let codes = agent.post("/me/second-factor/confirm", &json!({ "code": code })).await.ok();
    let mut body = wanted("application");
    body["borrow_seconds"] = json!(8 * 3_600);
    let session = agent.post("/sessions", &body).await.created();
    let signs = store::borrow::signer(&world.app.db).await.expect("it can be read").expect("a key");
    let lease_key = keyring().open(&Place::LeaseKey(signs.kid), &signs.secret).expect("it opens");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let token = world.admin.post("/tokens", &json!({ "name": "CI", "days": 1 })).await.created();
    let directory = world.admin.post("/directories", &json!({ "name": "Entra ID" })).await.created();
    let nora = world.user("Nora Neu", seatkeeper_shared::people::Role::Agent, &[]).await;
    let link = world.admin.post(&format!("/users/{nora}/invite"), &()).await.created();
    let credentials = json!({ "email": email_of("Anja Krüger").replace('ü', "ue"), "password": PASSWORD });
    let signed_in = Person::stranger(&world.url).post("/sign-in", &credentials).await;
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

/// Turns the encrypted secrets into what an earlier version stored.
async fn as_before(world: &World) {
    let mut tx = world.app.db.begin().await.expect("a transaction");
    for (place, stored) in store::secrets::all(&mut tx).await.expect("secrets") {
        let plain =
            Keyring::default().seal(&Dice::loaded(1), &place, &keyring().open(&place, &stored).expect("it opens"));
        assert!(
            store::secrets::replace(&mut tx, &place, &stored, &plain.expect("it is as it is"))
                .await
                .expect("it is written")
        );
    }
    tx.commit().await.expect("it is saved");
}

/// Whether the agent's code app, and all else, still works.
async fn all_works(world: &World, secrets: &Secrets) {
    world.pass(TimeDelta::minutes(2));
    let stranger = Person::stranger(&world.url);
    let half = stranger.post("/sign-in", &json!({ "email": email_of("Agent 0"), "password": PASSWORD })).await.body;
    let code = shown(&secrets.code_app, world.app.clock.now()).expect("a code");
    stranger.post("/sign-in/second-factor", &json!({ "challenge": half["challenge"], "code": code })).await.ok();
    let session = secrets.session["id"].as_str().expect("an id");
    let lease = secrets.agent.get(&format!("/sessions/{session}")).await.ok();
    good_lease(world, &lease).await;
    let opened = secrets.agent.post(&format!("/sessions/{session}/open"), &json!({})).await.ok();
    assert!(opened["link"].as_str().is_some_and(|link| link.contains("jwt=ey")), "{opened}");
}

async fn keys(world: &World) -> BorrowKeys {
    serde_json::from_value(Person::stranger(&world.url).get("/borrow/keys").await.ok()).expect("keys")
}

async fn good_lease(world: &World, session: &Value) {
    let lease = session["lease"].as_str().expect("a lease");
    lease::verify(lease, &keys(world).await, "remote-support-v5", world.clock.now().timestamp()).expect("a good lease");
}

on_both_engines! {
    async fn a_copy_of_the_database_has_no_secret_in_it(world: World) {
        let secrets = secrets(&world).await;
        let copy = world.database.copy().await;
        assert!(contains(&copy, "Muster ID") && contains(&copy, "sealed:1:"), "it is all there");
        for (what, secret) in &secrets.all {
            assert!(!contains(&copy, secret), "the {what} stands in the database as it is");
        }
        all_works(&world, &secrets).await;
    }

    async fn what_an_earlier_version_stored_is_encrypted_once(world: World) {
        let secrets = secrets(&world).await;
        as_before(&world).await;
        let copy = world.database.copy().await;
        for (what, secret) in &secrets.all[..4] {
            assert!(contains(&copy, secret), "the {what} is as it was");
        }
        all_works(&world, &secrets).await;
        let dice = Dice::loaded(5);
        let none = reseal(&world.app.db, &Keyring::default(), &dice, Reseal::Plain).await.expect("nothing is wrong");
        assert_eq!((none.found, none.sealed), (4, 0), "without a key nothing is encrypted");
        let done = reseal(&world.app.db, &keyring(), &dice, Reseal::Plain).await.expect("it is done");
        assert_eq!((done.found, done.sealed), (4, 4));
        let copy = world.database.copy().await;
        for (what, secret) in &secrets.all {
            assert!(!contains(&copy, secret), "the {what} stands in the database as it is");
        }
        let again = reseal(&world.app.db, &keyring(), &dice, Reseal::Plain).await.expect("it is done");
        assert_eq!(again.sealed, 0);
        all_works(&world, &secrets).await;
    }

    async fn a_key_that_is_missing_is_named_and_nothing_is_changed(world: World) {
        let secrets = secrets(&world).await;
        let before = world.database.copy().await;
        let known = keyring().ids().next().expect("a key").to_owned();
        for which in [Reseal::Plain, Reseal::Outdated] {
            for keys in [Keyring::default(), Keyring::of([NEW_KEY]).expect("a key")] {
                let error =
                    reseal(&world.app.db, &keys, &Dice::loaded(1), which).await.expect_err("the key is missing");
                assert!(matches!(&error, SecretsError::UnknownKey { id, count: 4 } if *id == known), "{error}");
                assert!(
                    error.to_string().contains(&known) && error.to_string().contains("--secret-key-file"),
                    "{error}"
                );
            }
        }
        assert!(world.database.copy().await == before, "nothing was changed");
        all_works(&world, &secrets).await;
    }

    async fn a_value_that_was_moved_to_another_row_does_not_open(world: World) {
        secrets(&world).await;
        world.admin.post("/me/second-factor", &json!({})).await.created();
        let sql =
            "UPDATE second_factors SET secret = (SELECT secret FROM second_factors WHERE confirmed_at IS NOT NULL)
                   WHERE confirmed_at IS NULL";
        assert_eq!(world.execute(sql).await, 1);
        let error =
            reseal(&world.app.db, &keyring(), &Dice::loaded(1), Reseal::Plain).await.expect_err("it is another's");
        assert!(error.to_string().starts_with(&format!("second_factors.secret/{}", world.admin.id)), "{error}");
        let answer = world.admin.post("/me/second-factor/confirm", &json!({ "code": "123456" })).await;
        assert!(answer.status.is_server_error(), "{answer:?}");
    }

    async fn the_key_can_be_replaced_and_the_old_one_forgotten(world: World) {
        let secrets = secrets(&world).await;
        let (both, new) = (Keyring::of([NEW_KEY, SECRET_KEY]).expect("keys"), Keyring::of([NEW_KEY]).expect("a key"));
        let (db, dice) = (&world.app.db, Dice::loaded(5));
        assert_eq!(
            reseal(db, &both, &dice, Reseal::Plain).await.expect("it is done").sealed,
            0,
            "a start does not rotate"
        );
        assert_eq!(reseal(db, &both, &dice, Reseal::Outdated).await.expect("it is done").sealed, 4);
        assert_eq!(
            reseal(db, &both, &dice, Reseal::Outdated).await.expect("it is done").sealed,
            0,
            "twice does no harm"
        );
        assert_eq!(reseal(db, &new, &dice, Reseal::Plain).await.expect("the old one is not needed").found, 4);
        let back = Keyring::of([SECRET_KEY, NEW_KEY]).expect("keys");
        assert_eq!(reseal(db, &back, &dice, Reseal::Outdated).await.expect("it is done").sealed, 4);
        all_works(&world, &secrets).await;
    }

    async fn the_lease_key_can_be_replaced_and_old_leases_hold_until_they_are_over(world: World) {
        let secrets = secrets(&world).await;
        let old = keys(&world).await.keys[0].kid.clone();
        let hands = (&world.clock, &Dice::loaded(5));
        let rotated =
            borrow::rotate(&world.app.db, &keyring(), hands, false).await.expect("it is saved").expect("an account");
        // Somebody may be borrowing for as long as the license lets them, at this moment.
        assert_eq!(rotated.old_until, world.clock.now() + TimeDelta::hours(72));
        let told = keys(&world).await.keys;
        assert_eq!(told.iter().map(|key| &key.kid).collect::<Vec<_>>(), [&rotated.kid, &old], "the new one first");
        good_lease(&world, &secrets.session).await;
        let again =
            secrets.agent.get(&format!("/sessions/{}", secrets.session["id"].as_str().expect("an id"))).await.ok();
        assert_ne!(again["lease"], secrets.session["lease"]);
        good_lease(&world, &again).await;
        let left = world.database.texts("SELECT secret FROM borrow_keys WHERE retired_at IS NOT NULL").await;
        assert_eq!(left, [""], "the old one signs nothing any more");
        let log = world.whole_log().await;
        assert!(log.lines().any(|line| line.starts_with("borrow_key_made") && line.contains(&old)), "{log}");

        world.pass(TimeDelta::hours(72));
        assert_eq!(keys(&world).await.keys.len(), 1, "its leases are over");
        let last =
            borrow::rotate(&world.app.db, &keyring(), hands, true).await.expect("it is saved").expect("an account");
        let told = keys(&world).await.keys;
        assert_eq!(
            told.iter().map(|key| &key.kid).collect::<Vec<_>>(),
            [&last.kid],
            "a key that others know is told no longer"
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
