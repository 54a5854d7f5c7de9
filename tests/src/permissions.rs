//! The permission table: which callers each route admits, and which it refuses. A route missing here fails the suite.

use crate::harness::{PASSWORD, Person, World, email_of, on_both_engines, seat_request};
use reqwest::Method;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The kinds of callers, each with a letter.
pub const CALLERS: [(char, &str, Role, &[Permission]); 10] = [
    ('a', "Agent", Role::Agent, &[]),
    ('m', "Manager", Role::Manager, &[]),
    ('u', "Users Manager", Role::Manager, &[Permission::ManageUsers]),
    ('p', "Products Manager", Role::Manager, &[Permission::ManageProducts]),
    ('s', "Sessions Manager", Role::Manager, &[Permission::ManageSessions]),
    ('r', "Reports Manager", Role::Manager, &[Permission::ViewReports]),
    ('v', "Audit Manager", Role::Manager, &[Permission::ViewAudit]),
    ('b', "Both Manager", Role::Manager, &[Permission::ManageUsers, Permission::ManageProducts]),
    // Has all permissions but is limited to groups and manages none, so no user is in scope.
    ('g', "Groups Manager", Role::Manager, Permission::ALL),
    ('A', "Second Admin", Role::Admin, &[]),
];
// Also ' ' for an anonymous caller, and 'B' for the admin who is the billing contact.
const ANYONE: &str = " amupsrvbgAB";
const SIGNED_IN: &str = "amupsrvbgAB";
const ALL_BUT_AGENTS: &str = "mupsrvbgAB";
const SEES_ALL_USERS: &str = "mupsrvbAB";
const MANAGE_USERS: &str = "ubgAB";
const MANAGE_GROUPS: &str = "ubAB";
const MANAGE_PRODUCTS: &str = "pbgAB";
const USERS_AND_PRODUCTS: &str = "bgAB";
const VIEW_AUDIT: &str = "vgAB";
const VIEW_REPORTS: &str = "rgAB";
const MANAGE_SESSIONS: &str = "sgAB";
const MANAGE_ALL_SESSIONS: &str = "sAB";
const ADMINS: &str = "AB";
const BILLING_CONTACT: &str = "B";
const NO_ROLE: &str = "";

/// The object of a request.
#[derive(Clone, Copy, PartialEq)]
pub enum Target {
    /// The same object for all callers, or a missing one: admitted callers get 2xx, 404, 409, 410 or 422.
    Shared,
    /// A fresh session of another agent: admitted callers get 2xx, others may get 404.
    OthersSession,
}
use Target::{OthersSession, Shared};

/// Method, path as in the OpenAPI document, object, body, and the letters of the admitted callers.
pub type Row = (&'static str, &'static str, Target, Value, &'static str);

/// Routes that add or replace credentials: they require a browser session and a recent reauthentication.
pub const REAUTHENTICATED_ROUTES: [(&str, &str); 14] = [
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

/// Whether the route of a row is one of these.
pub fn needs_reauthentication(row: &Row) -> bool {
    let path = row.1.replace("AGENT", "{id}").replace("ADMIN", "{id}");
    REAUTHENTICATED_ROUTES.contains(&(row.0, &path))
}

/// Whether the route of a row requires a browser session: one of these, or the reauthentication itself.
fn needs_browser(row: &Row) -> bool {
    needs_reauthentication(row) || (row.0, row.1) == ("POST", "/me/verify")
}

/// The rows. `ME` stands for the caller, `ADMIN` and `AGENT` for user ids; other `{id}`s are unknown.
pub fn permission_table() -> Vec<Row> {
    let name = json!({ "name": "ME" });
    let user = json!({ "name": "ME", "email": "new-ME@example.org", "password": PASSWORD, "role": "agent" });
    let manager = json!({ "name": "ME", "email": "boss-ME@example.org", "password": PASSWORD, "role": "manager" });
    let powers = json!({ "name": "ME", "email": "pow-ME@example.org", "password": PASSWORD, "role": "agent",
                         "permissions": ["view_audit"] });
    let setup = serde_json::to_value(crate::harness::setup()).expect("JSON");
    let license = json!({ "product_id": uuid::Uuid::nil(), "model": "named", "seats": 1 });
    let users = json!({ "user_ids": [uuid::Uuid::nil()] });
    let revoke = json!({ "user_ids": [uuid::Uuid::nil()], "end_now": false });
    let provider = json!({ "name": "ME", "issuer": "https://login.example.org", "client_id": "seatkeeper" });
    let sign_in = json!({ "email": "EMAIL", "password": PASSWORD });
    vec![
        ("GET", "/setup", Shared, Value::Null, ANYONE),
        ("POST", "/setup", Shared, setup, ANYONE),
        ("POST", "/sign-in", Shared, sign_in, ANYONE),
        ("POST", "/sign-in/second-factor", Shared, json!({ "challenge": "of ME", "code": "000000" }), ANYONE),
        ("POST", "/sign-in/passkey/begin", Shared, Value::Null, ANYONE),
        ("POST", "/sign-in/passkey", Shared, json!({ "credential": {} }), ANYONE),
        ("POST", "/sign-out", Shared, Value::Null, ANYONE),
        ("GET", "/me/passkeys", Shared, Value::Null, SIGNED_IN),
        ("POST", "/me/passkeys", Shared, json!({ "name": "", "credential": {} }), SIGNED_IN),
        ("POST", "/me/passkeys/begin", Shared, Value::Null, SIGNED_IN),
        ("PATCH", "/me/passkeys/{id}", Shared, json!({ "name": "ME" }), SIGNED_IN),
        ("DELETE", "/me/passkeys/{id}", Shared, Value::Null, SIGNED_IN),
        ("GET", "/me/second-factor", Shared, Value::Null, SIGNED_IN),
        ("POST", "/me/second-factor/confirm", Shared, json!({ "code": "" }), SIGNED_IN),
        ("POST", "/me/second-factor", Shared, Value::Null, SIGNED_IN),
        ("POST", "/me/second-factor/recovery-codes", Shared, json!({}), SIGNED_IN),
        ("POST", "/me/second-factor/remove", Shared, json!({}), SIGNED_IN),
        ("GET", "/users/{id}/access", Shared, Value::Null, MANAGE_USERS),
        ("GET", "/users/{id}/seat-check", Shared, Value::Null, ALL_BUT_AGENTS),
        ("GET", "/users/ADMIN/access", OthersSession, Value::Null, ADMINS),
        ("DELETE", "/users/{id}/sign-ins", Shared, Value::Null, MANAGE_USERS),
        ("DELETE", "/users/{id}/tokens/{token}", Shared, Value::Null, MANAGE_USERS),
        ("DELETE", "/users/{id}/second-factor", Shared, Value::Null, MANAGE_USERS),
        ("DELETE", "/users/AGENT/second-factor", Shared, Value::Null, MANAGE_USERS),
        ("GET", "/me/remote-devices", Shared, Value::Null, SIGNED_IN),
        ("GET", "/me", Shared, Value::Null, SIGNED_IN),
        ("GET", "/me/access", Shared, Value::Null, SIGNED_IN),
        ("PATCH", "/me", Shared, json!({ "locale": "en" }), SIGNED_IN),
        ("POST", "/me/password", Shared, json!({ "old": "wrong", "new": "short" }), SIGNED_IN),
        ("GET", "/me/verify", Shared, Value::Null, SIGNED_IN),
        ("POST", "/me/verify", Shared, json!({}), SIGNED_IN),
        ("GET", "/me/sign-ins", Shared, Value::Null, SIGNED_IN),
        ("DELETE", "/me/sign-ins", Shared, Value::Null, SIGNED_IN),
        ("DELETE", "/me/sign-ins/{id}", Shared, Value::Null, SIGNED_IN),
        ("PATCH", "/account", Shared, json!({}), ADMINS),
        ("POST", "/users/{id}/invite", Shared, Value::Null, MANAGE_USERS),
        ("POST", "/users/AGENT/invite", Shared, Value::Null, MANAGE_USERS),
        ("POST", "/users/ADMIN/invite", OthersSession, Value::Null, ADMINS),
        ("POST", "/links/preview", Shared, json!({ "secret": "made-up" }), ANYONE),
        ("POST", "/links/use", Shared, json!({ "secret": "made-up", "password": PASSWORD }), ANYONE),
        ("POST", "/forgot-password", Shared, json!({ "email": "EMAIL" }), ANYONE),
        ("GET", "/sign-in-options", Shared, Value::Null, ANYONE),
        ("GET", "/sign-in-providers", Shared, Value::Null, ADMINS),
        ("POST", "/sign-in-providers", Shared, provider, ADMINS),
        ("GET", "/sign-in-providers/{id}", Shared, Value::Null, ADMINS),
        ("PATCH", "/sign-in-providers/{id}", Shared, json!({ "enabled": false }), ADMINS),
        ("DELETE", "/sign-in-providers/{id}", Shared, Value::Null, ADMINS),
        ("POST", "/sign-in-providers/{id}/test", Shared, Value::Null, ADMINS),
        ("GET", "/sign-in-rules", Shared, Value::Null, ADMINS),
        ("PATCH", "/sign-in-rules", Shared, json!({}), ADMINS),
        ("DELETE", "/users/{id}/sign-in-links", Shared, Value::Null, ADMINS),
        ("GET", "/tokens", Shared, Value::Null, SIGNED_IN),
        ("POST", "/tokens", Shared, json!({ "name": "ME", "days": 1 }), SIGNED_IN),
        ("DELETE", "/tokens/{id}", Shared, Value::Null, SIGNED_IN),
        ("GET", "/products", Shared, Value::Null, SIGNED_IN),
        ("POST", "/products", Shared, name.clone(), MANAGE_PRODUCTS),
        ("GET", "/products/{id}", Shared, Value::Null, SIGNED_IN),
        ("PATCH", "/products/{id}", Shared, json!({ "archived": false }), MANAGE_PRODUCTS),
        ("GET", "/licenses", Shared, Value::Null, SIGNED_IN),
        ("POST", "/licenses", Shared, license, BILLING_CONTACT),
        ("GET", "/licenses/{id}", Shared, Value::Null, SIGNED_IN),
        ("PATCH", "/licenses/{id}", Shared, json!({ "seats": 2 }), BILLING_CONTACT),
        ("PATCH", "/licenses/{id}", Shared, json!({ "notes": "" }), MANAGE_PRODUCTS),
        ("PATCH", "/licenses/{id}", Shared, json!({ "price_per_seat": null }), BILLING_CONTACT),
        ("GET", "/licenses/{id}/usage", Shared, Value::Null, ALL_BUT_AGENTS),
        ("GET", "/overview", Shared, Value::Null, ALL_BUT_AGENTS),
        ("PUT", "/licenses/{id}/groups", Shared, json!({ "limits": [] }), MANAGE_PRODUCTS),
        ("GET", "/groups", Shared, Value::Null, ALL_BUT_AGENTS),
        ("POST", "/groups", Shared, name.clone(), MANAGE_GROUPS),
        ("GET", "/groups/{id}", Shared, Value::Null, ALL_BUT_AGENTS),
        ("PATCH", "/groups/{id}", Shared, name.clone(), MANAGE_GROUPS),
        ("DELETE", "/groups/{id}", Shared, Value::Null, MANAGE_GROUPS),
        ("PUT", "/groups/{id}/members", Shared, json!({ "user_ids": [] }), MANAGE_USERS),
        ("POST", "/groups/{id}/members", Shared, json!({ "add": [] }), MANAGE_USERS),
        ("PUT", "/groups/{id}/managers", Shared, json!({ "user_ids": [] }), ADMINS),
        ("GET", "/groups/{id}/licenses", Shared, Value::Null, ALL_BUT_AGENTS),
        ("PUT", "/groups/{id}/licenses/{license}", Shared, Value::Null, USERS_AND_PRODUCTS),
        ("DELETE", "/groups/{id}/licenses/{license}", Shared, Value::Null, USERS_AND_PRODUCTS),
        ("GET", "/users/{id}/group-licenses", Shared, Value::Null, ALL_BUT_AGENTS),
        ("POST", "/licenses/{id}/grant", Shared, users.clone(), USERS_AND_PRODUCTS),
        ("POST", "/licenses/{id}/grant-end", Shared, users, USERS_AND_PRODUCTS),
        ("GET", "/license-requests", Shared, Value::Null, USERS_AND_PRODUCTS),
        ("POST", "/license-requests", Shared, json!({ "license_id": uuid::Uuid::nil(), "reason": "ME" }), SIGNED_IN),
        ("DELETE", "/license-requests/{id}", Shared, Value::Null, SIGNED_IN),
        ("POST", "/license-requests/{id}/approve", Shared, json!({}), USERS_AND_PRODUCTS),
        ("POST", "/license-requests/{id}/decline", Shared, json!({}), USERS_AND_PRODUCTS),
        ("POST", "/licenses/{id}/revoke", Shared, revoke, USERS_AND_PRODUCTS),
        ("GET", "/users", Shared, Value::Null, ALL_BUT_AGENTS),
        ("POST", "/users", Shared, user, MANAGE_USERS),
        ("POST", "/users", Shared, manager, ADMINS),
        ("POST", "/users", Shared, powers, ADMINS),
        ("POST", "/users/bulk", Shared, json!({ "user_ids": [uuid::Uuid::nil()], "action": "suspend" }), MANAGE_USERS),
        (
            "POST",
            "/users/bulk",
            Shared,
            json!({ "filter": { "q": "zz" }, "action": "set_role", "role": "admin" }),
            ADMINS,
        ),
        (
            "POST",
            "/users/bulk",
            Shared,
            json!({ "filter": { "q": "zz" }, "action": "grant", "license_id": uuid::Uuid::nil() }),
            USERS_AND_PRODUCTS,
        ),
        ("POST", "/import", Shared, json!({}), MANAGE_USERS),
        ("POST", "/import/preview", Shared, json!({}), MANAGE_USERS),
        ("GET", "/imports/{id}", Shared, Value::Null, MANAGE_USERS),
        ("DELETE", "/imports/{id}", Shared, Value::Null, MANAGE_USERS),
        ("GET", "/imports/{id}/rows", Shared, Value::Null, MANAGE_USERS),
        ("GET", "/imports/{id}/export", Shared, Value::Null, MANAGE_USERS),
        ("GET", "/users/export", Shared, Value::Null, ALL_BUT_AGENTS),
        ("GET", "/sessions/export", Shared, Value::Null, SIGNED_IN),
        ("GET", "/sessions/export?user=ADMIN", Shared, Value::Null, ALL_BUT_AGENTS),
        ("GET", "/licenses/export", Shared, Value::Null, ALL_BUT_AGENTS),
        ("GET", "/users/{id}", Shared, Value::Null, ALL_BUT_AGENTS),
        ("PATCH", "/users/{id}", Shared, name.clone(), MANAGE_USERS),
        ("PATCH", "/users/{id}", Shared, json!({ "role": "agent" }), ADMINS),
        ("PATCH", "/users/{id}", Shared, json!({ "permissions": [] }), ADMINS),
        ("DELETE", "/users/{id}", Shared, Value::Null, MANAGE_USERS),
        ("PATCH", "/users/ADMIN", Shared, json!({ "limited_to_groups": false }), ADMINS),
        ("PATCH", "/users/ADMIN", Shared, json!({ "manages": [] }), ADMINS),
        ("PATCH", "/users/AGENT", Shared, json!({ "name": "Agent" }), MANAGE_USERS),
        ("PATCH", "/users/ADMIN", OthersSession, json!({ "name": "Mallory" }), ADMINS),
        ("GET", "/audit", Shared, Value::Null, VIEW_AUDIT),
        ("GET", "/audit/export?format=json", Shared, Value::Null, VIEW_AUDIT),
        ("GET", "/reports/usage", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/usage/export", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/moment", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/refusals", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/refusals/export", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/seat-time", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/seat-time/export", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/sizing", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/sizing/progress", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/sizing/demand", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/unused-seats", Shared, Value::Null, VIEW_REPORTS),
        ("GET", "/reports/unused-seats/export", Shared, Value::Null, VIEW_REPORTS),
        (
            "PUT",
            "/reports/unused-seats/{license}/{user}/exception",
            Shared,
            json!({ "reason": "ME" }),
            USERS_AND_PRODUCTS,
        ),
        ("DELETE", "/reports/unused-seats/{license}/{user}/exception", Shared, Value::Null, USERS_AND_PRODUCTS),
        ("GET", "/views", Shared, Value::Null, SIGNED_IN),
        ("POST", "/views", Shared, json!({ "page": "sessions", "name": "ME" }), ALL_BUT_AGENTS),
        ("POST", "/views", Shared, json!({ "page": "audit", "name": "ME" }), VIEW_AUDIT),
        ("POST", "/views", Shared, json!({ "page": "usage", "name": "ME", "shared": true }), VIEW_REPORTS),
        ("PATCH", "/views/{id}", Shared, json!({ "name": "ME" }), SIGNED_IN),
        ("DELETE", "/views/{id}", Shared, Value::Null, SIGNED_IN),
        ("GET", "/sessions", Shared, Value::Null, SIGNED_IN),
        ("GET", "/sessions?user=ADMIN", Shared, Value::Null, ALL_BUT_AGENTS),
        ("POST", "/sessions", Shared, seat_request("attended"), SIGNED_IN),
        ("POST", "/sessions/end", Shared, json!({ "ids": [uuid::Uuid::nil()] }), SIGNED_IN),
        ("POST", "/sessions/end-matching", Shared, json!({ "filter": {}, "dry_run": true }), MANAGE_SESSIONS),
        (
            "POST",
            "/sessions/batch",
            Shared,
            json!({ "operations": [{ "create": seat_request("attended") }] }),
            SIGNED_IN,
        ),
        ("GET", "/sessions/{id}", Shared, Value::Null, SIGNED_IN),
        ("GET", "/sessions/{id}", OthersSession, Value::Null, SEES_ALL_USERS),
        ("POST", "/sessions/{id}/connect", Shared, json!({ "platform": "mac" }), SIGNED_IN),
        ("POST", "/sessions/{id}/connect", OthersSession, json!({ "platform": "mac" }), NO_ROLE),
        ("POST", "/sessions/{id}/continue", Shared, json!({ "device": "NB-1" }), SIGNED_IN),
        ("POST", "/sessions/{id}/continue", OthersSession, json!({ "device": "NB-1" }), NO_ROLE),
        ("POST", "/sessions/{id}/heartbeat", Shared, Value::Null, SIGNED_IN),
        ("POST", "/sessions/{id}/heartbeat", OthersSession, Value::Null, NO_ROLE),
        ("POST", "/sessions/{id}/borrow", Shared, json!({ "borrow_seconds": 3_600 }), SIGNED_IN),
        ("POST", "/sessions/{id}/borrow", OthersSession, json!({ "borrow_seconds": 3_600 }), NO_ROLE),
        ("GET", "/borrow/keys", Shared, Value::Null, ANYONE),
        ("POST", "/sessions/{id}/end", Shared, json!({}), SIGNED_IN),
        ("POST", "/sessions/{id}/end", OthersSession, json!({}), MANAGE_ALL_SESSIONS),
        ("POST", "/sessions/{id}/cancel-end", OthersSession, Value::Null, MANAGE_ALL_SESSIONS),
        ("POST", "/sessions/{id}/protect", OthersSession, json!({ "protected": true }), MANAGE_ALL_SESSIONS),
        ("POST", "/sessions/{id}/open", Shared, Value::Null, SIGNED_IN),
        ("POST", "/sessions/{id}/open", OthersSession, Value::Null, NO_ROLE),
        ("POST", "/join", Shared, json!({ "key": "no key" }), ANYONE),
        ("GET", "/queues", Shared, Value::Null, SIGNED_IN),
        ("GET", "/tickets/{id}", Shared, Value::Null, SIGNED_IN),
        ("DELETE", "/tickets/{id}", Shared, Value::Null, SIGNED_IN),
        ("GET", "/tickets/{id}/events", Shared, Value::Null, SIGNED_IN),
        ("POST", "/tickets/{id}/accept", Shared, Value::Null, SIGNED_IN),
        ("POST", "/tickets/{id}/pass", Shared, Value::Null, SIGNED_IN),
        ("POST", "/tickets/{id}/move", Shared, json!({ "position": 1 }), MANAGE_SESSIONS),
        ("GET", "/directories", Shared, Value::Null, ADMINS),
        ("POST", "/directories", Shared, name.clone(), ADMINS),
        ("DELETE", "/directories/{id}", Shared, Value::Null, ADMINS),
        ("POST", "/directories/{id}/rotate", Shared, Value::Null, ADMINS),
        ("GET", "/directories/{id}/requests", Shared, Value::Null, ADMINS),
        ("GET", "/directories/{id}/rules", Shared, Value::Null, ADMINS),
        ("PUT", "/directories/{id}/rules", Shared, json!({ "rules": [] }), ADMINS),
        ("POST", "/directories/{id}/rules/preview", Shared, json!({ "rules": [] }), ADMINS),
        ("GET", "/directories/{id}/failures", Shared, Value::Null, ADMINS),
        ("POST", "/directories/{id}/retry", Shared, Value::Null, ADMINS),
        ("POST", "/gate/{product}", Shared, json!({}), SIGNED_IN),
        ("GET", "/live", Shared, Value::Null, SIGNED_IN),
        ("GET", "/live/snapshot", Shared, Value::Null, SIGNED_IN),
    ]
}

/// Sends the request of a row as this caller, and returns the status.
async fn request_status(world: &World, owner: &Person, (letter, person): (char, &Person), row: &Row) -> u16 {
    let (method, path, at, body, _) = row;
    let id = match at {
        Shared => uuid::Uuid::nil().to_string(),
        OthersSession => {
            owner.post("/sessions", &seat_request("attended")).await.created()["id"].as_str().expect("an id").to_owned()
        }
    };
    let admin = world.admin.id.to_string();
    let agent = owner.id.to_string();
    let path = path
        .replace("{id}", &id)
        .replace("{license}", &id)
        .replace("{token}", &id)
        .replace("{user}", &id)
        .replace("ADMIN", &admin)
        .replace("AGENT", &agent);
    let caller = CALLERS.iter().find(|(of, ..)| *of == letter);
    let email = caller.map_or("anja.krueger@example.org".to_owned(), |(_, name, ..)| email_of(name));
    let mut request = person.request(method.parse::<Method>().expect("a method"), &path);
    if !body.is_null() {
        let me = if letter == ' ' { "anonymous".to_owned() } else { letter.to_string() };
        let text = body.to_string().replace("EMAIL", &email).replace("ME", &format!("{me}{}", letter.is_uppercase()));
        request = request.header("content-type", "application/json").body(text);
    }
    // Reads only the head, because the live feed's body does not end.
    request.send().await.expect("an answer").status().as_u16()
}

/// Whether the status is right for a caller whom the row admits or refuses.
fn is_expected_status(status: u16, at: Target, anonymous: bool, allowed: bool) -> bool {
    match (allowed, at) {
        (true, OthersSession) => (200..300).contains(&status),
        (true, Shared) => (200..300).contains(&status) || [404, 409, 410, 422].contains(&status),
        (false, _) if anonymous => status == 401,
        (false, Shared) => status == 403,
        (false, OthersSession) => status == 403 || status == 404,
    }
}

on_both_engines! {
    async fn every_route_admits_exactly_the_permitted_callers(world: World) {
        let (license, owners) = world.pool(20, 1).await;
        let anonymous = Person::anonymous(&world.url);
        let mut people =
            vec![(' ', anonymous.clone(), anonymous), ('B', world.admin.with_token().await, world.admin.clone())];
        for (letter, name, role, permissions) in CALLERS {
            let person = world.person(name, role, permissions).await;
            world.grant(license, &[person.id]).await;
            if letter == 'g' {
                world.limit_to_groups(&person, &[]).await;
            }
            people.push((letter, person.with_token().await, person));
        }
        let mut wrong = Vec::new();
        // Routes that require a browser come first, because later ones may sign it out.
        let (browsers, programs): (Vec<_>, Vec<_>) = permission_table().into_iter().partition(needs_browser);
        for row in browsers.into_iter().chain(programs) {
            for (letter, program, browser) in &people {
                let person = if needs_browser(&row) { browser } else { program };
                let status = request_status(&world, &owners[0], (*letter, person), &row).await;
                let allowed = row.4.contains(*letter);
                if !is_expected_status(status, row.2, *letter == ' ', allowed) {
                    let should = if allowed { "should be admitted" } else { "should be refused" };
                    wrong.push(format!("{} {} as '{letter}': {status}, {should}", row.0, row.1));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn the_openapi_document_marks_the_public_routes() {
    let description = serde_json::to_value(seatkeeper::api::openapi()).expect("JSON");
    for (method, path, _, _, allowed) in permission_table() {
        let path = path.split('?').next().unwrap_or_default();
        let security = &description["paths"][format!("/api/v1{path}")][method.to_lowercase()]["security"];
        assert_eq!(*security == json!([{}]), allowed == ANYONE, "{method} {path}: {security}");
    }
}

#[test]
fn every_route_is_in_the_table() {
    let listed: BTreeSet<_> = permission_table()
        .into_iter()
        .map(|(method, path, ..)| (method.to_owned(), path.split('?').next().unwrap_or_default().to_owned()))
        .map(|(method, path)| (method, path.replace("/ADMIN", "/{id}").replace("/AGENT", "/{id}")))
        .collect();
    let all = seatkeeper::api::all_routes();
    let served: BTreeSet<_> = all.into_iter().map(|(m, p)| (m, p.replacen("/api/v1", "", 1))).collect();
    let missing: Vec<_> = served.difference(&listed).collect();
    let removed: Vec<_> = listed.difference(&served).collect();
    assert!(missing.is_empty() && removed.is_empty(), "not in the table: {missing:?}; no longer served: {removed:?}");
}
