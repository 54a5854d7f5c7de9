//! Account settings: who may change them, which values are valid, and that changes apply at once.

use crate::harness::{PASSWORD, Person, on_both_engines};
use chrono::TimeDelta;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::json;

on_both_engines! {
    async fn an_admin_changes_the_account_and_all_users_see_it(world: World) {
        let agent = world.agent("Nora Neu").await;
        let before = world.head().await;
        let change = json!({ "name": " Beispiel AG ", "time_zone": "America/New_York", "locale": "de",
                             "password_min": 16, "idle_minutes": 60, "session_minutes": 600,
                             "second_factor": "optional" });
        let changed = world.admin.patch("/account", &change).await.ok();
        let expected = json!({ "name": "Beispiel AG", "time_zone": "America/New_York", "locale": "de",
                               "password_min": 16, "idle_minutes": 60, "session_minutes": 600,
                               "second_factor": "optional" });
        assert_eq!(changed, expected);
        assert_eq!(agent.get("/me").await.ok()["account"], expected);
        assert_eq!(world.admin.patch("/account", &change).await.ok(), expected, "twice changes nothing");
        world.admin.patch("/account", &json!({})).await.ok();
        assert_eq!(world.head().await.0, before.0 + 1);
        let log = world.event_log().await;
        assert!(
            log.contains("account_changed") && log.contains("Europe/Berlin") && log.contains("America/New_York"),
            "{log}"
        );
    }

    async fn only_admins_change_the_account_and_invalid_values_are_refused(world: World) {
        let manager = world.person("Mona Manager", Role::Manager, Permission::ALL).await;
        manager.patch("/account", &json!({ "name": "Mine" })).await.problem(403, "forbidden");
        Person::anonymous(&world.url).patch("/account", &json!({ "name": "Mine" })).await.problem(401, "not_signed_in");
        let before = world.head().await;
        for (field, value, error) in [
            ("name", json!(""), "required"),
            ("name", json!("a\u{0}b"), "control_characters"),
            ("time_zone", json!("Atlantis/Capital"), "unknown"),
            ("time_zone", json!(""), "unknown"),
            ("password_min", json!(7), "out_of_range"),
            ("password_min", json!(65), "out_of_range"),
            ("idle_minutes", json!(4), "out_of_range"),
            ("idle_minutes", json!(-1), "out_of_range"),
            ("session_minutes", json!(14), "out_of_range"),
            ("session_minutes", json!(i64::MAX), "out_of_range"),
        ] {
            let problem = world.admin.patch("/account", &json!({ field: value })).await.problem(422, "invalid");
            assert_eq!(
                (problem["errors"][0]["field"].as_str(), problem["errors"][0]["error"].as_str()),
                (Some(field), Some(error))
            );
        }
        world.admin.patch("/account", &json!({ "locale": "tlh" })).await.problem(400, "bad_request");
        world.admin.patch("/account", &json!([])).await.problem(400, "bad_request");
        assert_eq!(world.head().await, before);
    }

    async fn the_password_policy_applies_to_new_passwords(world: World) {
        let user =
            |password: &str| json!({ "name": "N", "email": "n@example.org", "password": password, "role": "agent" });
        let error = |problem: serde_json::Value| problem["errors"][0]["error"].clone();
        let problem = world.admin.post("/users", &user("Password1234!")).await.problem(422, "invalid");
        assert_eq!(error(problem), "too_common");
        world.admin.patch("/account", &json!({ "password_min": 30 })).await.ok();
        let problem = world.admin.post("/users", &user(PASSWORD)).await.problem(422, "invalid");
        assert_eq!(error(problem), "too_short");
        world.admin.sign_in_again("anja.krueger@example.org").await.get("/me").await.ok();
        world.admin.patch("/account", &json!({ "password_min": 8 })).await.ok();
        world.admin.post("/users", &user("kurz und")).await.created();
    }

    async fn shortening_the_session_lifetime_ends_older_sessions_at_once(world: World) {
        let agent = world.agent("Nora Neu").await;
        world.advance_clock(TimeDelta::hours(2));
        agent.get("/me").await.ok();
        let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        admin.patch("/account", &json!({ "session_minutes": 119 })).await.ok();
        agent.get("/me").await.problem(401, "not_signed_in");
        admin.get("/me").await.ok();
        world.admin.get("/me").await.problem(401, "not_signed_in");
        admin.patch("/account", &json!({ "session_minutes": 1000 })).await.ok();
        world.advance_clock(TimeDelta::hours(12));
        admin.get("/me").await.problem(401, "not_signed_in");
    }

    async fn an_idle_browser_is_signed_out(world: World) {
        let idle = world.agent("Nora Neu").await;
        world.admin.patch("/account", &json!({ "idle_minutes": 30 })).await.ok();
        for _ in 0..4 {
            world.advance_clock(TimeDelta::minutes(10));
            world.admin.get("/me").await.ok();
            seatkeeper::auth::last_used::write(&world.app.last_used, &world.app.journal).await.expect("written");
            // Cached callers expire by real time, but the test moves only its own clock.
            world.app.caller_cache.invalidate_all();
        }
        world.admin.get("/me").await.ok();
        idle.get("/me").await.problem(401, "not_signed_in");
    }
}
