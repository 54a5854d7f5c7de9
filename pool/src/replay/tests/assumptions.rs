//! What people are assumed to do where nobody knows.

use super::*;

fn assuming(refused: RefusedBehavior) -> Assumptions {
    Assumptions { refused, ..Assumptions::default() }
}

#[test]
fn people_give_up_when_their_patience_ends() {
    let recorded = Recorded::new(2).seated(0, 0, 3_600).seated(100, 1, 60).seated(2_000, 2, 1);
    let (fates, totals) = recorded.replay(&Settings::with_seats(1), &Assumptions::default());
    assert_eq!(fates[1..], [Fate::GaveUp(seconds(900)), Fate::GaveUp(seconds(900))]);
    assert_eq!((totals.gave_up, totals.waited(), totals.longest_wait), (2, 2, seconds(900)));
    let patient = Assumptions { patience: seconds(7_200), ..Assumptions::default() };
    let fates = recorded.replay(&Settings::with_seats(1), &patient).0;
    // Offered at 3,600, accepted at 3,610; the next from 3,670.
    assert_eq!(fates[1..], [Fate::SeatedAfter(seconds(3_510)), Fate::SeatedAfter(seconds(1_680))]);
}

#[test]
fn without_a_queue_or_if_people_go_away_they_are_refused() {
    let recorded = Recorded::new(2).seated(0, 0, 600).seated(300, 1, 600);
    let refused = [Fate::Seated, Fate::Refused(Code::PoolFull)];
    let no_queue = Settings { queue: false, ..Settings::with_seats(1) };
    assert_eq!(recorded.fates(&no_queue), refused);
    let (fates, totals) = recorded.replay(&Settings::with_seats(1), &assuming(RefusedBehavior::GoAway));
    assert_eq!((fates.as_slice(), totals.refused, totals.waited()), (&refused[..], 1, 0));
}

/// A client that asks every two seconds makes one attempt.
#[test]
fn repeated_requests_are_one_attempt() {
    let recorded = Recorded::new(1).seated(0, 0, 400).refused(100, 1).refused(102, 1).refused(104, 1).refused(200, 1);
    let (fates, totals) = recorded.replay(&Settings::with_seats(2), &Assumptions::default());
    assert_eq!(fates[1..], [Fate::Seated, Fate::SameAttempt, Fate::SameAttempt, Fate::Seated]);
    assert_eq!((totals.attempts, totals.seated_at_once), (3, 3));
    let (fates, totals) = recorded.replay(&Settings::default(), &assuming(RefusedBehavior::AsRecorded));
    assert_eq!((fates[4], totals.refused, totals.attempts), (Fate::Refused(Code::PoolFull), 1, 2));
}

/// Who was refused and got a seat later needs it once, and works as long as they did in truth.
#[test]
fn the_seat_of_an_attempt_is_that_of_its_success() {
    let recorded = Recorded::new(1).seated(0, 0, 400).refused(396, 1).seated(402, 1, 77);
    let (fates, totals) = recorded.replay(&Settings::with_seats(2), &Assumptions::default());
    assert_eq!((fates[1], fates[2]), (Fate::Seated, Fate::SameAttempt));
    assert_eq!(totals.seat_time(), seconds(477));
}

#[test]
fn as_recorded_links_later_attempts_within_the_patience() {
    let recorded = Recorded::new(1).seated(0, 0, 400).refused(100, 1).seated(410, 1, 77);
    let fates = |refused| recorded.replay(&Settings::with_seats(2), &assuming(refused)).0;
    assert_eq!(fates(RefusedBehavior::AsRecorded)[1..], [Fate::Seated, Fate::SameAttempt]);
    assert_eq!(fates(RefusedBehavior::GoAway)[1..], [Fate::Seated, Fate::Seated]);
}

/// The median of the person, else that of all.
#[test]
fn who_never_got_a_seat_works_for_the_typical_time() {
    let own = Recorded::new(1).seated(0, 1, 30).seated(100, 1, 50).seated(200, 1, 70).seated(300, 0, 400);
    let totals = |recorded: Recorded| recorded.replay(&Settings::with_seats(2), &Assumptions::default()).1;
    assert_eq!(totals(own.refused(350, 1)).seat_time(), seconds(30 + 50 + 70 + 400 + 50));
    let foreign = Recorded::new(1).seated(0, 1, 30).seated(100, 1, 50).seated(300, 0, 400);
    assert_eq!(totals(foreign.refused(350, 2)).seat_time(), seconds(30 + 50 + 400 + 50));
}

#[test]
fn who_waited_for_longer_in_truth_is_as_patient() {
    let wait = Wait { offers: Vec::new(), end: None, waited: seconds(2_000) };
    let recorded = Recorded::new(1).seated(0, 0, 7_000).request(100, 1, RequestResult::Queued(wait));
    let impatient = Assumptions { patience: seconds(60), ..Assumptions::default() };
    assert_eq!(recorded.replay(&Settings::default(), &impatient).0[1], Fate::GaveUp(seconds(2_000)));
}

/// Thirds by how much they work: one person each.
fn three_people() -> Recorded {
    Recorded::new(9).seated(3_000, 0, 10).seated(3_100, 1, 100).seated(3_200, 2, 1_000)
}

fn growth(light: f64, middle: f64, heavy: f64, seed: u64) -> Settings {
    Settings { growth: Growth { light, middle, heavy, seed }, ..Settings::default() }
}

#[test]
fn growth_clones_people_of_a_third() {
    let seat_time = |settings: &Settings| three_people().replay(settings, &Assumptions::default()).1.seat_time();
    assert_eq!(seat_time(&growth(1.0, 1.0, 1.0, 1)), seconds(1_110));
    assert_eq!(seat_time(&growth(1.0, 1.0, 3.0, 1)), seconds(3_110));
    assert_eq!(seat_time(&growth(2.0, 1.0, 1.0, 1)), seconds(1_120));
    assert_eq!(seat_time(&growth(0.0, 0.0, 1.0, 1)), seconds(1_000), "fewer people are possible, too");
}

#[test]
fn clones_come_at_other_times_that_follow_from_the_seed() {
    let times = |seed| {
        let settings = growth(1.0, 1.0, 4.0, seed);
        let outcome = replay(&three_people().0, &settings, &Assumptions::default(), |_| ControlFlow::Continue(()));
        outcome.unwrap().requests.iter().map(|request| request.at).collect::<Vec<_>>()
    };
    assert_eq!(times(7), times(7));
    assert_ne!(times(7), times(8));
    let clones: Vec<_> = times(7).into_iter().filter(|at| at.0 % 100_000_000 != 0).collect();
    assert_eq!(clones.len(), 3);
    assert!(clones.iter().all(|at| (at.0 - seconds(3_200).0).abs() <= seconds(1_800).0), "{clones:?}");
}

/// In truth the second agent is refused at 100 and seated at 200. With one seat they still wait then, and their session
/// is that of 200, not one of typical length.
#[test]
fn who_asks_again_while_waiting_needs_one_seat() {
    let recorded = Recorded::new(2).seated(0, 0, 400).seated(1, 2, 150).refused(100, 1).seated(200, 1, 77);
    let recorded = recorded.seated(5_000, 1, 1_000).seated(6_500, 1, 500);
    let (fates, totals) = recorded.replay(&Settings::with_seats(1), &Assumptions::default());
    // 400 + 10 + 150 + 10 seconds until the second waiter is seated.
    assert_eq!(fates[1..4], [Fate::SeatedAfter(seconds(409)), Fate::SeatedAfter(seconds(470)), Fate::SameAttempt]);
    assert_eq!((totals.attempts, totals.seat_time()), (5, seconds(400 + 150 + 77 + 1_000 + 500)));
}
