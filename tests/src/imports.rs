//! Imports: the outcome of a file of users, row by row, in a dry run and in a real run.

use crate::harness::{Answer, Looks, Person, World, on_both_engines};
use reqwest::Method;
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

async fn send(by: &Person, file: &[u8], dry_run: bool) -> Answer {
    let request = by.request(Method::POST, &format!("/import?dry_run={dry_run}")).header("content-type", "text/csv");
    by.send(request.body(file.to_vec())).await
}

/// Waits for the end of an import, and returns its final state.
pub async fn ended(by: &Person, path: &str) -> Value {
    let looks = Looks::begin();
    loop {
        let import = by.get(path).await.ok();
        if import["state"] != "running" {
            return import;
        }
        looks.pause("the import ends").await;
    }
}

/// Imports a file and waits for its end. Returns the final state and the rows, those with problems first.
pub async fn import(by: &Person, file: &[u8], dry_run: bool) -> (Value, Vec<Value>) {
    let begun = send(by, file, dry_run).await.accepted();
    let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
    let import = ended(by, &path).await;
    let rows = by.get(&format!("{path}/rows?limit=500")).await.ok()["items"].as_array().expect("rows").clone();
    (import, rows)
}

/// The numbers of rows created, changed, unchanged, refused and with problems.
fn counts(import: &Value) -> [i64; 5] {
    assert_eq!(import["state"], "done", "{import:#}");
    ["created", "changed", "unchanged", "refused", "with_problems"]
        .map(|field| import[field].as_i64().expect("a number"))
}

/// The user with this address as listed, or null.
pub async fn user(world: &World, email: &str) -> Value {
    let found = world.admin.get(&format!("/users?q={email}")).await.ok();
    found["items"].as_array().expect("users").iter().find(|user| user["email"] == email).cloned().unwrap_or_default()
}

/// Line, outcome, column and code of the first problem of a row.
fn first_problem(row: &Value) -> (i64, &str, &str, &str) {
    let problem = &row["problems"][0];
    let error = problem["error"]["error"].as_str().or(problem["code"].as_str()).expect("a code");
    (
        row["line"].as_i64().expect("a line"),
        row["outcome"].as_str().expect("an outcome"),
        problem["column"].as_str().expect("a column"),
        error,
    )
}

/// Adds a product with this name and a named license of it.
async fn named(world: &World, name: &str, seats: i64) -> LicenseId {
    let product = world.product(name).await;
    world.license(product, Model::Named, seats).await
}

on_both_engines! {
    async fn a_file_from_excel_brings_users_licenses_and_groups(world: World) {
        let (license, people) = world.pool(2, 1).await;
        let chat = named(&world, "Chat", 5).await;
        world.admin.post("/groups", &json!({ "name": "Nachtschicht" })).await.created();
        let mut file = b"Name;E-Mail;Rolle;Lizenzen;Gruppen;Status\r\n".to_vec();
        file.extend(
            b"J\xfcrgen Gro\xdf;juergen@example.org;Mitarbeiter;\
            \"remote-support-v5; Chat:benannt\";nachtschicht;aktiv\r\n",
        );
        file.extend(b"\"Agent\r\nNull\";AGENT.0@example.org;;;;\r\n");
        file.extend(b"Manuela;manuela@example.org;Verwalter;;;gesperrt\r\n");
        let (dry, dry_rows) = import(&world.admin, &file, true).await;
        let head = world.head().await;
        assert_eq!(user(&world, "juergen@example.org").await, Value::Null, "a dry run writes nothing");
        let (done, rows) = import(&world.admin, &file, false).await;
        assert_eq!((counts(&dry), &dry_rows), (counts(&done), &rows), "with the same result");
        assert_eq!(counts(&done), [2, 0, 0, 1, 1]);
        assert_eq!(first_problem(&rows[0]), (3, "refused", "name", "control_characters"));
        let juergen = user(&world, "juergen@example.org").await;
        assert_eq!(
            (&juergen["name"], &juergen["source"], &juergen["role"]),
            (&json!("Jürgen Groß"), &json!("import"), &json!("agent"))
        );
        let mut licenses: Vec<LicenseId> = serde_json::from_value(juergen["license_ids"].clone()).expect("ids");
        licenses.sort();
        let mut expected = vec![license, chat];
        expected.sort();
        assert_eq!((licenses, juergen["group_ids"].as_array().map(Vec::len)), (expected, Some(1)));
        assert_eq!(user(&world, "manuela@example.org").await["status"], "suspended");
        assert_eq!(user(&world, "agent.0@example.org").await["name"], "Agent 0");
        let added = world.users_of_events("user_added", head).await;
        assert_eq!(added.len(), 2);
        assert!(people[0].get("/me").await.status.is_success());
        people[0].sign_in_again("agent.0@example.org").await;
    }

    async fn the_same_file_twice_changes_nothing(world: World) {
        let chat = named(&world, "Chat", 5).await;
        world.admin.post("/groups", &json!({ "name": "Tag" })).await.created();
        let file = "name,email,role,licenses,groups,status\n\
            A,a@example.org,agent,chat:named,Tag,active\n\
            B,b@example.org,,chat,,suspended\nC,c@example.org,,,Tag,\n";
        let (first, _) = import(&world.admin, file.as_bytes(), false).await;
        assert_eq!(counts(&first), [3, 0, 0, 0, 1], "a suspended user gets no license");
        let head = world.head().await;
        let (second, rows) = import(&world.admin, file.as_bytes(), false).await;
        assert_eq!(counts(&second), [0, 0, 2, 1, 1]);
        assert_eq!(first_problem(&rows[0]), (3, "refused", "licenses", "user_suspended"));
        assert_eq!(world.users_of_events("user_changed", head).await, [] as [UserId; 0]);
        assert_eq!(world.users_of_events("license_granted", head).await, [] as [UserId; 0]);
        let log = world.event_log().await;
        assert_eq!((log.matches("user_added").count(), log.matches("group_member_added").count()), (3, 2));
        let export = world
            .admin
            .request(Method::GET, "/users/export")
            .send()
            .await
            .expect("an answer")
            .bytes()
            .await
            .expect("bytes");
        let (again, _) = import(&world.admin, &export, false).await;
        assert_eq!(counts(&again), [0, 0, 4, 0, 0], "an export can be imported");
        let seen = world.admin.get(&format!("/licenses/{chat}")).await.ok();
        assert_eq!(seen["use"]["assigned"], 1);
    }

    async fn different_values_are_changed_and_missing_columns_stay(world: World) {
        let (license, people) = world.pool(2, 2).await;
        let session = people[0].seated().await;
        let file = "email,name,role,status\nagent.0@example.org,,,suspended\nAgent.1@EXAMPLE.org,Neuer Name,manager,\n";
        let (done, _) = import(&world.admin, file.as_bytes(), false).await;
        assert_eq!(counts(&done), [0, 2, 0, 0, 0]);
        people[0].post_action(&session, "heartbeat").await.problem(401, "not_signed_in");
        let (zero, one) = (user(&world, "agent.0@example.org").await, user(&world, "agent.1@example.org").await);
        assert_eq!(
            (&zero["status"], &zero["name"], &zero["sessions"]),
            (&json!("suspended"), &json!("Agent 0"), &json!(0))
        );
        assert_eq!(
            (&one["role"], &one["name"], &one["license_ids"]),
            (&json!("manager"), &json!("Neuer Name"), &json!([license]))
        );
        let back = "email,status\nagent.0@example.org,aktiv\n";
        assert_eq!(counts(&import(&world.admin, back.as_bytes(), false).await.0), [0, 1, 0, 0, 0]);
        assert_eq!(user(&world, "agent.0@example.org").await["status"], "active");
        assert!(world.event_log().await.contains("\"import\""));
    }

    async fn named_seats_run_out_in_a_dry_run_as_in_a_real_run(world: World) {
        let chat = named(&world, "Chat", 3).await;
        let before = world.user("Vor Handen", Role::Agent, &[]).await;
        world.grant(chat, &[before]).await;
        let mut file = "email,name,licenses\n".to_owned();
        for number in 0..5 {
            file.push_str(&format!("new{number}@example.org,Neu {number},chat\n"));
        }
        let (dry, dry_rows) = import(&world.admin, file.as_bytes(), true).await;
        let (done, rows) = import(&world.admin, file.as_bytes(), false).await;
        assert_eq!((counts(&dry), dry_rows), (counts(&done), rows.clone()));
        assert_eq!(counts(&done), [5, 0, 0, 0, 3]);
        assert_eq!(first_problem(&rows[0]), (4, "created", "licenses", "named_seats_taken"));
        assert_eq!(world.admin.get(&format!("/licenses/{chat}")).await.ok()["use"]["assigned"], 3);
    }

    async fn an_invalid_cell_refuses_only_its_row(world: World) {
        world.pool(1, 1).await;
        let file = "email,name,role,licenses,groups,status\n\
            nonsense,A,,,,\n\
            b@example.org,B,king,,,\n\
            c@example.org,C,,teleport:named,,\n\
            d@example.org,D,,,Nobody,\n\
            e@example.org,E,,,,asleep\n\
            f@example.org,,,,,\n\
            g@example.org,G,,remote-support-v5:named,,\n\
            h@example.org,H,,,,\n\
            H@example.org,Hh,,,,\n\
            anja.krueger@example.org,,agent,,,\n\
            ,I,,,,\n";
        let (dry, dry_rows) = import(&world.admin, file.as_bytes(), true).await;
        let (done, rows) = import(&world.admin, file.as_bytes(), false).await;
        assert_eq!((counts(&dry), &dry_rows), (counts(&done), &rows));
        assert_eq!(counts(&done), [1, 0, 0, 10, 10]);
        let seen: Vec<_> = rows.iter().filter(|row| row["problems"].is_array()).map(first_problem).collect();
        assert_eq!(
            seen,
            [
                (2, "refused", "email", "email"),
                (3, "refused", "role", "unknown"),
                (4, "refused", "licenses", "unknown"),
                (5, "refused", "groups", "unknown"),
                (6, "refused", "status", "unknown"),
                (7, "refused", "name", "required"),
                (8, "refused", "licenses", "unknown"),
                (10, "refused", "email", "already_exists"),
                (11, "refused", "role", "forbidden"),
                (12, "refused", "email", "required"),
            ]
        );
        let name = |line: i64| rows.iter().find(|row| row["line"] == line).and_then(|row| row["name"].as_str());
        assert_eq!(name(3), Some("B"), "as in the file");
        assert_eq!(name(11), Some("Anja Krüger"), "as of the existing user");
        assert_eq!(name(7), None);
        let table = world
            .admin
            .request(Method::GET, &format!("/imports/{}/export", done["id"].as_str().expect("an id")))
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("text");
        let refused = "3,B,b@example.org,refused,\"role \"\"king\"\": is not a known value\",\r\n";
        assert!(table.contains(refused), "{table}");
    }

    async fn an_import_requires_the_same_rights_as_manual_changes(world: World) {
        let (_, people) = world.pool(5, 2).await;
        let users = world.person("Udo Users", Role::Manager, &[Permission::ManageUsers]).await;
        let file = "email,name,role,licenses\nnew@example.org,Neu,,remote-support-v5\n\
            boss@example.org,Boss,manager,\nudo.users@example.org,Sir Udo,,\n\
            plain@example.org,Plain,,\n";
        let (done, rows) = import(&users, file.as_bytes(), false).await;
        assert_eq!(counts(&done), [1, 0, 0, 3, 3]);
        let seen: Vec<_> = rows.iter().take(3).map(first_problem).collect();
        assert_eq!(
            seen,
            [
                (2, "refused", "licenses", "forbidden"),
                (3, "refused", "role", "forbidden"),
                (4, "refused", "name", "forbidden")
            ]
        );
        let path = format!("/imports/{}", done["id"].as_str().expect("an id"));
        let other = world.person("Olga Other", Role::Manager, &[Permission::ManageUsers]).await;
        other.get(&path).await.problem(404, "not_found");
        other.delete(&path).await.problem(404, "not_found");
        world.admin.get(&path).await.ok();
        people[0].get(&path).await.problem(403, "forbidden");
        send(&people[0], b"email,name\n", false).await.problem(403, "forbidden");
    }

    async fn a_limited_manager_imports_only_into_their_groups(world: World) {
        world.pool(1, 1).await;
        let group = world.admin.post("/groups", &json!({ "name": "Nord" })).await.created()["id"].clone();
        world.admin.post("/groups", &json!({ "name": "Süd" })).await.created();
        let manager = world.person("Gero Group", Role::Manager, &[Permission::ManageUsers]).await;
        world
            .admin
            .patch(&format!("/users/{}", manager.id), &json!({ "limited_to_groups": true, "manages": [group] }))
            .await
            .ok();
        let manager = manager.sign_in_again("gero.group@example.org").await;
        let file = "email,name,groups\nagent.0@example.org,Other,\nnew@example.org,Neu,\n\
            nord@example.org,Nora,nord\nsued@example.org,Sara,Süd\n";
        let (done, rows) = import(&manager, file.as_bytes(), false).await;
        assert_eq!(counts(&done), [1, 0, 0, 3, 3]);
        let seen: Vec<_> = rows.iter().take(3).map(first_problem).collect();
        assert_eq!(
            seen,
            [
                (2, "refused", "email", "already_exists"),
                (3, "refused", "groups", "required"),
                (5, "refused", "groups", "unknown")
            ]
        );
        assert_eq!(user(&world, "nord@example.org").await["group_ids"], json!([group]));
    }

    async fn a_file_that_is_not_a_table_of_users_is_refused_at_once(world: World) {
        for (file, field, error) in [
            (&b""[..], "file", "required"),
            (b" \r\n", "file", "required"),
            (b"\xef\xbb\xbf", "file", "required"),
            (b"name,phone\nA,1\n", "email", "required"),
            (b"email,name\n\n,,\n", "rows", "required"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "file", "file_kind"),
        ] {
            let problem = send(&world.admin, file, false).await.problem(422, "invalid");
            assert_eq!(
                (&problem["errors"][0]["field"], &problem["errors"][0]["error"]),
                (&json!(field), &json!(error))
            );
        }
        let preview = world.admin.url.clone() + "/api/v1/import/preview";
        let looked = world.admin.send(world.admin.raw(Method::POST, &preview)).await.problem(422, "invalid");
        assert_eq!(looked["errors"][0]["field"], "file");
        let unknown = "/imports/00000000-0000-4000-8000-000000000000";
        world.admin.get(unknown).await.problem(404, "not_found");
        world.admin.get("/imports/42").await.problem(404, "not_found");
        world.admin.delete(unknown).await.problem(404, "not_found");
        let (done, _) = import(&world.admin, b"email,name\na@b.c,A\n", true).await;
        let rows = format!("/imports/{}/rows", done["id"].as_str().expect("an id"));
        world.admin.get(&format!("{rows}?after=x")).await.problem(422, "invalid");
        world.admin.get(&format!("{rows}?limit=0")).await.problem(422, "invalid");
    }

    async fn one_import_runs_at_a_time_and_can_be_cancelled_while_others_work(world: World) {
        let (_, people) = world.pool(1, 1).await;
        let mut file = "email,name,licenses\n".to_owned();
        for number in 0..6_000 {
            file.push_str(&format!("a{number}@example.org,Agent {number},remote-support-v5:concurrent\n"));
        }
        let begun = send(&world.admin, file.as_bytes(), false).await.accepted();
        let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
        send(&world.admin, b"email,name\nx@example.org,X\n", true).await.problem(409, "import_running");
        let session = people[0].seated().await;
        people[0].post_action(&session, "end").await.ok();
        world.admin.delete(&path).await.no_content();
        let last = world.admin.get(&path).await.ok();
        assert_eq!((&last["state"], &last["rows"]), (&json!("cancelled"), &json!(6_000)));
        assert!(last["done"].as_i64() < Some(6_000), "{last:#}");
        world.admin.delete(&path).await.no_content();
        // Nothing is written afterwards: there are the admin, the agent and the imported users.
        let total = world.admin.get("/users?limit=1").await.ok()["total"].as_i64().expect("a number");
        assert_eq!(Some(total - 2), last["created"].as_i64());
        assert_eq!(counts(&import(&world.admin, b"email,name\nx@example.org,X\n", true).await.0), [1, 0, 0, 0, 0]);
    }

    async fn a_manager_who_is_limited_during_an_import_creates_nobody_elsewhere(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 2).await;
        let giving = world.group("Giving", &[]).await;
        world.admin.put(&format!("/groups/{giving}/licenses/{license}"), &json!({})).await;
        let permissions = [Permission::ManageUsers, Permission::ManageProducts];
        let manager = world.person("Mara Manager", Role::Manager, &permissions).await;
        let mut file = "email,name,groups\n".to_owned();
        for number in 0..6_000 {
            file.push_str(&format!("a{number}@example.org,Agent {number},Giving\n"));
        }
        let begun = send(&manager, file.as_bytes(), false).await.accepted();
        let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
        let limit = json!({ "limited_to_groups": true, "manages": [] });
        world.admin.patch(&format!("/users/{}", manager.id), &limit).await.ok();
        let members = async || world.admin.get(&format!("/groups/{giving}")).await.ok()["members"].as_i64();
        let at_once = members().await.expect("a number");
        let last = ended(&world.admin, &path).await;
        assert_eq!(members().await, Some(at_once), "{last:#}");
        assert_eq!(last["created"], at_once);
        assert_eq!(last["refused"], 6_000 - at_once);
    }
}
