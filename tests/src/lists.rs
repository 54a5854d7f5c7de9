//! The lists of users and sessions: filters, search, sort orders, and paging while rows come and go.

use crate::harness::{PASSWORD, Person, World, email_of, on_both_engines, seat_request};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::UserId,
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

/// One field of every row of a list, in order; asserts that the total is the number of rows.
async fn column(by: &Person, path: &str, field: &str) -> Vec<String> {
    let list = by.get(path).await.ok();
    let items = list["items"].as_array().expect("items");
    assert_eq!(list["total"], items.len(), "{path}");
    items.iter().map(|item| item[field].as_str().expect("text").to_owned()).collect()
}

async fn names(by: &Person, query: &str) -> Vec<String> {
    column(by, &format!("/users?{query}"), "name").await
}

async fn devices(by: &Person, query: &str) -> Vec<String> {
    column(by, &format!("/sessions?{query}"), "device").await
}

/// Reads a list page by page with an action between the pages, and returns the ids in order.
async fn page_through(by: &Person, path: &str, limit: usize, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
    let (mut ids, mut next, mut page) = (Vec::new(), String::new(), 0);
    loop {
        let list = by.get(&format!("{path}&limit={limit}{next}")).await.ok();
        let items = list["items"].as_array().expect("items");
        ids.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        let Some(after) = list["next"].as_str() else { return ids };
        assert_eq!(items.len(), limit);
        next = format!("&after={after}");
        between(page).await;
        page += 1;
    }
}

/// Ayşe, Özgür, Yılmaz and Zoë, added a minute apart; Zoë signed in last, Ayşe before that, the others never.
async fn add_four_users(world: &World) -> Vec<UserId> {
    let mut ids = Vec::new();
    for (name, role, permissions) in [
        ("Zoë Ångström", Role::Agent, &[][..]),
        ("Ayşe Demir", Role::Manager, &[Permission::ManageUsers][..]),
        ("Özgür Straße", Role::Agent, &[][..]),
        ("Yılmaz Łukasz", Role::Agent, &[][..]),
    ] {
        world.advance_clock(TimeDelta::minutes(1));
        ids.push(world.user(name, role, permissions).await);
    }
    for (name, id) in [("Ayşe Demir", ids[1]), ("Zoë Ångström", ids[0])] {
        world.advance_clock(TimeDelta::minutes(1));
        Person::signing_in(&world.url, &email_of(name), id).await;
    }
    ids
}

on_both_engines! {
    async fn user_search_ignores_accents_and_case(world: World) {
        add_four_users(&world).await;
        for (search, found) in [
            ("yilmaz", "Yılmaz Łukasz"),
            ("YILMAZ", "Yılmaz Łukasz"),
            ("Yılmaz", "Yılmaz Łukasz"),
            ("lukasz", "Yılmaz Łukasz"),
            ("zoe", "Zoë Ångström"),
            ("ANGSTROM", "Zoë Ångström"),
            ("Ångström", "Zoë Ångström"),
            ("ozgur", "Özgür Straße"),
            ("STRASSE", "Özgür Straße"),
            ("ayse", "Ayşe Demir"),
            ("  demir ", "Ayşe Demir"),
            ("kruger", "Anja Krüger"),
            ("KRUEGER@EXAMPLE", "Anja Krüger"),
        ] {
            let request = world.admin.request(reqwest::Method::GET, "/users").query(&[("q", search)]);
            let list = world.admin.send(request).await.ok();
            assert_eq!((&list["total"], &list["items"][0]["name"]), (&json!(1), &json!(found)), "{search}");
        }
        assert_eq!(names(&world.admin, "q=nobody").await, [""; 0]);
        assert_eq!(names(&world.admin, "q=%20").await.len(), 5, "an empty search matches all");
    }

    // Names and addresses may have accents; addresses are stored with them, domains in either form.
    async fn every_stored_user_is_found_by_address_in_every_list(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 3).await;
        for (name, email) in
            [("One", "Ö1@Bücher.example"), ("Two", "ö2@xn--bcher-kva.example"), ("Other", "x1@bucher.example")]
        {
            let body = json!({ "name": name, "email": email, "password": PASSWORD, "role": "agent" });
            let id = crate::harness::id_of(&world.admin.post("/users", &body).await.created());
            world.grant(license, &[id]).await;
            Person::signing_in(&world.url, email, id).await.seated().await;
        }
        for (search, found) in [
            ("ö1@bücher.example", "One"),
            ("Ö1@BÜCHER.EXAMPLE", "One"),
            ("o\u{308}1@bu\u{308}cher.example", "One"),
            ("ö1@xn--bcher-kva.example", "One"),
            ("ö1@", "One"),
            ("ö2@bücher.example", "Two"),
            ("ö2@xn--bcher-kva.example", "Two"),
            ("x1@bucher.example", "Other"),
        ] {
            let found_in = async |path: &str, field: &str| {
                let list = world
                    .admin
                    .send(world.admin.request(reqwest::Method::GET, path).query(&[("q", search)]))
                    .await
                    .ok();
                let items = list["items"].as_array().expect("items").iter();
                items
                    .map(|item| item[field].as_str().or(item[field]["name"].as_str()).unwrap_or("").to_owned())
                    .collect::<std::collections::BTreeSet<_>>()
            };
            let only = std::collections::BTreeSet::from([found.to_owned()]);
            assert_eq!(found_in("/users", "name").await, only, "{search}");
            assert_eq!(found_in("/sessions", "user_name").await, only, "{search}");
            assert!(found_in("/audit", "user").await.contains(found), "{search}");
            for path in ["/users/export", "/sessions/export"] {
                let request =
                    world.admin.request(reqwest::Method::GET, path).query(&[("q", search), ("format", "json")]);
                let rows = world.admin.send(request).await.ok();
                assert_eq!(rows.as_array().map(Vec::len), Some(1), "{path} {search}");
            }
            let dry = json!({ "action": "suspend", "filter": { "q": search }, "dry_run": true });
            assert_eq!(
                world.admin.post("/users/bulk", &dry).await.ok()["results"].as_array().map(Vec::len),
                Some(1),
                "{search}"
            );
        }
    }

    async fn users_are_filtered(world: World) {
        let people = add_four_users(&world).await;
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Named, 5).await;
        let other = world.license(product, Model::Concurrent, 5).await;
        let desk = world.product("Service Desk").await;
        let third = world.license(desk, Model::Concurrent, 5).await;
        world.grant(license, &[people[0]]).await;
        world.grant(other, &[people[0], people[2]]).await;
        world.grant(third, &[people[3]]).await;
        let suspend = json!({ "status": "suspended" });
        world.admin.patch(&format!("/users/{}", people[3]), &suspend).await.ok();
        let admin = &world.admin;
        assert_eq!(names(admin, &format!("license={license}")).await, ["Zoë Ångström"]);
        assert_eq!(names(admin, &format!("license={other}")).await, ["Özgür Straße", "Zoë Ångström"]);
        assert_eq!(names(admin, &format!("product={product}")).await, ["Özgür Straße", "Zoë Ångström"]);
        assert_eq!(names(admin, &format!("product={product}&q=zoe")).await, ["Zoë Ångström"]);
        assert_eq!(names(admin, "role=admin").await, ["Anja Krüger"]);
        assert_eq!(names(admin, "role=manager").await, ["Ayşe Demir"]);
        assert_eq!(names(admin, "role=agent&status=active").await, ["Özgür Straße", "Zoë Ångström"]);
        assert_eq!(names(admin, "status=suspended").await, ["Yılmaz Łukasz"]);
        let one = admin.get(&format!("/users?license={license}")).await.ok();
        let mut licenses = one["items"][0]["license_ids"].as_array().expect("licenses").clone();
        licenses.sort_by_key(ToString::to_string);
        let mut expected = vec![json!(license), json!(other)];
        expected.sort_by_key(ToString::to_string);
        assert_eq!(licenses, expected);
    }

    async fn users_are_sorted_by_every_column_in_both_directions(world: World) {
        add_four_users(&world).await;
        let by_name = ["Anja Krüger", "Ayşe Demir", "Özgür Straße", "Yılmaz Łukasz", "Zoë Ångström"];
        let by_time = ["Anja Krüger", "Zoë Ångström", "Ayşe Demir", "Özgür Straße", "Yılmaz Łukasz"];
        // Users who never signed in sort by the time they were added, and so does the admin, whom the setup signed in.
        let by_active = ["Anja Krüger", "Özgür Straße", "Yılmaz Łukasz", "Ayşe Demir", "Zoë Ångström"];
        for (sort, order) in [("name", by_name), ("created_at", by_time), ("last_active_at", by_active)] {
            assert_eq!(names(&world.admin, &format!("sort={sort}")).await, order, "{sort}");
            let descending: Vec<_> = order.into_iter().rev().collect();
            assert_eq!(names(&world.admin, &format!("sort=-{sort}")).await, descending, "-{sort}");
        }
        let by_email = column(&world.admin, "/users?sort=email", "email").await;
        let descending: Vec<_> = column(&world.admin, "/users?sort=-email", "email").await.into_iter().rev().collect();
        assert_eq!((&by_email[0], &by_email), (&"anja.krueger@example.org".to_owned(), &descending));
        assert_eq!(names(&world.admin, "").await, by_name, "by name by default");
    }

    async fn paging_lists_each_user_once_while_users_are_added(world: World) {
        let mut expected = vec![world.admin.id.to_string()];
        for number in 0..11 {
            // With equal names, only the id decides the order.
            let body = json!({ "name": "Same Name", "email": format!("same{number}@example.org"),
                               "password": PASSWORD, "role": "agent" });
            expected.push(world.admin.post("/users", &body).await.created()["id"].as_str().expect("an id").to_owned());
        }
        expected.sort();
        for sort in
            ["name", "-name", "email", "-email", "created_at", "-created_at", "last_active_at", "-last_active_at"]
        {
            let tag = sort.replace('-', "down.").replace('_', "");
            let walked = page_through(&world.admin, &format!("/users?sort={sort}&q=same"), 3, async |page| {
                // Before all others and after all others.
                for name in ["Aaa", "Zzz"] {
                    world.user(&format!("{name} {page} {tag}"), Role::Agent, &[]).await;
                }
            })
            .await;
            let mut once = walked.clone();
            once.sort();
            assert_eq!(
                once,
                expected[..].iter().filter(|id| **id != world.admin.id.to_string()).cloned().collect::<Vec<_>>(),
                "{sort}"
            );
        }
        let everybody = page_through(&world.admin, "/users?sort=name", 7, async |_| {}).await;
        let total = world.admin.get("/users?limit=1").await.ok()["total"].clone();
        assert_eq!(json!(everybody.len()), total);
    }

    async fn paging_lists_each_session_once_while_sessions_start_and_end(world: World) {
        let (_, people) = world.pool(50, 3).await;
        let mut expected = Vec::new();
        for number in 0..10 {
            let session = people[number % 3].request_seat().await.created();
            expected.push(session["id"].as_str().expect("an id").to_owned());
        }
        expected.sort();
        for sort in
            ["created_at", "-created_at", "user_name", "-user_name", "last_seen_at", "-last_seen_at", "state", "-state"]
        {
            let mut walked = page_through(&world.admin, &format!("/sessions?sort={sort}&state=live"), 3, async |_| {
                let more = people[0].request_seat().await.created()["id"].clone();
                people[0].post("/sessions/end", &json!({ "ids": [more] })).await.ok();
            })
            .await;
            walked.sort();
            assert_eq!(walked, expected, "{sort}");
        }
    }

    async fn sessions_are_filtered_and_sorted(world: World) {
        let product = world.product("Remote Support v5").await;
        let desk = world.product("Service Desk").await;
        let shared = world.license(product, Model::Concurrent, 5).await;
        let named = world.license(desk, Model::Named, 5).await;
        let (yilmaz, zoe) = (world.agent("Yılmaz").await, world.agent("Zoë").await);
        world.grant(shared, &[yilmaz.id, zoe.id]).await;
        world.grant(named, &[zoe.id]).await;
        let request_seat = async |who: &Person, product: &str, device: &str, mode: &str, platform: Value| {
            world.advance_clock(TimeDelta::seconds(1));
            let body = json!({ "product": product, "device": device, "mode": mode, "platform": platform });
            who.post("/sessions", &body).await.created()["id"].clone()
        };
        request_seat(&zoe, "remote-support-v5", "A", "attended", Value::Null).await;
        let b = request_seat(&yilmaz, "remote-support-v5", "B", "unattended", json!("mac")).await;
        request_seat(&zoe, "service-desk", "C", "application", json!("linux")).await;
        let d = request_seat(&yilmaz, "remote-support-v5", "D", "unattended", json!("mac")).await;
        yilmaz.post("/sessions/end", &json!({ "ids": [d] })).await.ok();
        world.advance_clock(TimeDelta::seconds(1));
        yilmaz.post(&format!("/sessions/{}/heartbeat", b.as_str().expect("an id")), &json!({})).await.ok();
        // Heartbeats are saved in batches, once a second.
        world.app.seats.sweep().await.expect("it sweeps");
        let admin = &world.admin;
        for (query, found) in [
            (String::new(), &["D", "C", "B", "A"][..]),
            ("state=live".to_owned(), &["C", "B", "A"]),
            ("state=waiting".to_owned(), &["A"]),
            ("state=connected".to_owned(), &["C", "B"]),
            ("state=ended".to_owned(), &["D"]),
            (format!("license={named}"), &["C"]),
            (format!("product={product}"), &["D", "B", "A"]),
            ("model=named".to_owned(), &["C"]),
            ("platform=mac".to_owned(), &["D", "B"]),
            (format!("user={}", zoe.id), &["C", "A"]),
            ("q=YILMAZ".to_owned(), &["D", "B"]),
            ("q=zoe&state=live&model=concurrent".to_owned(), &["A"]),
            ("sort=created_at".to_owned(), &["A", "B", "C", "D"]),
            ("sort=-created_at".to_owned(), &["D", "C", "B", "A"]),
            ("sort=last_seen_at".to_owned(), &["A", "C", "D", "B"]),
            ("sort=-last_seen_at".to_owned(), &["B", "D", "C", "A"]),
            ("sort=user_name".to_owned(), &["B", "D", "A", "C"]),
            ("sort=-user_name".to_owned(), &["C", "A", "D", "B"]),
            ("sort=state".to_owned(), &["B", "C", "D", "A"]),
            ("sort=-state".to_owned(), &["A", "D", "C", "B"]),
        ] {
            assert_eq!(devices(admin, &query).await, found, "{query}");
        }
        assert_eq!(devices(&zoe, "").await, ["C", "A"], "an agent sees only their own");
        let none = zoe.get("/sessions?limit=1").await.ok();
        assert_eq!((&none["total"], none["items"].as_array().map(Vec::len)), (&json!(2), Some(1)));
        let mut empty = seat_request("attended");
        empty["product"] = json!("service-desk");
        yilmaz.post("/sessions", &empty).await.problem(409, "not_assigned");
    }
}
