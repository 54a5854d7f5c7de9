//! Requests whose heads arrive before a revocation and whose bodies arrive after it: they are refused.

use crate::{
    harness::{PASSWORD, Person, World, email_of, on_both_engines, raw_connection::RawConnection, seat_request},
    scim::Directory,
};
use reqwest::Method;
use seatkeeper_shared::{
    ids::UserId,
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

const JSON: &str = "application/json";

/// A request of which the server waits for the body.
struct PendingRequest {
    connection: RawConnection,
    body: String,
}

impl PendingRequest {
    /// Sends the head, and waits until the server asks for the body.
    async fn begin(url: &str, (method, path): (Method, &str), credential: &str, (kind, body): (&str, String)) -> Self {
        let mut connection = RawConnection::open(url, None).await;
        let host = url.trim_start_matches("http://");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{credential}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n\r\n",
            body.len()
        );
        connection.send(head).await;
        let interim = connection.until("\r\n\r\n").await;
        assert!(interim.contains(" 100 "), "the server waits for the body: {interim}");
        Self { connection, body }
    }

    /// Sends the body. Returns the status of the response.
    async fn complete(mut self) -> u16 {
        self.connection.send(&self.body).await;
        let response = self.connection.rest().await;
        let status = response.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        status.unwrap_or_else(|| panic!("a response: {response}"))
    }
}

fn bearer(person: &Person) -> String {
    format!("Authorization: Bearer {}", person.secret())
}

async fn begin_json(person: &Person, method: Method, path: &str, body: Value) -> PendingRequest {
    let path = format!("/api/v1{path}");
    PendingRequest::begin(&person.url, (method, &path), &bearer(person), (JSON, body.to_string())).await
}

async fn role_of(world: &World, user: UserId) -> Value {
    world.admin.get(&format!("/users/{user}")).await.ok()["role"].clone()
}

async fn total_users(world: &World) -> Value {
    world.admin.get("/users?limit=1").await.ok()["total"].clone()
}

on_both_engines! {
    async fn a_demoted_admin_does_not_become_one_again(world: World) {
        let other = world.person("Olga Other", Role::Admin, &[]).await.with_token().await;
        let path = format!("/users/{}", other.id);
        let single = begin_json(&other, Method::PATCH, &path, json!({ "role": "admin" })).await;
        let bulk = json!({ "action": "set_role", "role": "admin", "user_ids": [other.id] });
        let bulk = begin_json(&other, Method::POST, "/users/bulk", bulk).await;
        world.admin.patch(&path, &json!({ "role": "agent" })).await.ok();
        assert_eq!((single.complete().await, bulk.complete().await), (403, 403));
        assert_eq!(role_of(&world, other.id).await, "agent");
    }

    async fn a_suspended_admin_adds_nobody(world: World) {
        let other = world.person("Olga Other", Role::Admin, &[]).await.with_token().await;
        let new = json!({ "name": "New Admin", "email": "new@example.org", "role": "admin", "password": PASSWORD });
        let adds = begin_json(&other, Method::POST, "/users", new).await;
        let table = "email,name,role\nnew@example.org,New Admin,admin\n".to_owned();
        let import = (Method::POST, "/api/v1/import");
        let imports = PendingRequest::begin(&other.url, import, &bearer(&other), ("text/csv", table)).await;
        let before = total_users(&world).await;
        world.admin.patch(&format!("/users/{}", other.id), &json!({ "status": "suspended" })).await.ok();
        assert_eq!((adds.complete().await, imports.complete().await), (401, 401));
        assert_eq!(total_users(&world).await, before);
    }

    async fn a_manager_who_loses_permissions_assigns_nothing(world: World) {
        let product = world.product("Remote Support v5").await;
        let license = world.license(product, Model::Concurrent, 2).await;
        let permissions = [Permission::ManageUsers, Permission::ManageProducts];
        let manager = world.person("Mara Manager", Role::Manager, &permissions).await.with_token().await;
        let path = format!("/licenses/{license}/grant");
        let grant = begin_json(&manager, Method::POST, &path, json!({ "user_ids": [manager.id] })).await;
        world.admin.patch(&format!("/users/{}", manager.id), &json!({ "permissions": [] })).await.ok();
        assert_eq!(grant.complete().await, 403);
    }

    async fn a_deleted_token_takes_no_seat(world: World) {
        let (license, people) = world.pool(1, 1).await;
        let agent = people[0].with_token().await;
        let request = begin_json(&agent, Method::POST, "/sessions", seat_request("attended")).await;
        for token in people[0].get("/tokens").await.ok().as_array().expect("tokens") {
            people[0].delete(&format!("/tokens/{}", token["id"].as_str().expect("an id"))).await.no_content();
        }
        assert_eq!(request.complete().await, 401);
        assert_eq!(world.usage(license).await["occupied"], 0);
    }

    async fn a_browser_that_was_signed_out_makes_no_token(world: World) {
        let agent = world.agent("Nora Neu").await;
        let browser = Person::anonymous(&world.url);
        let signed_in = browser.post("/sign-in", &json!({ "email": email_of("Nora Neu"), "password": PASSWORD })).await;
        let cookie = signed_in.cookie("seatkeeper_session").split(';').next().expect("a value").to_owned();
        let credential = format!("Cookie: {cookie}\r\nOrigin: {}", world.url);
        let body = (JSON, json!({ "name": "Lasting", "days": 30 }).to_string());
        let request = PendingRequest::begin(&world.url, (Method::POST, "/api/v1/tokens"), &credential, body).await;
        agent.delete("/me/sign-ins").await.no_content();
        assert_eq!(request.complete().await, 401);
        assert_eq!(agent.get("/tokens").await.ok(), json!([]));
    }

    async fn a_replaced_token_of_a_directory_adds_nobody(world: World) {
        let directory = Directory::create(&world, "Entra").await;
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
        let body = json!({ "schemas": schemas, "userName": "late@example.org" }).to_string();
        let credential = format!("Authorization: Bearer {}", directory.secret());
        let body = ("application/scim+json", body);
        let request = PendingRequest::begin(&world.url, (Method::POST, "/scim/v2/Users"), &credential, body).await;
        let before = total_users(&world).await;
        world.admin.post(&format!("/directories/{}/rotate", directory.id), &json!({})).await;
        assert_eq!(request.complete().await, 401);
        assert_eq!(total_users(&world).await, before);
    }

    async fn a_body_that_arrives_in_pieces_is_taken_whole(world: World) {
        let admin = world.admin.with_token().await;
        let request = begin_json(&admin, Method::POST, "/products", json!({ "name": "Late Product" })).await;
        assert_eq!(request.complete().await, 201);
    }
}
