//! Prints how fast recorded demand is replayed: a year of sessions at twenty pool sizes.
//!
//! `cargo run --release --package seatkeeper-pool --example replay_rate [sessions]`

use chrono::{DateTime, TimeDelta};
use seatkeeper_pool::replay::{
    Assumptions, Settings,
    demand::{
        Demand, DemandTerms, DeviceIndex, LicensePeriod, Micros, Order, Person, PersonIndex, Request, RequestResult,
        Work, WorkEnd,
    },
    replay,
};
use seatkeeper_shared::{
    license::{Model, Rules},
    session::{EndReason, Mode},
};
use std::{ops::ControlFlow, time::Instant};

const PEOPLE: u32 = 150;
const DAY: i64 = 86_400;

/// Sessions of 150 agents on working days from 8 to 18 o'clock, of 5 to 45 minutes.
fn demand(sessions: u32) -> Demand {
    let from = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let request = |number: u32| {
        // A fixed sequence that looks random is enough.
        let mixed = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24;
        let day = i64::from(number) * 261 / i64::from(sessions);
        let of_day = i64::from(number) * 261 % i64::from(sessions) * 36_000 / i64::from(sessions);
        let length = 300 + i64::try_from(mixed % 2_400).unwrap_or(0);
        let person = u32::try_from(mixed / 2_400 % u64::from(PEOPLE)).unwrap_or(0);
        let end = WorkEnd {
            after: Micros::seconds(length),
            reason: EndReason::Finished,
            order: Order(number),
            follows: false,
            limit_seconds: None,
            offers_after: true,
        };
        Request {
            in_place: false,
            at: Micros::seconds((day / 5 * 7 + day % 5) * DAY + 28_800 + of_day),
            order: Order(number),
            person: PersonIndex(person),
            device: DeviceIndex(person),
            mode: Mode::Attended,
            platform: None,
            borrow: None,
            result: RequestResult::Seated(Work { end: Some(end), ..Work::default() }),
        }
    };
    Demand {
        from,
        until: from + TimeDelta::days(366),
        terms: DemandTerms {
            model: Model::Concurrent,
            seats: 150,
            period: LicensePeriod::default(),
            archived: false,
            rules: Rules::default(),
            limits: Vec::new(),
        },
        people: vec![Person { assigned: true, ..Person::default() }; PEOPLE as usize],
        devices: PEOPLE,
        sessions: Vec::new(),
        tickets: Vec::new(),
        requests: (0..sessions).map(request).collect(),
        changes: Vec::new(),
        unexplained: 0,
    }
}

#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn main() {
    let sessions = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let demand = demand(sessions);
    let begin = Instant::now();
    for step in 0..20 {
        let (seats, started) = (60 + 5 * step, Instant::now());
        let settings = Settings::with_seats(seats);
        let Ok(outcome) = replay(&demand, &settings, &Assumptions::default(), |_| ControlFlow::Continue(())) else {
            return;
        };
        let (totals, seconds) = (outcome.totals, started.elapsed().as_secs_f64());
        println!(
            "{seats:3} seats: {:7} of {} attempts delayed, {:5.0} s longest wait, peak {:3}; {:9.0} requests/s",
            totals.delayed_or_lost(),
            totals.attempts,
            totals.longest_wait.as_seconds(),
            totals.peak,
            f64::from(sessions) / seconds,
        );
    }
    println!("{:.1} s for {sessions} requests at 20 sizes", begin.elapsed().as_secs_f64());
}
