//! Bulk actions on users: the preview reports exactly what the action then does.

use crate::harness::{World, on_both_engines};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// The outcome for each user: `+` changed, `=` unchanged, or the code of the refusal.
fn outcomes(answer: &Value) -> Vec<String> {
    let results = answer["results"].as_array().expect("results");
    results
        .iter()
        .map(|result| match (result["changed"].as_bool(), result["refused"].as_str()) {
            (_, Some(code)) => code.to_owned(),
            (Some(true), None) => "+".to_owned(),
            _ => "=".to_owned(),
        })
        .collect()
}

/// Previews the action, which must change nothing, and performs it, which must have the same result.
async fn preview_and_run(world: &World, users: &[UserId], action: Value) -> Value {
    let mut body = action;
    body["user_ids"] = json!(users);
    body["dry_run"] = json!(true);
    let before = world.head().await;
    let mut preview = world.admin.post("/users/bulk", &body).await.ok();
    assert_eq!(world.head().await, before, "a preview changes nothing");
    body["dry_run"] = json!(false);
    let done = world.admin.post("/users/bulk", &body).await.ok();
    assert_eq!((&preview["dry_run"], &done["dry_run"]), (&json!(true), &json!(false)));
    preview["dry_run"] = json!(false);
    assert_eq!(preview, done, "{body}");
    done
}

async fn add_agents(world: &World, number: usize) -> Vec<UserId> {
    let mut ids = Vec::new();
    for number in 0..number {
        ids.push(world.user(&format!("Agent {number}"), Role::Agent, &[]).await);
    }
    ids
}

/// Inserts this many users directly into the table.
async fn insert_users(world: &World, number: usize) {
    let row = |number| {
        let (id, name) = (format!("00000000-0000-4000-8000-{number:0>12}"), format!("masse {number:0>4}"));
        format!(
            "('{id}', '{name}', '{name}', '{number}@example.org', '{number}@example.org', 'agent', '[]', FALSE,
              'active', '2026-03-02T09:00:00.000000Z')"
        )
    };
    let rows: Vec<_> = (0..number).map(row).collect();
    let columns = "id, name, name_key, email, email_key, role, permissions, billing_contact, status, created_at";
    world.execute(&format!("INSERT INTO users ({columns}) VALUES {}", rows.join(", "))).await;
}

/// Runs an action on all users that match a filter, and returns the result of each chunk.
async fn run_in_chunks(world: &World, action: &Value, dry_run: bool) -> Vec<Value> {
    let (mut body, mut parts) = (action.clone(), Vec::new());
    body["dry_run"] = json!(dry_run);
    loop {
        let part = world.admin.post("/users/bulk", &body).await.ok();
        body["after"] = part["next"].clone();
        parts.push(part);
        if body["after"].is_null() {
            return parts;
        }
    }
}

async fn named_license(world: &World, seats: i64) -> LicenseId {
    let product = world.product("Service Desk").await;
    world.license(product, Model::Named, seats).await
}

on_both_engines! {
    async fn named_seats_go_to_the_first_users_and_the_preview_lists_the_others(world: World) {
        let (license, users) = (named_license(&world, 3).await, add_agents(&world, 5).await);
        world.grant(license, &users[..1]).await;
        world.admin.patch(&format!("/users/{}", users[1]), &json!({ "status": "suspended" })).await.ok();
        let mut all = users.clone();
        all.push(UNKNOWN.parse().expect("an id"));
        let done = preview_and_run(&world, &all, json!({ "action": "grant", "license_id": license })).await;
        assert_eq!(done["seats_free"], 2);
        assert_eq!(outcomes(&done), ["=", "user_suspended", "+", "+", "named_seats_taken", "not_found"]);
        assert_eq!(done["results"][2], json!({ "user_id": users[2], "name": "Agent 2", "changed": true }));
        assert_eq!(world.usage(license).await["assigned"], 3);
        let again = preview_and_run(&world, &users[2..4], json!({ "action": "grant", "license_id": license })).await;
        assert_eq!(outcomes(&again), ["=", "="], "twice is harmless");
    }

    async fn actions_that_end_sessions_report_how_many(world: World) {
        let (license, people) = world.pool(3, 3).await;
        let ids: Vec<_> = people.iter().map(|person| person.id).collect();
        for agent in &people[..2] {
            agent.seated().await;
        }
        let finish = json!({ "action": "revoke", "license_id": license, "end_now": false });
        let done = preview_and_run(&world, &ids[..1], finish).await;
        assert_eq!((outcomes(&done), &done["results"][0]["ends_sessions"]), (vec!["+".to_owned()], &Value::Null));
        let now = json!({ "user_ids": ids, "action": "revoke", "license_id": license, "end_now": true });
        let done = world.admin.post("/users/bulk", &now).await.ok();
        let ended: Vec<_> =
            done["results"].as_array().expect("results").iter().map(|r| r["ends_sessions"].clone()).collect();
        assert_eq!(ended, [json!(1), json!(1), Value::Null], "the first one was finishing and had to stop");
        assert_eq!(outcomes(&done), ["=", "+", "+"]);
        assert_eq!(world.usage(license).await["occupied"], 0);
    }

    async fn groups_roles_and_statuses_change_in_bulk(world: World) {
        let users = add_agents(&world, 3).await;
        let group = world.group("Nachtschicht", &users[..1]).await;
        let add = json!({ "action": "add_to_group", "group_id": group });
        assert_eq!(outcomes(&preview_and_run(&world, &users, add.clone()).await), ["=", "+", "+"]);
        assert_eq!(outcomes(&preview_and_run(&world, &users, add).await), ["=", "=", "="]);
        let remove = json!({ "action": "remove_from_group", "group_id": group });
        assert_eq!(outcomes(&preview_and_run(&world, &users[1..], remove).await), ["+", "+"]);
        assert_eq!(world.admin.get("/groups").await.ok()[0]["members"], 1);
        let manager = json!({ "action": "set_role", "role": "manager" });
        assert_eq!(outcomes(&preview_and_run(&world, &[users[0], world.admin.id], manager).await), ["+", "last_admin"]);
        assert_eq!(outcomes(&preview_and_run(&world, &users, json!({ "action": "suspend" })).await), ["+", "+", "+"]);
        assert_eq!(outcomes(&preview_and_run(&world, &users, json!({ "action": "suspend" })).await), ["=", "=", "="]);
        assert_eq!(
            outcomes(&preview_and_run(&world, &users[..2], json!({ "action": "reactivate" })).await),
            ["+", "+"]
        );
        let mut with_admin = users.clone();
        with_admin.push(world.admin.id);
        assert_eq!(
            outcomes(&preview_and_run(&world, &with_admin, json!({ "action": "delete" })).await),
            ["+", "+", "+", "last_admin"]
        );
        assert_eq!(world.admin.get("/users").await.ok()["total"], 1);
        assert_eq!(outcomes(&preview_and_run(&world, &users[..1], json!({ "action": "delete" })).await), ["not_found"]);
    }

    async fn a_filter_selects_all_users_that_the_list_shows(world: World) {
        let users = add_agents(&world, 3).await;
        let group = world.group("Nachtschicht", &users[1..]).await;
        let body = json!({ "filter": { "group": group, "q": "AGENT" }, "action": "suspend" });
        let done = world.admin.post("/users/bulk", &body).await.ok();
        let who: Vec<_> = done["results"].as_array().expect("results").iter().map(|r| r["name"].clone()).collect();
        assert_eq!(who, ["Agent 1", "Agent 2"]);
        assert_eq!(world.admin.get("/users?status=suspended").await.ok()["total"], 2);
        let no_matches = json!({ "filter": { "q": "nobody" }, "action": "delete" });
        assert_eq!(world.admin.post("/users/bulk", &no_matches).await.ok()["results"], json!([]));
    }

    async fn a_filter_reaches_all_users_and_the_preview_counts_across_chunks(world: World) {
        let license = named_license(&world, 1_050).await;
        insert_users(&world, 1_100).await;
        let grant = json!({ "filter": { "q": "masse" }, "action": "grant", "license_id": license });
        let head = world.head().await;
        let preview = run_in_chunks(&world, &grant, true).await;
        assert_eq!(world.head().await, head, "a preview changes nothing");
        assert_eq!((&preview[0]["total"], preview.len()), (&json!(1_100), 2));
        let would: Vec<_> = preview.iter().flat_map(outcomes).collect();
        assert_eq!(would.iter().filter(|outcomes| *outcomes == "+").count(), 1_050);
        assert_eq!(would.iter().skip(1_050).filter(|outcomes| *outcomes == "named_seats_taken").count(), 50);
        let done: Vec<_> = run_in_chunks(&world, &grant, false).await.iter().flat_map(outcomes).collect();
        assert_eq!(done, would);
    }

    async fn a_filter_with_shrinking_matches_skips_no_user(world: World) {
        insert_users(&world, 1_100).await;
        let group = world.group("Nachtschicht", &[]).await;
        let add = json!({ "filter": { "q": "masse" }, "action": "add_to_group", "group_id": group });
        run_in_chunks(&world, &add, false).await;
        let remove = json!({ "filter": { "group": group }, "action": "remove_from_group", "group_id": group });
        let parts = run_in_chunks(&world, &remove, false).await;
        assert_eq!((&parts[0]["total"], &parts[1]["total"]), (&json!(1_100), &json!(100)));
        assert_eq!(world.admin.get(&format!("/groups/{group}")).await.ok()["members"], 0);
    }

    async fn a_suspension_reports_which_seats_it_frees(world: World) {
        let (desk, users) = (named_license(&world, 1).await, add_agents(&world, 2).await);
        let shared = world.license(world.product("Remote Support v5").await, Model::Concurrent, 3).await;
        world.grant(desk, &users[..1]).await;
        world.grant(shared, &users[..1]).await;
        let done = preview_and_run(&world, &users[..1], json!({ "action": "suspend" })).await;
        assert_eq!(done["results"][0]["frees"], json!([desk]), "the shared license stays assigned");
        world.grant(desk, &users[1..]).await;
        preview_and_run(&world, &users[..1], json!({ "action": "reactivate" })).await;
        let back = preview_and_run(&world, &users[..1], json!({ "action": "grant", "license_id": desk })).await;
        assert_eq!(outcomes(&back), ["named_seats_taken"]);
    }

    async fn a_seat_from_a_group_is_restored_automatically(world: World) {
        let (license, users) = (named_license(&world, 1).await, add_agents(&world, 1).await);
        let group = world.group("Nachtschicht", &users).await;
        world.admin.put(&format!("/groups/{group}/licenses/{license}"), &json!({})).await;
        let done = preview_and_run(&world, &users, json!({ "action": "suspend" })).await;
        assert!(done["results"][0]["frees"].is_null(), "{done}");
    }

    async fn bulk_actions_check_a_managers_rights_for_each_user(world: World) {
        let (license, users) = (named_license(&world, 3).await, add_agents(&world, 3).await);
        let users_only = world.person("Ulla", Role::Manager, &[Permission::ManageUsers]).await;
        let grant = json!({ "user_ids": users, "action": "grant", "license_id": license });
        users_only.post("/users/bulk", &grant).await.problem(403, "forbidden");
        let promote = json!({ "user_ids": users, "action": "set_role", "role": "admin" });
        users_only.post("/users/bulk", &promote).await.problem(403, "forbidden");
        let both = json!({ "user_ids": [users[0], world.admin.id, users_only.id], "action": "suspend" });
        assert_eq!(outcomes(&users_only.post("/users/bulk", &both).await.ok()), ["+", "forbidden", "forbidden"]);
        // A manager limited to groups reaches only users in scope, by id and by filter.
        let limited = world.person("Lena", Role::Manager, Permission::ALL).await;
        let (group, other) = (world.group("Unsere", &users[1..2]).await, world.group("Fremde", &users[2..]).await);
        world.limit_to_groups(&limited, &[group]).await;
        assert_eq!(outcomes(&limited.post("/users/bulk", &grant).await.ok()), ["not_found", "+", "not_found"]);
        let all = json!({ "filter": {}, "action": "delete", "dry_run": true });
        let preview = limited.post("/users/bulk", &all).await.ok();
        assert_eq!(preview["results"], json!([{ "user_id": users[1], "name": "Agent 1", "changed": true }]));
        let foreign = json!({ "user_ids": users, "action": "add_to_group", "group_id": other });
        limited.post("/users/bulk", &foreign).await.problem(404, "not_found");
        let add = json!({ "user_ids": users, "action": "add_to_group", "group_id": group });
        assert_eq!(outcomes(&limited.post("/users/bulk", &add).await.ok()), ["not_found", "=", "not_found"]);
    }

    async fn invalid_actions_are_refused_before_any_change(world: World) {
        let users = add_agents(&world, 1).await;
        let (before, admin) = (world.head().await, &world.admin);
        let too_many: Vec<_> = (0..1001).map(uuid::Uuid::from_u128).collect();
        for body in [
            json!({ "action": "suspend" }),
            json!({ "action": "suspend", "user_ids": [] }),
            json!({ "action": "suspend", "user_ids": too_many }),
            json!({ "action": "suspend", "user_ids": users, "filter": {} }),
        ] {
            let problem = admin.post("/users/bulk", &body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], "user_ids");
        }
        let lost = json!({ "action": "suspend", "filter": {}, "after": "nonsense" });
        assert_eq!(admin.post("/users/bulk", &lost).await.problem(422, "invalid")["errors"][0]["field"], "after");
        for body in [
            json!({ "user_ids": users }),
            json!({ "user_ids": users, "action": "explode" }),
            json!({ "user_ids": users, "action": "grant" }),
        ] {
            admin.post("/users/bulk", &body).await.problem(400, "bad_request");
        }
        for body in [
            json!({ "user_ids": users, "action": "grant", "license_id": UNKNOWN }),
            json!({ "user_ids": users, "action": "add_to_group", "group_id": UNKNOWN }),
        ] {
            admin.post("/users/bulk", &body).await.problem(404, "not_found");
        }
        assert_eq!(world.head().await, before);
    }
}
