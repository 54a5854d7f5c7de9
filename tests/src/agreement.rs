//! The server and the pure pool agree: the same random steps, through HTTP on both engines and on the pool, get the
//! same answers.

mod core;

use self::core::Core;
use crate::harness::{Answer, Person, World, on_both_engines};
use chrono::TimeDelta;
use seatkeeper::clock::Random;
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId},
    problem::Code,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

const AGENTS: usize = 6;
const STEPS: usize = 70;

/// One action of a user or an admin, or the passing of time.
#[derive(Clone, Copy, Debug)]
enum Step {
    RequestSeat {
        agent: usize,
        device: u64,
        wait: bool,
    },
    /// Two seats, both or none.
    RequestBoth {
        agent: usize,
        devices: [u64; 2],
    },
    Heartbeat {
        session: SessionId,
        agent: usize,
    },
    End {
        session: SessionId,
        agent: usize,
    },
    EndByAdmin {
        session: SessionId,
    },
    Accept {
        ticket: TicketId,
        agent: usize,
    },
    Pass {
        ticket: TicketId,
        agent: usize,
    },
    CancelTicket {
        ticket: TicketId,
        agent: usize,
    },
    ReadTicket {
        ticket: TicketId,
        agent: usize,
    },
    Move {
        ticket: TicketId,
        position: i64,
    },
    Resize {
        seats: i64,
    },
    AdvanceClock {
        seconds: i64,
        sweep: bool,
    },
}

/// Status, code and position: the compared part of an answer. Of two seats that were refused, the position is that of
/// the request with the reason.
type Outcome = (u16, Option<Code>, Option<i64>);

/// The sessions and tickets created so far, with the index of their agent.
#[derive(Default)]
struct Created {
    sessions: Vec<(SessionId, usize)>,
    tickets: Vec<(TicketId, usize)>,
    /// Time has passed without a sweep, so the next decision has to end what has expired.
    unswept: bool,
}

/// Takes the step through the API.
async fn through_http(world: &World, people: &[Person], license: LicenseId, step: Step) -> Answer {
    let path = |what: &str, id: Uuid| format!("/{what}/{id}");
    match step {
        Step::RequestSeat { agent, device, wait } => {
            let device = format!("NB-{device}");
            let body = json!({ "product": "remote-support-v5", "device": device, "mode": "application", "wait": wait });
            people[agent].post("/sessions", &body).await
        }
        Step::RequestBoth { agent, devices } => {
            let create = |device: u64| {
                let device = format!("NB-{device}");
                json!({ "create": { "product": "remote-support-v5", "device": device, "mode": "application" } })
            };
            let body = json!({ "all_or_nothing": true, "operations": devices.map(create) });
            people[agent].post("/sessions/batch", &body).await
        }
        Step::Heartbeat { session, agent } => {
            people[agent].post_action(&path("sessions", session.0), "heartbeat").await
        }
        Step::End { session, agent } => people[agent].post_action(&path("sessions", session.0), "end").await,
        Step::EndByAdmin { session } => world.admin.post_action(&path("sessions", session.0), "end").await,
        Step::Accept { ticket, agent } => people[agent].post_action(&path("tickets", ticket.0), "accept").await,
        Step::Pass { ticket, agent } => people[agent].post_action(&path("tickets", ticket.0), "pass").await,
        Step::CancelTicket { ticket, agent } => people[agent].delete(&path("tickets", ticket.0)).await,
        Step::ReadTicket { ticket, agent } => people[agent].get(&path("tickets", ticket.0)).await,
        Step::Move { ticket, position } => {
            let to = json!({ "position": position });
            world.admin.post(&format!("{}/move", path("tickets", ticket.0)), &to).await
        }
        Step::Resize { seats } => world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": seats })).await,
        Step::AdvanceClock { seconds, sweep } => {
            world.advance_clock(TimeDelta::seconds(seconds));
            if sweep {
                world.sweep().await;
            }
            world.admin.get(&format!("/licenses/{license}")).await
        }
    }
}

fn outcome_of(step: Step, answer: &Answer) -> Outcome {
    if let Some(results) = answer.body["results"].as_array() {
        let refused = results
            .iter()
            .zip(0..)
            .find(|(result, _)| result["problem"]["code"] != "not_attempted" && result["status"] != 201);
        return refused.map_or((201, None, None), |(result, index)| {
            let code: Code = serde_json::from_value(result["problem"]["code"].clone()).expect("a code");
            (code.status(), Some(code), Some(index))
        });
    }
    let code = answer.body["code"].as_str().or(answer.body["refused"].as_str());
    let places =
        matches!(step, Step::RequestSeat { .. } | Step::Pass { .. } | Step::ReadTicket { .. } | Step::Move { .. });
    let position = answer.body["position"].as_i64().filter(|_| places);
    (answer.status.as_u16(), code.map(|code| code.parse().expect("a code")), position)
}

/// The ids of the new sessions or the new ticket in a body.
fn ids_in(body: &Value) -> Vec<Uuid> {
    let results = body["results"].as_array().into_iter().flatten().map(|result| &result["session"]["id"]);
    results.chain([&body["id"]]).filter_map(|id| id.as_str()?.parse().ok()).collect()
}

/// Draws the next step: mostly requests for a seat, now and then anything else.
fn draw_step(random: &Random, created: &Created) -> Step {
    let roll = |sides: u64| random.support_key().parse::<u64>().expect("a number") % sides;
    let pick = |length: usize| usize::try_from(roll(u64::try_from(length).expect("a number"))).expect("a number");
    let small = |sides: u64| i64::try_from(roll(sides)).expect("a number");
    // The latest ones are the most likely to be alive.
    let late = |length: usize| pick(length).max(pick(length));
    let some = (!created.sessions.is_empty()).then(|| created.sessions[late(created.sessions.len())]);
    let queued = (!created.tickets.is_empty()).then(|| created.tickets[late(created.tickets.len())]);
    match (roll(20), some, queued) {
        _ if created.unswept => Step::RequestSeat { agent: pick(AGENTS), device: roll(2), wait: true },
        (6, ..) => Step::RequestBoth { agent: pick(AGENTS), devices: [roll(2), roll(2)] },
        (0..6, ..) | (_, None, _) => Step::RequestSeat { agent: pick(AGENTS), device: roll(2), wait: roll(3) > 0 },
        (7 | 8, Some((session, agent)), _) => Step::Heartbeat { session, agent },
        (9 | 10, Some((session, agent)), _) => Step::End { session, agent },
        (11, Some((session, _)), _) => Step::EndByAdmin { session },
        (12 | 13, _, Some((ticket, agent))) => Step::Accept { ticket, agent },
        (14, _, Some((ticket, agent))) => Step::Pass { ticket, agent },
        (15, _, Some((ticket, agent))) if roll(2) == 0 => Step::CancelTicket { ticket, agent },
        (15, _, Some((ticket, _))) => Step::Move { ticket, position: 1 + small(4) },
        (16, _, Some((ticket, agent))) => Step::ReadTicket { ticket, agent },
        (17, ..) => Step::Resize { seats: small(4) },
        _ => Step::AdvanceClock { seconds: 1 + small(25), sweep: roll(2) == 0 },
    }
}

/// Runs one random day on a license with these rules.
async fn run_day(world: &World, rules: Value, seed: u64) {
    let (license, people) = world.pool_with_terms(rules, AGENTS).await;
    let (mut core, mut created) = (Core::of(world, license, &people).await, Created::default());
    let random = Random::seeded(seed);
    let mut day = Vec::new();
    let mut kinds: HashMap<(u16, Option<Code>), usize> = HashMap::new();
    for _ in 0..STEPS {
        let step = draw_step(&random, &created);
        let answer = through_http(world, &people, license, step).await;
        let outcome = outcome_of(step, &answer);
        day.push((step, outcome));
        let new = ids_in(&answer.body);
        assert_eq!(outcome, core.apply(&people, step, &new), "the core disagrees about the last step of {day:#?}");
        match (step, answer.status.as_u16()) {
            (Step::RequestSeat { agent, .. } | Step::Accept { agent, .. }, 201) => {
                created.sessions.push((SessionId(new[0]), agent))
            }
            (Step::RequestBoth { agent, .. }, 200) => {
                created.sessions.extend(new.into_iter().map(|id| (SessionId(id), agent)));
            }
            (Step::RequestSeat { agent, .. }, 202) => created.tickets.push((TicketId(new[0]), agent)),
            _ => {}
        }
        *kinds.entry((outcome.0, outcome.1)).or_default() += 1;
        // Heartbeats answered from memory reach the database with the next sweep.
        if created.unswept {
            world.sweep().await;
        }
        created.unswept = matches!(step, Step::AdvanceClock { sweep: false, .. });
        if created.unswept {
            continue;
        }
        let usage = world.usage(license).await;
        let counts =
            ["occupied", "sessions", "waiting", "offered"].map(|field| usage[field].as_i64().expect("a number"));
        assert_eq!(counts, core.counts(), "occupied, sessions, waiting, offered after the last step of {day:#?}");
    }
    for kind in [(201, None), (202, None)] {
        assert!(kinds.contains_key(&kind), "the day lacks {kind:?}: {kinds:?}");
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
    async fn a_random_day_matches_the_core(world: World) {
        run_day(&world, rules(json!({})), 1).await;
    }

    async fn a_random_day_with_a_cool_down_matches_the_core(world: World) {
        run_day(&world, rules(json!({ "cool_down_seconds": 20, "overdraft": 1 })), 2).await;
    }

    async fn a_random_day_with_device_takeover_matches_the_core(world: World) {
        run_day(&world, rules(json!({ "second_device": "take_over", "seat_rule": "session" })), 3).await;
    }

    async fn a_random_day_with_a_seat_per_device_matches_the_core(world: World) {
        run_day(&world, rules(json!({ "seat_rule": "device" })), 4).await;
    }

    async fn a_random_day_without_second_devices_matches_the_core(world: World) {
        run_day(&world, rules(json!({ "second_device": "refuse", "seats": 1 })), 5).await;
    }
}
