//! Model checking: explores every state that three agents and two seats can reach, by all commands in every order.
//!
//! A state is what would be stored, with times as whole ticks from now and agents as interchangeable, so that the
//! number of states is finite. Each step reads a pool from the state, lets it decide, and derives the next state from
//! the pool.

mod state;

use super::{tests::*, *};
use seatkeeper_shared::{
    session::{Mode, Platform},
    ticket::TicketEnd,
};
use state::{Agent, BORROW_TICKS, ModelState, TICK_SECONDS, from_now, number};
use stateright::{Checker, Model, Property};

/// A step of the model, with the index of the agent it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Request(usize),
    RequestOrWait(usize),
    Connect(usize),
    Renew(usize),
    Borrow(usize),
    /// A new session in place of the agent's.
    Exchange(usize),
    Finish(usize),
    EndByAdmin(usize),
    RenewTicket(usize),
    Accept(usize),
    Decline(usize),
    Pass(usize),
    MoveToHead(usize),
    Grant(usize),
    Revoke(usize),
    RevokeAndEnd(usize),
    /// The agent is reactivated afterwards.
    Suspend(usize),
    Resize(i64),
    Crash,
    Tick,
}

impl Agent {
    /// The steps that can happen to the agent.
    fn steps(&self, n: usize) -> Vec<Step> {
        let mut steps = vec![Step::Suspend(n)];
        steps.extend(if self.assigned { vec![Step::Revoke(n), Step::RevokeAndEnd(n)] } else { vec![Step::Grant(n)] });
        match (&self.session, &self.ticket) {
            (Some(_), _) => {
                steps.extend([Step::Connect(n), Step::Renew(n), Step::Borrow(n), Step::Exchange(n)]);
                steps.extend([Step::Finish(n), Step::EndByAdmin(n)]);
            }
            (None, None) => steps.extend([Step::Request(n), Step::RequestOrWait(n)]),
            (None, Some(_)) => {
                steps.extend([
                    Step::Request(n),
                    Step::RenewTicket(n),
                    Step::MoveToHead(n),
                    Step::Decline(n),
                    Step::Accept(n),
                    Step::Pass(n),
                ]);
            }
        }
        steps
    }
}

/// Lets the pool decide. Returns the agent that it refused, and why.
fn decide(pool: &mut Pool, step: Step, at: DateTime<Utc>) -> Option<(usize, Code)> {
    pool.settle(at);
    pool.offer_seats(at);
    let ids = |n: usize| (user(number(n)), session(number(n)), ticket(number(n)));
    let cause = EndCause::automatic;
    let mut refused = None;
    match step {
        Step::Request(n) | Step::RequestOrWait(n) | Step::Accept(n) => {
            let request = request(number(n), "", Mode::Attended);
            let (user, _, ticket) = ids(n);
            let result = match step {
                Step::Accept(_) => pool.accept_offer(ticket, new_session(number(n)), at),
                _ => pool.admit(user, request.clone(), at),
            };
            let waits = matches!(step, Step::RequestOrWait(_)) && result.as_ref().is_err_and(Refusal::can_wait);
            refused = result.err().map(|refusal| (n, refusal.code)).filter(|(_, code)| *code != Code::NoOffer);
            if waits {
                pool.enqueue(user, ticket, request, at);
            }
        }
        Step::Exchange(n) => {
            let (user, own, _) = ids(n);
            let request = SeatRequest { in_place_of: Some(own), ..request(number(n), "", Mode::Attended) };
            refused = pool.admit(user, request, at).err().map(|refusal| (n, refusal.code));
        }
        Step::Connect(n) => drop(pool.connect(ids(n).1, Platform::Mac, at)),
        Step::Renew(n) => drop(pool.renew(ids(n).1, true, at)),
        Step::Borrow(n) => drop(pool.borrow(ids(n).1, TimeDelta::seconds(BORROW_TICKS * TICK_SECONDS), at)),
        Step::Finish(n) => drop(pool.end(ids(n).1, &cause(EndReason::Finished), at)),
        Step::EndByAdmin(n) => drop(pool.end(ids(n).1, &cause(EndReason::EndedByAdmin), at)),
        Step::RenewTicket(n) => drop(pool.renew_ticket(ids(n).2, at)),
        Step::Decline(n) => drop(pool.remove_ticket(ids(n).2, TicketEnd::Declined, None, at)),
        Step::Pass(n) => drop(pool.pass_offer(ids(n).2, at)),
        Step::MoveToHead(n) => drop(pool.move_ticket(ids(n).2, 1)),
        Step::Grant(n) => drop(pool.grant(ids(n).0)),
        Step::Revoke(n) => drop(pool.revoke(ids(n).0, None, at)),
        Step::RevokeAndEnd(n) => drop(pool.revoke(ids(n).0, Some(&cause(EndReason::AssignmentRevoked)), at)),
        Step::Suspend(n) => pool.suspend(ids(n).0, &cause(EndReason::UserDeactivated), at),
        Step::Resize(seats) => drop(pool.resize(seats)),
        Step::Crash | Step::Tick => {}
    }
    pool.offer_seats(at);
    refused
}

/// The pool before a request and after it was undone.
fn undone(pool: &Pool, step: Step, at: DateTime<Utc>) -> Option<(Pool, Pool)> {
    let (Step::Request(agent) | Step::RequestOrWait(agent) | Step::Exchange(agent)) = step else { return None };
    let mut before = pool.clone();
    before.settle(at);
    before.offer_seats(at);
    let mut after = before.clone();
    let savepoint = after.savepoint(&BTreeSet::from([user(number(agent))]));
    decide(&mut after, step, at);
    after.roll_back(savepoint);
    Some((before, after))
}

/// Three agents and two seats of a concurrent license, or of a named one that is assigned to all three.
struct SeatModel {
    named: bool,
}

impl Model for SeatModel {
    type State = ModelState;
    type Action = Step;

    fn init_states(&self) -> Vec<ModelState> {
        let agents = std::array::from_fn(|_| Agent { assigned: true, ..Agent::default() });
        vec![ModelState { named: self.named, seats: 2, agents, broken: None }]
    }

    fn actions(&self, state: &ModelState, steps: &mut Vec<Step>) {
        steps.extend(state.agents.iter().enumerate().flat_map(|(n, agent)| agent.steps(n)));
        steps.extend([Step::Resize(3 - state.seats), Step::Crash, Step::Tick]);
    }

    fn next_state(&self, state: &ModelState, step: Step) -> Option<ModelState> {
        let mut before = state.clone();
        match step {
            Step::Crash => before.crash(),
            Step::Tick => before.write_heartbeats(),
            _ => {}
        }
        let at = from_now(i64::from(step == Step::Tick));
        let mut pool = before.pool();
        let leaves_something = undone(&pool, step, at).is_some_and(|(before, after)| before != after);
        let refused = decide(&mut pool, step, at);
        if let Step::Exchange(n) = step
            && refused.is_none()
        {
            // The new session is written at once.
            before.agents[n].session = None;
        }
        let mut next = before.after(&pool, at);
        next.broken = next.broken_since(state, step, refused);
        next.broken = next.broken.or(leaves_something.then_some("an undone request left something"));
        next.agents.sort_unstable();
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("each step keeps the rules", |_, state: &ModelState| state.broken.is_none()),
            Property::always("1: no more seats are offered than are free", |_, state: &ModelState| {
                state.offers() == 0 || state.free() >= 0
            }),
            Property::always("5: no lease or key outlives its end", |_, state: &ModelState| {
                state.agents.iter().filter_map(|a| a.session.as_ref()).all(|s| s.lease > 0 && s.key != Some(0))
            }),
            Property::always("6: no seat is free while a waiter could have it", |_, state: &ModelState| {
                state.free() <= 0 || state.first_place().is_none()
            }),
            Property::always("6: no offer or ticket outlives its end or its assignment", |_, state: &ModelState| {
                let tickets = |agent: &Agent| {
                    agent.ticket.as_ref().is_none_or(|t| agent.assigned && t.lease > 0 && t.offer != Some(0))
                };
                state.agents.iter().all(tickets)
            }),
            Property::always("6: an offer can be accepted", |_, state: &ModelState| {
                state.agents.iter().all(|agent| !agent.is_offered() || agent.cooling == 0)
            }),
            Property::sometimes("the license is over capacity while an agent waits", |_, state: &ModelState| {
                state.free() < 0 && state.first_place().is_some()
            }),
            Property::sometimes("both seats are borrowed while an agent waits", |_, state: &ModelState| {
                let borrows = |agent: &&Agent| agent.session.as_ref().is_some_and(|seated| seated.borrowed);
                state.agents.iter().filter(borrows).count() == 2 && state.first_place().is_some()
            }),
            Property::sometimes("both seats are offered", |_, state: &ModelState| state.offers() == 2),
            // Named seats have no cool-down.
            Property::sometimes("two agents wait in a cool-down", |_, state: &ModelState| {
                state.named
                    || state.agents.iter().filter(|agent| agent.cooling > 0 && agent.ticket.is_some()).count() == 2
            }),
        ]
    }
}

#[test]
fn no_reachable_state_of_a_concurrent_license_breaks_a_rule() {
    explore(SeatModel { named: false });
}

#[test]
fn no_reachable_state_of_a_named_license_breaks_a_rule() {
    explore(SeatModel { named: true });
}

fn explore(model: SeatModel) {
    // A named license has fewer states, because it has no cool-downs.
    let min_states = if model.named { 3_000 } else { 30_000 };
    let explored = model.checker().threads(2).spawn_bfs().join();
    explored.assert_properties();
    println!(
        "{} states of three agents and two seats, by {} steps, up to {} steps from the first",
        explored.unique_state_count(),
        explored.state_count(),
        explored.max_depth()
    );
    assert!(explored.unique_state_count() > min_states, "the model reaches too few states");
}
