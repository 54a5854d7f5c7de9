//! The audit log: actor, subject and origin of each change; every filter; paging; and exports.

use crate::harness::{PASSWORD, Person, World, email_of, on_both_engines};
use chrono::TimeDelta;
use reqwest::Method;
use seatkeeper_shared::{
    audit::{Field, Kind},
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

/// The events that match a query, newest first.
async fn found(world: &World, query: &str) -> Vec<Value> {
    events(&world.admin, query).await
}

async fn events(by: &Person, query: &str) -> Vec<Value> {
    by.get(&format!("/audit?{query}")).await.ok()["items"].as_array().expect("items").clone()
}

async fn kinds(world: &World, query: &str) -> Vec<String> {
    let found = found(world, query).await;
    found.iter().map(|event| event["kind"].as_str().expect("a kind").to_owned()).collect()
}

async fn newest(world: &World) -> Value {
    found(world, "limit=1").await.remove(0)
}

/// Downloads an export: its text and its headers.
async fn export_file(by: &Person, query: &str) -> (String, reqwest::header::HeaderMap) {
    let answer = by.request(Method::GET, &format!("/audit/export?{query}")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    (answer.text().await.expect("a file"), headers)
}

/// The events in the JSON export of a query.
async fn exported(world: &World, query: &str) -> Vec<Value> {
    let (text, _) = export_file(&world.admin, &format!("{query}&format=json")).await;
    serde_json::from_str(&text).expect("JSON")
}

/// A manager grants a license to an agent, who works, is renamed and joins a group, with a minute between the steps.
async fn day_of_events(world: &World) -> (String, Person, Person) {
    let product = world.product("Größere Hilfe").await;
    let license = world.license(product, Model::Concurrent, 2).await;
    let manager =
        world.person("Zoë Ångström", Role::Manager, &[Permission::ManageUsers, Permission::ManageProducts]).await;
    let agent = world.agent("Nora Neu").await;
    world.advance_clock(TimeDelta::minutes(1));
    let users = json!({ "user_ids": [agent.id] });
    manager.post(&format!("/licenses/{license}/grant"), &users).await.ok();
    world.advance_clock(TimeDelta::minutes(1));
    agent
        .with_token()
        .await
        .post("/sessions", &json!({ "product": "grossere-hilfe", "device": "A", "mode": "application" }))
        .await
        .created();
    world.advance_clock(TimeDelta::minutes(1));
    manager.patch(&format!("/users/{}", agent.id), &json!({ "name": "Nora Alt" })).await.ok();
    let group = world.admin.post("/groups", &json!({ "name": "Störungsdienst" })).await.created();
    let members = format!("/groups/{}/members", group["id"].as_str().expect("an id"));
    world.admin.send(world.admin.request(Method::PUT, &members).json(&users)).await.ok();
    (license.to_string(), manager, agent)
}

on_both_engines! {
    async fn a_change_records_actor_subject_time_origin_and_old_value(world: World) {
        let (license, people) = world.pool(3, 1).await;
        let user = format!("/users/{}", people[0].id);
        world
            .admin
            .patch(&user, &json!({ "name": "Nora Alt", "role": "manager", "permissions": ["view_audit"] }))
            .await
            .ok();
        let mut event = newest(&world).await;
        let position = event["position"].take();
        assert!(position.as_i64().is_some_and(|position| position > 5));
        assert_eq!(
            event,
            json!({
                "position": null, "at": "2026-03-02T09:00:00Z", "kind": "user_changed",
                "origin": "app", "address": "127.0.0.1",
                "actor": { "id": world.admin.id, "name": "Anja Krüger" },
                "user": { "id": people[0].id, "name": "Nora Alt" },
                "object": { "name": "Agent 0" },
                "facts": { "changes": {
                    "name": ["Agent 0", "Nora Alt"], "role": ["agent", "manager"], "permissions": [[], ["view_audit"]],
                } },
            })
        );
        let program = world.admin.with_token().await;
        program.patch(&format!("/licenses/{license}"), &json!({ "seats": 5, "cool_down_seconds": 7 })).await.ok();
        let [rules, seats] = [newest(&world).await, found(&world, "limit=2").await.remove(1)];
        assert_eq!(
            (&rules["kind"], &rules["origin"], &rules["address"]),
            (&json!("license_changed"), &json!("api"), &json!("127.0.0.1"))
        );
        assert_eq!(rules["facts"], json!({ "changes": { "cool_down_seconds": [0, 7] } }));
        assert_eq!(seats["facts"], json!({ "changes": { "seats": [3, 5] } }));
        assert_eq!(
            seats["license"],
            json!({ "id": license, "product_name": "Remote Support v5", "model": "concurrent" })
        );
    }

    async fn events_name_groups_tokens_and_limits(world: World) {
        let (license, people) = world.pool(3, 2).await;
        let group = world.admin.post("/groups", &json!({ "name": "Nachtschicht" })).await.created();
        let id = group["id"].as_str().expect("an id");
        let put = async |path: &str, body: Value| {
            world.admin.send(world.admin.request(Method::PUT, path).json(&body)).await.ok();
        };
        put(&format!("/groups/{id}/members"), json!({ "user_ids": [people[0].id] })).await;
        put(&format!("/groups/{id}/members"), json!({ "user_ids": [people[1].id] })).await;
        let events = found(&world, "kind=group_added,group_member_added,group_member_removed").await;
        let logged: Vec<_> = events
            .iter()
            .map(|e| (e["kind"].as_str().expect("a kind"), e["user"]["id"].clone(), &e["object"]))
            .collect();
        let object = json!({ "id": id, "name": "Nachtschicht" });
        assert_eq!(
            logged,
            [
                ("group_member_removed", json!(people[0].id), &object),
                ("group_member_added", json!(people[1].id), &object),
                ("group_member_added", json!(people[0].id), &object),
                ("group_added", Value::Null, &object),
            ]
        );
        put(&format!("/licenses/{license}/groups"), json!({ "limits": [{ "group_id": id, "floor": 1 }] })).await;
        assert_eq!(newest(&world).await["facts"]["changes"]["limits"], json!([[], [{ "group_id": id, "floor": 1 }]]));
        let token = people[0].post("/tokens", &json!({ "name": "CI", "days": 1 })).await.created();
        let token = token["id"].as_str().expect("an id");
        people[0].delete(&format!("/tokens/{token}")).await;
        let event = newest(&world).await;
        assert_eq!(
            (&event["kind"], &event["object"]),
            (&json!("token_deleted"), &json!({ "id": token, "name": "CI" }))
        );
    }

    async fn failed_sign_ins_are_logged_without_the_password(world: World) {
        let agent = world.user("Nora Neu", Role::Agent, &[]).await;
        world
            .admin
            .patch(&format!("/users/{}", world.user("Gone", Role::Agent, &[]).await), &json!({ "status": "suspended" }))
            .await
            .ok();
        let before = found(&world, "kind=sign_in_failed").await.len();
        let anonymous = Person::anonymous(&world.url);
        for (email, password) in [
            ("Nora.Neu@Example.org", "my-secret-guess"),
            ("nobody@example.org", "my-secret-guess"),
            (&email_of("Gone"), PASSWORD),
            ("my-secret-guess", "x"),
        ] {
            anonymous
                .post("/sign-in", &json!({ "email": email, "password": password }))
                .await
                .problem(401, "wrong_credentials");
        }
        let events = found(&world, "kind=sign_in_failed").await;
        let logged: Vec<_> = events
            .iter()
            .rev()
            .map(|e| (e["object"]["name"].as_str(), e["facts"]["reason"].as_str().expect("a reason")))
            .collect();
        assert_eq!(
            (before, logged),
            (
                0,
                vec![
                    (Some("Nora.Neu@Example.org"), "wrong_password"),
                    (Some("nobody@example.org"), "unknown_email"),
                    (Some("gone@example.org"), "suspended"),
                    (None, "unknown_email"),
                ]
            )
        );
        assert_eq!((&events[3]["user"]["id"], &events[3]["address"]), (&json!(agent), &json!("127.0.0.1")));
        assert!(events.iter().all(|event| event.get("actor").is_none()));
        let log = world.event_log().await;
        assert!(!log.contains("my-secret-guess") && !log.contains(PASSWORD), "{log}");
    }

    async fn every_filter_selects_the_same_events_in_lists_and_exports(world: World) {
        let (license, manager, agent) = day_of_events(&world).await;
        let all = found(&world, "").await;
        for (query, expected) in [
            ("kind=session_created".to_owned(), &["session_created"][..]),
            ("kind=session_created,user_changed".to_owned(), &["user_changed", "session_created"]),
            (format!("actor={}", manager.id), &["user_changed", "license_granted", "signed_in"]),
            (
                format!("user={}", agent.id),
                &[
                    "group_member_added",
                    "user_changed",
                    "session_created",
                    "token_made",
                    "license_granted",
                    "signed_in",
                    "user_added",
                ],
            ),
            (format!("license={license}"), &["session_created", "license_granted", "license_added"]),
            ("origin=api".to_owned(), &["session_created"]),
            ("from=2026-03-02T09:01:00Z&to=2026-03-02T09:02:00Z".to_owned(), &["license_granted"]),
            (format!("actor={}&kind=user_changed,signed_in&origin=app", manager.id), &["user_changed", "signed_in"]),
            ("q=ANGSTROM&kind=user_changed".to_owned(), &["user_changed"]),
            ("q=nora%20neu&kind=user_changed".to_owned(), &["user_changed"]),
            ("q=storungs".to_owned(), &["group_member_added", "group_added"]),
            (
                "q=gr%C3%B6%C3%9Fere".to_owned(),
                &["session_created", "license_granted", "license_added", "product_added"],
            ),
            ("q=nobody".to_owned(), &[]),
            ("q=%25".to_owned(), &[]),
            ("origin=scim".to_owned(), &[]),
        ] {
            assert_eq!(kinds(&world, &query).await, expected, "{query}");
            assert_eq!(exported(&world, &query).await, found(&world, &query).await, "{query}");
        }
        assert_eq!(found(&world, "q=%20&kind=&origin=").await, all, "empty filters are ignored");
    }

    async fn the_events_of_a_group_are_found_and_deleted_users_are_marked(world: World) {
        let user = world.user("Nora Neu", Role::Agent, &[]).await;
        let (day, night) = (world.group("Tag", &[]).await, world.group("Nacht", &[]).await);
        for group in [day, night] {
            world.admin.put(&format!("/groups/{group}/members"), &json!({ "user_ids": [user] })).await.ok();
        }
        assert_eq!(kinds(&world, &format!("group={night}")).await, ["group_member_added", "group_added"]);
        assert_eq!(kinds(&world, &format!("group={night}&kind=signed_in,group_added")).await, ["group_added"]);
        assert_eq!(kinds(&world, &format!("group={night}&kind=signed_in")).await, [""; 0]);
        assert_eq!(exported(&world, &format!("group={night}")).await.len(), 2);
        let added = format!("group={night}&kind=group_member_added");
        assert!(found(&world, &added).await[0]["user"].get("deleted").is_none());
        world.admin.delete(&format!("/users/{user}")).await.no_content();
        let event = found(&world, &added).await.remove(0);
        assert_eq!(event["user"], json!({ "id": user, "name": "Nora Neu", "deleted": true }));
        assert!(event["actor"].get("deleted").is_none());
        world.admin.get("/audit?group=Nacht").await.problem(400, "bad_request");
    }

    async fn paging_lists_each_event_once_while_events_are_added(world: World) {
        world.pool(3, 4).await;
        let expected = found(&world, "limit=500").await;
        let (mut walked, mut after) = (Vec::new(), String::new());
        loop {
            let page = world.admin.get(&format!("/audit?limit=4{after}")).await.ok();
            walked.extend(page["items"].as_array().expect("items").iter().cloned());
            let Some(next) = page["next"].as_i64() else { break };
            world.admin.patch("/me", &json!({ "locale": if next % 2 == 0 { "de" } else { "en" } })).await.ok();
            after = format!("&after={next}");
        }
        assert_eq!(walked, expected);
    }

    async fn a_long_export_is_complete_and_has_no_formula_cells(world: World) {
        world.admin.post("/groups", &json!({ "name": "=HYPERLINK(\"http://evil\")" })).await.created();
        let user = json!({
            "name": "+49 \"Plus\", Minus", "email": "plus@example.org", "password": PASSWORD, "role": "agent",
        });
        world.admin.post("/users", &user).await.created();
        for number in 0..600 {
            world.admin.patch("/me", &json!({ "locale": if number % 2 == 0 { "de" } else { "en" } })).await.ok();
        }
        let (text, headers) = export_file(&world.admin, "format=csv").await;
        assert_eq!(headers["content-type"], "text/csv; charset=utf-8; header=present");
        assert_eq!(headers["content-disposition"], "attachment; filename=\"audit-20260302-090000.csv\"");
        let mut lines = text.trim_start_matches('\u{feff}').trim_end().split("\r\n");
        assert!(lines.next().is_some_and(|head| head.starts_with("position,at,kind,origin,address,actor_id,actor,")));
        assert_eq!(lines.count(), usize::try_from(world.head().await.0).expect("a number"), "one line for each event");
        assert!(text.contains(",\"'=HYPERLINK(\"\"http://evil\"\")\","), "{}", &text[text.len() - 2_000..]);
        assert!(text.contains(",\"'+49 \"\"Plus\"\", Minus\","), "{}", &text[text.len() - 2_000..]);
        let all = exported(&world, "").await;
        assert_eq!(all.len(), usize::try_from(world.head().await.0).expect("a number"));
        assert_eq!(exported(&world, "q=nobody").await, [Value::Null; 0]);
    }

    async fn invalid_queries_are_refused(world: World) {
        for (query, status, code) in [
            ("kind=nonsense", 422, "invalid"),
            ("kind=signed_in,", 422, "invalid"),
            ("origin=window", 422, "invalid"),
            ("limit=0", 422, "invalid"),
            ("limit=501", 422, "invalid"),
            ("from=99999-01-01T00:00:00Z", 400, "bad_request"),
            ("from=-0001-01-01T00:00:00Z", 422, "invalid"),
            ("actor=me", 400, "bad_request"),
            ("after=x", 400, "bad_request"),
        ] {
            world.admin.get(&format!("/audit?{query}")).await.problem(status, code);
        }
        world.admin.get("/audit/export?format=xlsx").await.problem(400, "bad_request");
        world.admin.get("/audit/export").await.problem(400, "bad_request");
        assert_eq!(found(&world, "after=-5").await, [Value::Null; 0]);
        assert_eq!(found(&world, &format!("license={}", uuid::Uuid::nil())).await, [Value::Null; 0]);
    }

    async fn only_users_with_the_permission_see_the_log(world: World) {
        let auditor = world.person("Auditor", Role::Manager, &[Permission::ViewAudit]).await;
        let manager = world.person("Manager", Role::Manager, &[Permission::ManageUsers]).await;
        for path in ["/audit", "/audit/export?format=csv"] {
            assert_eq!(auditor.get(path).await.status, 200);
            manager.get(path).await.problem(403, "forbidden");
            Person::anonymous(&world.url).get(path).await.problem(401, "not_signed_in");
        }
    }

    async fn suspending_twice_is_logged_once(world: World) {
        let user = world.user("Max Muster", Role::Agent, &[]).await;
        let path = format!("/users/{user}");
        for _ in 0..2 {
            world.admin.patch(&path, &json!({ "status": "suspended" })).await.ok();
        }
        let bulk = json!({ "action": "suspend", "user_ids": [user] });
        assert_eq!(world.admin.post("/users/bulk", &bulk).await.ok()["results"][0]["changed"], false);
        assert_eq!(events(&world.admin, &format!("kind=user_suspended&user={user}")).await.len(), 1);
        world.admin.delete(&path).await.no_content();
        let logged = events(&world.admin, &format!("kind=user_deleted&user={user}")).await;
        assert_eq!((logged.len(), &logged[0]["user"]["name"]), (1, &json!("Max Muster")));
    }

    async fn changes_of_groups_products_and_terms_record_the_old_values(world: World) {
        let product = world.product("Chat").await;
        let license = world.license(product, Model::Named, 3).await;
        let manager = world.person("Mia Manager", Role::Manager, &[Permission::ViewAudit]).await;
        let group = world.group("Tag", &[]).await;
        for _ in 0..2 {
            world.admin.patch(&format!("/groups/{group}"), &json!({ "name": "Nacht" })).await.ok();
            world.admin.put(&format!("/groups/{group}/managers"), &json!({ "user_ids": [manager.id] })).await.ok();
            world.admin.patch(&format!("/products/{product}"), &json!({ "name": "Schwatz" })).await.ok();
            let terms = json!({ "notes": "geheim", "archived": true });
            world.admin.patch(&format!("/licenses/{license}"), &terms).await.ok();
        }
        let admin = &world.admin;
        let one = async |by: &Person, kind: &str| {
            let logged = events(by, &format!("kind={kind}")).await;
            assert_eq!(logged.len(), 1, "{kind}: an unchanged value is not logged");
            logged[0].clone()
        };
        let renamed = one(admin, "group_changed").await;
        assert_eq!(
            (&renamed["object"]["name"], &renamed["facts"]["changes"]["name"]),
            (&json!("Tag"), &json!(["Tag", "Nacht"]))
        );
        let managers = one(admin, "group_managers_changed").await;
        assert_eq!(managers["facts"]["changes"]["managers"], json!([[], ["Mia Manager"]]));
        let product = one(admin, "product_changed").await;
        assert_eq!(
            (&product["object"]["name"], &product["facts"]),
            (&json!("Chat"), &json!({ "changes": { "name": ["Chat", "Schwatz"] } }))
        );
        let terms = one(admin, "license_terms_changed").await;
        assert_eq!(terms["facts"]["changes"], json!({ "archived": [false, true], "notes": [null, "geheim"] }));
        // Contract fields are visible only to users who may manage products.
        let terms = one(&manager, "license_terms_changed").await;
        assert_eq!(terms["facts"]["changes"], json!({ "archived": [false, true] }));
        world.admin.delete(&format!("/groups/{group}")).await.no_content();
        assert_eq!(one(admin, "group_deleted").await["object"]["name"], "Nacht");
    }
}

/// The locale file of the app for a language.
fn locale_texts(language: &str) -> Value {
    let file = format!("{}/../frontend/locales/{language}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(file).expect("it can be read")).expect("JSON")
}

#[test]
fn every_event_kind_is_translated_into_every_language() {
    for language in ["de", "en"] {
        let texts = locale_texts(language);
        for kind in Kind::ALL {
            let words = texts["audit_kind"][kind.as_str()].as_str().unwrap_or_default();
            assert!(words.contains(|letter: char| letter.is_uppercase()), "{kind} has no text in {language}");
        }
        let kinds = texts["audit_kind"].as_object().expect("words");
        assert_eq!(kinds.len(), Kind::ALL.len(), "texts of event kinds that no longer exist");
    }
}

#[test]
fn every_field_of_events_is_translated_into_every_language() {
    for language in ["de", "en"] {
        let texts = locale_texts(language);
        // The changed fields are a table of their own.
        let labelled: Vec<_> = Field::ALL.iter().filter(|field| **field != Field::Changes).collect();
        for field in &labelled {
            let label = texts["audit_field"][field.as_str()].as_str().unwrap_or_default();
            assert!(label.contains(|letter: char| letter.is_uppercase()), "{field} has no label in {language}");
        }
        let labels = texts["audit_field"].as_object().expect("labels");
        assert_eq!(labels.len(), labelled.len(), "labels of fields that no longer exist");
    }
}
