//! Agents who take seats and admins who interfere, all through the API, writing down what they are told.

use super::history::{Asked, History, Lease, Moment, Operation, Told};
use crate::world::{Answer, Person};
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

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many sessions admins know of to end.
const KNOWN: usize = 20;

/// What a run is about.
pub struct Run {
    /// Where clients write.
    pub history: History,
    /// When they stop.
    pub until: Moment,
    /// What there is to have.
    pub offers: Vec<Offer>,
    recent: Mutex<Vec<SessionId>>,
}

/// A product with its only license.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// The product.
    pub product: ProductId,
    /// The license.
    pub license: LicenseId,
}

impl Run {
    /// A run that begins now.
    pub fn begin(time: Duration, offers: Vec<Offer>) -> Arc<Self> {
        Arc::new(Self { history: History::begin(), until: time, offers, recent: Mutex::default() })
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.history.now() >= self.until
    }

    /// Whether there is time for faults that last.
    pub fn is_long(&self) -> bool {
        self.until >= Duration::from_secs(60)
    }

    /// Asks once and writes down the answer.
    async fn ask(&self, person: &Person, asked: Asked, request: RequestBuilder) -> Told {
        let invoked = self.history.now();
        let answer = person.try_send(request.timeout(PATIENCE)).await;
        let told = answer.map_or(Told::Unknown, |answer| self.read(&asked, &answer));
        let operation = Operation { asked, invoked, completed: self.history.now(), told: told.clone() };
        self.history.note(operation);
        told
    }

    /// Asks until there is an answer or the run is over.
    async fn ask_until_told(&self, person: &Person, asked: Asked, request: impl Fn() -> RequestBuilder) -> Told {
        loop {
            let told = self.ask(person, asked.clone(), request()).await;
            if told != Told::Unknown || self.is_over() {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn read(&self, asked: &Asked, answer: &Answer) -> Told {
        let code: Option<Code> = serde_json::from_value(answer.body["code"].clone()).ok();
        let told = match (answer.status.as_u16(), code) {
            (503, _) => Some(Told::Unknown),
            (404, _) => Some(Told::NotThere),
            (410, _) | (409, Some(Code::LeaseExpired)) => Some(Told::Over),
            (409, Some(code)) => Some(Told::Refused(code)),
            (200 | 201, _) => self.read_success(asked, &answer.body),
            _ => None,
        };
        told.unwrap_or_else(|| Told::Nonsense(format!("{}: {}", answer.status, answer.body)))
    }

    fn read_success(&self, asked: &Asked, body: &Value) -> Option<Told> {
        Some(match asked {
            Asked::Create { .. } | Asked::Connect(_) => {
                let session: SessionView = serde_json::from_value(body.clone()).ok()?;
                Told::Session(session.id, self.lease(&session))
            }
            Asked::Heartbeat(_) => {
                Told::Renewed(self.history.moment(serde_json::from_value(body["lease_until"].clone()).ok()?))
            }
            Asked::End(_) => body["ended"].is_object().then_some(Told::Over)?,
            Asked::Resize(_, seats) => (body["seats"] == *seats).then_some(Told::Changed(true))?,
            Asked::Assign(..) | Asked::Revoke(..) => Told::Changed(body["results"][0]["changed"].as_bool()?),
        })
    }

    fn lease(&self, session: &SessionView) -> Option<Lease> {
        session.ended.is_none().then(|| Lease {
            until: self.history.moment(session.lease_until),
            key_until: session.key_expires_at.map(|at| self.history.moment(at)),
        })
    }

    fn remember(&self, session: SessionId) {
        let mut recent = self.recent.lock().expect("no client panicked here");
        recent.push(session);
        if recent.len() > KNOWN {
            recent.remove(0);
        }
    }

    fn recall(&self, luck: &mut fastrand::Rng) -> Option<SessionId> {
        luck.choice(self.recent.lock().expect("no client panicked here").iter()).copied()
    }
}

/// Takes seats, keeps them for a while and gives them back; now and then he walks away.
pub async fn agent(run: Arc<Run>, person: Person, number: usize, mut luck: fastrand::Rng) {
    for wish in 0.. {
        pause(&mut luck, 60).await;
        if run.is_over() {
            return;
        }
        let mut agent = Agent { run: &run, person: &person, luck: &mut luck };
        let Some(session) = agent.create(format!("{number}-{wish}")).await else { continue };
        run.remember(session);
        agent.work(session).await;
    }
}

struct Agent<'a> {
    run: &'a Run,
    person: &'a Person,
    luck: &'a mut fastrand::Rng,
}

impl Agent<'_> {
    async fn create(&mut self, key: String) -> Option<SessionId> {
        let offer = *self.luck.choice(&self.run.offers)?;
        let mode = *self.luck.choice(&["attended", "application"])?;
        let asked = Asked::Create { user: self.person.id, license: offer.license, key: key.clone() };
        let body = json!({ "product": offer.product, "device": "NB-0412", "mode": mode });
        let request = || self.person.request(Method::POST, "/sessions").header("idempotency-key", &key).json(&body);
        let once = self.run.ask_until_told(self.person, asked.clone(), request);
        let told = if self.luck.u8(..) < 25 {
            // A double click, which reaches two servers at once.
            tokio::join!(once, self.run.ask(self.person, asked.clone(), request())).0
        } else {
            once.await
        };
        match told {
            Told::Session(session, Some(lease)) => {
                if lease.key_until.is_some() && self.luck.u8(..) < 230 {
                    self.post(Asked::Connect(session), session, "connect", &json!({ "platform": "linux" })).await;
                }
                Some(session)
            }
            _ => None,
        }
    }

    async fn work(&mut self, session: SessionId) {
        for _ in 0..self.luck.usize(0..5) {
            pause(self.luck, 150).await;
            let told = self.post(Asked::Heartbeat(session), session, "heartbeat", &json!({})).await;
            if matches!(told, Told::Over) || self.run.is_over() {
                break;
            }
        }
        if self.luck.u8(..) >= 3 {
            self.post(Asked::End(session), session, "end", &json!({})).await;
        }
    }

    async fn post(&self, asked: Asked, session: SessionId, what: &str, body: &Value) -> Told {
        let request = || self.person.request(Method::POST, &format!("/sessions/{session}/{what}")).json(body);
        self.run.ask_until_told(self.person, asked, request).await
    }
}

/// Ends sessions of others.
pub async fn ender(run: Arc<Run>, admin: Person, mut luck: fastrand::Rng) {
    while !run.is_over() {
        pause(&mut luck, 250).await;
        let Some(session) = run.recall(&mut luck) else { continue };
        let path = format!("/sessions/{session}/end");
        run.ask(&admin, Asked::End(session), admin.request(Method::POST, &path).json(&json!({}))).await;
    }
}

/// Changes the seats of a license, again and again. Each number is asked for until it is answered and is then followed by
/// another one, so that each answer has a change of its own in the log.
pub async fn resizer(run: Arc<Run>, admin: Person, (license, mut seats): (LicenseId, i64), mut luck: fastrand::Rng) {
    while !run.is_over() {
        pause(&mut luck, 400).await;
        seats = 2 + (seats - 2 + luck.i64(1..5)) % 5;
        let path = format!("/licenses/{license}");
        let body = json!({ "seats": seats });
        let request = || admin.request(Method::PATCH, &path).json(&body);
        run.ask_until_told(&admin, Asked::Resize(license, seats), request).await;
    }
}

/// Takes licenses from agents, in the middle of their work, and gives them back.
pub async fn assigner(run: Arc<Run>, admin: Person, agents: Vec<Person>, mut luck: fastrand::Rng) {
    while !run.is_over() {
        pause(&mut luck, 600).await;
        let (Some(agent), Some(offer)) = (luck.choice(&agents), luck.choice(&run.offers)) else { return };
        let revoke = json!({ "user_ids": [agent.id], "end_now": true });
        let path = format!("/licenses/{}/revoke", offer.license);
        let request = || admin.request(Method::POST, &path).json(&revoke);
        run.ask_until_told(&admin, Asked::Revoke(offer.license, agent.id), request).await;
        pause(&mut luck, 200).await;
        assign(&run, &admin, offer.license, agent).await;
    }
}

/// Assigns a license.
pub async fn assign(run: &Run, admin: &Person, license: LicenseId, agent: &Person) {
    let body = json!({ "user_ids": [agent.id] });
    let path = format!("/licenses/{license}/grant");
    let request = || admin.request(Method::POST, &path).json(&body);
    run.ask_until_told(admin, Asked::Assign(license, agent.id), request).await;
}

/// People take their time; without this the machine would only be busy with refusals.
async fn pause(luck: &mut fastrand::Rng, most: u64) {
    tokio::time::sleep(Duration::from_millis(luck.u64(0..=most))).await;
}
