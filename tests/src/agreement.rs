//! Shell and core agree: the same random steps, through HTTP on both engines and on the pure pool, get the same answers.

mod core;

use self::core::Core;
use crate::world::{Answer, Person, World, on_both_engines};
use chrono::TimeDelta;
use seatkeeper::clock::Dice;
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId},
    problem::Code,
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

/// One random day at a license with these rules.
async fn one_day(world: &World, rules: Value, seed: u64) {
    let (license, people) = world.licensed(rules, AGENTS).await;
    let (mut core, mut seen) = (Core::of(world, license, &people).await, Seen::default());
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
