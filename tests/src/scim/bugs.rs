//! Bugs that others shipped, each by its name.

use super::{Directory, at, in_order, refused, told};
use crate::world::{Person, email_of, id_of, on_both_engines};
use futures_util::future::join_all;
use seatkeeper_shared::{ids::UserId, license::Model};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// So many users of this directory, in the order of their ids.
async fn crowd(directory: &Directory, number: usize) -> Vec<UserId> {
    let mut users = Vec::new();
    for part in (0..number).collect::<Vec<_>>().chunks(500) {
        let add = |n: &usize| json!({ "method": "POST", "path": "/Users", "bulkId": format!("u{n}"), "data": { "userName": format!("user{n:05}@example.org") } });
        let operations: Vec<_> = part.iter().map(add).collect();
        let done = directory.post("/Bulk", json!({ "Operations": operations })).await.ok();
        for one in done["Operations"].as_array().expect("results") {
            let location = one["location"].as_str().unwrap_or_else(|| panic!("{one}"));
            users.push(location.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id"));
        }
    }
    in_order(users)
}

fn add(users: &[UserId]) -> Value {
    let members: Vec<_> = users.iter().map(|user| json!({ "value": user })).collect();
    json!([{ "op": "add", "path": "members", "value": members }])
}

on_both_engines! {
    async fn false_as_text_deactivates_and_is_never_stored_as_text(world: World) {
        let directory = Directory::added(&world, "Entra ID").await;
        let id = directory.user("Anja A").await;
        for off in ["False", "false", "FALSE"] {
            let answer = directory.patch(&at(id), json!([{ "op": "Replace", "path": "active", "value": off }])).await;
            assert_eq!(answer.ok()["active"], json!(false), "{off}");
            assert_eq!(world.admin.get(&format!("/users/{id}")).await.ok()["status"], "suspended", "{off}");
            directory.patch(&at(id), json!([{ "op": "Replace", "path": "active", "value": "True" }])).await.ok();
            assert_eq!(world.admin.get(&format!("/users/{id}")).await.ok()["status"], "active", "{off}");
        }
        let off = directory.post("/Users", json!({ "userName": "b@example.org", "active": "False" })).await.created();
        assert_eq!(off["active"], json!(false));
        let maybe = json!([{ "op": "Replace", "path": "active", "value": "maybe" }]);
        refused(directory.patch(&at(id), maybe).await, 400, Some("invalidValue"));
        refused(
            directory.post("/Users", json!({ "userName": "c@example.org", "active": "No" })).await,
            400,
            Some("invalidValue"),
        );
    }

    async fn removing_one_member_removes_nobody_else(world: World) {
        let directory = Directory::added(&world, "Entra ID").await;
        let users = crowd(&directory, 4).await;
        let group = directory.group("Nord", &users).await;
        let one = json!([{ "op": "Remove", "path": "members", "value": [{ "value": users[1] }] }]);
        assert_eq!(directory.patch(&group, one).await.status, 204);
        assert_eq!(directory.members(&group).await, [users[0], users[2], users[3]]);
        let nobody = json!([{ "op": "Remove", "path": "members", "value": [] }]);
        assert_eq!(directory.patch(&group, nobody).await.status, 204);
        assert_eq!(directory.members(&group).await.len(), 3, "an empty list is nobody, not everybody");
        let stranger = json!([{ "op": "Remove", "path": "members", "value": [{ "value": "not-an-id" }] }]);
        assert_eq!(directory.patch(&group, stranger).await.status, 204);
        assert_eq!(directory.members(&group).await.len(), 3);
    }

    async fn removal_goes_by_id_and_not_by_place(world: World) {
        let directory = Directory::added(&world, "Okta").await;
        let users = crowd(&directory, 5).await;
        let group = directory.group("Nord", &users).await;
        let several = json!([
            { "op": "remove", "path": format!("members[value eq \"{}\"]", users[0]) },
            { "op": "remove", "path": format!("members[value eq \"{}\" or value eq \"{}\"]", users[1], users[3]) },
        ]);
        assert_eq!(directory.patch(&group, several).await.status, 204);
        assert_eq!(directory.members(&group).await, [users[2], users[4]]);
        let name = directory.get(&at(users[2])).await.ok()["userName"].clone();
        let by_name = json!([{ "op": "remove", "path": format!("members[display eq {name}]") }]);
        assert_eq!(directory.patch(&group, by_name).await.status, 204);
        assert_eq!(directory.members(&group).await, [users[4]]);
    }

    async fn a_patch_of_a_group_of_more_than_a_hundred_loses_nobody(world: World) {
        let directory = Directory::added(&world, "Entra ID").await;
        let users = crowd(&directory, 260).await;
        let group = directory.group("Alle", &users[..250]).await;
        assert_eq!(directory.patch(&group, add(&users[250..])).await.status, 204);
        assert_eq!(directory.members(&group).await, users);
        let one = json!([{ "op": "Remove", "path": "members", "value": [{ "value": users[120] }] }]);
        assert_eq!(directory.patch(&group, one).await.status, 204);
        assert_eq!(directory.members(&group).await.len(), 259);
    }

    async fn replacing_something_else_does_not_empty_the_group(world: World) {
        let directory = Directory::added(&world, "Okta").await;
        let users = crowd(&directory, 3).await;
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

    async fn the_same_member_added_twice_is_in_it_once(world: World) {
        let directory = Directory::added(&world, "Entra ID").await;
        let users = crowd(&directory, 2).await;
        let group = directory.group("Nord", &[users[0], users[0]]).await;
        assert_eq!(directory.patch(&group, add(&[users[0], users[1], users[1]])).await.status, 204);
        let head = world.head().await;
        assert_eq!(directory.patch(&group, add(&users)).await.status, 204);
        assert_eq!((directory.members(&group).await, world.head().await), (users, head), "twice changes nothing");
    }

    async fn two_patches_of_one_group_at_once_lose_nobody(world: World) {
        let directory = Directory::added(&world, "Okta").await;
        let users = crowd(&directory, 60).await;
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

    async fn what_is_not_reached_at_users_is_not_reached_through_groups(world: World) {
        let (one, two) = (Directory::added(&world, "Entra ID").await, Directory::added(&world, "Okta").await);
        let (mine, theirs) = (one.user("Anja A").await, two.user("Ben B").await);
        refused(one.get(&at(theirs)).await, 404, None);
        refused(one.delete(&at(theirs)).await, 404, None);
        refused(
            one.patch(&at(theirs), json!([{ "op": "replace", "path": "active", "value": false }])).await,
            404,
            None,
        );
        refused(one.put(&at(theirs), json!({ "userName": "x" })).await, 404, None);
        let group = one.group("Nord", &[mine]).await;
        assert_eq!(one.patch(&group, add(&[theirs])).await.status, 204);
        assert_eq!(one.members(&group).await, [mine], "he is no user here");
        let south =
            one.post("/Groups", json!({ "displayName": "Süd", "members": [{ "value": theirs }] })).await.created();
        assert_eq!(south.get("members"), None);
        assert_eq!(world.admin.get(&format!("/users/{theirs}")).await.ok()["group_ids"], json!([]));
        refused(two.patch(&group, add(&[theirs])).await, 404, None);
        refused(two.delete(&group).await, 404, None);
        assert_eq!(told(&two.get("/Groups").await.ok()).0, 0);
        // A group of hand, in which both have somebody.
        let by_hand = format!("/Groups/{}", world.group("Hand", &[mine, theirs]).await);
        assert_eq!(two.members(&by_hand).await, [theirs]);
        assert_eq!(one.patch(&by_hand, json!([{ "op": "replace", "path": "members", "value": [] }])).await.status, 204);
        assert_eq!(one.members(&by_hand).await, []);
        let seen = world.admin.get(&format!("/users/{theirs}")).await.ok();
        assert_eq!(seen["group_ids"].as_array().map(Vec::len), Some(1), "theirs is not for this one to remove");
        for path in ["/Users", "/Groups", "/Schemas", "/Bulk", "/nothing", "/Me"] {
            refused(one.with("made-up").get(path).await, 401, None);
        }
        let agent = world.agent("Nora Neu").await.with_token().await;
        refused(one.with(agent.secret()).get("/Users").await, 401, None);
    }

    async fn pages_follow_each_other_without_gap_or_repetition(world: World) {
        let directory = Directory::added(&world, "Entra ID").await;
        let users = crowd(&directory, 25).await;
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
                    assert!(seen.insert(id), "{query}: told twice");
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
        refused(directory.get("/Users?count=many").await, 400, Some("invalidValue"));
    }

    async fn user_names_are_compared_without_case_and_a_second_one_is_refused(world: World) {
        let directory = Directory::added(&world, "Entra ID").await;
        let body = |name: &str, email: &str| json!({ "userName": name, "emails": [{ "value": email }] });
        let id = id_of(&directory.post("/Users", body("Anja", "anja@example.org")).await.created());
        refused(directory.post("/Users", body("aNJA", "other@example.org")).await, 409, Some("uniqueness"));
        refused(directory.post("/Users", body("other", "ANJA@example.org")).await, 409, Some("uniqueness"));
        let ben: UserId = id_of(&directory.post("/Users", body("Ben", "ben@example.org")).await.created());
        let taken = json!([{ "op": "replace", "path": "userName", "value": "ANJA" }]);
        refused(directory.patch(&at(ben), taken).await, 409, Some("uniqueness"));
        refused(directory.put(&at(ben), body("Ben", "anja@example.org")).await, 409, Some("uniqueness"));
        assert_eq!(directory.put(&at(id), body("ANJA", "anja@example.org")).await.ok()["userName"], "ANJA");
        assert_eq!(told(&directory.find("Users", r#"userName eq "anja""#).await), (1, vec!["ANJA".to_owned()]));
        let both = join_all(
            (0..6).map(|n| directory.post("/Users", body("Cem", &format!("c{n}@example.org"))).boxed_answer()),
        )
        .await;
        assert_eq!(both.iter().filter(|answer| answer.status == 201).count(), 1, "of many at once one is added");
    }

    async fn a_group_that_is_put_is_not_in_its_own_way(world: World) {
        let directory = Directory::added(&world, "Okta").await;
        let users = crowd(&directory, 3).await;
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
        refused(directory.put(&group, json!({ "displayName": "süd" })).await, 409, Some("uniqueness"));
        assert_eq!(directory.members(&group).await, [users[2]], "refused is refused as a whole");
    }

    async fn a_deprovisioned_user_occupies_nothing(world: World) {
        let directory = Directory::added(&world, "Entra ID").await;
        let (pool, people) = world.pool(1, 2).await;
        let product = world.product("Service Desk").await;
        let named = world.license(product, Model::Named, 1).await;
        world.grant(named, &[people[0].id]).await;
        let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        let occupied = async |license| world.admin.get(&format!("/licenses/{license}")).await.ok()["use"].clone();

        let session = people[0].ask().await.created();
        let ticket = people[1].queued().await;
        directory.patch(&at(people[0].id), off.clone()).await.ok();
        let seen = world.admin.get(&format!("/sessions/{}", session["id"].as_str().expect("an id"))).await.ok();
        assert_eq!((&seen["ended"]["reason"], &seen["ended"]["by"]), (&json!("user_deactivated"), &json!("Entra ID")));
        assert_eq!(occupied(named).await["assigned"], 0);
        people[0].get("/me").await.problem(401, "not_signed_in");
        let offered = people[1].get(&ticket).await.ok();
        assert_eq!(offered["state"], "offered", "whoever waited has the seat");
        directory.patch(&at(people[1].id), off).await.ok();
        assert_eq!(occupied(pool).await["occupied"], 0);
        assert_eq!(occupied(pool).await["waiting"], json!(0));
        let log = world.admin.get("/audit?kind=user_suspended").await.ok();
        let doors: Vec<_> =
            log["items"].as_array().expect("entries").iter().map(|one| (&one["door"], &one["directory"])).collect();
        assert_eq!(doors, [(&json!("scim"), &json!("Entra ID")); 2]);
        // He comes back, and signs in anew.
        directory.patch(&at(people[0].id), json!([{ "op": "add", "path": "active", "value": "true" }])).await.ok();
        people[0].get("/me").await.problem(401, "not_signed_in");
        Person::signing_in(&world.url, &email_of("Agent 0"), people[0].id).await;
        assert_eq!(directory.delete(&at(people[0].id)).await.status, 204);
        let gone = world.admin.get(&format!("/sessions/{}", session["id"].as_str().expect("an id"))).await.ok();
        assert_eq!(gone["user_name"], "Agent 0", "the history keeps the name");
    }

    async fn the_last_admin_stays_whatever_a_directory_says(world: World) {
        let directory = Directory::added(&world, "Entra ID").await;
        let admin = at(world.admin.id);
        refused(
            directory.patch(&admin, json!([{ "op": "replace", "path": "active", "value": false }])).await,
            400,
            Some("mutability"),
        );
        refused(directory.delete(&admin).await, 400, Some("mutability"));
        world.admin.get("/me").await.ok();
    }
}

/// Requests of different shapes, side by side.
trait BoxedAnswer<'a> {
    fn boxed_answer(self) -> std::pin::Pin<Box<dyn Future<Output = crate::world::Answer> + Send + 'a>>;
}

impl<'a, F: Future<Output = crate::world::Answer> + Send + 'a> BoxedAnswer<'a> for F {
    fn boxed_answer(self) -> std::pin::Pin<Box<dyn Future<Output = crate::world::Answer> + Send + 'a>> {
        Box::pin(self)
    }
}
