//! Requests of Okta: lookups, full users, and group push.

use super::{Directory, sorted, total_and_names, user_path};
use crate::harness::{id_of, on_both_engines};
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

/// A full user, as Okta sends it.
fn full_user(active: bool) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "isaac.brock@example.org",
        "name": { "givenName": "Isaac", "familyName": "Brock" },
        "emails": [{ "primary": true, "value": "isaac.brock@example.org", "type": "work" }],
        "displayName": "Isaac Brock", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [],
        "password": "1mz050nq", "active": active,
    })
}

on_both_engines! {
    async fn okta_adds_changes_and_deactivates_a_user(world: World) {
        let okta = Directory::create(&world, "Okta").await;
        let test = okta.get("/Users?startIndex=1&count=2").await.ok();
        assert_eq!((&test["startIndex"], &test["itemsPerPage"]), (&json!(1), &json!(1)), "the admin exists");
        let path = "/Users?filter=userName%20eq%20%22isaac.brock@example.org%22&startIndex=1&count=100";
        assert_eq!(total_and_names(&okta.get(path).await.ok()).0, 0);
        let added = okta.post("/Users", full_user(true)).await.created();
        assert!(added.get("password").is_none(), "{added:#}");
        let id = id_of(&added);
        assert_eq!(total_and_names(&okta.get(path).await.ok()), (1, vec!["isaac.brock@example.org".to_owned()]));

        // The full user, with the values read before.
        let mut read = okta.get(&user_path(id)).await.ok();
        read["name"]["familyName"] = json!("Brock-Smith");
        read["displayName"] = json!("Isaac Brock-Smith");
        let put = okta.put(&user_path(id), read).await.ok();
        assert_eq!(put["name"], json!({ "givenName": "Isaac", "familyName": "Brock-Smith" }));
        assert_eq!(world.admin.get(&format!("/users/{id}")).await.ok()["name"], "Isaac Brock-Smith");

        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        world.grant(license, &[id]).await;
        assert_eq!(okta.put(&user_path(id), full_user(false)).await.ok()["active"], false, "Okta never deletes");
        let seen = world.admin.get(&format!("/users/{id}")).await.ok();
        assert_eq!((&seen["status"], &seen["license_ids"]), (&json!("suspended"), &json!([])));
        assert_eq!(total_and_names(&okta.get(path).await.ok()).0, 1);
        assert_eq!(okta.put(&user_path(id), full_user(true)).await.ok()["active"], true);
        let off = okta.patch(&user_path(id), json!([{ "op": "replace", "value": { "active": false } }])).await.ok();
        assert_eq!(off["active"], false);
        assert!(!world.event_log().await.contains("1mz050nq"), "passwords are not stored");
    }

    async fn a_group_push_sends_id_and_name_each_time(world: World) {
        let okta = Directory::create(&world, "Okta").await;
        let (anja, ben) = (okta.user("Anja A").await, okta.user("Ben B").await);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Test SCIMv2",
            "members": [],
        });
        let added = okta.post("/Groups", body).await.created();
        let id = added["id"].as_str().expect("an id");
        let group = format!("/Groups/{id}");
        let push = |name: &str, members: Value| {
            json!([
                { "op": "replace", "value": { "id": id, "displayName": name } },
                members,
            ])
        };
        let add = json!({
            "op": "add",
            "path": "members",
            "value": [{ "value": anja, "display": "anja.a@example.org" }, { "value": ben }],
        });
        assert_eq!(okta.patch(&group, push("Test SCIMv2", add)).await.status, 204);
        assert_eq!(okta.members(&group).await, sorted(vec![anja, ben]));
        let remove = json!({ "op": "remove", "path": format!("members[value eq \"{anja}\"]") });
        assert_eq!(okta.patch(&group, push("Neuer Name", remove)).await.status, 204);
        assert_eq!(okta.members(&group).await, [ben]);
        assert_eq!(okta.get(&group).await.ok()["displayName"], "Neuer Name");
        let all = json!({ "op": "replace", "path": "members", "value": [{ "value": anja }] });
        assert_eq!(okta.patch(&group, push("Neuer Name", all)).await.status, 204);
        assert_eq!(okta.members(&group).await, [anja]);
        let user = okta.get(&user_path(anja)).await.ok();
        assert_eq!(user["groups"][0]["display"], "Neuer Name");
        assert_eq!(user["groups"][0]["value"], json!(id));
    }
}
