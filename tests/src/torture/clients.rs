//! Simulated clients: agents who take seats, and admins who interfere, all through the API, with every outcome
//! recorded.

use super::history::{Action, History, Lease, Moment, Operation, Outcome};
use crate::harness::{Answer, Person};
use reqwest::{Method, RequestBuilder};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId},
    problem::Code,
    wire::sessions::SessionView,
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// How long a client waits for a response.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// How many recent sessions admins can pick one to end from.
const MAX_RECENT_SESSIONS: usize = 20;

/// The shared state of all clients of a run.
pub struct Run {
    pub history: History,
    /// When the clients stop.
    pub until: Moment,
    /// The licenses from which agents request seats.
    pub targets: Vec<TargetLicense>,
    recent: Mutex<Vec<SessionId>>,
}

/// A product with its only license.
#[derive(Clone, Copy, Debug)]
pub struct TargetLicense {
    pub product: ProductId,
    pub license: LicenseId,
}

impl Run {
    /// Starts the clock of a run.
    pub fn begin(time: Duration, targets: Vec<TargetLicense>) -> Arc<Self> {
        Arc::new(Self { history: History::begin(), until: time, targets, recent: Mutex::default() })
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.history.now() >= self.until
    }

    /// Whether the run is long enough for long outages.
    pub fn is_long(&self) -> bool {
        self.until >= Duration::from_secs(60)
    }

    /// Sends a request once and records its outcome.
    async fn perform(&self, person: &Person, action: Action, request: RequestBuilder) -> Outcome {
        let invoked = self.history.now();
        let answer = person.try_send(request.timeout(REQUEST_TIMEOUT)).await;
        let outcome = answer.map_or(Outcome::Unknown, |answer| self.read(&action, &answer));
        let operation = Operation { action, invoked, completed: self.history.now(), outcome: outcome.clone() };
        self.history.note(operation);
        outcome
    }

    /// Repeats a request until its outcome is known or the run is over.
    async fn perform_until_answered(
        &self,
        person: &Person,
        action: Action,
        request: impl Fn() -> RequestBuilder,
    ) -> Outcome {
        loop {
            let outcome = self.perform(person, action.clone(), request()).await;
            if outcome != Outcome::Unknown || self.is_over() {
                return outcome;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn read(&self, action: &Action, answer: &Answer) -> Outcome {
        let result = &answer.body["results"][0];
        let (status, body) = match action {
            // The result of a batch is what the single request would have been answered.
            Action::Create { .. } if result.is_object() => {
                let body = if result["problem"].is_null() { &result["session"] } else { &result["problem"] };
                (result["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default(), body)
            }
            _ => (answer.status.as_u16(), &answer.body),
        };
        let code: Option<Code> = serde_json::from_value(body["code"].clone()).ok();
        let outcome = match (status, code) {
            (503, _) => Some(Outcome::Unknown),
            (404, _) => Some(Outcome::NotFound),
            (410, _) | (409, Some(Code::LeaseExpired)) => Some(Outcome::Over),
            (409, Some(code)) => Some(Outcome::Refused(code)),
            (200 | 201, _) => self.read_success(action, body),
            _ => None,
        };
        outcome.unwrap_or_else(|| Outcome::Invalid(format!("{}: {}", answer.status, answer.body)))
    }

    fn read_success(&self, action: &Action, body: &Value) -> Option<Outcome> {
        Some(match action {
            Action::Create { .. } | Action::Connect(_) => {
                let session: SessionView = serde_json::from_value(body.clone()).ok()?;
                Outcome::Session(session.id, self.lease(&session))
            }
            Action::Heartbeat(_) => {
                Outcome::Renewed(self.history.moment(serde_json::from_value(body["lease_until"].clone()).ok()?))
            }
            Action::End(_) => body["ended"].is_object().then_some(Outcome::Over)?,
            Action::Resize(_, seats) => (body["seats"] == *seats).then_some(Outcome::Changed(true))?,
            Action::Assign(..) | Action::Revoke(..) => Outcome::Changed(body["results"][0]["changed"].as_bool()?),
        })
    }

    fn lease(&self, session: &SessionView) -> Option<Lease> {
        session.ended.is_none().then(|| Lease {
            until: self.history.moment(session.lease_until),
            key_until: session.key_expires_at.map(|at| self.history.moment(at)),
        })
    }

    fn remember(&self, session: SessionId) {
        let mut recent = self.recent.lock().expect("no client panicked with the lock");
        recent.push(session);
        if recent.len() > MAX_RECENT_SESSIONS {
            recent.remove(0);
        }
    }

    fn recall(&self, rng: &mut fastrand::Rng) -> Option<SessionId> {
        rng.choice(self.recent.lock().expect("no client panicked with the lock").iter()).copied()
    }
}

/// Takes seats, keeps them for a while and gives them back; sometimes abandons one.
pub async fn agent(run: Arc<Run>, person: Person, number: usize, mut rng: fastrand::Rng) {
    for attempt in 0.. {
        pause(&mut rng, 60).await;
        if run.is_over() {
            return;
        }
        let mut agent = Agent { run: &run, person: &person, rng: &mut rng };
        let Some(session) = agent.create(format!("{number}-{attempt}")).await else { continue };
        run.remember(session);
        agent.work(session).await;
    }
}

struct Agent<'a> {
    run: &'a Run,
    person: &'a Person,
    rng: &'a mut fastrand::Rng,
}

impl Agent<'_> {
    async fn create(&mut self, key: String) -> Option<SessionId> {
        let target = *self.rng.choice(&self.run.targets)?;
        let mode = *self.rng.choice(&["attended", "application"])?;
        let action = Action::Create { user: self.person.id, license: target.license, key: key.clone() };
        let body = json!({ "product": target.product, "device": "NB-0412", "mode": mode });
        let is_batched = self.rng.u8(..) < 80;
        let request = || {
            if !is_batched {
                return self.person.request(Method::POST, "/sessions").header("idempotency-key", &key).json(&body);
            }
            let mut create = body.clone();
            create["idempotency_key"] = json!(key);
            let batch = json!({ "all_or_nothing": true, "operations": [{ "create": create }] });
            self.person.request(Method::POST, "/sessions/batch").json(&batch)
        };
        let once = self.run.perform_until_answered(self.person, action.clone(), request);
        let outcome = if self.rng.u8(..) < 25 {
            // Sent twice at once, possibly to two servers, as by a double click.
            tokio::join!(once, self.run.perform(self.person, action.clone(), request())).0
        } else {
            once.await
        };
        match outcome {
            Outcome::Session(session, Some(lease)) => {
                if lease.key_until.is_some() && self.rng.u8(..) < 230 {
                    self.post(Action::Connect(session), session, "connect", &json!({ "platform": "linux" })).await;
                }
                Some(session)
            }
            _ => None,
        }
    }

    async fn work(&mut self, session: SessionId) {
        for _ in 0..self.rng.usize(0..5) {
            pause(self.rng, 150).await;
            let outcome = self.post(Action::Heartbeat(session), session, "heartbeat", &json!({})).await;
            if matches!(outcome, Outcome::Over) || self.run.is_over() {
                break;
            }
        }
        if self.rng.u8(..) >= 3 {
            self.post(Action::End(session), session, "end", &json!({})).await;
        }
    }

    async fn post(&self, action: Action, session: SessionId, what: &str, body: &Value) -> Outcome {
        let request = || self.person.request(Method::POST, &format!("/sessions/{session}/{what}")).json(body);
        self.run.perform_until_answered(self.person, action, request).await
    }
}

/// An admin who ends random sessions.
pub async fn ender(run: Arc<Run>, admin: Person, mut rng: fastrand::Rng) {
    while !run.is_over() {
        pause(&mut rng, 250).await;
        let Some(session) = run.recall(&mut rng) else { continue };
        let path = format!("/sessions/{session}/end");
        run.perform(&admin, Action::End(session), admin.request(Method::POST, &path).json(&json!({}))).await;
    }
}

/// Changes the number of seats again and again. Each number is requested until answered, and followed by a different
/// one, so that each response has its own change in the log.
pub async fn resizer(run: Arc<Run>, admin: Person, (license, mut seats): (LicenseId, i64), mut rng: fastrand::Rng) {
    while !run.is_over() {
        pause(&mut rng, 400).await;
        seats = 2 + (seats - 2 + rng.i64(1..5)) % 5;
        let path = format!("/licenses/{license}");
        let body = json!({ "seats": seats });
        let request = || admin.request(Method::PATCH, &path).json(&body);
        run.perform_until_answered(&admin, Action::Resize(license, seats), request).await;
    }
}

/// Revokes assignments, which ends the sessions, and restores them.
pub async fn assigner(run: Arc<Run>, admin: Person, agents: Vec<Person>, mut rng: fastrand::Rng) {
    while !run.is_over() {
        pause(&mut rng, 600).await;
        let (Some(agent), Some(target)) = (rng.choice(&agents), rng.choice(&run.targets)) else { return };
        let revoke = json!({ "user_ids": [agent.id], "end_now": true });
        let path = format!("/licenses/{}/revoke", target.license);
        let request = || admin.request(Method::POST, &path).json(&revoke);
        run.perform_until_answered(&admin, Action::Revoke(target.license, agent.id), request).await;
        pause(&mut rng, 200).await;
        assign(&run, &admin, target.license, agent).await;
    }
}

pub async fn assign(run: &Run, admin: &Person, license: LicenseId, agent: &Person) {
    let body = json!({ "user_ids": [agent.id] });
    let path = format!("/licenses/{license}/grant");
    let request = || admin.request(Method::POST, &path).json(&body);
    run.perform_until_answered(admin, Action::Assign(license, agent.id), request).await;
}

/// Waits a random time, without which the load would consist of refusals only.
async fn pause(rng: &mut fastrand::Rng, most: u64) {
    tokio::time::sleep(Duration::from_millis(rng.u64(0..=most))).await;
}
