//! Okta's published tests of a SCIM 2.0 server ("SCIM 2.0 SPEC Test" and the requests of its "CRUD Test"): every
//! required assertion, in order.

use super::{Directory, total_and_names};
use crate::harness::{http, on_both_engines};
use reqwest::{Method, header};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Sends a request with Okta's headers.
async fn request(directory: &Directory, authorization: &str, path: &str) -> (u16, Value) {
    let url = format!("{}/scim/v2{path}", directory.url);
    let request = http::client().request(Method::GET, url).header(header::AUTHORIZATION, authorization);
    let request = request.header(header::ACCEPT, "application/scim+json").header("accept-charset", "utf-8");
    let request = request.header(header::CONTENT_TYPE, "application/scim+json; charset=utf-8");
    let response = request.header(header::USER_AGENT, "OKTA SCIM Integration").send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

fn by_name(name: &str) -> String {
    format!("/Users?filter=userName%20eq%20%22{name}%22")
}

#[track_caller]
fn is_filled(resource: &Value) {
    for (part, value) in [
        ("id", &resource["id"]),
        ("name.familyName", &resource["name"]["familyName"]),
        ("name.givenName", &resource["name"]["givenName"]),
        ("userName", &resource["userName"]),
        ("emails[0].value", &resource["emails"][0]["value"]),
    ] {
        assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{part}: {resource:#}");
    }
    assert_eq!(resource["active"], true, "{resource:#}");
}

fn has(body: &Value, schema: &str) -> bool {
    body["schemas"].as_array().is_some_and(|all| all.contains(&json!(schema)))
}

fn new_user(email: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": "runscope300abc@atko.com",
        "name": { "givenName": "Runscope", "familyName": "Test" },
        "emails": [{ "primary": true, "value": email, "type": "work" }],
        "displayName": "Runscope Test",
        "active": true,
    })
}

on_both_engines! {
    async fn the_specification_test(world: World) {
        let okta = Directory::create(&world, "Okta").await;
        let bearer = format!("Bearer {}", okta.secret);
        let (status, list) = request(&okta, &bearer, "/Users?count=1&startIndex=1").await;
        assert!(status == 200 && has(&list, LIST), "{list:#}");
        for number in ["itemsPerPage", "startIndex", "totalResults"] {
            assert!(list[number].is_number(), "{number}");
        }
        is_filled(&list["Resources"][0]);
        let (status, one) =
            request(&okta, &bearer, &format!("/Users/{}", list["Resources"][0]["id"].as_str().expect("an id"))).await;
        assert_eq!((status, &one["id"]), (200, &list["Resources"][0]["id"]));
        is_filled(&one);
        let (status, none) = request(&okta, &bearer, &by_name("abcdefgh@atko.com")).await;
        assert!(status == 200 && has(&none, LIST) && none["totalResults"] == 0, "{none:#}");
        let (status, none) = request(&okta, &bearer, "/Users/010101001010101011001010101011").await;
        assert!(status == 404 && has(&none, ERROR) && none["detail"].as_str().is_some_and(|text| !text.is_empty()));
        let (status, none) = request(&okta, &bearer, &by_name("runscope300abc@atko.com")).await;
        assert!(status == 200 && has(&none, LIST) && none["totalResults"] == 0, "{none:#}");

        let added = okta.post("/Users", new_user("runscope300abc@example.com")).await.created();
        assert!(has(&added, USER) && added["active"] == true && added["id"].is_string());
        let told_name = |body: &Value| {
            [body["userName"].clone(), body["name"]["familyName"].clone(), body["name"]["givenName"].clone()]
        };
        assert_eq!(told_name(&added), ["runscope300abc@atko.com", "Test", "Runscope"].map(Value::from));
        let (status, read) = request(&okta, &bearer, &format!("/Users/{}", added["id"].as_str().expect("an id"))).await;
        assert_eq!((status, told_name(&read)), (200, told_name(&added)));
        assert_eq!(okta.post("/Users", new_user("runscope300abc@atko.com")).await.status, 409);
        let (status, found) = request(&okta, &bearer, &by_name("RUNSCOPE300ABC@ATKO.COM")).await;
        assert_eq!((status, total_and_names(&found).0), (200, 1));
        let (status, groups) = request(&okta, &bearer, "/Groups").await;
        assert!(status == 200 && groups["Resources"].is_array());
        let (status, refused) = request(&okta, "non-token", &by_name("RUNSCOPE300ABC@ATKO.COM")).await;
        assert!(status == 401 && has(&refused, ERROR) && refused["status"] == "401" && refused["detail"].is_string());
        let (status, none) = request(&okta, &bearer, "/Users/00919288221112222").await;
        assert!(status == 404 && has(&none, ERROR) && none["status"] == "404" && none["detail"].is_string());
    }

    // Okta's own runner is not available; these are the requests that it sends.
    async fn the_requests_of_the_crud_test(world: World) {
        let okta = Directory::create(&world, "Okta").await;
        let bearer = format!("Bearer {}", okta.secret);
        let email = "riley.test@atko.com";
        let mut sent = json!({
            "schemas": [USER], "userName": email, "name": { "givenName": "Riley", "familyName": "Test" },
            "displayName": "Riley Test",
            "emails": [{ "primary": true, "value": email, "type": "work" }], "title": "Engineer",
            "phoneNumbers": [{ "value": "415.123.4567", "type": "work" }],
            "locale": "en-US", "externalId": "00u1", "groups": [], "password": "Kv7J2LEa", "active": true,
        });
        assert_eq!(
            request(&okta, &bearer, &format!("{}&startIndex=1&count=100", by_name(email))).await.1["totalResults"],
            0
        );
        let added = okta.post("/Users", sent.clone()).await.created();
        let path = format!("/Users/{}", added["id"].as_str().expect("an id"));
        let found = async |active: bool, given: &str| {
            let (status, list) = request(&okta, &bearer, &by_name(email)).await;
            let user = &list["Resources"][0];
            assert_eq!(
                (status, &list["totalResults"], &user["active"], &user["name"]["givenName"]),
                (200, &json!(1), &json!(active), &json!(given)),
                "{list:#}"
            );
        };
        found(true, "Riley").await;
        sent = okta.get(&path).await.ok();
        sent["name"]["givenName"] = json!("Rileyupdate");
        assert_eq!(okta.put(&path, sent).await.ok()["name"]["givenName"], "Rileyupdate");
        found(true, "Rileyupdate").await;
        for active in [false, true, false] {
            let body = json!([{ "op": "replace", "value": { "active": active } }]);
            assert_eq!(okta.patch(&path, body).await.ok()["active"], active);
            found(active, "Rileyupdate").await;
        }
    }

    async fn names_have_both_parts_for_users_of_any_source(world: World) {
        let okta = Directory::create(&world, "Okta").await;
        world.agent("Nora Neu").await;
        okta.post("/Users", json!({ "userName": "jdoe" })).await.created();
        okta.post("/Users", json!({ "userName": "anja.k@example.org", "displayName": "Krüger, Anja" })).await.created();
        okta.post("/Users", json!({ "userName": "x@example.org", "name": { "givenName": "Xenia" } })).await.created();
        let list = okta.get("/Users").await.ok();
        let mut names: Vec<_> = list["Resources"]
            .as_array()
            .expect("users")
            .iter()
            .map(|user| {
                let part = |part: &str| user["name"][part].as_str().expect("a part").to_owned();
                format!("{} | {}", part("givenName"), part("familyName"))
            })
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["Anja | Krüger", "Anja | Krüger", "Nora | Neu", "Xenia | Xenia", "jdoe | jdoe"]);
        // Derived name parts that are written back are not stored as the user's name.
        let jdoe = okta.find("Users", "userName eq \"jdoe\"").await["Resources"][0].clone();
        let path = format!("/Users/{}", jdoe["id"].as_str().expect("an id"));
        okta.put(&path, jdoe.clone()).await.ok();
        assert_eq!(world.admin.get(&path.replace("/Users", "/users")).await.ok()["name"], "jdoe");
        assert_eq!(total_and_names(&okta.find("Users", "name.familyName eq \"neu\"").await).0, 1);
    }
}
