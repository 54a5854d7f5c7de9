//! Requests of Microsoft Entra ID, with and without its flag for standard compliance (`aadOptscim062020`).

use super::{Directory, expect_error, sorted, total_and_names, user_path};
use crate::harness::{Person, on_both_engines};
use seatkeeper_shared::license::Model;
use serde_json::json;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A new user as sent without the flag: booleans as strings.
fn new_user() -> serde_json::Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "userName": "Test_User_ab6490ee@Example.org",
        "active": "True",
        "addresses": null, "displayName": "lennay",
        "emails": [{ "primary": "True", "type": "work", "value": "Test_User_ab6490ee@example.org" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName" },
        "roles": [], ENTERPRISE: { "employeeNumber": "7", "manager": null },
    })
}

on_both_engines! {
    async fn the_connection_test_asks_for_a_random_user_and_group(world: World) {
        let entra = Directory::create(&world, "Entra ID").await;
        for what in ["Users", "Groups"] {
            let attribute = if what == "Users" { "userName" } else { "displayName" };
            let none = entra.find(what, &format!(r#"{attribute} eq "b65b2e13-6d0b-4e35-9b3f-a2a8f5d5b7e1""#)).await;
            assert_eq!(none["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
            assert_eq!(
                (total_and_names(&none), &none["itemsPerPage"], &none["startIndex"]),
                ((0, vec![]), &json!(0), &json!(1))
            );
        }
        expect_error(entra.get("/Users/5171a35d82074e068ce2").await, 404, None);
        expect_error(entra.with("made-up").get("/Users").await, 401, None);
    }

    async fn entra_manages_a_user_without_the_flag(world: World) {
        let entra = Directory::create(&world, "Entra ID").await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 1).await;
        let added = entra.post("/Users", new_user()).await.created();
        let id = crate::harness::id_of(&added);
        assert_eq!((&added["active"], &added["emails"][0]["primary"]), (&json!(true), &json!(true)), "not strings");
        assert!(added.get("addresses").is_none() && added.get("roles").is_none());
        let seen = world.admin.get(&format!("/users/{id}")).await.ok();
        let email = "Test_User_ab6490ee@example.org";
        assert_eq!(
            (&seen["name"], &seen["email"], &seen["source"]),
            (&json!("lennay"), &json!(email), &json!("directory"))
        );

        let found = entra.find("Users", r#"userName eq "test_user_AB6490ee@example.org""#).await;
        assert_eq!(total_and_names(&found), (1, vec!["Test_User_ab6490ee@Example.org".to_owned()]));
        let found =
            entra.find("Users", r#"externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef" and active eq "True""#).await;
        assert_eq!(total_and_names(&found).0, 1);
        let changed = entra
            .patch(
                &user_path(id),
                json!([
                    { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "updatedEmail@example.org" },
                    { "op": "Replace", "path": "name.familyName", "value": "updatedFamilyName" },
                    { "op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "+49 30 1" },
                    { "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Support" },
                    { "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "26118915" },
                ]),
            )
            .await
            .ok();
        assert_eq!(
            changed["emails"],
            json!([{ "primary": true, "type": "work", "value": "updatedEmail@example.org" }])
        );
        assert_eq!(changed["name"]["familyName"], "updatedFamilyName");
        assert_eq!(
            changed[ENTERPRISE],
            json!({ "employeeNumber": "7", "department": "Support", "manager": { "value": "26118915" } })
        );
        assert_eq!(world.admin.get(&format!("/users/{id}")).await.ok()["email"], "updatedEmail@example.org");

        world.grant(license, &[id]).await;
        let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        assert_eq!(entra.patch(&user_path(id), off.clone()).await.ok()["active"], false);
        assert_eq!(world.admin.get(&format!("/licenses/{license}")).await.ok()["use"]["assigned"], 0);
        assert_eq!(entra.patch(&user_path(id), off).await.ok()["active"], false, "a repetition changes nothing");
        assert_eq!(
            total_and_names(&entra.find("Users", r#"userName eq "Test_User_ab6490ee@example.org""#).await).0,
            1,
            "still reported"
        );
        let on = json!([{ "op": "Add", "path": "active", "value": "True" }]);
        assert_eq!(entra.patch(&user_path(id), on).await.ok()["active"], true);
        assert_eq!(world.admin.get(&format!("/users/{id}")).await.ok()["status"], "active");
        assert_eq!(entra.delete(&user_path(id)).await.status, 204);
        expect_error(entra.delete(&user_path(id)).await, 404, None);
        expect_error(entra.get(&user_path(id)).await, 404, None);
        entra.post("/Users", new_user()).await.created();
    }

    async fn entra_manages_a_user_with_the_flag(world: World) {
        let entra = Directory::create(&world, "Entra ID").await;
        let id = entra.user("Anja Alt").await;
        let changed = entra
            .patch(
                &user_path(id),
                json!([{ "op": "replace", "value": {
            "displayName": "Anja Neu", "name.givenName": "Anja", "name.familyName": "Neu", "active": true,
            "emails[type eq \"work\"].value": "anja.neu@example.org",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "12",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Support",
        } }]),
            )
            .await
            .ok();
        assert_eq!(changed["name"], json!({ "givenName": "Anja", "familyName": "Neu" }));
        assert_eq!(changed["emails"], json!([{ "type": "work", "value": "anja.neu@example.org" }]));
        assert_eq!(changed[ENTERPRISE], json!({ "employeeNumber": "12", "department": "Support" }));
        assert_eq!(changed["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]));
        let seen = world.admin.get(&format!("/users/{id}")).await.ok();
        assert_eq!((&seen["name"], &seen["email"]), (&json!("Anja Neu"), &json!("anja.neu@example.org")));
        let off = entra.patch(&user_path(id), json!([{ "op": "replace", "value": { "active": false } }])).await.ok();
        assert_eq!((&off["active"], &off["displayName"]), (&json!(false), &json!("Anja Neu")));
    }

    async fn a_group_is_created_empty_and_then_filled(world: World) {
        let entra = Directory::create(&world, "Entra ID").await;
        let (anja, ben, cem) = (entra.user("Anja A").await, entra.user("Ben B").await, entra.user("Cem C").await);
        let added = entra
            .post(
                "/Groups",
                json!({
                    "schemas": [
                        "urn:ietf:params:scim:schemas:core:2.0:Group",
                        "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
                    ],
                    "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", "displayName": "Techniker",
                    "meta": { "resourceType": "Group" },
                }),
            )
            .await
            .created();
        assert!(added.get("members").is_none());
        let group = format!("/Groups/{}", added["id"].as_str().expect("an id"));
        let add = json!([{ "op": "Add", "path": "members", "value": [
            { "$ref": null, "value": anja }, { "$ref": null, "value": ben }, { "value": cem },
        ] }]);
        assert_eq!(entra.patch(&group, add).await.status, 204);
        let found =
            entra.get("/Groups?excludedAttributes=members&filter=displayName%20eq%20%22techniker%22").await.ok();
        assert_eq!((total_and_names(&found).0, found["Resources"][0].get("members")), (1, None));
        // One form is sent without the flag, the other with it.
        let gone = json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": anja }] }]);
        assert_eq!(entra.patch(&group, gone).await.status, 204);
        assert_eq!(entra.members(&group).await, sorted(vec![ben, cem]));
        let gone = json!([{ "op": "remove", "path": format!("members[value eq \"{ben}\"]") }]);
        assert_eq!(entra.patch(&group, gone).await.status, 204);
        assert_eq!(entra.members(&group).await, [cem]);
        let renamed = json!([{ "op": "Replace", "path": "displayName", "value": "Techniker Nord" }]);
        assert_eq!(entra.patch(&group, renamed).await.status, 204);
        assert_eq!(entra.members(&group).await, [cem]);
        let all: Vec<_> = world.admin.get("/groups").await.ok().as_array().expect("groups").clone();
        assert_eq!((&all[0]["name"], &all[0]["members"]), (&json!("Techniker Nord"), &json!(1)));
        assert_eq!(entra.delete(&group).await.status, 204);
        expect_error(entra.delete(&group).await, 404, None);
    }

    async fn a_manually_added_user_is_found_and_taken_over(world: World) {
        let ben = world.agent("Ben Hand").await;
        let entra = Directory::create(&world, "Entra ID").await;
        let found = entra.find("Users", r#"userName eq "Ben.Hand@example.org""#).await;
        assert_eq!(found["Resources"][0]["id"], json!(ben.id));
        expect_error(
            entra
                .post(
                    "/Users",
                    json!({
                        "userName": "ben.hand@example.org",
                    }),
                )
                .await,
            409,
            Some("uniqueness"),
        );
        let taken = entra
            .patch(
                &user_path(ben.id),
                json!([
                    { "op": "Add", "path": "externalId", "value": "E-1" },
                ]),
            )
            .await
            .ok();
        assert_eq!((&taken["externalId"], &taken["displayName"]), (&json!("E-1"), &json!("Ben Hand")));
        assert_eq!(world.admin.get(&format!("/users/{}", ben.id)).await.ok()["source"], "directory");
        ben.get("/me").await.ok();
        let other = Directory::create(&world, "Okta").await;
        expect_error(other.get(&user_path(ben.id)).await, 404, None);
        Person::signing_in(&world.url, "ben.hand@example.org", ben.id).await;
    }
}
