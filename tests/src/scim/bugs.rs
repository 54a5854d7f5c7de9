//! Bugs that other SCIM servers shipped, one test each.

use super::{Directory, expect_error, sorted, total_and_names, user_path};
use crate::harness::{Person, email_of, id_of, on_both_engines};
use futures_util::future::join_all;
use seatkeeper_shared::{ids::UserId, license::Model};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Adds users to the directory; returns their ids, sorted.
async fn add_users(directory: &Directory, number: usize) -> Vec<UserId> {
    let mut users = Vec::new();
    for part in (0..number).collect::<Vec<_>>().chunks(500) {
        let add = |n: &usize| {
            json!({
                "method": "POST",
                "path": "/Users",
                "bulkId": format!("u{n}"),
                "data": { "userName": format!("user{n:05}@example.org") },
            })
        };
        let operations: Vec<_> = part.iter().map(add).collect();
        let done = directory.post("/Bulk", json!({ "Operations": operations })).await.ok();
        for one in done["Operations"].as_array().expect("results") {
            let location = one["location"].as_str().unwrap_or_else(|| panic!("{one}"));
            users.push(location.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id"));
        }
    }
    sorted(users)
}

fn add(users: &[UserId]) -> Value {
    let members: Vec<_> = users.iter().map(|user| json!({ "value": user })).collect();
    json!([{ "op": "add", "path": "members", "value": members }])
}

on_both_engines! {
    async fn false_as_a_string_deactivates_and_is_stored_as_a_boolean(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let id = directory.user("Anja A").await;
        for off in ["False", "false", "FALSE"] {
            let answer = directory
                .patch(
                    &user_path(id),
                    json!([
                        { "op": "Replace", "path": "active", "value": off },
                    ]),
                )
                .await;
            assert_eq!(answer.ok()["active"], json!(false), "{off}");
            assert_eq!(world.admin.get(&format!("/users/{id}")).await.ok()["status"], "suspended", "{off}");
            directory.patch(&user_path(id), json!([{ "op": "Replace", "path": "active", "value": "True" }])).await.ok();
            assert_eq!(world.admin.get(&format!("/users/{id}")).await.ok()["status"], "active", "{off}");
        }
        let off = directory.post("/Users", json!({ "userName": "b@example.org", "active": "False" })).await.created();
        assert_eq!(off["active"], json!(false));
        let maybe = json!([{ "op": "Replace", "path": "active", "value": "maybe" }]);
        expect_error(directory.patch(&user_path(id), maybe).await, 400, Some("invalidValue"));
        expect_error(
            directory.post("/Users", json!({ "userName": "c@example.org", "active": "No" })).await,
            400,
            Some("invalidValue"),
        );
    }

    async fn removing_one_member_removes_no_other(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let users = add_users(&directory, 4).await;
        let group = directory.group("Nord", &users).await;
        let one = json!([{ "op": "Remove", "path": "members", "value": [{ "value": users[1] }] }]);
        assert_eq!(directory.patch(&group, one).await.status, 204);
        assert_eq!(directory.members(&group).await, [users[0], users[2], users[3]]);
        let nobody = json!([{ "op": "Remove", "path": "members", "value": [] }]);
        assert_eq!(directory.patch(&group, nobody).await.status, 204);
        assert_eq!(directory.members(&group).await.len(), 3, "an empty list removes no member, not all of them");
        let unknown = json!([{ "op": "Remove", "path": "members", "value": [{ "value": "not-an-id" }] }]);
        assert_eq!(directory.patch(&group, unknown).await.status, 204);
        assert_eq!(directory.members(&group).await.len(), 3);
    }

    async fn members_are_removed_by_id_and_not_by_index(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let users = add_users(&directory, 5).await;
        let group = directory.group("Nord", &users).await;
        let several = json!([
            { "op": "remove", "path": format!("members[value eq \"{}\"]", users[0]) },
            { "op": "remove", "path": format!("members[value eq \"{}\" or value eq \"{}\"]", users[1], users[3]) },
        ]);
        assert_eq!(directory.patch(&group, several).await.status, 204);
        assert_eq!(directory.members(&group).await, [users[2], users[4]]);
        let name = directory.get(&user_path(users[2])).await.ok()["userName"].clone();
        let by_name = json!([{ "op": "remove", "path": format!("members[display eq {name}]") }]);
        assert_eq!(directory.patch(&group, by_name).await.status, 204);
        assert_eq!(directory.members(&group).await, [users[4]]);
    }

    async fn a_patch_of_a_group_with_over_a_hundred_members_loses_none(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let users = add_users(&directory, 260).await;
        let group = directory.group("Alle", &users[..250]).await;
        assert_eq!(directory.patch(&group, add(&users[250..])).await.status, 204);
        assert_eq!(directory.members(&group).await, users);
        let one = json!([{ "op": "Remove", "path": "members", "value": [{ "value": users[120] }] }]);
        assert_eq!(directory.patch(&group, one).await.status, 204);
        assert_eq!(directory.members(&group).await.len(), 259);
    }

    async fn replacing_something_else_does_not_empty_the_group(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let users = add_users(&directory, 3).await;
        let group = directory.group("Nord", &users).await;
        for operations in [
            json!([{ "op": "replace", "value": { "displayName": "Nordwest" } }]),
            json!([{ "op": "Replace", "path": "displayName", "value": "Nordost" }]),
            json!([{ "op": "replace", "path": "externalId", "value": "G-1" }]),
            json!([{ "op": "replace", "value": { "externalId": "G-2", "schemas": [], "unknown": [] } }]),
        ] {
            assert_eq!(directory.patch(&group, operations.clone()).await.status, 204, "{operations}");
            assert_eq!(directory.members(&group).await, users, "{operations}");
        }
        assert_eq!(directory.get(&group).await.ok()["externalId"], "G-2");
    }

    async fn a_member_added_twice_is_listed_once(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let users = add_users(&directory, 2).await;
        let group = directory.group("Nord", &[users[0], users[0]]).await;
        assert_eq!(directory.patch(&group, add(&[users[0], users[1], users[1]])).await.status, 204);
        let head = world.head().await;
        assert_eq!(directory.patch(&group, add(&users)).await.status, 204);
        assert_eq!(
            (directory.members(&group).await, world.head().await),
            (users, head),
            "a repetition changes nothing"
        );
    }

    async fn two_concurrent_patches_of_a_group_lose_no_member(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let users = add_users(&directory, 60).await;
        let group = directory.group("Nord", &users[..20]).await;
        let remove = |user: &UserId| json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]);
        let coming = users[20..].chunks(2).map(|two| directory.patch(&group, add(two)).boxed_answer());
        let going: Vec<_> = users[..20].iter().map(remove).collect();
        let going = going.into_iter().map(|gone| directory.patch(&group, gone).boxed_answer());
        for answer in join_all(coming.chain(going)).await {
            assert_eq!(answer.status, 204, "{:#}", answer.body);
        }
        assert_eq!(directory.members(&group).await, users[20..]);
    }

    async fn users_out_of_reach_are_not_reached_through_groups_either(world: World) {
        let (one, two) = (Directory::create(&world, "Entra ID").await, Directory::create(&world, "Okta").await);
        let (mine, theirs) = (one.user("Anja A").await, two.user("Ben B").await);
        expect_error(one.get(&user_path(theirs)).await, 404, None);
        expect_error(one.delete(&user_path(theirs)).await, 404, None);
        expect_error(
            one.patch(&user_path(theirs), json!([{ "op": "replace", "path": "active", "value": false }])).await,
            404,
            None,
        );
        expect_error(one.put(&user_path(theirs), json!({ "userName": "x" })).await, 404, None);
        let group = one.group("Nord", &[mine]).await;
        assert_eq!(one.patch(&group, add(&[theirs])).await.status, 204);
        assert_eq!(one.members(&group).await, [mine], "not a user of this directory");
        let south =
            one.post("/Groups", json!({ "displayName": "Süd", "members": [{ "value": theirs }] })).await.created();
        assert_eq!(south.get("members"), None);
        assert_eq!(world.admin.get(&format!("/users/{theirs}")).await.ok()["group_ids"], json!([]));
        expect_error(two.patch(&group, add(&[theirs])).await, 404, None);
        expect_error(two.delete(&group).await, 404, None);
        assert_eq!(total_and_names(&two.get("/Groups").await.ok()).0, 0);
        // A manual group with users of both directories.
        let by_hand = format!("/Groups/{}", world.group("Hand", &[mine, theirs]).await);
        assert_eq!(two.members(&by_hand).await, [theirs]);
        assert_eq!(one.patch(&by_hand, json!([{ "op": "replace", "path": "members", "value": [] }])).await.status, 204);
        assert_eq!(one.members(&by_hand).await, []);
        let seen = world.admin.get(&format!("/users/{theirs}")).await.ok();
        assert_eq!(
            seen["group_ids"].as_array().map(Vec::len),
            Some(1),
            "a directory cannot remove the users of another"
        );
        for path in ["/Users", "/Groups", "/Schemas", "/Bulk", "/nothing", "/Me"] {
            expect_error(one.with("made-up").get(path).await, 401, None);
        }
        let agent = world.agent("Nora Neu").await.with_token().await;
        expect_error(one.with(agent.secret()).get("/Users").await, 401, None);
    }

    async fn pages_follow_each_other_without_gap_or_repetition(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let users = add_users(&directory, 25).await;
        for query in [
            "",
            "&sortBy=userName",
            "&sortBy=userName&sortOrder=descending",
            "&sortBy=meta.created",
            "&sortBy=active",
            "&filter=userName%20sw%20%22user%22",
        ] {
            let (mut seen, mut start, mut total) = (BTreeSet::new(), 1, 1);
            while start <= total {
                let page = directory.get(&format!("/Users?startIndex={start}&count=7{query}")).await.ok();
                let ids: Vec<_> = page["Resources"]
                    .as_array()
                    .expect("resources")
                    .iter()
                    .map(|one| one["id"].clone().to_string())
                    .collect();
                assert_eq!((&page["itemsPerPage"], &page["startIndex"]), (&json!(ids.len()), &json!(start)), "{query}");
                total = page["totalResults"].as_i64().expect("a number");
                for id in ids {
                    assert!(seen.insert(id), "{query}: listed twice");
                }
                start += 7;
            }
            let all = users.len() + usize::from(!query.contains("filter"));
            assert_eq!(seen.len(), all, "{query}");
        }
        let none = directory.get("/Users?count=0").await.ok();
        assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(26), &json!([])));
        let beyond = directory.get("/Users?startIndex=900&count=-5").await.ok();
        assert_eq!((&beyond["totalResults"], &beyond["itemsPerPage"]), (&json!(26), &json!(0)));
        assert_eq!(directory.get("/Users?startIndex=-3").await.ok()["startIndex"], 1);
        expect_error(directory.get("/Users?count=many").await, 400, Some("invalidValue"));
    }

    async fn user_names_are_unique_without_regard_to_case(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let body = |name: &str, email: &str| json!({ "userName": name, "emails": [{ "value": email }] });
        let id = id_of(&directory.post("/Users", body("Anja", "anja@example.org")).await.created());
        expect_error(directory.post("/Users", body("aNJA", "other@example.org")).await, 409, Some("uniqueness"));
        expect_error(directory.post("/Users", body("other", "ANJA@example.org")).await, 409, Some("uniqueness"));
        let ben: UserId = id_of(&directory.post("/Users", body("Ben", "ben@example.org")).await.created());
        let taken = json!([{ "op": "replace", "path": "userName", "value": "ANJA" }]);
        expect_error(directory.patch(&user_path(ben), taken).await, 409, Some("uniqueness"));
        expect_error(directory.put(&user_path(ben), body("Ben", "anja@example.org")).await, 409, Some("uniqueness"));
        assert_eq!(directory.put(&user_path(id), body("ANJA", "anja@example.org")).await.ok()["userName"], "ANJA");
        assert_eq!(
            total_and_names(&directory.find("Users", r#"userName eq "anja""#).await),
            (1, vec!["ANJA".to_owned()])
        );
        let both = join_all(
            (0..6).map(|n| directory.post("/Users", body("Cem", &format!("c{n}@example.org"))).boxed_answer()),
        )
        .await;
        assert_eq!(
            both.iter().filter(|answer| answer.status == 201).count(),
            1,
            "one of many concurrent requests succeeds"
        );
    }

    async fn putting_a_group_does_not_conflict_with_its_own_name(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let users = add_users(&directory, 3).await;
        let group = directory.group("Nord", &users[..2]).await;
        let read = directory.get(&group).await.ok();
        let put = directory.put(&group, read.clone()).await.ok();
        assert_eq!((&put["displayName"], &put["members"]), (&read["displayName"], &read["members"]));
        let body =
            json!({ "displayName": "NORD", "externalId": "G-1", "members": [{ "value": users[2], "type": "User" }] });
        let put = directory.put(&group, body).await.ok();
        assert_eq!((&put["displayName"], &put["externalId"]), (&json!("NORD"), &json!("G-1")));
        assert_eq!(directory.members(&group).await, [users[2]]);
        directory.group("Süd", &[]).await;
        expect_error(directory.put(&group, json!({ "displayName": "süd" })).await, 409, Some("uniqueness"));
        assert_eq!(directory.members(&group).await, [users[2]], "a refused request changes nothing");
    }

    async fn a_deprovisioned_user_occupies_nothing(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let (pool, people) = world.pool(1, 2).await;
        let product = world.product("Service Desk").await;
        let named = world.license(product, Model::Named, 1).await;
        world.grant(named, &[people[0].id]).await;
        let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        let occupied = async |license| world.admin.get(&format!("/licenses/{license}")).await.ok()["use"].clone();

        let session = people[0].request_seat().await.created();
        let ticket = people[1].queued().await;
        directory.patch(&user_path(people[0].id), off.clone()).await.ok();
        let seen = world.admin.get(&format!("/sessions/{}", session["id"].as_str().expect("an id"))).await.ok();
        assert_eq!((&seen["ended"]["reason"], &seen["ended"]["by"]), (&json!("user_deactivated"), &json!("Entra ID")));
        assert_eq!(occupied(named).await["assigned"], 0);
        people[0].get("/me").await.problem(401, "not_signed_in");
        let offered = people[1].get(&ticket).await.ok();
        assert_eq!(offered["state"], "offered", "the waiting agent is offered the seat");
        directory.patch(&user_path(people[1].id), off).await.ok();
        assert_eq!(occupied(pool).await["occupied"], 0);
        assert_eq!(occupied(pool).await["waiting"], json!(0));
        let log = world.admin.get("/audit?kind=user_suspended").await.ok();
        let doors: Vec<_> =
            log["items"].as_array().expect("entries").iter().map(|one| (&one["origin"], &one["directory"])).collect();
        assert_eq!(doors, [(&json!("scim"), &json!("Entra ID")); 2]);
        // The user is reactivated, and signs in again.
        directory
            .patch(
                &user_path(people[0].id),
                json!([
                    { "op": "add", "path": "active", "value": "true" },
                ]),
            )
            .await
            .ok();
        people[0].get("/me").await.problem(401, "not_signed_in");
        Person::signing_in(&world.url, &email_of("Agent 0"), people[0].id).await;
        assert_eq!(directory.delete(&user_path(people[0].id)).await.status, 204);
        let gone = world.admin.get(&format!("/sessions/{}", session["id"].as_str().expect("an id"))).await.ok();
        assert_eq!(gone["user_name"], "Agent 0", "the history keeps the name");
    }

    async fn a_directory_cannot_demote_or_suspend_the_last_admin(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let admin = user_path(world.admin.id);
        expect_error(
            directory.patch(&admin, json!([{ "op": "replace", "path": "active", "value": false }])).await,
            400,
            Some("mutability"),
        );
        expect_error(directory.delete(&admin).await, 400, Some("mutability"));
        world.admin.get("/me").await.ok();
    }
}

/// Boxes requests of different types, to send them concurrently.
trait BoxedAnswer<'a> {
    fn boxed_answer(self) -> std::pin::Pin<Box<dyn Future<Output = crate::harness::Answer> + Send + 'a>>;
}

impl<'a, F: Future<Output = crate::harness::Answer> + Send + 'a> BoxedAnswer<'a> for F {
    fn boxed_answer(self) -> std::pin::Pin<Box<dyn Future<Output = crate::harness::Answer> + Send + 'a>> {
        Box::pin(self)
    }
}
