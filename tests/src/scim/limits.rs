//! Limits of SCIM requests, so that no request blocks others.

use super::{Directory, expect_error, user_path};
use crate::harness::on_both_engines;
use serde_json::{Value, json};

on_both_engines! {
    async fn too_many_values_and_operations_are_refused_with_a_reason(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let ben = directory.user("Ben B").await;
        let group = directory.group("Nord", &[ben]).await;
        let head = world.head().await;
        let emails = |number: usize| {
            (0..number)
                .map(|n| json!({ "value": format!("a{n}@example.org"), "type": format!("a{n}"), "primary": true }))
                .collect::<Value>()
        };
        let response = expect_error(
            directory.post("/Users", json!({ "userName": "many", "emails": emails(40_000) })).await,
            400,
            Some("invalidValue"),
        );
        assert_eq!(response["detail"], "emails may have 500 values at most.");
        expect_error(
            directory.put(&user_path(ben), json!({ "userName": "ben", "emails": emails(501) })).await,
            400,
            Some("invalidValue"),
        );
        let of = |number: usize| {
            (0..number)
                .map(|n| {
                    json!({
                        "op": "add",
                        "path": format!("emails[type eq \"a{n}\"].value"),
                        "value": format!("a{n}@example.org"),
                    })
                })
                .collect::<Value>()
        };
        let response = expect_error(directory.patch(&user_path(ben), of(10_000)).await, 413, Some("tooMany"));
        assert_eq!(response["detail"], "There are more than 1000 operations.");
        expect_error(directory.patch(&user_path(ben), of(1_000)).await, 400, Some("invalidValue"));
        for op in ["add", "remove"] {
            expect_error(
                directory.patch(&user_path(ben), json!([{ "op": op, "path": "emails", "value": emails(501) }])).await,
                400,
                Some("invalidValue"),
            );
        }
        let photos = (0..30).map(|n| json!({ "value": format!("{n}{}", "x".repeat(60_000)) })).collect::<Value>();
        expect_error(
            directory.put(&user_path(ben), json!({ "userName": "ben", "photos": photos })).await,
            400,
            Some("invalidValue"),
        );
        // Many filters, each evaluated for all members.
        let such = |number: usize| vec![json!({ "op": "remove", "path": "members[display co \"zzz\"]" }); number];
        expect_error(directory.patch(&group, json!(such(21))).await, 413, Some("tooMany"));
        expect_error(
            directory.patch(&group, json!(vec![json!({ "op": "add", "path": "members", "value": [] }); 10_001])).await,
            413,
            Some("tooMany"),
        );
        assert_eq!(directory.patch(&group, json!(such(20))).await.status, 204);
        assert_eq!(world.head().await, head, "nothing was changed");
        // A request within the limits is executed.
        let many = directory
            .put(
                &user_path(ben),
                json!({
                    "userName": "ben.b@example.org",
                    "emails": emails(500),
                }),
            )
            .await
            .ok();
        assert_eq!(many["emails"].as_array().map(Vec::len), Some(500));
        assert_eq!(
            many["emails"].as_array().map(|all| all.iter().filter(|one| one["primary"] == true).count()),
            Some(1)
        );
        directory.patch(&user_path(ben), of(500)).await.ok();
        let config = directory.get("/ServiceProviderConfig").await.ok();
        assert_eq!(
            config["bulk"],
            json!({ "supported": true, "maxOperations": 1_000, "maxPayloadSize": 4 * 1024 * 1024 })
        );
    }

    async fn a_filter_that_is_too_expensive_is_refused(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let roles = |n: usize| (0..400).map(|r| json!({ "value": format!("{n}-{r}") })).collect::<Value>();
        let user = |n: usize| json!({ "userName": format!("u{n}"), "roles": roles(n) });
        let users: Vec<_> = (0..40)
            .map(|n| json!({ "method": "POST", "path": "/Users", "bulkId": format!("u{n}"), "data": user(n) }))
            .collect();
        directory.post("/Bulk", json!({ "Operations": users })).await.ok();
        let terms = (0..200).map(|n| format!("roles.value eq \"x{n}\"")).collect::<Vec<_>>().join(" or ");
        expect_error(directory.post("/Users/.search", json!({ "filter": terms })).await, 400, Some("tooMany"));
        let few = (0..20).map(|n| format!("roles.value eq \"x{n}\"")).collect::<Vec<_>>().join(" or ");
        assert_eq!(directory.post("/Users/.search", json!({ "filter": few })).await.ok()["totalResults"], 0);
        for deep in [
            "(".repeat(4_000),
            "not (".repeat(1_000),
            "a[".repeat(2_000),
            "a pr or ".repeat(1_000),
            format!("{}a pr", "a pr or ".repeat(20_000)),
        ] {
            expect_error(directory.post("/Users/.search", json!({ "filter": deep })).await, 400, Some("invalidFilter"));
        }
        let long = format!("{}title pr", "title pr or ".repeat(600));
        assert_eq!(directory.post("/Groups/.search", json!({ "filter": long })).await.ok()["totalResults"], 0);
    }

    async fn many_members_are_added_and_removed_with_one_statement_each(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let mut users = Vec::new();
        for n in 0..6 {
            users.push(directory.user(&format!("User {n}")).await);
        }
        let group = directory.group("Nord", &users[..2]).await;
        let remove = |n: usize| json!({ "op": "remove", "path": format!("members[value eq \"{}\"]", users[n]) });
        let add = |n: usize| json!({ "op": "add", "path": "members", "value": [{ "value": users[n] }] });
        let head = world.head().await;
        // Each member is added and removed a thousand times; the last operation counts.
        let mut operations: Vec<_> =
            (0..1_000).flat_map(|_| [add(0), remove(0), add(3), remove(3), remove(1), add(1)]).collect();
        assert_eq!(directory.patch(&group, json!(operations)).await.status, 204);
        assert_eq!(directory.members(&group).await, super::sorted(vec![users[1]]));
        let response = world.admin.get("/audit?kind=group_member_removed").await.ok();
        assert_eq!(response["total"].as_i64().or(response["items"].as_array().map(|all| all.len() as i64)), Some(1));
        assert!(world.head().await > head);
        operations = vec![
            add(4),
            json!({ "op": "remove", "path": "members[display eq \"User 4\"]" }),
            add(5),
            json!({ "op": "replace", "path": "members", "value": [{ "value": users[2] }] }),
            add(0),
        ];
        assert_eq!(directory.patch(&group, json!(operations)).await.status, 204);
        assert_eq!(directory.members(&group).await, super::sorted(vec![users[2], users[0]]));
    }
}
