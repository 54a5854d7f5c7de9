//! Sign-ins and API tokens of a user, as administrators list and revoke them.

use crate::harness::{Person, email_of, on_both_engines};
use seatkeeper_shared::people::{Permission, Role};
use serde_json::json;

on_both_engines! {
    async fn an_admin_lists_and_revokes_a_users_access(world: World) {
        let agent = world.agent("Nora Neu").await;
        let again = agent.sign_in_again(&email_of("Nora Neu")).await;
        let program = agent.with_token().await;
        let path = |rest: &str| format!("/users/{}/{rest}", agent.id);
        let access = world.admin.get(&path("access")).await.ok();
        assert_eq!(access["sign_ins"].as_array().map(Vec::len), Some(2));
        assert_eq!(
            (&access["tokens"][0]["name"], &access["second_factor"], &access["passkeys"]),
            (&json!("test"), &json!(false), &json!(0))
        );
        assert!(!access.to_string().contains(program.secret()));
        let token = path(&format!("tokens/{}", access["tokens"][0]["id"].as_str().expect("an id")));
        assert_eq!(world.admin.delete(&token).await.status, 204);
        world.admin.delete(&token).await.problem(404, "not_found");
        program.get("/me").await.problem(401, "not_signed_in");
        assert_eq!(world.admin.delete(&path("sign-ins")).await.status, 204);
        for browser in [&agent, &again] {
            browser.get("/me").await.problem(401, "not_signed_in");
        }
        let before = world.head().await;
        assert_eq!(world.admin.delete(&path("sign-ins")).await.status, 204);
        assert_eq!(world.head().await, before, "twice changes nothing");
        let log = world.admin.get("/audit?what=access&kind=sign_ins_ended,token_deleted").await.ok();
        assert_eq!(log["items"][0]["actor"]["name"], "Anja Krüger");
        assert_eq!(log["items"][0]["user"]["id"], json!(agent.id));
    }

    async fn managing_access_requires_the_reset_permission_and_the_scope(world: World) {
        let agent = world.agent("Nora Neu").await;
        let second = world.person("Bernd Maier", Role::Admin, &[]).await;
        let manager = world.person("Mona Manager", Role::Manager, &[Permission::ManageUsers]).await;
        let of = |person: &Person, rest: &str| format!("/users/{}/{rest}", person.id);
        agent.get(&of(&agent, "access")).await.problem(403, "forbidden");
        manager.get(&of(&agent, "access")).await.ok();
        manager.get(&of(&second, "access")).await.problem(403, "forbidden");
        manager.delete(&of(&second, "sign-ins")).await.problem(403, "forbidden");
        world.limit_to_groups(&manager, &[]).await;
        manager.get(&of(&agent, "access")).await.problem(404, "not_found");
        manager.delete(&of(&agent, "sign-ins")).await.problem(404, "not_found");
        agent.get("/me").await.ok();
        world.admin.get("/users/nonsense/access").await.problem(404, "not_found");
        world.admin.delete(&of(&agent, "tokens/nonsense")).await.problem(404, "not_found");
    }

    async fn signing_out_all_browsers_includes_the_current_one(world: World) {
        let path = format!("/users/{}/sign-ins", world.admin.id);
        assert_eq!(world.admin.delete(&path).await.status, 204);
        world.admin.get("/me").await.problem(401, "not_signed_in");
    }
}
