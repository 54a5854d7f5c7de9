//! A refused request changes nothing, whatever else it contains.

use super::{Directory, expect_error, user_path};
use crate::harness::{World, email_of, id_of, on_both_engines};
use futures_util::future::join_all;
use seatkeeper_shared::{ids::UserId, license::Model, people::Role};
use serde_json::{Value, json};

/// A user with a named license, whose suspension is requested together with a change that is refused.
async fn ben(world: &World, directory: &Directory) -> UserId {
    let body = json!({ "userName": "ben", "externalId": "B-1", "emails": [{ "value": "ben@example.org" }] });
    let ben = id_of(&directory.post("/Users", body).await.created());
    let product = world.product("Remote Support v5").await;
    let license = world.license(product, Model::Named, 1).await;
    world.grant(license, &[ben]).await;
    ben
}

/// The public state of a user, and the last position of the log.
async fn state(world: &World, user: UserId) -> (Value, seatkeeper_shared::ids::Position) {
    (world.admin.get(&format!("/users/{user}")).await.ok(), world.head().await)
}

on_both_engines! {
    async fn a_refused_request_suspends_no_user(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let ben = ben(&world, &directory).await;
        let taken = json!({ "userName": "anja", "externalId": "A-1", "emails": [{ "value": "anja@example.org" }] });
        directory.post("/Users", taken).await.created();
        let before = state(&world, ben).await;
        for (path, value) in [
            ("userName", json!("ANJA")),
            // The address of a user in no directory, as a userName.
            ("userName", world.admin.get("/me").await.ok()["email"].clone()),
            ("emails", json!([{ "value": "Anja@example.org" }])),
            ("externalId", json!("A-1")),
        ] {
            for off in [json!("False"), json!(false), json!([false])] {
                let mut operations = vec![
                    json!({ "op": "Replace", "path": path, "value": value }),
                    json!({ "op": "Replace", "path": "active", "value": off }),
                ];
                for _ in 0..2 {
                    expect_error(directory.patch(&user_path(ben), json!(operations)).await, 409, Some("uniqueness"));
                    operations.reverse();
                }
                expect_error(
                    directory
                        .patch(&user_path(ben), json!([{ "op": "replace", "value": { path: value, "active": off } }]))
                        .await,
                    409,
                    Some("uniqueness"),
                );
            }
            let mut whole = json!({
                "userName": "ben",
                "externalId": "B-1",
                "emails": [{ "value": "ben@example.org" }],
                "active": "False",
            });
            whole[path] = value.clone();
            expect_error(directory.put(&user_path(ben), whole.clone()).await, 409, Some("uniqueness"));
            let bulk = json!({ "Operations": [{ "method": "PUT", "path": user_path(ben), "data": whole }] });
            assert_eq!(directory.post("/Bulk", bulk).await.ok()["Operations"][0]["status"], "409", "{path}");
            assert_eq!(state(&world, ben).await, before, "{path}");
        }
        for operations in [
            json!([
                { "op": "Replace", "path": "active", "value": "False" },
                { "op": "Replace", "path": "title", "value": {} },
            ]),
            json!([
                { "op": "Replace", "path": "active", "value": "False" },
                { "op": "Replace", "path": "shoeSize", "value": "43" },
            ]),
            json!([{ "op": "Replace", "path": "active", "value": "False" }, { "op": "Remove", "path": "userName" }]),
        ] {
            assert_eq!(directory.patch(&user_path(ben), operations).await.status, 400);
        }
        assert_eq!(state(&world, ben).await, before);
        // The last admin stays active, with the same name.
        let admin = world.admin.id;
        let before = state(&world, admin).await;
        let off = json!([{ "op": "replace", "value": { "active": false, "displayName": "Nobody" } }]);
        expect_error(directory.patch(&user_path(admin), off).await, 400, Some("mutability"));
        assert_eq!(state(&world, admin).await, before);
        // Without a refusal, everything is changed, in one transaction.
        let off =
            json!([{ "op": "replace", "value": { "active": false, "displayName": "Ben Weg", "externalId": "B-2" } }]);
        let off = directory.patch(&user_path(ben), off).await.ok();
        assert_eq!(
            (&off["active"], &off["displayName"], &off["externalId"]),
            (&json!(false), &json!("Ben Weg"), &json!("B-2"))
        );
        let seen = world.admin.get(&format!("/users/{ben}")).await.ok();
        assert_eq!(
            (&seen["status"], &seen["name"], &seen["license_ids"]),
            (&json!("suspended"), &json!("Ben Weg"), &json!([]))
        );
    }

    async fn a_refused_change_by_an_admin_suspends_no_user(world: World) {
        let (ben, anja) = (world.agent("Ben B").await, world.agent("Anja A").await);
        let (path, session) = (format!("/users/{}", ben.id), ben.id);
        let before = state(&world, session).await;
        let taken = json!({ "status": "suspended", "email": email_of("Anja A"), "name": "Ben Weg" });
        world.admin.patch(&path, &taken).await.problem(409, "already_exists");
        assert_eq!(state(&world, ben.id).await, before);
        ben.get("/me").await.ok();
        let tag = world.admin.etag_of(&path).await;
        world.admin.patch(&path, &json!({ "name": "Ben Bald" })).await.ok();
        let stale = json!({ "status": "suspended", "name": "Ben Weg" });
        world.admin.patch_if(&path, &tag, &stale).await.problem(412, "changed_meanwhile");
        ben.get("/me").await.ok();
        // The last admin keeps the role.
        let me = format!("/users/{}", world.admin.id);
        let before = state(&world, world.admin.id).await;
        world
            .admin
            .patch(&me, &json!({ "status": "suspended", "role": "agent", "name": "Nobody" }))
            .await
            .problem(409, "last_admin");
        assert_eq!(state(&world, world.admin.id).await, before);
        // Without a refusal, everything is changed.
        let tag = world.admin.etag_of(&path).await;
        let off = json!({ "status": "suspended", "name": "Ben Weg", "email": "weg@example.org", "role": "manager" });
        let off = world.admin.patch_if(&path, &tag, &off).await.ok();
        assert_eq!(
            (&off["status"], &off["name"], &off["email"], &off["role"]),
            (&json!("suspended"), &json!("Ben Weg"), &json!("weg@example.org"), &json!("manager"))
        );
        ben.get("/me").await.problem(401, "not_signed_in");
        let log = world.admin.get(&format!("/audit?user={}&limit=2", ben.id)).await.ok();
        let entries: Vec<_> =
            log["items"].as_array().expect("entries").iter().map(|one| one["kind"].as_str().unwrap_or("")).collect();
        assert_eq!(entries, ["user_changed", "user_suspended"], "the newest first");
        assert_eq!(
            log["items"][0]["facts"]["changes"]["status"],
            Value::Null,
            "the suspension has an entry of its own"
        );
        // A repetition changes nothing, while other changes of a suspended user still take effect.
        let again = world.admin.patch(&path, &json!({ "status": "suspended", "name": "Ben Fort" })).await.ok();
        assert_eq!((&again["status"], &again["name"]), (&json!("suspended"), &json!("Ben Fort")));
        drop(anja);
    }

    // They are handled in one batch, or in two transactions of which one waits for the other.
    async fn of_many_concurrent_requests_for_a_user_name_one_succeeds_and_the_others_change_nothing(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let mut users = Vec::new();
        for n in 0..12 {
            users.push(directory.user(&format!("User {n}")).await);
        }
        let wants = json!([{ "op": "replace", "value": { "userName": "the-one", "active": false } }]);
        let all = join_all(users.iter().map(|user| {
            let (directory, wants, path) = (directory.clone(), wants.clone(), user_path(*user));
            async move { directory.patch(&path, wants).await.status.as_u16() }
        }))
        .await;
        assert_eq!(all.iter().filter(|status| **status == 200).count(), 1, "{all:?}");
        assert_eq!(all.iter().filter(|status| **status == 409).count(), 11, "{all:?}");
        let suspended = world.admin.get("/users?status=suspended").await.ok();
        assert_eq!(suspended["total"], 1);
    }

    async fn two_concurrent_changes_of_a_user_are_both_kept(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let ben = directory.user("Ben B").await;
        let changes = (0..10)
            .map(|n| json!([{ "op": "add", "path": "roles", "value": [{ "value": format!("r{n}") }] }]))
            .chain([json!([{ "op": "replace", "path": "active", "value": false }])]);
        let all = join_all(changes.map(|change| {
            let (directory, path) = (directory.clone(), user_path(ben));
            async move {
                // A request that conflicts too often is refused and may be retried.
                let mut answer = directory.patch(&path, change.clone()).await;
                while answer.status == 503 {
                    answer = directory.patch(&path, change.clone()).await;
                }
                answer.status.as_u16()
            }
        }))
        .await;
        assert!(all.iter().all(|status| *status == 200), "{all:?}");
        let now = directory.get(&user_path(ben)).await.ok();
        assert_eq!((now["roles"].as_array().map(Vec::len), &now["active"]), (Some(10), &json!(false)));
    }

    async fn a_refused_change_of_a_group_moves_no_member(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let (anja, ben) = (directory.user("Anja A").await, directory.user("Ben B").await);
        let group = directory.group("Nord", &[anja]).await;
        directory.post("/Groups", json!({ "displayName": "Süd", "externalId": "S-1" })).await.created();
        let before = (directory.get(&group).await.ok(), world.head().await);
        for (path, value) in [("displayName", "süd"), ("externalId", "S-1")] {
            for change in [
                json!({ "op": "add", "path": "members", "value": [{ "value": ben }] }),
                json!({ "op": "remove", "path": "members" }),
                json!({ "op": "replace", "path": "members", "value": [{ "value": ben }] }),
                json!({ "op": "remove", "path": "members[display co \"a\"]" }),
            ] {
                let mut operations = vec![change, json!({ "op": "replace", "path": path, "value": value })];
                for _ in 0..2 {
                    expect_error(directory.patch(&group, json!(operations)).await, 409, Some("uniqueness"));
                    operations.reverse();
                }
            }
            let mut whole = json!({ "displayName": "Nord", "members": [{ "value": ben }] });
            whole[path] = json!(value);
            expect_error(directory.put(&group, whole.clone()).await, 409, Some("uniqueness"));
            assert_eq!((directory.get(&group).await.ok(), world.head().await), before, "{path}");
            whole["displayName"] = json!("West");
            whole[path] = json!(value);
            expect_error(directory.post("/Groups", whole).await, 409, Some("uniqueness"));
        }
        assert_eq!(world.admin.get("/groups").await.ok().as_array().map(Vec::len), Some(2));
    }

    async fn an_external_id_is_unique_in_a_directory(world: World) {
        let (one, two) = (Directory::create(&world, "Entra ID").await, Directory::create(&world, "Okta").await);
        let body = |name: &str, external: Value| json!({ "userName": name, "externalId": external });
        let anja: UserId = id_of(&one.post("/Users", body("anja", json!("X-1"))).await.created());
        let ben: UserId = id_of(&one.post("/Users", body("ben", json!("x-1"))).await.created());
        expect_error(one.post("/Users", body("cem", json!("X-1"))).await, 409, Some("uniqueness"));
        expect_error(one.put(&user_path(ben), body("ben", json!("X-1"))).await, 409, Some("uniqueness"));
        expect_error(
            one.patch(&user_path(ben), json!([{ "op": "add", "path": "externalId", "value": "X-1" }])).await,
            409,
            Some("uniqueness"),
        );
        expect_error(
            one.patch(&user_path(ben), json!([{ "op": "add", "value": { "externalId": ["X-1"] } }])).await,
            409,
            Some("uniqueness"),
        );
        assert_eq!(
            super::total_and_names(&one.find("Users", "externalId eq \"X-1\"").await),
            (1, vec!["anja".to_owned()])
        );
        // External ids are unique in their directory only, and a user may have none.
        two.post("/Users", body("dora", json!("X-1"))).await.created();
        for name in ["emil", "fritz"] {
            one.post("/Users", body(name, Value::Null)).await.created();
        }
        // Changing the external id, or deleting the user, frees it.
        one.patch(&user_path(anja), json!([{ "op": "remove", "path": "externalId" }])).await.ok();
        one.patch(&user_path(ben), json!([{ "op": "replace", "path": "externalId", "value": "X-1" }])).await.ok();
        assert_eq!(one.delete(&user_path(ben)).await.status, 204);
        one.put(&user_path(anja), body("anja", json!("X-1"))).await.ok();
        for long in ["externalId", "userName"] {
            let mut body = body("long", json!("L-1"));
            body[long] = json!("x".repeat(1_001));
            expect_error(one.post("/Users", body).await, 400, Some("invalidValue"));
        }
        // A user added by an admin does not take over another user's external id either.
        let hand = world.user("Hanna Hand", Role::Agent, &[]).await;
        expect_error(
            one.patch(&user_path(hand), json!([{ "op": "add", "path": "externalId", "value": "X-1" }])).await,
            409,
            Some("uniqueness"),
        );
        let all = join_all((0..6).map(|n| {
            let (one, body) = (one.clone(), body(&format!("many{n}"), json!("M-1")));
            async move { one.post("/Users", body).await.status.as_u16() }
        }))
        .await;
        assert_eq!(all.iter().filter(|status| **status == 201).count(), 1, "{all:?}");
    }
}
