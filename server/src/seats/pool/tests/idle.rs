//! Idleness: warned first, with the whole warning, and a connected customer is not cut.

use super::*;

/// Sessions end after five idle minutes; the warning comes a minute before. The lease is long enough to play no part.
fn idle_rules() -> Rules {
    Rules { idle_seconds: 300, idle_warning_seconds: 60, lease_seconds: 86_400, ..Rules::default() }
}

fn desk(rules: Rules) -> Desk {
    let mut desk = Desk::new(Model::Concurrent, 2, rules);
    desk.decide(|pool, at| pool.admit(user(1), ask(1, "NB-1", Mode::Attended), at)).unwrap();
    desk.decide(|pool, at| pool.admit(user(2), ask(2, "NB-2", Mode::Application), at)).unwrap();
    desk
}

/// Who was warned since this was asked last, or called off.
fn warned(desk: &mut Desk) -> Vec<(u128, bool)> {
    let facts = desk.pool.take_facts().into_iter();
    let warned = facts.filter_map(|(fact, _)| match fact {
        Fact::Warned { session, ends_at, .. } => Some((session.0.as_u128(), ends_at.is_some())),
        _ => None,
    });
    warned.collect()
}

#[test]
fn a_waiting_session_is_warned_and_then_ended_but_a_connected_one_is_spared() {
    let mut desk = desk(idle_rules());
    desk.later(239);
    assert_eq!(warned(&mut desk), []);
    desk.later(1);
    assert_eq!(warned(&mut desk), [(1, true)]);
    desk.later(59);
    assert_eq!(desk.ended(), []);
    desk.later(1);
    assert_eq!(desk.ended(), [(1, EndReason::Idle)]);
    desk.later(3_600);
    assert_eq!(desk.ended(), [], "the customer is not cut");
}

#[test]
fn a_connected_session_ends_too_if_the_license_says_so() {
    let mut desk = desk(Rules { idle_ends_connected: true, ..idle_rules() });
    desk.later(240);
    assert_eq!(warned(&mut desk), [(1, true), (2, true)]);
    desk.later(60);
    assert_eq!(desk.ended(), [(1, EndReason::Idle), (2, EndReason::Idle)]);
}

#[test]
fn activity_begins_the_idle_time_anew_and_a_bare_heartbeat_does_not() {
    let mut desk = desk(Rules { idle_ends_connected: true, ..idle_rules() });
    desk.later(250);
    desk.renews(1, true).unwrap();
    desk.renews(2, false).unwrap();
    desk.later(60);
    assert_eq!(desk.ended(), [(2, EndReason::Idle)]);
    desk.later(180);
    assert_eq!(warned(&mut desk), [(1, true)], "he is warned again before he ends");
}

#[test]
fn whoever_connects_while_he_is_warned_is_spared() {
    let mut desk = desk(idle_rules());
    desk.later(240);
    desk.decide(|pool, at| pool.connect(session(1), Platform::Mac, at)).unwrap();
    desk.later(3_600);
    assert_eq!(desk.ended(), []);
}

#[test]
fn nobody_ends_without_the_whole_warning_however_late_it_came() {
    let mut desk = desk(idle_rules());
    desk.later(500);
    assert_eq!((warned(&mut desk), desk.ended()), (vec![(1, true)], vec![]), "nobody looked for 500 seconds");
    desk.later(59);
    assert_eq!(desk.ended(), []);
    desk.later(1);
    assert_eq!(desk.ended(), [(1, EndReason::Idle)]);
}

#[test]
fn a_protected_session_is_not_idle_and_is_warned_anew_when_it_no_longer_is() {
    let mut desk = desk(idle_rules());
    desk.later(240);
    desk.decide(|pool, at| pool.protect(session(1), true, at)).unwrap();
    desk.later(240);
    assert_eq!(desk.ended(), []);
    desk.decide(|pool, at| pool.protect(session(1), false, at)).unwrap();
    desk.pool.take_facts();
    desk.later(1);
    assert_eq!(warned(&mut desk), [(1, true)]);
    desk.later(60);
    assert_eq!(desk.ended(), [(1, EndReason::Idle)]);
}

#[test]
fn nobody_ends_on_a_warning_that_he_was_given_under_other_rules() {
    let mut desk = desk(idle_rules());
    desk.later(240);
    desk.pool.take_facts();
    desk.change(|rules| rules.idle_seconds = 0);
    assert_eq!(warned(&mut desk), [(1, false)], "the warning is called off");
    desk.later(200);
    desk.change(|rules| rules.idle_seconds = 300);
    desk.later(1);
    assert_eq!(warned(&mut desk), [(1, true)], "and given anew");
    desk.later(59);
    assert_eq!(desk.ended(), []);
    desk.later(1);
    assert_eq!(desk.ended(), [(1, EndReason::Idle)]);
}

#[test]
fn a_warning_that_is_longer_than_the_idle_time_comes_at_once_after_activity() {
    let mut desk = desk(Rules { idle_seconds: 60, idle_warning_seconds: 600, ..idle_rules() });
    desk.later(10);
    desk.renews(1, true).unwrap();
    assert!(!desk.pool.is_settled(desk.at), "the next warning is due now");
    desk.pool.take_facts();
    desk.later(1);
    assert_eq!(warned(&mut desk), [(1, true)]);
}
