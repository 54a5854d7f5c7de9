//! Every small world: all that can become of three agents and two seats, whatever happens in whatever order.
//!
//! A world is what would be stored, with times as whole ticks from now and agents as good as each other, so that there are
//! finitely many. Each step reads the pool anew, lets it decide, and takes the world from it again.

mod world;

use super::{tests::*, *};
use seatkeeper_shared::{
    session::{Mode, Platform},
    ticket::TicketEnd,
};
use stateright::{Checker, Model, Property};
use world::{Agent, BORROW, TICK, World, from_now, number};

/// What can happen, to which agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Ask(usize),
    AskOrWait(usize),
    Connect(usize),
    Renew(usize),
    Borrow(usize),
    Finish(usize),
    EndByAdmin(usize),
    Keep(usize),
    Accept(usize),
    Decline(usize),
    Pass(usize),
    MoveToHead(usize),
    Grant(usize),
    Revoke(usize),
    RevokeAndEnd(usize),
    /// And he is let in again afterwards.
    Suspend(usize),
    Resize(i64),
    Crash,
    Tick,
}

impl Agent {
    /// What can happen to him.
    fn steps(&self, n: usize) -> Vec<Step> {
        let mut steps = vec![Step::Suspend(n)];
        steps.extend(if self.assigned { vec![Step::Revoke(n), Step::RevokeAndEnd(n)] } else { vec![Step::Grant(n)] });
        match (&self.session, &self.ticket) {
            (Some(_), _) => {
                steps.extend([Step::Connect(n), Step::Renew(n), Step::Borrow(n), Step::Finish(n), Step::EndByAdmin(n)]);
            }
            (None, None) => steps.extend([Step::Ask(n), Step::AskOrWait(n)]),
            (None, Some(_)) => {
                steps.extend([
                    Step::Ask(n),
                    Step::Keep(n),
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

/// Lets the pool decide. Returns whom it refused, and why.
fn decide(pool: &mut Pool, step: Step, at: DateTime<Utc>) -> Option<(usize, Code)> {
    pool.settle(at);
    pool.offer_seats(at);
    let own = |n: usize| (user(number(n)), session(number(n)), ticket(number(n)));
    let by = Ending::by_itself;
    let mut refused = None;
    match step {
        Step::Ask(n) | Step::AskOrWait(n) | Step::Accept(n) => {
            let ask = ask(number(n), "", Mode::Attended);
            let (user, _, ticket) = own(n);
            let result = match step {
                Step::Accept(_) => pool.accept(ticket, ask.clone(), at),
                _ => pool.admit(user, ask.clone(), at),
            };
            let wait = matches!(step, Step::AskOrWait(_)) && result.as_ref().is_err_and(Refusal::may_pass);
            refused = result.err().map(|refusal| (n, refusal.code)).filter(|(_, code)| *code != Code::NoOffer);
            if wait {
                pool.queue(user, ticket, ask, at);
            }
        }
        Step::Connect(n) => drop(pool.connect(own(n).1, Platform::Mac, at)),
        Step::Renew(n) => drop(pool.renew(own(n).1, true, at)),
        Step::Borrow(n) => drop(pool.borrow(own(n).1, TimeDelta::seconds(BORROW * TICK), at)),
        Step::Finish(n) => drop(pool.end(own(n).1, &by(EndReason::Finished), at)),
        Step::EndByAdmin(n) => drop(pool.end(own(n).1, &by(EndReason::EndedByAdmin), at)),
        Step::Keep(n) => drop(pool.keep(own(n).2, at)),
        Step::Decline(n) => drop(pool.leave(own(n).2, TicketEnd::Declined, None, at)),
        Step::Pass(n) => drop(pool.pass(own(n).2, at)),
        Step::MoveToHead(n) => drop(pool.put(own(n).2, 1)),
        Step::Grant(n) => drop(pool.grant(own(n).0)),
        Step::Revoke(n) => drop(pool.revoke(own(n).0, None, at)),
        Step::RevokeAndEnd(n) => drop(pool.revoke(own(n).0, Some(&by(EndReason::AssignmentRevoked)), at)),
        Step::Suspend(n) => pool.suspend(own(n).0, &by(EndReason::UserDeactivated), at),
        Step::Resize(seats) => drop(pool.resize(seats)),
        Step::Crash | Step::Tick => {}
    }
    pool.offer_seats(at);
    refused
}

/// Three agents and two seats, of a pool or of a named license that is assigned to all three.
struct SmallWorlds {
    named: bool,
}

impl Model for SmallWorlds {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let agents = std::array::from_fn(|_| Agent { assigned: true, ..Agent::default() });
        vec![World { named: self.named, seats: 2, agents, broken: None }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        steps.extend(world.agents.iter().enumerate().flat_map(|(n, agent)| agent.steps(n)));
        steps.extend([Step::Resize(3 - world.seats), Step::Crash, Step::Tick]);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut before = world.clone();
        match step {
            Step::Crash => before.crash(),
            Step::Tick => before.write(),
            _ => {}
        }
        let at = from_now(i64::from(step == Step::Tick));
        let mut pool = before.read();
        let refused = decide(&mut pool, step, at);
        let mut next = before.after(&pool, at);
        next.broken = next.broken_since(world, step, refused);
        next.agents.sort_unstable();
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("each step keeps the rules", |_, world: &World| world.broken.is_none()),
            Property::always("1: no seat is offered that is not there", |_, w: &World| {
                w.offers() == 0 || w.free() >= 0
            }),
            Property::always("5: no lease or key goes on after its end", |_, world: &World| {
                world.agents.iter().filter_map(|a| a.session.as_ref()).all(|s| s.lease > 0 && s.key != Some(0))
            }),
            Property::always("6: no seat is free while somebody in the line could have it", |_, world: &World| {
                world.free() <= 0 || world.first_place().is_none()
            }),
            Property::always("6: no offer or ticket goes on after its end, or without a right", |_, world: &World| {
                let tickets = |agent: &Agent| {
                    agent.ticket.as_ref().is_none_or(|t| agent.assigned && t.lease > 0 && t.offer != Some(0))
                };
                world.agents.iter().all(tickets)
            }),
            Property::always("6: an offer can be taken", |_, world: &World| {
                world.agents.iter().all(|agent| !agent.is_offered() || agent.cooling == 0)
            }),
            Property::sometimes("the license is over capacity while somebody waits", |_, world: &World| {
                world.free() < 0 && world.first_place().is_some()
            }),
            Property::sometimes("both seats are borrowed while somebody waits", |_, world: &World| {
                let out = |agent: &&Agent| agent.session.as_ref().is_some_and(|seated| seated.borrowed);
                world.agents.iter().filter(out).count() == 2 && world.first_place().is_some()
            }),
            Property::sometimes("both seats are kept for the line", |_, world: &World| world.offers() == 2),
            // Nobody cools down from a named seat.
            Property::sometimes("all wait, two of them in a cool-down", |_, world: &World| {
                world.named
                    || world.agents.iter().filter(|agent| agent.cooling > 0 && agent.ticket.is_some()).count() == 2
            }),
        ]
    }
}

#[test]
fn no_small_world_breaks_a_rule() {
    explore(SmallWorlds { named: false });
}

#[test]
fn no_small_world_of_a_named_license_breaks_a_rule() {
    explore(SmallWorlds { named: true });
}

fn explore(worlds: SmallWorlds) {
    // Without cool-downs there are fewer.
    let least = if worlds.named { 3_000 } else { 30_000 };
    let explored = worlds.checker().threads(2).spawn_bfs().join();
    explored.assert_properties();
    println!(
        "{} worlds of three agents and two seats, by {} steps, up to {} steps from the first",
        explored.unique_state_count(),
        explored.state_count(),
        explored.max_depth()
    );
    assert!(explored.unique_state_count() > least, "the exploration has become empty");
}
