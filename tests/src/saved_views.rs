//! Saved views: who sees, changes and deletes them, and what is accepted.

use crate::harness::on_both_engines;
use futures_util::future::join_all;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

/// The names of the views of a page, in order.
fn names(views: &Value) -> Vec<&str> {
    views.as_array().into_iter().flatten().filter_map(|view| view["name"].as_str()).collect()
}

on_both_engines! {
    async fn a_view_is_saved_renamed_and_deleted(world: World) {
        let wanted = json!({ "page": "audit", "name": " Nightly  ", "query": "origin=api&q=J%C3%B6rg" });
        let saved = world.admin.post("/views", &wanted).await.created();
        assert_eq!(saved["name"], "Nightly");
        assert_eq!((&saved["shared"], &saved["own"]), (&json!(false), &json!(true)));
        let id = saved["id"].as_str().expect("an id").to_owned();
        let other = json!({ "page": "users", "name": "Nightly" });
        world.admin.post("/views", &other).await.created();
        let again = json!({ "page": "audit", "name": "NIGHTLY" });
        let problem = world.admin.post("/views", &again).await.problem(409, "already_exists");
        assert_eq!(problem["errors"][0]["field"], "name", "{problem}");
        world.admin.post("/views", &json!({ "page": "audit", "name": "Aa", "query": "" })).await.created();
        let of_page = world.admin.get("/views?page=audit").await.ok();
        assert_eq!(names(&of_page), ["Aa", "Nightly"]);
        assert_eq!(names(&world.admin.get("/views").await.ok()).len(), 3);
        let path = format!("/views/{id}");
        let changed = world.admin.patch(&path, &json!({ "name": "Nights", "query": "origin=scim" })).await.ok();
        assert_eq!((&changed["name"], &changed["query"]), (&json!("Nights"), &json!("origin=scim")));
        world.admin.patch(&path, &json!({ "name": "aa" })).await.problem(409, "already_exists");
        assert_eq!(world.admin.delete(&path).await.status, 204);
        world.admin.delete(&path).await.problem(404, "not_found");
        world.admin.patch(&path, &json!({})).await.problem(404, "not_found");
        assert_eq!(names(&world.admin.get("/views?page=audit").await.ok()), ["Aa"]);
        assert!(!world.event_log().await.contains("view_"), "private views are nobody else's concern");
    }

    async fn a_shared_view_is_seen_by_those_who_may_see_the_page(world: World) {
        let reports = world.person("Reporter", Role::Manager, &[Permission::ViewReports]).await;
        let other = world.person("Colleague", Role::Manager, &[Permission::ViewReports]).await;
        let plain = world.person("Plain", Role::Manager, &[]).await;
        let agent = world.agent("Agent 1").await;
        let view = json!({ "page": "sizing", "name": "Friday", "query": "period=30d", "shared": true });
        let saved = reports.post("/views", &view).await.created();
        let path = format!("/views/{}", saved["id"].as_str().expect("an id"));
        let private = reports.post("/views", &json!({ "page": "sizing", "name": "Mine" })).await.created();
        let private = format!("/views/{}", private["id"].as_str().expect("an id"));
        let seen = other.get("/views?page=sizing").await.ok();
        assert_eq!(names(&seen), ["Friday"]);
        assert_eq!((&seen[0]["own"], &seen[0]["owner_name"]), (&json!(false), &json!("Reporter")));
        for who in [&plain, &agent] {
            assert_eq!(who.get("/views").await.ok(), json!([]));
            who.post("/views", &view).await.problem(403, "forbidden");
            for path in [&path, &private] {
                who.patch(path, &json!({ "name": "x" })).await.problem(404, "not_found");
                who.delete(path).await.problem(404, "not_found");
            }
        }
        other.patch(&path, &json!({ "name": "x" })).await.problem(403, "forbidden");
        other.delete(&path).await.problem(403, "forbidden");
        other.delete(&private).await.problem(404, "not_found");
        world.admin.delete(&private).await.problem(404, "not_found");
        let renamed = world.admin.patch(&path, &json!({ "name": "Fridays" })).await.ok();
        assert_eq!((&renamed["own"], &renamed["owner_name"]), (&json!(false), &json!("Reporter")));
        reports.patch(&private, &json!({ "shared": true })).await.ok();
        reports.patch(&private, &json!({ "shared": false })).await.ok();
        assert_eq!(world.admin.delete(&path).await.status, 204);
        assert_eq!(names(&other.get("/views").await.ok()), Vec::<&str>::new());
        let log = world.event_log().await;
        for (kind, times) in [("\nview_shared ", 2), ("shared_view_changed ", 1), ("shared_view_removed ", 2)] {
            assert_eq!(log.matches(kind).count(), times, "{kind}: {log}");
        }
        assert!(log.contains("/reports/sizing?period=30d"), "{log}");
    }

    async fn views_are_deleted_with_their_owner(world: World) {
        let owner = world.person("Owner", Role::Manager, &[]).await;
        owner.post("/views", &json!({ "page": "users", "name": "Ours", "shared": true })).await.created();
        assert_eq!(names(&world.admin.get("/views?page=users").await.ok()), ["Ours"]);
        assert_eq!(world.admin.delete(&format!("/users/{}", owner.id)).await.status, 204);
        assert_eq!(world.admin.get("/views").await.ok(), json!([]));
    }

    async fn the_owner_of_a_shared_view_is_named_only_to_those_who_see_them(world: World) {
        let owner = world.person("Owner", Role::Manager, &[]).await;
        owner.post("/views", &json!({ "page": "users", "name": "Ours", "shared": true })).await.created();
        let limited = world.person("Limited", Role::Manager, &[]).await;
        let limit = json!({ "limited_to_groups": true });
        world.admin.patch(&format!("/users/{}", limited.id), &limit).await.ok();
        let seen = limited.get("/views?page=users").await.ok();
        assert_eq!((names(&seen), &seen[0]["owner_name"]), (vec!["Ours"], &Value::Null));
    }

    async fn only_names_pages_and_addresses_are_accepted(world: World) {
        let long = "a".repeat(2_001);
        for (body, field) in [
            (json!({ "page": "audit", "name": "" }), "name"),
            (json!({ "page": "audit", "name": "n".repeat(121) }), "name"),
            (json!({ "page": "audit", "name": "x", "query": "a#b" }), "query"),
            (json!({ "page": "audit", "name": "x", "query": "q=Jörg" }), "query"),
            (json!({ "page": "audit", "name": "x", "query": long }), "query"),
        ] {
            let problem = world.admin.post("/views", &body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
        let unknown = json!({ "page": "moon", "name": "x" });
        assert!(!world.admin.post("/views", &unknown).await.status.is_success());
        assert!(!world.admin.get("/views?page=moon").await.status.is_success());
    }

    async fn a_user_has_at_most_a_hundred_views_also_when_saved_at_once(world: World) {
        for number in 0..98 {
            world.admin.post("/views", &json!({ "page": "users", "name": format!("View {number}") })).await.created();
        }
        let bodies: Vec<_> = (0..8).map(|n| json!({ "page": "audit", "name": format!("Race {n}") })).collect();
        let saved = join_all(bodies.iter().map(|body| world.admin.post("/views", body))).await;
        assert_eq!(saved.iter().filter(|answer| answer.status == 201).count(), 2);
        for answer in saved.into_iter().filter(|answer| answer.status != 201) {
            answer.problem(409, "too_many_views");
        }
    }
}
