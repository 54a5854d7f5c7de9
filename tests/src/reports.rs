//! The reports: known days with figures computed by hand, on both engines.

mod advice;
mod bad_input;
mod clock_changes;
mod day;
mod demand;
mod people;
mod pruned;
mod sizing;
mod sizing_progress;
mod stored_days;
mod unused_seats;

use crate::harness::{Person, World};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::LicenseId,
    wire::reports::{RefusalReport, SeatTimeReport, UnusedSeats, UsageMoment, UsageReport},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A time.
fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

impl World {
    /// Sets the clock. Sessions neither expire nor become idle, because nothing sweeps.
    fn set_clock(&self, text: &str) {
        let now = self.app.clock.now();
        assert!(at(text) >= now, "{text} is in the past");
        self.advance_clock(at(text) - now);
    }

    async fn report<T: DeserializeOwned>(&self, path: &str) -> T {
        // Moving the clock may have ended earlier sign-ins.
        let admin = self.admin.sign_in_again("anja.krueger@example.org").await;
        serde_json::from_value(admin.get(path).await.ok()).expect("a report")
    }

    async fn usage_report(&self, license: LicenseId, query: &str) -> UsageReport {
        self.report(&format!("/reports/usage?license={license}&{query}")).await
    }

    async fn refusals(&self, license: LicenseId, query: &str) -> RefusalReport {
        self.report(&format!("/reports/refusals?license={license}&{query}")).await
    }

    async fn seat_time(&self, query: &str) -> SeatTimeReport {
        self.report(&format!("/reports/seat-time?{query}")).await
    }

    async fn moment(&self, license: LicenseId, at: &str) -> UsageMoment {
        self.report(&format!("/reports/moment?license={license}&at={at}")).await
    }

    async fn unused(&self, query: &str) -> UnusedSeats {
        self.report(&format!("/reports/unused-seats?{query}")).await
    }

    /// A license with a lease of a day, so that sessions last.
    async fn long_pool(&self, seats: i64, agents: usize) -> (LicenseId, Vec<Person>) {
        let (license, people) = self.pool(seats, agents).await;
        self.lengthen_leases(license).await;
        (license, people)
    }

    async fn lengthen_leases(&self, license: LicenseId) {
        let lease = json!({ "lease_seconds": 86_400 });
        self.admin.patch(&format!("/licenses/{license}"), &lease).await.ok();
    }
}

/// Requests a session at a device.
async fn start_at(agent: &Person, device: &str) -> Value {
    let body = json!({ "product": "remote-support-v5", "device": device, "mode": "application" });
    agent.post("/sessions", &body).await.created()
}

/// Requests a session and expects that it is refused.
async fn refused_at(agent: &Person, device: &str) {
    let body = json!({ "product": "remote-support-v5", "device": device, "mode": "application" });
    agent.post("/sessions", &body).await.problem(409, "pool_full");
}

/// Ends a session of the agent.
async fn end(agent: &Person, session: &Value) {
    let id = session["id"].as_str().expect("an id");
    agent.post(&format!("/sessions/{id}/end"), &json!({})).await.ok();
}

/// Takes a place in the queue.
async fn wait_at(agent: &Person, device: &str) -> Value {
    let body = json!({ "product": "remote-support-v5", "device": device, "mode": "application", "wait": true });
    let answer = agent.post("/sessions", &body).await;
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    answer.body
}
