//! The SCIM protocol: discovery, versions, attribute selection, bulk requests, and invalid input.

use super::{Directory, expect_error, total_and_names, user_path};
use crate::harness::{id_of, on_both_engines};
use reqwest::Method;
use serde_json::{Value, json};

on_both_engines! {
    async fn discovery_describes_what_is_supported(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let config = directory.get("/ServiceProviderConfig").await.ok();
        for what in ["patch", "bulk", "filter", "sort", "etag"] {
            assert_eq!(config[what]["supported"], true, "{what}");
        }
        assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
        let kinds = directory.get("/ResourceTypes").await.ok();
        assert_eq!((&kinds["totalResults"], &kinds["Resources"][0]["endpoint"]), (&json!(2), &json!("/Users")));
        assert_eq!(directory.get("/ResourceTypes/Group").await.ok()["endpoint"], "/Groups");
        assert_eq!(directory.get("/Schemas").await.ok()["totalResults"], 3);
        let user = directory.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").await.ok();
        let attribute =
            user["attributes"].as_array().expect("attributes").iter().find(|one| one["name"] == "userName").cloned();
        assert_eq!(
            attribute.map(|one| (one["required"].clone(), one["uniqueness"].clone())),
            Some((json!(true), json!("server")))
        );
        expect_error(directory.get("/Schemas/urn:unknown").await, 404, None);
        expect_error(directory.get("/Nothing").await, 404, None);
        expect_error(directory.get("/Me").await, 501, None);
        expect_error(directory.delete("/Users").await, 405, None);
    }

    async fn a_resource_version_shows_whether_it_has_changed(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let id = directory.user("Anja A").await;
        let group = directory.group("Nord", &[id]).await;
        for path in [user_path(id), group.clone()] {
            let first = directory.get(&path).await;
            let version = first.headers["etag"].to_str().expect("text").to_owned();
            let body = first.ok();
            assert_eq!(body["meta"]["version"], json!(version));
            assert_eq!(
                directory.get(&path).await.headers["etag"].to_str().ok(),
                Some(version.as_str()),
                "it is unchanged"
            );
            let known = directory.send(Method::GET, &path, &Value::Null, &[("if-none-match", &version)]).await;
            assert_eq!(known.status, 304);
            let change = json!({
                "Operations": [{ "op": "replace", "path": "displayName", "value": format!("Neu {}", path.len()) }],
            });
            let changed = directory.send(Method::PATCH, &path, &change, &[("if-match", &version)]).await;
            assert!(changed.status.is_success(), "{:#}", changed.body);
            assert_ne!(changed.headers["etag"].to_str().ok(), Some(version.as_str()));
            for method in [Method::PATCH, Method::PUT, Method::DELETE] {
                let body = if method == Method::PATCH { change.clone() } else { body.clone() };
                expect_error(directory.send(method, &path, &body, &[("if-match", &version)]).await, 412, None);
            }
            let again = directory.send(Method::PATCH, &path, &change, &[("if-match", "*")]).await;
            assert!(again.status.is_success());
        }
        // A change by an admin changes the version, too.
        let version = directory.get(&group).await.headers["etag"].clone();
        world
            .admin
            .put(&format!("{}/members", group.replace("/Groups", "/groups")), &json!({ "user_ids": [] }))
            .await
            .ok();
        assert_ne!(directory.get(&group).await.headers["etag"], version);
    }

    async fn only_requested_attributes_are_returned(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let body = json!({
            "userName": "anja@example.org", "title": "Chefin", "name": { "givenName": "Anja", "familyName": "A" },
            "emails": [{ "value": "anja@example.org", "type": "work" }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                "department": "Support",
                "division": "Nord",
            },
        });
        let id = id_of(&directory.post("/Users", body).await.created());
        let keys = |body: &Value| {
            let mut keys: Vec<_> = body.as_object().expect("an object").keys().cloned().collect();
            keys.sort_unstable();
            keys
        };
        let department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
        let attributes = format!("userName,name.familyName,emails.value,{department}");
        let only = directory.get(&format!("{}?attributes={attributes}", user_path(id))).await.ok();
        assert_eq!(only["name"], json!({ "familyName": "A" }));
        assert_eq!(only["emails"], json!([{ "value": "anja@example.org" }]));
        assert_eq!(
            only["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
            json!({ "department": "Support" })
        );
        assert_eq!(
            keys(&only),
            [
                "emails",
                "id",
                "name",
                "schemas",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
                "userName"
            ]
        );
        let but =
            directory.get(&format!("{}?excludedAttributes=id,TITLE,name.givenName,meta", user_path(id))).await.ok();
        assert_eq!((but.get("title"), but.get("meta"), &but["name"]), (None, None, &json!({ "familyName": "A" })));
        assert_eq!(but["id"], json!(id), "always shown");
        let list = directory.get("/Users?attributes=userName&filter=title%20pr").await.ok();
        assert_eq!(keys(&list["Resources"][0]), ["id", "schemas", "userName"]);
        let search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "title eq \"chefin\"",
            "attributes": ["userName"],
            "count": 5,
        });
        assert_eq!(
            total_and_names(&directory.post("/Users/.search", search).await.ok()),
            (1, vec!["anja@example.org".to_owned()])
        );
        directory.group("Nord", &[]).await;
        let mut all = Vec::new();
        for start in 1..=3 {
            let found = directory.post("/.search", json!({ "startIndex": start, "count": 1 })).await.ok();
            assert_eq!(found["totalResults"], 3);
            all.extend(total_and_names(&found).1);
        }
        assert_eq!(all.last().map(String::as_str), Some("Nord"), "{all:?}");
    }

    async fn filters_find_the_same_with_and_without_sql_support(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let anja = directory.user("Änne Krüger").await;
        let ben = directory.user("Ben Ölmez").await;
        let group = directory.group("Nord", &[anja]).await;
        directory
            .patch(
                &user_path(ben),
                json!([
                    {
                        "op": "replace",
                        "value": {
                            "active": false,
                            "title": "Chef",
                            "externalId": "B-1",
                            "emails": [{ "value": "Ben@Other.example" }],
                        },
                    },
                ]),
            )
            .await
            .ok();
        for (filter, names) in [
            (format!("id eq \"{anja}\""), vec!["änne.krüger@example.org"]),
            ("externalId eq B-1".to_owned(), vec!["ben.ölmez@example.org"]),
            (
                "userName eq \"ÄNNE.KRÜGER@example.org\" or externalId eq \"B-1\"".to_owned(),
                vec!["ben.ölmez@example.org", "änne.krüger@example.org"],
            ),
            ("active eq false".to_owned(), vec!["ben.ölmez@example.org"]),
            ("active eq \"False\" and displayName sw \"ben\"".to_owned(), vec!["ben.ölmez@example.org"]),
            ("displayName co \"öl\" and active eq true".to_owned(), vec![]),
            ("title eq \"chef\"".to_owned(), vec!["ben.ölmez@example.org"]),
            ("emails.value ew \"OTHER.example\" and userName sw \"BEN\"".to_owned(), vec!["ben.ölmez@example.org"]),
            ("emails eq \"ben@other.example\"".to_owned(), vec!["ben.ölmez@example.org"]),
            ("userName ew \"RÜGER@example.org\"".to_owned(), vec!["änne.krüger@example.org"]),
            ("emails[value co \"other\"]".to_owned(), vec!["ben.ölmez@example.org"]),
            ("emails[value co \"ölmez\"]".to_owned(), vec![]),
            ("groups.display eq \"nord\"".to_owned(), vec!["änne.krüger@example.org"]),
            (
                "meta.lastModified ge \"2026-03-02T09:00:00Z\" and not (userName sw \"änne\" or userName sw \"anja\")"
                    .to_owned(),
                vec!["ben.ölmez@example.org"],
            ),
            ("meta.lastModified gt \"2026-03-02T09:00:00Z\"".to_owned(), vec![]),
            ("userName co \"_\"".to_owned(), vec![]),
        ] {
            let (total, mut found) = total_and_names(&directory.find("Users", &filter).await);
            found.sort_unstable();
            assert_eq!((total, found.len()), (i64::try_from(names.len()).expect("few"), names.len()), "{filter}");
            assert_eq!(found, names, "{filter}");
        }
        for filter in [
            format!("members.value eq \"{anja}\""),
            format!("members[value eq \"{anja}\"]"),
            "displayName sw \"no\"".to_owned(),
            "displayName eq \"NORD\" and members pr".to_owned(),
        ] {
            assert_eq!(total_and_names(&directory.find("Groups", &filter).await).1, ["Nord"], "{filter}");
        }
        assert_eq!(total_and_names(&directory.find("Groups", &format!("members.value eq \"{ben}\"")).await).0, 0);
        for bad in ["userName", "userName eq", "(userName pr", "userName zz \"x\"", "active gt true"] {
            for what in ["Users", "Groups"] {
                let bad = bad.replace(' ', "%20").replace('"', "%22");
                expect_error(directory.get(&format!("/{what}?filter={bad}")).await, 400, Some("invalidFilter"));
            }
        }
        assert_eq!(directory.get(&format!("{group}?attributes=displayName")).await.ok().get("members"), None);
    }

    async fn a_bulk_request_can_refer_to_resources_that_it_adds(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
        let done = directory
            .post(
                "/Bulk",
                json!({ "schemas": schemas, "Operations": [
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": { "displayName": "Nord", "members": [{ "value": "bulkId:u" }] },
            },
            { "method": "POST", "path": "/Users", "bulkId": "u", "data": { "userName": "anja@example.org" } },
            { "method": "post", "path": "/Users", "bulkId": "v", "data": { "userName": "ANJA@example.org" } },
            {
                "method": "PATCH",
                "path": "/Users/bulkId:u",
                "data": { "Operations": [{ "op": "add", "path": "title", "value": "Chefin" }] },
            },
            { "method": "DELETE", "path": "/Users/none" },
            { "method": "TRACE", "path": "/Users" },
        ] }),
            )
            .await
            .ok();
        let results: Vec<_> = done["Operations"]
            .as_array()
            .expect("results")
            .iter()
            .map(|one| (one["method"].as_str().unwrap_or(""), one["status"].as_str().unwrap_or("")))
            .collect();
        // Operations that refer to others run after these, and after those that refer to none.
        assert_eq!(
            results,
            [("POST", "201"), ("POST", "409"), ("DELETE", "404"), ("TRACE", "400"), ("POST", "201"), ("PATCH", "200")]
        );
        assert_eq!(done["Operations"][1]["response"]["scimType"], "uniqueness");
        let found = directory.find("Users", "title eq \"Chefin\"").await;
        assert_eq!(found["Resources"][0]["groups"][0]["display"], "Nord");
        let stopped = directory
            .post(
                "/Bulk",
                json!({ "failOnErrors": 1, "Operations": [
            { "method": "DELETE", "path": "/Users/none" },
            { "method": "POST", "path": "/Users", "bulkId": "x", "data": { "userName": "ben@example.org" } },
        ] }),
            )
            .await
            .ok();
        assert_eq!(stopped["Operations"].as_array().map(Vec::len), Some(1));
        assert_eq!(super::total_and_names(&directory.find("Users", "userName eq \"ben@example.org\"").await).0, 0);
        expect_error(directory.post("/Bulk", json!({ "Operations": "x" })).await, 400, Some("invalidSyntax"));
        let many: Vec<_> = (0..1_001).map(|_| json!({ "method": "DELETE", "path": "/Users/none" })).collect();
        expect_error(directory.post("/Bulk", json!({ "Operations": many })).await, 413, None);
    }

    async fn invalid_input_is_refused_and_changes_nothing(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let id = directory.user("Anja A").await;
        let group = directory.group("Nord", &[id]).await;
        let head = world.head().await;
        for body in [
            json!({}),
            json!({ "userName": "" }),
            json!({ "userName": {} }),
            json!({ "userName": "x", "emails": 7 }),
            json!({ "userName": "x", "name": "y" }),
            json!({ "userName": "a\u{0}b" }),
        ] {
            expect_error(directory.post("/Users", body.clone()).await, 400, Some("invalidValue"));
            expect_error(directory.put(&user_path(id), body).await, 400, Some("invalidValue"));
        }
        for body in [
            json!({}),
            json!({ "displayName": " " }),
            json!({ "displayName": "x", "members": [{}] }),
            json!({ "displayName": "x", "externalId": [] }),
        ] {
            expect_error(directory.post("/Groups", body.clone()).await, 400, Some("invalidValue"));
            expect_error(directory.put(&group, body).await, 400, Some("invalidValue"));
        }
        for (operations, kind) in [
            (json!([]), "invalidSyntax"),
            (json!([{ "op": "remove" }]), "noTarget"),
            (json!([{ "op": "remove", "path": "displayName" }]), "mutability"),
            (json!([{ "op": "replace", "path": "id", "value": "x" }]), "mutability"),
            (json!([{ "op": "replace", "value": { "id": "x" } }]), "mutability"),
            (json!([{ "op": "replace", "path": "shoes", "value": "x" }]), "invalidPath"),
            (json!([{ "op": "replace", "path": "members[", "value": "x" }]), "invalidPath"),
            (json!([{ "op": "add", "path": "members", "value": [{ "display": "Anja" }] }]), "invalidValue"),
        ] {
            expect_error(directory.patch(&group, operations).await, 400, Some(kind));
        }
        expect_error(
            directory.patch(&user_path(id), json!([{ "op": "remove", "path": "userName" }])).await,
            400,
            Some("mutability"),
        );
        for path in ["/Users", "/Groups", "/Bulk", "/Users/.search"] {
            expect_error(directory.post(path, json!([1])).await, 400, Some("invalidSyntax"));
        }
        let broken = directory.send(Method::POST, "/Users", &json!("no object"), &[]).await;
        expect_error(broken, 400, Some("invalidSyntax"));
        expect_error(
            directory.patch("/Users/none", json!([{ "op": "add", "path": "title", "value": "x" }])).await,
            404,
            None,
        );
        assert_eq!(world.head().await, head, "nothing was changed");
    }

    async fn unknown_members_are_left_out_and_reported(world: World) {
        let directory = Directory::create(&world, "Entra ID").await;
        let id = directory.user("Anja A").await;
        let group = directory.group("Nord", &[]).await;
        for unknown in ["00000000-0000-4000-8000-000000000000", "no-id"] {
            let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": unknown }, { "value": id }] }]);
            assert_eq!(directory.patch(&group, add).await.status, 204);
            assert_eq!(directory.members(&group).await, [id]);
        }
        let log = world.admin.get(&format!("/directories/{}/requests", directory.id)).await.ok();
        assert_eq!(
            (&log[1]["status"], &log[1]["reason"]),
            (&json!(204), &json!("1 members are not users of this account and were skipped."))
        );
    }

    async fn a_user_without_an_address_gets_an_undeliverable_one(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let id: seatkeeper_shared::ids::UserId =
            id_of(&directory.post("/Users", json!({ "userName": "jdoe" })).await.created());
        let seen = world.admin.get(&format!("/users/{id}")).await.ok();
        assert_eq!((&seen["email"], &seen["name"]), (&json!("jdoe@no-address.invalid"), &json!("jdoe")));
        let long = "ß".repeat(300);
        let named = directory
            .patch(
                &user_path(id),
                json!([
                    { "op": "add", "path": "displayName", "value": long },
                ]),
            )
            .await
            .ok();
        assert_eq!(named["displayName"], json!(long), "the directory reads what it wrote");
        assert_eq!(world.admin.get(&format!("/users/{id}")).await.ok()["name"], json!("ß".repeat(120)));
    }
}
