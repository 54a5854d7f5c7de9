//! Advice with answers that were computed by hand.

use super::*;
use crate::replay::{Fate, RequestOutcome};
use seatkeeper_shared::problem::Code;

const TARGET: ServiceTarget = ServiceTarget { max_delayed_share: 0.01, max_wait: Micros::seconds(60) };
const PRICES: MonthlyPrices = MonthlyPrices { concurrent: Some(6_000), named: Some(2_500) };

fn level(delayed: u64, longest_wait: i64) -> ServiceLevel {
    ServiceLevel { attempts: 400, delayed, longest_wait: Micros::seconds(longest_wait) }
}

/// Of 400 attempts, four may be delayed, for a minute at most.
fn levels() -> [(i64, ServiceLevel); 5] {
    [(6, level(40, 900)), (7, level(12, 200)), (8, level(4, 61)), (9, level(3, 40)), (10, level(0, 0))]
}

#[test]
fn seats_are_bought_until_it_is_good_enough() {
    let expected =
        Advice::BuySeats { seats: 2, before: level(12, 200), after: level(3, 40), monthly_cost: Some(12_000) };
    assert_eq!(advise_size(7, &levels(), &TARGET, &PRICES), Some(expected));
}

#[test]
fn seats_are_returned_as_long_as_it_is_good_enough() {
    let expected =
        Advice::ReturnSeats { seats: 1, before: level(0, 0), after: level(3, 40), monthly_saving: Some(6_000) };
    assert_eq!(advise_size(10, &levels(), &TARGET, &PRICES), Some(expected));
    let unpriced = advise_size(10, &levels(), &TARGET, &MonthlyPrices::default());
    assert!(matches!(unpriced, Some(Advice::ReturnSeats { monthly_saving: None, .. })));
}

#[test]
fn the_right_size_needs_no_advice() {
    assert_eq!(advise_size(9, &levels(), &TARGET, &PRICES), None);
    assert_eq!(advise_size(7, &levels()[..2], &TARGET, &PRICES), None, "no replayed size is good enough");
    assert_eq!(advise_size(12, &levels(), &TARGET, &PRICES), None, "the present size was not replayed");
}

/// A named seat costs 25.00 and a concurrent one 60.00, so that the break-even is at 41.67 % of the busy time.
#[test]
fn heavy_users_get_named_seats_and_light_ones_give_them_back() {
    let person = |person, is_named, busy_share| PersonUsage { person: PersonIndex(person), is_named, busy_share };
    let usage = [
        person(0, false, 0.9),
        person(1, false, 0.41),
        person(2, true, 0.1),
        person(3, true, 0.42),
        person(4, false, 0.42),
        person(5, false, f64::NAN),
    ];
    let conversion = |number, busy_share, monthly_saving| Conversion {
        person: PersonIndex(number),
        busy_share,
        break_even: 2_500.0 / 6_000.0,
        monthly_saving,
    };
    let expected = [
        Advice::MakeNamed(conversion(0, 0.9, 2_900)),
        Advice::MakeConcurrent(conversion(2, 0.1, 1_900)),
        Advice::MakeNamed(conversion(4, 0.42, 20)),
    ];
    assert_eq!(advise_conversions(&usage, &PRICES), expected);
    assert_eq!(advise_conversions(&usage, &MonthlyPrices { named: None, ..PRICES }), []);
    assert_eq!(advise_conversions(&usage, &MonthlyPrices { concurrent: Some(0), ..PRICES }), []);
}

#[test]
fn the_idle_time_is_shortened_no_more_than_needed() {
    let levels = [(0, level(20, 500)), (3_600, level(8, 90)), (1_800, level(4, 50)), (900, level(0, 0))];
    let expected = Advice::ShortenIdle { idle_seconds: 1_800, before: level(20, 500), after: level(4, 50) };
    assert_eq!(advise_idle_time(0, &levels, &TARGET), Some(expected));
    assert!(matches!(advise_idle_time(3_600, &levels, &TARGET), Some(Advice::ShortenIdle { idle_seconds: 1_800, .. })));
    assert_eq!(advise_idle_time(900, &levels, &TARGET), None);
    assert_eq!(advise_idle_time(0, &levels[..2], &TARGET), None, "no replayed idle time is good enough");
}

#[test]
fn seats_are_reserved_if_nobody_else_suffers() {
    let both = |members, others| GroupLevels { members: level(members, 30), others: level(others, 30) };
    let levels = [(0, both(9, 1)), (1, both(5, 2)), (2, both(4, 3)), (3, both(0, 4)), (4, both(0, 80))];
    let group = GroupIndex(3);
    let expected = Advice::ReserveForGroup { group, floor: 2, before: both(9, 1), after: both(4, 3) };
    assert_eq!(advise_reservation(group, 0, &levels, &TARGET), Some(expected));
    assert_eq!(advise_reservation(group, 2, &levels, &TARGET), None);
    let costly = [(0, both(9, 1)), (1, both(0, 80))];
    assert_eq!(advise_reservation(group, 0, &costly, &TARGET), None);
}

#[test]
fn levels_count_attempts_of_some_people() {
    let request = |person, fate, is_retried| {
        let (at, person) = (Micros(0), PersonIndex(person));
        RequestOutcome { at, person, fate, is_retried }
    };
    let wait = Micros::seconds(40);
    let requests = vec![
        request(0, Fate::Seated, false),
        request(1, Fate::Refused(Code::PoolFull), true),
        request(1, Fate::SeatedAfter(wait), false),
        request(0, Fate::SameAttempt, false),
        request(2, Fate::Refused(Code::PoolFull), false),
    ];
    let outcome = Outcome { requests, totals: Totals::default() };
    let found = GroupLevels::of(&outcome, |person| person.0 < 2);
    assert_eq!(found.members, ServiceLevel { attempts: 2, delayed: 1, longest_wait: wait });
    assert_eq!(found.others, ServiceLevel { attempts: 1, delayed: 1, longest_wait: Micros(0) });
    let by_person = ServiceLevel::by_person(&outcome);
    assert_eq!(by_person.get(&PersonIndex(1)), Some(&ServiceLevel { attempts: 1, delayed: 1, longest_wait: wait }));
    assert_eq!(by_person.range(..PersonIndex(2)).map(|(_, level)| *level).sum::<ServiceLevel>(), found.members);
}

/// With the days 1 to 5 and the peaks 2, 4, 5, 4, 5, the line is 2.2 + 0.6 x, the squares of the residuals sum up to
/// 2.4, and Student's quantile for 95 % and three degrees of freedom is 3.18245.
#[test]
fn the_trend_is_that_of_the_textbook() {
    let peaks: Vec<_> = (1..).zip([2, 4, 5, 4, 5]).map(|(day, seats)| DailyPeak { day, seats }).collect();
    let found = trend(&peaks, 6, 0.95).unwrap();
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    near(found.seats_per_day, 0.6);
    near(found.expected, 5.8);
    // 3.18245 · √0.8 · √(1 + 1/5 + 9/10)
    near(found.high - found.expected, 4.124_92);
    near(found.expected - found.low, 4.124_92);
    // The peak of the third day is the highest above the line: 5 - 0.6 · 3 = 3.2, and 3.2 + 0.6 · 6 = 6.8.
    near(found.upper_line, 6.8);
}

#[test]
fn no_peak_exceeds_the_upper_line() {
    let peaks: Vec<_> =
        (0..200).map(|day| DailyPeak { day: day + 730_000, seats: 20 + day / 9 + day * 37 % 11 }).collect();
    let lines: Vec<_> = peaks.iter().map(|peak| trend(&peaks, peak.day, 0.9).unwrap().upper_line).collect();
    let gaps: Vec<_> = peaks.iter().zip(&lines).map(|(peak, line)| line - peak.seats as f64).collect();
    assert!(gaps.iter().all(|gap| *gap > -1e-9));
    assert!(gaps.iter().any(|gap| *gap < 1e-9), "a lower line would not cover all");
}

#[test]
fn too_few_peaks_have_no_trend() {
    let peak = |day, seats| DailyPeak { day, seats };
    assert_eq!(trend(&[peak(1, 2), peak(2, 3)], 9, 0.9), None);
    assert_eq!(trend(&[peak(1, 2), peak(1, 3), peak(1, 4)], 9, 0.9), None);
    let three = [peak(1, 2), peak(2, 3), peak(3, 4)];
    assert!(trend(&three, 9, 0.9).is_some_and(|found| (found.low - 10.0).abs() < 1e-9 && found.high == found.low));
    for confidence in [0.0, 1.0, -1.0, f64::NAN] {
        assert_eq!(trend(&three, 9, confidence), None);
    }
}
