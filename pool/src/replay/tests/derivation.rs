//! Demands that are derived from a record.

use super::*;
use crate::{
    Session, Terms,
    replay::history::{History, HistoryEvent, RecordedChange},
    tests::{pool_user, request, session, terms, ticket, user},
};
use seatkeeper_shared::ticket::TicketEnd;

/// The record of the agents 1 to 5 and a license with one seat, in ten minutes. Times are in seconds.
fn derive(events: Vec<(i64, RecordedChange)>) -> DerivedDemand {
    derive_from(terms(Model::Concurrent, 1, Rules::default()), Vec::new(), events)
}

fn derive_from(terms: Terms, sessions: Vec<Session>, events: Vec<(i64, RecordedChange)>) -> DerivedDemand {
    let at = |seconds| now() + TimeDelta::seconds(seconds);
    let events = events.into_iter().map(|(seconds, change)| HistoryEvent { at: at(seconds), change });
    Demand::from_history(&History {
        from: now(),
        until: at(600),
        terms,
        users: (1..=5).map(|number| pool_user(number, true)).collect(),
        sessions,
        tickets: Vec::new(),
        events: events.collect(),
    })
}

fn created(number: u128, by: u128) -> RecordedChange {
    let (device, mode) = ("NB-1".to_owned(), Mode::Application);
    RecordedChange::Created { session: session(number), user: user(by), device, mode, platform: None }
}

fn ended(number: u128, by: u128, reason: EndReason) -> RecordedChange {
    RecordedChange::Ended { session: session(number), user: user(by), reason }
}

fn refused(by: u128, code: Code, device: Option<&str>) -> RecordedChange {
    RecordedChange::Refused { user: user(by), code, device: device.map(str::to_owned) }
}

#[test]
fn a_session_and_a_refusal_become_requests() {
    let events = vec![
        (10, created(1, 1)),
        (20, refused(2, Code::PoolFull, Some("NB-2"))),
        (70, ended(1, 1, EndReason::LeaseExpired)),
    ];
    let DerivedDemand { demand, people, devices, .. } = derive(events);
    assert_eq!((demand.unexplained, demand.changes.len()), (0, 0));
    let [session, refusal] = &demand.requests[..] else { panic!("two requests: {:?}", demand.requests) };
    let RequestResult::Seated(Work { end: Some(end), .. }) = &session.result else { panic!("{session:?}") };
    assert_eq!((session.at, end.after, end.limit_seconds), (seconds(10), seconds(60), Some(120)));
    assert_eq!((end.reason, end.offers_after), (EndReason::LeaseExpired, true));
    assert_eq!((people[refusal.person.0 as usize], &*devices[refusal.device.0 as usize]), (user(2), "NB-2"));
    assert_eq!(refusal.result, RequestResult::Refused(Code::PoolFull));
}

#[test]
fn a_wait_is_recorded_with_its_offer() {
    let (by, of) = (user(2), ticket(7));
    let (device, mode) = ("NB-1".to_owned(), Mode::Application);
    let queued = RecordedChange::Queued { ticket: of, user: by, device, mode, platform: None };
    let seated =
        RecordedChange::TicketEnded { ticket: of, user: by, reason: TicketEnd::Seated, session: Some(session(2)) };
    let events = vec![
        (10, created(1, 1)),
        (20, queued),
        (70, ended(1, 1, EndReason::Finished)),
        (70, RecordedChange::Offered { ticket: of }),
        (75, created(2, 2)),
        (75, seated),
    ];
    let demand = derive(events).demand;
    assert_eq!(demand.unexplained, 0);
    let RequestResult::Queued(wait) = &demand.requests[1].result else { panic!("{:?}", demand.requests) };
    assert_eq!((wait.waited, wait.end, wait.offers.len()), (seconds(55), None, 1));
    assert_eq!(wait.offers[0].after, seconds(5));
    // Still at work at the end.
    assert_eq!(wait.offers[0].kind, ReactionKind::Accepted(Work::default()));
}

/// The log has one refusal of a request for two sessions, of which one alone would have been granted.
#[test]
fn what_does_not_follow_by_the_rules_is_counted_and_left_out() {
    let demand = derive(vec![(10, refused(1, Code::PoolFull, None)), (20, created(1, 1))]).demand;
    assert_eq!((demand.unexplained, demand.requests.len()), (1, 1));
    let unexplained = derive(vec![(20, created(1, 1)), (30, created(2, 2))]).demand.unexplained;
    assert_eq!(unexplained, 1, "two agents on one seat");
}

#[test]
fn sessions_from_before_keep_their_beginning() {
    let terms = terms(Model::Concurrent, 1, Rules::default());
    let began = now() - TimeDelta::seconds(300);
    let live = Session::start(user(1), request(1, "NB-1", Mode::Application), &terms, began);
    let demand = derive_from(terms, vec![live], vec![(60, ended(1, 1, EndReason::Finished))]).demand;
    let [earlier] = &demand.sessions[..] else { panic!("one session") };
    let end = earlier.work.end.unwrap();
    assert_eq!((earlier.began, end.after, demand.unexplained), (seconds(-300), seconds(360), 0));
    let outcome = replay(&demand, &Settings::default(), &Assumptions::default(), |_| ControlFlow::Continue(()));
    assert_eq!(outcome.unwrap().totals.seat_time(), seconds(60));
}

#[test]
fn a_refusal_without_device_is_of_the_device_used_last() {
    let events = vec![
        (10, created(1, 1)),
        (20, ended(1, 1, EndReason::Finished)),
        (30, created(2, 2)),
        (40, refused(1, Code::PoolFull, None)),
    ];
    let DerivedDemand { demand, .. } = derive(events);
    assert_eq!((demand.unexplained, demand.requests[2].device), (0, demand.requests[0].device));
    assert_eq!(demand.requests[2].mode, Mode::Application, "as the person's sessions");
}
