//! What replays at other settings lead to, in demands small enough to follow by hand.

mod assumptions;
mod derivation;
mod rules;

use super::{demand::*, *};
use crate::tests::now;
use chrono::TimeDelta;
use seatkeeper_shared::{
    license::{Model, Rules},
    problem::Code,
    session::{EndReason, Mode},
};

pub(super) const fn seconds(seconds: i64) -> Micros {
    Micros::seconds(seconds)
}

/// A demand of ten agents for a concurrent license in two hours. Times are in seconds.
pub(super) struct Recorded(pub Demand);

impl Recorded {
    pub fn new(seats: i64) -> Self {
        let terms = DemandTerms {
            model: Model::Concurrent,
            seats,
            period: LicensePeriod::default(),
            archived: false,
            rules: Rules::default(),
            limits: Vec::new(),
        };
        Self(Demand {
            from: now(),
            until: now() + TimeDelta::hours(2),
            terms,
            people: vec![Person { assigned: true, ..Person::default() }; 10],
            devices: 20,
            sessions: Vec::new(),
            tickets: Vec::new(),
            requests: Vec::new(),
            changes: Vec::new(),
            unexplained: 0,
        })
    }

    pub fn request(mut self, at: i64, person: u32, result: RequestResult) -> Self {
        let order = Order(u32::try_from(self.0.requests.len()).unwrap());
        self.0.requests.push(Request {
            at: seconds(at),
            order,
            person: PersonIndex(person),
            device: DeviceIndex(person),
            mode: Mode::Application,
            platform: None,
            borrow: None,
            in_place: false,
            result,
        });
        self
    }

    /// A request that got a seat at once, for this long.
    pub fn seated(self, at: i64, person: u32, length: i64) -> Self {
        self.request(at, person, RequestResult::Seated(work(length, EndReason::Finished, None)))
    }

    pub fn refused(self, at: i64, person: u32) -> Self {
        self.request(at, person, RequestResult::Refused(Code::PoolFull))
    }

    /// The fates of all requests, and the totals.
    pub fn replay(&self, settings: &Settings, assumptions: &Assumptions) -> (Vec<Fate>, Totals) {
        let outcome = replay(&self.0, settings, assumptions, |_| ControlFlow::Continue(())).unwrap();
        (outcome.requests.iter().map(|request| request.fate).collect(), outcome.totals)
    }

    pub fn fates(&self, settings: &Settings) -> Vec<Fate> {
        self.replay(settings, &Assumptions::default()).0
    }
}

/// Work that ended after this long.
pub(super) fn work(length: i64, reason: EndReason, limit_seconds: Option<i64>) -> Work {
    let end = WorkEnd {
        after: seconds(length),
        reason,
        order: Order(1_000),
        follows: false,
        limit_seconds,
        offers_after: true,
    };
    Work { end: Some(end), ..Work::default() }
}

#[test]
fn with_fewer_seats_people_wait_until_one_is_free() {
    let recorded = Recorded::new(2).seated(0, 0, 600).seated(300, 1, 600).seated(2_000, 2, 100);
    assert_eq!(recorded.fates(&Settings::default()), [Fate::Seated; 3]);
    let (fates, totals) = recorded.replay(&Settings::with_seats(1), &Assumptions::default());
    // The offer at 600 is accepted ten seconds later, which is assumed where nobody ever had an offer.
    assert_eq!(fates, [Fate::Seated, Fate::SeatedAfter(seconds(310)), Fate::Seated]);
    let counts = (totals.attempts, totals.seated_at_once, totals.seated_later, totals.waited());
    assert_eq!((counts, totals.longest_wait, totals.peak), ((3, 2, 1, 1), seconds(310), 1));
    assert_eq!((totals.seat_time(), totals.time_at_least(1)), (seconds(1_300), seconds(1_300)));
}

#[test]
fn occupancy_is_the_time_with_each_number_of_seats() {
    let recorded = Recorded::new(2).seated(0, 0, 600).seated(300, 1, 600);
    let totals = recorded.replay(&Settings::default(), &Assumptions::default()).1;
    assert_eq!(totals.occupied, [seconds(6_300), seconds(600), seconds(300)]);
    assert_eq!((totals.seat_time(), totals.time_at_least(2)), (seconds(1_200), seconds(300)));
}

#[test]
fn delayed_sessions_last_as_long_as_recorded() {
    let recorded = Recorded::new(3).seated(0, 0, 100).seated(10, 1, 100).seated(20, 2, 100);
    let fates = recorded.fates(&Settings::with_seats(1));
    // The second runs from 110 to 210, so that the third gets its offer at 210.
    assert_eq!(fates, [Fate::Seated, Fate::SeatedAfter(seconds(100)), Fate::SeatedAfter(seconds(200))]);
}

#[test]
fn a_recorded_waiter_is_seated_at_once_if_there_are_more_seats() {
    let accepted = |after| OfferReaction {
        after: seconds(after),
        order: Order(1_001),
        kind: ReactionKind::Accepted(work(50, EndReason::Finished, None)),
        offers_after: false,
    };
    let wait = Wait { offers: vec![accepted(4)], end: None, waited: seconds(64) };
    let recorded = Recorded::new(1).seated(0, 0, 100).request(40, 1, RequestResult::Queued(wait)).seated(300, 2, 1);
    let fate = |settings: &Settings| recorded.replay(settings, &Assumptions::default());
    assert_eq!(fate(&Settings::default()).0[1], Fate::SeatedAfter(seconds(64)), "as in truth");
    let (fates, totals) = fate(&Settings::with_seats(2));
    assert_eq!((fates[1], totals.seat_time()), (Fate::Seated, seconds(151)));
}

#[test]
fn the_record_of_a_demand_survives_serialization() {
    let recorded =
        Recorded::new(2).seated(0, 0, 600).refused(5, 1).request(9, 2, RequestResult::Queued(Wait::default()));
    let text = serde_json::to_string(&recorded.0).unwrap();
    assert_eq!(serde_json::from_str::<Demand>(&text).unwrap(), recorded.0);
}

#[test]
fn the_callback_can_cancel() {
    let recorded = (0..10_000).fold(Recorded::new(1), |recorded, number| recorded.seated(number / 2, 1, 1));
    let mut told = Vec::new();
    let run = |demand: &Demand, told: &mut Vec<usize>, after: usize| {
        replay(demand, &Settings::default(), &Assumptions::default(), |progress| {
            told.push(progress.requests);
            assert_eq!(progress.of, 10_000);
            if progress.requests < after { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    };
    assert_eq!(run(&recorded.0, &mut told, 4_000), Err(ReplayError::Cancelled));
    assert_eq!(told, [0, 4_096]);
    assert!(run(&recorded.0, &mut told, 100_000).is_ok());
    assert_eq!(told, [0, 4_096, 0, 4_096, 8_192]);
}

#[test]
fn a_damaged_demand_is_an_error() {
    let sound = || Recorded::new(2).seated(100, 0, 600).seated(300, 1, 600);
    let damages: [fn(&mut Demand); 8] = [
        |demand| demand.requests[0].person = PersonIndex(10),
        |demand| demand.requests[1].device = DeviceIndex(20),
        |demand| demand.requests[0].at = seconds(301),
        |demand| demand.requests[0].at = seconds(-1),
        |demand| demand.requests[1].at = seconds(7_201),
        |demand| demand.requests[1].borrow = Some(Micros(i64::MAX)),
        |demand| demand.people[3].cool_until = Some(Micros(i64::MIN)),
        |demand| demand.until = demand.from - TimeDelta::seconds(1),
    ];
    let outcome =
        |demand: &Demand| replay(demand, &Settings::default(), &Assumptions::default(), |_| ControlFlow::Continue(()));
    assert!(outcome(&sound().0).is_ok());
    for (number, damage) in damages.into_iter().enumerate() {
        let mut demand = sound().0;
        damage(&mut demand);
        assert_eq!(outcome(&demand), Err(ReplayError::Inconsistent), "{number}");
    }
}
