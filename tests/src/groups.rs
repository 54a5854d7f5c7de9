//! Groups: what a license keeps for their members, how much of it they may take, and who is in them.

use crate::world::{Person, World, id_of, line::place, on_both_engines};
use reqwest::Method;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

async fn put(by: &Person, path: &str, body: &Value) -> crate::world::Answer {
    by.send(by.request(Method::PUT, path).json(body)).await
}

/// A group with these members.
async fn group(world: &World, name: &str, members: &[&Person]) -> GroupId {
    let group = world.admin.post("/groups", &json!({ "name": name })).await.created();
    let id: GroupId = id_of(&group);
    let expected = json!({ "id": id, "name": name, "members": members.len() });
    assert_eq!(belong(world, id, members).await, expected);
    id
}

async fn belong(world: &World, group: GroupId, members: &[&Person]) -> Value {
    let ids: Vec<_> = members.iter().map(|member| member.id).collect();
    put(&world.admin, &format!("/groups/{group}/members"), &json!({ "user_ids": ids })).await.ok()
}

async fn limit(world: &World, license: LicenseId, limits: Value) -> Value {
    put(&world.admin, &format!("/licenses/{license}/groups"), &json!({ "limits": limits })).await.ok()
}

fn wrong(problem: &Value) -> (&str, &str) {
    let error = &problem["errors"][0];
    (error["field"].as_str().expect("a field"), error["error"].as_str().expect("an error"))
}

on_both_engines! {
    async fn the_second_of_two_who_set_limits_or_managers_is_told(world: World) {
        let (license, _) = world.pool(3, 1).await;
        let night = group(&world, "Nachtschicht", &[]).await;
        let (seen, path) =
            (world.admin.tag(&format!("/licenses/{license}")).await, format!("/licenses/{license}/groups"));
        let limits = |floor: i64| json!({ "limits": [{ "group_id": night, "floor": floor }] });
        let first = world.admin.put_if(&path, &seen, &limits(1)).await;
        assert_eq!(first.tag(), world.admin.tag(&format!("/licenses/{license}")).await);
        world.admin.put_if(&path, &seen, &limits(2)).await.problem(412, "changed_meanwhile");
        let manager = world.person("Lena", Role::Manager, &[]).await;
        let (seen, path) = (world.admin.tag(&format!("/groups/{night}")).await, format!("/groups/{night}/managers"));
        world.admin.put_if(&path, &seen, &json!({ "user_ids": [manager.id] })).await.ok();
        world.admin.put_if(&path, &seen, &json!({ "user_ids": [] })).await.problem(412, "changed_meanwhile");
    }

    async fn the_seats_that_are_kept_for_a_group_are_had_by_its_members_only(world: World) {
        let (license, people) = world.pool(3, 4).await;
        let night = group(&world, "Nachtschicht", &[&people[0]]).await;
        let seen = limit(&world, license, json!([{ "group_id": night, "floor": 2 }])).await;
        assert_eq!(seen["group_limits"], json!([{ "group_id": night, "floor": 2 }]));
        people[1].ask().await.created();
        let refused = people[2].ask().await.problem(409, "reserved_for_group");
        assert_eq!(refused["refusal"], json!({ "license_id": license, "seats": 3, "occupied": 1, "waiting": 0 }));
        people[0].ask().await.created();
        people[2].ask().await.problem(409, "reserved_for_group");
        belong(&world, night, &[&people[0], &people[3]]).await;
        people[3].ask().await.created();
        people[2].ask().await.problem(409, "pool_full");
    }

    async fn a_group_has_no_more_seats_than_it_may_have(world: World) {
        let (license, people) = world.pool(3, 3).await;
        let night = group(&world, "Nachtschicht", &[&people[0], &people[1]]).await;
        limit(&world, license, json!([{ "group_id": night, "floor": 0, "cap": 1 }])).await;
        let session = people[0].seated().await;
        people[1].ask().await.problem(409, "group_limit");
        let ticket = people[1].queued().await;
        people[2].ask().await.created();
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1), "others are not held up");
        people[0].act(&session, "end").await.ok();
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("offered", 1));
        people[0].ask().await.problem(409, "group_limit");
        people[1].act(&ticket, "accept").await.created();
    }

    async fn a_limited_manager_sees_himself_wherever_he_belongs(world: World) {
        let manager = world.person("Mia M", Role::Manager, &[]).await;
        let other = world.user("Nina N", Role::Agent, &[]).await;
        let (his, foreign) = (world.group("Nacht", &[]).await, world.group("Tag", &[manager.id, other]).await);
        world.limit(&manager, &[his]).await;
        let license = world.license(world.product("Chat").await, Model::Named, 1).await;
        world.grant(license, &[manager.id]).await;
        let own = manager.get(&format!("/users/{}", manager.id)).await.ok();
        assert_eq!((&own["license_ids"], &own["group_ids"]), (&json!([license]), &json!([])), "not told of {foreign}");
        manager.get(&format!("/users/{other}")).await.problem(404, "not_found");
    }

    async fn a_limited_manager_changes_what_is_kept_for_his_groups_and_no_others(world: World) {
        let (license, _) = world.pool(9, 1).await;
        let manager = world.person("Mia M", Role::Manager, &[Permission::ManageProducts]).await;
        let (his, other) = (world.group("Nacht", &[]).await, world.group("Tag", &[]).await);
        world.limit(&manager, &[his]).await;
        let path = format!("/licenses/{license}/groups");
        let keeps = |n: i64, m: i64| json!([{ "group_id": his, "floor": n }, { "group_id": other, "floor": m }]);
        let in_order = |limits: &Value| {
            let mut all = limits.as_array().expect("limits").clone();
            all.sort_by_key(|limit| limit["group_id"] != json!(his));
            json!(all)
        };
        limit(&world, license, keeps(1, 2)).await;
        for limits in [json!([{ "group_id": his, "floor": 3 }]), keeps(3, 2)] {
            let seen = put(&manager, &path, &json!({ "limits": limits })).await.ok();
            assert_eq!(in_order(&seen["group_limits"]), keeps(3, 2));
        }
        for foreign in [keeps(3, 4), json!([{ "group_id": other, "floor": 1 }])] {
            let problem = put(&manager, &path, &json!({ "limits": foreign })).await.problem(422, "invalid");
            assert_eq!(wrong(&problem), ("group_id", "unknown"));
        }
        let seen = put(&manager, &path, &json!({ "limits": [] })).await.ok();
        assert_eq!(seen["group_limits"], json!([{ "group_id": other, "floor": 2 }]));
    }

    async fn a_new_cap_counts_at_once_also_for_a_group_that_had_none(world: World) {
        let (license, people) = world.pool(2, 3).await;
        let (night, day) = (group(&world, "Nacht", &[]).await, group(&world, "Tag", &[&people[0], &people[1]]).await);
        limit(&world, license, json!([{ "group_id": night, "floor": 1 }])).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        limit(&world, license, json!([{ "group_id": day, "floor": 0, "cap": 1 }])).await;
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
        people[1].act(&ticket, "accept").await.problem(409, "no_offer");
        people[2].ask().await.created();
    }

    async fn a_seat_is_offered_to_the_first_in_line_who_may_have_it(world: World) {
        let (license, people) = world.pool(2, 4).await;
        let night = group(&world, "Nachtschicht", &[&people[0], &people[3]]).await;
        limit(&world, license, json!([{ "group_id": night, "floor": 1 }])).await;
        let (kept, other) = (people[0].seated().await, people[1].seated().await);
        let (stranger, member) = (people[2].queued().await, people[3].queued().await);
        people[0].act(&kept, "end").await.ok();
        assert_eq!(place(&people[2].get(&stranger).await.ok()), ("waiting", 1), "this one is not for him");
        assert_eq!(place(&people[3].get(&member).await.ok()), ("offered", 2));
        people[1].act(&other, "end").await.ok();
        assert_eq!(place(&people[2].get(&stranger).await.ok()), ("offered", 1));
    }

    async fn whoever_joins_a_group_while_he_waits_gets_what_is_kept_for_it(world: World) {
        let (license, people) = world.pool(2, 2).await;
        let night = group(&world, "Nachtschicht", &[]).await;
        limit(&world, license, json!([{ "group_id": night, "floor": 1 }])).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("waiting", 1));
        belong(&world, night, &[&people[1]]).await;
        world.sweep().await;
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("offered", 1));
    }

    async fn other_limits_are_felt_by_those_who_wait(world: World) {
        let (license, people) = world.pool(2, 3).await;
        let (night, day) = (group(&world, "Nacht", &[]).await, group(&world, "Tag", &[&people[1]]).await);
        limit(&world, license, json!([{ "group_id": night, "floor": 1 }])).await;
        people[0].seated().await;
        let ticket = people[1].queued().await;
        limit(&world, license, json!([{ "group_id": day, "floor": 1 }])).await;
        world.sweep().await;
        assert_eq!(place(&people[1].get(&ticket).await.ok()), ("offered", 1));
        limit(&world, license, json!([])).await;
        people[1].act(&ticket, "accept").await.created();
        assert_eq!(limit(&world, license, json!([])).await["group_limits"], Value::Null);
        people[2].ask().await.problem(409, "pool_full");
    }

    async fn the_floors_are_together_no_more_than_the_seats(world: World) {
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
        assert_eq!(world.head().await, head, "twice is once");
        assert_eq!(world.admin.get(&format!("/licenses/{license}")).await.ok()["seats"], 3);
    }

    async fn fewer_seats_and_higher_floors_at_once_never_both_come_true(world: World) {
        let (license, _) = world.licensed(json!({ "seats": 3 }), 0).await;
        let night = group(&world, "Nacht", &[]).await;
        let (path, groups) = (format!("/licenses/{license}"), format!("/licenses/{license}/groups"));
        for round in 0..10 {
            let (fewer, floors) = (json!({ "seats": 1 }), json!({ "limits": [{ "group_id": night, "floor": 3 }] }));
            let (first, second) = tokio::join!(world.admin.patch(&path, &fewer), put(&world.admin, &groups, &floors));
            let statuses = [first.status.as_u16(), second.status.as_u16()];
            assert!(statuses == [200, 409] || statuses == [409, 200], "round {round}: {statuses:?}");
            limit(&world, license, json!([])).await;
            world.change(license, json!({ "seats": 3 })).await;
        }
    }

    async fn limits_that_nobody_could_mean_are_refused_by_field(world: World) {
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
            assert_eq!(wrong(&problem), field, "{problem:#}");
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
        assert_eq!(wrong(&problem), ("limits", "out_of_range"));
        let twice = json!([{ "group_id": night, "floor": 1 }, { "group_id": night, "floor": 2 }]);
        put(&world.admin, &path, &json!({ "limits": twice })).await.problem(422, "invalid");
        put(&world.admin, &format!("/licenses/{UNKNOWN}/groups"), &json!({ "limits": [] }))
            .await
            .problem(404, "not_found");
        put(&people[0], &path, &json!({ "limits": [] })).await.problem(403, "forbidden");
        assert_eq!(world.head().await, before);
    }

    async fn members_that_are_unknown_or_too_many_are_refused(world: World) {
        let (_, people) = world.pool(1, 2).await;
        let night = group(&world, "Nacht", &[&people[0]]).await;
        let path = format!("/groups/{night}/members");
        let before = world.head().await;
        for users in [json!([people[1].id, UNKNOWN]), json!([UNKNOWN])] {
            let problem = put(&world.admin, &path, &json!({ "user_ids": users })).await.problem(422, "invalid");
            assert_eq!(wrong(&problem), ("user_ids", "unknown"));
        }
        let many: Vec<_> = (0..1_001_u128).map(uuid::Uuid::from_u128).collect();
        let problem = put(&world.admin, &path, &json!({ "user_ids": many })).await.problem(422, "invalid");
        assert_eq!(wrong(&problem), ("user_ids", "out_of_range"));
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
        assert_eq!(put(&world.admin, &path, &twice).await.ok()["members"], 1, "twice is once");
    }

    async fn no_two_groups_have_the_same_name(world: World) {
        let night = group(&world, "Nachtschicht", &[]).await;
        for name in ["Nachtschicht", "  nachtschicht ", "NACHTSCHICHT"] {
            world.admin.post("/groups", &json!({ "name": name })).await.problem(409, "already_exists");
        }
        for (name, error) in [("", "required"), ("a\u{0}b", "control_characters"), (&"ß".repeat(121), "too_long")] {
            let problem = world.admin.post("/groups", &json!({ "name": name })).await.problem(422, "invalid");
            assert_eq!(wrong(&problem), ("name", error));
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
