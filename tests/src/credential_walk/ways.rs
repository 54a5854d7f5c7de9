//! The ways in which credentials end, and the statements by which they do.

use super::victim::{Credential, Victim, add_passkey, by_name};
use crate::{
    imports::import,
    oidc::browser::log_out,
    scim,
    world::{PASSWORD, Person, World, email_of, secret_in},
};
use chrono::TimeDelta;
use futures_util::future::{BoxFuture, FutureExt as _};
use seatkeeper::auth::second_factor::shown;
use seatkeeper_shared::people::Role;
use serde_json::json;

/// What happens in a world to somebody.
type Act = for<'a> fn(&'a World, &'a mut Victim) -> BoxFuture<'a, ()>;

/// A way in which a credential ends.
pub struct Way {
    /// What it is called.
    pub name: &'static str,
    /// What kind of credential ends.
    pub credential: Credential,
    /// The statements by which it does.
    pub statements: &'static [&'static str],
    /// What has to be so before the streams are opened.
    pub prepare: Option<Act>,
    /// What ends it.
    pub end: Act,
    /// The credential is still good, but for something else: the client comes again.
    pub comes_again: bool,
    /// Nothing in the log tells of it.
    pub is_noticed_only_by_asking: bool,
}

/// The statements that write the same tables and end no credential.
pub const HARMLESS: &[(&str, &str)] = &[
    ("account::INSERT", "nobody is signed in before there is an account"),
    ("borrow::NAME_INSTALLATION", "the name of the installation decides nothing"),
    ("providers::SET_RULES", "who is signed in stays so: it says who may sign in"),
    ("credentials::INSERT_BROWSER_SESSION", "a session begins"),
    ("credentials::INSERT_TOKEN", "a token begins"),
    ("credentials::SET_PASSWORD", "a password lets in; the sessions are ended beside it (sign_ins::END_OTHERS)"),
    ("sign_ins::VERIFIED", "who showed again who they are is signed in as before"),
    ("sign_ins::COOKIES_USED", "a use makes a sign-in last longer"),
    ("sign_ins::TOKENS_USED", "a use is only noted"),
    ("identities::CAME_BY", "in the transaction in which the session begins"),
    ("second_factors::START", "it does not count yet"),
    ("second_factors::CONFIRM", "a factor more"),
    ("second_factors::TAKE_STEP", "a code is used up"),
    ("passkeys::INSERT", "a factor more"),
    ("passkeys::RENAME", "another name"),
    ("passkeys::USED", "a use is noted"),
    ("users::INSERT", "nobody is signed in yet"),
    ("users::SET_NAME", "another name"),
    ("users::SET_LOCALE", "another language"),
    ("users::SEEN", "a use is noted"),
    ("secrets::REPLACE_CODE_APP", "the same secret, encrypted anew"),
    ("imports::INSERT_USERS", "nobody is signed in yet"),
    ("directory_users::CLAIM", "where a user comes from decides nothing"),
];

const USUAL: Way = Way {
    name: "",
    credential: Credential::Cookie,
    statements: &[],
    prepare: None,
    end: |_, _| async move {}.boxed(),
    comes_again: false,
    is_noticed_only_by_asking: false,
};

/// All ways.
pub const WAYS: &[Way] = &[
    Way {
        name: "signs out",
        statements: &["credentials::DELETE_BROWSER_SESSION"],
        end: |_, victim| async move { victim.user.post("/sign-out", &()).await.done() }.boxed(),
        ..USUAL
    },
    Way {
        name: "signs in again in the same browser",
        statements: &["credentials::DELETE_BROWSER_SESSION"],
        end: |_, victim| sign_in(&victim.user, "Vera Victim").boxed(),
        ..USUAL
    },
    Way {
        name: "somebody else signs in in the same browser",
        statements: &["credentials::DELETE_BROWSER_SESSION"],
        end: |_, victim| sign_in(&victim.user, "Agent 0").boxed(),
        ..USUAL
    },
    Way {
        name: "signs out everywhere else",
        statements: &["sign_ins::END_OTHERS"],
        end: |_, victim| async move { victim.other.delete("/me/sign-ins").await.done() }.boxed(),
        ..USUAL
    },
    Way {
        name: "ends one sign-in",
        statements: &["sign_ins::END"],
        end: |_, victim| {
            async move {
                let all = victim.other.get("/me/sign-ins").await.ok();
                let there = all.as_array().expect("sign-ins").iter().find(|one| one["this"] == false);
                let id = there.expect("the other browser")["id"].as_str().expect("an id").to_owned();
                victim.other.delete(&format!("/me/sign-ins/{id}")).await.done();
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "an admin signs a user out everywhere",
        statements: &["sign_ins::END_OTHERS"],
        end: |world, victim| delete(world, format!("{}/sign-ins", victim.path())).boxed(),
        ..USUAL
    },
    Way {
        name: "changes the password in another browser",
        statements: &["sign_ins::END_OTHERS"],
        end: |_, victim| {
            let body = json!({ "old": PASSWORD, "new": "another long sentence" });
            async move { victim.other.post("/me/password", &body).await.done() }.boxed()
        },
        ..USUAL
    },
    Way {
        name: "sets another password by a link",
        statements: &["sign_ins::END_OTHERS"],
        end: |world, victim| {
            async move {
                let made = world.admin.post(&format!("{}/invite", victim.path()), &()).await.created();
                let secret = secret_in(made["link"].as_str().expect("a link"));
                let body = json!({ "secret": secret, "password": "another long sentence" });
                Person::stranger(&world.url).post("/links/use", &body).await.done();
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "signs out of one session at the provider",
        credential: Credential::Provider,
        statements: &["identities::END_SESSION"],
        end: |world, victim| {
            async move {
                let (provider, id) = victim.provider.as_ref().expect("a provider");
                let token = provider.logout_token(&json!({ "sid": provider.last_session() }), |_| {});
                assert_eq!(log_out(world, *id, &token).await, 200);
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "signs out at the provider",
        credential: Credential::Provider,
        statements: &["identities::END_SUBJECT"],
        end: |world, victim| {
            async move {
                let (provider, id) = victim.provider.as_ref().expect("a provider");
                let token = provider.logout_token(&json!({ "sub": "vera-1" }), |_| {});
                assert_eq!(log_out(world, *id, &token).await, 200);
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "the provider is disabled",
        credential: Credential::Provider,
        statements: &["identities::END_ALL"],
        end: |world, victim| {
            async move {
                let (_, id) = victim.provider.as_ref().expect("a provider");
                let off = json!({ "enabled": false });
                world.admin.patch(&format!("/sign-in-providers/{id}"), &off).await.ok();
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "the provider is deleted",
        credential: Credential::Provider,
        statements: &["identities::END_ALL"],
        end: |world, victim| {
            let (_, id) = victim.provider.as_ref().expect("a provider");
            delete(world, format!("/sign-in-providers/{id}")).boxed()
        },
        ..USUAL
    },
    Way {
        name: "the links with providers are removed",
        credential: Credential::Provider,
        statements: &["identities::END_OF"],
        end: |world, victim| delete(world, format!("{}/sign-in-links", victim.path())).boxed(),
        ..USUAL
    },
    Way {
        name: "is suspended",
        statements: &["seats/write::SUSPEND_USERS", "seats/write::DELETE_BROWSER_SESSIONS"],
        end: |world, victim| change(world, victim.path(), json!({ "status": "suspended" })).boxed(),
        ..USUAL
    },
    Way {
        name: "a program of a user who is suspended",
        credential: Credential::Token,
        statements: &["seats/write::SUSPEND_USERS", "seats/write::DELETE_TOKENS"],
        end: |world, victim| change(world, victim.path(), json!({ "status": "suspended" })).boxed(),
        ..USUAL
    },
    Way {
        name: "is suspended with many",
        statements: &["seats/write::SUSPEND_USERS"],
        end: |world, victim| in_bulk(world, victim, "suspend").boxed(),
        ..USUAL
    },
    Way {
        name: "is suspended by an import",
        statements: &["seats/write::SUSPEND_USERS"],
        end: |world, _| {
            async move {
                let file = format!("email,status\n{},suspended\n", email_of("Vera Victim"));
                let (done, _) = import(&world.admin, file.as_bytes(), false).await;
                assert_eq!(done["changed"], 1, "{done}");
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "is suspended by the directory",
        credential: Credential::Directory,
        statements: &["seats/write::SUSPEND_USERS"],
        end: |_, victim| {
            async move {
                let off = json!([{ "op": "replace", "path": "active", "value": false }]);
                let directory = victim.directory.as_ref().expect("a directory");
                directory.patch(&scim::at(victim.user.id), off).await.ok();
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "is deleted",
        statements: &["departed::DELETE_USERS", "departed::LOSE_APPS", "departed::LOSE_PASSKEYS"],
        end: |world, victim| delete(world, victim.path()).boxed(),
        ..USUAL
    },
    Way {
        name: "is deleted with many",
        statements: &["departed::DELETE_USERS"],
        end: |world, victim| in_bulk(world, victim, "delete").boxed(),
        ..USUAL
    },
    Way {
        name: "is deleted by the directory",
        credential: Credential::Directory,
        statements: &["departed::DELETE_USERS"],
        end: |_, victim| {
            async move {
                let directory = victim.directory.as_ref().expect("a directory");
                assert_eq!(directory.delete(&scim::at(victim.user.id)).await.status, 204);
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "a rule of the directory raises the role",
        credential: Credential::Directory,
        statements: &[
            "access_reset::PASSWORD",
            "access_reset::SIGN_INS",
            "access_reset::TOKENS",
            "access_reset::APPS",
            "access_reset::PASSKEYS",
        ],
        end: |world, victim| {
            async move {
                let directory = victim.directory.as_ref().expect("a directory");
                let group = directory.group("Leads", &[]).await;
                let id = group.trim_start_matches("/Groups/").to_owned();
                directory.rule(world, json!([{ "group_id": id, "role": "manager" }])).await;
                let add = json!([{ "op": "add", "path": "members", "value": [{ "value": victim.user.id }] }]);
                directory.patch(&group, add).await;
                let role = world.admin.get(&victim.path()).await.ok()["role"].clone();
                assert_eq!(role, "manager", "the rule gave the role");
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "deletes the token",
        credential: Credential::Token,
        statements: &["credentials::DELETE_TOKEN"],
        end: |_, victim| {
            async move {
                let tokens = victim.other.get("/tokens").await.ok();
                let id = tokens[0]["id"].as_str().expect("an id").to_owned();
                victim.other.delete(&format!("/tokens/{id}")).await.done();
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "an admin deletes the token",
        credential: Credential::Token,
        statements: &["credentials::DELETE_TOKEN"],
        end: |world, victim| {
            async move {
                let tokens = victim.other.get("/tokens").await.ok();
                let id = tokens[0]["id"].as_str().expect("an id").to_owned();
                delete(world, format!("{}/tokens/{id}", victim.path())).await;
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "the token is over",
        credential: Credential::Token,
        end: |world, _| async move { world.pass(TimeDelta::days(1)) }.boxed(),
        ..USUAL
    },
    Way {
        name: "the sign-in is over",
        statements: &["credentials::DELETE_OLD_BROWSER_SESSIONS"],
        end: |world, _| async move { world.pass(TimeDelta::hours(12)) }.boxed(),
        ..USUAL
    },
    Way {
        name: "nothing was done for too long",
        prepare: Some(|world, _| change(world, "/account".to_owned(), json!({ "idle_minutes": 5 })).boxed()),
        end: |world, _| async move { world.pass(TimeDelta::minutes(5)) }.boxed(),
        ..USUAL
    },
    Way {
        name: "sign-ins last less long from now on",
        statements: &["account::CHANGE"],
        prepare: Some(|world, _| {
            async move {
                world.pass(TimeDelta::minutes(20));
                sign_in(&world.admin, "Anja Krüger").await;
            }
            .boxed()
        }),
        end: |world, _| change(world, "/account".to_owned(), json!({ "session_minutes": 15 })).boxed(),
        ..USUAL
    },
    Way {
        name: "a second factor is asked for from now on",
        statements: &["account::CHANGE"],
        end: |world, _| change(world, "/account".to_owned(), json!({ "second_factor": "everybody" })).boxed(),
        ..USUAL
    },
    Way {
        name: "removes the only passkey, which the account asks for",
        statements: &["passkeys::REMOVE"],
        prepare: Some(|world, victim| {
            async move {
                victim.gets_a_passkey().await;
                ask_everybody_for_a_factor(world).await;
            }
            .boxed()
        }),
        end: |_, victim| {
            async move {
                let id = victim.passkey.clone().expect("a passkey");
                victim.other.delete(&format!("/me/passkeys/{id}")).await.done();
            }
            .boxed()
        },
        ..USUAL
    },
    Way {
        name: "removes the app with codes, which the account asks for",
        statements: &["second_factors::REMOVE"],
        prepare: Some(|world, victim| {
            async move {
                let started = victim.other.post("/me/second-factor", &json!({})).await.created();
                let secret = started["secret"].as_str().expect("a secret").to_owned();
                let code = shown(&secret, world.clock.now()).expect("a code");
                victim.other.post("/me/second-factor/confirm", &json!({ "code": code })).await.ok();
                ask_everybody_for_a_factor(world).await;
            }
            .boxed()
        }),
        end: |_, victim| {
            let body = json!({ "password": PASSWORD });
            async move { victim.other.post("/me/second-factor/remove", &body).await.done() }.boxed()
        },
        ..USUAL
    },
    Way {
        name: "an admin removes the passkeys, which the account asks for",
        statements: &["passkeys::REMOVE_ALL"],
        prepare: Some(|world, victim| {
            async move {
                victim.gets_a_passkey().await;
                let admin = Person::signing_in(&by_name(&world.url), "anja.krueger@example.org", world.admin.id).await;
                add_passkey(&admin, 2).await;
                ask_everybody_for_a_factor(world).await;
            }
            .boxed()
        }),
        end: |world, victim| delete(world, format!("{}/second-factor", victim.path())).boxed(),
        ..USUAL
    },
    Way {
        name: "gets other rights",
        statements: &["users::CHANGE"],
        end: |world, victim| change(world, victim.path(), json!({ "role": Role::Manager })).boxed(),
        comes_again: true,
        ..USUAL
    },
    Way {
        name: "a program of a user who gets other rights",
        credential: Credential::Token,
        statements: &["users::CHANGE"],
        end: |world, victim| change(world, victim.path(), json!({ "role": Role::Manager })).boxed(),
        comes_again: true,
        ..USUAL
    },
    Way {
        name: "somebody deletes the session in the database itself",
        end: |world, victim| {
            async move {
                let sql = format!("DELETE FROM browser_sessions WHERE user_id = '{}'", victim.user.id);
                assert_eq!(world.execute(&sql).await, 2);
            }
            .boxed()
        },
        is_noticed_only_by_asking: true,
        ..USUAL
    },
    Way {
        name: "somebody deletes the token in the database itself",
        credential: Credential::Token,
        end: |world, victim| {
            async move {
                let sql = format!("DELETE FROM api_tokens WHERE user_id = '{}'", victim.user.id);
                assert_eq!(world.execute(&sql).await, 1);
            }
            .boxed()
        },
        is_noticed_only_by_asking: true,
        ..USUAL
    },
];

async fn sign_in(browser: &Person, name: &str) {
    let email = if name.starts_with("Anja") { "anja.krueger@example.org".to_owned() } else { email_of(name) };
    browser.post("/sign-in", &json!({ "email": email, "password": PASSWORD })).await.ok();
}

async fn change(world: &World, path: String, change: serde_json::Value) {
    world.admin.patch(&path, &change).await.ok();
}

async fn delete(world: &World, path: String) {
    world.admin.delete(&path).await.done();
}

async fn in_bulk(world: &World, victim: &Victim, action: &str) {
    let body = json!({ "user_ids": [victim.user.id], "action": action });
    let done = world.admin.post("/users/bulk", &body).await.ok();
    assert_eq!(done["results"][0]["changed"], true, "{done}");
}

/// As if it had been settled long ago: an admin who does it now would have to set one up first.
async fn ask_everybody_for_a_factor(world: &World) {
    world.execute("UPDATE account SET second_factor = 'everybody'").await;
}
