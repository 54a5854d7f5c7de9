//! Harness for tests of the queue and of license rules: licenses with terms, agents who wait, and sweeps on demand.

use super::{Answer, Person, World, id_of, seat_request};
use seatkeeper::store;
use seatkeeper_shared::{
    ids::{LicenseId, Position, UserId},
    license::Model,
};
use serde_json::{Value, json};

impl World {
    /// Adds a concurrent license of Remote Support with these terms (one seat by default), and agents to whom it is
    /// assigned.
    pub async fn pool_with_terms(&self, terms: Value, agents: usize) -> (LicenseId, Vec<Person>) {
        let product = self.product("Remote Support v5").await;
        let mut body = json!({ "product_id": product, "model": Model::Concurrent, "seats": 1 });
        for (field, value) in terms.as_object().expect("terms") {
            body[field] = value.clone();
        }
        let license: LicenseId = id_of(&self.admin.post("/licenses", &body).await.created());
        let mut people = Vec::new();
        for number in 0..agents {
            people.push(self.agent(&format!("Agent {number}")).await);
        }
        if !people.is_empty() {
            self.grant(license, &people.iter().map(|p| p.id).collect::<Vec<_>>()).await;
        }
        (license, people)
    }

    /// The usage counts of a license.
    pub async fn usage(&self, license: LicenseId) -> Value {
        self.admin.get(&format!("/licenses/{license}")).await.ok()["use"].clone()
    }

    /// Changes a license as the admin; returns its view.
    pub async fn change_license(&self, license: LicenseId, change: Value) -> Value {
        self.admin.patch(&format!("/licenses/{license}"), &change).await.ok()
    }

    /// Performs the sweep that the server performs every second.
    pub async fn sweep(&self) {
        self.app.seats.sweep().await.expect("the sweep succeeds");
    }

    /// The users of all events of a kind after a position, in log order.
    pub async fn users_of_events(&self, kind: &str, after: Position) -> Vec<UserId> {
        let events = store::events::after(&self.app.db, after, 100_000).await.expect("the log can be read");
        events.iter().filter(|event| event.subject.kind_name() == kind).filter_map(|event| event.subject.user).collect()
    }
}

impl Answer {
    /// Expects 202 and returns the body.
    #[track_caller]
    pub fn accepted(self) -> Value {
        assert_eq!(self.status, 202, "{:#}", self.body);
        self.body
    }

    /// Expects 204.
    #[track_caller]
    pub fn no_content(self) {
        assert_eq!(self.status, 204, "{:#}", self.body);
    }
}

impl Person {
    /// Requests a seat of Remote Support at a device, or a queue ticket if none is free.
    pub async fn request_or_queue_at(&self, device: &str) -> Answer {
        let mut body = seat_request("application");
        body["device"] = json!(device);
        body["wait"] = json!(true);
        self.post("/sessions", &body).await
    }

    /// Like [`Self::request_or_queue_at`], at the default device.
    pub async fn request_or_queue(&self) -> Answer {
        self.request_or_queue_at("NB-0412").await
    }

    /// Joins the queue; returns the path of the ticket.
    pub async fn queued(&self) -> String {
        path_of("tickets", &self.request_or_queue().await.accepted())
    }

    /// Gets a seat; returns the path of the session.
    pub async fn seated(&self) -> String {
        path_of("sessions", &self.request_seat().await.created())
    }

    /// Gets a seat at a device; returns the path of the session.
    pub async fn seated_at(&self, device: &str) -> String {
        let mut body = seat_request("application");
        body["device"] = json!(device);
        path_of("sessions", &self.post("/sessions", &body).await.created())
    }

    /// Sends POST with an empty object to `{path}/{action}`.
    pub async fn post_action(&self, path: &str, action: &str) -> Answer {
        self.post(&format!("{path}/{action}"), &json!({})).await
    }
}

/// The path of a resource in a response: `/{collection}/{id}`.
pub fn path_of(collection: &str, body: &Value) -> String {
    format!("/{collection}/{}", body["id"].as_str().expect("an id"))
}

/// The state and position of a ticket.
pub fn place(ticket: &Value) -> (&str, i64) {
    (ticket["state"].as_str().expect("a state"), ticket["position"].as_i64().expect("a position"))
}
