//! Sessions that are created all or none: every history of a small world, and random histories with all rules.
//!
//! The expected result of each request for several sessions is found with single requests on a copy: if these are all
//! granted, so must be the sessions together, by the same changes; otherwise the first refusal is the result.

use super::*;
use crate::{
    pool::{NewSession, Pool, Terms, changes::PoolUser, changes::SeatChange},
    seats::command::SeatCommand,
};
use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, TicketId, UserId},
    license::{GroupLimit, Model, Rules, SeatRule, SecondDevice},
    people::UserStatus,
    session::{EndReason, Mode},
};
use uuid::Uuid;

/// A request for a seat: agent, product, device, and idempotency key.
type Wish = (u128, u128, u8, Option<u8>);

#[derive(Clone, Debug)]
enum Step {
    Request {
        wish: Wish,
        wait: bool,
    },
    Together(Vec<Wish>),
    /// Ends a session, chosen by an index modulo their number.
    End(usize),
    /// Accepts the offer of a ticket, chosen alike.
    Accept(usize),
    Advance(i64),
}

/// Product 1 has the licenses 1 and 2, product 2 has license 3.
#[derive(Clone, Debug)]
struct Setup {
    seats: [i64; 3],
    rules: Rules,
    /// License 2 reserves a seat for the agents 1 and 2.
    reserves: bool,
}

impl Setup {
    fn pool(&self, number: u128) -> Pool {
        let group = seatkeeper_shared::ids::GroupId(Uuid::from_u128(1));
        let limit = (self.reserves && number == 2).then_some(GroupLimit { group_id: group, floor: 1, cap: None });
        let terms = Terms {
            license: LicenseId(Uuid::from_u128(number)),
            product: product(if number == 3 { 2 } else { 1 }),
            product_name: String::new(),
            key_lifetime: TimeDelta::minutes(10),
            model: Model::Concurrent,
            seats: self.seats[usize::try_from(number - 1).unwrap()],
            starts_at: None,
            ends_at: None,
            archived: false,
            rules: self.rules,
            groups: limit.into_iter().collect(),
        };
        let mut pool = Pool::new(terms, [], []);
        for agent in 1..=3 {
            pool.set_user(PoolUser {
                id: user(agent),
                name: String::new(),
                email: String::new(),
                status: UserStatus::Active,
                // Agent 3 has only license 1 and license 3.
                assigned: agent < 3 || number != 2,
                grant_ends_at: None,
                cool_until: None,
                groups: if agent < 3 { vec![group] } else { Vec::new() },
            });
        }
        pool
    }

    fn batch(&self) -> Batch {
        let mut batch = Batch::at(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        batch.pools = (1..=3).map(|number| (LicenseId(Uuid::from_u128(number)), self.pool(number))).collect();
        for agent in 1..=3 {
            for (number, licenses) in [(1, vec![1, 2]), (2, vec![3])] {
                let licenses = licenses.into_iter().map(|number| LicenseId(Uuid::from_u128(number))).collect();
                batch.candidates.insert((user(agent), product(number)), licenses);
            }
        }
        batch
    }
}

fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

fn product(number: u128) -> ProductId {
    ProductId(Uuid::from_u128(number))
}

/// The request for a session that is identified by the number.
fn wanted((agent, of, device, key): Wish, number: usize, wait: bool) -> WantedSeat {
    let id = Uuid::from_u128(1_000 + number as u128);
    let request = SeatRequest {
        ticket: wait.then_some(TicketId(id)),
        idempotency_key: key.map(|key| key.to_string()),
        ..SeatRequest::new(SessionId(id), format!("NB-{device}"), Mode::Application, format!("{number:09}"))
    };
    WantedSeat { user: user(agent), product: product(of), request }
}

/// A copy of what is decided on, with no decisions of its own.
fn copy(batch: &Batch) -> Batch {
    Batch {
        pools: batch.pools.clone(),
        license_of: batch.license_of.clone(),
        queue_of: batch.queue_of.clone(),
        candidates: batch.candidates.clone(),
        repeated_requests: batch.repeated_requests.clone(),
        ..Batch::at(batch.now)
    }
}

/// The codes that the requests must get, `None` for a session, and the changes that follow from single requests that do
/// not wait.
fn expected(before: &Batch, all: &[WantedSeat]) -> (Vec<Option<Code>>, Vec<(LicenseId, SeatChange)>) {
    let mut probe = copy(before);
    let is_second = |index: usize| {
        let key = all[index].key();
        key.is_some() && all[..index].iter().any(|earlier| earlier.key() == key)
    };
    if let Some(second) = (0..all.len()).find(|index| is_second(*index)) {
        let mut codes = vec![Some(Code::NotAttempted); all.len()];
        codes[second] = Some(Code::IdempotencyMismatch);
        return (codes, Vec::new());
    }
    let known = all.iter().filter(|one| one.key().is_some_and(|key| before.repeated_requests.contains_key(&key)));
    let known = known.count();
    let mut created = Vec::new();
    for (index, one) in all.iter().enumerate() {
        let is_known = one.key().is_some_and(|key| before.repeated_requests.contains_key(&key));
        let refused = if is_known && known < all.len() {
            Some(Code::IdempotencyMismatch)
        } else if known > 0 && known < all.len() {
            continue;
        } else {
            let request = SeatRequest { ticket: None, ..one.request.clone() };
            match probe.decide(&Actor::system(), &SeatCommand::Create(WantedSeat { request, ..*one })) {
                Outcome::Session(session) => {
                    created.push(session.id);
                    created.iter().any(|id| probe.session(*id).is_none()).then_some(Code::OtherDevice)
                }
                Outcome::Repeated(_) => None,
                Outcome::Refused(refusal) => Some(refusal.code),
                Outcome::Failed(code) => Some(code),
                other => panic!("{other:?}"),
            }
        };
        if let Some(code) = refused {
            let mut codes = vec![Some(Code::NotAttempted); all.len()];
            codes[index] = Some(code);
            return (codes, Vec::new());
        }
    }
    (vec![None; all.len()], probe.changes)
}

fn code(outcome: &Outcome) -> Option<Code> {
    match outcome {
        Outcome::Session(_) | Outcome::Repeated(_) => None,
        Outcome::Refused(refusal) => Some(refusal.code),
        Outcome::Failed(code) => Some(*code),
        other => panic!("{other:?}"),
    }
}

/// Requests the sessions together, and checks the result. Returns whether they were granted.
fn together(batch: &mut Batch, all: &[WantedSeat]) -> bool {
    let (codes, changes) = expected(batch, all);
    let indexes = |batch: &Batch| {
        let Batch { license_of, queue_of, repeated_requests, renewed_tickets, .. } = batch;
        (license_of.clone(), queue_of.clone(), repeated_requests.clone(), renewed_tickets.clone())
    };
    let (pools, before) = (batch.pools.clone(), indexes(batch));
    let (change_count, event_count) = (batch.changes.len(), batch.events.len());
    let Outcome::Operations(outcomes) = batch.decide(&Actor::system(), &SeatCommand::CreateAll(all.to_vec())) else {
        panic!("an outcome of another kind")
    };
    assert_eq!(outcomes.iter().map(code).collect::<Vec<_>>(), codes, "{all:?}");
    if codes.iter().all(Option::is_none) {
        assert_eq!(batch.changes[change_count..], changes, "single requests make the same changes");
        return outcomes.iter().all(|outcome| matches!(outcome, Outcome::Session(_)));
    }
    assert_eq!(batch.pools, pools, "nothing remains of a refused request");
    assert_eq!(indexes(batch), before, "nothing remains of a refused request");
    let at = codes.iter().position(|code| *code != Some(Code::NotAttempted)).unwrap();
    let is_refusal = matches!(outcomes[at], Outcome::Refused(_));
    assert_eq!(batch.events.len() - event_count, usize::from(is_refusal), "one event, if a rule refused");
    if let Outcome::Refused(Refusal { facts: Some(facts), code }) = &outcomes[at] {
        let pool = &batch.pools[&facts.license_id];
        assert_eq!((facts.seats, facts.occupied, facts.waiting), (pool.terms.seats, pool.occupied(), pool.waiting()));
        let refused = SeatChange::Refused { user: all[at].user, device: all[at].request.device.clone(), code: *code };
        assert_eq!(batch.changes[change_count..], [(facts.license_id, refused)]);
    }
    false
}

/// Takes a step; `number` identifies what it creates.
fn take(batch: &mut Batch, step: &Step, number: usize) -> bool {
    let actor = Actor::system();
    match step {
        Step::Request { wish, wait } => {
            batch.decide(&actor, &SeatCommand::Create(wanted(*wish, number, *wait)));
        }
        Step::Together(wishes) => {
            let all: Vec<_> = wishes.iter().zip(number..).map(|(wish, number)| wanted(*wish, number, true)).collect();
            return together(batch, &all);
        }
        Step::End(which) => {
            let live: Vec<_> = batch.pools.values().flat_map(Pool::sessions).map(|live| (live.id, live.user)).collect();
            if let Some((session, user)) = live.get(which % live.len().max(1)) {
                let actor = Actor { id: Some(*user), ..Actor::system() };
                let owner = crate::seats::command::OwnerFilter::Own(*user);
                let end = SeatOperation::End { session: *session, owner, options: Default::default() };
                let Outcome::Operations(ended) = batch.decide(&actor, &SeatCommand::Operate(vec![end])) else {
                    panic!("an outcome of another kind")
                };
                let Outcome::Ended(results) = &ended[0] else { panic!("{ended:?}") };
                assert_eq!(results[0].ended.as_ref().map(|end| end.reason), Some(EndReason::Finished));
            }
        }
        Step::Accept(which) => {
            let waiting: Vec<_> = batch.pools.values().flat_map(Pool::tickets).map(|one| (one.id, one.user)).collect();
            if let Some((ticket, user)) = waiting.get(which % waiting.len().max(1)) {
                let new = NewSession {
                    id: SessionId(Uuid::from_u128(1_000 + number as u128)),
                    support_key: format!("{number:09}"),
                };
                batch.decide(&actor, &SeatCommand::AcceptOffer { ticket: *ticket, user: *user, new });
            }
        }
        Step::Advance(seconds) => {
            batch.now += TimeDelta::seconds(*seconds);
            batch.settle();
        }
    }
    false
}

/// Takes the steps; returns the changes, and whether any sessions were created together.
fn run(setup: &Setup, steps: &[Step]) -> (Vec<(LicenseId, SeatChange)>, bool) {
    let (mut batch, mut granted) = (setup.batch(), false);
    for (number, step) in steps.iter().enumerate() {
        granted |= take(&mut batch, step, number * 10);
        for pool in batch.pools.values() {
            let offers = pool.tickets().filter(|ticket| ticket.offer_until.is_some()).count();
            let taken = pool.occupied() + i64::try_from(offers).unwrap();
            assert!(taken <= pool.terms.max_occupied(), "more seats are occupied or offered than there are");
            let mut later = pool.clone();
            later.offer_seats(batch.now);
            assert!(!later.has_changes(), "a seat is free although a waiter could have it");
        }
    }
    (batch.changes, granted)
}

#[test]
fn every_short_history_of_a_small_world_creates_all_or_none() {
    let steps = [
        Step::Request { wish: (3, 1, 0, None), wait: true },
        Step::Request { wish: (2, 1, 0, Some(1)), wait: false },
        Step::Together(vec![(1, 1, 0, None), (1, 1, 0, None)]),
        Step::Together(vec![(1, 1, 0, Some(1)), (1, 2, 0, Some(2))]),
        Step::Together(vec![(2, 2, 0, None), (2, 1, 0, Some(1))]),
        Step::Together(vec![(3, 1, 0, None), (3, 2, 0, None), (3, 1, 1, None)]),
        Step::End(0),
        Step::Accept(0),
        Step::Advance(40),
    ];
    let rules = Rules { seat_rule: SeatRule::Session, lease_seconds: 90, offer_seconds: 60, ..Rules::default() };
    let setup = Setup { seats: [1, 1, 1], rules, reserves: false };
    let (mut granted, mut histories) = (0, 0);
    for length in 1..=4 {
        for index in 0..steps.len().pow(length) {
            let choose = |place: u32| steps[index / steps.len().pow(place) % steps.len()].clone();
            let history: Vec<_> = (0..length).map(choose).collect();
            granted += usize::from(run(&setup, &history).1);
            histories += 1;
        }
    }
    assert!(granted > 1_000 && granted < histories, "{granted} of {histories}");
}

fn wish() -> impl Strategy<Value = Wish> {
    (1..=3_u128, 1..=2_u128, 0..2_u8, prop::option::weighted(0.3, 0..4_u8))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (wish(), any::<bool>()).prop_map(|(wish, wait)| Step::Request { wish, wait }),
        6 => prop::collection::vec(wish(), 1..5).prop_map(Step::Together),
        4 => (0..8_usize).prop_map(Step::End),
        2 => (0..4_usize).prop_map(Step::Accept),
        2 => (1..60_i64).prop_map(Step::Advance),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_history_creates_some_of_several_sessions(
        seats in prop::array::uniform3(0..5_i64),
        seat_rule in prop_oneof![Just(SeatRule::Agent), Just(SeatRule::Device), Just(SeatRule::Session)],
        second_device in prop_oneof![
            Just(SecondDevice::Share), Just(SecondDevice::TakeOver), Just(SecondDevice::SecondSeat),
            Just(SecondDevice::Refuse)
        ],
        reserves in any::<bool>(),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let rules = Rules { seat_rule, second_device, lease_seconds: 120, offer_seconds: 30, ..Rules::default() };
        let setup = Setup { seats, rules, reserves: reserves && seats[1] > 0 };
        prop_assert_eq!(run(&setup, &steps), run(&setup, &steps), "the same history has the same result");
    }
}
