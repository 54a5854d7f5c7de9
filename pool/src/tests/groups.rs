//! Group limits: seats that a license reserves for groups (floors), and how many they may occupy (caps).

use super::*;
use seatkeeper_shared::license::GroupLimit;

fn limit(number: u128, floor: i64, cap: Option<i64>) -> GroupLimit {
    GroupLimit { group_id: group(number), floor, cap }
}

/// Agents 1 to 5 are in group 1, and agents 5 to 9 in group 2.
fn scenario(seats: i64, limits: &[GroupLimit]) -> Scenario {
    let mut scenario = Scenario::concurrent(seats);
    for number in 1..=9 {
        let groups = [(1, 1..=5), (2, 5..=9)].into_iter().filter(|(_, members)| members.contains(&number));
        scenario
            .pool
            .set_user(PoolUser { groups: groups.map(|(id, _)| group(id)).collect(), ..pool_user(number, true) });
    }
    scenario.pool.limit_groups(limits).unwrap();
    scenario
}

#[test]
fn a_seat_reserved_for_a_group_is_given_only_to_its_members() {
    let mut scenario = scenario(2, &[limit(1, 1, None)]);
    assert!(scenario.asks(10, 10).is_ok());
    assert_eq!(scenario.asks(11, 11), Err(Code::ReservedForGroup));
    assert!(scenario.asks(1, 1).is_ok());
    assert_eq!(scenario.asks(2, 2), Err(Code::PoolFull));
}

#[test]
fn seats_that_members_occupy_count_towards_the_floor() {
    let mut scenario = scenario(2, &[limit(1, 1, None)]);
    assert!(scenario.asks(1, 1).is_ok());
    assert!(scenario.asks(10, 10).is_ok(), "the group has its seat");
}

#[test]
fn a_group_occupies_no_more_seats_than_its_cap() {
    let mut scenario = scenario(3, &[limit(1, 0, Some(1))]);
    assert!(scenario.asks(1, 1).is_ok());
    assert_eq!(scenario.asks(2, 2), Err(Code::GroupLimit));
    assert!(scenario.asks(1, 3).is_ok(), "further sessions share the seat");
    assert!(scenario.asks(10, 10).is_ok());
}

#[test]
fn the_limits_of_all_groups_of_a_user_apply() {
    let mut scenario = scenario(3, &[limit(1, 0, Some(1)), limit(2, 0, None)]);
    assert!(scenario.asks(5, 5).is_ok(), "5 is in both");
    assert_eq!(scenario.asks(1, 1), Err(Code::GroupLimit));
    assert!(scenario.asks(6, 6).is_ok());
}

#[test]
fn more_floors_than_seats_are_refused() {
    let mut scenario = scenario(3, &[limit(1, 1, None)]);
    assert_eq!(scenario.pool.limit_groups(&[limit(1, 2, None), limit(2, 2, None)]), Err(Code::FloorsExceedSeats));
    assert_eq!(scenario.pool.terms.groups, [limit(1, 1, None)], "the old limits remain");
    assert_eq!(scenario.pool.limit_groups(&[limit(1, 2, None), limit(2, 1, None)]), Ok(()));
}

#[test]
fn fewer_seats_than_floors_are_refused() {
    let mut scenario = scenario(3, &[limit(1, 2, None)]);
    assert_eq!(scenario.pool.resize(1), Err(Code::FloorsExceedSeats));
    assert_eq!((scenario.pool.terms.seats, scenario.pool.resize(2)), (3, Ok(())));
}

#[test]
fn a_capped_waiter_is_skipped_but_keeps_the_place() {
    let mut scenario = scenario(2, &[limit(1, 0, Some(1))]);
    scenario.asks(1, 1).unwrap();
    scenario.asks(10, 10).unwrap();
    scenario.waits(2, 12);
    scenario.waits(11, 21);
    scenario.finishes(10);
    assert_eq!(scenario.queue(), [(12, false), (21, true)], "a seat is free, but not for 12");
    scenario.finishes(1);
    assert_eq!(scenario.queue(), [(12, true), (21, true)]);
}

#[test]
fn an_offer_counts_towards_the_cap_of_the_group() {
    let mut scenario = scenario(3, &[limit(1, 0, Some(1))]);
    for number in 10..=12 {
        scenario.asks(number, number).unwrap();
    }
    scenario.waits(1, 21);
    scenario.waits(2, 22);
    scenario.finishes(10);
    scenario.finishes(11);
    assert_eq!(scenario.queue(), [(21, true), (22, false)]);
    assert_eq!(scenario.asks(3, 3), Err(Code::GroupLimit), "the offer counts towards the cap");
}

#[test]
fn a_reserved_seat_is_offered_to_the_first_member() {
    let mut scenario = scenario(2, &[limit(1, 1, None)]);
    scenario.asks(1, 1).unwrap();
    scenario.asks(10, 10).unwrap();
    scenario.waits(11, 21);
    scenario.waits(2, 22);
    scenario.finishes(1);
    assert_eq!(scenario.queue(), [(21, false), (22, true)]);
}

#[test]
fn an_offer_that_fills_two_floors_frees_a_seat_for_an_earlier_waiter() {
    let mut scenario = scenario(2, &[limit(1, 1, None), limit(2, 1, None)]);
    scenario.waits(10, 20);
    scenario.pool.terms.seats = 0;
    scenario.waits(5, 25);
    scenario.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(scenario.queue(), [(20, true), (25, true)], "5 is in both groups");
}

#[test]
fn passing_offers_the_seat_to_the_next_waiter_who_may_have_it() {
    let mut scenario = scenario(2, &[limit(1, 0, Some(1))]);
    scenario.asks(1, 1).unwrap();
    scenario.asks(10, 10).unwrap();
    scenario.waits(11, 21);
    scenario.waits(2, 22);
    scenario.waits(12, 23);
    scenario.finishes(10);
    assert_eq!(scenario.queue(), [(21, true), (22, false), (23, false)]);
    scenario.passes(21).unwrap();
    assert_eq!(scenario.queue(), [(22, false), (23, true), (21, false)], "22 is capped");
}

#[test]
fn passing_frees_the_cap_for_the_next_member_of_the_group() {
    let mut scenario = scenario(2, &[limit(1, 0, Some(1))]);
    scenario.asks(10, 10).unwrap();
    scenario.asks(11, 11).unwrap();
    scenario.waits(1, 21);
    scenario.waits(2, 22);
    scenario.finishes(10);
    scenario.passes(21).unwrap();
    assert_eq!(scenario.queue(), [(22, true), (21, false)]);
}

#[test]
fn passing_without_another_eligible_waiter_changes_nothing() {
    let mut scenario = scenario(2, &[limit(1, 0, Some(1))]);
    scenario.asks(1, 1).unwrap();
    scenario.asks(10, 10).unwrap();
    scenario.waits(11, 21);
    scenario.waits(2, 22);
    scenario.finishes(10);
    scenario.pool.take_changes();
    scenario.passes(21).unwrap();
    assert_eq!((scenario.queue(), scenario.pool.take_changes()), (vec![(21, true), (22, false)], vec![]));
}
