//! E-mail addresses from a directory: it cannot change those of admins and managers.

use super::{Directory, user_path};
use crate::harness::{email_of, on_both_engines};
use seatkeeper_shared::people::Role;
use serde_json::json;

on_both_engines! {
    // Otherwise a directory could take over an admin, by password reset or by a provider that verifies the new address.
    async fn a_directory_cannot_change_the_address_of_admins_and_managers(world: World) {
        let directory = Directory::create(&world, "Okta").await;
        let me = world.admin.id;
        let mine = world.admin.get(&format!("/users/{me}")).await.ok()["email"].clone();
        let sent = json!([
            { "op": "replace", "path": "emails", "value": [{ "value": "evil@example.org", "primary": true }] },
            { "op": "replace", "path": "displayName", "value": "Anja Neu" },
        ]);
        for round in 0..2 {
            let response = directory.patch(&user_path(me), sent.clone()).await.ok();
            assert_eq!(
                response["emails"][0]["value"], "evil@example.org",
                "the directory reads what it wrote, round {round}"
            );
            let now = world.admin.get(&format!("/users/{me}")).await.ok();
            assert_eq!((&now["email"], &now["name"]), (&mine, &json!("Anja Neu")));
        }
        let log = world.admin.get("/audit?kind=directory_email_kept").await.ok();
        assert_eq!(
            (log["items"].as_array().map(Vec::len), &log["items"][0]["facts"]["email"]),
            (Some(1), &json!("evil@example.org"))
        );
        let mia = world.user("Mia M", Role::Manager, &[]).await;
        directory.patch(&user_path(mia), sent).await.ok();
        assert_eq!(
            world.admin.get(&format!("/users/{mia}")).await.ok()["email"],
            email_of("Mia M"),
            "nor that of a manager"
        );
        let ben = directory.user("Ben B").await;
        directory
            .patch(
                &user_path(ben),
                json!([
                    { "op": "replace", "path": "emails", "value": [{ "value": "ben@example.net" }] },
                ]),
            )
            .await
            .ok();
        assert_eq!(world.admin.get(&format!("/users/{ben}")).await.ok()["email"], "ben@example.net");
    }
}
