//! The management of directories: tokens, rules, the request log.

use super::{Directory, expect_error};
use crate::harness::on_both_engines;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

on_both_engines! {
    async fn a_directory_token_is_shown_once_and_can_be_rotated(world: World) {
        let made = world.admin.post("/directories", &json!({ "name": " Entra ID " })).await.created();
        let id = made["id"].as_str().expect("an id").to_owned();
        assert_eq!(
            made,
            json!({
                "id": id, "name": "Entra ID", "created_at": "2026-03-02T09:00:00Z",
                "token_made_at": "2026-03-02T09:00:00Z",
                "users": 0, "groups": 0, "failures": 0, "secret": made["secret"],
            })
        );
        let entra = Directory {
            id: crate::harness::id_of(&made),
            secret: made["secret"].as_str().expect("a secret").to_owned(),
            url: world.url.clone(),
            http: Default::default(),
        };
        entra.user("Anja A").await;
        entra.group("Nord", &[]).await;
        world.advance_clock(chrono::TimeDelta::minutes(5));
        let all = world.admin.get("/directories").await.ok();
        assert_eq!(
            (&all[0]["users"], &all[0]["groups"], &all[0]["last_used_at"]),
            (&json!(1), &json!(1), &json!("2026-03-02T09:00:00Z"))
        );
        let secret = made["secret"].as_str().expect("a secret");
        assert!(!all.to_string().contains(secret) && !world.event_log().await.contains(secret));

        let rotated = world.admin.post(&format!("/directories/{id}/rotate"), &Value::Null).await.ok();
        assert_eq!(rotated["token_made_at"], "2026-03-02T09:05:00Z");
        expect_error(entra.get("/Users").await, 401, None);
        entra.with(rotated["secret"].as_str().expect("a secret")).get("/Users").await.ok();
        world.admin.post(&format!("/directories/{UNKNOWN}/rotate"), &Value::Null).await.problem(404, "not_found");
        let kinds = world.event_log().await;
        assert!(
            kinds.contains("directory_added Anja Krüger") && kinds.contains("directory_token_made Anja Krüger"),
            "{kinds}"
        );
    }

    async fn directory_names_are_validated_and_unique(world: World) {
        Directory::create(&world, "Okta").await;
        world.admin.post("/directories", &json!({ "name": "OKTA" })).await.problem(409, "already_exists");
        let problem = world.admin.post("/directories", &json!({ "name": " " })).await.problem(422, "invalid");
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["errors"][0]["error"]),
            (&json!("name"), &json!("required"))
        );
        world.admin.post("/directories", &json!({ "name": 7 })).await.problem(400, "bad_request");
    }

    async fn deleting_a_directory_leaves_its_users_unchanged(world: World) {
        let okta = Directory::create(&world, "Okta").await;
        let anja = okta.user("Anja A").await;
        let group = okta.group("Nord", &[anja]).await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 1).await;
        let group_id = group.rsplit('/').next().expect("an id").to_owned();
        okta.set_rules(&world, json!([{ "group_id": group_id, "license_ids": [license] }])).await;
        let path = format!("/directories/{}", okta.id);
        assert_eq!(world.admin.delete(&path).await.status, 204);
        world.admin.delete(&path).await.problem(404, "not_found");
        expect_error(okta.get("/Users").await, 401, None);
        let seen = world.admin.get(&format!("/users/{anja}")).await.ok();
        assert_eq!(
            (&seen["status"], &seen["license_ids"], &seen["group_ids"]),
            (&json!("active"), &json!([license]), &json!([group_id]))
        );
        // Another directory takes the users over.
        let entra = Directory::create(&world, "Entra ID").await;
        assert_eq!(entra.find("Users", r#"userName eq "anja.a@example.org""#).await["Resources"][0]["id"], json!(anja));
        entra.put(&group, json!({ "displayName": "Nord", "members": [{ "value": anja }] })).await.ok();
        assert_eq!(world.admin.get("/directories").await.ok()[0]["groups"], 1);
    }

    async fn recent_requests_are_listed_with_reasons_and_without_secrets(world: World) {
        let okta = Directory::create(&world, "Okta").await;
        okta.post("/Users", json!({ "userName": "anja@example.org", "password": "geheim-123" })).await.created();
        expect_error(okta.post("/Users", json!({ "userName": "anja@example.org" })).await, 409, Some("uniqueness"));
        okta.get("/Users?filter=userName%20eq%20%22x%22&access_token=geheim-456").await.ok();
        okta.get("/Users?filter=userName").await;
        let log = world.admin.get(&format!("/directories/{}/requests", okta.id)).await.ok();
        let requests: Vec<_> = log
            .as_array()
            .expect("requests")
            .iter()
            .map(|one| {
                (
                    one["number"].as_i64().unwrap_or(0),
                    one["method"].as_str().unwrap_or(""),
                    one["path"].as_str().unwrap_or(""),
                    one["status"].as_i64().unwrap_or(0),
                )
            })
            .collect();
        assert_eq!(
            requests,
            [
                (4, "GET", "/Users?filter=userName", 400),
                (3, "GET", "/Users?filter=userName eq \"x\"&access_token=…", 200),
                (2, "POST", "/Users", 409),
                (1, "POST", "/Users", 201),
            ]
        );
        assert_eq!(log[1].get("reason"), None);
        assert!(log[0]["reason"].as_str().is_some_and(|reason| reason.contains("at character 9")), "{log:#}");
        assert!(!log.to_string().contains("geheim"));
        for n in 0..210 {
            okta.get(&format!("/Users?count=0&n={n}")).await.ok();
        }
        let log = world.admin.get(&format!("/directories/{}/requests", okta.id)).await.ok();
        assert_eq!(log.as_array().map(Vec::len), Some(200));
        assert_eq!(log[0]["path"], "/Users?count=0&n=209");
        world.admin.get(&format!("/directories/{UNKNOWN}/requests")).await.problem(404, "not_found");
    }
}
