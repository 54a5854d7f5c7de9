//! Tests of the live state: changes, answers ahead of the feed, and what a restricted state contains.

use super::*;
use crate::live::sample::{at, license, session, ticket};
use seatkeeper_shared::{
    problem::SessionEnd,
    session::{EndReason, SessionState},
    wire::licenses::LicenseUse,
};
use wasm_bindgen_test::wasm_bindgen_test;

fn change(sessions: Vec<SessionView>) -> Change {
    Change { position: Position(8), at: at(0), licenses: Vec::new(), sessions, queues: Vec::new(), requests: false }
}

fn state(sessions: Vec<SessionView>) -> LiveState {
    let total = 3;
    let mut state = LiveState::default();
    state.reset(Snapshot {
        position: Position(7),
        at: at(0),
        licenses: vec![license(1, 10)],
        sessions,
        sessions_total: total,
        queues: Vec::new(),
    });
    state
}

fn ended(mut session: SessionView) -> SessionView {
    session.state = SessionState::Ended;
    session.ended = Some(SessionEnd { reason: EndReason::EndedByAdmin, at: at(60), by: None, message: None });
    session
}

#[wasm_bindgen_test]
fn an_end_is_reported_once_even_if_delivered_twice() {
    let mut state = state(vec![session(1), session(2)]);
    assert_eq!(state.apply(change(vec![ended(session(1))])).len(), 1);
    assert_eq!(state.apply(change(vec![ended(session(1))])).len(), 0, "delivered again");
    assert_eq!((state.sessions.len(), state.recently_ended.len()), (1, 1));
    state.remove_recently_ended(&[session(1).id]);
    assert!(state.recently_ended.is_empty());
    assert_eq!(state.position, Position(8));
}

#[wasm_bindgen_test]
fn an_outdated_session_is_ignored() {
    let then = session(1);
    let moved = |mut session: SessionView, device: &str| {
        session.device = device.to_owned();
        session
    };
    let now = SessionView { last_seen_at: then.last_seen_at + chrono::TimeDelta::microseconds(1), ..then.clone() };
    let mut state = state(vec![then.clone()]);
    state.apply(change(vec![moved(now.clone(), "Tablet")]));
    state.apply(change(vec![moved(then.clone(), "Notebook")]));
    assert_eq!(state.sessions[&then.id].device, "Tablet");
    state.apply(change(vec![moved(now.clone(), "Telefon")]));
    assert_eq!(state.sessions[&then.id].device, "Telefon", "same contact time: the last message wins");
    assert_eq!(state.apply(change(vec![ended(then.clone())])).len(), 1, "an end is always news");
    state.apply(change(vec![now]));
    assert!(state.sessions.is_empty(), "an end is final");
}

#[wasm_bindgen_test]
fn a_session_ahead_of_the_feed_counts_once_on_its_license() {
    let mut state = state(vec![session(1)]);
    state.licenses[0].usage = LicenseUse { sessions: 1, occupied: 1, ..LicenseUse::default() };
    let counts = |state: &LiveState| {
        let usage = &state.licenses[0].usage;
        (state.sessions.len(), usage.sessions, usage.occupied, usage.connected)
    };
    state.apply_ahead(session(2));
    state.apply_ahead(session(2));
    assert_eq!(counts(&state), (2, 2, 2, 0));
    state.apply_ahead(SessionView { state: SessionState::Connected, ..session(2) });
    assert_eq!(counts(&state), (2, 2, 2, 1));
    state.apply_ahead(ended(SessionView { state: SessionState::Connected, ..session(2) }));
    assert_eq!(counts(&state), (1, 1, 1, 0));
    state.apply_ahead(ended(session(2)));
    assert_eq!(counts(&state), (1, 1, 1, 0), "the feed may have been faster");
    assert!(state.recently_ended.is_empty());
    state.apply_ahead(SessionView { user_id: session(1).user_id, ..session(3) });
    assert_eq!(counts(&state), (2, 2, 1, 0), "a user's sessions share their seat");
}

#[wasm_bindgen_test]
fn a_message_without_the_support_key_keeps_the_known_key() {
    let mut own = session(1);
    own.support_key = Some("482910537".to_owned());
    let mut state = state(vec![own]);
    state.apply(change(vec![session(1)]));
    assert_eq!(state.sessions[&session(1).id].support_key.as_deref(), Some("482910537"));
}

#[wasm_bindgen_test]
fn a_queue_is_replaced_as_a_whole_and_a_ticket_may_precede_it() {
    let mut state = state(Vec::new());
    state.insert_ticket(ticket(2));
    state.insert_ticket(ticket(1));
    let license = ticket(1).license_id;
    assert_eq!(state.queue_of(license).iter().map(|ticket| ticket.position).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(state.tickets_of(ticket(2).user_id), [ticket(2)]);
    let queue = |tickets| QueueView { license_id: license, tickets };
    state.apply(Change { queues: vec![queue(vec![ticket(3)])], ..change(Vec::new()) });
    assert_eq!(state.queue_of(license), [ticket(3)]);
    state.apply(Change { queues: vec![queue(Vec::new())], ..change(Vec::new()) });
    assert!(state.queues.is_empty());
}

#[wasm_bindgen_test]
fn sessions_that_the_feed_left_out_are_counted() {
    let mut state = LiveState::default();
    let snapshot = |sessions| Snapshot {
        position: Position(7),
        at: at(100),
        licenses: vec![license(1, 10)],
        sessions,
        sessions_total: 3,
        queues: Vec::new(),
    };
    state.reset(snapshot(vec![session(3)]));
    assert_eq!(state.session_count(), 3);
    state.apply(change(vec![ended(session(1))]));
    assert_eq!(state.session_count(), 2, "one that was left out ended");
    state.apply(change(vec![session(2), session(101)]));
    assert_eq!((state.session_count(), state.sessions.len()), (3, 3), "one that was left out, and a new one");
    state.apply(change(vec![ended(session(101)), ended(session(101))]));
    assert_eq!(state.session_count(), 2);
}

#[wasm_bindgen_test]
fn the_counts_of_licenses_include_more_than_a_limited_manager_may_see() {
    let mut state = state(vec![session(1), session(2), session(3)]);
    state.licenses[0].usage.sessions = 5_000;
    assert_eq!((state.session_count(), state.shared_session_count()), (3, 3));
    state.omitted_sessions = 6;
    assert_eq!(state.shared_session_count(), 9);
    state.licenses[0].usage.sessions = 5;
    assert_eq!(state.shared_session_count(), 5, "the others have named licenses");
}

#[wasm_bindgen_test]
fn a_restricted_state_contains_and_accepts_only_what_belongs_to_its_users() {
    let of = |n: u32| SessionView { user_id: ticket(n).user_id, ..session(n) };
    let mut state = state(vec![of(1), of(2)]);
    state.insert_ticket(ticket(1));
    state.insert_ticket(ticket(2));
    state.licenses[0].usage.sessions = 7;
    assert!(state.covers_all());
    state.restrict(Coverage::Users([ticket(1).user_id].into()));
    assert!(!state.covers_all());
    assert_eq!((state.sessions.len(), state.tickets_of(ticket(2).user_id)), (1, Vec::new()));
    let queue = QueueView { license_id: ticket(1).license_id, tickets: vec![ticket(2)] };
    let ended = state.apply(Change { queues: vec![queue], ..change(vec![ended(of(2)), of(3)]) });
    assert_eq!((ended.len(), state.sessions.len(), state.queues.len()), (0, 1, 0));
    assert_eq!(state.shared_session_count(), 7, "by the count of the license");
}

#[wasm_bindgen_test]
fn omitted_sessions_are_added_unless_something_newer_is_known() {
    let mut state = LiveState::default();
    let (position, at, licenses, queues) = (Position(7), at(100), vec![license(1, 10)], Vec::new());
    state.reset(Snapshot { position, at, licenses, sessions: vec![session(3)], sessions_total: 3, queues });
    state.apply(change(vec![ended(session(3))]));
    state.add_omitted(vec![session(1), session(2), session(3)]);
    assert_eq!((state.sessions.len(), state.session_count()), (2, 2));
}

#[wasm_bindgen_test]
fn an_end_that_overtook_an_older_answer_stays() {
    let mut state = LiveState::default();
    let (position, at, licenses, queues) = (Position(7), at(100), vec![license(1, 10)], Vec::new());
    state.restrict(Coverage::Newest(BTreeSet::new()));
    state.reset(Snapshot { position, at, licenses, sessions: vec![session(3)], sessions_total: 4, queues });
    assert_eq!(state.partial_snapshot(), Some(1));
    state.apply(change(vec![ended(session(2)), ended(session(2)), ended(session(3))]));
    state.remove_recently_ended(&[session(3).id]);
    assert_eq!(state.session_count(), 2, "one that was not known ended, and one that was");
    state.add_omitted(vec![session(1), session(2), session(3)]);
    assert_eq!((state.sessions.len(), state.session_count()), (1, 2));
    let has_ended = [1, 2, 3, 4].map(|number| state.has_ended(session(number).id));
    assert_eq!(has_ended, [false, true, true, false], "nothing is known of the last one");
}

#[wasm_bindgen_test]
fn a_session_that_began_after_the_snapshot_was_not_left_out() {
    let mut state = LiveState::default();
    let (position, at, licenses, queues) = (Position(7), at(100), vec![license(1, 10)], Vec::new());
    state.reset(Snapshot { position, at, licenses, sessions: vec![session(3)], sessions_total: 3, queues });
    state.add_omitted(vec![session(101)]);
    assert_eq!((state.sessions.len(), state.session_count()), (2, 4));
    state.apply(change(vec![session(101)]));
    assert_eq!(state.session_count(), 4, "counted once");
}

#[wasm_bindgen_test]
fn rows_that_a_snapshot_left_out_stay_until_they_are_read_again() {
    let mut state = LiveState::default();
    let of = |n: u32| SessionView { user_id: ticket(n).user_id, ..session(n) };
    let snapshot = |sessions| Snapshot {
        position: Position(7),
        at: at(100),
        licenses: vec![license(1, 10)],
        sessions,
        sessions_total: 5,
        queues: Vec::new(),
    };
    let known = |state: &LiveState| {
        let all = (1..=9).filter(|n| state.sessions.contains_key(&session(*n).id));
        (all.collect::<Vec<_>>(), state.session_count())
    };
    state.restrict(Coverage::Newest([ticket(1).user_id].into()));
    state.reset(snapshot(vec![of(9)]));
    state.add_omitted((1..=4).map(of).chain([of(8)]).collect());
    state.reset(snapshot(vec![of(7), of(9)]));
    assert_eq!(known(&state), (vec![2, 3, 4, 7, 9], 5), "8 has ended; the sessions of the first user are loaded next");
    state.apply(change(vec![ended(of(2))]));
    assert_eq!(known(&state), (vec![3, 4, 7, 9], 4), "one that was left out");
    state.replace_carried(vec![of(3), of(7)]);
    assert_eq!(known(&state), (vec![3, 7, 9], 4), "4 is not there any more");
    let all = Snapshot { sessions_total: 1, ..snapshot(vec![of(9)]) };
    state.reset(all);
    assert_eq!(known(&state), (vec![9], 1), "nothing is left out");
}
