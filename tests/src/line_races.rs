//! A hundred agents in one line, who come, are seated and go at once: never one seat too many, and nobody overtakes.

use crate::world::{
    Engine, Person, World,
    line::{path_of, place},
    on_both_engines,
};
use futures_util::future::join_all;
use seatkeeper::store;
use seatkeeper_shared::ids::{Position, UserId};
use serde_json::json;
use std::collections::{HashSet, VecDeque};

const SEATS: usize = 10;

/// What a session or a ticket answered: its path.
enum Got {
    Seat(String),
    Ticket(String),
}

/// All ask at once.
async fn all_come(people: &[Person]) -> Vec<Got> {
    let answers = join_all(people.iter().map(Person::wait)).await;
    let got = answers.into_iter().map(|answer| match answer.status.as_u16() {
        201 => Got::Seat(path_of("sessions", &answer.body)),
        202 => Got::Ticket(path_of("tickets", &answer.body)),
        other => panic!("{other}: {:#}", answer.body),
    });
    got.collect()
}

/// Waits for the offer, takes it, and gives the seat back.
async fn take_a_turn(agent: &Person, got: &Got) {
    let session = match got {
        Got::Seat(session) => session.clone(),
        Got::Ticket(ticket) => {
            let mut position = 0;
            // At most 99 are before him, and each answer is a change or half a minute.
            for _ in 0..200 {
                let seen = agent.get(&format!("{ticket}?wait=30&position={position}")).await.ok();
                if place(&seen).0 == "offered" {
                    break;
                }
                position = place(&seen).1;
            }
            path_of("sessions", &agent.act(ticket, "accept").await.created())
        }
    };
    agent.act(&session, "end").await.ok();
}

/// Reads the whole log: who held seats, who waited and to whom they were offered, event by event.
async fn assert_fair(world: &World, after: Position) {
    let events = store::events::after(&world.app.db, after, 100_000).await.expect("the log can be read");
    let (mut holders, mut offered): (HashSet<UserId>, HashSet<UserId>) = Default::default();
    let mut line: VecDeque<UserId> = VecDeque::new();
    for event in &events {
        let Some(user) = event.user else { continue };
        match event.kind.as_str() {
            "session_created" => assert!(holders.insert(user)),
            "session_ended" => assert!(holders.remove(&user)),
            "ticket_taken" => line.push_back(user),
            "ticket_offered" => {
                assert_eq!(line.pop_front(), Some(user), "offered to somebody who was not the first");
                offered.insert(user);
            }
            "ticket_over" => assert!(offered.remove(&user), "a ticket was over before it was offered"),
            _ => {}
        }
        assert!(holders.len() <= SEATS, "{} holders on {SEATS} seats at {:?}", holders.len(), event.position);
        assert_eq!(event.occupied.and_then(|number| usize::try_from(number).ok()), Some(holders.len()));
    }
    assert!(holders.is_empty() && offered.is_empty() && line.is_empty());
}

async fn a_hundred_come_and_go(world: &World, people: &[Person]) {
    let before = world.head().await;
    let got = all_come(people).await;
    let waiting = got.iter().filter(|got| matches!(got, Got::Ticket(_))).count();
    assert_eq!((got.len() - waiting, waiting), (SEATS, people.len() - SEATS));
    let queues = world.admin.get("/queues").await.ok();
    let positions: Vec<_> =
        queues[0]["tickets"].as_array().expect("tickets").iter().map(|ticket| ticket["position"].clone()).collect();
    assert_eq!(positions, (1..=waiting).map(|position| json!(position)).collect::<Vec<_>>());
    join_all(people.iter().zip(&got).map(|(agent, got)| take_a_turn(agent, got))).await;
    assert_eq!(world.told_of("session_created", before).await.len(), people.len(), "everybody had his turn");
    assert_fair(world, before).await;
}

on_both_engines! {
    async fn a_hundred_at_once_on_ten_seats_are_ten_sessions_and_ninety_tickets_in_their_order(world: World) {
        let (license, people) = world.licensed(json!({ "seats": SEATS }), 100).await;
        a_hundred_come_and_go(&world, &people).await;
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"], &usage["offered"]), (&json!(0), &json!(0), &json!(0)));
    }

    async fn of_many_who_accept_one_offer_at_once_all_get_the_same_session(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        people[0].act(&session, "end").await.ok();
        let answers = join_all((0..30).map(|_| people[1].act(&ticket, "accept"))).await;
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        let ids: HashSet<_> = answers.iter().map(|answer| answer.body["id"].to_string()).collect();
        assert_eq!((created, ids.len()), (1, 1), "{answers:?}");
        assert_eq!((world.usage(license).await)["sessions"], 1);
    }

    async fn one_agent_who_asks_many_times_at_once_has_one_ticket(world: World) {
        let (license, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let answers = join_all((0..30).map(|_| people[1].wait())).await;
        let ids: HashSet<_> = answers.into_iter().map(|answer| answer.accepted()["id"].to_string()).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!((world.usage(license).await)["waiting"], 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_at_two_servers_are_ten_sessions_and_ninety_tickets_in_their_order() {
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.licensed(json!({ "seats": SEATS }), 100).await;
    let other = world.beside().await;
    let spread: Vec<_> =
        people.iter().enumerate().map(|(n, p)| p.at(if n % 2 == 0 { &world.url } else { &other })).collect();
    a_hundred_come_and_go(&world, &spread).await;
}
