//! Groups: floors and caps on licenses, members and managers.

use crate::harness::{Person, World, id_of, on_both_engines, queue::place};
use reqwest::Method;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

async fn put(by: &Person, path: &str, body: &Value) -> crate::harness::Answer {
    by.send(by.request(Method::PUT, path).json(body)).await
}

/// Adds a group with these members.
async fn group(world: &World, name: &str, members: &[&Person]) -> GroupId {
    let group = world.admin.post("/groups", &json!({ "name": name })).await.created();
    let id: GroupId = id_of(&group);
    let expected = json!({ "id": id, "name": name, "members": members.len() });
    assert_eq!(set_members(world, id, members).await, expected);
    id
}

async fn set_members(world: &World, group: GroupId, members: &[&Person]) -> Value {
    let ids: Vec<_> = members.iter().map(|member| member.id).collect();
    put(&world.admin, &format!("/groups/{group}/members"), &json!({ "user_ids": ids })).await.ok()
}

async fn set_limits(world: &World, license: LicenseId, limits: Value) -> Value {
    put(&world.admin, &format!("/licenses/{license}/groups"), &json!({ "limits": limits })).await.ok()
}

fn only_error(problem: &Value) -> (&str, &str) {
    let error = &problem["errors"][0];
    (error["field"].as_str().expect("a field"), error["error"].as_str().expect("an error"))
}

on_both_engines! {
    async fn the_second_of_two_edits_of_limits_or_managers_conflicts(world: World) {
        let (license, _) = world.pool(3, 1).await;
        let night = group(&world, "Nachtschicht", &[]).await;
        let (seen, path) =
            (world.admin.etag_of(&format!("/licenses/{license}")).await, format!("/licenses/{license}/groups"));
        let limits = |floor: i64| json!({ "limits": [{ "group_id": night, "floor": floor }] });
        let first = world.admin.put_if(&path, &seen, &limits(1)).await;
        assert_eq!(first.etag(), world.admin.etag_of(&format!("/licenses/{license}")).await);
        world.admin.put_if(&path, &seen, &limits(2)).await.problem(412, "changed_meanwhile");
        let manager = world.person("Lena", Role::Manager, &[]).await;
        let (seen, path) =
            (world.admin.etag_of(&format!("/groups/{night}")).await, format!("/groups/{night}/managers"));
        world.admin.put_if(&path, &seen, &json!({ "user_ids": [manager.id] })).await.ok();
        world.admin.put_if(&path, &seen, &json!({ "user_ids": [] })).await.problem(412, "changed_meanwhile");
    }

    async fn reserved_seats_go_only_to_members_of_the_group(world: World) {
        let (license, people) = world.pool(3, 4).await;
        let night = group(&world, "Nachtschicht", &[&people[0]]).await;
        let seen = set_limits(&world, license, json!([{ "group_id": night, "floor": 2 }])).await;
        assert_eq!(seen["group_limits"], json!([{ "group_id": night, "floor": 2 }]));
        people[1].request_seat().await.created();
        let refused = people[2].request_seat().await.problem(409, "reserved_for_group");
        assert_eq!(refused["refusal"], json!({ "license_id": license, "seats": 3, "occupied": 1, "waiting": 0 }));
        people[0].request_seat().await.created();
        people[2].request_seat().await.problem(409, "reserved_for_group");
        set_members(&world, night, &[&people[0], &people[3]]).await;
        people[3].request_seat().await.created();
        people[2].request_seat().await.problem(409, "pool_full");
    }

    async fn a_group_does_not_exceed_its_cap(world: World) {
        let (license, people) = world.pool(3, 3).await;
        let night = group(&world, "Nachtschicht", &[&people[0], &people[1]]).await;
        set_limits(&world, license, json!([{ "group_id": night, "floor": 0, "cap": 1 }])).await;
        let session = people[0].seated().await;
        people[1].request_seat().await.problem(409, "group_limit");
        let ticket = people[1].queued().await;
        people[2].request_seat().await.created();
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1), "the others are not held up");
        people[0].post_action(&session, "end").await.ok();
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("offered", 1));
        people[0].request_seat().await.problem(409, "group_limit");
        people[1].post_action(&ticket, "accept").await.created();
    }

    async fn a_limited_manager_sees_their_own_user_without_groups_out_of_scope(world: World) {
        let manager = world.person("Mia M", Role::Manager, &[]).await;
        let other = world.user("Nina N", Role::Agent, &[]).await;
        let (managed, foreign) = (world.group("Nacht", &[]).await, world.group("Tag", &[manager.id, other]).await);
        world.limit_to_groups(&manager, &[managed]).await;
        let license = world.license(world.product("Chat").await, Model::Named, 1).await;
        world.grant(license, &[manager.id]).await;
        let own = manager.get(&format!("/users/{}", manager.id)).await.ok();
        assert_eq!((&own["license_ids"], &own["group_ids"]), (&json!([license]), &json!([])), "{foreign} is hidden");
        manager.get(&format!("/users/{other}")).await.problem(404, "not_found");
    }

    async fn a_limited_manager_changes_the_reservations_of_their_groups_only(world: World) {
        let (license, _) = world.pool(9, 1).await;
        let manager = world.person("Mia M", Role::Manager, &[Permission::ManageProducts]).await;
        let (own, other) = (world.group("Nacht", &[]).await, world.group("Tag", &[]).await);
        world.limit_to_groups(&manager, &[own]).await;
        let path = format!("/licenses/{license}/groups");
        let floors = |n: i64, m: i64| json!([{ "group_id": own, "floor": n }, { "group_id": other, "floor": m }]);
        let in_order = |limits: &Value| {
            let mut all = limits.as_array().expect("limits").clone();
            all.sort_by_key(|limit| limit["group_id"] != json!(own));
            json!(all)
        };
        set_limits(&world, license, floors(1, 2)).await;
        let all = async || world.admin.get(&format!("/licenses/{license}")).await.ok()["group_limits"].clone();
        let limits = json!([{ "group_id": own, "floor": 3 }]);
        let seen = put(&manager, &path, &json!({ "limits": limits })).await.ok();
        assert_eq!(seen["group_limits"], limits);
        assert_eq!(in_order(&all().await), floors(3, 2));
        // The response is the same whether the group is limited, and how.
        for foreign in [floors(3, 2), floors(3, 4), json!([{ "group_id": other, "floor": 1 }])] {
            let problem = put(&manager, &path, &json!({ "limits": foreign })).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), ("group_id", "unknown"));
        }
        let tag = manager.etag_of(&format!("/licenses/{license}")).await;
        let seen = manager.put_if(&path, &tag, &json!({ "limits": [] })).await.ok();
        assert_eq!(seen["group_limits"], Value::Null);
        assert_eq!(all().await, json!([{ "group_id": other, "floor": 2 }]));
    }

    async fn a_new_cap_applies_at_once_even_to_a_group_that_had_none(world: World) {
        let (license, people) = world.pool(2, 3).await;
        let (night, day) = (group(&world, "Nacht", &[]).await, group(&world, "Tag", &[&people[0], &people[1]]).await);
        set_limits(&world, license, json!([{ "group_id": night, "floor": 1 }])).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        set_limits(&world, license, json!([{ "group_id": day, "floor": 0, "cap": 1 }])).await;
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
        people[1].post_action(&ticket, "accept").await.problem(409, "no_offer");
        people[2].request_seat().await.created();
    }

    async fn a_seat_is_offered_to_the_first_eligible_waiter(world: World) {
        let (license, people) = world.pool(2, 4).await;
        let night = group(&world, "Nachtschicht", &[&people[0], &people[3]]).await;
        set_limits(&world, license, json!([{ "group_id": night, "floor": 1 }])).await;
        let (reserved, other) = (people[0].seated().await, people[1].seated().await);
        let (non_member, member) = (people[2].queued().await, people[3].queued().await);
        people[0].post_action(&reserved, "end").await.ok();
        assert_eq!(place(&people[2].get(&non_member).await.ok()), ("waiting", 1), "this seat is reserved for members");
        assert_eq!(place(&people[3].get(&member).await.ok()), ("offered", 2));
        people[1].post_action(&other, "end").await.ok();
        assert_eq!(place(&people[2].get(&non_member).await.ok()), ("offered", 1));
    }

    async fn a_waiter_who_joins_a_group_gets_its_reserved_seat(world: World) {
        let (license, people) = world.pool(2, 2).await;
        let night = group(&world, "Nachtschicht", &[]).await;
        set_limits(&world, license, json!([{ "group_id": night, "floor": 1 }])).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
        set_members(&world, night, &[&people[1]]).await;
        world.sweep().await;
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("offered", 1));
    }

    async fn changed_limits_apply_to_waiters(world: World) {
        let (license, people) = world.pool(2, 3).await;
        let (night, day) = (group(&world, "Nacht", &[]).await, group(&world, "Tag", &[&people[1]]).await);
        set_limits(&world, license, json!([{ "group_id": night, "floor": 1 }])).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        set_limits(&world, license, json!([{ "group_id": day, "floor": 1 }])).await;
        world.sweep().await;
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("offered", 1));
        set_limits(&world, license, json!([])).await;
        people[1].post_action(&ticket, "accept").await.created();
        assert_eq!(set_limits(&world, license, json!([])).await["group_limits"], Value::Null);
        people[2].request_seat().await.problem(409, "pool_full");
    }

    async fn the_sum_of_floors_does_not_exceed_the_seats(world: World) {
        let (license, _) = world.pool(3, 1).await;
        let (night, day) = (group(&world, "Nacht", &[]).await, group(&world, "Tag", &[]).await);
        let path = format!("/licenses/{license}/groups");
        let floors = |night_seats: i64, day_seats: i64| {
            json!({ "limits": [
            { "group_id": night, "floor": night_seats }, { "group_id": day, "floor": day_seats },
        ] })
        };
        put(&world.admin, &path, &floors(2, 2)).await.problem(409, "floors_exceed_seats");
        put(&world.admin, &path, &floors(1_000_000, 1_000_000)).await.problem(409, "floors_exceed_seats");
        put(&world.admin, &path, &floors(1, 2)).await.ok();
        let fewer = world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": 2 })).await;
        fewer.problem(409, "floors_exceed_seats");
        let head = world.head().await;
        put(&world.admin, &path, &floors(1, 2)).await.ok();
        assert_eq!(world.head().await, head, "a repetition changes nothing");
        assert_eq!(world.admin.get(&format!("/licenses/{license}")).await.ok()["seats"], 3);
    }

    async fn concurrently_cutting_seats_and_raising_floors_never_both_succeed(world: World) {
        let (license, _) = world.pool_with_terms(json!({ "seats": 3 }), 0).await;
        let night = group(&world, "Nacht", &[]).await;
        let (path, groups) = (format!("/licenses/{license}"), format!("/licenses/{license}/groups"));
        for round in 0..10 {
            let (fewer, floors) = (json!({ "seats": 1 }), json!({ "limits": [{ "group_id": night, "floor": 3 }] }));
            let (first, second) = tokio::join!(world.admin.patch(&path, &fewer), put(&world.admin, &groups, &floors));
            let statuses = [first.status.as_u16(), second.status.as_u16()];
            assert!(statuses == [200, 409] || statuses == [409, 200], "round {round}: {statuses:?}");
            set_limits(&world, license, json!([])).await;
            world.change_license(license, json!({ "seats": 3 })).await;
        }
    }

    async fn invalid_limits_are_refused_by_field(world: World) {
        let (license, people) = world.pool(3, 1).await;
        let night = group(&world, "Nacht", &[]).await;
        let path = format!("/licenses/{license}/groups");
        let before = world.head().await;
        for (one, field) in [
            (json!({ "group_id": night, "floor": -1 }), ("floor", "out_of_range")),
            (json!({ "group_id": night, "floor": i64::MAX }), ("floor", "out_of_range")),
            (json!({ "group_id": night, "floor": 2, "cap": 1 }), ("cap", "out_of_range")),
            (json!({ "group_id": night, "floor": 0, "cap": i64::MAX }), ("cap", "out_of_range")),
            (json!({ "group_id": UNKNOWN, "floor": 1 }), ("group_id", "unknown")),
        ] {
            let problem = put(&world.admin, &path, &json!({ "limits": [one] })).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), field, "{problem:#}");
        }
        for body in [
            json!({}),
            json!({ "limits": null }),
            json!({ "limits": [{}] }),
            json!({ "limits": [{ "group_id": "x", "floor": 1 }] }),
        ] {
            put(&world.admin, &path, &body).await.problem(400, "bad_request");
        }
        let many: Vec<_> = (0..101_u128).map(|n| json!({ "group_id": uuid::Uuid::from_u128(n), "floor": 0 })).collect();
        let problem = put(&world.admin, &path, &json!({ "limits": many })).await.problem(422, "invalid");
        assert_eq!(only_error(&problem), ("limits", "out_of_range"));
        let twice = json!([{ "group_id": night, "floor": 1 }, { "group_id": night, "floor": 2 }]);
        put(&world.admin, &path, &json!({ "limits": twice })).await.problem(422, "invalid");
        put(&world.admin, &format!("/licenses/{UNKNOWN}/groups"), &json!({ "limits": [] }))
            .await
            .problem(404, "not_found");
        put(&people[0], &path, &json!({ "limits": [] })).await.problem(403, "forbidden");
        assert_eq!(world.head().await, before);
    }

    async fn unknown_or_too_many_members_are_refused(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let night = group(&world, "Nacht", &[&people[0]]).await;
        let path = format!("/groups/{night}/members");
        let before = world.head().await;
        for users in [json!([people[1].id, UNKNOWN]), json!([UNKNOWN])] {
            let problem = put(&world.admin, &path, &json!({ "user_ids": users })).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), ("user_ids", "unknown"));
        }
        let many: Vec<_> = (0..1_001_u128).map(uuid::Uuid::from_u128).collect();
        let problem = put(&world.admin, &path, &json!({ "user_ids": many })).await.problem(422, "invalid");
        assert_eq!(only_error(&problem), ("user_ids", "out_of_range"));
        for body in [json!({}), json!({ "user_ids": "all" }), json!({ "user_ids": ["x"] })] {
            put(&world.admin, &path, &body).await.problem(400, "bad_request");
        }
        put(&world.admin, &format!("/groups/{UNKNOWN}/members"), &json!({ "user_ids": [] }))
            .await
            .problem(404, "not_found");
        put(&world.admin, "/groups/42/members", &json!({ "user_ids": [] })).await.problem(404, "not_found");
        put(&people[0], &path, &json!({ "user_ids": [] })).await.problem(403, "forbidden");
        assert_eq!(world.head().await, before);
        let twice = json!({ "user_ids": [people[1].id, people[1].id] });
        assert_eq!(put(&world.admin, &path, &twice).await.ok()["members"], 1, "a repetition changes nothing");
    }

    async fn group_names_are_unique(world: World) {
        let night = group(&world, "Nachtschicht", &[]).await;
        for name in ["Nachtschicht", "  nachtschicht ", "NACHTSCHICHT"] {
            world.admin.post("/groups", &json!({ "name": name })).await.problem(409, "already_exists");
        }
        for (name, error) in [("", "required"), ("a\u{0}b", "control_characters"), (&"ß".repeat(121), "too_long")] {
            let problem = world.admin.post("/groups", &json!({ "name": name })).await.problem(422, "invalid");
            assert_eq!(only_error(&problem), ("name", error));
        }
        world.admin.post("/groups", &json!({ "name": 7 })).await.problem(400, "bad_request");
        group(&world, "Frühschicht", &[]).await;
        let all = world.admin.get("/groups").await.ok();
        let names: Vec<_> = all.as_array().expect("groups").iter().map(|group| group["name"].clone()).collect();
        assert_eq!(names, ["Frühschicht", "Nachtschicht"]);
        assert_eq!(all[1]["id"], json!(night));
        let agent = world.agent("Nora Neu").await;
        agent.get("/groups").await.problem(403, "forbidden");
        agent.post("/groups", &json!({ "name": "Meine" })).await.problem(403, "forbidden");
    }
}
