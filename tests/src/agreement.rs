//! Shell and core agree: the same random steps, through HTTP on both engines and on the pure pool, get the same answers.

use crate::world::{Answer, Person, World, on_both_engines};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::{
    clock::Dice,
    seats::{
        facts::{Fact, Person as Known},
        pool::{Ask, Ending, Pool, Terms},
    },
};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId},
    license::Model,
    people::UserStatus,
    problem::Code,
    session::{EndReason, Mode},
    ticket::TicketEnd,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

const AGENTS: usize = 6;
const STEPS: usize = 70;

/// One thing that somebody does.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask { agent: usize, device: u64, wait: bool },
    Beat { session: SessionId, agent: usize },
    End { session: SessionId, agent: usize },
    EndByAdmin { session: SessionId },
    Accept { ticket: TicketId, agent: usize },
    Pass { ticket: TicketId, agent: usize },
    Leave { ticket: TicketId, agent: usize },
    Look { ticket: TicketId, agent: usize },
    Move { ticket: TicketId, position: i64 },
    Resize { seats: i64 },
    Time { seconds: i64, sweep: bool },
}

/// Status, code and position: what is compared of an answer.
type Said = (u16, Option<Code>, Option<i64>);

/// What both sides know of each other's sessions and tickets.
#[derive(Default)]
struct Seen {
    sessions: Vec<(SessionId, usize)>,
    tickets: Vec<(TicketId, usize)>,
    /// Time has passed and nothing has ended what is over: that is up to the next decision.
    unswept: bool,
}

/// The pure pool, driven as a batch drives it.
struct Core {
    pool: Pool,
    now: DateTime<Utc>,
    ended: HashMap<SessionId, EndReason>,
    left: HashMap<TicketId, (TicketEnd, Option<SessionId>)>,
}

impl Core {
    /// Ends what is over, does it, and offers what is free.
    fn step<T>(&mut self, act: impl FnOnce(&mut Pool, DateTime<Utc>) -> T) -> T {
        self.pool.settle(self.now);
        self.pool.offer_seats(self.now);
        let outcome = act(&mut self.pool, self.now);
        self.pool.offer_seats(self.now);
        for (fact, _) in self.pool.take_facts() {
            match fact {
                Fact::Ended { session, end, .. } => drop(self.ended.insert(session, end.reason)),
                Fact::Left { ticket, reason, session, .. } => drop(self.left.insert(ticket, (reason, session))),
                _ => {}
            }
        }
        outcome
    }

    /// What the API must answer; a new session or ticket has the id that it got there.
    fn does(&mut self, people: &[Person], step: Step, new: Uuid) -> Said {
        match step {
            Step::Ask { agent, device, wait } => self.asks(people, agent, device, wait, new),
            Step::Beat { session, .. } => match self.step(|pool, now| pool.renew(session, false, now)) {
                Ok(_) => (200, None, None),
                Err(_) if self.ended[&session] == EndReason::LeaseExpired => (409, Some(Code::LeaseExpired), None),
                Err(_) => (410, Some(Code::SessionEnded), None),
            },
            Step::End { session, .. } => self.ends(session, EndReason::Finished),
            Step::EndByAdmin { session } => self.ends(session, EndReason::EndedByAdmin),
            Step::Accept { ticket, .. } => self.accepts(ticket, new),
            Step::Pass { ticket, .. } => {
                let passed = self.step(|pool, now| {
                    let passed = pool.pass(ticket);
                    pool.offer_seats(now);
                    passed.map(|ticket| pool.position(ticket.id))
                });
                match passed {
                    Ok(position) => (200, None, Some(position)),
                    Err(Code::NotFound) => (410, Some(Code::TicketOver), None),
                    Err(code) => (code.status(), Some(code), None),
                }
            }
            Step::Leave { ticket, .. } => {
                let left = self.step(|pool, now| pool.leave(ticket, TicketEnd::Withdrawn, None, now));
                if left { (204, None, None) } else { (410, Some(Code::TicketOver), None) }
            }
            Step::Look { ticket, .. } => {
                self.step(|pool, now| pool.keep(ticket, now)).ok();
                (200, None, Some(self.pool.position(ticket)))
            }
            Step::Move { ticket, position } => {
                let moved = self.step(|pool, _| pool.put(ticket, position).map(|ticket| pool.position(ticket.id)));
                moved.map_or((410, Some(Code::TicketOver), None), |position| (200, None, Some(position)))
            }
            Step::Resize { seats } => {
                self.step(|pool, _| pool.resize(seats)).expect("nothing is kept for groups");
                (200, None, None)
            }
            Step::Time { seconds, sweep } => {
                self.now += TimeDelta::seconds(seconds);
                if sweep {
                    self.step(|_, _| ());
                }
                (200, None, None)
            }
        }
    }

    fn asks(&mut self, people: &[Person], agent: usize, device: u64, wait: bool, new: Uuid) -> Said {
        let user = people[agent].id;
        let asked = ask(new, &format!("NB-{device}"));
        self.step(|pool, now| match pool.admit(user, asked.clone(), now) {
            Ok(_) => (201, None, None),
            Err(refusal) if wait && refusal.may_pass() => {
                let ticket = pool.queue(user, TicketId(new), asked, now);
                (202, None, Some(pool.position(ticket.id)))
            }
            Err(refusal) => (refusal.code.status(), Some(refusal.code), None),
        })
    }

    fn ends(&mut self, session: SessionId, reason: EndReason) -> Said {
        let ended = self.step(|pool, now| pool.end(session, &Ending::by_itself(reason), now));
        (200, if ended.is_some() { None } else { Some(Code::SessionEnded) }, None)
    }

    fn accepts(&mut self, ticket: TicketId, new: Uuid) -> Said {
        match self.step(|pool, now| pool.accept(ticket, ask(new, ""), now)).map_err(|refusal| refusal.code) {
            Ok(_) => (201, None, None),
            Err(Code::NotFound) => match self.left[&ticket] {
                (TicketEnd::Seated, Some(session)) if !self.ended.contains_key(&session) => (200, None, None),
                _ => (410, Some(Code::TicketOver), None),
            },
            Err(code) => (code.status(), Some(code), None),
        }
    }

    /// Occupied seats, live sessions, tickets and offers.
    fn counts(&self) -> [i64; 4] {
        let offered = self.pool.tickets().filter(|ticket| ticket.offer_until.is_some()).count();
        let count = |number: usize| i64::try_from(number).expect("a number");
        [self.pool.occupied(), count(self.pool.sessions().count()), self.pool.waiting(), count(offered)]
    }
}

fn ask(id: Uuid, device: &str) -> Ask {
    Ask {
        session: SessionId(id),
        device: device.to_owned(),
        mode: Mode::Application,
        platform: None,
        support_key: String::new(),
        idempotency_key: None,
        ticket: None,
    }
}

/// Does it through the API.
async fn through_http(world: &World, people: &[Person], license: LicenseId, step: Step) -> Answer {
    let path = |what: &str, id: Uuid| format!("/{what}/{id}");
    match step {
        Step::Ask { agent, device, wait } => {
            let device = format!("NB-{device}");
            let body = json!({ "product": "remote-support-v5", "device": device, "mode": "application", "wait": wait });
            people[agent].post("/sessions", &body).await
        }
        Step::Beat { session, agent } => people[agent].act(&path("sessions", session.0), "heartbeat").await,
        Step::End { session, agent } => people[agent].act(&path("sessions", session.0), "end").await,
        Step::EndByAdmin { session } => world.admin.act(&path("sessions", session.0), "end").await,
        Step::Accept { ticket, agent } => people[agent].act(&path("tickets", ticket.0), "accept").await,
        Step::Pass { ticket, agent } => people[agent].act(&path("tickets", ticket.0), "pass").await,
        Step::Leave { ticket, agent } => people[agent].delete(&path("tickets", ticket.0)).await,
        Step::Look { ticket, agent } => people[agent].get(&path("tickets", ticket.0)).await,
        Step::Move { ticket, position } => {
            let to = json!({ "position": position });
            world.admin.post(&format!("{}/move", path("tickets", ticket.0)), &to).await
        }
        Step::Resize { seats } => world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": seats })).await,
        Step::Time { seconds, sweep } => {
            world.pass(TimeDelta::seconds(seconds));
            if sweep {
                world.sweep().await;
            }
            world.admin.get(&format!("/licenses/{license}")).await
        }
    }
}

fn said(step: Step, answer: &Answer) -> Said {
    let code = answer.body["code"].as_str().or(answer.body["refused"].as_str());
    let places = matches!(step, Step::Ask { .. } | Step::Pass { .. } | Step::Look { .. } | Step::Move { .. });
    let position = answer.body["position"].as_i64().filter(|_| places);
    (answer.status.as_u16(), code.map(|code| code.parse().expect("a code")), position)
}

/// The next step: mostly of those who ask, now and then of everything else.
fn draw(dice: &Dice, seen: &Seen) -> Step {
    let roll = |sides: u64| dice.support_key().parse::<u64>().expect("a number") % sides;
    let pick = |length: usize| usize::try_from(roll(u64::try_from(length).expect("a number"))).expect("a number");
    let small = |sides: u64| i64::try_from(roll(sides)).expect("a number");
    // The last ones are likelier to be alive.
    let late = |length: usize| pick(length).max(pick(length));
    let some = (!seen.sessions.is_empty()).then(|| seen.sessions[late(seen.sessions.len())]);
    let queued = (!seen.tickets.is_empty()).then(|| seen.tickets[late(seen.tickets.len())]);
    match (roll(20), some, queued) {
        _ if seen.unswept => Step::Ask { agent: pick(AGENTS), device: roll(2), wait: true },
        (0..7, ..) | (_, None, _) => Step::Ask { agent: pick(AGENTS), device: roll(2), wait: roll(3) > 0 },
        (7 | 8, Some((session, agent)), _) => Step::Beat { session, agent },
        (9 | 10, Some((session, agent)), _) => Step::End { session, agent },
        (11, Some((session, _)), _) => Step::EndByAdmin { session },
        (12 | 13, _, Some((ticket, agent))) => Step::Accept { ticket, agent },
        (14, _, Some((ticket, agent))) => Step::Pass { ticket, agent },
        (15, _, Some((ticket, agent))) if roll(2) == 0 => Step::Leave { ticket, agent },
        (15, _, Some((ticket, _))) => Step::Move { ticket, position: 1 + small(4) },
        (16, _, Some((ticket, agent))) => Step::Look { ticket, agent },
        (17, ..) => Step::Resize { seats: small(4) },
        _ => Step::Time { seconds: 1 + small(25), sweep: roll(2) == 0 },
    }
}

async fn core_of(world: &World, license: LicenseId, people: &[Person]) -> Core {
    let seen = world.admin.get(&format!("/licenses/{license}")).await.ok();
    let terms = Terms {
        license,
        product: serde_json::from_value(seen["product_id"].clone()).expect("an id"),
        product_name: String::new(),
        key_life: TimeDelta::minutes(10),
        model: Model::Concurrent,
        seats: seen["seats"].as_i64().expect("seats"),
        starts_at: None,
        ends_at: None,
        rules: serde_json::from_value(seen).expect("rules"),
        groups: Vec::new(),
    };
    let mut pool = Pool::new(terms, [], []);
    for agent in people {
        pool.know(Known {
            id: agent.id,
            name: String::new(),
            email: String::new(),
            status: UserStatus::Active,
            assigned: true,
            cool_until: None,
            groups: Vec::new(),
        });
    }
    Core { pool, now: world.clock.now(), ended: HashMap::new(), left: HashMap::new() }
}

/// One random day at a license with these rules.
async fn one_day(world: &World, rules: Value, seed: u64) {
    let (license, people) = world.licensed(rules, AGENTS).await;
    let (mut core, mut seen) = (core_of(world, license, &people).await, Seen::default());
    let dice = Dice::loaded(seed);
    let mut day = Vec::new();
    let mut kinds: HashMap<(u16, Option<Code>), usize> = HashMap::new();
    for _ in 0..STEPS {
        let step = draw(&dice, &seen);
        let answer = through_http(world, &people, license, step).await;
        let told = said(step, &answer);
        day.push((step, told));
        let new = answer.body["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        assert_eq!(told, core.does(&people, step, new), "the core says otherwise of the last step, {day:#?}");
        match (step, answer.status.as_u16()) {
            (Step::Ask { agent, .. } | Step::Accept { agent, .. }, 201) => seen.sessions.push((SessionId(new), agent)),
            (Step::Ask { agent, .. }, 202) => seen.tickets.push((TicketId(new), agent)),
            _ => {}
        }
        *kinds.entry((told.0, told.1)).or_default() += 1;
        // Heartbeats that are answered from memory are in the database after the next sweep.
        if seen.unswept {
            world.sweep().await;
        }
        seen.unswept = matches!(step, Step::Time { sweep: false, .. });
        if seen.unswept {
            continue;
        }
        let usage = world.usage(license).await;
        let counts =
            ["occupied", "sessions", "waiting", "offered"].map(|field| usage[field].as_i64().expect("a number"));
        assert_eq!(counts, core.counts(), "occupied, sessions, waiting, offered after the last step of {day:#?}");
    }
    for kind in [(201, None), (202, None)] {
        assert!(kinds.contains_key(&kind), "a dull day: {kinds:?}");
    }
}

fn rules(more: Value) -> Value {
    let mut rules = json!({ "seats": 2, "lease_seconds": 60, "offer_seconds": 20 });
    for (field, value) in more.as_object().expect("rules") {
        rules[field] = value.clone();
    }
    rules
}

on_both_engines! {
    async fn a_random_day_gets_the_answers_of_the_core(world: World) {
        one_day(&world, rules(json!({})), 1).await;
    }

    async fn a_random_day_with_a_cool_down_gets_the_answers_of_the_core(world: World) {
        one_day(&world, rules(json!({ "cool_down_seconds": 20, "overdraft": 1 })), 2).await;
    }

    async fn a_random_day_on_which_devices_take_over_gets_the_answers_of_the_core(world: World) {
        one_day(&world, rules(json!({ "second_device": "take_over", "seat_rule": "session" })), 3).await;
    }

    async fn a_random_day_with_a_seat_for_each_device_gets_the_answers_of_the_core(world: World) {
        one_day(&world, rules(json!({ "seat_rule": "device" })), 4).await;
    }

    async fn a_random_day_without_second_devices_gets_the_answers_of_the_core(world: World) {
        one_day(&world, rules(json!({ "second_device": "refuse", "seats": 1 })), 5).await;
    }
}
