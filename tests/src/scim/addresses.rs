//! E-mail addresses that a directory tells: those of admins and managers are not its to change.

use super::{Directory, at};
use crate::world::{email_of, on_both_engines};
use seatkeeper_shared::people::Role;
use serde_json::json;

on_both_engines! {
    // Whoever receives the e-mails of an admin, or signs in at a provider with his address, becomes him.
    async fn a_directory_gives_nobody_another_address_who_may_do_more_than_an_agent(world: World) {
        let directory = Directory::added(&world, "Okta").await;
        let me = world.admin.id;
        let mine = world.admin.get(&format!("/users/{me}")).await.ok()["email"].clone();
        let sent = json!([{ "op": "replace", "path": "emails", "value": [{ "value": "evil@example.org", "primary": true }] },
                          { "op": "replace", "path": "displayName", "value": "Anja Neu" }]);
        for round in 0..2 {
            let told = directory.patch(&at(me), sent.clone()).await.ok();
            assert_eq!(
                told["emails"][0]["value"], "evil@example.org",
                "what it told is what it is told, round {round}"
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
        directory.patch(&at(mia), sent).await.ok();
        assert_eq!(world.admin.get(&format!("/users/{mia}")).await.ok()["email"], email_of("Mia M"), "nor a manager");
        let ben = directory.user("Ben B").await;
        directory
            .patch(&at(ben), json!([{ "op": "replace", "path": "emails", "value": [{ "value": "ben@example.net" }] }]))
            .await
            .ok();
        assert_eq!(world.admin.get(&format!("/users/{ben}")).await.ok()["email"], "ben@example.net");
    }
}
