//! Directories as admins manage them: tokens, the log of requests.

use super::{Directory, refused};
use crate::world::on_both_engines;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

on_both_engines! {
    async fn a_directory_has_a_token_that_is_shown_once_and_can_be_rotated(world: World) {
        let made = world.admin.post("/directories", &json!({ "name": " Entra ID " })).await.created();
        let id = made["id"].as_str().expect("an id").to_owned();
        assert_eq!(
            made,
            json!({
                "id": id, "name": "Entra ID", "created_at": "2026-03-02T09:00:00Z", "token_made_at": "2026-03-02T09:00:00Z",
                "users": 0, "groups": 0, "failures": 0, "secret": made["secret"],
            })
        );
        let entra = Directory {
            id: crate::world::id_of(&made),
            secret: made["secret"].as_str().expect("a secret").to_owned(),
            url: world.url.clone(),
            http: Default::default(),
        };
        entra.user("Anja A").await;
        entra.group("Nord", &[]).await;
        world.pass(chrono::TimeDelta::minutes(5));
        let all = world.admin.get("/directories").await.ok();
        assert_eq!(
            (&all[0]["users"], &all[0]["groups"], &all[0]["last_used_at"]),
            (&json!(1), &json!(1), &json!("2026-03-02T09:00:00Z"))
        );
        let secret = made["secret"].as_str().expect("a secret");
        assert!(!all.to_string().contains(secret) && !world.whole_log().await.contains(secret));

        let rotated = world.admin.post(&format!("/directories/{id}/rotate"), &Value::Null).await.ok();
        assert_eq!(rotated["token_made_at"], "2026-03-02T09:05:00Z");
        refused(entra.get("/Users").await, 401, None);
        entra.with(rotated["secret"].as_str().expect("a secret")).get("/Users").await.ok();
        world.admin.post(&format!("/directories/{UNKNOWN}/rotate"), &Value::Null).await.problem(404, "not_found");
        let kinds = world.whole_log().await;
        assert!(
            kinds.contains("directory_added Anja Krüger") && kinds.contains("directory_token_made Anja Krüger"),
            "{kinds}"
        );
    }

    async fn names_of_directories_are_checked_and_no_two_are_the_same(world: World) {
        Directory::added(&world, "Okta").await;
        world.admin.post("/directories", &json!({ "name": "OKTA" })).await.problem(409, "already_exists");
        let problem = world.admin.post("/directories", &json!({ "name": " " })).await.problem(422, "invalid");
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["errors"][0]["error"]),
            (&json!("name"), &json!("required"))
        );
        world.admin.post("/directories", &json!({ "name": 7 })).await.problem(400, "bad_request");
    }

    async fn a_directory_that_is_taken_away_leaves_everybody_as_they_are(world: World) {
        let okta = Directory::added(&world, "Okta").await;
        let anja = okta.user("Anja A").await;
        let group = okta.group("Nord", &[anja]).await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 1).await;
        let group_id = group.rsplit('/').next().expect("an id").to_owned();
        okta.rule(&world, json!([{ "group_id": group_id, "license_ids": [license] }])).await;
        let path = format!("/directories/{}", okta.id);
        assert_eq!(world.admin.delete(&path).await.status, 204);
        world.admin.delete(&path).await.problem(404, "not_found");
        refused(okta.get("/Users").await, 401, None);
        let seen = world.admin.get(&format!("/users/{anja}")).await.ok();
        assert_eq!(
            (&seen["status"], &seen["license_ids"], &seen["group_ids"]),
            (&json!("active"), &json!([license]), &json!([group_id]))
        );
        // Another one takes them over.
        let entra = Directory::added(&world, "Entra ID").await;
        assert_eq!(entra.find("Users", r#"userName eq "anja.a@example.org""#).await["Resources"][0]["id"], json!(anja));
        entra.put(&group, json!({ "displayName": "Nord", "members": [{ "value": anja }] })).await.ok();
        assert_eq!(world.admin.get("/directories").await.ok()[0]["groups"], 1);
    }

    async fn the_last_requests_are_told_with_their_reasons_and_without_secrets(world: World) {
        let okta = Directory::added(&world, "Okta").await;
        okta.post("/Users", json!({ "userName": "anja@example.org", "password": "geheim-123" })).await.created();
        refused(okta.post("/Users", json!({ "userName": "anja@example.org" })).await, 409, Some("uniqueness"));
        okta.get("/Users?filter=userName%20eq%20%22x%22&access_token=geheim-456").await.ok();
        okta.get("/Users?filter=userName").await;
        let log = world.admin.get(&format!("/directories/{}/requests", okta.id)).await.ok();
        let told: Vec<_> = log
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
            told,
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
