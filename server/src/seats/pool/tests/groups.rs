//! What a license keeps for groups (floors), and how much of it they may take (caps).

use super::*;
use seatkeeper_shared::license::GroupLimit;

fn limit(number: u128, floor: i64, cap: Option<i64>) -> GroupLimit {
    GroupLimit { group_id: group(number), floor, cap }
}

/// Agents 1 to 5 are in group 1, agents 5 to 9 in group 2; the others are in none.
fn desk(seats: i64, limits: &[GroupLimit]) -> Desk {
    let mut desk = Desk::shared(seats);
    for number in 1..=9 {
        let groups = [(1, 1..=5), (2, 5..=9)].into_iter().filter(|(_, members)| members.contains(&number));
        desk.pool.know(Person { groups: groups.map(|(id, _)| group(id)).collect(), ..person(number, true) });
    }
    desk.pool.limit_groups(limits).unwrap();
    desk
}

#[test]
fn a_seat_that_is_reserved_for_a_group_is_given_to_its_members_only() {
    let mut desk = desk(2, &[limit(1, 1, None)]);
    assert!(desk.asks(10, 10).is_ok());
    assert_eq!(desk.asks(11, 11), Err(Code::ReservedForGroup));
    assert!(desk.asks(1, 1).is_ok());
    assert_eq!(desk.asks(2, 2), Err(Code::PoolFull));
}

#[test]
fn a_floor_keeps_no_more_than_its_members_do_not_have_already() {
    let mut desk = desk(2, &[limit(1, 1, None)]);
    assert!(desk.asks(1, 1).is_ok());
    assert!(desk.asks(10, 10).is_ok(), "the group has its seat");
}

#[test]
fn a_group_takes_no_more_than_its_limit() {
    let mut desk = desk(3, &[limit(1, 0, Some(1))]);
    assert!(desk.asks(1, 1).is_ok());
    assert_eq!(desk.asks(2, 2), Err(Code::GroupLimit));
    assert!(desk.asks(1, 3).is_ok(), "who has a seat may share it");
    assert!(desk.asks(10, 10).is_ok());
}

#[test]
fn whoever_is_in_two_groups_is_held_to_both() {
    let mut desk = desk(3, &[limit(1, 0, Some(1)), limit(2, 0, None)]);
    assert!(desk.asks(5, 5).is_ok(), "5 is in both");
    assert_eq!(desk.asks(1, 1), Err(Code::GroupLimit));
    assert!(desk.asks(6, 6).is_ok());
}

#[test]
fn more_floors_than_seats_are_refused() {
    let mut desk = desk(3, &[limit(1, 1, None)]);
    assert_eq!(desk.pool.limit_groups(&[limit(1, 2, None), limit(2, 2, None)]), Err(Code::FloorsExceedSeats));
    assert_eq!(desk.pool.terms.groups, [limit(1, 1, None)], "what was kept before stays");
    assert_eq!(desk.pool.limit_groups(&[limit(1, 2, None), limit(2, 1, None)]), Ok(()));
}

#[test]
fn fewer_seats_than_floors_are_refused() {
    let mut desk = desk(3, &[limit(1, 2, None)]);
    assert_eq!(desk.pool.resize(1), Err(Code::FloorsExceedSeats));
    assert_eq!((desk.pool.terms.seats, desk.pool.resize(2)), (3, Ok(())));
}

#[test]
fn a_capped_waiter_is_passed_by_but_keeps_his_place() {
    let mut desk = desk(2, &[limit(1, 0, Some(1))]);
    desk.asks(1, 1).unwrap();
    desk.asks(10, 10).unwrap();
    desk.waits(2, 12);
    desk.waits(11, 21);
    desk.finishes(10);
    assert_eq!(desk.line(), [(12, false), (21, true)], "a seat is free, but not for 12");
    desk.finishes(1);
    assert_eq!(desk.line(), [(12, true), (21, true)]);
}

#[test]
fn an_offer_counts_as_held_by_the_group() {
    let mut desk = desk(3, &[limit(1, 0, Some(1))]);
    for number in 10..=12 {
        desk.asks(number, number).unwrap();
    }
    desk.waits(1, 21);
    desk.waits(2, 22);
    desk.finishes(10);
    desk.finishes(11);
    assert_eq!(desk.line(), [(21, true), (22, false)]);
    assert_eq!(desk.asks(3, 3), Err(Code::GroupLimit), "nor does a newcomer of the group get the other seat");
}

#[test]
fn a_reserved_seat_is_offered_to_the_first_member() {
    let mut desk = desk(2, &[limit(1, 1, None)]);
    desk.asks(1, 1).unwrap();
    desk.asks(10, 10).unwrap();
    desk.waits(11, 21);
    desk.waits(2, 22);
    desk.finishes(1);
    assert_eq!(desk.line(), [(21, false), (22, true)]);
}

#[test]
fn an_offer_that_fills_two_floors_frees_a_seat_for_somebody_further_ahead() {
    let mut desk = desk(2, &[limit(1, 1, None), limit(2, 1, None)]);
    desk.waits(10, 20);
    desk.pool.terms.seats = 0;
    desk.waits(5, 25);
    desk.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(desk.line(), [(20, true), (25, true)], "5 is in both groups");
}

#[test]
fn passing_goes_to_the_next_one_who_may_have_the_seat() {
    let mut desk = desk(2, &[limit(1, 0, Some(1))]);
    desk.asks(1, 1).unwrap();
    desk.asks(10, 10).unwrap();
    desk.waits(11, 21);
    desk.waits(2, 22);
    desk.waits(12, 23);
    desk.finishes(10);
    assert_eq!(desk.line(), [(21, true), (22, false), (23, false)]);
    desk.passes(21).unwrap();
    assert_eq!(desk.line(), [(22, false), (23, true), (21, false)], "22 is capped");
}

#[test]
fn passing_makes_room_under_the_cap_for_the_next_of_the_group() {
    let mut desk = desk(2, &[limit(1, 0, Some(1))]);
    desk.asks(10, 10).unwrap();
    desk.asks(11, 11).unwrap();
    desk.waits(1, 21);
    desk.waits(2, 22);
    desk.finishes(10);
    desk.passes(21).unwrap();
    assert_eq!(desk.line(), [(22, true), (21, false)]);
}

#[test]
fn passing_when_nobody_else_may_have_the_seat_changes_nothing() {
    let mut desk = desk(2, &[limit(1, 0, Some(1))]);
    desk.asks(1, 1).unwrap();
    desk.asks(10, 10).unwrap();
    desk.waits(11, 21);
    desk.waits(2, 22);
    desk.finishes(10);
    desk.pool.take_facts();
    desk.passes(21).unwrap();
    assert_eq!((desk.line(), desk.pool.take_facts()), (vec![(21, true), (22, false)], vec![]));
}
