//! Microsoft Entra ID soft-deletes users for 30 days: it prefixes the userName with the object id, and deactivates the
//! user.

use super::{Directory, expect_error, total_and_names, user_path};
use crate::harness::{World, id_of, on_both_engines};
use seatkeeper_shared::{
    ids::UserId,
    people::{Role, UserStatus},
};
use serde_json::{Value, json};

const OBJECT_ID: &str = "0a21f0f28d2a4f8ebf987363c4aed4ef";

/// A user as Entra ID adds them. The externalId is the mail nickname, which the next user with the same address has,
/// too.
fn new_user() -> Value {
    json!({
        "externalId": "lennay", "userName": "lennay@Example.org", "active": "True", "displayName": "Lennay",
        "emails": [{ "primary": "True", "type": "work", "value": "lennay@example.org" }],
        "name": { "familyName": "Familie", "givenName": "Lennay" },
    })
}

fn delete(user_name: &str) -> Value {
    json!([
        { "op": "Replace", "path": "userName", "value": user_name },
        { "op": "Replace", "path": "active", "value": "False" },
    ])
}

fn restore() -> Value {
    json!([
        { "op": "Replace", "path": "userName", "value": "lennay@Example.org" },
        { "op": "Replace", "path": "active", "value": "True" },
    ])
}

async fn seen(world: &World, user: UserId) -> (String, UserStatus) {
    let user = world.admin.get(&format!("/users/{user}")).await.ok();
    (
        user["email"].as_str().expect("an address").to_owned(),
        serde_json::from_value(user["status"].clone()).expect("a status"),
    )
}

on_both_engines! {
    async fn a_soft_deleted_user_can_be_added_again_at_once(world: World) {
        let entra = Directory::create(&world, "Entra ID").await;
        let first: UserId = id_of(&entra.post("/Users", new_user()).await.created());
        expect_error(entra.post("/Users", new_user()).await, 409, Some("uniqueness"));
        let gone = entra.patch(&user_path(first), delete(&format!("{OBJECT_ID}lennay@Example.org"))).await.ok();
        assert_eq!(
            (&gone["active"], &gone["emails"][0]["value"]),
            (&json!(false), &json!("lennay@example.org")),
            "the directory reads what it wrote"
        );
        assert_eq!(seen(&world, first).await, (format!("{first}@no-address.invalid"), UserStatus::Suspended));
        let second: UserId = id_of(&entra.post("/Users", new_user()).await.created());
        assert_eq!(seen(&world, second).await, ("lennay@example.org".to_owned(), UserStatus::Active));
        assert_eq!(total_and_names(&entra.find("Users", "userName eq \"lennay@example.org\"").await).0, 1);
        assert_eq!(entra.find("Users", "externalId eq \"lennay\"").await["Resources"][0]["id"], json!(second));
        // The first user cannot be restored while the second has the address, and neither is changed.
        expect_error(entra.patch(&user_path(first), restore()).await, 409, Some("uniqueness"));
        expect_error(
            entra.patch(&user_path(first), json!([{ "op": "Replace", "path": "active", "value": "True" }])).await,
            409,
            Some("uniqueness"),
        );
        assert_eq!(seen(&world, first).await.1, UserStatus::Suspended);
        // After 30 days Entra ID deletes the first user; the second does not interfere.
        assert_eq!(entra.delete(&user_path(first)).await.status, 204);
        assert_eq!(seen(&world, second).await.0, "lennay@example.org");
    }

    async fn a_restored_user_has_the_original_address_again(world: World) {
        let entra = Directory::create(&world, "Entra ID").await;
        let id: UserId = id_of(&entra.post("/Users", new_user()).await.created());
        for (round, name) in [
            format!("{OBJECT_ID}lennay@Example.org"),
            format!("{}lennay@Example.org", OBJECT_ID.to_uppercase()),
            "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4eflennay@Example.org".to_owned(),
        ]
        .into_iter()
        .enumerate()
        {
            // In one request, in two in either order, or as a full replacement.
            let [rename, off] = [&delete(&name)[0], &delete(&name)[1]].map(|one| json!([one]));
            match round {
                0 => drop(entra.patch(&user_path(id), delete(&name)).await.ok()),
                1 => {
                    entra.patch(&user_path(id), off).await.ok();
                    assert_eq!(seen(&world, id).await.0, "lennay@example.org", "only suspended: the same address");
                    entra.patch(&user_path(id), rename).await.ok();
                }
                _ => {
                    entra.patch(&user_path(id), rename).await.ok();
                    assert_eq!(
                        seen(&world, id).await.0,
                        "lennay@example.org",
                        "active: the address from the directory"
                    );
                    let mut whole = entra.get(&user_path(id)).await.ok();
                    whole["active"] = json!(false);
                    entra.put(&user_path(id), whole).await.ok();
                }
            }
            assert_eq!(seen(&world, id).await, (format!("{id}@no-address.invalid"), UserStatus::Suspended), "{name}");
            let head = world.head().await;
            entra.patch(&user_path(id), delete(&name)).await.ok();
            assert_eq!(world.head().await, head, "a repetition changes nothing");
            entra.patch(&user_path(id), restore()).await.ok();
            assert_eq!(seen(&world, id).await, ("lennay@example.org".to_owned(), UserStatus::Active), "{name}");
        }
        assert_eq!(entra.find("Users", "externalId eq \"lennay\"").await["totalResults"], 1);
        // A similar name does not release the address.
        for name in [
            "lennay2@example.org".to_owned(),
            format!("{}lennay@example.org", &OBJECT_ID[1..]),
            format!("{OBJECT_ID}lennay"),
        ] {
            entra.patch(&user_path(id), delete(&name)).await.ok();
            assert_eq!(seen(&world, id).await.0, "lennay@example.org", "{name}");
        }
    }

    // Otherwise a directory could change the address of a manager by deleting and restoring the user.
    async fn a_restored_manager_has_the_previous_address(world: World) {
        let entra = Directory::create(&world, "Entra ID").await;
        let mia = world.user("Mia M", Role::Manager, &[]).await;
        entra.patch(&user_path(mia), delete(&format!("{OBJECT_ID}mia.m@example.org"))).await.ok();
        assert_eq!(seen(&world, mia).await.0, format!("{mia}@no-address.invalid"));
        let back = json!([
            {
                "op": "replace",
                "value": {
                    "userName": "evil@example.org",
                    "active": true,
                    "emails": [{ "value": "evil@example.org" }],
                },
            },
        ]);
        entra.patch(&user_path(mia), back).await.ok();
        assert_eq!(seen(&world, mia).await, ("mia.m@example.org".to_owned(), UserStatus::Active));
        let log = world.admin.get("/audit?kind=directory_email_kept").await.ok();
        assert_eq!(log["items"][0]["facts"]["email"], "evil@example.org");
    }
}
