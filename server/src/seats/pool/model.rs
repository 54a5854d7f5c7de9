//! Random days at a license: whatever people do in whatever order, the rules hold after each step.
//!
//! Each decision is made twice, by the pool that is kept and by one that is read anew from what would be stored, and
//! [`told::Told`] checks the facts by a count of its own.

mod told;

use super::{tests::*, *};
use crate::seats::facts::Announced;
use proptest::prelude::*;
use seatkeeper_shared::{
    license::{ChosenRules, GroupLimit, Model, Rules, SeatRule, SecondDevice},
    session::{Mode, Platform},
    ticket::TicketEnd,
};
use told::Told;

/// Something that happens. Which session or ticket is meant is a number that is taken modulo how many there are.
#[derive(Clone, Debug)]
enum Step {
    Ask { by: u128, device: u8, mode: Mode, wait: bool, borrow: Option<i64> },
    Connect(usize),
    Renew(usize, bool),
    End(usize, EndReason),
    Announce(usize, Option<i64>),
    Protect(usize, bool),
    Borrow(usize, i64),
    GoOn(usize, u8),
    Keep(usize),
    Accept(usize),
    Pass(usize),
    Leave(usize),
    Move(usize, i64),
    Grant(u128),
    Revoke { from: u128, end_now: bool },
    Suspend(u128),
    Resize(i64),
    Rule(ChosenRules),
    Limit(Vec<GroupLimit>),
    Later(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![Just(Mode::Attended), Just(Mode::Application)];
    let reason = prop_oneof![Just(EndReason::Finished), Just(EndReason::EndedByAdmin)];
    let (agent, any_one) = (1..6_u128, 0..8_usize);
    prop_oneof![
        12 => (agent.clone(), 0..2_u8, mode, prop::bool::weighted(0.8), prop::option::weighted(0.2, 1..200_i64))
            .prop_map(|(by, device, mode, wait, borrow)| Step::Ask { by, device, mode, wait, borrow }),
        3 => (any_one.clone(), 1..200_i64).prop_map(|(session, seconds)| Step::Borrow(session, seconds)),
        2 => any_one.clone().prop_map(Step::Connect),
        4 => (any_one.clone(), any::<bool>()).prop_map(|(session, active)| Step::Renew(session, active)),
        4 => (any_one.clone(), reason).prop_map(|(session, reason)| Step::End(session, reason)),
        1 => (any_one.clone(), prop::option::weighted(0.7, 1..90_i64)).prop_map(|(session, s)| Step::Announce(session, s)),
        1 => (any_one.clone(), any::<bool>()).prop_map(|(session, protected)| Step::Protect(session, protected)),
        1 => (any_one.clone(), 0..2_u8).prop_map(|(session, device)| Step::GoOn(session, device)),
        4 => any_one.clone().prop_map(Step::Keep),
        3 => any_one.clone().prop_map(Step::Accept),
        2 => any_one.clone().prop_map(Step::Pass),
        1 => any_one.clone().prop_map(Step::Leave),
        1 => (any_one, 0..4_i64).prop_map(|(ticket, position)| Step::Move(ticket, position)),
        2 => agent.clone().prop_map(Step::Grant),
        1 => (agent.clone(), any::<bool>()).prop_map(|(from, end_now)| Step::Revoke { from, end_now }),
        1 => agent.prop_map(Step::Suspend),
        2 => (0..5_i64).prop_map(Step::Resize),
        2 => chosen().prop_map(Step::Rule),
        1 => limits().prop_map(Step::Limit),
        6 => (1..100_i64).prop_map(Step::Later),
    ]
}

fn seat_rule() -> impl Strategy<Value = SeatRule> {
    prop_oneof![Just(SeatRule::Agent), Just(SeatRule::Device), Just(SeatRule::Session)]
}

fn second_device() -> impl Strategy<Value = SecondDevice> {
    use SecondDevice::{Refuse, SecondSeat, Share, TakeOver};
    prop_oneof![Just(Share), Just(TakeOver), Just(SecondSeat), Just(Refuse)]
}

/// Each rule is mostly left alone.
fn chosen() -> impl Strategy<Value = ChosenRules> {
    fn maybe<T: Strategy>(values: T) -> impl Strategy<Value = Option<T::Value>>
    where
        T::Value: Clone,
    {
        prop::option::weighted(0.3, values)
    }
    let kinds = (maybe(seat_rule()), maybe(second_device()), maybe(any::<bool>()));
    let numbers =
        (maybe(30..90_i64), maybe(0..2_i64), maybe(10..60_i64), maybe(0..90_i64), maybe(0..60_i64), maybe(0..90_i64));
    let lends = (prop::option::weighted(0.6, 0..250_i64), maybe(0..3_i64));
    (kinds, numbers, lends).prop_map(|((seat_rule, second_device, idle_ends_connected), numbers, lends)| {
        let (borrow_seconds, borrow_seats) = lends;
        let (lease_seconds, overdraft, offer_seconds, idle_seconds, idle_warning_seconds, cool_down_seconds) = numbers;
        ChosenRules {
            seat_rule,
            second_device,
            lease_seconds,
            overdraft,
            offer_seconds,
            idle_seconds,
            idle_warning_seconds,
            idle_ends_connected,
            cool_down_seconds,
            borrow_seconds,
            borrow_seats,
        }
    })
}

/// Agents 1 and 2 are in group 1, agents 2 and 3 in group 2.
fn limits() -> impl Strategy<Value = Vec<GroupLimit>> {
    let one = || prop::option::of((0..2_i64, prop::option::of(0..3_i64)));
    (one(), one()).prop_map(|limits| {
        let limits = [(1, limits.0), (2, limits.1)].into_iter();
        limits
            .filter_map(|(id, limit)| limit.map(|(floor, cap)| GroupLimit { group_id: group(id), floor, cap }))
            .collect()
    })
}

fn groups_of(agent: u128) -> Vec<seatkeeper_shared::ids::GroupId> {
    let members = [(1, 1..=2), (2, 2..=3)].into_iter();
    members.filter(|(_, members)| members.contains(&agent)).map(|(id, _)| group(id)).collect()
}

/// What became of a step.
#[derive(Debug, PartialEq)]
enum Outcome {
    Admission { by: UserId, device: String, borrow: Option<TimeDelta>, result: Result<Live, Refusal> },
    Acceptance { offered: bool, result: Result<Live, Refusal> },
    Other(String),
}

/// What is over ends first, and what is free is offered after. `next` is the number of what is new.
fn decide(pool: &mut Pool, step: &Step, at: DateTime<Utc>, next: u128) -> Outcome {
    pool.settle(at);
    pool.offer_seats(at);
    let outcome = match step {
        Step::Ask { by, device, mode, wait, borrow } => {
            // A customer joins through the server.
            let borrow = borrow.filter(|_| *mode != Mode::Attended).map(TimeDelta::seconds);
            let ask = Ask { borrow, ..ask(next, &format!("NB-{device}"), *mode) };
            let result = pool.admit(user(*by), ask.clone(), at);
            if *wait && result.as_ref().is_err_and(Refusal::may_pass) {
                pool.queue(user(*by), ticket(next), ask.clone(), at);
            }
            Outcome::Admission { by: user(*by), device: ask.device, borrow, result }
        }
        Step::Accept(which) => match of_line(pool, *which).cloned() {
            Some(ticket) => {
                let result = pool.accept(ticket.id, ask(next, "any", Mode::Attended), at);
                Outcome::Acceptance { offered: ticket.offer_until.is_some(), result }
            }
            None => Outcome::Other(String::new()),
        },
        other => Outcome::Other(decide_other(pool, other, at)),
    };
    pool.offer_seats(at);
    outcome
}

fn decide_other(pool: &mut Pool, step: &Step, at: DateTime<Utc>) -> String {
    let which = |number: &usize| pool.sessions().nth(number % pool.sessions().count().max(1)).map(|live| live.id);
    let session = match step {
        Step::Connect(s) | Step::Renew(s, _) | Step::End(s, _) | Step::Announce(s, _) => which(s),
        Step::Protect(s, _) | Step::Borrow(s, _) | Step::GoOn(s, _) => which(s),
        _ => None,
    };
    let session = session.unwrap_or(SessionId(uuid::Uuid::nil()));
    let waiting = match step {
        Step::Keep(t) | Step::Pass(t) | Step::Leave(t) | Step::Move(t, _) => of_line(pool, *t).map(|ticket| ticket.id),
        _ => None,
    };
    let waiting = waiting.unwrap_or(TicketId(uuid::Uuid::nil()));
    let because = Ending::by_itself;
    match step {
        Step::Connect(_) => format!("{:?}", pool.connect(session, Platform::Windows, at)),
        Step::Renew(_, active) => format!("{:?}", pool.renew(session, *active, at)),
        Step::End(_, reason) => format!("{:?}", pool.end(session, &Ending::by_itself(*reason), at)),
        Step::Announce(_, after) => {
            let end = |s: i64| Announced { at: at + TimeDelta::seconds(s), by: None, by_name: None, message: None };
            format!("{:?}", pool.announce(session, after.map(end)))
        }
        Step::Protect(_, protected) => format!("{:?}", pool.protect(session, *protected, at)),
        Step::Borrow(_, seconds) => format!("{:?}", pool.borrow(session, TimeDelta::seconds(*seconds), at)),
        Step::GoOn(_, device) => format!("{:?}", pool.go_on(session, &format!("NB-{device}"), at)),
        Step::Keep(_) => format!("{:?}", pool.keep(waiting, at)),
        Step::Pass(_) => format!("{:?}", pool.pass(waiting, at)),
        Step::Leave(_) => format!("{:?}", pool.leave(waiting, TicketEnd::Withdrawn, None, at)),
        Step::Move(_, position) => format!("{:?}", pool.put(waiting, *position)),
        Step::Grant(to) => format!("{:?}", pool.grant(user(*to))),
        Step::Revoke { from, end_now } => {
            format!("{:?}", pool.revoke(user(*from), end_now.then_some(&because(EndReason::AssignmentRevoked)), at))
        }
        Step::Suspend(whom) => format!("{:?}", pool.suspend(user(*whom), &because(EndReason::UserDeactivated), at)),
        Step::Resize(seats) => format!("{:?}", pool.resize(*seats)),
        Step::Rule(chosen) => format!("{:?}", pool.rule(chosen.on(pool.terms.rules), at)),
        Step::Limit(limits) => format!("{:?}", pool.limit_groups(limits)),
        Step::Ask { .. } | Step::Accept(_) | Step::Later(_) => String::new(),
    }
}

fn of_line(pool: &Pool, number: usize) -> Option<&Ticket> {
    pool.tickets().nth(number % usize::try_from(pool.waiting().max(1)).unwrap_or(1))
}

fn one_day(terms: Terms, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let assigned = terms.model == Model::Concurrent;
    let people = (1..6).map(|number| Person { groups: groups_of(number), ..person(number, assigned) });
    let mut told = Told::new(terms.clone(), people);
    let mut kept = told.read_anew(&Pool::new(terms, [], []));
    let mut at = now();
    for (step, next) in steps.iter().zip(1..) {
        if let Step::Later(seconds) = step {
            at += TimeDelta::seconds(*seconds);
        }
        let settled = kept.is_settled(at);
        let mut anew = told.read_anew(&kept);
        anew.settle(at);
        anew.offer_seats(at);
        prop_assert!(!settled || anew.take_facts().is_empty(), "something is due although the pool says it is settled");
        let mut anew = told.read_anew(&kept);

        let before = told.clone();
        let outcome = decide(&mut kept, step, at, next);
        prop_assert_eq!(&outcome, &decide(&mut anew, step, at, next), "a pool that is read anew decides the same");
        let facts = kept.take_facts();
        prop_assert_eq!(&facts, &anew.take_facts(), "a pool that is read anew tells the same");

        for (fact, occupied) in facts {
            told.hear(fact, at)?;
            let several = matches!(step, Step::Rule(_) | Step::GoOn(..));
            prop_assert!(several || told.occupied() == occupied, "what the log says is occupied");
        }
        if let Step::Suspend(whom) = step {
            told.suspended(user(*whom));
        }
        told.agrees_with(&kept)?;
        told.keeps_the_rules(&before, at, matches!(step, Step::Rule(_)))?;
        told.nothing_is_over(&kept, at)?;
        match outcome {
            Outcome::Admission { by, device, borrow, result } => {
                told.was_right(&before, (by, &device, borrow), result, at)?;
            }
            Outcome::Acceptance { offered, result } => {
                prop_assert_eq!(offered, result.is_ok(), "an offer can be taken")
            }
            Outcome::Other(_) => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_day_breaks_a_rule(
        model in prop_oneof![4 => Just(Model::Concurrent), 1 => Just(Model::Named)],
        (seat_rule, second_device) in (seat_rule(), second_device()),
        seats in 0..4_i64,
        chosen in chosen(),
        (starts, ends) in (prop::option::weighted(0.2, 1..120_i64), prop::option::weighted(0.2, 200..600_i64)),
        steps in prop::collection::vec(step(), 1..100),
    ) {
        let rules = chosen.on(Rules { seat_rule, second_device, lease_seconds: 60, ..Rules::default() });
        let at = |seconds| now() + TimeDelta::seconds(seconds);
        let (starts_at, ends_at) = (starts.map(at), ends.map(at));
        one_day(Terms { starts_at, ends_at, key_life: TimeDelta::seconds(150), ..terms(model, seats, rules) }, steps)?;
    }
}
