//! Idleness: agents are warned first, for the whole warning time, and connected sessions are exempt by default.

use super::*;

/// Sessions end after five idle minutes, with a warning one minute before. The lease is too long to expire in a test.
fn idle_rules() -> Rules {
    Rules { idle_seconds: 300, idle_warning_seconds: 60, lease_seconds: 86_400, ..Rules::default() }
}

fn scenario(rules: Rules) -> Scenario {
    let mut scenario = Scenario::new(Model::Concurrent, 2, rules);
    scenario.decide(|pool, at| pool.admit(user(1), request(1, "NB-1", Mode::Attended), at)).unwrap();
    scenario.decide(|pool, at| pool.admit(user(2), request(2, "NB-2", Mode::Application), at)).unwrap();
    scenario
}

/// The sessions whose idle warning was given (true) or cancelled (false) since the last call.
fn warned(scenario: &mut Scenario) -> Vec<(u128, bool)> {
    let facts = scenario.pool.take_changes().into_iter();
    let warned = facts.filter_map(|(change, _)| match change {
        SeatChange::Warned { session, ends_at, .. } => Some((session.0.as_u128(), ends_at.is_some())),
        _ => None,
    });
    warned.collect()
}

#[test]
fn a_waiting_session_is_warned_and_then_ended_but_a_connected_one_is_not() {
    let mut scenario = scenario(idle_rules());
    scenario.advance(239);
    assert_eq!(warned(&mut scenario), []);
    scenario.advance(1);
    assert_eq!(warned(&mut scenario), [(1, true)]);
    scenario.advance(59);
    assert_eq!(scenario.ended_sessions(), []);
    scenario.advance(1);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::Idle)]);
    scenario.advance(3_600);
    assert_eq!(scenario.ended_sessions(), [], "the connected session is exempt");
}

#[test]
fn a_connected_session_ends_too_if_the_license_says_so() {
    let mut scenario = scenario(Rules { idle_ends_connected: true, ..idle_rules() });
    scenario.advance(240);
    assert_eq!(warned(&mut scenario), [(1, true), (2, true)]);
    scenario.advance(60);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::Idle), (2, EndReason::Idle)]);
}

#[test]
fn activity_restarts_the_idle_time_and_a_bare_heartbeat_does_not() {
    let mut scenario = scenario(Rules { idle_ends_connected: true, ..idle_rules() });
    scenario.advance(250);
    scenario.renews(1, true).unwrap();
    scenario.renews(2, false).unwrap();
    scenario.advance(60);
    assert_eq!(scenario.ended_sessions(), [(2, EndReason::Idle)]);
    scenario.advance(180);
    assert_eq!(warned(&mut scenario), [(1, true)], "a new warning comes before the end");
}

#[test]
fn a_session_that_connects_during_the_warning_is_not_ended() {
    let mut scenario = scenario(idle_rules());
    scenario.advance(240);
    scenario.decide(|pool, at| pool.connect(session(1), Platform::Mac, at)).unwrap();
    scenario.advance(3_600);
    assert_eq!(scenario.ended_sessions(), []);
}

#[test]
fn a_late_warning_still_lasts_the_whole_warning_time() {
    let mut scenario = scenario(idle_rules());
    scenario.advance(500);
    assert_eq!(
        (warned(&mut scenario), scenario.ended_sessions()),
        (vec![(1, true)], vec![]),
        "the pool was not settled for 500 seconds"
    );
    scenario.advance(59);
    assert_eq!(scenario.ended_sessions(), []);
    scenario.advance(1);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::Idle)]);
}

#[test]
fn a_protected_session_is_exempt_and_is_warned_again_afterwards() {
    let mut scenario = scenario(idle_rules());
    scenario.advance(240);
    scenario.decide(|pool, at| pool.protect(session(1), true, at)).unwrap();
    scenario.advance(240);
    assert_eq!(scenario.ended_sessions(), []);
    scenario.decide(|pool, at| pool.protect(session(1), false, at)).unwrap();
    scenario.pool.take_changes();
    scenario.advance(1);
    assert_eq!(warned(&mut scenario), [(1, true)]);
    scenario.advance(60);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::Idle)]);
}

#[test]
fn changed_rules_cancel_idle_warnings() {
    let mut scenario = scenario(idle_rules());
    scenario.advance(240);
    scenario.pool.take_changes();
    scenario.change(|rules| rules.idle_seconds = 0);
    assert_eq!(warned(&mut scenario), [(1, false)], "the warning is cancelled");
    scenario.advance(200);
    scenario.change(|rules| rules.idle_seconds = 300);
    scenario.advance(1);
    assert_eq!(warned(&mut scenario), [(1, true)], "and given again");
    scenario.advance(59);
    assert_eq!(scenario.ended_sessions(), []);
    scenario.advance(1);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::Idle)]);
}

#[test]
fn a_warning_that_is_longer_than_the_idle_time_comes_at_once_after_activity() {
    let mut scenario = scenario(Rules { idle_seconds: 60, idle_warning_seconds: 600, ..idle_rules() });
    scenario.advance(10);
    scenario.renews(1, true).unwrap();
    assert!(!scenario.pool.is_settled(scenario.at), "the next warning is due now");
    scenario.pool.take_changes();
    scenario.advance(1);
    assert_eq!(warned(&mut scenario), [(1, true)]);
}
