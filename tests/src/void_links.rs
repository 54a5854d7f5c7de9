//! Links and pending second steps become void when the user changes, by any interface, or the creator loses the right.

use crate::{
    harness::{Answer, Engine, PASSWORD, Person, World, email_of, id_of, on_both_engines, secret_in},
    imports::import,
    oidc::{browser::add_provider, provider::Provider},
    scim::{self, Directory},
};
use reqwest::Method;
use seatkeeper::auth::second_factor::code_at;
use seatkeeper_shared::{
    ids::UserId,
    people::{Permission, Role},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NAME: &str = "Nora Neu";

/// Creates a link for a user, and returns its secret.
async fn link(by: &Person, user: UserId) -> String {
    let made = by.post(&format!("/users/{user}/invite"), &()).await.created();
    secret_in(made["link"].as_str().expect("a link"))
}

async fn preview(world: &World, secret: &str) -> Answer {
    Person::anonymous(&world.url).post("/links/preview", &json!({ "secret": secret })).await
}

/// Asserts that a link is void: it can be neither previewed nor used.
async fn assert_void(world: &World, what: &str, secret: &str) {
    eprintln!("after: {what}");
    preview(world, secret).await.problem(410, "link_void");
    let body = json!({ "secret": secret, "password": "another long sentence" });
    Person::anonymous(&world.url).post("/links/use", &body).await.problem(410, "link_void");
}

/// Asserts that the link of a deleted user does not work, with any of several codes.
async fn assert_refused(world: &World, secret: &str) {
    let body = json!({ "secret": secret, "password": "another long sentence" });
    for path in ["/links/preview", "/links/use"] {
        let status = Person::anonymous(&world.url).post(path, &body).await.status.as_u16();
        assert!([404, 409, 410].contains(&status), "{path}: {status}");
    }
}

/// The first step of a sign-in with a second factor: the challenge.
async fn begin_sign_in(world: &World) -> Value {
    let answer =
        Person::anonymous(&world.url).post("/sign-in", &json!({ "email": email_of(NAME), "password": PASSWORD })).await;
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    answer.body["challenge"].clone()
}

async fn set_up_app(world: &World, person: &Person) -> String {
    let started = person.post("/me/second-factor", &json!({})).await.created();
    let secret = started["secret"].as_str().expect("a secret").to_owned();
    let code = code_at(&secret, world.clock.now()).expect("a code");
    person.post("/me/second-factor/confirm", &json!({ "code": code })).await.ok();
    secret
}

on_both_engines! {
    async fn a_manual_change_voids_the_open_links(world: World) {
        let user = world.user(NAME, Role::Agent, &[]).await;
        let path = format!("/users/{user}");
        for change in [
            json!({ "role": "manager" }),
            json!({ "permissions": ["view_audit"] }),
            json!({ "limited_to_groups": true }),
            json!({ "manages": [world.group("Night", &[]).await] }),
            json!({ "manages": [] }),
            json!({ "role": "agent" }),
            json!({ "email": "nora.other@example.org" }),
        ] {
            let secret = link(&world.admin, user).await;
            world.admin.patch(&path, &change).await.ok();
            assert_void(&world, &change.to_string(), &secret).await;
        }
        let secret = link(&world.admin, user).await;
        world.admin.patch(&path, &json!({ "status": "suspended" })).await.ok();
        preview(&world, &secret).await.problem(409, "user_suspended");
        world.admin.patch(&path, &json!({ "status": "active" })).await.ok();
        assert_void(&world, "suspended and active again", &secret).await;
        // Changing back does not make the link valid again.
        let secret = link(&world.admin, user).await;
        world.admin.patch(&path, &json!({ "role": "manager" })).await.ok();
        world.admin.patch(&path, &json!({ "role": "agent" })).await.ok();
        assert_void(&world, "promoted and demoted", &secret).await;
        // Irrelevant changes void nothing.
        let secret = link(&world.admin, user).await;
        world.admin.patch(&path, &json!({ "name": "Nora Married", "role": "agent" })).await.ok();
        world.group("Day", &[user]).await;
        preview(&world, &secret).await.ok();
        world.admin.delete(&path).await.no_content();
        assert_refused(&world, &secret).await;
    }

    async fn groups_bulk_and_imports_void_the_open_links(world: World) {
        let user = world.user(NAME, Role::Manager, &[]).await;
        let group = world.group("Night", &[]).await;
        let secret = link(&world.admin, user).await;
        world.admin.put(&format!("/groups/{group}/managers"), &json!({ "user_ids": [user] })).await.ok();
        assert_void(&world, "manages a group", &secret).await;
        let secret = link(&world.admin, user).await;
        world.admin.put(&format!("/groups/{group}/managers"), &json!({ "user_ids": [] })).await.ok();
        assert_void(&world, "manages it no more", &secret).await;
        let secret = link(&world.admin, user).await;
        let role = json!({ "user_ids": [user], "action": "set_role", "role": "agent" });
        world.admin.post("/users/bulk", &role).await.ok();
        assert_void(&world, "a role in bulk", &secret).await;
        let secret = link(&world.admin, user).await;
        for action in ["suspend", "reactivate"] {
            world.admin.post("/users/bulk", &json!({ "user_ids": [user], "action": action })).await.ok();
        }
        assert_void(&world, "suspended and active in bulk", &secret).await;
        for fields in [["role", "manager"], ["status", "suspended"]] {
            let secret = link(&world.admin, user).await;
            let file = format!("email,{}\n{},{}\n", fields[0], email_of(NAME), fields[1]);
            let (done, _) = import(&world.admin, file.as_bytes(), false).await;
            assert_eq!(done["changed"], 1, "{done}");
            if fields[1] == "suspended" {
                world.admin.patch(&format!("/users/{user}"), &json!({ "status": "active" })).await.ok();
            }
            assert_void(&world, &fields.join(" "), &secret).await;
        }
    }

    async fn directory_changes_void_the_open_links(world: World) {
        let directory = Directory::create(&world, "Entra").await;
        let user = directory.user(NAME).await;
        let secret = link(&world.admin, user).await;
        let email = json!([{ "op": "replace", "path": "userName", "value": "nora.other@example.org" }]);
        directory.patch(&scim::user_path(user), email).await.ok();
        assert_void(&world, "another address", &secret).await;
        let secret = link(&world.admin, user).await;
        for active in [false, true] {
            let change = json!([{ "op": "replace", "path": "active", "value": active }]);
            directory.patch(&scim::user_path(user), change).await.ok();
        }
        assert_void(&world, "inactive and active again", &secret).await;
        let group = directory.group("Leads", &[]).await;
        let id = group.trim_start_matches("/Groups/").to_owned();
        directory.set_rules(&world, json!([{ "group_id": id, "license_ids": [], "role": "manager" }])).await;
        let secret = link(&world.admin, user).await;
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
        directory.patch(&group, add).await;
        let role = world.admin.get(&format!("/users/{user}")).await.ok()["role"].clone();
        assert_eq!(role, "manager", "the rule assigned the role");
        assert_void(&world, "a role by a rule", &secret).await;
        let secret = link(&world.admin, user).await;
        assert_eq!(directory.delete(&scim::user_path(user)).await.status, 204);
        assert_refused(&world, &secret).await;
    }

    async fn another_sign_in_method_voids_the_open_links(world: World) {
        let nora = world.agent(NAME).await;
        let provider = Provider::start(&world.clock).await;
        let by = add_provider(&world, &provider, json!({})).await;
        provider.set_signed_in_user("nora-1", NAME, &email_of(NAME));
        let comes = async || {
            let browser = Person::anonymous(&world.url);
            let start = browser.raw(Method::GET, &format!("{}/auth/oidc/{by}/start", world.url));
            start.send().await.expect("an answer");
            browser.get("/me").await.ok();
        };
        let secret = link(&world.admin, nora.id).await;
        comes().await;
        assert_void(&world, "linked with a provider", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        comes().await;
        preview(&world, &secret).await.ok();
        world.admin.delete(&format!("/users/{}/sign-in-links", nora.id)).await.no_content();
        assert_void(&world, "the links were removed", &secret).await;
        let change = json!({ "old": PASSWORD, "new": "another long sentence" });
        let secret = link(&world.admin, nora.id).await;
        nora.post("/me/password", &change).await.no_content();
        assert_void(&world, "another password", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        set_up_app(&world, &nora).await;
        assert_void(&world, "a second factor", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        world.admin.delete(&format!("/users/{}/second-factor", nora.id)).await.no_content();
        assert_void(&world, "no second factor", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        let only = json!({ "providers_only": true, "emergency_user_id": world.admin.id });
        world.admin.patch("/sign-in-rules", &only).await.ok();
        assert_void(&world, "passwords are off", &secret).await;
        comes().await;
        let secret = link(&world.admin, nora.id).await;
        world.admin.patch("/sign-in-rules", &json!({ "providers_only": false })).await.ok();
        assert_void(&world, "passwords are on", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        world.admin.delete(&format!("/sign-in-providers/{by}")).await.no_content();
        assert_void(&world, "the provider was deleted", &secret).await;
    }

    async fn a_pending_second_step_is_void_after_changes_to_the_user(world: World) {
        let nora = world.agent(NAME).await;
        let secret = set_up_app(&world, &nora).await;
        let path = format!("/users/{}", nora.id);
        for (n, change) in [json!({ "role": "manager" }), json!({ "role": "agent" }), json!({ "status": "suspended" })]
            .into_iter()
            .enumerate()
        {
            let challenge = begin_sign_in(&world).await;
            world.admin.patch(&path, &change).await.ok();
            world.admin.patch(&path, &json!({ "status": "active" })).await.ok();
            world.advance_clock(chrono::TimeDelta::seconds(60));
            let code = code_at(&secret, world.clock.now()).expect("a code");
            let step = json!({ "challenge": challenge, "code": code });
            eprintln!("{n}: {change}");
            Person::anonymous(&world.url).post("/sign-in/second-factor", &step).await.problem(410, "sign_in_over");
        }
    }

    async fn signing_out_everywhere_voids_a_pending_second_step(world: World) {
        let nora = world.agent(NAME).await;
        let secret = set_up_app(&world, &nora).await;
        let second_step = async |challenge: Value| {
            world.advance_clock(chrono::TimeDelta::seconds(60));
            let code = code_at(&secret, world.clock.now()).expect("a code");
            let step = json!({ "challenge": challenge, "code": code });
            Person::anonymous(&world.url).post("/sign-in/second-factor", &step).await
        };
        // Also the second time, when no other browser session ends.
        for _ in 0..2 {
            let challenge = begin_sign_in(&world).await;
            nora.delete("/me/sign-ins").await.no_content();
            second_step(challenge).await.problem(410, "sign_in_over");
        }
        let lena = world.agent("Lena Schubert").await;
        let challenge = begin_sign_in(&world).await;
        world.admin.delete(&format!("/users/{}/sign-ins", lena.id)).await.no_content();
        second_step(challenge).await.ok();
        for _ in 0..2 {
            let challenge = begin_sign_in(&world).await;
            world.admin.delete(&format!("/users/{}/sign-ins", nora.id)).await.no_content();
            second_step(challenge).await.problem(410, "sign_in_over");
        }
        nora.get("/me").await.problem(401, "not_signed_in");
    }

    async fn a_link_lasts_no_longer_than_the_right_to_create_it(world: World) {
        let agent = world.user(NAME, Role::Agent, &[]).await;
        let manager = world.person("Mona Manager", Role::Manager, &[Permission::ManageUsers]).await;
        let path = format!("/users/{}", manager.id);
        let secret = link(&manager, agent).await;
        preview(&world, &secret).await.ok();
        world.admin.patch(&path, &json!({ "permissions": [] })).await.ok();
        assert_void(&world, "its creator lost the permission", &secret).await;
        world.admin.patch(&path, &json!({ "permissions": ["manage_users"] })).await.ok();
        preview(&world, &secret).await.ok();
        world.limit_to_groups(&manager, &[world.group("Others", &[]).await]).await;
        assert_void(&world, "the user is out of its creator's scope", &secret).await;
        world.admin.patch(&path, &json!({ "limited_to_groups": false })).await.ok();
        preview(&world, &secret).await.ok();
        world.admin.patch(&path, &json!({ "status": "suspended" })).await.ok();
        assert_void(&world, "its creator is suspended", &secret).await;
        world.admin.delete(&path).await.no_content();
        assert_void(&world, "its creator is deleted", &secret).await;
    }

    /// Each column of a user is watched by the trigger or listed here as irrelevant.
    async fn every_user_column_is_watched_or_irrelevant(world: World) {
        let (columns, trigger) = match world.engine {
            Engine::Sqlite => (
                "SELECT name FROM pragma_table_info('users')",
                "SELECT sql FROM sqlite_master WHERE name = 'users_void_links'",
            ),
            Engine::Postgres => (
                "SELECT column_name::TEXT FROM information_schema.columns \
                 WHERE table_name = 'users' AND table_schema = CURRENT_SCHEMA()",
                "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'users_void_links'",
            ),
        };
        // `email` changes with `email_key`, and the source of a user grants no access.
        let harmless = ["id", "name", "name_key", "email", "locale", "created_at", "last_active_at", "source"];
        let watched = world.database.first_column(trigger).await.join(" ");
        let (list, _) = watched.split_once(" ON ").expect("a trigger");
        let watched: BTreeSet<_> = list.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        for column in world.database.first_column(columns).await {
            assert!(watched.contains(&&*column) || harmless.contains(&&*column), "{column}");
            assert!(!(watched.contains(&&*column) && harmless.contains(&&*column)), "{column}");
        }
    }
}

/// The session cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    let set = answer.cookie("seatkeeper_session");
    set.split(';').next().expect("a value").to_owned()
}

/// Whether a session cookie is still valid on its own.
async fn is_valid(world: &World, cookie: &str) -> bool {
    let anonymous = Person::anonymous(&world.url);
    anonymous.send(anonymous.request(Method::GET, "/me").header("cookie", cookie)).await.status == 200
}

on_both_engines! {
    async fn signing_in_again_ends_the_previous_session_of_the_same_browser(world: World) {
        let (nora, lena) = (world.agent(NAME).await, world.agent("Lena Schubert").await);
        let browser = Person::anonymous(&world.url);
        let sign_in = async |name: &str| {
            let answer = browser.post("/sign-in", &json!({ "email": email_of(name), "password": PASSWORD })).await;
            assert_eq!(answer.status, 200, "{:#}", answer.body);
            cookie(&answer)
        };
        let first = sign_in(NAME).await;
        assert!(is_valid(&world, &first).await);
        let second = sign_in(NAME).await;
        assert!(!is_valid(&world, &first).await && is_valid(&world, &second).await);
        let third = sign_in("Lena Schubert").await;
        assert!(!is_valid(&world, &second).await && is_valid(&world, &third).await, "also the session of another user");
        // Neither a wrong password nor the first of two steps ends the session.
        browser
            .post("/sign-in", &json!({ "email": email_of(NAME), "password": "wrong" }))
            .await
            .problem(401, "wrong_credentials");
        let secret = set_up_app(&world, &nora).await;
        let body = json!({ "email": email_of(NAME), "password": PASSWORD });
        let challenge = browser.post("/sign-in", &body).await.accepted()["challenge"].clone();
        assert!(is_valid(&world, &third).await);
        world.advance_clock(chrono::TimeDelta::seconds(30));
        let code = code_at(&secret, world.clock.now()).expect("a code");
        let done = browser.post("/sign-in/second-factor", &json!({ "challenge": challenge, "code": code })).await;
        assert!(!is_valid(&world, &third).await && is_valid(&world, &cookie(&done)).await);
        // A sign-in by a provider ends it too.
        let provider = Provider::start(&world.clock).await;
        let by = add_provider(&world, &provider, json!({})).await;
        provider.set_signed_in_user("lena-1", "Lena Schubert", &email_of("Lena Schubert"));
        browser.raw(Method::GET, &format!("{}/auth/oidc/{by}/start", world.url)).send().await.expect("an answer");
        assert_eq!(id_of::<UserId>(&browser.get("/me").await.ok()), lena.id);
        assert!(!is_valid(&world, &cookie(&done)).await);
        lena.get("/me").await.ok();
        nora.get("/me").await.ok();
        let log = world.event_log().await;
        assert_eq!(log.matches("replaced_by_sign_in").count(), 4, "{log}");
    }

    async fn an_invalid_cookie_replaces_no_session(world: World) {
        world.agent(NAME).await;
        for old in ["seatkeeper_session=nonsense", "seatkeeper_session=", "seatkeeper_session=%00"] {
            let anonymous = Person::anonymous(&world.url);
            let body = json!({ "email": email_of(NAME), "password": PASSWORD });
            anonymous.send(anonymous.request(Method::POST, "/sign-in").header("cookie", old).json(&body)).await.ok();
        }
        assert!(!world.event_log().await.contains("replaced_by_sign_in"));
    }
}
