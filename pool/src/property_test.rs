//! Property test: after each step of a random sequence of commands, the rules hold.
//!
//! Each decision is made twice, by a cached pool and by one that is read again from what would be stored, and
//! [`replica::Replica`] checks the changes independently.

mod replica;

use super::{tests::*, *};
use proptest::prelude::*;
use replica::Replica;
use seatkeeper_shared::{
    license::{GroupLimit, Model, RuleOverrides, Rules, SeatRule, SecondDevice},
    session::{Mode, Platform},
    ticket::TicketEnd,
};

/// A command, or the passing of time. Sessions and tickets are chosen by an index modulo their number.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Request {
        by: u128,
        device: u8,
        mode: Mode,
        wait: bool,
        borrow: Option<i64>,
    },
    /// A request in place of a session, which may be that of somebody else.
    Exchange {
        by: u128,
        device: u8,
        own: usize,
        borrow: Option<i64>,
    },
    Connect(usize),
    Renew(usize, bool),
    End(usize, EndReason),
    ScheduleEnd(usize, Option<i64>),
    Protect(usize, bool),
    Borrow(usize, i64),
    Continue(usize, u8),
    RenewTicket(usize),
    Accept(usize),
    Pass(usize),
    Leave(usize),
    Move(usize, i64),
    Grant(u128, Option<i64>),
    SetGrantEnd(u128, Option<i64>),
    Revoke {
        from: u128,
        end_now: bool,
    },
    Suspend(u128),
    Resize(i64),
    ChangeRules(RuleOverrides),
    LimitGroups(Vec<GroupLimit>),
    Advance(i64),
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![Just(Mode::Attended), Just(Mode::Application)];
    let reason = prop_oneof![Just(EndReason::Finished), Just(EndReason::EndedByAdmin)];
    let (agent, any_one) = (1..6_u128, 0..8_usize);
    prop_oneof![
        12 => (agent.clone(), 0..2_u8, mode, prop::bool::weighted(0.8), prop::option::weighted(0.2, 1..200_i64))
            .prop_map(|(by, device, mode, wait, borrow)| Step::Request { by, device, mode, wait, borrow }),
        4 => (agent.clone(), 0..2_u8, any_one.clone(), prop::option::weighted(0.2, 1..200_i64))
            .prop_map(|(by, device, own, borrow)| Step::Exchange { by, device, own, borrow }),
        3 => (any_one.clone(), 1..200_i64).prop_map(|(session, seconds)| Step::Borrow(session, seconds)),
        2 => any_one.clone().prop_map(Step::Connect),
        4 => (any_one.clone(), any::<bool>()).prop_map(|(session, active)| Step::Renew(session, active)),
        4 => (any_one.clone(), reason).prop_map(|(session, reason)| Step::End(session, reason)),
        1 => (any_one.clone(), prop::option::weighted(0.7, 1..90_i64))
            .prop_map(|(session, seconds)| Step::ScheduleEnd(session, seconds)),
        1 => (any_one.clone(), any::<bool>()).prop_map(|(session, protected)| Step::Protect(session, protected)),
        1 => (any_one.clone(), 0..2_u8).prop_map(|(session, device)| Step::Continue(session, device)),
        4 => any_one.clone().prop_map(Step::RenewTicket),
        3 => any_one.clone().prop_map(Step::Accept),
        2 => any_one.clone().prop_map(Step::Pass),
        1 => any_one.clone().prop_map(Step::Leave),
        1 => (any_one, 0..4_i64).prop_map(|(ticket, position)| Step::Move(ticket, position)),
        2 => (agent.clone(), prop::option::weighted(0.5, 1..200_i64)).prop_map(|(to, end)| Step::Grant(to, end)),
        2 => (agent.clone(), prop::option::weighted(0.8, 1..200_i64))
            .prop_map(|(of, end)| Step::SetGrantEnd(of, end)),
        1 => (agent.clone(), any::<bool>()).prop_map(|(from, end_now)| Step::Revoke { from, end_now }),
        1 => agent.prop_map(Step::Suspend),
        2 => (0..5_i64).prop_map(Step::Resize),
        2 => chosen().prop_map(Step::ChangeRules),
        1 => limits().prop_map(Step::LimitGroups),
        6 => (1..100_i64).prop_map(Step::Advance),
    ]
}

pub(crate) fn seat_rule() -> impl Strategy<Value = SeatRule> {
    prop_oneof![Just(SeatRule::Agent), Just(SeatRule::Device), Just(SeatRule::Session)]
}

pub(crate) fn second_device() -> impl Strategy<Value = SecondDevice> {
    use SecondDevice::{Refuse, SecondSeat, Share, TakeOver};
    prop_oneof![Just(Share), Just(TakeOver), Just(SecondSeat), Just(Refuse)]
}

/// Each rule is mostly unchanged.
pub(crate) fn chosen() -> impl Strategy<Value = RuleOverrides> {
    fn maybe<T: Strategy>(values: T) -> impl Strategy<Value = Option<T::Value>>
    where
        T::Value: Clone,
    {
        prop::option::weighted(0.3, values)
    }
    let kinds = (maybe(seat_rule()), maybe(second_device()), maybe(any::<bool>()));
    let numbers =
        (maybe(30..90_i64), maybe(0..2_i64), maybe(10..60_i64), maybe(0..90_i64), maybe(0..60_i64), maybe(0..90_i64));
    let borrowing = (prop::option::weighted(0.6, 0..250_i64), maybe(0..3_i64));
    (kinds, numbers, borrowing).prop_map(|((seat_rule, second_device, idle_ends_connected), numbers, borrowing)| {
        let (borrow_seconds, borrow_seats) = borrowing;
        let (lease_seconds, overdraft, offer_seconds, idle_seconds, idle_warning_seconds, cool_down_seconds) = numbers;
        RuleOverrides {
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

pub(crate) fn groups_of(agent: u128) -> Vec<seatkeeper_shared::ids::GroupId> {
    let members = [(1, 1..=2), (2, 2..=3)].into_iter();
    members.filter(|(_, members)| members.contains(&agent)).map(|(id, _)| group(id)).collect()
}

/// The result of a step.
#[derive(Debug, PartialEq)]
pub(crate) enum StepOutcome {
    Admission {
        by: UserId,
        device: String,
        borrow: Option<TimeDelta>,
        result: Result<Session, Refusal>,
    },
    Exchange {
        by: UserId,
        device: String,
        borrow: Option<TimeDelta>,
        in_place_of: Option<SessionId>,
        result: Result<Session, Refusal>,
    },
    Acceptance {
        offered: bool,
        result: Result<Session, Refusal>,
    },
    Other(String),
}

/// Makes a decision as a batch does. `next` identifies a new session or ticket.
pub(crate) fn decide(pool: &mut Pool, step: &Step, at: DateTime<Utc>, next: u128) -> StepOutcome {
    pool.settle(at);
    pool.offer_seats(at);
    let outcome = match step {
        Step::Request { by, device, mode, wait, borrow } => {
            // Attended sessions cannot be borrowed.
            let borrow = borrow.filter(|_| *mode != Mode::Attended).map(TimeDelta::seconds);
            let request = SeatRequest { borrow, ..request(next, &format!("NB-{device}"), *mode) };
            let result = pool.admit(user(*by), request.clone(), at);
            if *wait && result.as_ref().is_err_and(Refusal::can_wait) {
                pool.enqueue(user(*by), ticket(next), request.clone(), at);
            }
            StepOutcome::Admission { by: user(*by), device: request.device, borrow, result }
        }
        Step::Exchange { by, device, own, borrow } => {
            let device = format!("NB-{device}");
            let (in_place_of, borrow) = (exchanged(pool, user(*by), *own), borrow.map(TimeDelta::seconds));
            let request = SeatRequest { borrow, in_place_of, ..request(next, &device, Mode::Application) };
            let result = pool.admit(user(*by), request, at);
            StepOutcome::Exchange { by: user(*by), device, borrow, in_place_of, result }
        }
        Step::Accept(which) => match ticket_at(pool, *which).cloned() {
            Some(ticket) => {
                let result = pool.accept_offer(ticket.id, new_session(next), at);
                StepOutcome::Acceptance { offered: ticket.offer_until.is_some(), result }
            }
            None => StepOutcome::Other(String::new()),
        },
        other => StepOutcome::Other(decide_debug(pool, other, at)),
    };
    pool.offer_seats(at);
    outcome
}

fn decide_debug(pool: &mut Pool, step: &Step, at: DateTime<Utc>) -> String {
    let which = |number: &usize| pool.sessions().nth(number % pool.sessions().count().max(1)).map(|live| live.id);
    let session = match step {
        Step::Connect(s) | Step::Renew(s, _) | Step::End(s, _) | Step::ScheduleEnd(s, _) => which(s),
        Step::Protect(s, _) | Step::Borrow(s, _) | Step::Continue(s, _) => which(s),
        _ => None,
    };
    let session = session.unwrap_or(SessionId(uuid::Uuid::nil()));
    let waiting = match step {
        Step::RenewTicket(t) | Step::Pass(t) | Step::Leave(t) | Step::Move(t, _) => {
            ticket_at(pool, *t).map(|ticket| ticket.id)
        }
        _ => None,
    };
    let waiting = waiting.unwrap_or(TicketId(uuid::Uuid::nil()));
    let cause = EndCause::automatic;
    let later = |seconds: i64| at + TimeDelta::seconds(seconds);
    match step {
        Step::Connect(_) => format!("{:?}", pool.connect(session, Platform::Windows, at)),
        Step::Renew(_, active) => format!("{:?}", pool.renew(session, *active, at)),
        Step::End(_, reason) => format!("{:?}", pool.end(session, &EndCause::automatic(*reason), at)),
        Step::ScheduleEnd(_, after) => {
            let end = |s: i64| ScheduledEnd { at: at + TimeDelta::seconds(s), by: None, by_name: None, message: None };
            format!("{:?}", pool.schedule_end(session, after.map(end)))
        }
        Step::Protect(_, protected) => format!("{:?}", pool.protect(session, *protected, at)),
        Step::Borrow(_, seconds) => format!("{:?}", pool.borrow(session, TimeDelta::seconds(*seconds), at)),
        Step::Continue(_, device) => format!("{:?}", pool.continue_on_device(session, &format!("NB-{device}"), at)),
        Step::RenewTicket(_) => format!("{:?}", pool.renew_ticket(waiting, at)),
        Step::Pass(_) => format!("{:?}", pool.pass_offer(waiting, at)),
        Step::Leave(_) => format!("{:?}", pool.remove_ticket(waiting, TicketEnd::Withdrawn, None, at)),
        Step::Move(_, position) => format!("{:?}", pool.move_ticket(waiting, *position)),
        Step::Grant(to, after) => format!("{:?}", pool.grant_until(user(*to), after.map(later))),
        Step::SetGrantEnd(of, after) => format!("{:?}", pool.set_grant_end(user(*of), after.map(later))),
        Step::Revoke { from, end_now } => {
            format!("{:?}", pool.revoke(user(*from), end_now.then_some(&cause(EndReason::AssignmentRevoked)), at))
        }
        Step::Suspend(agent) => format!("{:?}", pool.suspend(user(*agent), &cause(EndReason::UserDeactivated), at)),
        Step::Resize(seats) => format!("{:?}", pool.resize(*seats)),
        Step::ChangeRules(chosen) => format!("{:?}", pool.change_rules(chosen.apply_to(pool.terms.rules), at)),
        Step::LimitGroups(limits) => format!("{:?}", pool.limit_groups(limits)),
        Step::Request { .. } | Step::Exchange { .. } | Step::Accept(_) | Step::Advance(_) => String::new(),
    }
}

/// The session that a user gives up: mostly one of theirs.
fn exchanged(pool: &Pool, by: UserId, number: usize) -> Option<SessionId> {
    let own = pool.sessions_of(by);
    let others = || pool.sessions().nth(number % pool.sessions().count().max(1)).map(|live| live.id);
    own.get(number % own.len().max(1)).copied().or_else(others)
}

fn ticket_at(pool: &Pool, number: usize) -> Option<&Ticket> {
    pool.tickets().nth(number % usize::try_from(pool.waiting().max(1)).unwrap_or(1))
}

/// Makes a request and undoes it.
fn undone_requests_leave_nothing(pool: &Pool, by: UserId, step: &Step, at: DateTime<Utc>) -> Result<(), TestCaseError> {
    let mut before = pool.clone();
    before.settle(at);
    before.offer_seats(at);
    let mut pool = before.clone();
    let savepoint = pool.savepoint(&BTreeSet::from([by]));
    decide(&mut pool, step, at, u128::MAX);
    pool.roll_back(savepoint);
    prop_assert_eq!(pool, before, "an undone request leaves nothing");
    Ok(())
}

fn run(terms: Terms, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let assigned = terms.model == Model::Concurrent;
    let users = (1..6).map(|number| PoolUser { groups: groups_of(number), ..pool_user(number, assigned) });
    let mut replica = Replica::new(terms.clone(), users);
    let mut cached = replica.read_pool(&Pool::new(terms, [], []));
    let mut at = now();
    for (step, next) in steps.iter().zip(1..) {
        if let Step::Advance(seconds) = step {
            at += TimeDelta::seconds(*seconds);
        }
        let was_settled = cached.is_settled(at);
        let mut fresh = replica.read_pool(&cached);
        fresh.settle(at);
        fresh.offer_seats(at);
        prop_assert!(
            !was_settled || fresh.take_changes().is_empty(),
            "something has expired although the pool is settled"
        );
        let mut fresh = replica.read_pool(&cached);

        if let Step::Request { by, .. } | Step::Exchange { by, .. } = step {
            undone_requests_leave_nothing(&cached, user(*by), step, at)?;
        }

        let before = replica.clone();
        let outcome = decide(&mut cached, step, at, next);
        prop_assert_eq!(&outcome, &decide(&mut fresh, step, at, next), "a pool that is read again decides the same");
        let changes = cached.take_changes();
        prop_assert_eq!(&changes, &fresh.take_changes(), "a pool that is read again makes the same changes");

        for (change, occupied) in changes {
            replica.apply(change, at)?;
            let is_recounted = matches!(step, Step::ChangeRules(_) | Step::Continue(..));
            prop_assert!(is_recounted || replica.occupied() == occupied, "the occupied seats of the event");
        }
        if let Step::Suspend(agent) = step {
            replica.set_suspended(user(*agent));
        }
        replica.agrees_with(&cached)?;
        replica.keeps_the_rules(&before, at, matches!(step, Step::ChangeRules(_)))?;
        replica.nothing_has_expired(&cached, at)?;
        match outcome {
            StepOutcome::Admission { by, device, borrow, result } => {
                replica.result_is_right(&before, (by, &device, borrow), result, at)?;
            }
            StepOutcome::Exchange { by, device, borrow, in_place_of, result } => {
                replica.exchange_is_right(&before, (by, &device, borrow), in_place_of, result, at)?;
            }
            StepOutcome::Acceptance { offered, result } => {
                prop_assert_eq!(offered, result.is_ok(), "an offer can be accepted")
            }
            StepOutcome::Other(_) => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_sequence_of_commands_breaks_a_rule(
        model in prop_oneof![4 => Just(Model::Concurrent), 1 => Just(Model::Named)],
        (seat_rule, second_device) in (seat_rule(), second_device()),
        seats in 0..4_i64,
        chosen in chosen(),
        (starts, ends) in (prop::option::weighted(0.2, 1..120_i64), prop::option::weighted(0.2, 200..600_i64)),
        steps in prop::collection::vec(step(), 1..100),
    ) {
        let rules = chosen.apply_to(Rules { seat_rule, second_device, lease_seconds: 60, ..Rules::default() });
        let at = |seconds| now() + TimeDelta::seconds(seconds);
        let (starts_at, ends_at) = (starts.map(at), ends.map(at));
        run(Terms { starts_at, ends_at, key_lifetime: TimeDelta::seconds(150), ..terms(model, seats, rules) }, steps)?;
    }
}
