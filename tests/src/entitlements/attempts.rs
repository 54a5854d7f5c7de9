//! The attempts of the walk: requests to every route on existing objects.

use super::fixture::Fixture;
use crate::harness::{PASSWORD, Person, email_of, seat_request};
use seatkeeper_shared::ids::UserId;
use serde_json::{Value, json};

/// One request.
pub struct Attempt {
    pub method: &'static str,
    /// The path as in the OpenAPI document.
    pub route: &'static str,
    /// The path with ids.
    pub path: String,
    /// The body, or null for none.
    pub body: Value,
}

fn attempt(method: &'static str, route: &'static str, path: String, body: Value) -> Attempt {
    Attempt { method, route, path, body }
}

/// Changes of roles, permissions and limits that an attacker may want.
fn wanted_changes() -> Vec<Value> {
    vec![
        json!({ "role": "admin" }),
        json!({ "role": "manager", "permissions": ["manage_users", "manage_products"] }),
        json!({ "permissions": ["view_audit"] }),
        json!({ "limited_to_groups": false }),
        json!({ "manages": [] }),
        json!({ "status": "suspended" }),
        json!({ "status": "active" }),
        json!({ "email": "somebody.else@example.org" }),
        json!({ "name": "Somebody Else", "billing_contact": true }),
    ]
}

/// All attempts.
pub fn attempts(s: &Fixture, me: &Person, is_admin: bool) -> Vec<Attempt> {
    // An admin who removed their own role could try nothing more.
    let users: Vec<_> = s.users().into_iter().chain((!is_admin).then_some(me.id)).collect();
    let mut all = user_attempts(s, me, &users);
    all.extend(group_attempts(s, me));
    all.extend(bulk_attempts(s, &users));
    all.extend(license_attempts(s, me));
    all.extend(own_attempts(s));
    all.extend(account_attempts(s));
    all
}

fn user_attempts(s: &Fixture, me: &Person, users: &[UserId]) -> Vec<Attempt> {
    let mut all = vec![
        attempt("GET", "/users", "/users".into(), Value::Null),
        attempt("GET", "/users/export", "/users/export".into(), Value::Null),
    ];
    for (number, role) in ["agent", "manager", "admin"].into_iter().enumerate() {
        for (place, group) in s.groups().into_iter().map(Some).chain([None]).enumerate() {
            let email = format!("new-{number}-{place}-{}@example.org", me.id);
            let groups: Vec<_> = group.into_iter().collect();
            let body =
                json!({ "name": "Neu", "email": email, "password": PASSWORD, "role": role, "group_ids": groups });
            all.push(attempt("POST", "/users", "/users".into(), body));
        }
    }
    for user in users.iter().copied() {
        let path = format!("/users/{user}");
        all.extend(wanted_changes().into_iter().map(|change| attempt("PATCH", "/users/{id}", path.clone(), change)));
        for (method, route, below) in [
            ("GET", "/users/{id}", ""),
            ("GET", "/users/{id}/access", "/access"),
            ("GET", "/users/{id}/group-licenses", "/group-licenses"),
            ("GET", "/users/{id}/seat-check", "/seat-check"),
            ("POST", "/users/{id}/invite", "/invite"),
            ("DELETE", "/users/{id}/second-factor", "/second-factor"),
            ("DELETE", "/users/{id}/sign-in-links", "/sign-in-links"),
            ("DELETE", "/users/{id}/sign-ins", "/sign-ins"),
            ("DELETE", "/users/{id}", ""),
        ] {
            // A caller who deleted or signed out themselves could try nothing more.
            if user != me.id || method != "DELETE" {
                all.push(attempt(method, route, format!("{path}{below}"), Value::Null));
            }
        }
        let token = format!("{path}/tokens/{}", uuid::Uuid::nil());
        all.push(attempt("DELETE", "/users/{id}/tokens/{token}", token, Value::Null));
    }
    all
}

fn group_attempts(s: &Fixture, me: &Person) -> Vec<Attempt> {
    let mut all = vec![
        attempt("GET", "/groups", "/groups".into(), Value::Null),
        attempt("POST", "/groups", "/groups".into(), json!({ "name": format!("Group of {}", me.id) })),
    ];
    let anybody = [me.id, s.provisioned, s.holder];
    for group in s.groups() {
        let path = format!("/groups/{group}");
        let members = format!("{path}/members");
        for user in [me.id, s.provisioned, s.suspended] {
            all.push(attempt("POST", "/groups/{id}/members", members.clone(), json!({ "add": [user] })));
        }
        for user in [s.directory_admin, s.holder] {
            all.push(attempt("POST", "/groups/{id}/members", members.clone(), json!({ "remove": [user] })));
        }
        all.push(attempt("PUT", "/groups/{id}/members", members.clone(), json!({ "user_ids": [] })));
        all.push(attempt("PUT", "/groups/{id}/members", members, json!({ "user_ids": anybody })));
        let managers = json!({ "user_ids": [me.id] });
        all.push(attempt("PUT", "/groups/{id}/managers", format!("{path}/managers"), managers));
        all.push(attempt("GET", "/groups/{id}/licenses", format!("{path}/licenses"), Value::Null));
        for license in [s.named, s.pool] {
            let licenses = format!("{path}/licenses/{license}");
            all.push(attempt("PUT", "/groups/{id}/licenses/{license}", licenses.clone(), Value::Null));
            all.push(attempt("DELETE", "/groups/{id}/licenses/{license}", licenses, Value::Null));
        }
        all.push(attempt("GET", "/groups/{id}", path.clone(), Value::Null));
        all.push(attempt("PATCH", "/groups/{id}", path.clone(), json!({ "name": format!("{group}") })));
        all.push(attempt("DELETE", "/groups/{id}", path, Value::Null));
    }
    all
}

fn bulk_attempts(s: &Fixture, users: &[UserId]) -> Vec<Attempt> {
    let mut actions = vec![
        json!({ "action": "grant", "license_id": s.named }),
        json!({ "action": "set_grant_end", "license_id": s.pool, "ends_at": "2036-01-01T00:00:00Z" }),
        json!({ "action": "revoke", "license_id": s.pool, "end_now": true }),
        json!({ "action": "set_role", "role": "admin" }),
        json!({ "action": "set_role", "role": "agent" }),
        json!({ "action": "reactivate" }),
    ];
    for group in s.groups() {
        actions.push(json!({ "action": "add_to_group", "group_id": group }));
        actions.push(json!({ "action": "remove_from_group", "group_id": group }));
    }
    let others: Vec<_> = s.users().to_vec();
    let mut all = Vec::new();
    for mut action in actions {
        action["user_ids"] = json!(users);
        all.push(attempt("POST", "/users/bulk", "/users/bulk".into(), action));
    }
    for action in ["suspend", "delete"] {
        let body = json!({ "action": action, "user_ids": others });
        all.push(attempt("POST", "/users/bulk", "/users/bulk".into(), body));
    }
    all
}

fn license_attempts(s: &Fixture, me: &Person) -> Vec<Attempt> {
    let users = json!({ "user_ids": [me.id, s.provisioned, s.directory_admin] });
    let revoke = json!({ "user_ids": s.users(), "end_now": true });
    let mut all = vec![
        attempt("GET", "/licenses", "/licenses".into(), Value::Null),
        attempt("GET", "/licenses/export", "/licenses/export".into(), Value::Null),
        attempt("GET", "/products", "/products".into(), Value::Null),
        attempt("POST", "/products", "/products".into(), json!({ "name": format!("Product of {}", me.id) })),
        attempt("GET", "/products/{id}", format!("/products/{}", s.product), Value::Null),
        attempt("PATCH", "/products/{id}", format!("/products/{}", s.product), json!({ "archived": true })),
        attempt("PATCH", "/products/{id}", format!("/products/{}", s.product), json!({ "archived": false })),
        attempt(
            "POST",
            "/licenses",
            "/licenses".into(),
            json!({ "product_id": s.product, "model": "concurrent", "seats": 3 }),
        ),
    ];
    for license in [s.named, s.pool] {
        let path = format!("/licenses/{license}");
        let limits = json!({ "limits": [{ "group_id": s.plain, "floor": 1 }] });
        for (method, route, below, body) in [
            ("GET", "/licenses/{id}", "", Value::Null),
            ("GET", "/licenses/{id}/usage", "/usage", Value::Null),
            ("PATCH", "/licenses/{id}", "", json!({ "seats": 9 })),
            ("PATCH", "/licenses/{id}", "", json!({ "archived": true, "notes": "mine" })),
            ("PATCH", "/licenses/{id}", "", json!({ "archived": false })),
            ("PUT", "/licenses/{id}/groups", "/groups", limits),
            ("POST", "/licenses/{id}/grant", "/grant", users.clone()),
            ("POST", "/licenses/{id}/grant-end", "/grant-end", users.clone()),
            ("POST", "/licenses/{id}/revoke", "/revoke", revoke.clone()),
        ] {
            all.push(attempt(method, route, format!("{path}{below}"), body));
        }
    }
    all
}

/// Attempts on the caller's own data and seats.
fn own_attempts(s: &Fixture) -> Vec<Attempt> {
    let change = json!({ "role": "admin", "permissions": ["manage_users"], "billing_contact": true, "name": "Ich" });
    let seat_body = json!({ "product": s.product, "device": "NB-1", "mode": "attended" });
    let nil = uuid::Uuid::nil();
    let batch = json!([{ "create": seat_body.clone() }, { "end": { "id": nil } }]);
    let password = json!({ "old": "wrong", "new": "a whole new sentence" });
    let mut all = vec![
        attempt("PATCH", "/me", "/me".into(), change),
        attempt("POST", "/me/password", "/me/password".into(), password),
        attempt("POST", "/tokens", "/tokens".into(), json!({ "name": "mine", "days": 1, "scope": "all" })),
        attempt("POST", "/sessions", "/sessions".into(), seat_request("attended")),
        attempt("POST", "/sessions", "/sessions".into(), seat_body),
        attempt("POST", "/gate/{product}", format!("/gate/{}", s.product), json!({})),
        attempt("POST", "/sessions/end", "/sessions/end".into(), json!({ "ids": [nil] })),
        attempt(
            "POST",
            "/sessions/end-matching",
            "/sessions/end-matching".into(),
            json!({ "filter": { "user": nil } }),
        ),
        attempt("POST", "/sessions/batch", "/sessions/batch".into(), json!({ "operations": batch })),
    ];
    for (method, route) in [
        ("GET", "/me"),
        ("GET", "/me/access"),
        ("GET", "/me/verify"),
        ("GET", "/me/passkeys"),
        ("POST", "/me/passkeys/begin"),
        ("GET", "/me/second-factor"),
        ("GET", "/me/remote-devices"),
        ("GET", "/me/sign-ins"),
        ("GET", "/tokens"),
        ("GET", "/sessions"),
        ("GET", "/sessions/export"),
        ("GET", "/queues"),
        ("GET", "/live/snapshot"),
        ("GET", "/borrow/keys"),
    ] {
        all.push(attempt(method, route, route.into(), Value::Null));
    }
    for (method, route, body) in [
        ("POST", "/me/verify", json!({})),
        ("POST", "/me/passkeys", json!({ "name": "", "credential": {} })),
        ("PATCH", "/me/passkeys/{id}", json!({ "name": "mine" })),
        ("DELETE", "/me/passkeys/{id}", Value::Null),
        ("POST", "/me/second-factor", Value::Null),
        ("POST", "/me/second-factor/confirm", json!({ "code": "" })),
        ("POST", "/me/second-factor/recovery-codes", json!({})),
        ("POST", "/me/second-factor/remove", json!({})),
        ("DELETE", "/me/sign-ins/{id}", Value::Null),
        ("DELETE", "/tokens/{id}", Value::Null),
        ("GET", "/sessions/{id}", Value::Null),
        ("POST", "/sessions/{id}/connect", json!({ "platform": "mac" })),
        ("POST", "/sessions/{id}/continue", json!({ "device": "NB-1" })),
        ("POST", "/sessions/{id}/heartbeat", Value::Null),
        ("POST", "/sessions/{id}/borrow", json!({ "borrow_seconds": 3_600 })),
        ("POST", "/sessions/{id}/end", json!({})),
        ("POST", "/sessions/{id}/cancel-end", Value::Null),
        ("POST", "/sessions/{id}/protect", json!({ "protected": true })),
        ("POST", "/sessions/{id}/open", Value::Null),
        ("GET", "/tickets/{id}", Value::Null),
        ("DELETE", "/tickets/{id}", Value::Null),
        ("GET", "/tickets/{id}/events", Value::Null),
        ("POST", "/tickets/{id}/accept", Value::Null),
        ("POST", "/tickets/{id}/pass", Value::Null),
        ("POST", "/tickets/{id}/move", json!({ "position": 1 })),
    ] {
        all.push(attempt(method, route, route.replace("{id}", &nil.to_string()), body));
    }
    all
}

fn account_attempts(s: &Fixture) -> Vec<Attempt> {
    let directory = format!("/directories/{}", s.directory.id);
    let rules = json!({ "rules": [{ "group_id": s.plain, "role": "admin", "license_ids": [s.named] }] });
    let provider = json!({ "name": "Evil", "issuer": "https://evil.example.org", "client_id": "seatkeeper",
                           "link_by_email": "trusted", "create_users": true, "group_claim": "groups" });
    let email = email_of("Boss 0");
    let nil = uuid::Uuid::nil();
    let mut all = vec![
        attempt("POST", "/directories/{id}/rules/preview", format!("{directory}/rules/preview"), rules.clone()),
        attempt("PUT", "/directories/{id}/rules", format!("{directory}/rules"), rules),
        attempt("GET", "/directories/{id}/rules", format!("{directory}/rules"), Value::Null),
        attempt("GET", "/directories/{id}/requests", format!("{directory}/requests"), Value::Null),
        attempt("GET", "/directories/{id}/failures", format!("{directory}/failures"), Value::Null),
        attempt("POST", "/directories/{id}/retry", format!("{directory}/retry"), Value::Null),
        attempt("POST", "/directories/{id}/rotate", format!("{directory}/rotate"), Value::Null),
        attempt("DELETE", "/directories/{id}", directory, Value::Null),
        attempt("GET", "/directories", "/directories".into(), Value::Null),
        attempt("POST", "/directories", "/directories".into(), json!({ "name": format!("Mine {}", s.directory.id) })),
        attempt("GET", "/sign-in-providers", "/sign-in-providers".into(), Value::Null),
        attempt("POST", "/sign-in-providers", "/sign-in-providers".into(), provider),
        attempt("GET", "/sign-in-rules", "/sign-in-rules".into(), Value::Null),
        attempt("PATCH", "/sign-in-rules", "/sign-in-rules".into(), json!({})),
        attempt("PATCH", "/account", "/account".into(), json!({ "name": "Mine" })),
        attempt("GET", "/overview", "/overview".into(), Value::Null),
        attempt("GET", "/audit", "/audit".into(), Value::Null),
        attempt("GET", "/audit/export", "/audit/export?format=json".into(), Value::Null),
        attempt("GET", "/setup", "/setup".into(), Value::Null),
        attempt("POST", "/setup", "/setup".into(), serde_json::to_value(crate::harness::setup()).expect("JSON")),
        attempt("GET", "/sign-in-options", "/sign-in-options".into(), Value::Null),
        attempt("POST", "/sign-in", "/sign-in".into(), json!({ "email": email, "password": PASSWORD })),
        attempt("POST", "/forgot-password", "/forgot-password".into(), json!({ "email": email })),
        attempt("POST", "/links/preview", "/links/preview".into(), json!({ "secret": "made-up" })),
        attempt("POST", "/links/use", "/links/use".into(), json!({ "secret": "made-up", "password": PASSWORD })),
        attempt("POST", "/join", "/join".into(), json!({ "key": "no key" })),
        attempt(
            "POST",
            "/sign-in/second-factor",
            "/sign-in/second-factor".into(),
            json!({ "challenge": "x", "code": "0" }),
        ),
        attempt("POST", "/sign-in/passkey/begin", "/sign-in/passkey/begin".into(), Value::Null),
        attempt("POST", "/sign-in/passkey", "/sign-in/passkey".into(), json!({ "credential": {} })),
        attempt("POST", "/sign-in-providers/{id}/test", format!("/sign-in-providers/{nil}/test"), Value::Null),
    ];
    for (method, body) in [("GET", Value::Null), ("PATCH", json!({ "enabled": false })), ("DELETE", Value::Null)] {
        all.push(attempt(method, "/sign-in-providers/{id}", format!("/sign-in-providers/{nil}"), body));
    }
    all.extend(report_attempts(s));
    all
}

fn report_attempts(s: &Fixture) -> Vec<Attempt> {
    let exception = "/reports/unused-seats/{license}/{user}/exception";
    let path = exception.replace("{license}", &s.named.to_string()).replace("{user}", &uuid::Uuid::nil().to_string());
    let mut all: Vec<_> =
        ["usage", "moment", "refusals", "seat-time", "sizing", "sizing/progress", "sizing/demand", "unused-seats"]
            .into_iter()
            .flat_map(|report| [format!("/reports/{report}"), format!("/reports/{report}/export")])
            .filter(|path| {
                let is_one = path.starts_with("/reports/sizing") || path.starts_with("/reports/moment");
                !(is_one && path.ends_with("/export"))
            })
            .map(|path| {
                let query = format!("{path}?license={}&from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z", s.named);
                attempt("GET", Box::leak(path.into_boxed_str()), query, Value::Null)
            })
            .collect();
    all.push(attempt("GET", "/views", "/views".into(), Value::Null));
    let view = json!({ "page": "users", "name": "Mine", "shared": true });
    all.push(attempt("POST", "/views", "/views".into(), view));
    let id = format!("/views/{}", uuid::Uuid::nil());
    all.push(attempt("PATCH", "/views/{id}", id.clone(), json!({ "shared": true })));
    all.push(attempt("DELETE", "/views/{id}", id, Value::Null));
    for license in [s.named, s.pool] {
        let body = json!({ "license_id": license, "reason": "Mine" });
        all.push(attempt("POST", "/license-requests", "/license-requests".into(), body));
    }
    all.push(attempt("GET", "/license-requests", "/license-requests".into(), Value::Null));
    let id = format!("/license-requests/{}", uuid::Uuid::nil());
    all.push(attempt("POST", "/license-requests/{id}/approve", format!("{id}/approve"), json!({})));
    all.push(attempt("POST", "/license-requests/{id}/decline", format!("{id}/decline"), json!({})));
    all.push(attempt("DELETE", "/license-requests/{id}", id, Value::Null));
    all.push(attempt("PUT", exception, path.clone(), json!({ "reason": "Mine" })));
    all.push(attempt("DELETE", exception, path, Value::Null));
    all
}

/// Routes that are tried in another way, or that would end the walk.
pub const TESTED_SEPARATELY: [(&str, &str); 9] = [
    // See `import_files`.
    ("POST", "/import/preview"),
    ("POST", "/import"),
    ("GET", "/imports/{id}"),
    ("DELETE", "/imports/{id}"),
    ("GET", "/imports/{id}/rows"),
    ("GET", "/imports/{id}/export"),
    // The answer does not end, and it only reads.
    ("GET", "/live"),
    // They only end the caller's own credential.
    ("POST", "/sign-out"),
    ("DELETE", "/me/sign-ins"),
];

/// Import files that grant more than the importer may.
pub fn import_files(s: &Fixture, names: &ImportNames) -> Vec<String> {
    let (agent, provisioned, new) = (&names.agent, &names.provisioned, format!("imported-{}@example.org", s.agent));
    let mut files = vec![
        format!("email;name;role\n{agent};Agent;admin\n{provisioned};Pia;manager\n{new};Neu;admin\n"),
        format!("email;name;licenses\n{agent};Agent;{0}\n{new};Neu;{0}\n", s.named),
        format!("email;name;status\n{agent};Agent;suspended\n{};Boss;suspended\n", names.directory_admin),
    ];
    for group in &names.groups {
        files.push(format!("email;name;groups\n{provisioned};Pia;{group}\n{new};Neu;{group}\n"));
    }
    files
}

/// The addresses and group names used in import files.
pub struct ImportNames {
    agent: String,
    provisioned: String,
    directory_admin: String,
    groups: Vec<String>,
}

impl ImportNames {
    /// The names in the fixture with this number.
    pub fn of(number: usize) -> Self {
        let group = |what: &str| format!("{what} {number}");
        Self {
            agent: email_of(&format!("Agent {number}")),
            provisioned: email_of(&format!("Pia {number}")),
            directory_admin: email_of(&format!("Boss {number}")),
            groups: ["Plain", "Giving", "Admins", "Licensed", "Reserved", "Managed"].map(group).to_vec(),
        }
    }
}
