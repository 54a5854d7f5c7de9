//! Directories that provision by SCIM: the requests that real ones send, and the bugs that others had with them.

mod addresses;
mod assignment_sources;
mod atomicity;
mod bugs;
mod directories;
mod entra;
mod limits;
mod okta;
mod okta_suite;
mod parallel;
mod protocol;
mod repair;
mod retries;
mod routes;
mod rules;
mod soft_deleted;
mod validators;

use crate::harness::{Answer, World, http, id_of};
use reqwest::{Client, Method, header};
use seatkeeper_shared::ids::{DirectoryId, UserId};
use serde_json::{Value, json};

/// A directory with its token, as a SCIM client.
#[derive(Clone)]
pub struct Directory {
    pub id: DirectoryId,
    secret: String,
    url: String,
    http: Client,
}

impl Directory {
    /// Adds a directory as the admin.
    pub async fn create(world: &World, name: &str) -> Self {
        let made = world.admin.post("/directories", &json!({ "name": name })).await.created();
        let secret = made["secret"].as_str().expect("a secret").to_owned();
        Self { id: id_of(&made), secret, url: world.url.clone(), http: http::client() }
    }

    /// Its bearer token.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The same directory with another token.
    pub fn with(&self, secret: &str) -> Self {
        Self { secret: secret.to_owned(), ..self.clone() }
    }

    /// Sends a request to a path below `/scim/v2`.
    pub async fn send(&self, method: Method, path: &str, body: &Value, headers: &[(&'static str, &str)]) -> Answer {
        let mut request = self.http.request(method, format!("{}/scim/v2{path}", self.url)).bearer_auth(&self.secret);
        if !body.is_null() {
            request = request.header(header::CONTENT_TYPE, "application/scim+json").body(body.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let kind = headers.get(header::CONTENT_TYPE).and_then(|k| k.to_str().ok()).unwrap_or_default().to_owned();
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        assert!(text.is_empty() || kind == "application/scim+json", "{status} {kind}: {text}");
        Answer { status, kind, headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &Value::Null, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &body, &[]).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, &body, &[]).await
    }

    /// Sends PATCH with these operations.
    pub async fn patch(&self, path: &str, operations: Value) -> Answer {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        self.send(Method::PATCH, path, &json!({ "schemas": schemas, "Operations": operations }), &[]).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &Value::Null, &[]).await
    }

    /// The list response for a filter.
    pub async fn find(&self, resources: &str, filter: &str) -> Value {
        let filter =
            filter.replace('%', "%25").replace(' ', "%20").replace('"', "%22").replace('+', "%2B").replace('&', "%26");
        self.get(&format!("/{resources}?filter={filter}")).await.ok()
    }

    /// Adds a user; returns the id.
    pub async fn user(&self, name: &str) -> UserId {
        let email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
        id_of(&self.post("/Users", json!({ "userName": email, "displayName": name, "active": true })).await.created())
    }

    /// Adds a group with these members; returns its path.
    pub async fn group(&self, name: &str, members: &[UserId]) -> String {
        let members: Vec<_> = members.iter().map(|user| json!({ "value": user })).collect();
        let group = self.post("/Groups", json!({ "displayName": name, "members": members })).await.created();
        format!("/Groups/{}", group["id"].as_str().expect("an id"))
    }

    /// The ids of a group's members, sorted.
    pub async fn members(&self, group: &str) -> Vec<UserId> {
        let members = self.get(group).await.ok()["members"].clone();
        let of = |member: &Value| serde_json::from_value(member["value"].clone()).expect("an id");
        sorted(members.as_array().into_iter().flatten().map(of).collect())
    }

    /// Sets the rules of the directory, as the admin.
    pub async fn set_rules(&self, world: &World, rules: Value) -> Value {
        world.admin.put(&format!("/directories/{}/rules", self.id), &json!({ "rules": rules })).await.ok()
    }
}

/// Sorts ids, to compare lists of members and licenses: with a fixed clock, their order is random.
pub fn sorted<Id: Ord>(mut ids: Vec<Id>) -> Vec<Id> {
    ids.sort_unstable();
    ids
}

/// The SCIM path of a user.
pub fn user_path(user: UserId) -> String {
    format!("/Users/{user}")
}

/// Expects a SCIM error with this status and `scimType`, and returns its body.
#[track_caller]
pub fn expect_error(answer: Answer, status: u16, kind: Option<&str>) -> Value {
    assert_eq!((answer.status.as_u16(), answer.body["scimType"].as_str()), (status, kind), "{:#}", answer.body);
    assert_eq!(answer.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(answer.body["status"], json!(status.to_string()), "a string, as the standard requires");
    answer.body
}

/// The `totalResults` of a list response, and the userNames or displayNames of its resources.
pub fn total_and_names(list: &Value) -> (i64, Vec<String>) {
    let name = |one: &Value| one["userName"].as_str().or(one["displayName"].as_str()).unwrap_or_default().to_owned();
    let names = list["Resources"].as_array().expect("resources").iter().map(name).collect();
    (list["totalResults"].as_i64().expect("a number"), names)
}
