//! Exports contain exactly what the filtered list shows, completely, and nothing that a spreadsheet would execute.

use crate::harness::{Person, email_of, on_both_engines};
use reqwest::Method;
use seatkeeper_shared::people::Role;
use serde_json::{Value, json};

/// Downloads an export: its text and its headers.
async fn text(by: &Person, path: &str) -> (String, reqwest::header::HeaderMap) {
    let response = by.request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    (response.text().await.expect("the whole text"), headers)
}

/// The rows of a CSV export as objects, keyed by column.
async fn rows(by: &Person, path: &str) -> Vec<Value> {
    let (text, _) = text(by, path).await;
    let mut lines = text.trim_start_matches('\u{feff}').split("\r\n").filter(|line| !line.is_empty());
    let columns: Vec<_> = lines.next().expect("columns").split(',').map(str::to_owned).collect();
    let row = |line: &str| columns.iter().cloned().zip(line.split(',').map(Value::from)).collect::<Value>();
    lines.map(row).collect()
}

on_both_engines! {
    async fn users_are_exported_filtered_and_sorted(world: World) {
        let (license, _) = world.pool(2, 2).await;
        world.user("Zoe Ohne", Role::Agent, &[]).await;
        let all = rows(&world.admin, "/users/export").await;
        assert_eq!(
            all.iter().map(|row| row["name"].clone()).collect::<Vec<_>>(),
            ["Agent 0", "Agent 1", "Anja Krüger", "Zoe Ohne"]
        );
        assert_eq!(
            (&all[0]["licenses"], &all[0]["role"], &all[0]["status"]),
            (&json!("remote-support-v5:concurrent"), &json!("agent"), &json!("active"))
        );
        let some = rows(&world.admin, &format!("/users/export?license={license}&sort=-name&limit=1")).await;
        assert_eq!(
            some.iter().map(|row| row["email"].clone()).collect::<Vec<_>>(),
            [email_of("Agent 1"), email_of("Agent 0")]
        );
        assert!(rows(&world.admin, "/users/export?q=nobody").await.is_empty());
        let (as_json, headers) = text(&world.admin, "/users/export?format=json&q=zoe").await;
        let list = world.admin.get("/users?q=zoe").await.ok()["items"].clone();
        assert_eq!(serde_json::from_str::<Value>(&as_json).expect("JSON"), list);
        assert_eq!(headers["content-type"], "application/json");
    }

    async fn an_export_longer_than_a_chunk_is_complete(world: World) {
        let mut csv = "name,email\n".to_owned();
        for number in 0..1_203 {
            csv.push_str(&format!("Same Name,agent{number}@example.org\n"));
        }
        crate::imports::import(&world.admin, csv.as_bytes(), false).await;
        let mut emails: Vec<_> = rows(&world.admin, "/users/export?role=agent")
            .await
            .into_iter()
            .map(|row| row["email"].to_string())
            .collect();
        emails.sort();
        emails.dedup();
        assert_eq!(emails.len(), 1_203);
    }

    async fn no_cell_of_an_export_is_a_formula(world: World) {
        let evil = json!({
            "name": "=HYPERLINK(\"http://x\")", "email": "+evil@example.org", "password": crate::harness::PASSWORD,
            "role": "agent",
        });
        world.admin.post("/users", &evil).await.created();
        let (text, headers) = text(&world.admin, "/users/export?q=evil").await;
        assert!(text.contains("\"'=HYPERLINK(\"\"http://x\"\")\",'+evil@example.org,agent"), "{text}");
        assert!(headers["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/csv")));
        assert_eq!(headers["content-disposition"], "attachment; filename=\"users-20260302-090000.csv\"");
    }

    async fn an_agent_exports_their_own_sessions_and_no_users(world: World) {
        let (license, people) = world.pool(2, 2).await;
        people[0].post("/sessions", &crate::harness::seat_request("attended")).await.created();
        people[1].seated().await;
        assert_eq!(rows(&world.admin, &format!("/sessions/export?license={license}&state=live")).await.len(), 2);
        assert_eq!(rows(&world.admin, "/sessions/export?state=ended").await.len(), 0);
        let own = rows(&people[0], "/sessions/export").await;
        assert_eq!((own.len(), &own[0]["user_name"], &own[0]["state"]), (1, &json!("Agent 0"), &json!("waiting")));
        let (keys, _) = text(&world.admin, "/sessions/export?format=json").await;
        assert!(!keys.contains("support_key"), "a support key is visible only to its agent");
        people[0].get(&format!("/sessions/export?user={}", people[1].id)).await.problem(403, "forbidden");
        people[0].get("/users/export").await.problem(403, "forbidden");
        people[0].get("/licenses/export").await.problem(403, "forbidden");
        world.admin.get("/users/export?format=xls").await.problem(400, "bad_request");
        world.admin.get("/users/export?sort=shoe_size").await.problem(422, "invalid");
    }

    async fn licenses_are_exported_with_contracts_only_for_users_who_may_see_them(world: World) {
        let (license, _) = world.pool(2, 1).await;
        world
            .change_license(
                license,
                json!({ "order_number": "-PO1", "price_per_seat": { "minor": 4_900, "currency": "EUR" } }),
            )
            .await;
        let seen = rows(&world.admin, "/licenses/export").await;
        assert_eq!(
            (&seen[0]["order_number"], &seen[0]["price_minor"], &seen[0]["assigned"]),
            (&json!("'-PO1"), &json!("4900"), &json!("1"))
        );
        let manager = world.person("Mia Manager", Role::Manager, &[]).await;
        assert_eq!(rows(&manager, "/licenses/export").await[0]["order_number"], "");
        world.change_license(license, json!({ "archived": true })).await;
        assert!(rows(&world.admin, "/licenses/export").await.is_empty());
        assert_eq!(rows(&world.admin, "/licenses/export?archived=true").await.len(), 1);
    }
}
