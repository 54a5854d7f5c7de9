//! The cases in which credentials end, and the statements that end them.

use super::victim::{Credential, Victim, add_passkey, at_host_name};
use crate::{
    harness::{PASSWORD, Person, World, email_of, secret_in},
    imports::import,
    oidc::browser::send_logout_token,
    scim,
};
use chrono::TimeDelta;
use futures_util::future::{BoxFuture, FutureExt as _};
use seatkeeper::auth::second_factor::code_at;
use seatkeeper_shared::people::Role;
use serde_json::json;

/// An action on the user.
type Action = for<'a> fn(&'a World, &'a mut Victim) -> BoxFuture<'a, ()>;

/// A case in which a credential ends.
pub struct EndCase {
    /// A description, with the user as the implicit subject.
    pub name: &'static str,
    /// The kind of credential that ends.
    pub credential: Credential,
    /// The statements that end it.
    pub statements: &'static [&'static str],
    /// Runs before the streams are opened.
    pub prepare: Option<Action>,
    /// Ends the credential.
    pub end: Action,
    /// The credential stays valid with other rights, so the client reconnects.
    pub reconnects: bool,
    /// No event announces the end.
    pub is_found_only_by_recheck: bool,
}

/// Statements that write the same tables but end no credential.
pub const HARMLESS_STATEMENTS: &[(&str, &str)] = &[
    ("account::INSERT", "no user is signed in before setup"),
    ("lease_keys::NAME_INSTALLATION", "the name of the installation is irrelevant"),
    ("providers::SET_RULES", "applies only to new sign-ins"),
    ("credentials::INSERT_BROWSER_SESSION", "begins a session"),
    ("credentials::INSERT_TOKEN", "adds a token"),
    ("credentials::SET_PASSWORD", "the sessions are ended separately (browser_sessions::END_OTHERS)"),
    ("browser_sessions::SET_VERIFIED", "a reauthentication keeps the session"),
    ("browser_sessions::COOKIES_USED", "a use extends the session"),
    ("browser_sessions::TOKENS_USED", "records a use"),
    ("oidc_identities::SET_PROVIDER", "in the transaction in which the session begins"),
    ("second_factors::START", "not active yet"),
    ("second_factors::CONFIRM", "adds a factor"),
    ("second_factors::USE_STEP", "uses a code up"),
    ("passkeys::INSERT", "adds a factor"),
    ("passkeys::RENAME", "changes a name"),
    ("passkeys::USED", "records a use"),
    ("users::INSERT", "the new users are not signed in yet"),
    ("users::SET_LOCALE", "changes the language"),
    ("users::SET_LAST_ACTIVE", "records a use"),
    ("secrets::REPLACE_CODE_APP", "the same secret, re-encrypted"),
    ("imports::INSERT_USERS", "the new users are not signed in yet"),
    ("directory_users::SET_SOURCE", "the source of a user is irrelevant"),
];

const DEFAULT_CASE: EndCase = EndCase {
    name: "",
    credential: Credential::Cookie,
    statements: &[],
    prepare: None,
    end: |_, _| async move {}.boxed(),
    reconnects: false,
    is_found_only_by_recheck: false,
};

/// All cases.
pub const END_CASES: &[EndCase] = &[
    EndCase {
        name: "signs out",
        statements: &["credentials::DELETE_BROWSER_SESSION"],
        end: |_, victim| async move { victim.user.post("/sign-out", &()).await.no_content() }.boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "signs in again in the same browser",
        statements: &["credentials::DELETE_BROWSER_SESSION"],
        end: |_, victim| sign_in(&victim.user, "Vera Victim").boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "another user signs in in the same browser",
        statements: &["credentials::DELETE_BROWSER_SESSION"],
        end: |_, victim| sign_in(&victim.user, "Agent 0").boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "signs out everywhere else",
        statements: &["browser_sessions::END_OTHERS"],
        end: |_, victim| async move { victim.other.delete("/me/sign-ins").await.no_content() }.boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "ends one sign-in",
        statements: &["browser_sessions::END"],
        end: |_, victim| {
            async move {
                let all = victim.other.get("/me/sign-ins").await.ok();
                let there = all.as_array().expect("sign-ins").iter().find(|one| one["this"] == false);
                let id = there.expect("the other browser")["id"].as_str().expect("an id").to_owned();
                victim.other.delete(&format!("/me/sign-ins/{id}")).await.no_content();
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "an admin signs a user out everywhere",
        statements: &["browser_sessions::END_OTHERS"],
        end: |world, victim| delete_object(world, format!("{}/sign-ins", victim.path())).boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "changes the password in another browser",
        statements: &["browser_sessions::END_OTHERS"],
        end: |_, victim| {
            let body = json!({ "old": PASSWORD, "new": "another long sentence" });
            async move { victim.other.post("/me/password", &body).await.no_content() }.boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "sets another password by a link",
        statements: &["browser_sessions::END_OTHERS"],
        end: |world, victim| {
            async move {
                let made = world.admin.post(&format!("{}/invite", victim.path()), &()).await.created();
                let secret = secret_in(made["link"].as_str().expect("a link"));
                let body = json!({ "secret": secret, "password": "another long sentence" });
                Person::anonymous(&world.url).post("/links/use", &body).await.no_content();
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "signs out of one session at the provider",
        credential: Credential::Provider,
        statements: &["oidc_identities::END_SESSION"],
        end: |world, victim| {
            async move {
                let (provider, id) = victim.provider.as_ref().expect("a provider");
                let token = provider.logout_token(&json!({ "sid": provider.last_session() }), |_| {});
                assert_eq!(send_logout_token(world, *id, &token).await, 200);
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "signs out at the provider",
        credential: Credential::Provider,
        statements: &["oidc_identities::END_SUBJECT"],
        end: |world, victim| {
            async move {
                let (provider, id) = victim.provider.as_ref().expect("a provider");
                let token = provider.logout_token(&json!({ "sub": "vera-1" }), |_| {});
                assert_eq!(send_logout_token(world, *id, &token).await, 200);
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the provider is disabled",
        credential: Credential::Provider,
        statements: &["oidc_identities::END_ALL"],
        end: |world, victim| {
            async move {
                let (_, id) = victim.provider.as_ref().expect("a provider");
                let off = json!({ "enabled": false });
                world.admin.patch(&format!("/sign-in-providers/{id}"), &off).await.ok();
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the provider is deleted",
        credential: Credential::Provider,
        statements: &["oidc_identities::END_ALL"],
        end: |world, victim| {
            let (_, id) = victim.provider.as_ref().expect("a provider");
            delete_object(world, format!("/sign-in-providers/{id}")).boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the links with providers are removed",
        credential: Credential::Provider,
        statements: &["oidc_identities::END_OF_USER"],
        end: |world, victim| delete_object(world, format!("{}/sign-in-links", victim.path())).boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "is suspended",
        statements: &["seats/write::SUSPEND_USERS", "seats/write::DELETE_BROWSER_SESSIONS"],
        end: |world, victim| change_object(world, victim.path(), json!({ "status": "suspended" })).boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "a user with a token is suspended",
        credential: Credential::Token,
        statements: &["seats/write::SUSPEND_USERS", "seats/write::DELETE_TOKENS"],
        end: |world, victim| change_object(world, victim.path(), json!({ "status": "suspended" })).boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "is suspended in bulk",
        statements: &["seats/write::SUSPEND_USERS"],
        end: |world, victim| in_bulk(world, victim, "suspend").boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
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
        ..DEFAULT_CASE
    },
    EndCase {
        name: "is suspended by the directory",
        credential: Credential::Directory,
        statements: &["seats/write::SUSPEND_USERS"],
        end: |_, victim| {
            async move {
                let off = json!([{ "op": "replace", "path": "active", "value": false }]);
                let directory = victim.directory.as_ref().expect("a directory");
                directory.patch(&scim::user_path(victim.user.id), off).await.ok();
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "is deleted",
        statements: &["user_deletion::DELETE_USERS", "user_deletion::DELETE_APPS", "user_deletion::DELETE_PASSKEYS"],
        end: |world, victim| delete_object(world, victim.path()).boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "is deleted in bulk",
        statements: &["user_deletion::DELETE_USERS"],
        end: |world, victim| in_bulk(world, victim, "delete").boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "is deleted by the directory",
        credential: Credential::Directory,
        statements: &["user_deletion::DELETE_USERS"],
        end: |_, victim| {
            async move {
                let directory = victim.directory.as_ref().expect("a directory");
                assert_eq!(directory.delete(&scim::user_path(victim.user.id)).await.status, 204);
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
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
                directory.set_rules(world, json!([{ "group_id": id, "role": "manager" }])).await;
                let add = json!([{ "op": "add", "path": "members", "value": [{ "value": victim.user.id }] }]);
                directory.patch(&group, add).await;
                let role = world.admin.get(&victim.path()).await.ok()["role"].clone();
                assert_eq!(role, "manager", "the rule assigned the role");
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "deletes the token",
        credential: Credential::Token,
        statements: &["credentials::DELETE_TOKEN"],
        end: |_, victim| {
            async move {
                let tokens = victim.other.get("/tokens").await.ok();
                let id = tokens[0]["id"].as_str().expect("an id").to_owned();
                victim.other.delete(&format!("/tokens/{id}")).await.no_content();
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "an admin deletes the token",
        credential: Credential::Token,
        statements: &["credentials::DELETE_TOKEN"],
        end: |world, victim| {
            async move {
                let tokens = victim.other.get("/tokens").await.ok();
                let id = tokens[0]["id"].as_str().expect("an id").to_owned();
                delete_object(world, format!("{}/tokens/{id}", victim.path())).await;
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the token expires",
        credential: Credential::Token,
        end: |world, _| async move { world.advance_clock(TimeDelta::days(1)) }.boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the session expires",
        statements: &["credentials::DELETE_OLD_BROWSER_SESSIONS"],
        end: |world, _| async move { world.advance_clock(TimeDelta::hours(12)) }.boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the browser is idle for too long",
        prepare: Some(|world, _| change_object(world, "/account".to_owned(), json!({ "idle_minutes": 5 })).boxed()),
        end: |world, _| async move { world.advance_clock(TimeDelta::minutes(5)) }.boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the session lifetime is shortened",
        statements: &["account::CHANGE"],
        prepare: Some(|world, _| {
            async move {
                world.advance_clock(TimeDelta::minutes(20));
                sign_in(&world.admin, "Anja Krüger").await;
            }
            .boxed()
        }),
        end: |world, _| change_object(world, "/account".to_owned(), json!({ "session_minutes": 15 })).boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the account starts to require a second factor",
        statements: &["account::CHANGE"],
        end: |world, _| change_object(world, "/account".to_owned(), json!({ "second_factor": "everybody" })).boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "removes the only passkey, which the account requires",
        statements: &["passkeys::REMOVE"],
        prepare: Some(|world, victim| {
            async move {
                victim.enroll_passkey().await;
                require_second_factor(world).await;
            }
            .boxed()
        }),
        end: |_, victim| {
            async move {
                let id = victim.passkey.clone().expect("a passkey");
                victim.other.delete(&format!("/me/passkeys/{id}")).await.no_content();
            }
            .boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "removes the app with codes, which the account requires",
        statements: &["second_factors::REMOVE"],
        prepare: Some(|world, victim| {
            async move {
                let started = victim.other.post("/me/second-factor", &json!({})).await.created();
                let secret = started["secret"].as_str().expect("a secret").to_owned();
                let code = code_at(&secret, world.clock.now()).expect("a code");
                victim.other.post("/me/second-factor/confirm", &json!({ "code": code })).await.ok();
                require_second_factor(world).await;
            }
            .boxed()
        }),
        end: |_, victim| {
            let body = json!({ "password": PASSWORD });
            async move { victim.other.post("/me/second-factor/remove", &body).await.no_content() }.boxed()
        },
        ..DEFAULT_CASE
    },
    EndCase {
        name: "an admin removes the passkeys, which the account requires",
        statements: &["passkeys::REMOVE_ALL"],
        prepare: Some(|world, victim| {
            async move {
                victim.enroll_passkey().await;
                let admin =
                    Person::signing_in(&at_host_name(&world.url), "anja.krueger@example.org", world.admin.id).await;
                add_passkey(&admin, 2).await;
                require_second_factor(world).await;
            }
            .boxed()
        }),
        end: |world, victim| delete_object(world, format!("{}/second-factor", victim.path())).boxed(),
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the user's rights change",
        statements: &["users::CHANGE"],
        end: |world, victim| change_object(world, victim.path(), json!({ "role": Role::Manager })).boxed(),
        reconnects: true,
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the rights of a user with a token change",
        credential: Credential::Token,
        statements: &["users::CHANGE"],
        end: |world, victim| change_object(world, victim.path(), json!({ "role": Role::Manager })).boxed(),
        reconnects: true,
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the session is deleted directly in the database",
        end: |world, victim| {
            async move {
                let sql = format!("DELETE FROM browser_sessions WHERE user_id = '{}'", victim.user.id);
                assert_eq!(world.execute(&sql).await, 2);
            }
            .boxed()
        },
        is_found_only_by_recheck: true,
        ..DEFAULT_CASE
    },
    EndCase {
        name: "the token is deleted directly in the database",
        credential: Credential::Token,
        end: |world, victim| {
            async move {
                let sql = format!("DELETE FROM api_tokens WHERE user_id = '{}'", victim.user.id);
                assert_eq!(world.execute(&sql).await, 1);
            }
            .boxed()
        },
        is_found_only_by_recheck: true,
        ..DEFAULT_CASE
    },
];

async fn sign_in(browser: &Person, name: &str) {
    let email = if name.starts_with("Anja") { "anja.krueger@example.org".to_owned() } else { email_of(name) };
    browser.post("/sign-in", &json!({ "email": email, "password": PASSWORD })).await.ok();
}

async fn change_object(world: &World, path: String, change: serde_json::Value) {
    world.admin.patch(&path, &change).await.ok();
}

async fn delete_object(world: &World, path: String) {
    world.admin.delete(&path).await.no_content();
}

async fn in_bulk(world: &World, victim: &Victim, action: &str) {
    let body = json!({ "user_ids": [victim.user.id], "action": action });
    let done = world.admin.post("/users/bulk", &body).await.ok();
    assert_eq!(done["results"][0]["changed"], true, "{done}");
}

/// Writes the setting directly, because an admin would have to set up a factor of their own first.
async fn require_second_factor(world: &World) {
    world.execute("UPDATE account SET second_factor = 'everybody'").await;
}
