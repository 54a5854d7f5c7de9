//! Links and half sign-ins end with what they were made for, through whichever door it changes, and with the rights of who made them.

use crate::{
    imports::import,
    oidc::{browser::added, provider::Provider},
    scim::{self, Directory},
    world::{Answer, Engine, PASSWORD, Person, World, email_of, id_of, on_both_engines, secret_in},
};
use reqwest::Method;
use seatkeeper::auth::second_factor::shown;
use seatkeeper_shared::{
    ids::UserId,
    people::{Permission, Role},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NAME: &str = "Nora Neu";

/// A link to a user.
async fn link(by: &Person, user: UserId) -> String {
    let made = by.post(&format!("/users/{user}/invite"), &()).await.created();
    secret_in(made["link"].as_str().expect("a link"))
}

async fn open(world: &World, secret: &str) -> Answer {
    Person::stranger(&world.url).post("/links/look", &json!({ "secret": secret })).await
}

/// A link is void: neither shown nor used.
async fn is_void(world: &World, what: &str, secret: &str) {
    eprintln!("after: {what}");
    open(world, secret).await.problem(410, "link_void");
    let body = json!({ "secret": secret, "password": "another long sentence" });
    Person::stranger(&world.url).post("/links/use", &body).await.problem(410, "link_void");
}

/// A link of somebody who is not there any more lets nobody in, whatever it is called.
async fn is_refused(world: &World, secret: &str) {
    let body = json!({ "secret": secret, "password": "another long sentence" });
    for path in ["/links/look", "/links/use"] {
        let status = Person::stranger(&world.url).post(path, &body).await.status.as_u16();
        assert!([404, 409, 410].contains(&status), "{path}: {status}");
    }
}

/// The first step of signing in for somebody with a second factor.
async fn half(world: &World) -> Value {
    let answer =
        Person::stranger(&world.url).post("/sign-in", &json!({ "email": email_of(NAME), "password": PASSWORD })).await;
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    answer.body["challenge"].clone()
}

async fn set_up_app(world: &World, person: &Person) -> String {
    let started = person.post("/me/second-factor", &json!({})).await.created();
    let secret = started["secret"].as_str().expect("a secret").to_owned();
    let code = shown(&secret, world.clock.now()).expect("a code");
    person.post("/me/second-factor/confirm", &json!({ "code": code })).await.ok();
    secret
}

on_both_engines! {
    async fn a_change_by_hand_voids_the_open_links(world: World) {
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
            is_void(&world, &change.to_string(), &secret).await;
        }
        let secret = link(&world.admin, user).await;
        world.admin.patch(&path, &json!({ "status": "suspended" })).await.ok();
        open(&world, &secret).await.problem(409, "user_suspended");
        world.admin.patch(&path, &json!({ "status": "active" })).await.ok();
        is_void(&world, "suspended and active again", &secret).await;
        // And back again: the link does not come to life.
        let secret = link(&world.admin, user).await;
        world.admin.patch(&path, &json!({ "role": "manager" })).await.ok();
        world.admin.patch(&path, &json!({ "role": "agent" })).await.ok();
        is_void(&world, "promoted and demoted", &secret).await;
        // What changes nothing that matters voids nothing.
        let secret = link(&world.admin, user).await;
        world.admin.patch(&path, &json!({ "name": "Nora Married", "role": "agent" })).await.ok();
        world.group("Day", &[user]).await;
        open(&world, &secret).await.ok();
        world.admin.delete(&path).await.done();
        is_refused(&world, &secret).await;
    }

    async fn groups_bulk_and_imports_void_the_open_links(world: World) {
        let user = world.user(NAME, Role::Manager, &[]).await;
        let group = world.group("Night", &[]).await;
        let secret = link(&world.admin, user).await;
        world.admin.put(&format!("/groups/{group}/managers"), &json!({ "user_ids": [user] })).await.ok();
        is_void(&world, "manages a group", &secret).await;
        let secret = link(&world.admin, user).await;
        world.admin.put(&format!("/groups/{group}/managers"), &json!({ "user_ids": [] })).await.ok();
        is_void(&world, "manages it no more", &secret).await;
        let secret = link(&world.admin, user).await;
        let role = json!({ "user_ids": [user], "action": "set_role", "role": "agent" });
        world.admin.post("/users/bulk", &role).await.ok();
        is_void(&world, "a role in bulk", &secret).await;
        let secret = link(&world.admin, user).await;
        for action in ["suspend", "reactivate"] {
            world.admin.post("/users/bulk", &json!({ "user_ids": [user], "action": action })).await.ok();
        }
        is_void(&world, "suspended and active in bulk", &secret).await;
        for fields in [["role", "manager"], ["status", "suspended"]] {
            let secret = link(&world.admin, user).await;
            let file = format!("email,{}\n{},{}\n", fields[0], email_of(NAME), fields[1]);
            let (done, _) = import(&world.admin, file.as_bytes(), false).await;
            assert_eq!(done["changed"], 1, "{done}");
            if fields[1] == "suspended" {
                world.admin.patch(&format!("/users/{user}"), &json!({ "status": "active" })).await.ok();
            }
            is_void(&world, &fields.join(" "), &secret).await;
        }
    }

    async fn what_a_directory_says_voids_the_open_links(world: World) {
        let directory = Directory::added(&world, "Entra").await;
        let user = directory.user(NAME).await;
        let secret = link(&world.admin, user).await;
        let email = json!([{ "op": "replace", "path": "userName", "value": "nora.other@example.org" }]);
        directory.patch(&scim::at(user), email).await.ok();
        is_void(&world, "another address", &secret).await;
        let secret = link(&world.admin, user).await;
        for active in [false, true] {
            let change = json!([{ "op": "replace", "path": "active", "value": active }]);
            directory.patch(&scim::at(user), change).await.ok();
        }
        is_void(&world, "inactive and active again", &secret).await;
        let group = directory.group("Leads", &[]).await;
        let id = group.trim_start_matches("/Groups/").to_owned();
        directory.rule(&world, json!([{ "group_id": id, "license_ids": [], "role": "manager" }])).await;
        let secret = link(&world.admin, user).await;
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
        directory.patch(&group, add).await;
        let role = world.admin.get(&format!("/users/{user}")).await.ok()["role"].clone();
        assert_eq!(role, "manager", "the rule gave the role");
        is_void(&world, "a role by a rule", &secret).await;
        let secret = link(&world.admin, user).await;
        assert_eq!(directory.delete(&scim::at(user)).await.status, 204);
        is_refused(&world, &secret).await;
    }

    async fn another_way_to_sign_in_voids_the_open_links(world: World) {
        let nora = world.agent(NAME).await;
        let provider = Provider::start(&world.clock).await;
        let by = added(&world, &provider, json!({})).await;
        provider.is("nora-1", NAME, &email_of(NAME));
        let comes = async || {
            let browser = Person::stranger(&world.url);
            let start = browser.raw(Method::GET, &format!("{}/auth/oidc/{by}/start", world.url));
            start.send().await.expect("an answer");
            browser.get("/me").await.ok();
        };
        let secret = link(&world.admin, nora.id).await;
        comes().await;
        is_void(&world, "linked with a provider", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        comes().await;
        open(&world, &secret).await.ok();
        world.admin.delete(&format!("/users/{}/sign-in-links", nora.id)).await.done();
        is_void(&world, "the links were removed", &secret).await;
        let change = json!({ "old": PASSWORD, "new": "another long sentence" });
        let secret = link(&world.admin, nora.id).await;
        nora.post("/me/password", &change).await.done();
        is_void(&world, "another password", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        set_up_app(&world, &nora).await;
        is_void(&world, "a second factor", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        world.admin.delete(&format!("/users/{}/second-factor", nora.id)).await.done();
        is_void(&world, "no second factor", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        let only = json!({ "providers_only": true, "emergency_user_id": world.admin.id });
        world.admin.patch("/sign-in-rules", &only).await.ok();
        is_void(&world, "passwords are off", &secret).await;
        comes().await;
        let secret = link(&world.admin, nora.id).await;
        world.admin.patch("/sign-in-rules", &json!({ "providers_only": false })).await.ok();
        is_void(&world, "passwords are on", &secret).await;
        let secret = link(&world.admin, nora.id).await;
        world.admin.delete(&format!("/sign-in-providers/{by}")).await.done();
        is_void(&world, "the provider was deleted", &secret).await;
    }

    async fn a_half_sign_in_ends_with_what_it_was_begun_for(world: World) {
        let nora = world.agent(NAME).await;
        let secret = set_up_app(&world, &nora).await;
        let path = format!("/users/{}", nora.id);
        for (n, change) in [json!({ "role": "manager" }), json!({ "role": "agent" }), json!({ "status": "suspended" })]
            .into_iter()
            .enumerate()
        {
            let challenge = half(&world).await;
            world.admin.patch(&path, &change).await.ok();
            world.admin.patch(&path, &json!({ "status": "active" })).await.ok();
            world.pass(chrono::TimeDelta::seconds(60));
            let code = shown(&secret, world.clock.now()).expect("a code");
            let step = json!({ "challenge": challenge, "code": code });
            eprintln!("{n}: {change}");
            Person::stranger(&world.url).post("/sign-in/second-factor", &step).await.problem(410, "sign_in_over");
        }
    }

    async fn a_link_lasts_no_longer_than_the_right_to_make_it(world: World) {
        let agent = world.user(NAME, Role::Agent, &[]).await;
        let manager = world.person("Mona Manager", Role::Manager, &[Permission::ManageUsers]).await;
        let path = format!("/users/{}", manager.id);
        let secret = link(&manager, agent).await;
        open(&world, &secret).await.ok();
        world.admin.patch(&path, &json!({ "permissions": [] })).await.ok();
        is_void(&world, "its maker may not make it", &secret).await;
        world.admin.patch(&path, &json!({ "permissions": ["manage_users"] })).await.ok();
        open(&world, &secret).await.ok();
        world.limit(&manager, &[world.group("Others", &[]).await]).await;
        is_void(&world, "its maker does not see the user", &secret).await;
        world.admin.patch(&path, &json!({ "limited_to_groups": false })).await.ok();
        open(&world, &secret).await.ok();
        world.admin.patch(&path, &json!({ "status": "suspended" })).await.ok();
        is_void(&world, "its maker is suspended", &secret).await;
        world.admin.delete(&path).await.done();
        is_void(&world, "its maker is deleted", &secret).await;
    }

    /// A new column of a user does not get by: it is watched, or it is said here why it need not be.
    async fn every_column_of_a_user_is_watched_or_does_not_matter(world: World) {
        let (columns, trigger) = match world.engine {
            Engine::Sqlite => (
                "SELECT name FROM pragma_table_info('users')",
                "SELECT sql FROM sqlite_master WHERE name = 'users_void_links'",
            ),
            Engine::Postgres => (
                "SELECT column_name::TEXT FROM information_schema.columns WHERE table_name = 'users' AND table_schema = CURRENT_SCHEMA()",
                "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'users_void_links'",
            ),
        };
        // `email` goes with `email_key`. Where somebody comes from, and what the directory calls them, lets nobody in.
        let harmless = ["id", "name", "name_key", "email", "locale", "created_at", "last_active_at", "source"];
        let watched = world.database.texts(trigger).await.join(" ");
        let (list, _) = watched.split_once(" ON ").expect("a trigger");
        let watched: BTreeSet<_> = list.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        for column in world.database.texts(columns).await {
            assert!(watched.contains(&*column) || harmless.contains(&&*column), "{column}");
            assert!(!(watched.contains(&*column) && harmless.contains(&&*column)), "{column}");
        }
    }
}

/// The cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    let set = answer.cookie("seatkeeper_session");
    set.split(';').next().expect("a value").to_owned()
}

/// Whether a cookie is still good, shown by a browser that holds nothing else.
async fn is_good(world: &World, cookie: &str) -> bool {
    let stranger = Person::stranger(&world.url);
    stranger.send(stranger.request(Method::GET, "/me").header("cookie", cookie)).await.status == 200
}

on_both_engines! {
    async fn whoever_signs_in_again_ends_the_session_before_in_the_same_browser(world: World) {
        let (nora, lena) = (world.agent(NAME).await, world.agent("Lena Schubert").await);
        let browser = Person::stranger(&world.url);
        let sign_in = async |name: &str| {
            let answer = browser.post("/sign-in", &json!({ "email": email_of(name), "password": PASSWORD })).await;
            assert_eq!(answer.status, 200, "{:#}", answer.body);
            cookie(&answer)
        };
        let first = sign_in(NAME).await;
        assert!(is_good(&world, &first).await);
        let second = sign_in(NAME).await;
        assert!(!is_good(&world, &first).await && is_good(&world, &second).await);
        let third = sign_in("Lena Schubert").await;
        assert!(!is_good(&world, &second).await && is_good(&world, &third).await, "somebody else's, too");
        // A wrong password ends nothing, nor does the first of two steps.
        browser
            .post("/sign-in", &json!({ "email": email_of(NAME), "password": "wrong" }))
            .await
            .problem(401, "wrong_credentials");
        let secret = set_up_app(&world, &nora).await;
        let body = json!({ "email": email_of(NAME), "password": PASSWORD });
        let challenge = browser.post("/sign-in", &body).await.accepted()["challenge"].clone();
        assert!(is_good(&world, &third).await);
        world.pass(chrono::TimeDelta::seconds(30));
        let code = shown(&secret, world.clock.now()).expect("a code");
        let done = browser.post("/sign-in/second-factor", &json!({ "challenge": challenge, "code": code })).await;
        assert!(!is_good(&world, &third).await && is_good(&world, &cookie(&done)).await);
        // By a provider.
        let provider = Provider::start(&world.clock).await;
        let by = added(&world, &provider, json!({})).await;
        provider.is("lena-1", "Lena Schubert", &email_of("Lena Schubert"));
        browser.raw(Method::GET, &format!("{}/auth/oidc/{by}/start", world.url)).send().await.expect("an answer");
        assert_eq!(id_of::<UserId>(&browser.get("/me").await.ok()), lena.id);
        assert!(!is_good(&world, &cookie(&done)).await);
        lena.get("/me").await.ok();
        nora.get("/me").await.ok();
        let log = world.whole_log().await;
        assert_eq!(log.matches("replaced_by_sign_in").count(), 4, "{log}");
    }

    async fn what_is_no_session_is_replaced_by_nothing(world: World) {
        world.agent(NAME).await;
        for old in ["seatkeeper_session=nonsense", "seatkeeper_session=", "seatkeeper_session=%00"] {
            let stranger = Person::stranger(&world.url);
            let body = json!({ "email": email_of(NAME), "password": PASSWORD });
            stranger.send(stranger.request(Method::POST, "/sign-in").header("cookie", old).json(&body)).await.ok();
        }
        assert!(!world.whole_log().await.contains("replaced_by_sign_in"));
    }
}
