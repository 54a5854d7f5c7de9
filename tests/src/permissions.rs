//! Every route and every kind of person: who gets through, and who is turned away. A route that is missing here fails.

use crate::world::{PASSWORD, Person, World, email_of, on_both_engines, wanted};
use reqwest::Method;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The kinds of person, each by a letter.
pub const PEOPLE: [(char, &str, Role, &[Permission]); 10] = [
    ('a', "Agent", Role::Agent, &[]),
    ('m', "Manager", Role::Manager, &[]),
    ('u', "Users Manager", Role::Manager, &[Permission::ManageUsers]),
    ('p', "Products Manager", Role::Manager, &[Permission::ManageProducts]),
    ('s', "Sessions Manager", Role::Manager, &[Permission::ManageSessions]),
    ('r', "Reports Manager", Role::Manager, &[Permission::ViewReports]),
    ('v', "Audit Manager", Role::Manager, &[Permission::ViewAudit]),
    ('b', "Both Manager", Role::Manager, &[Permission::ManageUsers, Permission::ManageProducts]),
    // May do all that a manager can, but is limited to groups and manages none: there is nobody for him.
    ('g', "Groups Manager", Role::Manager, Permission::ALL),
    ('A', "Second Admin", Role::Admin, &[]),
];
// And: ' ' a stranger, 'B' the admin who is the billing contact.
const ANYBODY: &str = " amupsrvbgAB";
const SIGNED_IN: &str = "amupsrvbgAB";
const ALL_BUT_AGENTS: &str = "mupsrvbgAB";
const SEES_EVERYBODY: &str = "mupsrvbAB";
const MANAGE_USERS: &str = "ubgAB";
const MANAGE_GROUPS: &str = "ubAB";
const MANAGE_PRODUCTS: &str = "pbgAB";
const USERS_AND_PRODUCTS: &str = "bgAB";
const VIEW_AUDIT: &str = "vgAB";
const MANAGE_SESSIONS: &str = "sgAB";
const MANAGE_ALL_SESSIONS: &str = "sAB";
const ADMINS: &str = "AB";
const BILLING_CONTACT: &str = "B";
const NOBODY_ELSE: &str = "";

/// What a request is sent at.
#[derive(Clone, Copy, PartialEq)]
pub enum At {
    /// What is there for all who may see it, or for nobody: whoever is let through gets 2xx, 404, 409, 410 or 422.
    Common,
    /// A fresh session of somebody else: whoever is let through gets 2xx; the others may be told that it is not there.
    Theirs,
}
use At::{Common, Theirs};

/// Method, path as in the description of the API, what stands for `{id}`, body, whom it lets through.
pub type Row = (&'static str, &'static str, At, Value, &'static str);

/// Routes that add or replace ways in: for them one has to be in a browser, and to have shown a short while ago who one is.
pub const VERIFIED: [(&str, &str); 14] = [
    ("POST", "/me/second-factor"),
    ("POST", "/me/second-factor/confirm"),
    ("POST", "/me/passkeys/begin"),
    ("POST", "/me/passkeys"),
    ("DELETE", "/me/passkeys/{id}"),
    ("POST", "/tokens"),
    ("POST", "/sign-in-providers"),
    ("PATCH", "/sign-in-providers/{id}"),
    ("DELETE", "/sign-in-providers/{id}"),
    ("PATCH", "/sign-in-rules"),
    ("DELETE", "/users/{id}/sign-in-links"),
    ("DELETE", "/users/{id}/second-factor"),
    ("POST", "/directories"),
    ("POST", "/directories/{id}/rotate"),
];

/// Whether a row is of one of these.
pub fn is_verified(row: &Row) -> bool {
    let path = row.1.replace("AGENT", "{id}").replace("ADMIN", "{id}");
    VERIFIED.contains(&(row.0, &path))
}

/// Whether a row is sent by a browser: it is of one of these, or the way to show who one is.
fn takes_a_browser(row: &Row) -> bool {
    is_verified(row) || (row.0, row.1) == ("POST", "/me/verify")
}

/// `ME` stands for who asks, `ADMIN` and `AGENT` for ids of users; an `{id}` that is not given is unknown.
pub fn table() -> Vec<Row> {
    let name = json!({ "name": "ME" });
    let user = json!({ "name": "ME", "email": "new-ME@example.org", "password": PASSWORD, "role": "agent" });
    let manager = json!({ "name": "ME", "email": "boss-ME@example.org", "password": PASSWORD, "role": "manager" });
    let powers = json!({ "name": "ME", "email": "pow-ME@example.org", "password": PASSWORD, "role": "agent",
                         "permissions": ["view_audit"] });
    let setup = serde_json::to_value(crate::world::setup()).expect("JSON");
    let license = json!({ "product_id": uuid::Uuid::nil(), "model": "named", "seats": 1 });
    let users = json!({ "user_ids": [uuid::Uuid::nil()] });
    let revoke = json!({ "user_ids": [uuid::Uuid::nil()], "end_now": false });
    let provider = json!({ "name": "ME", "issuer": "https://login.example.org", "client_id": "seatkeeper" });
    let sign_in = json!({ "email": "EMAIL", "password": PASSWORD });
    vec![
        ("GET", "/setup", Common, Value::Null, ANYBODY),
        ("POST", "/setup", Common, setup, ANYBODY),
        ("POST", "/sign-in", Common, sign_in, ANYBODY),
        ("POST", "/sign-in/second-factor", Common, json!({ "challenge": "of ME", "code": "000000" }), ANYBODY),
        ("POST", "/sign-in/passkey/begin", Common, Value::Null, ANYBODY),
        ("POST", "/sign-in/passkey", Common, json!({ "credential": {} }), ANYBODY),
        ("POST", "/sign-out", Common, Value::Null, ANYBODY),
        ("GET", "/me/passkeys", Common, Value::Null, SIGNED_IN),
        ("POST", "/me/passkeys", Common, json!({ "name": "", "credential": {} }), SIGNED_IN),
        ("POST", "/me/passkeys/begin", Common, Value::Null, SIGNED_IN),
        ("PATCH", "/me/passkeys/{id}", Common, json!({ "name": "ME" }), SIGNED_IN),
        ("DELETE", "/me/passkeys/{id}", Common, Value::Null, SIGNED_IN),
        ("GET", "/me/second-factor", Common, Value::Null, SIGNED_IN),
        ("POST", "/me/second-factor/confirm", Common, json!({ "code": "" }), SIGNED_IN),
        ("POST", "/me/second-factor", Common, Value::Null, SIGNED_IN),
        ("POST", "/me/second-factor/recovery-codes", Common, json!({}), SIGNED_IN),
        ("POST", "/me/second-factor/remove", Common, json!({}), SIGNED_IN),
        ("GET", "/users/{id}/access", Common, Value::Null, MANAGE_USERS),
        ("GET", "/users/ADMIN/access", Theirs, Value::Null, ADMINS),
        ("DELETE", "/users/{id}/sign-ins", Common, Value::Null, MANAGE_USERS),
        ("DELETE", "/users/{id}/tokens/{token}", Common, Value::Null, MANAGE_USERS),
        ("DELETE", "/users/{id}/second-factor", Common, Value::Null, MANAGE_USERS),
        ("DELETE", "/users/AGENT/second-factor", Common, Value::Null, MANAGE_USERS),
        ("GET", "/me/remote-devices", Common, Value::Null, SIGNED_IN),
        ("GET", "/me", Common, Value::Null, SIGNED_IN),
        ("PATCH", "/me", Common, json!({ "locale": "en" }), SIGNED_IN),
        ("POST", "/me/password", Common, json!({ "old": "wrong", "new": "short" }), SIGNED_IN),
        ("GET", "/me/verify", Common, Value::Null, SIGNED_IN),
        ("POST", "/me/verify", Common, json!({}), SIGNED_IN),
        ("GET", "/me/sign-ins", Common, Value::Null, SIGNED_IN),
        ("DELETE", "/me/sign-ins", Common, Value::Null, SIGNED_IN),
        ("DELETE", "/me/sign-ins/{id}", Common, Value::Null, SIGNED_IN),
        ("PATCH", "/account", Common, json!({}), ADMINS),
        ("POST", "/users/{id}/invite", Common, Value::Null, MANAGE_USERS),
        ("POST", "/users/AGENT/invite", Common, Value::Null, MANAGE_USERS),
        ("POST", "/users/ADMIN/invite", Theirs, Value::Null, ADMINS),
        ("POST", "/links/look", Common, json!({ "secret": "made-up" }), ANYBODY),
        ("POST", "/links/use", Common, json!({ "secret": "made-up", "password": PASSWORD }), ANYBODY),
        ("POST", "/forgot-password", Common, json!({ "email": "EMAIL" }), ANYBODY),
        ("GET", "/sign-in-options", Common, Value::Null, ANYBODY),
        ("GET", "/sign-in-providers", Common, Value::Null, ADMINS),
        ("POST", "/sign-in-providers", Common, provider, ADMINS),
        ("GET", "/sign-in-providers/{id}", Common, Value::Null, ADMINS),
        ("PATCH", "/sign-in-providers/{id}", Common, json!({ "enabled": false }), ADMINS),
        ("DELETE", "/sign-in-providers/{id}", Common, Value::Null, ADMINS),
        ("POST", "/sign-in-providers/{id}/test", Common, Value::Null, ADMINS),
        ("GET", "/sign-in-rules", Common, Value::Null, ADMINS),
        ("PATCH", "/sign-in-rules", Common, json!({}), ADMINS),
        ("DELETE", "/users/{id}/sign-in-links", Common, Value::Null, ADMINS),
        ("GET", "/tokens", Common, Value::Null, SIGNED_IN),
        ("POST", "/tokens", Common, json!({ "name": "ME", "days": 1 }), SIGNED_IN),
        ("DELETE", "/tokens/{id}", Common, Value::Null, SIGNED_IN),
        ("GET", "/products", Common, Value::Null, SIGNED_IN),
        ("POST", "/products", Common, name.clone(), MANAGE_PRODUCTS),
        ("GET", "/products/{id}", Common, Value::Null, SIGNED_IN),
        ("PATCH", "/products/{id}", Common, json!({ "archived": false }), MANAGE_PRODUCTS),
        ("GET", "/licenses", Common, Value::Null, SIGNED_IN),
        ("POST", "/licenses", Common, license, BILLING_CONTACT),
        ("GET", "/licenses/{id}", Common, Value::Null, SIGNED_IN),
        ("PATCH", "/licenses/{id}", Common, json!({ "seats": 2 }), BILLING_CONTACT),
        ("PATCH", "/licenses/{id}", Common, json!({ "notes": "" }), MANAGE_PRODUCTS),
        ("PATCH", "/licenses/{id}", Common, json!({ "price_per_seat": null }), BILLING_CONTACT),
        ("GET", "/licenses/{id}/usage", Common, Value::Null, ALL_BUT_AGENTS),
        ("PUT", "/licenses/{id}/groups", Common, json!({ "limits": [] }), MANAGE_PRODUCTS),
        ("GET", "/groups", Common, Value::Null, ALL_BUT_AGENTS),
        ("POST", "/groups", Common, name.clone(), MANAGE_GROUPS),
        ("GET", "/groups/{id}", Common, Value::Null, ALL_BUT_AGENTS),
        ("PATCH", "/groups/{id}", Common, name.clone(), MANAGE_GROUPS),
        ("DELETE", "/groups/{id}", Common, Value::Null, MANAGE_GROUPS),
        ("PUT", "/groups/{id}/members", Common, json!({ "user_ids": [] }), MANAGE_USERS),
        ("POST", "/groups/{id}/members", Common, json!({ "add": [] }), MANAGE_USERS),
        ("PUT", "/groups/{id}/managers", Common, json!({ "user_ids": [] }), ADMINS),
        ("GET", "/groups/{id}/licenses", Common, Value::Null, ALL_BUT_AGENTS),
        ("PUT", "/groups/{id}/licenses/{license}", Common, Value::Null, USERS_AND_PRODUCTS),
        ("DELETE", "/groups/{id}/licenses/{license}", Common, Value::Null, USERS_AND_PRODUCTS),
        ("GET", "/users/{id}/group-licenses", Common, Value::Null, ALL_BUT_AGENTS),
        ("POST", "/licenses/{id}/grant", Common, users, USERS_AND_PRODUCTS),
        ("POST", "/licenses/{id}/revoke", Common, revoke, USERS_AND_PRODUCTS),
        ("GET", "/users", Common, Value::Null, ALL_BUT_AGENTS),
        ("POST", "/users", Common, user, MANAGE_USERS),
        ("POST", "/users", Common, manager, ADMINS),
        ("POST", "/users", Common, powers, ADMINS),
        ("POST", "/users/bulk", Common, json!({ "user_ids": [uuid::Uuid::nil()], "action": "suspend" }), MANAGE_USERS),
        (
            "POST",
            "/users/bulk",
            Common,
            json!({ "filter": { "q": "zz" }, "action": "set_role", "role": "admin" }),
            ADMINS,
        ),
        (
            "POST",
            "/users/bulk",
            Common,
            json!({ "filter": { "q": "zz" }, "action": "grant", "license_id": uuid::Uuid::nil() }),
            USERS_AND_PRODUCTS,
        ),
        ("POST", "/import", Common, json!({}), MANAGE_USERS),
        ("POST", "/import/preview", Common, json!({}), MANAGE_USERS),
        ("GET", "/imports/{id}", Common, Value::Null, MANAGE_USERS),
        ("DELETE", "/imports/{id}", Common, Value::Null, MANAGE_USERS),
        ("GET", "/imports/{id}/rows", Common, Value::Null, MANAGE_USERS),
        ("GET", "/imports/{id}/export", Common, Value::Null, MANAGE_USERS),
        ("GET", "/users/export", Common, Value::Null, ALL_BUT_AGENTS),
        ("GET", "/sessions/export", Common, Value::Null, SIGNED_IN),
        ("GET", "/sessions/export?user=ADMIN", Common, Value::Null, ALL_BUT_AGENTS),
        ("GET", "/licenses/export", Common, Value::Null, ALL_BUT_AGENTS),
        ("GET", "/users/{id}", Common, Value::Null, ALL_BUT_AGENTS),
        ("PATCH", "/users/{id}", Common, name.clone(), MANAGE_USERS),
        ("PATCH", "/users/{id}", Common, json!({ "role": "agent" }), ADMINS),
        ("PATCH", "/users/{id}", Common, json!({ "permissions": [] }), ADMINS),
        ("DELETE", "/users/{id}", Common, Value::Null, MANAGE_USERS),
        ("PATCH", "/users/ADMIN", Common, json!({ "limited_to_groups": false }), ADMINS),
        ("PATCH", "/users/ADMIN", Common, json!({ "manages": [] }), ADMINS),
        ("PATCH", "/users/AGENT", Common, json!({ "name": "Agent" }), MANAGE_USERS),
        ("PATCH", "/users/ADMIN", Theirs, json!({ "name": "Mallory" }), ADMINS),
        ("GET", "/audit", Common, Value::Null, VIEW_AUDIT),
        ("GET", "/audit/export?format=json", Common, Value::Null, VIEW_AUDIT),
        ("GET", "/sessions", Common, Value::Null, SIGNED_IN),
        ("GET", "/sessions?user=ADMIN", Common, Value::Null, ALL_BUT_AGENTS),
        ("POST", "/sessions", Common, wanted("attended"), SIGNED_IN),
        ("POST", "/sessions/end", Common, json!({ "ids": [uuid::Uuid::nil()] }), SIGNED_IN),
        ("GET", "/sessions/{id}", Common, Value::Null, SIGNED_IN),
        ("GET", "/sessions/{id}", Theirs, Value::Null, SEES_EVERYBODY),
        ("POST", "/sessions/{id}/connect", Common, json!({ "platform": "mac" }), SIGNED_IN),
        ("POST", "/sessions/{id}/connect", Theirs, json!({ "platform": "mac" }), NOBODY_ELSE),
        ("POST", "/sessions/{id}/continue", Common, json!({ "device": "NB-1" }), SIGNED_IN),
        ("POST", "/sessions/{id}/continue", Theirs, json!({ "device": "NB-1" }), NOBODY_ELSE),
        ("POST", "/sessions/{id}/heartbeat", Common, Value::Null, SIGNED_IN),
        ("POST", "/sessions/{id}/heartbeat", Theirs, Value::Null, NOBODY_ELSE),
        ("POST", "/sessions/{id}/borrow", Common, json!({ "borrow_seconds": 3_600 }), SIGNED_IN),
        ("POST", "/sessions/{id}/borrow", Theirs, json!({ "borrow_seconds": 3_600 }), NOBODY_ELSE),
        ("GET", "/borrow/keys", Common, Value::Null, ANYBODY),
        ("POST", "/sessions/{id}/end", Common, json!({}), SIGNED_IN),
        ("POST", "/sessions/{id}/end", Theirs, json!({}), MANAGE_ALL_SESSIONS),
        ("POST", "/sessions/{id}/keep", Theirs, Value::Null, MANAGE_ALL_SESSIONS),
        ("POST", "/sessions/{id}/protect", Theirs, json!({ "protected": true }), MANAGE_ALL_SESSIONS),
        ("POST", "/sessions/{id}/open", Common, Value::Null, SIGNED_IN),
        ("POST", "/sessions/{id}/open", Theirs, Value::Null, NOBODY_ELSE),
        ("POST", "/join", Common, json!({ "key": "no key" }), ANYBODY),
        ("GET", "/queues", Common, Value::Null, SIGNED_IN),
        ("GET", "/tickets/{id}", Common, Value::Null, SIGNED_IN),
        ("DELETE", "/tickets/{id}", Common, Value::Null, SIGNED_IN),
        ("GET", "/tickets/{id}/events", Common, Value::Null, SIGNED_IN),
        ("POST", "/tickets/{id}/accept", Common, Value::Null, SIGNED_IN),
        ("POST", "/tickets/{id}/pass", Common, Value::Null, SIGNED_IN),
        ("POST", "/tickets/{id}/move", Common, json!({ "position": 1 }), MANAGE_SESSIONS),
        ("GET", "/directories", Common, Value::Null, ADMINS),
        ("POST", "/directories", Common, name.clone(), ADMINS),
        ("DELETE", "/directories/{id}", Common, Value::Null, ADMINS),
        ("POST", "/directories/{id}/rotate", Common, Value::Null, ADMINS),
        ("GET", "/directories/{id}/requests", Common, Value::Null, ADMINS),
        ("GET", "/directories/{id}/rules", Common, Value::Null, ADMINS),
        ("PUT", "/directories/{id}/rules", Common, json!({ "rules": [] }), ADMINS),
        ("POST", "/directories/{id}/rules/preview", Common, json!({ "rules": [] }), ADMINS),
        ("GET", "/directories/{id}/failures", Common, Value::Null, ADMINS),
        ("POST", "/directories/{id}/retry", Common, Value::Null, ADMINS),
        ("POST", "/gate/{product}", Common, json!({}), SIGNED_IN),
        ("GET", "/live", Common, Value::Null, SIGNED_IN),
    ]
}

/// Sends the request of a row as this person; the status of the answer.
async fn try_it(world: &World, owner: &Person, (letter, person): (char, &Person), row: &Row) -> u16 {
    let (method, path, at, body, _) = row;
    let id = match at {
        Common => uuid::Uuid::nil().to_string(),
        Theirs => {
            owner.post("/sessions", &wanted("attended")).await.created()["id"].as_str().expect("an id").to_owned()
        }
    };
    let admin = world.admin.id.to_string();
    let agent = owner.id.to_string();
    let path = path
        .replace("{id}", &id)
        .replace("{license}", &id)
        .replace("{token}", &id)
        .replace("ADMIN", &admin)
        .replace("AGENT", &agent);
    let known = PEOPLE.iter().find(|(of, ..)| *of == letter);
    let email = known.map_or("anja.krueger@example.org".to_owned(), |(_, name, ..)| email_of(name));
    let mut request = person.request(method.parse::<Method>().expect("a method"), &path);
    if !body.is_null() {
        let me = if letter == ' ' { "stranger".to_owned() } else { letter.to_string() };
        let text = body.to_string().replace("EMAIL", &email).replace("ME", &format!("{me}{}", letter.is_uppercase()));
        request = request.header("content-type", "application/json").body(text);
    }
    // Only the head of the answer: the live feed's body does not end.
    request.send().await.expect("an answer").status().as_u16()
}

/// Whether the status is the right one for somebody whom the row lets through, or not.
fn is_right(status: u16, at: At, stranger: bool, allowed: bool) -> bool {
    match (allowed, at) {
        (true, Theirs) => (200..300).contains(&status),
        (true, Common) => (200..300).contains(&status) || [404, 409, 410, 422].contains(&status),
        (false, _) if stranger => status == 401,
        (false, Common) => status == 403,
        (false, Theirs) => status == 403 || status == 404,
    }
}

on_both_engines! {
    async fn whoever_may_gets_through_and_nobody_else(world: World) {
        let (license, owners) = world.pool(20, 1).await;
        let stranger = Person::stranger(&world.url);
        let mut people =
            vec![(' ', stranger.clone(), stranger), ('B', world.admin.with_token().await, world.admin.clone())];
        for (letter, name, role, permissions) in PEOPLE {
            let person = world.person(name, role, permissions).await;
            world.grant(license, &[person.id]).await;
            if letter == 'g' {
                world.limit(&person, &[]).await;
            }
            people.push((letter, person.with_token().await, person));
        }
        let mut wrong = Vec::new();
        // What takes a browser comes first: what follows may sign it out.
        let (browsers, programs): (Vec<_>, Vec<_>) = table().into_iter().partition(takes_a_browser);
        for row in browsers.into_iter().chain(programs) {
            for (letter, program, browser) in &people {
                let person = if takes_a_browser(&row) { browser } else { program };
                let status = try_it(&world, &owners[0], (*letter, person), &row).await;
                let allowed = row.4.contains(*letter);
                if !is_right(status, row.2, *letter == ' ', allowed) {
                    let should = if allowed { "should get through" } else { "should be turned away" };
                    wrong.push(format!("{} {} as '{letter}': {status}, {should}", row.0, row.1));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn the_description_says_who_needs_no_sign_in() {
    let description = serde_json::to_value(seatkeeper::api::openapi()).expect("JSON");
    for (method, path, _, _, allowed) in table() {
        let path = path.split('?').next().unwrap_or_default();
        let security = &description["paths"][format!("/api/v1{path}")][method.to_lowercase()]["security"];
        assert_eq!(*security == json!([{}]), allowed == ANYBODY, "{method} {path}: {security}");
    }
}

#[test]
fn every_route_stands_in_the_table() {
    let stands: BTreeSet<_> = table()
        .into_iter()
        .map(|(method, path, ..)| (method.to_owned(), path.split('?').next().unwrap_or_default().to_owned()))
        .map(|(method, path)| (method, path.replace("/ADMIN", "/{id}").replace("/AGENT", "/{id}")))
        .collect();
    let all = seatkeeper::api::all_routes();
    let served: BTreeSet<_> = all.into_iter().map(|(m, p)| (m, p.replacen("/api/v1", "", 1))).collect();
    let missing: Vec<_> = served.difference(&stands).collect();
    let gone: Vec<_> = stands.difference(&served).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in the table: {missing:?}; no longer served: {gone:?}");
}
