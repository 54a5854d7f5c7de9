//! Assignments that end by themselves: refused from the very moment on, filed as revoked, changed, removed and
//! announced.

use crate::harness::{Person, World, on_both_engines};
use chrono::TimeDelta;
use futures_util::future::join_all;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";
/// The clock of a new world stands at 09:00.
const TEN: &str = "2026-03-02T10:00:00Z";
const ELEVEN: &str = "2026-03-02T11:00:00Z";

async fn license(world: &World, model: Model, seats: i64) -> LicenseId {
    let product = world.product("Remote Support v5").await;
    world.license(product, model, seats).await
}

async fn grant(world: &World, license: LicenseId, users: &[UserId], ends_at: &str) -> Value {
    let body = json!({ "user_ids": users, "ends_at": ends_at });
    world.admin.post(&format!("/licenses/{license}/grant"), &body).await.ok()["results"].clone()
}

async fn set_end(by: &Person, license: LicenseId, user: UserId, ends_at: Value) -> Value {
    let body = json!({ "user_ids": [user], "ends_at": ends_at });
    by.post(&format!("/licenses/{license}/grant-end"), &body).await.ok()["results"][0].clone()
}

async fn grant_ends(world: &World, user: UserId) -> Value {
    world.admin.get(&format!("/users/{user}")).await.ok()["grant_ends"].clone()
}

/// The events of this kind that the audit log shows, the newest first.
async fn events(world: &World, kind: &str) -> Vec<Value> {
    let page = world.admin.get(&format!("/audit?kind={kind}")).await.ok();
    page["items"].as_array().expect("events").clone()
}

on_both_engines! {
    async fn from_its_end_on_an_assignment_gives_no_seat(world: World) {
        let license = license(&world, Model::Concurrent, 2).await;
        let agent = world.agent("Nora Neu").await;
        let soon = "2026-03-02T09:00:30Z";
        grant(&world, license, &[agent.id], soon).await;
        let ends = json!([{ "license_id": license, "ends_at": soon }]);
        assert_eq!(grant_ends(&world, agent.id).await, ends);
        assert_eq!(agent.get("/me/access").await.ok()["grant_ends"], ends);
        let session = agent.seated().await;
        world.advance_clock(TimeDelta::milliseconds(29_999));
        agent.request_seat().await.created();
        world.advance_clock(TimeDelta::milliseconds(1));
        // Nothing has swept yet.
        agent.request_seat().await.problem(409, "not_assigned");
        assert_eq!(agent.post_action(&session, "heartbeat").await.status, 200, "the session may finish");
        let seen = world.admin.get(&format!("/users/{}", agent.id)).await.ok();
        assert_eq!((&seen["license_ids"], &seen["grant_ends"]), (&json!([]), &Value::Null));
    }

    async fn the_sweep_files_the_end_as_a_revocation_without_an_actor(world: World) {
        let license = license(&world, Model::Named, 2).await;
        let (short, lasting) = (world.agent("Kurz").await, world.agent("Lang").await);
        grant(&world, license, &[short.id], TEN).await;
        world.grant(license, &[lasting.id]).await;
        let before = world.head().await;
        world.advance_clock(TimeDelta::minutes(59));
        world.sweep().await;
        assert_eq!(world.users_of_events("license_revoked", before).await, Vec::<UserId>::new());
        world.advance_clock(TimeDelta::minutes(1));
        world.sweep().await;
        world.sweep().await;
        assert_eq!(world.users_of_events("license_revoked", before).await, [short.id]);
        let revoked = events(&world, "license_revoked").await;
        assert_eq!((revoked.len(), &revoked[0]["facts"]), (1, &json!({ "reason": "end_reached" })));
        assert_eq!((&revoked[0]["actor"], &revoked[0]["origin"]), (&Value::Null, &json!("system")));
        let granted = events(&world, "license_granted").await;
        assert_eq!((&granted[0]["facts"], &granted[1]["facts"]), (&json!({}), &json!({ "ends_at": TEN })));
        lasting.request_seat().await.created();
    }

    async fn a_waiter_whose_assignment_ends_leaves_the_queue(world: World) {
        let (license, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let agent = world.agent("Nora Neu").await;
        grant(&world, license, &[agent.id], "2026-03-02T09:00:30Z").await;
        let ticket = agent.queued().await;
        world.advance_clock(TimeDelta::seconds(30));
        world.sweep().await;
        let over = agent.get(&ticket).await.ok();
        assert_eq!((&over["state"], &over["over"]["reason"]), (&json!("over"), &json!("assignment_revoked")));
        assert_eq!(world.usage(license).await["waiting"], 0);
    }

    async fn an_end_can_be_changed_and_removed_but_not_set_in_the_past(world: World) {
        let license = license(&world, Model::Concurrent, 1).await;
        let agent = world.agent("Nora Neu").await;
        let path = format!("/licenses/{license}/grant-end");
        let changed = json!({ "user_id": agent.id, "changed": true });
        let unchanged = json!({ "user_id": agent.id, "changed": false });
        let refused = json!({ "user_id": agent.id, "changed": false, "refused": "not_assigned" });
        assert_eq!(set_end(&world.admin, license, agent.id, json!(TEN)).await, refused);
        world.grant(license, &[agent.id]).await;
        assert_eq!(set_end(&world.admin, license, agent.id, json!(TEN)).await, changed);
        assert_eq!(set_end(&world.admin, license, agent.id, json!(TEN)).await, unchanged);
        // Granting again neither extends nor removes it.
        let again = json!({ "user_ids": [agent.id] });
        world.admin.post(&format!("/licenses/{license}/grant"), &again).await.ok();
        grant(&world, license, &[agent.id], ELEVEN).await;
        assert_eq!(grant_ends(&world, agent.id).await[0]["ends_at"], TEN);
        assert_eq!(set_end(&world.admin, license, agent.id, json!(ELEVEN)).await, changed);
        world.advance_clock(TimeDelta::minutes(90));
        agent.request_seat().await.created();
        assert_eq!(set_end(&world.admin, license, agent.id, Value::Null).await, changed);
        assert_eq!(grant_ends(&world, agent.id).await, Value::Null);
        world.advance_clock(TimeDelta::minutes(90));
        world.sweep().await;
        agent.request_seat().await.created();
        let changes = events(&world, "grant_end_changed").await;
        assert_eq!(changes[0]["facts"]["changes"]["ends_at"], json!([ELEVEN, null]));
        let past = json!({ "user_ids": [agent.id], "ends_at": TEN });
        for path in [path.clone(), format!("/licenses/{license}/grant")] {
            let problem = world.admin.post(&path, &past).await.problem(422, "invalid");
            assert_eq!(problem["errors"], json!([{ "field": "ends_at", "error": "end_before_start" }]));
        }
        let far = json!({ "user_ids": [agent.id], "ends_at": "+12345-01-01T00:00:00Z" });
        assert_eq!(world.admin.post(&path, &far).await.status, 422);
        let unknown = format!("/licenses/{UNKNOWN}/grant-end");
        world.admin.post(&unknown, &json!({ "user_ids": [agent.id] })).await.problem(404, "not_found");
        world.admin.post(&path, &json!({ "user_ids": [] })).await.problem(422, "invalid");
    }

    async fn a_new_assignment_after_the_end_begins_without_one(world: World) {
        let license = license(&world, Model::Named, 1).await;
        let agent = world.agent("Nora Neu").await;
        grant(&world, license, &[agent.id], TEN).await;
        world.advance_clock(TimeDelta::hours(1));
        // The grant itself settles what has ended: the seat is free for the same user at once.
        let body = json!({ "user_ids": [agent.id] });
        let again = world.admin.post(&format!("/licenses/{license}/grant"), &body).await.ok();
        assert_eq!(again["results"], json!([{ "user_id": agent.id, "changed": true }]));
        assert_eq!(grant_ends(&world, agent.id).await, Value::Null);
        world.advance_clock(TimeDelta::hours(1));
        world.sweep().await;
        agent.request_seat().await.created();
    }

    async fn a_borrowed_seat_comes_back_before_the_assignment_ends(world: World) {
        let terms = json!({ "model": "concurrent", "seats": 1, "borrow_seconds": 86_400 });
        let (license, people) = world.pool_with_terms(terms, 1).await;
        assert_eq!(set_end(&world.admin, license, people[0].id, json!(TEN)).await["changed"], true);
        let session = people[0].seated().await;
        let borrowed = people[0].post(&format!("{session}/borrow"), &json!({ "borrow_seconds": 7_200 })).await.ok();
        assert_eq!(borrowed["borrowed_until"], TEN, "{borrowed}");
    }

    async fn what_a_group_gives_has_no_end_of_its_own(world: World) {
        let license = license(&world, Model::Concurrent, 2).await;
        let agent = world.agent("Nora Neu").await;
        let group = world.group("Contractors", &[agent.id]).await;
        world.admin.put(&format!("/groups/{group}/licenses/{license}"), &Value::Null).await.ok();
        let refused = json!({ "user_id": agent.id, "changed": false, "refused": "given_by_group" });
        assert_eq!(set_end(&world.admin, license, agent.id, json!(TEN)).await, refused);
        grant(&world, license, &[agent.id], TEN).await;
        assert_eq!(grant_ends(&world, agent.id).await, Value::Null, "the group gives it for longer");
        // A manual assignment whose end is withdrawn in favour of the group lasts as long as the membership.
        let other = world.agent("Otto Alt").await;
        grant(&world, license, &[other.id], TEN).await;
        let join = json!({ "add": [other.id] });
        world.admin.post(&format!("/groups/{group}/members"), &join).await.ok();
        let revoke = json!({ "user_ids": [other.id], "end_now": false });
        world.admin.post(&format!("/licenses/{license}/revoke"), &revoke).await.ok();
        assert_eq!(grant_ends(&world, other.id).await, Value::Null);
        world.advance_clock(TimeDelta::hours(2));
        world.sweep().await;
        other.request_seat().await.created();
    }

    async fn bulk_actions_set_ends_and_tell_those_that_they_take(world: World) {
        let license = license(&world, Model::Concurrent, 5).await;
        let (first, second) = (world.agent("Erste").await, world.agent("Zweite").await);
        let act = async |body: Value| world.admin.post("/users/bulk", &body).await.ok()["results"].clone();
        let users = json!([first.id, second.id]);
        let granted =
            act(json!({ "action": "grant", "license_id": license, "ends_at": TEN, "user_ids": [first.id] })).await;
        assert_eq!(granted[0]["changed"], true);
        let set = json!({ "action": "set_grant_end", "license_id": license, "ends_at": ELEVEN, "user_ids": users });
        let mut preview = set.clone();
        preview["dry_run"] = json!(true);
        let ends = json!([{ "license_id": license, "ends_at": TEN }]);
        for body in [preview, set] {
            let results = act(body).await;
            assert_eq!((&results[0]["changed"], &results[0]["grant_ends"]), (&json!(true), &ends));
            assert_eq!((&results[1]["changed"], &results[1]["refused"]), (&json!(false), &json!("not_assigned")));
        }
        assert_eq!(grant_ends(&world, first.id).await[0]["ends_at"], ELEVEN);
        let revoke = json!({ "action": "revoke", "license_id": license, "end_now": true, "user_ids": [first.id] });
        let revoked = act(revoke).await;
        assert_eq!(revoked[0]["grant_ends"], json!([{ "license_id": license, "ends_at": ELEVEN }]));
        let past = json!({ "action": "grant", "license_id": license, "ends_at": "2026-03-01T00:00:00Z",
                           "user_ids": [first.id] });
        world.admin.post("/users/bulk", &past).await.problem(422, "invalid");
    }

    async fn the_overview_announces_ends_to_those_who_assign(world: World) {
        let license = license(&world, Model::Concurrent, 5).await;
        let (first, second) = (world.agent("Erste").await, world.agent("Zweite").await);
        grant(&world, license, &[first.id], "2026-03-16T08:59:59Z").await;
        grant(&world, license, &[second.id], "2026-03-16T09:00:01Z").await;
        let assigner =
            world.person("Assigner", Role::Manager, &[Permission::ManageUsers, Permission::ManageProducts]).await;
        let plain = world.person("Plain", Role::Manager, &[]).await;
        let tasks = async |who: &Person| {
            let tasks = who.get("/overview").await.ok()["tasks"].as_array().expect("tasks").clone();
            tasks.into_iter().filter(|task| task["kind"] == "grants_ending").collect::<Vec<_>>()
        };
        let task = json!({
            "kind": "grants_ending", "license_id": license, "grants": 1, "next_end": "2026-03-16T08:59:59Z",
            "user_id": first.id, "user_name": "Erste",
        });
        assert_eq!(tasks(&world.admin).await, std::slice::from_ref(&task));
        assert_eq!(tasks(&assigner).await, [task]);
        assert_eq!(tasks(&plain).await, Vec::<Value>::new());
        world.limit_to_groups(&assigner, &[]).await;
        assert_eq!(tasks(&assigner).await, Vec::<Value>::new());
        world.advance_clock(TimeDelta::minutes(1));
        assert_eq!(tasks(&world.admin).await[0]["grants"], 2);
    }

    async fn a_hundred_requests_around_the_end_get_no_seat_after_it(world: World) {
        let license = license(&world, Model::Concurrent, 200).await;
        let agent = world.agent("Nora Neu").await;
        grant(&world, license, &[agent.id], TEN).await;
        world.advance_clock(TimeDelta::hours(1));
        let sweep = async { world.sweep().await };
        let requests = join_all((0..100).map(|_| agent.request_seat()));
        let (answers, ()) = futures_util::future::join(requests, sweep).await;
        assert!(answers.iter().all(|answer| answer.status == 409), "all are refused");
        assert_eq!(world.usage(license).await["assigned"], 0);
    }
}
