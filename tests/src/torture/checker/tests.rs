//! Tests of the checker: it finds each kind of violation, and none in a valid history.

use super::{Entry, Evidence, SessionRow, Terms, Violation, violations};
use crate::torture::history::{Action, Lease, Moment, Operation, Outcome};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    license::SeatRule,
    session::EndReason,
};
use serde_json::{Value, json};
use uuid::Uuid;

const LICENSE: LicenseId = LicenseId(Uuid::from_u128(1));
const ANNA: UserId = UserId(Uuid::from_u128(11));
const BEN: UserId = UserId(Uuid::from_u128(12));
const FIRST: SessionId = SessionId(Uuid::from_u128(101));
const SECOND: SessionId = SessionId(Uuid::from_u128(102));
const SPARE: SessionId = SessionId(Uuid::from_u128(103));

fn at(seconds: u64) -> Moment {
    Moment::from_secs(seconds)
}

fn operation(action: Action, invoked: u64, completed: u64, outcome: Outcome) -> Operation {
    Operation { action, invoked: at(invoked), completed: at(completed), outcome }
}

fn create(user: UserId, key: &str, invoked: u64, completed: u64, outcome: Outcome) -> Operation {
    operation(Action::Create { user, license: LICENSE, key: key.to_owned() }, invoked, completed, outcome)
}

fn held(session: SessionId, until: u64) -> Outcome {
    Outcome::Session(session, Some(Lease { until: at(until), key_until: None }))
}

fn row(id: SessionId, user: UserId, key: &str, ended: u64, reason: EndReason) -> SessionRow {
    SessionRow { id, license: LICENSE, user, key: Some(key.to_owned()), ended: Some((at(ended), reason)) }
}

/// One seat: Anna holds it and gives it back, then Ben holds it until the lease expires.
fn valid() -> Evidence {
    let mut evidence = Evidence {
        operations: vec![
            operation(Action::Assign(LICENSE, ANNA), 0, 1, Outcome::Changed(true)),
            create(ANNA, "a", 1, 2, held(FIRST, 12)),
            operation(Action::Heartbeat(FIRST), 3, 4, Outcome::Renewed(at(13))),
            operation(Action::End(FIRST), 5, 6, Outcome::Over),
            create(BEN, "b", 6, 7, held(SECOND, 17)),
        ],
        sessions: vec![
            row(FIRST, ANNA, "a", 5, EndReason::Finished),
            row(SECOND, BEN, "b", 17, EndReason::LeaseExpired),
        ],
        assignments: vec![(LICENSE, ANNA), (LICENSE, BEN)],
        ..Evidence::default()
    };
    evidence.licenses.insert(LICENSE, Terms { seats: 1, seat_rule: SeatRule::Session });
    evidence.seats.insert(LICENSE, 1);
    evidence.add_event("license_granted", ANNA, None, 0, json!({}));
    evidence.add_event("license_granted", BEN, None, 0, json!({}));
    evidence.add_event("session_created", ANNA, Some(FIRST), 1, json!({}));
    evidence.add_event("session_ended", ANNA, Some(FIRST), 0, json!({}));
    evidence.add_event("session_created", BEN, Some(SECOND), 1, json!({}));
    evidence.add_event("session_ended", BEN, Some(SECOND), 0, json!({}));
    evidence
}

impl Evidence {
    fn add_event(&mut self, kind: &str, user: UserId, session: Option<SessionId>, occupied: i64, facts: Value) {
        self.log.push(Entry {
            position: i64::try_from(self.log.len()).expect("a number") + 1,
            kind: kind.to_owned(),
            license: Some(LICENSE),
            user: Some(user),
            session,
            occupied: Some(occupied),
            seats: Some(1),
            facts,
        });
    }

    #[track_caller]
    fn shows(&self, expected: &Violation) {
        let found = violations(self);
        assert!(found.contains(expected), "{expected:?} is not among {found:?}");
    }
}

/// The valid evidence with one change.
fn after(what: impl FnOnce(&mut Evidence)) -> Evidence {
    let mut evidence = valid();
    what(&mut evidence);
    evidence
}

#[test]
fn valid_evidence_has_no_violations() {
    assert_eq!(violations(&valid()), []);
}

#[test]
fn a_grant_missing_in_the_table_is_lost() {
    after(|e| drop(e.sessions.remove(0))).shows(&Violation::LostGrant(FIRST));
}

#[test]
fn a_grant_missing_in_the_log_is_lost() {
    after(|e| e.log.retain(|entry| entry.session != Some(FIRST))).shows(&Violation::LostGrant(FIRST));
}

#[test]
fn a_grant_unknown_to_the_server_later_is_lost() {
    let heartbeat = operation(Action::Heartbeat(SECOND), 8, 9, Outcome::NotFound);
    after(|e| e.operations.push(heartbeat)).shows(&Violation::LostGrant(SECOND));
}

#[test]
fn an_end_missing_in_the_table_is_lost() {
    after(|e| e.sessions[0].ended = None).shows(&Violation::LostEnd(FIRST));
}

#[test]
fn an_end_missing_in_the_log_is_lost() {
    after(|e| drop(e.log.remove(3))).shows(&Violation::LostEnd(FIRST));
}

#[test]
fn a_session_that_continues_after_its_end_is_found() {
    let revived = operation(Action::Heartbeat(FIRST), 7, 8, Outcome::Renewed(at(18)));
    after(|e| e.operations.push(revived)).shows(&Violation::LostEnd(FIRST));
}

#[test]
fn a_lease_that_ends_before_its_time_is_cut_short() {
    let early = Some((at(16), EndReason::LeaseExpired));
    after(|e| e.sessions[1].ended = early).shows(&Violation::CutShort(SECOND));
}

#[test]
fn a_key_that_ends_a_connected_session_cuts_it_short() {
    let early = Some((at(17), EndReason::KeyExpired));
    after(|e| e.sessions[1].ended = early).shows(&Violation::CutShort(SECOND));
}

#[test]
fn an_end_that_was_not_requested_is_found() {
    for reason in [EndReason::Finished, EndReason::EndedByAdmin, EndReason::AssignmentRevoked, EndReason::Idle] {
        after(|e| e.sessions[1].ended = Some((at(17), reason))).shows(&Violation::UnrequestedEnd(SECOND));
    }
}

#[test]
fn a_key_with_two_sessions_in_responses_is_found() {
    after(|e| e.operations.push(create(ANNA, "a", 2, 3, held(SPARE, 13))))
        .shows(&Violation::TwoSessions(ANNA, "a".to_owned()));
}

#[test]
fn a_key_with_two_stored_sessions_is_found() {
    after(|e| e.sessions.push(row(SPARE, ANNA, "a", 17, EndReason::LeaseExpired)))
        .shows(&Violation::TwoSessions(ANNA, "a".to_owned()));
}

#[test]
fn an_instant_with_more_holders_than_seats_is_found() {
    let evidence = after(|e| e.operations[4] = create(BEN, "b", 3, 4, held(SECOND, 14)));
    evidence.shows(&Violation::Oversold(LICENSE, "2 of 1 seats at 4s".to_owned()));
}

#[test]
fn an_agent_whose_session_may_have_ended_is_not_counted() {
    // Anna's end was requested before Ben got the seat, though its response was lost.
    let evidence = after(|e| {
        e.operations[3] = operation(Action::End(FIRST), 3, 6, Outcome::Unknown);
        e.operations[4] = create(BEN, "b", 3, 4, held(SECOND, 14));
    });
    assert_eq!(violations(&evidence), []);
}

#[test]
fn an_agent_whose_lease_has_expired_is_not_counted() {
    // Anna's end was never requested, but the lease had expired before Ben's request.
    let evidence = after(|e| {
        e.operations.drain(2..4);
        e.operations[2] = create(BEN, "b", 12, 13, held(SECOND, 17));
        e.sessions[0].ended = Some((at(12), EndReason::LeaseExpired));
    });
    assert_eq!(violations(&evidence), []);
}

#[test]
fn an_agents_sessions_share_a_seat_if_the_license_says_so() {
    let evidence = after(|e| {
        e.licenses.insert(LICENSE, Terms { seats: 1, seat_rule: SeatRule::Agent });
        e.operations.push(create(ANNA, "again", 2, 3, held(SPARE, 13)));
        e.operations.push(operation(Action::End(SPARE), 4, 5, Outcome::Over));
        e.sessions.push(row(SPARE, ANNA, "again", 5, EndReason::Finished));
        let moved = e.log.split_off(3);
        e.add_event("session_created", ANNA, Some(SPARE), 1, json!({}));
        e.add_event("session_ended", ANNA, Some(SPARE), 1, json!({}));
        e.log.extend(moved.into_iter().map(|entry| Entry { position: entry.position + 2, ..entry }));
    });
    assert_eq!(violations(&evidence), []);
}

#[test]
fn a_gap_in_the_log_is_found() {
    after(|e| e.log[4].position = 6).shows(&Violation::Gap(5));
}

#[test]
fn a_seat_that_the_log_gives_twice_is_found() {
    let evidence = after(|e| e.log.swap(3, 4));
    let given = |violation: &Violation| matches!(violation, Violation::Impossible(5, why) if why.contains("1 of 1"));
    assert!(violations(&evidence).iter().any(given), "{:?}", violations(&evidence));
}

#[test]
fn a_wrong_count_in_the_log_is_found() {
    let evidence = after(|e| e.log[3].occupied = Some(1));
    assert!(matches!(violations(&evidence)[..], [Violation::Impossible(4, _)]), "{:?}", violations(&evidence));
}

#[test]
fn an_end_without_a_beginning_is_found() {
    let evidence = after(|e| e.add_event("session_ended", ANNA, Some(FIRST), 0, json!({})));
    assert!(matches!(violations(&evidence)[..], [Violation::Impossible(7, _)]), "{:?}", violations(&evidence));
}

#[test]
fn a_refusal_with_a_free_seat_is_found() {
    let evidence = after(|e| e.add_event("session_refused", ANNA, None, 0, json!({ "code": "pool_full" })));
    evidence.shows(&Violation::RefusedWithFreeSeat(LICENSE, 7));
}

#[test]
fn tables_that_differ_from_the_log_are_found() {
    for evidence in [
        after(|e| e.assignments.truncate(1)),
        after(|e| e.seats.extend([(LICENSE, 2)])),
        after(|e| e.sessions[1].ended = None),
    ] {
        let found = violations(&evidence);
        assert!(found.iter().any(|violation| matches!(violation, Violation::TableDiffers(_))), "{found:?}");
    }
}

#[test]
fn a_change_missing_in_the_log_is_lost() {
    let resize = operation(Action::Resize(LICENSE, 4), 7, 8, Outcome::Changed(true));
    let lost = format!("{:?}", resize.action);
    after(|e| e.operations.push(resize)).shows(&Violation::LostChange(lost));
    let assign = operation(Action::Assign(LICENSE, ANNA), 7, 8, Outcome::Changed(true));
    let lost = format!("{:?}", assign.action);
    after(|e| e.operations.push(assign)).shows(&Violation::LostChange(lost));
}

#[test]
fn a_session_that_never_ends_has_leaked() {
    after(|e| e.sessions[1].ended = None).shows(&Violation::Leaked(SECOND));
}

#[test]
fn an_invalid_response_is_found() {
    let answer = operation(Action::Heartbeat(FIRST), 3, 4, Outcome::Invalid("500".to_owned()));
    assert!(matches!(violations(&after(|e| e.operations.push(answer)))[..], [Violation::InvalidResponse(_)]));
}

fn queue(evidence: &mut Evidence, kinds: &[(&str, UserId, &str)]) {
    for (kind, user, ticket) in kinds {
        evidence.add_event(kind, *user, None, 0, json!({ "ticket": ticket }));
    }
}

#[test]
fn a_queue_in_order_is_valid() {
    let evidence = after(|e| {
        queue(e, &[("ticket_taken", ANNA, "1"), ("ticket_taken", BEN, "2"), ("ticket_offered", ANNA, "1")]);
        queue(e, &[("ticket_over", ANNA, "1"), ("ticket_offered", BEN, "2"), ("ticket_over", BEN, "2")]);
    });
    assert_eq!(violations(&evidence), []);
}

#[test]
fn an_offer_past_the_head_of_the_queue_is_found() {
    let evidence = after(|e| {
        queue(e, &[("ticket_taken", ANNA, "1"), ("ticket_taken", BEN, "2"), ("ticket_offered", BEN, "2")]);
    });
    evidence.shows(&Violation::NotFifo(LICENSE, 9));
}

#[test]
fn a_seat_given_past_the_queue_is_found() {
    let mut evidence = valid();
    queue(&mut evidence, &[("ticket_taken", ANNA, "1")]);
    evidence.add_event("session_created", BEN, Some(SPARE), 1, json!({}));
    evidence.shows(&Violation::NotFifo(LICENSE, 8));
}

#[test]
fn a_seat_for_an_agent_with_an_offer_is_valid() {
    let mut evidence = valid();
    queue(&mut evidence, &[("ticket_taken", ANNA, "1"), ("ticket_taken", BEN, "2"), ("ticket_offered", ANNA, "1")]);
    evidence.add_event("session_created", ANNA, Some(SPARE), 1, json!({}));
    let fifo = |violation: &Violation| matches!(violation, Violation::NotFifo(..));
    assert!(!violations(&evidence).iter().any(fifo), "{:?}", violations(&evidence));
}
