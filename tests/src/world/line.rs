//! What stories of the line and of the rules need: licenses with terms, agents who wait, and sweeps when they are wanted.

use super::{Answer, Person, World, id_of, wanted};
use seatkeeper::store;
use seatkeeper_shared::{
    ids::{LicenseId, Position, UserId},
    license::Model,
};
use serde_json::{Value, json};

impl World {
    /// A concurrent license of Remote Support with these terms (one seat if they do not say), and agents who are admitted.
    pub async fn licensed(&self, terms: Value, agents: usize) -> (LicenseId, Vec<Person>) {
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

    /// How things stand at a license.
    pub async fn usage(&self, license: LicenseId) -> Value {
        self.admin.get(&format!("/licenses/{license}")).await.ok()["use"].clone()
    }

    /// Changes seats or rules of a license.
    pub async fn change(&self, license: LicenseId, change: Value) -> Value {
        self.admin.patch(&format!("/licenses/{license}"), &change).await.ok()
    }

    /// What the server does once a second.
    pub async fn sweep(&self) {
        self.app.seats.sweep().await.expect("it can be swept");
    }

    /// About which users the log says this after a position, in its order.
    pub async fn told_of(&self, kind: &str, after: Position) -> Vec<UserId> {
        let events = store::events::after(&self.app.db, after, 100_000).await.expect("the log can be read");
        events.iter().filter(|event| event.kind == kind).filter_map(|event| event.user).collect()
    }
}

impl Answer {
    /// The body of a 202.
    #[track_caller]
    pub fn accepted(self) -> Value {
        assert_eq!(self.status, 202, "{:#}", self.body);
        self.body
    }

    /// Nothing but a 204.
    #[track_caller]
    pub fn done(self) {
        assert_eq!(self.status, 204, "{:#}", self.body);
    }
}

impl Person {
    /// Asks for a seat of Remote Support at a device, and for a place in the line if there is none.
    pub async fn wait_at(&self, device: &str) -> Answer {
        let mut body = wanted("application");
        body["device"] = json!(device);
        body["wait"] = json!(true);
        self.post("/sessions", &body).await
    }

    /// The same at the usual device.
    pub async fn wait(&self) -> Answer {
        self.wait_at("NB-0412").await
    }

    /// Gets into the line; the path of the ticket.
    pub async fn queued(&self) -> String {
        path_of("tickets", &self.wait().await.accepted())
    }

    /// Gets a seat; the path of the session.
    pub async fn seated(&self) -> String {
        path_of("sessions", &self.ask().await.created())
    }

    /// Gets a seat at a device; the path of the session.
    pub async fn seated_at(&self, device: &str) -> String {
        let mut body = wanted("application");
        body["device"] = json!(device);
        path_of("sessions", &self.post("/sessions", &body).await.created())
    }

    /// Writes without a body worth mentioning.
    pub async fn act(&self, path: &str, what: &str) -> Answer {
        self.post(&format!("{path}/{what}"), &json!({})).await
    }
}

/// The path of what was answered.
pub fn path_of(what: &str, body: &Value) -> String {
    format!("/{what}/{}", body["id"].as_str().expect("an id"))
}

/// The state and position of a ticket.
pub fn place(ticket: &Value) -> (&str, i64) {
    (ticket["state"].as_str().expect("a state"), ticket["position"].as_i64().expect("a position"))
}
