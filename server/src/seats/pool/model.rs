//! Random days at a license: whatever people do in whatever order, the rules hold after each step.

use super::{tests::*, *};
use proptest::prelude::*;
use seatkeeper_shared::{
    license::{Model, SeatRule},
    session::{Mode, Platform},
};
use std::collections::{HashMap, HashSet};

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Ask { by: u128, device: u8, mode: Mode },
    Connect { session: u128 },
    Renew { session: u128 },
    End { session: u128 },
    Grant { to: u128 },
    Revoke { from: u128, end_now: bool },
    Suspend { user: u128 },
    Resize { seats: i64 },
    Pass { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![Just(Mode::Attended), Just(Mode::Application)];
    prop_oneof![
        8 => (1..6_u128, 0..2_u8, mode).prop_map(|(by, device, mode)| Step::Ask { by, device, mode }),
        2 => (1..40_u128).prop_map(|session| Step::Connect { session }),
        2 => (1..40_u128).prop_map(|session| Step::Renew { session }),
        3 => (1..40_u128).prop_map(|session| Step::End { session }),
        2 => (1..6_u128).prop_map(|to| Step::Grant { to }),
        1 => (1..6_u128, any::<bool>()).prop_map(|(from, end_now)| Step::Revoke { from, end_now }),
        1 => (1..6_u128).prop_map(|user| Step::Suspend { user }),
        1 => (0..5_i64).prop_map(|seats| Step::Resize { seats }),
        2 => (1..200_i64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

/// What the facts say, counted without any of the pool's own code.
#[derive(Default)]
struct Told {
    live: HashMap<SessionId, (UserId, String)>,
    assigned: HashSet<UserId>,
}

impl Told {
    fn hear(&mut self, facts: Vec<(Fact, i64)>, rule: SeatRule, model: Model) -> Result<(), TestCaseError> {
        for (fact, occupied) in facts {
            match fact {
                Fact::Created(live) => drop(self.live.insert(live.id, (live.user, live.device))),
                Fact::Ended { session, .. } => prop_assert!(self.live.remove(&session).is_some(), "ended twice"),
                Fact::Granted(user) => prop_assert!(self.assigned.insert(user), "granted twice"),
                Fact::Revoked(user) => prop_assert!(self.assigned.remove(&user), "revoked twice"),
                _ => {}
            }
            prop_assert_eq!(self.holders(rule, model), occupied, "the log says how many seats are occupied");
        }
        Ok(())
    }

    /// Who has a named seat: by assignment, or by a session that he may finish.
    fn entitled(&self) -> usize {
        self.assigned.iter().chain(self.live.values().map(|(user, _)| user)).collect::<HashSet<_>>().len()
    }

    fn holders(&self, rule: SeatRule, model: Model) -> i64 {
        let holder = |(id, (user, device)): (&SessionId, &(UserId, String))| match (model, rule) {
            (Model::Named, _) | (_, SeatRule::Agent) => format!("{user}"),
            (_, SeatRule::Device) => format!("{user} {device}"),
            (_, SeatRule::Session) => format!("{id}"),
        };
        i64::try_from(self.live.iter().map(holder).collect::<HashSet<_>>().len()).unwrap_or(i64::MAX)
    }
}

fn one_day(model: Model, rule: SeatRule, seats: i64, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut pool = pool(model, seats, rule);
    let mut told = Told::default();
    if model == Model::Concurrent {
        told.assigned.extend((1..=20).map(user));
    }
    let (mut at, mut next) = (now(), 1);
    for step in steps {
        let finish = Ending::by_itself(EndReason::Finished);
        let session = |number| SessionId(uuid::Uuid::from_u128(number));
        pool.settle(at);
        told.hear(pool.take_facts(), rule, model)?;
        let (before, entitled) = (pool.occupied(), told.entitled());
        match step {
            Step::Ask { by, device, mode } => {
                drop(pool.admit(user(by), ask(next, &format!("NB-{device}"), mode), at));
                next += 1;
                let grew = pool.occupied() > before;
                prop_assert!(
                    !grew || model == Model::Named || pool.occupied() <= pool.terms.seats,
                    "one seat too many"
                );
            }
            Step::Connect { session: id } => drop(pool.connect(session(id), Platform::Windows, at)),
            Step::Renew { session: id } => drop(pool.renew(session(id), false, at)),
            Step::End { session: id } => drop(pool.end(session(id), &finish, at)),
            Step::Grant { to } => drop(pool.grant(user(to))),
            Step::Revoke { from, end_now } => drop(pool.revoke(user(from), end_now.then_some(&finish), at)),
            Step::Suspend { user: whom } => pool.suspend(user(whom), &finish, at),
            Step::Resize { seats } => drop(pool.resize(seats)),
            Step::Pass { seconds } => at += TimeDelta::seconds(seconds),
        }
        told.hear(pool.take_facts(), rule, model)?;
        let more = told.entitled() > entitled;
        let within = i64::try_from(told.entitled()).unwrap_or(i64::MAX) <= pool.terms.seats;
        prop_assert!(model == Model::Concurrent || !more || within, "a named license assigned beyond its seats");
        prop_assert_eq!(pool.occupied(), told.holders(rule, model), "what is occupied follows from the log alone");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_day_breaks_a_rule(
        model in prop_oneof![3 => Just(Model::Concurrent), 1 => Just(Model::Named)],
        rule in prop_oneof![Just(SeatRule::Agent), Just(SeatRule::Device), Just(SeatRule::Session)],
        seats in 0..4_i64,
        steps in prop::collection::vec(step(), 1..80),
    ) {
        one_day(model, rule, seats, steps)?;
    }
}
