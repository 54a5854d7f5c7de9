//! A hundred agents in one queue request, get and return seats concurrently: never one seat too many, no overtaking.

use crate::harness::{
    Engine, Person, World, on_both_engines,
    queue::{path_of, place},
};
use futures_util::future::join_all;
use seatkeeper::store;
use seatkeeper_shared::ids::{Position, UserId};
use serde_json::json;
use std::collections::{HashSet, VecDeque};

const SEATS: usize = 10;

/// The answer to a request: the path of a session or of a ticket.
enum Granted {
    Seat(String),
    Ticket(String),
}

/// All agents request a seat concurrently.
async fn request_all(people: &[Person]) -> Vec<Granted> {
    let answers = join_all(people.iter().map(Person::request_or_queue)).await;
    let got = answers.into_iter().map(|answer| match answer.status.as_u16() {
        201 => Granted::Seat(path_of("sessions", &answer.body)),
        202 => Granted::Ticket(path_of("tickets", &answer.body)),
        other => panic!("{other}: {:#}", answer.body),
    });
    got.collect()
}

/// Waits for the offer, accepts it, and returns the seat.
async fn take_and_return_seat(agent: &Person, got: &Granted) {
    let session = match got {
        Granted::Seat(session) => session.clone(),
        Granted::Ticket(ticket) => {
            let mut position = 0;
            // At most 99 waiters are ahead, and each answer is a change or takes half a minute.
            for _ in 0..200 {
                let seen = agent.get(&format!("{ticket}?wait=30&position={position}")).await.ok();
                if place(&seen).0 == "offered" {
                    break;
                }
                position = place(&seen).1;
            }
            path_of("sessions", &agent.post_action(ticket, "accept").await.created())
        }
    };
    agent.post_action(&session, "end").await.ok();
}

/// Replays the log event by event, and asserts the number of holders and the order of the offers.
async fn assert_fair(world: &World, after: Position) {
    let events = store::events::after(&world.app.db, after, 100_000).await.expect("the log can be read");
    let (mut holders, mut offered): (HashSet<UserId>, HashSet<UserId>) = Default::default();
    let mut queue: VecDeque<UserId> = VecDeque::new();
    for event in &events {
        let Some(user) = event.subject.user else { continue };
        match event.subject.kind_name() {
            "session_created" => assert!(holders.insert(user)),
            "session_ended" => assert!(holders.remove(&user)),
            "ticket_taken" => queue.push_back(user),
            "ticket_offered" => {
                assert_eq!(queue.pop_front(), Some(user), "the offer went to an agent who was not the head");
                offered.insert(user);
            }
            "ticket_over" => assert!(offered.remove(&user), "a ticket ended before it was offered a seat"),
            _ => {}
        }
        assert!(holders.len() <= SEATS, "{} holders on {SEATS} seats at {:?}", holders.len(), event.position);
        assert_eq!(event.occupied.and_then(|number| usize::try_from(number).ok()), Some(holders.len()));
    }
    assert!(holders.is_empty() && offered.is_empty() && queue.is_empty());
}

async fn assert_all_get_a_turn(world: &World, people: &[Person]) {
    let before = world.head().await;
    let got = request_all(people).await;
    let waiting = got.iter().filter(|got| matches!(got, Granted::Ticket(_))).count();
    assert_eq!((got.len() - waiting, waiting), (SEATS, people.len() - SEATS));
    let queues = world.admin.get("/queues").await.ok();
    let positions: Vec<_> =
        queues[0]["tickets"].as_array().expect("tickets").iter().map(|ticket| ticket["position"].clone()).collect();
    assert_eq!(positions, (1..=waiting).map(|position| json!(position)).collect::<Vec<_>>());
    join_all(people.iter().zip(&got).map(|(agent, got)| take_and_return_seat(agent, got))).await;
    assert_eq!(world.users_of_events("session_created", before).await.len(), people.len(), "every agent had a turn");
    assert_fair(world, before).await;
}

on_both_engines! {
    async fn a_hundred_concurrent_requests_on_ten_seats_make_ten_sessions_and_ninety_ordered_tickets(world: World) {
        let (license, people) = world.pool_with_terms(json!({ "seats": SEATS }), 100).await;
        assert_all_get_a_turn(&world, &people).await;
        let usage = world.usage(license).await;
        assert_eq!((&usage["occupied"], &usage["waiting"], &usage["offered"]), (&json!(0), &json!(0), &json!(0)));
    }

    async fn concurrent_accepts_of_one_offer_get_the_same_session(world: World) {
        let (license, people) = world.pool(1, 2).await;
        let session = people[0].seated().await;
        let ticket = people[1].queued().await;
        people[0].post_action(&session, "end").await.ok();
        let answers = join_all((0..30).map(|_| people[1].post_action(&ticket, "accept"))).await;
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        let ids: HashSet<_> = answers.iter().map(|answer| answer.body["id"].to_string()).collect();
        assert_eq!((created, ids.len()), (1, 1), "{answers:?}");
        assert_eq!((world.usage(license).await)["sessions"], 1);
    }

    async fn concurrent_requests_of_one_agent_make_one_ticket(world: World) {
        let (license, people) = world.pool(1, 2).await;
        people[0].seated().await;
        let answers = join_all((0..30).map(|_| people[1].request_or_queue())).await;
        let ids: HashSet<_> = answers.into_iter().map(|answer| answer.accepted()["id"].to_string()).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!((world.usage(license).await)["waiting"], 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_requests_at_two_servers_make_ten_sessions_and_ninety_ordered_tickets() {
    let world = World::start(Engine::Postgres).await;
    let (_, people) = world.pool_with_terms(json!({ "seats": SEATS }), 100).await;
    let other = world.second_server().await;
    let spread: Vec<_> =
        people.iter().enumerate().map(|(n, p)| p.at(if n % 2 == 0 { &world.url } else { &other })).collect();
    assert_all_get_a_turn(&world, &spread).await;
}
